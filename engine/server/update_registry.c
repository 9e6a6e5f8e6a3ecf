/*
 * The machine of an update, and the callers who wait for it. A transition that a workflow task's completion brings about
 * touches the change alone; once that is committed, the records follow what the state says, and callers are answered.
 *
 * Source: engine-semantics 7.8.
 */
#include "engine/server/update_registry.h"

#include "engine/base/assert.h"

#define LOCKED_WAIT_NS (10 * WF_NS_PER_MS)
#define STAGE(name) WF_UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_##name

/* ---- Looking up ---- */

struct wf_state_update *wf_state_update_find(const struct wf_state_run *state, struct wf_string id)
{
    for (uint32_t i = 0; i < state->updates.count; i++) {
        if (wf_string_equal(state->updates.items[i].update_id, id)) {
            return &state->updates.items[i];
        }
    }
    return NULL;
}

struct wf_update_record *wf_registry_find(const struct wf_shard_run *run, struct wf_string id)
{
    struct wf_update_record *record = run->updates;

    while (record != NULL && !wf_string_equal(record->id, id)) {
        record = record->next;
    }
    return record;
}

static const struct wf_update_rejection_note *find_note(const struct wf_update_rejection_note *notes,
                                                        struct wf_string id)
{
    while (notes != NULL && !wf_string_equal(notes->id, id)) {
        notes = notes->next;
    }
    return notes;
}

enum wf_registry_state wf_registry_state(const struct wf_shard_run *run, const struct wf_change *change,
                                         struct wf_string id)
{
    const struct wf_state_update *stored = wf_state_update_find(run->state, id);
    const struct wf_update_record *record = wf_registry_find(run, id);

    if (stored != NULL && stored->accepted_event_id == 0) {
        return WF_REGISTRY_SENT; /* history brings it to the worker (7.10 step 6) */
    }
    if (stored != NULL) {
        return stored->outcome != NULL ? WF_REGISTRY_COMPLETED : WF_REGISTRY_ACCEPTED;
    }
    if (change != NULL && find_note(change->rejections, id) != NULL) {
        return WF_REGISTRY_REJECTED;
    }
    return record == NULL ? WF_REGISTRY_NONE : record->state;
}

bool wf_updates_are_waiting(const struct wf_shard_run *run)
{
    for (const struct wf_update_record *record = run->updates; record != NULL; record = record->next) {
        if (record->state == WF_REGISTRY_ADMITTED && record->bytes != NULL) {
            return true;
        }
    }
    return false;
}

/* ---- Records ---- */

static void drop_bytes(struct wf_shard *shard, struct wf_update_record *record)
{
    wf_slab_give(&shard->slabs, record->bytes, record->size_bytes);
    record->bytes = NULL;
    record->size_bytes = 0;
}

static void free_record(struct wf_shard *shard, struct wf_shard_run *run, struct wf_update_record *record)
{
    struct wf_update_record **link = &run->updates;

    while (*link != record) {
        link = &(*link)->next;
    }
    *link = record->next;
    while (record->waiters != NULL) {
        struct wf_update_waiter *const next = record->waiters->next;

        wf_slab_give(&shard->slabs, record->waiters, sizeof *record->waiters);
        record->waiters = next;
    }
    drop_bytes(shard, record);
    wf_drop_string(shard, &record->id);
    wf_slab_give(&shard->slabs, record, sizeof *record);
}

/* At the end: updates reach the worker in the order of admission. */
static struct wf_update_record *new_record(struct wf_shard *shard, struct wf_shard_run *run, struct wf_string id,
                                           enum wf_registry_state state)
{
    struct wf_update_record *record = wf_slab_take(&shard->slabs, sizeof *record);
    struct wf_update_record **end = &run->updates;

    if (record == NULL || !wf_keep_string(shard, id, &record->id)) {
        return NULL;
    }
    record->state = state;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = record;
    return record;
}

/* ---- Answers ---- */

struct answer {
    int32_t stage;
    const struct wf_update_outcome *outcome;
    enum wf_update_verdict verdict;
    int32_t source;
};

