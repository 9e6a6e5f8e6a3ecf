# Under the name that the Temporal CLI looks for, the program is `wfsim replay`: what `make install` makes, with a relative link.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine Nowhere
ln -s "$ROOT/tests/cli/data/crashing.c" .
mkdir bin
ln -s "$(command -v wfsim)" bin/wfsim
ln -s wfsim bin/temporal-workflow-replay
PATH=$PWD/bin:$PATH
temporal-workflow-replay -w crashing.c h/Fine.json
echo "exit $?"
temporal-workflow-replay -w crashing.c h --no-cache >out
echo "exit $?"
wfsim replay -w crashing.c h --no-cache | cmp - out
temporal-workflow-replay --help | head -n 1
temporal-workflow-replay --version | grep -cE '^wfsim [0-9.]+$'
temporal-workflow-replay
