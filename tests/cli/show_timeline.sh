# The timeline shows steps as spans: ended ones with their outcome, open ones to the end of the line.
wfsim show "$ROOT/tests/cli/data/order_closed.json" --timeline
wfsim show "$ROOT/tests/cli/data/order_open.json" --timeline
