# Machines get the same fields: an object for one code, a list for all, a line each with jsonl.
wfsim explain WF203 -o json | cut -c 1-15
wfsim explain -o json | head -c 17
echo
wfsim explain -o jsonl | grep -vc '^{"code":"WF[0-9][0-9][0-9]","title":".*}$' || true
