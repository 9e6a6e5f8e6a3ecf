# The timeline shows steps as spans: ended ones with their outcome, open ones to the end of the line.
wfsim show "$ROOT/tests/cli/data/order_closed.json" --timeline
wfsim show "$ROOT/tests/cli/data/order_open.json" --timeline
# In JSON it is one object a history: marks at single events, spans with what ended them.
wfsim show "$ROOT/tests/cli/data/order_closed.json" --timeline -o json
wfsim convert "$ROOT/tests/cli/data" two.wfh
wfsim show two.wfh --timeline -o json | head -c 2
wfsim show two.wfh --timeline -o jsonl | cut -c 1-100
