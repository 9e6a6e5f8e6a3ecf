/*
 * A taxi ride of some hours, paid at its end. What the code knows of the outside at the time is recorded, so that a worker that
 * replays the ride under another tariff, or at another hour, comes to the same bill: the tariff once, when the ride begins; the
 * surcharge of the hour with every leg, but only when it changed. Rides that began before tolls existed go on without them.
 */
#include "wfsim.h"

enum { NO_TOLLS = WF_DEFAULT_VERSION, FLAT_TOLL = 1 };

static const struct wf_options meter = {.start_to_close = WF_HOUR};
static const struct wf_options bank = {.start_to_close = WF_MINUTE, .retry.maximum_attempts = 5};

/* Compiled into the code: the next deployment has another one. */
static struct wf_value tariff(struct wf *wf, void *context)
{
    (void)context;
    return wf_object(wf, WF_PAIRS({"base", wf_integer(wf, 400)}, {"km", wf_integer(wf, 210)}));
}

/* The first hours of the night cost half as much again. */
static struct wf_value surcharge(struct wf *wf, void *context)
{
    const int64_t hour = wf_now(wf) / WF_HOUR % 24;

    (void)context;
    return wf_integer(wf, hour < 2 ? 50 : 0);
}

static wf_error ride(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value prices = wf_side_effect(wf, tariff, NULL);
    const int64_t leg_count = wf_as_integer(wf_arg(args, 1), 1);
    int64_t cents = wf_as_integer(wf_member(prices, "base"), 0);
    wf_error error = NULL;

    (void)state;
    for (int64_t leg = 0; !error && leg < leg_count; leg++) {
        const int64_t percent = 100 + wf_as_integer(wf_mutable_side_effect(wf, "surcharge", surcharge, NULL, NULL), 0);
        struct wf_value km;

        error = wf_activity(wf, "drive_leg", WF_ARGS(wf_arg(args, 0), wf_integer(wf, leg)), &meter, &km);
        cents += wf_as_integer(km, 0) * wf_as_integer(wf_member(prices, "km"), 0) * percent / 100;
    }
    if (!error && wf_get_version(wf, "tolls", NO_TOLLS, FLAT_TOLL) == FLAT_TOLL) {
        error = wf_activity(wf, "pay_toll", WF_ARGS(wf_arg(args, 0)), &bank, NULL);
    }
    if (!error) {
        error = wf_activity(wf, "pay_ride", WF_ARGS(wf_arg(args, 0), wf_integer(wf, cents)), &bank, NULL);
    }
    *result = wf_integer(wf, cents);
    return error;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Ride", .run = ride},
    {.name = NULL},
}};
