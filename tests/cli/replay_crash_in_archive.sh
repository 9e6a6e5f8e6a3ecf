# A crash costs one history of an archive, not the rest of it, also when the archive came from standard input; and the same
# with any number of children.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Abort Fine Nowhere Recursion
ln -s "$ROOT/tests/cli/data/crashing.c" .
cp h/Fine.json h/Zero.json
wfsim convert h all.wfh
wfsim replay -w crashing.c - <all.wfh
echo "exit $?"
wfsim replay -w crashing.c all.wfh h --no-cache --jobs 1 -o jsonl | sed 's/"elapsed_ns":[0-9]*/"elapsed_ns":0/' >one
wfsim replay -w crashing.c all.wfh h --no-cache --jobs 7 -o jsonl | sed 's/"elapsed_ns":[0-9]*/"elapsed_ns":0/' >many
cmp one many && wc -l <one
wfsim replay -w crashing.c all.wfh --fail-fast | tail -n 1
# Cut in its last frames, in parts, and packed: every history behind a crash has its verdict, and none has two.
replay() { wfsim replay -w crashing.c "$@" --no-cache | grep -v '^ \|^$'; }
head -c -300 all.wfh >cut.wfh
replay cut.wfh
replay all.wfh --shard 2/2
gzip -c all.wfh >packed.wfh.gz
replay packed.wfh.gz
