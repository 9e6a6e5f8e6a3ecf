# --prefixes also judges every prefix at which a run may stand open, and says which would get stuck; in every format, through
# merge, and apart from the verdicts of a batch without it. Code that is unchanged gets no run stuck.
wfsim run scenarios/saga.yaml --seed 42 --no-faults --record saga.wfh >/dev/null
wfsim replay -w scenarios/saga.c --prefixes saga.wfh; echo "exit $?"
wfsim replay -w scenarios/saga.c saga.wfh; echo "exit $?"
wfsim replay -w scenarios/saga.c --prefixes saga.wfh
wfsim replay -w scenarios/saga_v2.c --prefixes --json r.json --markdown r.md --html r.html saga.wfh >text; echo "exit $?"
sed -n '/stuck/p;/repeat/p' text | sed -n '1,3p;$p'
grep -o '"prefixes":{[^}]*}[^}]*}' r.json | sort | uniq -c | sed 's/^ *//'
grep -m1 stuck r.md
grep -o '<p>open runs[^<]*' r.html | head -n 1
wfsim merge --json merged.json r.json >/dev/null
cmp r.json merged.json && echo same
sed 's/"stuck":\[{"first":[0-9]*/"stuck":[{"first":-4/' r.json >bad.json
wfsim merge bad.json >/dev/null; echo "exit $?"
