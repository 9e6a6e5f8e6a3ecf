# What is whole of an archive whose writer died is shown, in every format; where it ends is said, and the exit code is 3.
wfsim convert "$ROOT/tests/cli/data" all.wfh
head -c $(($(wc -c <all.wfh) - 41)) all.wfh >cut.wfh
for format in text json jsonl; do
    wfsim show cut.wfh -o $format >out 2>err
    echo "$format: exit $?, $(grep -c 'WorkflowExecutionStarted\|WORKFLOW_EXECUTION_STARTED' out) histories"
    sed 's/[0-9][0-9]* bytes/N bytes/; s/first [0-9]* of/first N of/; s/byte [0-9]*/byte N/' err
done
