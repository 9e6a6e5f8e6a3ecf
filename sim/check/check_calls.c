/*
 * What the history service is asked and answers, against what it commits (engine-semantics 10: I7, I24, I25, I34, I46, I47,
 * I92). A commit says which operation made it; of each request the little is kept that tells what it may write. Requests are
 * kept in a table of fixed size: one that was pushed out is not judged.
 */
#include "engine/codec.h"
#include "sim/check/commit_facts.h"

#define CALLS_MAX 1024u
#define UPDATE_MESSAGE "type.googleapis.com/temporal.api.update.v1."

struct sim_call_track {
    uint64_t call_id; /* 0: none */
    uint32_t op;
    struct sim_run_track *run; /* NULL: it names none, or none that was committed */
    bool has_token;
    int64_t scheduled_event_id;
    int32_t attempt;
    uint64_t name;          /* of an activity that is named by its id */
    uint64_t commands;      /* digest of what they become */
    uint32_t command_count; /* those that become events */
    bool has_details;
    uint64_t details;
    bool is_committed;  /* it has made a write of its run */
    bool has_completed; /* in which a workflow task was completed */
};

bool sim_check_calls_init(struct sim_checks *checks)
{
    checks->calls = wf_arena_take_array(checks->arena, CALLS_MAX, sizeof *checks->calls);
    return checks->calls != NULL;
}

static struct sim_call_track *slot_of(const struct sim_checks *checks, uint64_t call_id)
{
    return &checks->calls[(uint32_t)call_id % CALLS_MAX]; /* its place in the world's table */
}

/* NULL: the request is none that is judged, or it was pushed out. */
static struct sim_call_track *find_call(const struct sim_checks *checks, uint64_t call_id)
{
    struct sim_call_track *call = slot_of(checks, call_id);

    return call->call_id == call_id && call_id != 0 ? call : NULL;
}

/* ---- What a completion's commands become ---- */

static struct wf_string name_of_command(const struct wf_command *command)
{
    if (command->attributes.any == NULL) {
        return (struct wf_string){0};
    }
    switch (command->attributes_case) {
    case WF_CASE_command_schedule_activity_task:
        return command->attributes.schedule_activity_task->activity_id;
    case WF_CASE_command_start_timer:
        return command->attributes.start_timer->timer_id;
    case WF_CASE_command_cancel_timer:
        return command->attributes.cancel_timer->timer_id;
    case WF_CASE_command_record_marker:
        return command->attributes.record_marker->marker_name;
    case WF_CASE_command_start_child_workflow_execution:
        return command->attributes.start_child_workflow_execution->workflow_id;
    default:
        return (struct wf_string){0};
    }
}

static struct wf_string name_of_event(const struct wf_event *event)
{
    switch (event->attributes.any == NULL ? 0 : event->attributes_case) {
    case WF_CASE_event_activity_task_scheduled:
        return event->attributes.activity_task_scheduled->activity_id;
    case WF_CASE_event_timer_started:
        return event->attributes.timer_started->timer_id;
    case WF_CASE_event_timer_canceled:
        return event->attributes.timer_canceled->timer_id;
    case WF_CASE_event_marker_recorded:
        return event->attributes.marker_recorded->marker_name;
    case WF_CASE_event_start_child_workflow_execution_initiated:
        return event->attributes.start_child_workflow_execution_initiated->workflow_id;
    default:
        return (struct wf_string){0};
    }
}

struct block {
    uint64_t digest;
    uint32_t count;
    bool is_closed; /* by its last event */
};

static void add_to_block(struct block *block, int32_t event_type, struct wf_string name)
{
    block->digest = wf_hash_mix(wf_hash_mix(block->digest, (uint64_t)event_type), sim_text_digest(name));
    block->count++;
    block->is_closed = wf_event_is_close(event_type);
}

/* A rejection becomes nothing, and after the close no message does (7.8). */
static void add_message(struct block *block, const struct wf_protocol_message *message)
{
    const struct wf_string type = message->body == NULL ? (struct wf_string){0} : message->body->type_url;

    if (!block->is_closed && wf_string_is(type, UPDATE_MESSAGE "Acceptance")) {
        add_to_block(block, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, (struct wf_string){0});
    } else if (!block->is_closed && wf_string_is(type, UPDATE_MESSAGE "Response")) {
        add_to_block(block, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, (struct wf_string){0});
    }
}

