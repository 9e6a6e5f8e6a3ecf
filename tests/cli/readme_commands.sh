# Every command of the README runs and exits as the README says: 0, or what `# exits N` at the end of its line says. The
# `make` targets that it names exist.
ln -s "$(dirname "$(readlink -f "$(command -v wfsim)")")" build
sed -n '/^```sh$/,/^```$/{/^```/!p}' README.md >commands
grep -c . commands >count
[ "$(cat count)" -gt 5 ] || echo "only $(cat count) commands found"
while IFS= read -r line; do
    expected=$(printf '%s\n' "$line" | sed -n 's/.*# exits \([0-9]\)$/\1/p')
    sh -c "$line" </dev/null >output 2>&1
    status=$?
    [ "$status" = "${expected:-0}" ] || { echo "exit $status instead of ${expected:-0}: $line"; tail -n 5 output; }
done <commands
sed -n 's/^make \([a-z-]*\).*/\1/p; s/.*`make \([a-z-]*\)[ `].*/\1/p' README.md | sort -u | while read -r target; do
    grep -q "^$target:" "$ROOT/Makefile" || echo "the Makefile has no target $target"
done