static void give(struct wf_shard *shard, const struct wf_shard_run *run, uint64_t call_id, const struct answer *answer)
{
    struct wf_svc_response *response = wf_shard_answer(shard, call_id, WF_CALL_OK, "");
    struct wf_svc_update_answer *body = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_update_answer);

    if (response == NULL || body == NULL) {
        return;
    }
    response->answer_case = WF_CASE_svc_response_update_answer;
    response->answer.update_answer = body;
    body->run_id = wf_string_copy(&shard->step_arena, wf_run_id_string(&run->id));
    body->stage = answer->stage;
    body->verdict = (int32_t)answer->verdict;
    body->source = answer->source;
    body->outcome = answer->outcome == NULL
                        ? NULL
                        : wf_message_copy(&shard->step_arena, &wf_type_update_outcome, answer->outcome);
}

/* Tells the waiters who wait for this stage or an earlier one. */
static void tell(struct wf_shard *shard, const struct wf_shard_run *run, struct wf_update_record *record,
                 struct answer answer)
{
    struct wf_update_waiter **link = &record->waiters;

    while (*link != NULL) {
        struct wf_update_waiter *const waiter = *link;

        if (waiter->stage > answer.stage) {
            link = &waiter->next;
            continue;
        }
        answer.source = waiter->source;
        give(shard, run, waiter->call_id, &answer);
        *link = waiter->next;
        wf_slab_give(&shard->slabs, waiter, sizeof *waiter);
    }
}

static struct answer answer_of_stored(const struct wf_state_update *stored)
{
    if (stored->accepted_event_id == 0) {
        return (struct answer){.stage = STAGE(ADMITTED)};
    }
    return stored->outcome != NULL
               ? (struct answer){STAGE(COMPLETED), stored->outcome, WF_UPDATE_VERDICT_COMPLETED, 0}
               : (struct answer){STAGE(ACCEPTED), NULL, WF_UPDATE_VERDICT_ACCEPTED, 0};
}

struct wf_failure *wf_update_failure(struct wf_arena *arena, const char *type, const char *message)
{
    struct wf_failure *failure = WF_ARENA_NEW(arena, struct wf_failure);
    struct wf_application_failure_info *info = WF_ARENA_NEW(arena, struct wf_application_failure_info);

    if (failure == NULL || info == NULL) {
        return NULL;
    }
    info->type = wf_string_of(type);
    info->non_retryable = true;
    failure->message = wf_string_of(message);
    failure->source = WF_STR("Server");
    failure->failure_info_case = WF_CASE_failure_application_failure_info;
    failure->failure_info.application_failure_info = info;
    return failure;
}

static struct wf_update_outcome *failure_outcome(struct wf_shard *shard, const char *type, const char *message)
{
    struct wf_update_outcome *outcome = WF_ARENA_NEW(&shard->step_arena, struct wf_update_outcome);

    if (outcome != NULL) {
        outcome->value_case = WF_CASE_update_outcome_failure;
        outcome->value.failure = wf_update_failure(&shard->step_arena, type, message);
    }
    return outcome;
}

/* "workflow closes, accepted". */
static struct answer aborted_answer(struct wf_shard *shard)
{
    return (struct answer){STAGE(COMPLETED),
                           failure_outcome(shard, "AcceptedUpdateCompletedWorkflow",
                                           "Workflow Update failed because the Workflow completed before the Update "
                                           "completed."),
                           WF_UPDATE_VERDICT_ABORTED, 0};
}

/* ---- The machine ---- */

static void admit(const struct wf_registry_step *step)
{
    struct wf_update_record *record = new_record(step->shard, step->run, step->id, WF_REGISTRY_ADMITTED);

    if (record != NULL) {
        wf_keep_message(step->shard, &wf_type_update_request, step->request, &record->bytes, &record->size_bytes);
    }
}

static void send(const struct wf_registry_step *step)
{
    wf_registry_find(step->run, step->id)->state = WF_REGISTRY_SENT;
}

static void take_back(const struct wf_registry_step *step)
{
    wf_registry_find(step->run, step->id)->state = WF_REGISTRY_ADMITTED;
}

static void accept(const struct wf_registry_step *step)
{
    struct wf_change *change = step->change;
    const int64_t event_id = change->state->next_event_id;
    struct wf_event_workflow_execution_update_accepted *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, change->now_ns);
    struct wf_state_update *stored = wf_state_update_find(change->state, step->id);
    const bool is_in_history = stored != NULL;

    stored = is_in_history ? stored : WF_LIST_APPEND(&change->run->arena, change->state->updates);
    if (event == NULL || stored == NULL) {
        return;
    }
    event->protocol_instance_id = step->id;
    event->accepted_request_message_id = step->acceptance->accepted_request_message_id;
    event->accepted_request_sequencing_event_id = step->acceptance->accepted_request_sequencing_event_id;
    event->accepted_request = is_in_history ? NULL : step->acceptance->accepted_request;
    stored->update_id = is_in_history ? stored->update_id : wf_change_own(change, step->id);
    stored->accepted_event_id = event_id;
}

