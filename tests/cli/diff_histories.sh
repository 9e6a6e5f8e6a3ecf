# Two histories side by side: the same but for ids and times, with other values, with steps that one lacks; formats, JSON, exits.
cp "$ROOT/tests/cli/data/order_closed.json" closed.json
cp "$ROOT/tests/cli/data/order_open.json" open.json
wfsim diff closed.json closed.json; echo "exit $?"
# Another run: other ids, another hour, another worker.
sed -e 's/2026-01-01T00/2027-03-04T05/g' -e 's/0190a0c0/0190ffff/g' -e 's/worker-1/worker-9/g' -e 's/"taskId":"/&77/g' \
    closed.json >again.json
cmp -s closed.json again.json && echo 'the edit did nothing'
wfsim diff closed.json again.json; echo "exit $?"
wfsim convert again.json again.pb
wfsim diff closed.json - <again.pb; echo "exit $?"
# Another value, a step that timed out first, a history that goes on.
wfsim run scenarios/saga.yaml --seed 92 --record saga.wfh >/dev/null
wfsim convert saga.wfh all/ --to json
wfsim diff all/0001-order-1.json all/0002-order-3.json; echo "exit $?"
wfsim diff open.json closed.json; echo "exit $?"
wfsim diff closed.json open.json | tail -n 1
wfsim diff open.json closed.json -o json | cut -c1-420; wfsim diff closed.json again.json -o json
# What cannot be compared.
wfsim diff saga.wfh closed.json; echo "exit $?"
wfsim diff closed.json; echo "exit $?"
wfsim diff - - <closed.json; echo "exit $?"
wfsim diff closed.json nowhere.json; echo "exit $?"
sed '2d' closed.json >part.json
wfsim diff closed.json part.json; echo "exit $?"
# An archive whose writer died: what is whole of it need not be the history that was meant.
wfsim convert "$ROOT/tests/cli/data" two.wfh
head -c $(($(wc -c <two.wfh) - 41)) two.wfh >cut.wfh
wfsim diff cut.wfh closed.json 2>err; echo "exit $?"
sed 's/[0-9][0-9]* bytes/N bytes/; s/first [0-9]* of/first N of/; s/byte [0-9]*/byte N/' err
wfsim convert closed.json one.wfh
head -c $(($(wc -c <one.wfh) - 41)) one.wfh >cut.wfh
wfsim diff closed.json cut.wfh 2>err; echo "exit $?"
sed 's/[0-9][0-9]* bytes/N bytes/; s/first [0-9]* of/first N of/; s/byte [0-9]*/byte N/' err
