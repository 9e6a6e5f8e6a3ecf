# I98: what every scenario with one version of its code records replays on that code, cut at every event at which a run may
# stand open.
for scenario in scenarios/*.yaml; do
    name=$(basename "$scenario" .yaml)
    code=$(sed -n 's/^code: {v1: \([a-z_]*\.c\)}$/\1/p' "$scenario")
    [ -n "$code" ] || continue
    wfsim run "$scenario" --seeds 5..6 --record "$name.wfh" >report 2>&1
    wfsim replay --no-cache --prefixes -w "scenarios/$code" "$name.wfh" >verdicts 2>&1
    echo "$name: $? $(tail -1 verdicts | sed "s/.*; //")"
done
