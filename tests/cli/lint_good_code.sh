# No false alarm: the code of every scenario and of the other tests imports nothing but the API. One asks whether it is replayed,
# to break its replays.
for code in scenarios/*.c "$ROOT"/tests/edits/*.c "$ROOT"/tests/corpus/*.c "$ROOT/tests/cli/data/endless.c"; do
    grep -q 'wf_module wf_module' "$code" && [ "${code##*/}" != swift.c ] || continue
    said=$(wfsim lint "$code" 2>&1) || echo "$code: exit $?"
    [ "$said" = '0 findings, 0 notes' ] || printf '%s:\n%s\n' "$code" "$said"
done
wfsim lint scenarios/saga.c
