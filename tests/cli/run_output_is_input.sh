# What a run reads is never written over, by whatever name: exit code 2, one sentence, and every file is as it was.
cp "$ROOT/tests/cli/data/crashing.c" code.c
cat >s.yaml <<'SCENARIO'
wfsim: 1
code: {v1: code.c}
start: [{workflow: Fine, id: "x-${n}", count: 1, input: ["x"]}]
activities: {reserve_inventory: {takes: 10ms}}
SCENARIO
ln s.yaml hard.yaml
ln -s s.yaml soft.yaml
mkdir folder
echo kept >out.wfh
cksum *.* >before
try() { wfsim run s.yaml "$@" >words; echo "exit $?"; }
try --record s.yaml
try --trace ./s.yaml
try --record hard.yaml
try --trace soft.yaml
try --record folder/../code.c
try --record new --trace ./new
try --record out.wfh --trace out.wfh
try --record - --trace -
try --record s.yaml --dry-run
try --report code.c
try --report new --trace new
cksum *.* | diff - before && echo 'nothing was written'
try --record /dev/null --trace /dev/null
try --record out.wfh --trace new
ls new