static bool names_message(const struct wf_command *command, struct wf_string id)
{
    return command->command_type == WF_COMMAND_TYPE_PROTOCOL_MESSAGE && command->attributes.any != NULL &&
           wf_string_equal(command->attributes.protocol_message->message_id, id);
}

static bool has_command(const struct wf_svc_respond_workflow_task_completed *completed, struct wf_string id)
{
    for (uint32_t i = 0; i < completed->commands.count; i++) {
        if (names_message(&completed->commands.items[i], id)) {
            return true;
        }
    }
    return false;
}

/* One event a command, in order; messages that no command places come last (2.2 rules 2 and 6). */
static struct block block_of(const struct wf_svc_respond_workflow_task_completed *completed)
{
    struct block block = {0};

    for (uint32_t i = 0; i < completed->commands.count; i++) {
        const struct wf_command *command = &completed->commands.items[i];
        const bool is_known = command->command_type > 0 && command->command_type < WF_COMMAND_TYPE_COUNT;

        if (is_known && command->command_type != WF_COMMAND_TYPE_PROTOCOL_MESSAGE) {
            add_to_block(&block, (int32_t)wf_command_descriptors[command->command_type].event, name_of_command(command));
        }
        for (uint32_t k = 0; k < completed->messages.count; k++) {
            if (names_message(command, completed->messages.items[k].id)) {
                add_message(&block, &completed->messages.items[k]);
            }
        }
    }
    for (uint32_t k = 0; k < completed->messages.count; k++) {
        if (!has_command(completed, completed->messages.items[k].id)) {
            add_message(&block, &completed->messages.items[k]);
        }
    }
    return block;
}

/* ---- Requests ---- */

static uint64_t digest_payloads(struct wf_arena *scratch, const struct wf_payloads *payloads)
{
    const struct wf_arena_mark mark = wf_arena_mark(scratch);
    struct wf_buffer bytes;
    uint64_t digest = 0;

    if (payloads == NULL || payloads->payloads.count == 0) {
        return 0;
    }
    wf_buffer_init(&bytes, scratch);
    wf_wire_encode(&wf_type_payloads, payloads, &bytes);
    digest = sim_text_digest(wf_buffer_string(&bytes));
    wf_arena_rewind(scratch, mark);
    return digest;
}

static void read_token(const struct sim_checks *checks, struct sim_call_track *call, struct wf_arena *scratch,
                       struct wf_string bytes)
{
    const struct wf_arena_mark mark = wf_arena_mark(scratch);
    struct wf_svc_task_token token = {0};

    if (wf_wire_decode(scratch, &wf_type_svc_task_token, bytes, &token, NULL) == WF_OK) {
        call->has_token = true;
        call->run = wf_map_get(&checks->runs, token.run_id);
        call->scheduled_event_id = token.scheduled_event_id;
        call->attempt = token.attempt;
    }
    wf_arena_rewind(scratch, mark);
}

static void read_report(const struct sim_checks *checks, struct sim_call_track *call, struct wf_arena *scratch,
                        const struct wf_svc_request *request, const struct wf_activity_address *address)
{
    if (address->token.size_bytes > 0) {
        read_token(checks, call, scratch, address->token);
    } else {
        call->name = sim_text_digest(address->activity_id);
    }
    if (request->call_case == WF_CASE_svc_request_record_activity_heartbeat) {
        call->has_details = true;
        call->details = digest_payloads(scratch, request->call.record_activity_heartbeat->details);
    } else if (request->call_case == WF_CASE_svc_request_respond_activity_task_failed) {
        call->has_details = request->call.respond_activity_task_failed->last_heartbeat_details != NULL;
        call->details = digest_payloads(scratch, request->call.respond_activity_task_failed->last_heartbeat_details);
    }
}

/* The workflow of an update, with a start or without; empty for another request. */
static struct wf_string updated_workflow(const struct wf_svc_request *request)
{
    const struct wf_svc_start_workflow *start = NULL;

