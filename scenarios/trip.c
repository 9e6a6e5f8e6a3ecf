/*
 * A trip is booked with others, through their Nexus endpoints: a price is asked for and answered at once; a room is booked,
 * which may take the hotel an hour. A traveller who cancels meanwhile does not keep the room.
 */
#include "wfsim.h"

static const struct wf_nexus_options quick = {.schedule_to_close = 5 * WF_MINUTE};
static const struct wf_nexus_options patient = {.schedule_to_close = 30 * WF_MINUTE};
static const struct wf_options mail = {.start_to_close = 10 * WF_SECOND};

static wf_error book_trip(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value trip = wf_arg(args, 0);
    const char *token = "";
    struct wf_value price;
    wf_error error = wf_nexus(wf, "airline", "fares", "quote", trip, &quick, &price);

    (void)state;
    if (!error) {
        struct wf_future *room = wf_nexus_start(wf, "hotel", "rooms", "book", trip, &patient);

        error = wf_nexus_started(wf, room, &token);
        wf_log(wf, WF_INFO, "the hotel calls it %s", token);
        error = error ? error : wf_await(wf, room, NULL);
    }
    if (wf_caused_by(error, WF_TIMEOUT, NULL)) {
        *result = wf_text(wf, "no answer");
        return NULL;
    }
    if (wf_caused_by(error, WF_APPLICATION, "SoldOut")) {
        *result = wf_text(wf, "sold out");
        return NULL;
    }
    if (error) {
        return error;
    }
    *result = wf_text(wf, "booked");
    return wf_activity(wf, "send_ticket", WF_ARGS(trip, price), &mail, NULL);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "BookTrip", .run = book_trip},
    {.name = NULL},
}};
