# One workflow, by workflow id or run id: its state, and what an open one waits for.
wfsim convert "$ROOT/tests/cli/data/order_open.json" open.wfh
wfsim convert "$ROOT/tests/cli/data/order_closed.json" closed.wfh
wfsim describe open.wfh order-3
wfsim describe closed.wfh 0190a0c0-0000-4000-8000-000000000003
wfsim describe open.wfh order-3 -o json | cut -c 1-120
wfsim describe open.wfh order-33
echo "exit $?"
wfsim describe open.wfh something-else
echo "exit $?"