    if (request->call_case == WF_CASE_svc_request_update_workflow) {
        const struct wf_workflow_execution *execution = request->call.update_workflow->workflow_execution;

        return execution == NULL ? (struct wf_string){0} : execution->workflow_id;
    }
    start = request->call_case == WF_CASE_svc_request_update_with_start ? request->call.update_with_start->start : NULL;
    return start == NULL ? (struct wf_string){0} : start->workflow_id;
}

static void see_request(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_exchange *exchange)
{
    const struct wf_svc_request *request = exchange->request;
    struct sim_call_track call = {.call_id = exchange->call_id, .op = request->call_case};
    struct sim_workflow_track *updated = sim_checks_workflow(checks, updated_workflow(request));
    struct wf_activity_address address = {0};
    struct block block = {0};

    if (updated != NULL) {
        updated->has_updates = true;
    }
    if (wf_activity_address_of(request, &address)) {
        read_report(checks, &call, scratch, request, &address);
    } else if (request->call_case == WF_CASE_svc_request_respond_workflow_task_completed) {
        read_token(checks, &call, scratch, request->call.respond_workflow_task_completed->token);
        block = block_of(request->call.respond_workflow_task_completed);
        call.commands = block.digest;
        call.command_count = block.count;
    } else if (request->call_case == WF_CASE_svc_request_record_activity_task_started) {
        call.scheduled_event_id = request->call.record_activity_task_started->scheduled_event_id;
    } else if (request->call_case == WF_CASE_svc_request_get_history &&
               request->call.get_history->workflow_execution != NULL) {
        call.run = wf_map_get(&checks->runs, request->call.get_history->workflow_execution->run_id);
    }
    *slot_of(checks, exchange->call_id) = call;
}

/* ---- Commits ---- */

/* The call that made the write, when it is kept. */
static struct sim_call_track *cause_of(const struct sim_commit_context *context)
{
    return context->commit->cause.kind == WF_SERVICE_CAUSE_REQUEST
               ? find_call(context->checks, context->commit->cause.call_id)
               : NULL;
}

static void judge_completed(const struct sim_commit_context *context, struct sim_call_track *call,
                            const struct block *block)
{
    const bool is_asked = context->commit->cause.kind == WF_SERVICE_CAUSE_REQUEST;

    if (!is_asked || (call != NULL && call->op != WF_CASE_svc_request_respond_workflow_task_completed)) {
        sim_commit_break(context, 24, "a workflow task was completed that no worker has answered",
                         context->commit->cause.kind, 0);
    } else if (call != NULL && call->has_completed) {
        sim_commit_break(context, 24, "one answer completed two workflow tasks", call->scheduled_event_id, 0);
    } else if (call != NULL) {
        call->has_completed = true;
        if (call->command_count != block->count || call->commands != block->digest) {
            sim_commit_break(context, 34, "the events of a completion are not those of its commands", block->count,
                             call->command_count);
        }
    }
}

/* I24, I25 and I34: commands become events only in the block of the completion that brought them. */
static void check_completion(const struct sim_commit_context *context, struct sim_call_track *call)
{
    struct block block = {0};
    bool has_completed = false;
    bool is_in_block = false;
    int64_t stray_event_id = 0;

    for (uint32_t i = 0; i < context->events->events.count; i++) {
        const struct wf_event *event = &context->events->events.items[i];

        if (event->event_id <= context->write->fork_event_id) {
            continue;
        }
        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED && !has_completed) {
            has_completed = true;
            is_in_block = true;
        } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            sim_commit_break(context, 24, "one write completed two workflow tasks", event->event_id, 0);
        } else if (!wf_event_is_command(event->event_type)) {
            is_in_block = false;
        } else if (is_in_block) {
            add_to_block(&block, event->event_type, name_of_event(event));
        } else {
            stray_event_id = event->event_id;
        }
    }
    if (has_completed) {
        judge_completed(context, call, &block);
    }
    if (stray_event_id != 0 && call != NULL && call->op == WF_CASE_svc_request_respond_workflow_task_completed) {
        sim_commit_break(context, 25, "a command of an answer that failed has an event", stray_event_id, 0);
    }
}

