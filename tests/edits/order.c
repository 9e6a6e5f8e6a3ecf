/*
 * One workflow and the ways in which people change it. Compiled as it stands it is the code that made the histories; with EDIT it
 * is changed in the one way that tests/edits/catalogue names: 1xx break open runs, 2xx do not, 3xx are changes that the official
 * replayer of the core SDKs passes (replay-rules 2.9) and --strict does not.
 */
#include "wfsim.h"

#ifndef EDIT
#define EDIT 0
#endif
#define IS(number) (EDIT == (number))

struct order {
    bool is_approved;
};

static const struct wf_options quick = {.start_to_close = WF_MINUTE};
static const struct wf_options slower = {.start_to_close = 2 * WF_MINUTE};
static const struct wf_options again = {.start_to_close = WF_MINUTE, .retry = {.maximum_attempts = 7}};
static const struct wf_options named = {.start_to_close = WF_MINUTE, .activity_id = "charge"};
static const struct wf_options elsewhere = {.start_to_close = WF_MINUTE, .task_queue = "elsewhere"};

static wf_error call(struct wf *wf, const char *type, struct wf_value input)
{
    return wf_activity(wf, type, WF_ARGS(input), &quick, NULL);
}

/* ---- Reserve, check, pack ---- */

static wf_error check_fraud(struct wf *wf, struct wf_value id)
{
    if (IS(130)) { /* the call for the patch is gone, its new way stays */
        return call(wf, "check_fraud", id);
    }
    if (IS(131)) {
        return wf_patched(wf, "fraud-check-2") ? call(wf, "check_fraud", id) : NULL;
    }
    if (IS(132)) { /* the branches changed places */
        return wf_patched(wf, "fraud-check") ? NULL : call(wf, "check_fraud", id);
    }
    if (IS(133)) { /* a patch was forgotten altogether */
        return NULL;
    }
    if (IS(209)) { /* every open run has the marker */
        wf_deprecate_patch(wf, "fraud-check");
        return call(wf, "check_fraud", id);
    }
    return wf_patched(wf, "fraud-check") ? call(wf, "check_fraud", id) : NULL;
}

static wf_error reserve(struct wf *wf, struct wf_value id)
{
    if (IS(116)) { /* in the other order */
        wf_error error = check_fraud(wf, id);
        return error != NULL ? error : call(wf, "reserve", id);
    }
    wf_error error = IS(109)   ? NULL
                     : IS(119) ? call(wf, "reserve_stock", id)
                     : IS(123) ? wf_local_activity(wf, "reserve", WF_ARGS(id), &quick, NULL)
                     : IS(124) ? wf_sleep(wf, WF_MINUTE)
                     : IS(125) ? wf_child(wf, "Reserve", WF_ARGS(id), NULL, NULL)
                     : IS(301) ? call(wf, "reserve", wf_text(wf, "another"))
                     : IS(302) ? wf_activity(wf, "reserve", WF_ARGS(id), &slower, NULL)
                     : IS(303) ? wf_activity(wf, "reserve", WF_ARGS(id), &again, NULL)
                     : IS(304) ? wf_activity(wf, "reserve", WF_ARGS(id), &elsewhere, NULL)
                               : call(wf, "reserve", id);
    return error != NULL ? error : check_fraud(wf, id);
}

static wf_error pack(struct wf *wf)
{
    const int count = IS(127) ? 2 : IS(128) ? 4 : 3;
    wf_error error = NULL;

    if (IS(215)) { /* the same turns, counted otherwise */
        for (int left = 3; left > 0 && error == NULL; left--) {
            error = call(wf, "pack", wf_integer(wf, 3 - left));
        }
        return error;
    }

    for (int i = 0; i < count && error == NULL; i++) {
        error = IS(129) && i == 1 ? call(wf, "wrap", wf_integer(wf, i)) : call(wf, "pack", wf_integer(wf, IS(305) ? 2 - i : i));
    }
    return error;
}

/* ---- Two at once ---- */

