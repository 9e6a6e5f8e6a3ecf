# The command that a failure ends with can be pasted into a shell, whatever the names are.
mkdir "it's \$HOME" && cd "it's \$HOME" || exit 1
cp "$ROOT/tests/cli/data/crashing.c" 'a b.c'
cat >-.yaml <<'SCENARIO'
wfsim: 1
code: {v1: "a b.c"}
start: [{workflow: Exit, id: "x-${n}", count: 1, input: ["x"]}]
activities: {reserve_inventory: {takes: 10ms}}
SCENARIO
cd ..
wfsim run "it's \$HOME/-.yaml" --set 'end_after=2d' --set 'about=$(touch pwned)' >first
cat first
eval "$(sed -n 's/^  repeat  *//p' first)" | cmp - first && echo 'the same again'
cd "it's \$HOME" || exit 1
wfsim run -- -.yaml | grep repeat
sed 's/"OrderSaga"/"Exit"/' "$ROOT/tests/cli/data/order_open.json" >'exit;1.json'
wfsim replay -w 'a b.c' 'exit;1.json' >first
grep repeat first
eval "$(sed -n 's/^  repeat: //p' first)" | cmp - first && echo 'the same again'
