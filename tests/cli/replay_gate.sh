# The gate fetches what a server lists, keeps it, replays it and reports; what cannot be fetched or read is said, and the rest is
# replayed all the same. A stand-in plays the Temporal CLI.
gate() { "$ROOT/ci/replay-gate" "$@"; echo "exit $?"; }
mkdir bin server
cp "$ROOT/tests/cli/data/temporal" bin/
PATH=$PWD/bin:$PATH
SERVER=$PWD/server
export SERVER
cp scenarios/saga.c scenarios/saga_v2.c .
wfsim run scenarios/saga.yaml --seed 42 --no-faults --record saga.wfh >/dev/null
wfsim convert saga.wfh all/ --to json
# As the CLI prints it: an array of objects, of which only the execution counts. Ids hold what ids may hold.
for i in 1 2 3; do cp "$(find all -name "*-order-$i.json")" "server/run-$i.json"; done
cat >server/list.json <<'END'
[
  {
    "execution": {
      "workflowId": "order-1",
      "runId": "run-1"
    },
    "type": {"name": "OrderSaga"},
    "parentExecution": {"workflowId": "not-this", "runId": "nor-this"},
    "memo": {"fields": {"execution": {"workflowId": "\"{[", "runId": "x"}}}
  },
  {
    "execution": {"runId": "run-2", "workflowId": "it's \"order\" \\ \u003c2\u003e\u00fc\ud83d\ude00 $(echo no)"}
  },
  {"execution": {"workflowId": "--order 3", "runId": "run-3"}}
]
END
gate -w saga.c
cat server/calls
# Kept as an archive, with reports; against code that no longer replays; further options of replay behind `--`.
gate -w saga_v2.c --query 'WorkflowType="OrderSaga"' --limit 7 --archive "open runs.wfh" --junit "it's.xml" --sarif s.sarif \
    --markdown m.md -- --jobs 1 | tail -n 2
grep list server/calls | tail -n 1
gate -w saga.c --limit 3 | tail -n 1
wfsim list "open runs.wfh" | cut -c1-10
grep -c '<testcase' "it's.xml"; grep -c nondeterminism m.md; grep -o '"ruleId"' s.sarif | wc -l
gate -w saga.c --archive shown.wfh --redact | tail -n 2
wfsim check shown.wfh
# A report names a file that is there, or none: its command repeats it.
gate -w saga_v2.c --archive kept.wfh --json kept.json >kept; sh -c "$(sed -n 's/^  repeat: //p' kept)" | tail -n 1
gate -w saga_v2.c --json gone.json >gone; sed -n 's/^  repeat: //p' gone; grep -c /tmp gone gone.json
gate -w saga_v2.c --archive shown.wfh --redact 2>&1 >/dev/null
# Ids hold what a line and a list cannot, and what a terminal would obey.
cp server/run-1.json "server/run	1.json"
cat >server/odd.json <<'END'
[{"execution":{"workflowId":"tab\there, \u0009there, 	raw\n","runId":"run-1"}},
 {"execution":{"workflowId":"lines\r\n\nof it\n\n","runId":"run\t1"}},
 {"execution":{"workflowId":"\\n \\\\ \u005ct %s \/ \b\f\u007f","runId":"run-2"}},
 {"execution":{"workflowId":"\u001b[31mred\\c","runId":"gone"}},
 {"execution":{"workflowId":"cut\u0000here","runId":"run-3"}}]
END
mv server/list.json server/kept.json; mv server/odd.json server/list.json; : >server/calls
gate -w saga.c
sed -n "/show/,\$p" server/calls | cat -v
mv server/kept.json server/list.json
# Objects one after the other, as jsonl; a run that is gone, a history that is none.
echo '<html>' >server/run-3.json
printf '%s\n' '{"execution":{"workflowId":"a","runId":"run-1"}}' '{"execution":{"workflowId":"b","runId":"gone"}}' \
    '{"execution":{"workflowId":"c","runId":"run-3"}}' >server/list.json
gate -w saga.c
sed -i 2d server/list.json
gate -w saga.c 2>/dev/null | tail -n 1
gate -w saga_v2.c 2>/dev/null | tail -n 1
# Nothing there, no answer, an answer of another kind, a damaged one.
echo '[]' >server/list.json; gate -w saga.c
rm server/list.json; gate -w saga.c
printf '{"page": [1, -2.5e3, true, null]}\n\n' >server/list.json; gate -w saga.c
: >server/list.json; gate -w saga.c
echo 'not json' >server/list.json; gate -w saga.c
for answer in 'no JSON"' '<html>' '"a"' '[<p>]' '[] and more' \
    '[{"execution":{"workflowId":"a"}}]' '[{' ; do
    printf '%s\n' "$answer" >server/list.json; gate -w saga.c 2>&1 | tail -n 1
done
# Words that are wrong, programs that are not there.
gate; gate -w; gate -w saga.c --limit none; gate -w saga.c --unknown
TEMPORAL=no-such-program gate -w saga.c
gate --help | grep -c .