static void complete(const struct wf_registry_step *step)
{
    struct wf_change *change = step->change;
    struct wf_state_update *stored = wf_state_update_find(change->state, step->id);
    struct wf_event_workflow_execution_update_completed *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, change->now_ns);

    if (event == NULL) {
        return;
    }
    event->meta = step->response->meta;
    event->outcome = step->response->outcome;
    event->accepted_event_id = stored->accepted_event_id;
    stored->outcome = wf_change_own_message(change, &wf_type_update_outcome, step->response->outcome);
}

static void reject(const struct wf_registry_step *step)
{
    struct wf_update_rejection_note *note = wf_slab_take(&step->shard->slabs, sizeof *note);
    struct wf_state_update *stored = wf_state_update_find(step->change->state, step->id);

    if (stored != NULL) {
        WF_LIST_REMOVE(step->change->state->updates, stored);
    }
    if (note == NULL || !wf_keep_string(step->shard, step->id, &note->id)) {
        return;
    }
    wf_keep_message(step->shard, &wf_type_failure, step->failure, &note->bytes, &note->size_bytes);
    note->next = step->change->rejections;
    step->change->rejections = note;
}

static void abort_waiting(const struct wf_registry_step *step)
{
    struct wf_shard *shard = step->shard;
    struct wf_update_record *record = wf_registry_find(step->run, step->id);

    if (record->state == WF_REGISTRY_ACCEPTED) {
        tell(shard, step->run, record, aborted_answer(shard));
    }
    for (const struct wf_update_waiter *waiter = record->waiters; waiter != NULL; waiter = waiter->next) {
        wf_shard_answer(shard, waiter->call_id, step->status, step->message);
    }
    free_record(shard, step->run, record);
}

bool wf_registry_step(const struct wf_registry_step *step, enum wf_registry_input input)
{
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(wf_registry_state(step->run, step->change, step->id), input)) {
#define WF_TRANSITION(from, input, to, action)                                                                         \
    case ROW(WF_REGISTRY_##from, WF_REGISTRY_INPUT_##input):                                                           \
        action(step);                                                                                                  \
        return true;
#include "engine/server/update_registry.def"
    default:
        return false;
    }
#undef ROW
}

bool wf_update_admit_again(struct wf_change *change, struct wf_string update_id)
{
    struct wf_state_update *stored = wf_state_update_find(change->state, update_id);

    if (stored != NULL) {
        return false;
    }
    stored = WF_LIST_APPEND(&change->run->arena, change->state->updates);
    if (stored != NULL) {
        stored->update_id = wf_change_own(change, update_id);
    }
    return stored != NULL;
}

/* ---- Joining ---- */

static void wait_for(struct wf_shard *shard, struct wf_update_record *record, uint64_t call_id,
                     const struct wf_update_call *call, enum wf_update_source source)
{
    const int64_t longest_ns = shard->config->limits.update_wait_ns;
    struct wf_update_waiter *waiter = wf_slab_take(&shard->slabs, sizeof *waiter);

    if (waiter == NULL) {
        return;
    }
    waiter->call_id = call_id;
    waiter->stage = call->wait_stage;
    waiter->source = (int32_t)source;
    waiter->until_ns = wf_add_saturating(
        shard->now_ns, call->wait_ns > 0 && call->wait_ns < longest_ns ? call->wait_ns : longest_ns);
    waiter->next = record->waiters;
    record->waiters = waiter;
    if (waiter->until_ns < shard->update_at_ns) {
        shard->update_at_ns = waiter->until_ns;
    }
}

