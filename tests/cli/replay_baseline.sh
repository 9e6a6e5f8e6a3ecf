# Known findings are reported as known and do not fail; what is new still does; an entry that no longer occurs is stale. A file
# without reasons, or that is not there, is refused before anything runs. Of two mistakes by which the code fails its task one is known.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine Nowhere
ln -s "$ROOT/tests/cli/data/crashing.c" .
cp h/Nowhere.json h/Nowhere2.json
echo '<html>not found</html>' >h/page.json
replay() { wfsim replay -w crashing.c h --no-cache "$@"; echo "exit $?"; }
signature=$(wfsim replay -w crashing.c h/Nowhere.json -o json | sed 's/.*"signature":"\([0-9a-f]*\)".*/\1/')
cat >known.txt <<END
# what we live with
$signature  the null order, until it is gone
h/page.json WF103  the export of this one is broken
0123456789abcdef  gone since the last release
END
replay --baseline known.txt --junit r.xml --json r.json --github
grep -A1 Nowhere.json r.xml
grep -c '"known":"the null order, until it is gone"' r.json
grep '"stale"' r.json
histories h Abort
replay --baseline known.txt | tail -n 2
echo "$signature" >known.txt
replay --baseline known.txt
replay --baseline none.txt
mv h/page.json 'h/a page.json'
printf '%s\n' "$signature known" 'h/Abort.json WF305 known, too' 'h/a page.json WF103 its export is broken' >known.txt
replay --baseline known.txt
echo 'h/page.json WF1O3 a letter for a digit' >known.txt
replay --baseline known.txt
histories v Value
sed 's/order-3/order-4/' v/Value.json >v/again.json
wfsim replay -w crashing.c v/Value.json -o json | sed 's/.*"signature":"\([0-9a-f]*\)".*/\1 known/' >known.txt
wfsim replay -w crashing.c v --no-cache --baseline known.txt
sed 's/^    \*result = wf_json/    wf_shield_end(wf);\n&/' crashing.c >other.c
wfsim replay -w other.c v --no-cache --baseline known.txt 2>&1 | grep -v '^  repeat'
