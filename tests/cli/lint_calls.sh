# Every kind of call that workflow code must not make, with its line, wherever in the module it stands; variables that outlive a
# run; calls that are noted. The same from a shared object, of which no lines are known unless the linker kept the places.
cp "$ROOT/tests/cli/data/lint_calls.c" .
wfsim lint lint_calls.c; echo "exit $?"
wfsim lint lint_calls.c -o json | cut -c 1-260
wfsim lint lint_calls.c -o jsonl | wc -l
cc=${CC:-cc}
mkdir include && cp "$ROOT/engine/wfsim.h" include
$cc -std=c17 -O1 -fPIC -shared -w -I include lint_calls.c -o plain.so
wfsim lint plain.so | sort | head -n 3
$cc -std=c17 -O1 -fPIC -shared -w -s -I include lint_calls.c -o stripped.so
wfsim lint stripped.so 2>&1 | grep -v WF3; echo "exit $?"
# A variable of the library that the linker imports under two names is found once.
cat >names.c <<'END'
#include "wfsim.h"
extern char **environ;
static wf_error names(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    return environ[0] != NULL ? wf_sleep(wf, WF_SECOND) : NULL;
}
const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){{.name = "Names", .run = names}, {.name = NULL}}};
END
wfsim lint names.c
# Each diagnosis can be looked up.
wfsim lint lint_calls.c -o jsonl | sed 's/.*"diagnosis":"\(WF[0-9]*\)".*/\1/' | sort -u | while read -r code; do
    wfsim explain "$code" | head -n 1
done
