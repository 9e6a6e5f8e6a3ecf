/*
 * Values that a run decides once and records: versions and side effects. What history holds of them arrives before the code
 * runs (notify), so that a call finds its answer or knows that there is none. Each call reports what it went on with; whether
 * that makes a marker is the worker's business, since families of SDKs differ in it.
 * Source: replay-rules 3.2, 3.3; engine-semantics 6.3.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"

/* A value that history recorded and no call has taken yet. */
struct known {
    uint32_t call;
    const struct wf_payload *value;
    struct known *next;
};

/* All of one kind and id. */
struct recorded {
    uint32_t call_count;
    bool has_value; /* a version was decided, a mutable side effect has one */
    int32_t version;
    struct wf_value value;
    struct known *first; /* by call, ascending */
    struct known *last;
};

static struct recorded *find(struct wf *wf, enum wf_sdk_value_kind kind, struct wf_string id)
{
    struct recorded *recorded = NULL;
    struct wf_buffer key;

    wf_buffer_init(&key, &wf->arena);
    wf_buffer_printf(&key, "%u:%S", (unsigned)kind, &id);
    recorded = wf_map_get(&wf->recorded, wf_buffer_string(&key));
    if (recorded != NULL) {
        return recorded;
    }
    recorded = wf_take(wf, 1, sizeof *recorded);
    if (key.is_full || recorded == NULL || !wf_map_set(&wf->recorded, wf_buffer_string(&key), recorded)) {
        wf_run_break(wf, "the run's memory is exhausted");
    }
    return recorded;
}

void wf_recorded_notify(struct wf *wf, const struct wf_sdk_recorded_value *job)
{
    struct recorded *recorded = find(wf, (enum wf_sdk_value_kind)job->kind, job->id);
    struct known *known = NULL;

    if (recorded == NULL) {
        return;
    }
    if (job->kind == WF_SDK_VALUE_KIND_VERSION) {
        recorded->version = (int32_t)job->version;
        recorded->has_value = true;
        return;
    }
    known = wf_take(wf, 1, sizeof *known);
    if (known == NULL) {
        return;
    }
    /* Old histories do not say which call it was: then it is the value from now on (replay-rules 2.10 step 2). */
    known->call = job->call == 0 ? recorded->call_count : job->call;
    known->value = job->value;
    *(recorded->last == NULL ? &recorded->first : &recorded->last->next) = known;
    recorded->last = known;
}

void wf_recorded_resolve(struct wf *wf, const struct wf_sdk_recorded_value *job)
{
    struct wf_future *future = wf_future_take(wf, FUTURE_VALUE, job->seq);

    if (future == NULL) {
        wf_run_break(wf, "a value came for call %u, which waits for none", job->seq);
        return;
    }
    wf_future_end(future, job->value == NULL ? (struct wf_value){0} : wf_value_of_payload(job->value), NULL);
}

/* ---- Calls ---- */

/* In Java's family a value reaches the code where its marker stands in history or, live, is made; other strands go on meanwhile. */
static bool is_parked(const struct wf *wf, enum wf_sdk_value_kind kind)
{
    return (wf->parked_calls >> (unsigned)kind & 1) != 0;
}

static struct wf_value park(struct wf_strand *strand, struct wf_sdk_recorded_value *command)
{
    struct wf_future *future = wf_future_new(strand->wf, FUTURE_VALUE);
    struct wf_value value = {0};

    wf_future_open(future);
    command->seq = future->seq;
    strand->shield_depth++; /* a cancellation does not end it */
    (void)wf_future_wait(strand, future, &value);
    strand->shield_depth--;
    wf_future_recycle(future);
    return value;
}

static struct wf_sdk_recorded_value *report(struct wf *wf, enum wf_sdk_value_kind kind, const char *id, uint32_t call)
{
    struct wf_sdk_recorded_value *command = WF_COMMAND_ADD(wf, COMMAND_RECORD_VALUE, struct wf_sdk_recorded_value);

    command->kind = (int32_t)kind;
    command->id = wf_copy_string(wf, wf_string_of(id));
    command->call = call;
    return command;
}

static void check_id(struct wf *wf, const char *call, const char *id)
{
    if (id == NULL || id[0] == '\0') {
        wf_run_break(wf, "%s without an id", call);
    }
}

int32_t wf_get_version(struct wf *wf, const char *change_id, int32_t minimum, int32_t maximum)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_get_version");
    struct wf_sdk_recorded_value *command = NULL;
    struct recorded *recorded = NULL;
    bool is_first = false;

    check_id(wf, "wf_get_version", change_id);
    if (minimum > maximum || minimum < WF_DEFAULT_VERSION) {
        wf_run_break(wf, "wf_get_version(\"%s\", %d, %d): no version is in that range", change_id, minimum, maximum);
    }
    recorded = find(wf, WF_SDK_VALUE_KIND_VERSION, wf_string_of(change_id));
    if (recorded->call_count == 0 && is_parked(wf, WF_SDK_VALUE_KIND_VERSION)) {
        recorded->call_count = 1;
        command = report(wf, WF_SDK_VALUE_KIND_VERSION, change_id, 1);
        command->minimum_version = minimum;
        command->maximum_version = maximum;
        command->version = recorded->has_value ? recorded->version : maximum;
        command->is_fresh = !recorded->has_value && !wf->is_replaying;
        recorded->version = (int32_t)wf_as_integer(park(strand, command), WF_DEFAULT_VERSION);
        recorded->has_value = true;
    }
    is_first = recorded->call_count == 0;
    recorded->call_count = 1;
    if (!recorded->has_value) {
        recorded->version = wf->is_replaying ? WF_DEFAULT_VERSION : maximum;
    }
    if (is_first || recorded->version < minimum || recorded->version > maximum) {
        command = report(wf, WF_SDK_VALUE_KIND_VERSION, change_id, 1);
        command->version = recorded->version;
        command->minimum_version = minimum;
        command->maximum_version = maximum;
        command->is_fresh = is_first && !recorded->has_value && !wf->is_replaying;
        command->is_recorded = is_first && recorded->has_value;
    }
    recorded->has_value = true;
    wf->asked_replay |= is_first && recorded->version != maximum;
    if (recorded->version < minimum || recorded->version > maximum) {
        wf_leave_for_ever(wf); /* the worker says what is wrong */
    }
    return recorded->version;
}

