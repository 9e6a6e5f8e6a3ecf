/*
 * Reset: a run goes on from before an event of its history as a new run, and what came from outside since comes again.
 *
 * Source: engine-semantics 7.10.
 */
#include <stdlib.h>

#include "tests/model/transaction.h"

#define RESETTER "history-resetter"

struct reset {
    const struct wf_svc_reset_workflow *request;
    struct model_run *base;
    struct wf_history_message history; /* of the base */
    struct model_transaction *ending;  /* of the current run; NULL: it has closed */
    struct model_transaction *created;
};

/* ---- The point (step 1) ---- */

static bool is_tried_again(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED ||
           (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT &&
            event->attributes.workflow_task_timed_out->timeout_type == WF_TIMEOUT_TYPE_START_TO_CLOSE);
}

/* Whether the events before this one end with a workflow task that pends, or that will be tried again at once. */
static bool is_boundary(const struct wf_history_message *history, int64_t event_id)
{
    bool is_pending = false;

    if (event_id <= 1 || event_id > (int64_t)history->events.count) {
        return false;
    }
    for (int64_t i = 0; i < event_id - 1; i++) {
        const int32_t type = history->events.items[i].event_type;

        is_pending = type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED ||
                     (is_pending && type != WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
                      type != WF_EVENT_TYPE_WORKFLOW_TASK_FAILED && type != WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT);
    }
    return is_pending || is_tried_again(&history->events.items[event_id - 2]);
}

/* Step 7, as SIM: the run that the same request has made, empty when there is none. */
static struct wf_string made_before(const struct model_run *base, struct wf_string request_id)
{
    for (uint32_t i = 0; i < base->state->resets.count && request_id.size_bytes > 0; i++) {
        if (wf_string_equal(base->state->resets.items[i].request_id, request_id)) {
            return base->state->resets.items[i].run_id;
        }
    }
    return request_id.size_bytes > 0 && wf_string_equal(base->start->reset_request_id, request_id)
               ? base->start->run_id
               : (struct wf_string){0};
}

/* ---- The new run (steps 2 to 4) ---- */

static void copy_history(struct reset *reset)
{
    struct model_transaction *tx = reset->created;
    const int64_t last_event_id = reset->request->workflow_task_finish_event_id - 1;

    for (uint32_t i = 0; i < reset->base->batches.count; i++) {
        const struct model_batch *from = &reset->base->batches.items[i];
        const int64_t left = last_event_id - from->first_event_id + 1;
        struct wf_buffer bytes = {0};
        struct model_batch *batch = NULL;

        if (left <= 0) {
            break;
        }
        batch = WF_LIST_APPEND(&tx->model->arena, tx->run->batches);
        *batch = *from;
        if (left < from->event_count) {
            const struct wf_history_message part = {
                .events = {.items = &reset->history.events.items[from->first_event_id - 1], .count = (uint32_t)left}};

            wf_buffer_init(&bytes, tx->arena);
            wf_wire_encode(&wf_type_history_message, &part, &bytes);
            batch->event_count = left;
            batch->bytes = wf_string_copy(&tx->model->arena, wf_buffer_string(&bytes));
        }
        tx->state->history_size_bytes += (int64_t)batch->bytes.size_bytes;
    }
    tx->copied_count = (uint32_t)last_event_id;
}

void model_begin_anew(struct wf_state_start *start, wf_time_ns now_ns)
{
    start->start_time_ns = now_ns;
    start->first_task_time_ns = now_ns;
    start->execution_expiration_ns = start->execution_timeout_ns == 0
                                         ? 0
                                         : (now_ns + start->execution_timeout_ns) / WF_NS_PER_MS * WF_NS_PER_MS;
    start->run_expiration_ns = model_min_timeout(start->run_timeout_ns == 0 ? 0 : now_ns + start->run_timeout_ns,
                                                 start->execution_expiration_ns);
}

/* As the base began, but now. */
static struct wf_state_start *start_of(const struct reset *reset)
{
    const struct model_transaction *tx = reset->created;
    struct wf_state_start start = *reset->base->start;

    start.run_id = tx->given->new_run_id;
    start.reset_request_id = reset->request->request_id;
    model_begin_anew(&start, tx->now_ns);
    return wf_message_copy(&tx->model->arena, &wf_type_state_start, &start);
}

/* Who began the children of the copied events: the base, or the run that the base had them from. */
static void name_parents(const struct reset *reset)
{
    const struct wf_state_run *known = reset->base->state;
    struct wf_state_run *state = reset->created->state;

    for (uint32_t i = 0; i < state->children.count; i++) {
        state->children.items[i].parent_run_id = reset->base->start->run_id;
        for (uint32_t j = 0; j < known->children.count; j++) {
            if (known->children.items[j].initiated_event_id == state->children.items[i].initiated_event_id &&
                known->children.items[j].parent_run_id.size_bytes > 0) {
                state->children.items[i].parent_run_id = wf_string_copy(reset->created->arena,
                                                                        known->children.items[j].parent_run_id);
            }
        }
    }
}

