/*
 * Workflows that end their process after their first activity, each in its own way. Histories for them are made as for
 * crashing.c.
 */
#define _POSIX_C_SOURCE 200809L /* kill */
#include "wfsim.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static const struct wf_options stock = {.start_to_close = 30 * WF_SECOND};

/* What all of them do first. */
static void reserve(struct wf *wf, struct wf_args args)
{
    (void)wf_activity(wf, "reserve_inventory", WF_ARGS(wf_arg(args, 0)), &stock, NULL);
}

#define WORKFLOW(name)                                                                                                 \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)

WORKFLOW(fine)
{
    (void)state;
    (void)result;
    reserve(wf, args);
    return NULL;
}

WORKFLOW(kill_itself)
{
    (void)state;
    (void)result;
    reserve(wf, args);
    (void)kill(getpid(), SIGKILL);
    return NULL;
}

WORKFLOW(be_aborted)
{
    (void)state;
    (void)result;
    reserve(wf, args);
    (void)system("kill -ABRT $PPID");
    return NULL;
}

WORKFLOW(take_signals_back)
{
    (void)state;
    (void)result;
    reserve(wf, args);
    (void)signal(SIGTERM, SIG_DFL);
    (void)raise(SIGTERM);
    return NULL;
}

WORKFLOW(leave)
{
    (void)state;
    (void)result;
    reserve(wf, args);
    _exit(0);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Aborted", .run = be_aborted},
    {.name = "Fine", .run = fine},
    {.name = "Killed", .run = kill_itself},
    {.name = "Leaves", .run = leave},
    {.name = "Terminated", .run = take_signals_back},
    {.name = NULL},
}};
