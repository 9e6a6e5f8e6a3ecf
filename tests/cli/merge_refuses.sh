# A shard that is missing or ended early is an error (4), which the report says, too; reports that do not belong together, or are
# no reports, are refused (3).
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine Value
ln -s "$ROOT/tests/cli/data/crashing.c" .
for i in 1 2 3; do wfsim replay -w crashing.c h --shard $i/3 --json $i.json >/dev/null; done
merge() { wfsim merge "$@"; echo "exit $?"; }
merge 1.json 3.json --junit r.xml
grep -A1 'the whole batch' r.xml
sed 's/"incomplete":null/"incomplete":"interrupted"/' 2.json >cut.json
merge 1.json cut.json 3.json
merge 1.json 2.json 2.json
sed 's/crashing/other/' 2.json >other.json
merge 1.json other.json 3.json
wfsim replay -w crashing.c h --json all.json >/dev/null
merge 1.json all.json
merge all.json -o json | sed 's/"elapsed_ns":[0-9]*/"elapsed_ns":0/; s/"cached":[0-9]*/"cached":0/'
head -n 2 all.json >half.json
merge half.json h/Fine.json none.json
grep -v '"workflow_type":"Fine"' 1.json >lost.json
merge lost.json 2.json 3.json
sed 's/"shards":3/"shards":4294967299/' 2.json >wide.json
merge 1.json wide.json 3.json
for i in 1 2 3; do sed 's/"elapsed_ns":[0-9]*/"elapsed_ns":9223372036854775807/' $i.json >long$i.json; done
merge long?.json -o json | grep -o '"elapsed_ns":[0-9]*'
merge
wfsim replay -w crashing.c h --shard 4/3
wfsim replay -w crashing.c h --shard 1/99999999999
