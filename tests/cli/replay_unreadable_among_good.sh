# One file that cannot be read costs its own verdict: the others are replayed, and the exit code says that something was
# unreadable (3), unless something worse was found (1).
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
ln -s "$ROOT/tests/cli/data/crashing.c" .
cp h/Fine.json h/Good.json
echo '<html>not found</html>' >h/page.json
head -c 1000 h/Fine.json >h/half.json
: >h/nothing.json
wfsim replay -w crashing.c h
echo "exit $?"
histories h Nowhere
wfsim replay -w crashing.c h --no-cache | tail -n 1
wfsim replay -w crashing.c h --no-cache >/dev/null
echo "exit $?"
# An archive whose writer died is replayed as far as it goes, and does not pass for whole.
wfsim convert h/Fine.json whole.wfh
head -c $(($(wc -c <whole.wfh) - 41)) whole.wfh >cut.wfh
wfsim replay -w crashing.c cut.wfh >out
echo "exit $?"
sed 's/[0-9][0-9]* of [0-9][0-9]* bytes/N of N bytes/' out
