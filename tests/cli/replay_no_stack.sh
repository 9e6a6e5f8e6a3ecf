# Code whose coroutines get no stack because memory is short has not failed: the batch ends (4), and nothing is kept of the history.
if ! (ulimit -v 60000 && wfsim --version) >/dev/null 2>&1; then
    echo 'the program does not run in 60 MB' >&2
    exit 77
fi
cat >many.c <<'END'
#include "wfsim.h"

static wf_error wait_for_ever(struct wf *wf, void *context, struct wf_value *result)
{
    (void)context;
    (void)result;
    return wf_sleep(wf, 1000 * WF_SECOND);
}

static wf_error many(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const struct wf_options stock = {.start_to_close = 30 * WF_SECOND};

    (void)state;
    (void)result;
    (void)wf_activity(wf, "reserve_inventory", WF_ARGS(wf_arg(args, 0)), &stock, NULL);
    for (int i = 0; i < 1000; i++) {
        (void)wf_spawn(wf, wait_for_ever, NULL);
    }
    return NULL;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Many", .run = many},
    {.name = NULL},
}};
END
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Many
WFSIM_CACHE=$PWD/cache
export WFSIM_CACHE
wfsim replay -w many.c h --no-cache
(
    ulimit -v 60000
    wfsim replay -w many.c h
    echo "exit $?"
)
wfsim replay -w many.c h