static wf_error print_papers(struct wf *wf, struct wf_value id)
{
    const char *first = IS(118) || IS(306) ? "invoice" : "label";
    const char *second = IS(118) || IS(306) ? "label" : "invoice";
    struct wf_future *both[2];

    if (IS(139)) { /* one after the other */
        wf_error error = call(wf, "label", id);
        return error != NULL ? error : call(wf, "invoice", id);
    }
    if (IS(140)) { /* only one of them */
        return call(wf, "label", id);
    }
    both[0] = wf_activity_start(wf, first, WF_ARGS(id), &quick);
    both[1] = wf_activity_start(wf, second, WF_ARGS(id), &quick);
    if (IS(141)) { /* and a third */
        struct wf_future *third = wf_activity_start(wf, "receipt", WF_ARGS(id), &quick);
        wf_error error = wf_gather(wf, both, 2, WF_GATHER_ALL, NULL);
        return error != NULL ? error : wf_await(wf, third, NULL);
    }
    return wf_gather(wf, both, 2, WF_GATHER_ALL, NULL);
}

/* The same activity twice, with different inputs. */
static wf_error weigh(struct wf *wf)
{
    const char *const inputs[2] = {IS(307) ? "box" : "bag", IS(307) ? "bag" : "box"};
    struct wf_future *both[2];

    for (int i = 0; i < 2; i++) {
        both[i] = wf_activity_start(wf, "weigh", WF_ARGS(wf_text(wf, "%s", inputs[i])), &quick);
    }
    if (IS(220)) { /* one after the other, though both run */
        wf_error error = wf_await(wf, both[0], NULL);
        wf_error other = wf_await(wf, both[1], NULL);
        return error != NULL ? error : other;
    }
    return wf_gather(wf, both, 2, WF_GATHER_ALL, NULL);
}

/* ---- Wait, deliver, approve ---- */

static wf_error cool_down(struct wf *wf, struct wf_value id)
{
    struct wf_future *early = NULL;
    wf_error error = NULL;

    if (IS(112)) {
        return NULL;
    }
    if (IS(126)) {
        return call(wf, "cool_down", id);
    }
    if (IS(117)) { /* the upsert before the timer */
        wf_search_attribute_set(wf, "Stage", "Keyword", wf_text(wf, "packed"));
        return wf_sleep(wf, WF_HOUR);
    }
    if (IS(310)) { /* a step of the next task already in this one */
        early = wf_timer_start(wf, WF_HOUR);
        wf_search_attribute_set(wf, "Stage", "Keyword", wf_text(wf, "packed"));
        return wf_await(wf, early, NULL);
    }
    error = IS(218) ? wf_await(wf, wf_timer_start(wf, WF_HOUR), NULL) : wf_sleep(wf, IS(308) ? 2 * WF_HOUR : WF_HOUR);
    if (error == NULL && !IS(115)) {
        wf_search_attribute_set(wf, "Stage", "Keyword", wf_text(wf, IS(309) ? "ready" : "packed"));
    }
    return error;
}

static wf_error deliver(struct wf *wf, struct wf_value id)
{
    const struct wf_child_options options = {
        .workflow_id = wf_as_text(wf, wf_text(wf, IS(121) ? "delivery-of-%s" : "delivery-%s", wf_as_text(wf, id))),
        .parent_close = IS(311) ? WF_CHILD_GOES_ON : WF_CHILD_TERMINATES};

    if (IS(113)) {
        return NULL;
    }
    if (IS(143)) {
        return call(wf, "deliver", id);
    }
    if (IS(219)) {
        return wf_await(wf, wf_child_start(wf, "Delivery", WF_ARGS(id), &options), NULL);
    }
    return wf_child(wf, IS(120) ? "Shipment" : "Delivery", IS(312) ? WF_ARGS(wf_text(wf, "another")) : WF_ARGS(id), &options,
                    NULL);
}

static bool is_approved(const void *state)
{
    return ((const struct order *)state)->is_approved;
}

