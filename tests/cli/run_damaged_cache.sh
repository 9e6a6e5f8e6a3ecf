# A damaged object in the cache is compiled again, without a word; a cache that cannot be written is the environment's (4).
export WFSIM_CACHE=$PWD/cache
wfsim run scenarios/saga.yaml --seed 1 -o jsonl >whole || echo "exit $?"
for object in cache/*.so; do
    head -c 3000 "$object" >cut
    cat cut >"$object"
done
wfsim run scenarios/saga.yaml --seed 1 -o jsonl >mended || echo "exit $?"
cmp whole mended && echo 'the same result'
WFSIM_CACHE=whole/cache wfsim run scenarios/saga.yaml --seed 1
echo "exit $?"
