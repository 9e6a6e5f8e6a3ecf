# The table shows every event with its time since the start, and where another worker had to replay the run.
wfsim show "$ROOT/tests/cli/data/order_closed.json"
