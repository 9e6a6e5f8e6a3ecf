# Code that crashes, loops, overflows its stack, takes all memory, blocks, exits or returns nonsense fails its own history alone; the others of
# the folder get their verdicts. Exit code 1.
ln -s "$ROOT/tests/cli/data/crashing.c" .
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Abort Array Exit Fine Greedy Loop Nowhere Recursion Sleep Value
WFSIM_WATCHDOG_SECONDS=1
WFSIM_CODE_MIB=64
export WFSIM_WATCHDOG_SECONDS WFSIM_CODE_MIB
wfsim replay -w crashing.c h
