# What is given as CODE and is none, or more than a compiler can take, is one line with what to do, exit code 3.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
gzip -n <h/Fine.json >Fine.json.gz
wfsim convert h/Fine.json Fine.wfh
wfsim convert h/Fine.json Fine.pb
printf '\n [{}]' >list.c
for code in h/Fine.json Fine.json.gz Fine.wfh Fine.pb list.c; do
    wfsim replay -w $code h 2>&1
    echo "exit $?"
done
# An attribute, which not every compiler knows, and an escape in a comment are C.
{ printf '[[maybe_unused]] static int n; /* \033[1m */\n'; cat "$ROOT/scenarios/saga.c"; } >attribute.c
wfsim lint attribute.c 2>&1 | grep -c 'not workflow code'
# Of what a compiler says only the first lines are passed on.
printf '#!/bin/sh\nfor i in $(seq 200); do echo "line $i is wrong" >&2; done\nexit 1\n' >talkative
chmod +x talkative
CC=$PWD/talkative wfsim replay -w scenarios/saga.c h 2>words
echo "exit $?"
[ "$(wc -l <words)" -lt 70 ] && tail -n 2 words | sed 's/[0-9]* more/N more/'
# Code may make it take memory without end; here it does so by itself.
printf '#!/bin/sh\nexec awk "BEGIN { s = \\"0123456789\\"; for (;;) { s = s s } }"\n' >greedy
chmod +x greedy
CC=$PWD/greedy wfsim replay -w scenarios/saga.c h 2>words
echo "exit $?"
tail -n 1 words
# What is no file gives a compiler what nobody else gets: nothing, here. Also where it seems to be a file.
printf '#include "wfsim.h"\n#include "/dev/stdin"\n' >stdin.c
printf '#include "/dev/null"\n' | cat - scenarios/saga.c >null.c
ln -s /dev/null link.h
printf '#include "link.h"\n' | cat - scenarios/saga.c >link.c
for code in stdin.c null.c link.c; do
    wfsim replay -w $code h </dev/null 2>&1 | sed "s|$PWD/||"
done
wfsim replay -w stdin.c h <stdin.c 2>&1
# A limit of the environment that cannot be read is not taken for none.
for limit in WFSIM_CODE_MIB=lots WFSIM_CODE_MIB=0 WFSIM_WATCHDOG_SECONDS=5s; do
    env $limit wfsim replay -w scenarios/saga.c h 2>&1
    echo "exit $?"
done
