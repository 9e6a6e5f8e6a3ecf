# Archives one after the other in one file are all read; what follows and is no archive is said, with its place and exit code 3.
try() { wfsim "$@"; echo "exit $?"; }
wfsim convert "$ROOT/tests/cli/data" two.wfh
wfsim convert "$ROOT/tests/cli/data/order_open.json" one.wfh
cat two.wfh one.wfh two.wfh >joined.wfh
wfsim list joined.wfh -o jsonl | wc -l
wfsim show joined.wfh -o jsonl --timeline | wc -l
try check joined.wfh
wfsim convert joined.wfh whole.wfh
wfsim list whole.wfh -o jsonl | wc -l
places() { sed 's/[0-9][0-9]* \(of\|bytes\)/N \1/g; s/byte [0-9]*/byte N/'; }
(cat two.wfh; echo "no archive") >strange.wfh
for file in strange cut; do
    [ "$file" = strange ] || head -c $(($(wc -c <joined.wfh) - 50)) joined.wfh >cut.wfh
    for words in "check" "list -o jsonl" "show -o jsonl --timeline" "describe -o jsonl"; do
        last=
        [ "${words%% *}" != describe ] || last=order-3
        # shellcheck disable=SC2086
        wfsim $words $file.wfh $last >out 2>err
        echo "$words $file: exit $?, $(wc -l <out) lines"
        places <err
    done
done
