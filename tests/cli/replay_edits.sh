# Every way in which people change a workflow, of tests/edits/catalogue: what breaks open runs is stopped, with the cause class
# and the call that makes it safe; what does not, passes, also under --strict; what official replayers miss passes as theirs do
# and is found by --strict, by the rule of its hole.
ln -s "$ROOT/tests/edits/order.c" "$ROOT/tests/edits/order.yaml" .
wfsim run order.yaml --seed 1 --record order.wfh >/dev/null
# verdict NUMBER [OPTION...]: the first finding as "verdict|cause|rule|has a call", or "ok|||"
verdict() {
    number=$1
    shift
    printf '#define EDIT %s\n#include "order.c"\n' "$number" >"edit$number.c"
    wfsim replay --no-cache --jobs 1 -w "edit$number.c" "$@" -o jsonl order.wfh |
        sed -n '/"verdict":"ok"/d; /^{"file"/!d
            s/.*"verdict":"\([^"]*\)".*"rule":"\([^"]*\)".*"cause":"\([^"]*\)","hint":"\([^"]*wf_[a-z_]*patch[^"]*\)*.*/\1|\3|\2|\4/p' |
        sed 's/|[^|]*patch[^|]*$/|hint/; q' | grep . || echo 'ok|||'
}
for number in $(sed -n 's/^\([0-9]*\) .*/\1/p' "$ROOT/tests/edits/catalogue"); do
    expected=$(sed -n "s/^$number \([a-z][a-z -]*[a-z]\)  *[^ ].*/\1/p" "$ROOT/tests/edits/catalogue" | sed 's/  .*//')
    plain=$(verdict "$number")
    case $number in
    1*)
        wanted="nondeterminism|$expected|*|hint"
        kind='breaks'
        ;;
    2*)
        wanted='ok|||'
        plain=$plain$(verdict "$number" --strict)
        wanted=$wanted$wanted
        kind='is safe'
        ;;
    3*)
        plain=$plain$(verdict "$number" --strict)
        wanted="ok|||nondeterminism|*|$expected|hint"
        kind='is missed by others'
        ;;
    esac
    # shellcheck disable=SC2254
    case $plain in
    $wanted) echo "$kind" >>right ;;
    *) echo "$number: $plain, wanted $wanted" ;;
    esac
done
sort right | uniq -c
