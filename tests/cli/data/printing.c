/* A workflow that prints four times as much as is shown, and looks at whether it could. */
#define _POSIX_C_SOURCE 200809L
#include "wfsim.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct wf_options stock = {.start_to_close = 30 * WF_SECOND};

static wf_error print(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    char line[1024];

    (void)state;
    (void)result;
    memset(line, 'x', sizeof line);
    for (int i = 0; i < 2048; i++) {
        if (printf("%.*s\n", (int)sizeof line - 1, line) != (int)sizeof line ||
            write(STDERR_FILENO, line, sizeof line) != (ssize_t)sizeof line) {
            return wf_fail(wf, "Printer", NULL, "line %d was not printed", i);
        }
    }
    return wf_activity(wf, "reserve_inventory", WF_ARGS(wf_arg(args, 0)), &stock, NULL);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Fine", .run = print},
    {.name = NULL},
}};