static struct sim_pending *activity_of(const struct sim_run_track *run, const struct sim_call_track *call)
{
    const struct sim_pendings *set = &run->pending[WF_OWNER_ACTIVITY];

    if (call->scheduled_event_id != 0) {
        return sim_pending_get(set, call->scheduled_event_id);
    }
    for (uint32_t i = set->count; i > 0 && call->name != 0; i--) {
        if (set->items[i - 1].name == call->name && !set->items[i - 1].has_outcome) {
            return &set->items[i - 1];
        }
    }
    return NULL;
}

static bool is_report(uint32_t op)
{
    return op == WF_CASE_svc_request_respond_activity_task_completed ||
           op == WF_CASE_svc_request_respond_activity_task_failed ||
           op == WF_CASE_svc_request_respond_activity_task_canceled ||
           op == WF_CASE_svc_request_record_activity_heartbeat;
}

/* I46: only the running attempt's reports are taken. What it has told of its progress is kept for I47. */
static void check_report(const struct sim_commit_context *context, struct sim_call_track *call)
{
    struct sim_pending *pending = activity_of(context->run, call);

    call->is_committed = true;
    if (pending == NULL || pending->has_outcome) {
        sim_commit_break(context, 46, "a report was taken of an activity that had ended", call->scheduled_event_id,
                         call->attempt);
    } else if (call->has_token && call->attempt != pending->attempt) {
        sim_commit_break(context, 46, "a report was taken of an attempt that is over", call->attempt, pending->attempt);
    } else if (call->has_details) {
        pending->details = call->details;
    }
}

/* Who may end an activity so. A reset fails what the run before had started. */
static bool may_end(const struct sim_commit_context *context, const struct sim_call_track *call, int32_t event_type)
{
    const bool is_asked = context->commit->cause.kind == WF_SERVICE_CAUSE_REQUEST;

    if ((is_asked && call == NULL) || context->write->fork_run_id.size_bytes > 0) {
        return true;
    }
    switch (event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
        return is_asked && call->op == WF_CASE_svc_request_respond_activity_task_completed;
    case WF_EVENT_TYPE_ACTIVITY_TASK_FAILED: /* a result that is too large is a failure */
        return is_asked && (call->op == WF_CASE_svc_request_respond_activity_task_failed ||
                            call->op == WF_CASE_svc_request_respond_activity_task_completed);
    case WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED: /* by command, before it has started */
        return is_asked && (call->op == WF_CASE_svc_request_respond_activity_task_canceled ||
                            call->op == WF_CASE_svc_request_respond_workflow_task_completed);
    default:
        return true;
    }
}

/* I46, I92: what ends here ends once, by who may end it. Events in the buffer were judged when they came there. */
static void check_outcomes(const struct sim_commit_context *context, const struct sim_call_track *call,
                           const struct wf_event *events, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct wf_event_owner owner = wf_event_owner_of(&events[i]);
        struct sim_pending *pending =
            owner.ends ? sim_pending_get(&context->run->pending[owner.kind], owner.event_id) : NULL;

        if (pending != NULL && !pending->has_outcome) {
            pending->has_outcome = true;
            if (owner.kind == WF_OWNER_ACTIVITY && !may_end(context, call, events[i].event_type)) {
                sim_commit_break(context, 46, "an activity ended in a way that nobody has reported", owner.event_id,
                                 events[i].event_type);
            }
            if (owner.kind == WF_OWNER_ACTIVITY) {
                sim_check_activity_end(context, pending, &events[i]);
            }
        }
    }
}

