# A finding names the line of the source that gave the command, in text, JSON, annotations and SARIF; without debug information
# or addr2line it does without.
wfsim run scenarios/saga.yaml --seed 42 --no-faults --record saga.wfh >/dev/null
replay() { wfsim replay --no-cache "$@" saga.wfh; }
replay -w scenarios/saga_v2.c | grep '^  code:'
replay -w scenarios/saga_v2.c -o json | grep -o '"source":"[^"]*"' | sort | uniq -c
replay -w scenarios/saga_v2.c --github --sarif r.sarif | grep -o '^::error file=[^,]*,line=[0-9]*'
grep -A8 artifactLocation r.sarif | grep -E 'uri|startLine' | head -n 2
cc -std=c17 -O2 -fPIC -shared -I "$ROOT/engine" -o bare.so "$ROOT/scenarios/saga_v2.c"
replay -w ./bare.so | grep -c '^  code:'
mkdir bin
ln -s "$(command -v wfsim)" "$(command -v cc)" bin
PATH=$PWD/bin wfsim replay --no-cache -w ./bare.so saga.wfh --fail-fast | sed -n 1p
