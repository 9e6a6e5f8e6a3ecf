# A disk that fills while a run is recorded: said once, exit code 4, and what was recorded before can be read.
[ -e /dev/full ] || { echo 'no /dev/full' >&2; exit 77; }
wfsim run scenarios/saga.yaml --record /dev/full
echo "exit $?"
wfsim run scenarios/saga.yaml --trace /dev/full
echo "exit $?"
wfsim run scenarios/saga.yaml -o json --report /dev/full >/dev/null
echo "exit $?"
wfsim run scenarios/saga.yaml --report no/such/folder/page.html
echo "exit $?"
(
    ulimit -f 100 # of 512 bytes
    wfsim run scenarios/saga.yaml --seeds 1..50 --record out.wfh -o jsonl >/dev/null 2>words
    echo "exit $?"
)
sed 's/the [0-9]* histories/the N histories/' words >&2
[ "$(wfsim list out.wfh 2>/dev/null | wc -l)" -gt 20 ] && echo 'many histories can be read'
