# A damaged history of an archive hides none of those behind it: each command says which it is and goes on. Exit code 3.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine Value
ln -s "$ROOT/tests/cli/data/crashing.c" .
cp h/Fine.json h/Again.json
wfsim convert h all.wfh
# The first of: Again, Fine, Value.
begin=$(grep -obUa WFHf all.wfh | sed -n '1s/:.*//p')
printf '\377' | dd of=all.wfh bs=1 seek=$((begin + 100)) conv=notrunc 2>dd.log
try() { "$@"; echo "exit $?"; }
try wfsim replay -w crashing.c all.wfh
try wfsim replay -w crashing.c all.wfh --shard 2/2
echo 'all.wfh WF102 a bad sector' >known
try wfsim replay -w crashing.c all.wfh --baseline known
try wfsim check all.wfh
try wfsim convert all.wfh out/ --to json
ls out
