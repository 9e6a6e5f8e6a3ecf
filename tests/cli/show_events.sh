# The table shows every event with its time since the start, and where another worker had to replay the run.
wfsim show "$ROOT/tests/cli/data/order_closed.json"
# A file that has the newest event first is printed in that order; its times count from its start all the same, and its timeline
# is that of the other order.
{ echo '{"events":['; sed '1d;$d; s/,$//' "$ROOT/tests/cli/data/order_closed.json" | tac | sed '$!s/$/,/'; echo ']}'; } >newest.json
wfsim show "$ROOT/tests/cli/data/order_closed.json" | sed '/──/d' >oldest
wfsim show newest.json | sed '/──/d' >newest
head -n 3 newest | diff - oldest | grep '^<'
sed -n '5,$p' newest | tac >turned
sed -n '5,$p' oldest | cmp - turned && echo 'the same times'
wfsim show newest.json --timeline >newest
wfsim show "$ROOT/tests/cli/data/order_closed.json" --timeline | cmp - newest && echo 'the same timeline'
# Histories have been seen of the year 1 and from before 1970: what lies between two events is what it is in any year.
for date in 0001-01-01 1969-12-31 9999-12-31; do
    sed "s/2026-01-01T/${date}T/" "$ROOT/tests/cli/data/order_closed.json" >year.json
    wfsim show year.json | sed '/──/d; /^started/d' >year
    wfsim show year.json | grep '^started'
    sed '/^started/d' oldest | cmp - year && echo 'the same times'
    wfsim show year.json --timeline | sed '/^started/d' >year
    sed '/^started/d' newest | cmp - year && echo 'the same timeline'
done
sed '2s/2026-01-01T/0001-01-01T/' "$ROOT/tests/cli/data/order_closed.json" >year.json
wfsim show year.json | sed -n '3,9p'
