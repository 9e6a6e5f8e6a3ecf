# What `make install` leaves: the program, under the name that the Temporal CLI looks for too, and what CI needs. The manual and the
# completions come from a generator of the build, which `true` stands for.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
cd "$ROOT" || exit 1
here=$OLDPWD
ci/install "$(readlink -f "$(command -v wfsim)")" true "$here/dest/usr" /usr 1.2.3 >/dev/null || exit 1
cd "$here" || exit 1
find dest -not -type d | sort
readlink dest/usr/bin/temporal-workflow-replay
grep -e prefix -e Version dest/usr/lib/pkgconfig/wfsim.pc
histories h Fine
cp "$ROOT/tests/cli/data/crashing.c" .
PATH=$PWD/dest/usr/bin:$PATH
temporal-workflow-replay -w crashing.c h/Fine.json
echo "exit $?"
temporal-workflow-replay --help | head -n 1
