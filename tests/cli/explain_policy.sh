# The rules that a policy may name are listed with what each compares, and the help of replay says where; every one is taken.
wfsim explain policy >rules
head -n 6 rules
wfsim replay --help | sed -n '/^A line of --policy/,/^  orders/p' >help
awk '/^  [a-z]/ && !/^  rule / {print $1}' rules >names
sed 's/$/ finding/' names >all.txt
wfsim replay -w scenarios/saga.c "$ROOT/tests/cli/data/order_open.json" --policy all.txt >out
echo "exit $?, $(grep -c "^$(tail -n 1 names) finding" all.txt) entry of the last rule"
cat help
wfsim explain policy -o jsonl | head -n 1
echo 'bondary finding' >near.txt
wfsim replay -w scenarios/saga.c "$ROOT/tests/cli/data/order_open.json" --policy near.txt
echo "exit $?"
