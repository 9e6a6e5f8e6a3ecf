/*
 * Workflows that go wrong after their first activity, each in its own way. Histories for them are made from order_open.json by
 * another workflow type.
 */
#include "wfsim.h"

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

WORKFLOW(write_nowhere)
{
    volatile int *volatile nowhere = NULL;

    (void)state;
    (void)result;
    reserve(wf, args);
    *nowhere = 1;
    return NULL;
}

WORKFLOW(call_abort)
{
    (void)state;
    (void)result;
    reserve(wf, args);
    abort();
}

WORKFLOW(call_exit)
{
    (void)state;
    (void)result;
    reserve(wf, args);
    exit(0);
}

WORKFLOW(loop)
{
    static volatile int is_approved;

    (void)state;
    (void)result;
    reserve(wf, args);
    while (!is_approved) {
    }
    return NULL;
}

static int sum_to(volatile int *numbers, int depth)
{
    volatile int more[16] = {depth};

    return depth < 0 ? *numbers : sum_to(more, depth + 1) + more[depth % 16];
}

WORKFLOW(recurse)
{
    volatile int zero = 0;

    (void)state;
    (void)result;
    reserve(wf, args);
    return sum_to(&zero, 0) == 1 ? NULL : wf_fail(wf, "Sum", NULL, "never");
}

WORKFLOW(take_large_array)
{
    volatile char buffer[1 << 20];

    (void)state;
    (void)result;
    for (size_t i = 0; i < sizeof buffer; i += 4096) { /* a compiler may shrink what is touched in one place only */
        buffer[i] = 1;
    }
    reserve(wf, args);
    return buffer[4096] == 1 ? NULL : wf_fail(wf, "Buffer", NULL, "never");
}

WORKFLOW(block)
{
    (void)state;
    (void)result;
    reserve(wf, args);
    (void)sleep(1000);
    return NULL;
}

WORKFLOW(take_memory)
{
    const size_t piece_bytes = (size_t)1 << 20;
    volatile char *piece = NULL;

    (void)state;
    (void)result;
    reserve(wf, args);
    while ((piece = malloc(piece_bytes)) != NULL) {
        for (size_t i = 0; i < piece_bytes; i += 4096) {
            piece[i] = 1;
        }
    }
    return NULL;
}

WORKFLOW(return_bad_value)
{
    (void)state;
    reserve(wf, args);
    *result = wf_json(wf, "{order: 17}");
    return NULL;
}

WORKFLOW(call_and_write_nowhere)
{
    volatile int *volatile nowhere = NULL;

    (void)state;
    (void)result;
    (void)wf_activity_start(wf, "reserve_inventory", WF_ARGS(wf_arg(args, 0)), &stock);
    *nowhere = 1;
    return NULL;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Abort", .run = call_abort},
    {.name = "Array", .run = take_large_array},
    {.name = "Called", .run = call_and_write_nowhere},
    {.name = "Exit", .run = call_exit},
    {.name = "Fine", .run = fine},
    {.name = "Greedy", .run = take_memory},
    {.name = "Loop", .run = loop},
    {.name = "Nowhere", .run = write_nowhere},
    {.name = "Recursion", .run = recurse},
    {.name = "Sleep", .run = block},
    {.name = "Value", .run = return_bad_value},
    {.name = NULL},
}};
