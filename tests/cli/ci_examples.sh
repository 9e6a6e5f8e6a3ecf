# The jobs that people copy use commands, flags and targets that exist.
cat "$ROOT"/ci/examples/*.yml | awk '/\\$|\|\|$/ { sub(/(\\)?$/, ""); printf "%s ", $0; next } { print }' >lines
for command in replay merge; do
    wfsim "$command" --help >help
    grep -o "wfsim $command .*" lines | grep -o -e '--[a-z-]*' | sort -u | while read -r flag; do
        grep -q -e "^  $flag " help && echo "$command $flag" || echo "wfsim $command has no $flag"
    done
done
"$ROOT/ci/replay-gate" --help >help
wfsim replay --help >>help # behind `--`
grep -o 'replay-gate -w .*' lines "$ROOT/ci/examples/README.md" | grep -o -e ' --[a-z-]*' | sort -u | while read -r flag; do
    [ "$flag" = -- ] || grep -q -e "$flag" help || echo "replay-gate has no $flag"
done
[ -x "$ROOT/ci/deps" ] && grep -c '^install:' "$ROOT/Makefile"
