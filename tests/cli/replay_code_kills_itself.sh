# Code that kills its process, in whatever way, fails its own history alone, alike with any number of children; also in the middle
# of an archive, where what had been said is not said twice. Exit code 1.
ln -s "$ROOT/tests/cli/data/killing.c" .
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Aborted Fine Killed Leaves Terminated
cp h/Fine.json h/Behind.json
cp h/Fine.json h/Zero.json
wfsim convert h all.wfh
replay() { wfsim replay -w killing.c "$@" --no-cache; }
replay h
echo "exit $?"
for jobs in 1 2 3 7; do
    replay h all.wfh --jobs "$jobs" -o jsonl | sed 's/"elapsed_ns":[0-9]*/"elapsed_ns":0/' >"jobs$jobs"
    cmp jobs1 "jobs$jobs"
done
grep -c '"verdict":"ok"' jobs1
grep -c '"verdict":"code_failed"' jobs1
# A constructor does it before there is any history: the code cannot be loaded.
{ cat killing.c; echo '__attribute__((constructor)) static void begin(void) { (void)kill(getpid(), SIGKILL); }'; } >never.c
wfsim replay -w never.c h
echo "exit $?"