void wf_registry_join(struct wf_shard *shard, struct wf_shard_run *run, uint64_t call_id,
                      const struct wf_update_call *call, enum wf_update_source source)
{
    const struct wf_state_update *stored = wf_state_update_find(run->state, call->id);
    struct wf_update_record *record = wf_registry_find(run, call->id);
    struct answer answer = stored != NULL ? answer_of_stored(stored)
                                          : (struct answer){.stage = STAGE(ADMITTED)};

    WF_ASSERT(stored != NULL || record != NULL || shard->slabs.is_full);
    if (stored != NULL && stored->accepted_event_id != 0 && stored->outcome == NULL && !wf_shard_run_is_open(run)) {
        answer = aborted_answer(shard);
    }
    if (stored == NULL && wf_is_planted(shard->config, WF_PLANT_UPDATE_TOLD_EARLY)) {
        answer = (struct answer){STAGE(ACCEPTED), NULL, WF_UPDATE_VERDICT_ACCEPTED, 0};
    }
    if (answer.stage >= call->wait_stage) {
        answer.source = (int32_t)(answer.verdict == WF_UPDATE_VERDICT_COMPLETED ? WF_UPDATE_WAS_STORED : source);
        give(shard, run, call_id, &answer);
        return;
    }
    record = record != NULL ? record : new_record(shard, run, call->id, wf_registry_state(run, NULL, call->id));
    if (record != NULL) {
        wait_for(shard, record, call_id, call, source);
    }
}

/* ---- After a transaction ---- */

static void tell_rejected(struct wf_shard *shard, const struct wf_shard_run *run, struct wf_update_record *record,
                          const struct wf_update_rejection_note *note)
{
    struct wf_update_outcome outcome = {.value_case = WF_CASE_update_outcome_failure};

    outcome.value.failure = WF_ARENA_NEW(&shard->step_arena, struct wf_failure);
    if (outcome.value.failure == NULL ||
        !wf_read_kept(shard, &wf_type_failure, (struct wf_string){note->bytes, note->size_bytes},
                      outcome.value.failure)) {
        return;
    }
    tell(shard, run, record, (struct answer){STAGE(COMPLETED), &outcome, WF_UPDATE_VERDICT_REJECTED, 0});
}

void wf_updates_settle(struct wf_shard *shard, struct wf_shard_run *run,
                       const struct wf_update_rejection_note *rejections)
{
    struct wf_update_record *record = run->updates;

    while (record != NULL) {
        struct wf_update_record *const next = record->next;
        const struct wf_state_update *stored = wf_state_update_find(run->state, record->id);
        const struct wf_update_rejection_note *note = find_note(rejections, record->id);

        if (stored != NULL && stored->accepted_event_id != 0) {
            record->state = stored->outcome != NULL ? WF_REGISTRY_COMPLETED : WF_REGISTRY_ACCEPTED;
            drop_bytes(shard, record);
            tell(shard, run, record, answer_of_stored(stored));
        } else if (note != NULL) {
            record->state = WF_REGISTRY_REJECTED;
            tell_rejected(shard, run, record, note);
        }
        if (record->state >= WF_REGISTRY_ACCEPTED && record->waiters == NULL) {
            free_record(shard, run, record);
        }
        record = next;
    }
}

void wf_updates_free_rejections(struct wf_shard *shard, struct wf_update_rejection_note *rejections)
{
    while (rejections != NULL) {
        struct wf_update_rejection_note *const next = rejections->next;

        wf_drop_string(shard, &rejections->id);
        wf_slab_give(&shard->slabs, rejections->bytes, rejections->size_bytes);
        wf_slab_give(&shard->slabs, rejections, sizeof *rejections);
        rejections = next;
    }
}

static void step_all(struct wf_shard *shard, struct wf_shard_run *run, enum wf_registry_state from,
                     enum wf_registry_input input, enum wf_call_status status, const char *message)
{
    struct wf_update_record *record = run->updates;

    while (record != NULL) {
        struct wf_update_record *const next = record->next;
        bool is_stepped = true;

        if (record->state == from) {
            is_stepped = wf_registry_step(&(struct wf_registry_step){.shard = shard,
                                                                     .run = run,
                                                                     .id = record->id,
                                                                     .status = status,
                                                                     .message = message},
                                          input);
        }
        WF_ASSERT(is_stepped);
        record = next;
    }
}

void wf_updates_task_failed(struct wf_shard *shard, struct wf_shard_run *run)
{
    step_all(shard, run, WF_REGISTRY_SENT, WF_REGISTRY_INPUT_ABORT, WF_CALL_WORKFLOW_NOT_READY,
             "Unable to perform Workflow Update due to unexpected Workflow Task failure.");
    step_all(shard, run, WF_REGISTRY_ADMITTED, WF_REGISTRY_INPUT_ABORT, WF_CALL_UNAVAILABLE,
             "The workflow task failed before the update was sent.");
}