static bool has_timed_out_task(const struct sim_commit_context *context)
{
    for (uint32_t i = 0; i < context->events->events.count; i++) {
        if (context->events->events.items[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT) {
            return true;
        }
    }
    return false;
}

/* I92: a timer task changes a run only when something is due in it. A speculative workflow task is due by no stored time. */
static void check_timer(const struct sim_commit_context *context)
{
    const int64_t now_ns = context->commit->clock_ns + context->commit->clock_spread_ns;
    const struct sim_run_track *run = context->run;
    const bool is_due = run->due_ns <= now_ns || (run->alarm_ns != 0 && run->alarm_ns <= now_ns);

    if (run->record_version > 0 && !is_due && !has_timed_out_task(context)) {
        sim_commit_break(context, 92, "a timer task changed a run in which nothing was due", run->due_ns, now_ns);
    }
}

/* I92: the answer to a child's start, to a request to another workflow or to a Nexus call is recorded once. */
static void check_transfer(const struct sim_commit_context *context)
{
    const int64_t event_id = context->commit->cause.event_id;
    const struct sim_pending *pending = NULL;

    for (int kind = WF_OWNER_CHILD; kind < WF_OWNER_KIND_COUNT && pending == NULL; kind++) {
        pending = sim_pending_get(&context->run->pending[kind], event_id);
    }
    if (context->run->record_version > 0 && (pending == NULL || pending->has_outcome)) {
        sim_commit_break(context, 92, "a transfer task changed a run for something that had ended", event_id, 0);
    }
}

void sim_check_calls_commit(const struct sim_commit_context *context)
{
    struct sim_call_track *call = cause_of(context);
    const bool is_own = call != NULL && (call->run == context->run || call->run == NULL);

    check_completion(context, call);
    if (is_own && is_report(call->op)) {
        check_report(context, call);
    } else if (call != NULL && call->op == WF_CASE_svc_request_record_activity_task_started) {
        const struct sim_pending *pending = activity_of(context->run, call);

        call->run = context->run;
        call->is_committed = pending != NULL;
        call->details = pending == NULL ? 0 : pending->details;
    }
    if (context->commit->cause.kind == WF_SERVICE_CAUSE_TIMER) {
        check_timer(context);
    } else if (context->commit->cause.kind == WF_SERVICE_CAUSE_TRANSFER) {
        check_transfer(context);
    }
    check_outcomes(context, call, context->events->events.items, context->events->events.count);
    if (context->state != NULL) {
        check_outcomes(context, call, context->state->buffered_events.items, context->state->buffered_events.count);
    }
}

/* ---- Answers ---- */

static void find(struct sim_checks *checks, const struct sim_exchange *exchange, const struct sim_run_track *run,
                 unsigned number, const char *cause)
{
    const struct sim_record at = {.time_ns = exchange->time_ns, .step = exchange->step, .node = exchange->node};
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S, an answer of %S after event %lld: %s", &run->workflow->id, &exchange->node,
                     (long long)run->last_event_id, cause);
    checks->is_full = checks->is_full || sentence.is_full;
    sim_checks_break_invariant(checks, number, cause, run->workflow, &at, wf_buffer_string(&sentence));
}

/* Where the batch stands in what was committed; the count: nowhere. */
static uint32_t place_of(const struct sim_run_track *run, struct wf_string batch)
{
    const uint64_t digest = wf_hash_bytes(batch.data, batch.size_bytes);

    for (uint32_t i = run->batches.count; i > 0; i--) {
        if (run->batches.items[i - 1] == digest) {
            return i - 1;
        }
    }
    return run->batches.count;
}

/* Nothing but a workflow task. */
static bool is_task_to_be(struct wf_arena *scratch, struct wf_string batch)
{
    struct wf_history_message history = {0};

    if (wf_wire_decode(scratch, &wf_type_history_message, batch, &history, NULL) != WF_OK) {
        return false;
    }
    for (uint32_t i = 0; i < history.events.count; i++) {
        if (history.events.items[i].event_type != WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED &&
            history.events.items[i].event_type != WF_EVENT_TYPE_WORKFLOW_TASK_STARTED) {
            return false;
        }
    }
    return history.events.count > 0;
}

/*
 * I7: what is read is a piece of what was committed, so that every read is the beginning of the later ones. A workflow task
 * that has no events yet is shown with those that it will have, in one batch at the end (3.1).
 */
static void check_read(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_exchange *exchange,
                       const struct sim_run_track *run, const struct wf_string *batches, uint32_t count)
{
    uint32_t place = 0;

    if (run == NULL || count == 0) {
        return;
    }
    place = place_of(run, batches[0]);
    for (uint32_t i = 0; i < count; i++, place++) {
        const bool is_committed = place < run->batches.count &&
                                  run->batches.items[place] == wf_hash_bytes(batches[i].data, batches[i].size_bytes);

        if (!is_committed && (i < count - 1 || !is_task_to_be(scratch, batches[i]))) {
            find(checks, exchange, run, 7, "a history is read that is no piece of the one that was committed");
            return;
        }
    }
}

