# What has a verdict is replayed again when the code may be other code, though every file that was read is the same: a header
# found elsewhere, one that comes before another, one that was asked for, a library that the code needs. Each is followed by the
# same command again, which finds what the first has kept.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
export WFSIM_CACHE="$PWD/cache"
code() {
    cat <<END
#include "wfsim.h"
$1
static const struct wf_options stock = {.start_to_close = 30 * WF_SECOND};
static wf_error fine(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)result;
    return wf_activity(wf, NAME, WF_ARGS(wf_arg(args, 0)), &stock, NULL);
}
const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Fine", .run = fine},
    {.name = NULL},
}};
END
}
replay() {
    wfsim replay -w "$code" h 2>&1 | tail -n 1
}
twice() {
    replay
    replay
}
good='#define NAME "reserve_inventory"'
bad='#define NAME "reserve_another"'
mkdir p1 p2
code=w.c

for variable in CPATH C_INCLUDE_PATH; do
    echo "$variable"
    rm -f p1/* p2/*
    code '#include <bb.h>' >w.c
    echo "$good" >p1/bb.h
    echo "$bad" >p2/bb.h
    export "$variable=p1"
    twice
    export "$variable=p2"
    twice
    echo "$variable, the header changes"
    echo "$good" >p2/bb.h
    twice
    echo "$variable, a header comes before it"
    export "$variable=p1:p2"
    rm p1/bb.h
    replay
    echo "$bad" >p1/bb.h
    twice
    unset "$variable"
done

echo 'a header comes beside another'
code '#include "sub/y.h"' >w.c
mkdir sub
echo '#include "x.h"' >sub/y.h
echo "$good" >p1/x.h
CPATH=p1
export CPATH
twice
echo "$bad" >sub/x.h
twice
unset CPATH

echo 'wfsim.h beside the code'
code "$good" >w.c
twice
echo '#error beside the code' >wfsim.h
replay
rm wfsim.h

echo '__has_include'
code "#if __has_include(\"new.h\")
$bad
#else
$good
#endif" >w.c
twice
: >new.h
twice
rm new.h

echo '__has_include in a header'
code '#include "asks.h"' >asks.c
sed -n '/^#if/,/^#endif/p' w.c >asks.h
code=asks.c
twice
: >new.h
twice

echo 'a library'
code 'const char *helper_name(void);
#define NAME helper_name()' >w.c
helper() { echo "$1
const char *helper_name(void); const char *helper_name(void) { return NAME; }" | ${CC:-cc} -shared -fPIC -o "$2" -x c -; }
mkdir lib lib2
helper "$good" lib/libhelper.so
helper "$bad" lib2/libhelper.so
${CC:-cc} -shared -fPIC -I cache/include-* -o w.so w.c -Llib -lhelper
code=./w.so
LD_LIBRARY_PATH=lib
export LD_LIBRARY_PATH
twice
helper "$bad" lib/libhelper.so
twice
helper "$good" lib/libhelper.so
replay
LD_LIBRARY_PATH=lib2
replay

echo 'an object that does not say what it needs'
printf '\0\0' | dd of=w.so bs=1 seek=60 conv=notrunc 2>/dev/null
twice
