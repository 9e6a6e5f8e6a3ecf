# What a history holds can neither move the cursor nor give a command to a CI that reads lines: not in the report, not in the
# annotations, not in a complaint.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Segfault
cp "$ROOT/tests/cli/data/crashing.c" .
sed 's/Segfault/x\\n::error file=README.md::pwned\\u001b[2J\\u009b/; s/reserve_inventory/\\n::stop-commands::t/' h/Segfault.json >h/hostile.json
rm h/Segfault.json
wfsim replay -w crashing.c h --github | LC_ALL=C tr '\033\233' 'EC'
wfsim explain "$(printf 'a\033[31m')"
echo "exit $?"