static void check_task_read(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_exchange *exchange,
                            const struct wf_svc_workflow_task *task)
{
    if (task != NULL && task->workflow_execution != NULL) {
        check_read(checks, scratch, exchange, wf_map_get(&checks->runs, task->workflow_execution->run_id), task->batches.items,
                   task->batches.count);
    }
}

/* I24 and I25: a completion that was accepted is in history, one that was refused is not. */
static void check_completion_answer(struct sim_checks *checks, const struct sim_exchange *exchange,
                                    const struct sim_call_track *call)
{
    const struct wf_svc_response *response = exchange->response;
    const bool is_accepted = response->status == WF_CALL_OK;
    const bool is_discarded = response->answer_case == WF_CASE_svc_response_workflow_task_accepted &&
                              response->answer.workflow_task_accepted->reset_history_event_id > 0;

    if (is_accepted && !call->has_completed && !is_discarded) {
        find(checks, exchange, call->run, 24, "a completion was accepted, and no workflow task is completed by it");
    } else if (!is_accepted && !wf_call_is_retried(response->status) && call->has_completed) {
        find(checks, exchange, call->run, 25, "a completion was refused, and it is in history");
    }
}

static void check_report_answer(struct sim_checks *checks, const struct sim_exchange *exchange,
                                const struct sim_call_track *call)
{
    const int32_t status = exchange->response->status;
    const unsigned number = call->op == WF_CASE_svc_request_record_activity_heartbeat ? 47 : 46;

    if (status == WF_CALL_OK && !call->is_committed) {
        find(checks, exchange, call->run, number, "a report of an activity was accepted, and left no trace");
    } else if (status != WF_CALL_OK && !wf_call_is_retried(status) && call->is_committed) {
        find(checks, exchange, call->run, number, "a report of an activity was refused, and left a trace");
    }
}

/* I47: an attempt is given what the attempts before it have told. What an operator has reset is given nothing (4.9). */
static void check_given_details(struct sim_checks *checks, struct wf_arena *scratch,
                                const struct sim_exchange *exchange, const struct sim_call_track *call)
{
    const struct wf_svc_activity_task *task = exchange->response->answer.activity_task;
    const struct sim_pending *pending = activity_of(call->run, call);
    const uint64_t given = digest_payloads(scratch, task->heartbeat_details);

    if (pending != NULL && given != call->details && (given != 0 || !pending->is_operated)) {
        find(checks, exchange, call->run, 47, "an attempt is given other details than were told last");
    }
}

static void see_answer(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_exchange *exchange)
{
    const struct sim_call_track *call = find_call(checks, exchange->call_id);
    const struct wf_svc_response *response = exchange->response;

    if (response->answer_case == WF_CASE_svc_response_workflow_task) {
        check_task_read(checks, scratch, exchange, response->answer.workflow_task);
    } else if (response->answer_case == WF_CASE_svc_response_workflow_task_accepted) {
        check_task_read(checks, scratch, exchange, response->answer.workflow_task_accepted->new_task);
    }
    if (call == NULL || call->run == NULL) {
        return;
    }
    if (response->answer_case == WF_CASE_svc_response_history) {
        check_read(checks, scratch, exchange, call->run, response->answer.history->batches.items,
                   response->answer.history->batches.count);
    } else if (call->op == WF_CASE_svc_request_respond_workflow_task_completed) {
        check_completion_answer(checks, exchange, call);
    } else if (is_report(call->op)) {
        check_report_answer(checks, exchange, call);
    } else if (response->answer_case == WF_CASE_svc_response_activity_task && call->is_committed) {
        check_given_details(checks, scratch, exchange, call);
    }
}

void sim_checks_exchange(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_exchange *exchange)
{
    if (exchange->request != NULL) {
        see_request(checks, scratch, exchange);
    } else {
        see_answer(checks, scratch, exchange);
    }
}