static void create_run(struct reset *reset)
{
    struct model_transaction *tx = reset->created;

    tx->run = model_run_new(tx->model);
    tx->start = start_of(reset);
    tx->run->start = tx->start;
    tx->is_new = true;
    tx->state = MODEL_NEW(tx, struct wf_state_run);
    copy_history(reset);
    model_rebuild(tx, reset->history.events.items, tx->copied_count, true);
    name_parents(reset);
}

static struct wf_failure *failure_of(const struct reset *reset)
{
    struct wf_failure *failure = MODEL_NEW(reset->created, struct wf_failure);

    failure->message = reset->request->reason;
    failure->failure_info_case = WF_CASE_failure_reset_workflow_failure_info;
    failure->failure_info.reset_workflow_failure_info = MODEL_NEW(reset->created, struct wf_reset_workflow_failure_info);
    return failure;
}

/* The request id of the start that the engine wrote for itself. */
static struct wf_string given_request_id(const struct model_transaction *tx)
{
    const int64_t place = tx->state->next_event_id - 1;

    return place < (int64_t)tx->given->new_event_count &&
                   tx->given->new_events[place].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED
               ? tx->given->new_events[place].attributes.workflow_task_started->request_id
               : (struct wf_string){0};
}

/* Step 3: whatever the task lacks as a normal one is written, and it fails. */
static void fail_task(struct reset *reset)
{
    struct model_transaction *tx = reset->created;
    struct wf_state_workflow_task *task = tx->state->workflow_task;
    struct wf_event_workflow_task_failed *event = NULL;

    if (task == NULL || (task->started_event_id == 0 && task->attempt > 1)) {
        task = MODEL_NEW(tx, struct wf_state_workflow_task);
        task->attempt = 1;
        task->timeout_ns = tx->start->task_timeout_ns;
        task->scheduled_time_ns = tx->now_ns;
        tx->state->workflow_task = task;
        model_task_write_scheduled(tx);
    }
    if (task->started_event_id == 0) {
        task->identity = WF_STR(MODEL_SERVICE);
        task->request_id = given_request_id(tx);
        task->started_time_ns = tx->now_ns;
        model_task_suggest(tx);
        model_task_write_started(tx);
    }
    event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED);
    event->scheduled_event_id = task->scheduled_event_id;
    event->started_event_id = task->started_event_id;
    event->cause = WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW;
    event->identity = WF_STR(MODEL_SERVICE);
    event->base_run_id = reset->base->start->run_id;
    event->new_run_id = tx->start->run_id;
    event->failure = failure_of(reset);
    tx->state->workflow_task = NULL;
    tx->state->next_task_attempt = 1;
    tx->wants_task = true;
}

/* Step 4: an activity is over whose start was copied and whose end was not. */
static void fail_activities(struct reset *reset)
{
    struct model_transaction *tx = reset->created;

    for (uint32_t i = 0; i < tx->copied_count; i++) {
        const struct wf_event *started = &reset->history.events.items[i];
        struct wf_state_activity *activity =
            started->event_type != WF_EVENT_TYPE_ACTIVITY_TASK_STARTED
                ? NULL
                : model_activity_find(tx, started->attributes.activity_task_started->scheduled_event_id);
        struct wf_event_activity_task_failed *event = NULL;

        if (activity != NULL) {
            event = model_event(tx, WF_EVENT_TYPE_ACTIVITY_TASK_FAILED);
            event->failure = failure_of(reset);
            event->scheduled_event_id = activity->scheduled_event_id;
            event->started_event_id = started->event_id;
            event->identity = started->attributes.activity_task_started->identity;
            event->retry_state = WF_RETRY_STATE_NON_RETRYABLE_FAILURE;
            WF_LIST_REMOVE(tx->state->activities, activity);
        }
    }
}

/* ---- What came since (step 6) ---- */

static bool is_excluded(const struct reset *reset, enum wf_reset_reapply_exclude_type exclusion)
{
    for (uint32_t i = 0; i < reset->request->reset_reapply_exclude_types.count; i++) {
        if (reset->request->reset_reapply_exclude_types.items[i] == (int32_t)exclusion) {
            return true;
        }
    }
    return false;
}

/* The older way to choose is about signals and updates alone. */
static bool is_applied(const struct reset *reset, int32_t type, enum wf_reset_reapply_exclude_type exclusion)
{
    return !is_excluded(reset, exclusion) && reset->request->reset_reapply_type != WF_RESET_REAPPLY_TYPE_NONE &&
           (reset->request->reset_reapply_type != WF_RESET_REAPPLY_TYPE_SIGNAL ||
            type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED);
}

static void apply_signal(struct reset *reset, const struct wf_event *event)
{
    if (is_applied(reset, event->event_type, WF_RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL)) {
        *(struct wf_event_workflow_execution_signaled *)model_event(
            reset->created, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) = *event->attributes.workflow_execution_signaled;
        reset->created->state->signal_count++;
    }
}