/* Runs the author's function where code only looks. */
static struct wf_value make_value(struct wf_strand *strand, struct wf_value (*make)(struct wf *wf, void *context),
                                  void *context)
{
    struct wf_value value = {0};

    strand->mode = MODE_READ_ONLY;
    value = make(strand->wf, context);
    strand->mode = MODE_STEPS;
    return wf_kind_of(value) == WF_VALUE_ABSENT ? wf_null() : value;
}

/* The value as its marker has it, also where it outlives the command. */
static struct wf_payload *payload_of(struct wf *wf, struct wf_value value)
{
    struct wf_payload *payload = wf_take(wf, 1, sizeof *payload);

    wf_payload_of_value(wf, value, payload);
    return payload;
}

/* The newest value recorded up to this call. */
static const struct wf_payload *take_known(struct recorded *recorded, bool *is_of_this_call)
{
    const struct wf_payload *value = NULL;

    *is_of_this_call = false;
    while (recorded->first != NULL && recorded->first->call <= recorded->call_count) {
        value = recorded->first->value;
        *is_of_this_call = recorded->first->call == recorded->call_count;
        recorded->first = recorded->first->next;
    }
    if (recorded->first == NULL) {
        recorded->last = NULL;
    }
    return value;
}

struct wf_value wf_side_effect(struct wf *wf, struct wf_value (*make)(struct wf *wf, void *context), void *context)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_side_effect");
    struct recorded *recorded = find(wf, WF_SDK_VALUE_KIND_SIDE_EFFECT, WF_STR(""));
    struct wf_sdk_recorded_value *command = report(wf, WF_SDK_VALUE_KIND_SIDE_EFFECT, "", ++recorded->call_count);
    const struct wf_payload *known = NULL;

    if (is_parked(wf, WF_SDK_VALUE_KIND_SIDE_EFFECT) && wf->is_replaying) {
        return park(strand, command);
    }
    known = take_known(recorded, &command->is_recorded);
    wf->asked_replay |= wf->is_replaying;
    if (command->is_recorded) {
        command->value = wf_take_step(wf, 1, sizeof *command->value);
        *command->value = *known;
        return wf_value_of_payload(known);
    }
    if (wf->is_replaying) {
        wf_leave_for_ever(wf); /* the worker says what is missing */
    }
    command->is_fresh = true;
    command->value = payload_of(wf, make_value(strand, make, context));
    return is_parked(wf, WF_SDK_VALUE_KIND_SIDE_EFFECT) ? park(strand, command) : wf_value_of_payload(command->value);
}

struct wf_value wf_mutable_side_effect(struct wf *wf, const char *id, struct wf_value (*make)(struct wf *wf, void *context),
                                       void *context, bool (*is_same)(struct wf_value before, struct wf_value now))
{
    struct wf_strand *strand = wf_call_step(wf, "wf_mutable_side_effect");
    struct recorded *recorded = NULL;
    struct wf_sdk_recorded_value *command = NULL;
    const struct wf_payload *known = NULL;
    struct wf_value now = {0};

    check_id(wf, "wf_mutable_side_effect", id);
    recorded = find(wf, WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT, wf_string_of(id));
    command = report(wf, WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT, id, ++recorded->call_count);
    if (is_parked(wf, WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT) && wf->is_replaying) {
        recorded->value = park(strand, command);
        recorded->has_value = true;
        return recorded->value;
    }
    known = take_known(recorded, &command->is_recorded);
    if (known != NULL) {
        recorded->value = wf_value_of_payload(known);
        recorded->has_value = true;
    }
    wf->asked_replay |= wf->is_replaying;
    if (wf->is_replaying && !recorded->has_value) {
        wf_leave_for_ever(wf); /* the worker says what is missing */
    }
    if (!wf->is_replaying && !command->is_recorded) {
        now = make_value(strand, make, context);
        command->is_fresh = !recorded->has_value ||
                            !(is_same == NULL ? wf_same(recorded->value, now) : is_same(recorded->value, now));
    }
    if (command->is_fresh) {
        recorded->value = wf_value_of_payload(payload_of(wf, now));
        recorded->has_value = true;
    }
    command->value = wf_take_step(wf, 1, sizeof *command->value);
    wf_payload_of_value(wf, recorded->value, command->value);
    return is_parked(wf, WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT) ? park(strand, command) : recorded->value;
}
