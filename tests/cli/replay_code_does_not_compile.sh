# The compiler's own words, then the place; exit code 3, and nothing of it in the results.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
printf '#include "wfsim.h"\nint x = ;\n' >bad.c
wfsim replay -w bad.c h 2>words
code=$?
grep -c '^bad.c:2:9: error:' words
tail -n 1 words >&2
exit $code