void wf_updates_take_back(struct wf_shard *shard, struct wf_shard_run *run)
{
    step_all(shard, run, WF_REGISTRY_SENT, WF_REGISTRY_INPUT_TAKE_BACK, WF_CALL_OK, "");
}

void wf_updates_drop(struct wf_shard *shard, struct wf_shard_run *run, enum wf_call_status status, const char *message)
{
    while (run->updates != NULL) {
        struct wf_update_record *const record = run->updates;

        for (const struct wf_update_waiter *waiter = record->waiters; waiter != NULL; waiter = waiter->next) {
            wf_shard_answer(shard, waiter->call_id, status, message);
        }
        free_record(shard, run, record);
    }
}

void wf_updates_close(struct wf_shard *shard, struct wf_shard_run *run, bool has_successor)
{
    const enum wf_call_status status = has_successor ? WF_CALL_UNAVAILABLE : WF_CALL_NOT_FOUND;
    const char *const message = has_successor
                                    ? "workflow operation can not be applied because workflow is closing"
                                    : "workflow execution already completed";

    step_all(shard, run, WF_REGISTRY_ACCEPTED, WF_REGISTRY_INPUT_ABORT, status, message);
    step_all(shard, run, WF_REGISTRY_SENT, WF_REGISTRY_INPUT_ABORT, status, message);
    step_all(shard, run, WF_REGISTRY_ADMITTED, WF_REGISTRY_INPUT_ABORT, status, message);
}

/* ---- Time and callers that are gone ---- */

static void expire_record(struct wf_shard *shard, const struct wf_shard_run *run, struct wf_update_record *record)
{
    const struct wf_state_update *stored = wf_state_update_find(run->state, record->id);
    struct wf_update_waiter **link = &record->waiters;

    while (*link != NULL) {
        struct wf_update_waiter *const waiter = *link;
        struct answer answer = stored != NULL ? answer_of_stored(stored) : (struct answer){.stage = STAGE(ADMITTED)};

        if (waiter->until_ns > shard->now_ns) {
            shard->update_at_ns = waiter->until_ns < shard->update_at_ns ? waiter->until_ns : shard->update_at_ns;
            link = &waiter->next;
            continue;
        }
        answer.source = waiter->source;
        give(shard, run, waiter->call_id, &answer);
        *link = waiter->next;
        wf_slab_give(&shard->slabs, waiter, sizeof *waiter);
    }
}

/* What is accepted is remembered by the state. */
static void forget_idle(struct wf_shard *shard, struct wf_shard_run *run, struct wf_update_record *record)
{
    if (record->state == WF_REGISTRY_ACCEPTED && record->waiters == NULL) {
        free_record(shard, run, record);
    }
}

void wf_updates_expire(struct wf_shard *shard)
{
    if (shard->update_at_ns > shard->now_ns) {
        return;
    }
    shard->update_at_ns = INT64_MAX;
    for (struct wf_shard_run *run = shard->runs; run != NULL; run = run->next) {
        struct wf_update_record *record = run->updates;

        if (record != NULL && (run->workflow == NULL || run->workflow->is_locked)) {
            shard->update_at_ns = shard->now_ns + LOCKED_WAIT_NS; /* what it says now is not committed yet */
            continue;
        }
        while (record != NULL) {
            struct wf_update_record *const next = record->next;

            expire_record(shard, run, record);
            forget_idle(shard, run, record);
            record = next;
        }
    }
}

void wf_updates_cancel(struct wf_shard *shard, struct wf_shard_run *run, uint64_t call_id)
{
    struct wf_update_record *record = run->updates;

    while (record != NULL) {
        struct wf_update_record *const next = record->next;
        struct wf_update_waiter **link = &record->waiters;

        while (*link != NULL && (*link)->call_id != call_id) {
            link = &(*link)->next;
        }
        if (*link != NULL) {
            struct wf_update_waiter *const waiter = *link;

            *link = waiter->next;
            wf_slab_give(&shard->slabs, waiter, sizeof *waiter);
            forget_idle(shard, run, record);
        }
        record = next;
    }
}
