# What has a verdict is not replayed again: the same bytes under any name, against the same code and options. Another code, other
# rules, changed bytes, code that crashed, or --no-cache: replayed. A damaged cache is no cache, and is mended.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine Nowhere Value
cp "$ROOT/tests/cli/data/crashing.c" .
echo '<html>not found</html>' >h/page.json
WFSIM_CACHE=$PWD/cache
export WFSIM_CACHE
replay() { wfsim replay -w crashing.c h "$@" | tail -n 1; }
replay
replay
replay --no-cache
replay --family core
mv h/Fine.json h/Other.json
replay --json first.json
wfsim replay -w crashing.c h --no-cache --json second.json >/dev/null
sed -i 's/"elapsed_ns":[0-9]*/"elapsed_ns":0/; s/"cached":[0-9]*/"cached":0/' *.json
cmp first.json second.json && grep -c h/Other.json first.json
echo >>h/Other.json
replay
replay
echo '/* changed */' >>crashing.c
replay
replay
echo 'one byte'
for file in cache/verdicts/*; do printf x | dd of="$file" bs=1 seek=60 conv=notrunc 2>/dev/null; done
replay
replay
echo 'cut'
for file in cache/verdicts/*; do head -c 100 "$file" >cut; cat cut >"$file"; done
replay
replay
echo 'not a cache'
for file in cache/verdicts/*; do echo hello >"$file"; done
replay
replay
echo 'in use'
touch -d 2020-01-01 cache/verdicts/*
replay
find cache/verdicts -type f -newermt 2021-01-01 | wc -l
rm -r cache/verdicts
echo 'a file in the way' >cache/verdicts
replay
replay
wfsim replay -w crashing.c - <h/Other.json
