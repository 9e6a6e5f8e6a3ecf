# Code that crashes, loops, overflows its stack, blocks, exits or returns nonsense fails its own history alone; the others of
# the folder get their verdicts. Exit code 1.
ln -s "$ROOT/tests/cli/data/crashing.c" .
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Abort Array Exit Fine Loop Nowhere Recursion Sleep Value
WFSIM_WATCHDOG_SECONDS=1
export WFSIM_WATCHDOG_SECONDS
wfsim replay -w crashing.c h