/* One whose request is with its event, and that the new run does not have yet. */
static void apply_update(struct reset *reset, const struct wf_event *event, struct wf_update_request *request)
{
    if (request != NULL && request->meta != NULL &&
        model_update_find(reset->created->state, request->meta->update_id) == NULL &&
        is_applied(reset, event->event_type, WF_RESET_REAPPLY_EXCLUDE_TYPE_UPDATE)) {
        model_update_admit_again(reset->created, request);
    }
}

static void apply_events(struct reset *reset, const struct wf_event *events, uint32_t count, bool are_of_base)
{
    for (uint32_t i = 0; i < count; i++) {
        switch (events[i].event_type) {
        case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            apply_signal(reset, &events[i]);
            break;
        case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED:
            apply_update(reset, &events[i], events[i].attributes.workflow_execution_update_admitted->request);
            break;
        case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            apply_update(reset, &events[i], events[i].attributes.workflow_execution_update_accepted->accepted_request);
            break;
        default:
            if (are_of_base) {
                model_child_apply_again(reset->created, &events[i]);
            }
            if (are_of_base && !is_excluded(reset, WF_RESET_REAPPLY_EXCLUDE_TYPE_NEXUS)) {
                model_nexus_apply_again(reset->created, &events[i]);
            }
            break;
        }
    }
}

/* The run that one continued as new; NULL: the walk ends. */
static const struct model_run *continued_by(const struct model_transaction *tx, const struct model_run *run,
                                            const struct wf_history_message *history)
{
    const struct wf_event *last = &history->events.items[history->events.count - 1];

    return last->event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
               ? NULL
               : model_run_find(tx->model, run->start->workflow_id,
                                last->attributes.workflow_execution_continued_as_new->new_execution_run_id);
}

static void apply_again(struct reset *reset)
{
    struct model_transaction *tx = reset->created;
    const struct model_run *run = reset->base;
    struct wf_history_message history = reset->history;
    uint32_t first = tx->copied_count;

    while (run != NULL) {
        apply_events(reset, history.events.items + first, history.events.count - first, run == reset->base);
        if (reset->ending != NULL && reset->ending->run == run) {
            apply_events(reset, reset->ending->events.items, reset->ending->events.count, run == reset->base);
        }
        run = continued_by(tx, run, &history);
        first = 0;
        if (run != NULL) {
            history = model_run_events(run, tx->arena, 1);
        }
    }
}

/* ---- All together ---- */

/* The base remembers what was made of it. */
static void link_base(struct reset *reset)
{
    struct model *model = reset->created->model;
    const bool is_ending = reset->ending != NULL && reset->ending->run == reset->base;
    struct wf_state_run *state = is_ending ? reset->ending->state : reset->base->state;
    struct wf_state_reset *link = WF_LIST_APPEND(&model->arena, state->resets);

    link->request_id = wf_string_copy(&model->arena, reset->request->request_id);
    link->run_id = reset->created->start->run_id;
    link->event_id = reset->request->workflow_task_finish_event_id;
    if (!is_ending) {
        reset->created->outcome->linked = reset->base;
    }
}

/* Step 5. */
static void end_current(struct reset *reset, struct model_transaction *tx, struct model_run *current)
{
    struct model_transaction *created = MODEL_NEW(tx, struct model_transaction);

    *created = *tx;
    model_transaction_begin(tx, tx->model, tx->workflow, current);
    tx->state->is_reset_away = true;
    model_terminate_run(tx, reset->request->reason, NULL, WF_STR(RESETTER));
    tx->successor = created;
    reset->ending = tx;
    reset->created = created;
}

void model_reset(struct model_transaction *tx)
{
    const struct wf_svc_reset_workflow *request = tx->operation->request->call.reset_workflow;
    const struct wf_workflow_execution *target = request->workflow_execution;
    struct reset reset = {.request = request, .created = tx};
    struct model_run *current = NULL;
    struct wf_string made = {0};

    tx->workflow = model_workflow_find(tx->model, target->workflow_id);
    reset.base = model_run_find(tx->model, target->workflow_id, target->run_id);
    if (reset.base == NULL) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    made = made_before(reset.base, request->request_id);
    if (made.size_bytes > 0) {
        model_reply_started(tx, made, false);
        return;
    }
    reset.history = model_run_events(reset.base, tx->arena, 1);
    if (!is_boundary(&reset.history, request->workflow_task_finish_event_id)) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    if (tx->given == NULL) {
        tx->outcome->writes = true;
        return;
    }
    current = model_run_current(tx->workflow);
    if (model_run_is_open(current)) {
        end_current(&reset, tx, current);
    }
    create_run(&reset);
    fail_task(&reset);
    fail_activities(&reset);
    apply_again(&reset);
    link_base(&reset);
    model_reply_started(tx, reset.created->start->run_id, true);
    model_transaction_commit(tx);
}
