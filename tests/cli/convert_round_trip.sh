# Any format to any other and back gives the same bytes.
source=$ROOT/tests/cli/data/order_closed.json
wfsim convert "$source" a.pb
wfsim convert a.pb b.wfh
wfsim convert b.wfh c.json
cmp "$source" c.json
wfsim convert c.json - --to pb | cmp - a.pb
wfsim convert - d.json <b.wfh
cmp "$source" d.json
ls