static wf_error await_approval(struct wf *wf, struct order *order)
{
    bool timed_out = false;

    if (IS(138)) { /* nobody has to approve */
        return NULL;
    }
    if (IS(142)) { /* without a timeout: no timer */
        return wf_wait(wf, is_approved, order, WF_FOREVER, NULL);
    }
    return wf_wait(wf, is_approved, order, WF_DAY, &timed_out);
}

/* ---- Money ---- */

static wf_error charge(struct wf *wf, struct wf_value id)
{
    if (IS(217)) { /* not to be interrupted */
        wf_shield_begin(wf);
        wf_error error = call(wf, "charge", id);
        wf_shield_end(wf);
        return error;
    }
    if (IS(110)) {
        return NULL;
    }
    if (IS(122)) {
        return wf_activity(wf, "charge", WF_ARGS(id), &named, NULL);
    }
    return call(wf, "charge", id);
}

static wf_error tell_ledger(struct wf *wf, struct wf_value id)
{
    if (IS(114)) {
        return NULL;
    }
    return wf_signal(wf, IS(313) ? "ledger-2" : "ledger-1", NULL, IS(314) ? "paid" : "booked",
                     WF_ARGS(IS(315) ? wf_text(wf, "another") : id));
}

/* ---- New steps, with and without a patch ---- */

static wf_error new_first_step(struct wf *wf, struct wf_value id)
{
    if (IS(101)) {
        return call(wf, "audit", id);
    }
    if (IS(103)) {
        return wf_sleep(wf, WF_SECOND);
    }
    if (IS(104)) {
        return wf_child(wf, "Audit", WF_ARGS(id), NULL, NULL);
    }
    if (IS(105)) {
        return wf_signal(wf, "auditor", NULL, "look", WF_ARGS(id));
    }
    if (IS(106)) {
        wf_search_attribute_set(wf, "Customer", "Keyword", id);
    }
    if (IS(107)) {
        wf_memo_set(wf, WF_PAIRS({"customer", id}));
    }
    if (IS(108)) {
        return wf_local_activity(wf, "audit", WF_ARGS(id), &quick, NULL);
    }
    if (IS(207) && wf_patched(wf, "audit")) {
        return call(wf, "audit", id);
    }
    if (IS(208) && wf_get_version(wf, "audit", WF_DEFAULT_VERSION, 1) == 1) {
        return call(wf, "audit", id);
    }
    return NULL;
}

static wf_error harmless(struct wf *wf, struct wf_value id)
{
    if (IS(203)) {
        wf_log(wf, WF_INFO, "order %s at %lld", wf_as_text(wf, id), (long long)wf_now(wf));
    }
    if (IS(210) && wf_is_text(id, "order-x")) { /* a case that no run has */
        return call(wf, "special", id);
    }
    if (IS(211)) {
        (void)wf_memo(wf, "customer");
        (void)wf_info(wf);
    }
    if (IS(212)) {
        (void)wf_object(wf, WF_PAIRS({"id", id}, {"kind", wf_text(wf, "order")}));
    }
    if (IS(214)) {
        struct wf_undo *undo = wf_undo_new(wf);
        wf_undo_add(undo, "release", WF_ARGS(id), &quick);
        wf_undo_clear(undo);
    }
    if (IS(216)) {
        return wf_random(wf) == 0 ? wf_fail(wf, "Unlucky", NULL, "one in many") : NULL;
    }
    if (IS(213)) {
        (void)wf_is_cancel_requested(wf);
        (void)wf_uuid(wf); /* nothing comes of it */
    }
    return NULL;
}

static wf_error finish(struct wf *wf, struct wf_value id, struct wf_value *result)
{
    if (IS(102)) {
        wf_error error = call(wf, "thank", id);
        if (error != NULL) {
            return error;
        }
    }
    if (IS(135)) {
        return wf_fail(wf, "Never", NULL, "orders never succeed");
    }
    if (IS(136)) {
        return wf_continue_as_new(wf, WF_ARGS(id), NULL);
    }
    *result = wf_text(wf, IS(316) ? "done" : "delivered");
    return NULL;
}

