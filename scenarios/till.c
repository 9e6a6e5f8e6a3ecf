/*
 * Two workflows that live on signals. A till adds up sales and goes on as a new run when its history grows; what it carries
 * from run to run is its total, and the signals that are still to come find the next run. A hoarder does not go on, and the
 * service ends it when its history is too long.
 */
#include "wfsim.h"

struct till {
    int64_t total;
    int64_t sales;
    bool is_closed;
    bool is_fresh; /* something changed since the last report */
};

static void begin(struct wf *wf, void *state, struct wf_args args)
{
    struct till *till = state;

    (void)wf;
    till->total = wf_as_integer(wf_arg(args, 0), 0);
    till->sales = wf_as_integer(wf_arg(args, 1), 0);
}

static wf_error sale(struct wf *wf, void *state, struct wf_args args)
{
    struct till *till = state;

    (void)wf;
    till->total += wf_as_integer(wf_arg(args, 0), 0);
    till->sales++;
    till->is_fresh = true;
    return NULL;
}

static wf_error close_till(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf;
    (void)args;
    ((struct till *)state)->is_closed = true;
    return NULL;
}

static bool has_news(const void *state)
{
    const struct till *till = state;

    return till->is_fresh || till->is_closed;
}

static wf_error run_till(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct till *till = state;

    (void)args;
    while (!till->is_closed) {
        wf_error error = wf_wait(wf, has_news, till, WF_FOREVER, NULL);

        if (error) {
            return error;
        }
        till->is_fresh = false;
        wf_memo_set(wf, WF_PAIRS({"sales", wf_integer(wf, till->sales)}));
        wf_search_attribute_set(wf, "Total", "Int", wf_integer(wf, till->total));
        if (!till->is_closed && wf_info(wf)->continue_as_new_suggested) {
            const struct wf_search_attribute total = {"Total", "Int", wf_integer(wf, till->total)};
            const struct wf_continue_options options = {
                .memo = (const struct wf_pair[]){{"sales", wf_integer(wf, till->sales)}}, .memo_count = 1,
                .search_attributes = &total, .search_attribute_count = 1};

            return wf_continue_as_new(wf, WF_ARGS(wf_integer(wf, till->total), wf_integer(wf, till->sales)), &options);
        }
    }
    *result = wf_integer(wf, till->sales);
    return NULL;
}

/* The same without an end. */
static wf_error run_hoarder(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct till *till = state;
    wf_error error = NULL;

    (void)args;
    (void)result;
    while (!error) {
        error = wf_wait(wf, has_news, till, WF_FOREVER, NULL);
        till->is_fresh = false;
        wf_memo_set(wf, WF_PAIRS({"sales", wf_integer(wf, till->sales)}));
    }
    return error;
}

static const struct wf_signal signals[] = {{"sale", sale}, {"close", close_till}, {.name = NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Till", .run = run_till, .state_size_bytes = sizeof(struct till), .init = begin, .signals = signals},
    {.name = "Hoarder", .run = run_hoarder, .state_size_bytes = sizeof(struct till), .init = begin, .signals = signals},
    {.name = NULL}}};
