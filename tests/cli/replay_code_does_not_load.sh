# Code that compiles and cannot be loaded: without its table, calling what nobody has, with wrong tables, crashing in a
# constructor. One sentence each, exit code 3.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
try() { wfsim replay -w "$1" h 2>words; echo "exit $?"; sed 's/: [^ ]*\.so: /: OBJECT: /' words >&2; }
entry='{.name = "Fine", .run = run}'
body='static wf_error run(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{ (void)wf; (void)state; (void)args; (void)result; return NULL; }'
table() { printf 'const struct wf_module wf_module = {%s, .workflows = (const struct wf_workflow[]){%s {.name = NULL}}};\n' "$1" "$2"; }
source() { echo '#include "wfsim.h"'; echo "$body"; }

echo 'int nothing;' >no_table.c
try no_table.c
{ source; echo 'void nobody_has_this(void);'; table WF_API "$entry,"; echo 'void use(void) { nobody_has_this(); }'; } >no_symbol.c
try no_symbol.c
{ source; table WF_API "$entry, $entry,"; } >two_names.c
try two_names.c
{ source; table 99 "$entry,"; } >other_api.c
try other_api.c
{ source; table WF_API "$entry,"
    echo '__attribute__((constructor)) static void begin(void) { volatile int *volatile nowhere = NULL; *nowhere = 1; }'; } >constructor.c
try constructor.c