/* ---- All together ---- */

static wf_error run(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value id = args.items[0];
    wf_error (*const steps[])(struct wf *, struct wf_value) = {new_first_step, reserve, harmless};
    wf_error error = NULL;

    for (size_t i = 0; i < sizeof steps / sizeof *steps && error == NULL; i++) {
        error = steps[i](wf, id);
    }
    if (error == NULL && IS(137)) {
        return NULL; /* the rest is somebody else's now */
    }
    if (error == NULL) {
        error = pack(wf);
    }
    if (error == NULL) {
        error = print_papers(wf, id);
    }
    if (error == NULL && IS(134)) { /* a decision on a value that the workflow always had */
        error = wf_is_text(id, "order-1") ? call(wf, "gift", id) : NULL;
    }
    if (error == NULL && !IS(111)) {
        error = weigh(wf);
    }
    if (error == NULL) {
        error = cool_down(wf, id);
    }
    if (error == NULL) {
        error = deliver(wf, id);
    }
    if (error == NULL) {
        error = await_approval(wf, state);
    }
    if (error == NULL) {
        error = tell_ledger(wf, id);
    }
    if (error == NULL) {
        error = charge(wf, id);
    }
    return error != NULL ? error : finish(wf, id, result);
}

static wf_error deliver_parcel(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)result;
    return wf_activity(wf, "carry", args, &quick, NULL);
}

static wf_error keep_ledger(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args, (void)result;
    return wf_wait(wf, is_approved, state, 3 * WF_DAY, &(bool){false});
}

/* Waits for a word, then ends. */
static wf_error take_note(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args, (void)result;
    return IS(317) ? NULL : wf_wait(wf, is_approved, state, WF_FOREVER, NULL);
}

/* Two timers; one of them is not needed after all. */
static wf_error keep_time(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *timers[2] = {wf_timer_start(wf, WF_DAY), wf_timer_start(wf, WF_DAY)};
    wf_error error = wf_activity(wf, "weigh", args, &quick, NULL);

    (void)state, (void)result;
    wf_cancel(wf, timers[IS(318) ? 1 : 0]);
    return error;
}

/* A call in the worker, then a timer. */
static wf_error stamp(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_future *timer = IS(319) ? wf_timer_start(wf, WF_MINUTE) : NULL;
    wf_error error = wf_local_activity(wf, "stamp", args, &quick, NULL);

    (void)state, (void)result;
    return error != NULL ? error : wf_await(wf, timer != NULL ? timer : wf_timer_start(wf, WF_MINUTE), NULL);
}

static wf_error approve(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)args;
    ((struct order *)state)->is_approved = true;
    return NULL;
}

static wf_error ignore(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)state, (void)args;
    return NULL;
}

static wf_error tell_stage(struct wf *wf, const void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)args;
    *result = wf_bool(is_approved(state));
    return NULL;
}

static wf_error change(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf, (void)state, (void)args, (void)result;
    return NULL;
}

static const struct wf_signal signals[] = {
    {"approve", approve}, {IS(205) ? "refuse" : "booked", ignore}, {NULL, NULL}};
static const struct wf_query queries[] = {{IS(204) ? "stage" : "approved", tell_stage}, {NULL, NULL}};
static const struct wf_update updates[] = {{IS(206) ? "change" : "amend", NULL, change}, {NULL, NULL, NULL}};

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Order", .run = run, .state_size_bytes = sizeof(struct order) + (IS(202) ? 64 : 0), .signals = signals,
     .queries = queries, .updates = updates},
    {.name = "Delivery", .run = deliver_parcel},
    {.name = "Ledger", .run = keep_ledger, .state_size_bytes = sizeof(struct order), .signals = signals},
    {.name = "Note", .run = take_note, .state_size_bytes = sizeof(struct order), .signals = signals},
    {.name = "Clock", .run = keep_time},
    {.name = "Stamp", .run = stamp},
    {.name = NULL},
}};
