/*
 * The schedules of a shard: all are in memory while it is owned, each with one row. A pass over a schedule changes its state
 * in memory; the change is written, and only then is anybody told or anything sent. What is to be sent follows from the
 * states of its actions (a start, a cancel or terminate, each until it is answered), so that the next owner sends it again:
 * a start with the same request id, which starts nothing twice.
 *
 * One write of a schedule is under way at a time; a call that comes meanwhile is told to come again.
 *
 * Source: engine-semantics 7.13, 8.2.
 */
#include "engine/base/json_text.h"
#include "engine/server/change.h"
#include "engine/server/schedule_state.h"

#define RETRY_NS_MIN (100 * WF_NS_PER_MS)
#define RETRY_NS_MAX (10 * WF_NS_PER_S)
#define WRITE_RETRY_NS (200 * WF_NS_PER_MS)

/* The call that an action's state asks for. Memory only. */
struct wf_schedule_send {
    struct wf_schedule_send *next;
    struct wf_shard_schedule *schedule;
    int64_t action_id;
    bool is_stop; /* a cancel or terminate; otherwise a start */
    bool is_busy;
    uint64_t call_id; /* while busy */
    bool has_answer;
    int32_t status;
    struct wf_run_id run_id;
    int32_t try_count;
    wf_time_ns retry_at_ns;
};

struct wf_shard_schedule {
    struct wf_shard_schedule *next;
    struct wf_string id; /* slab memory */
    struct wf_arena arena;
    struct wf_schedule_core core;
    struct wf_string committed; /* slab memory; empty: not yet written */
    struct wf_string written;   /* on its way to the database */
    bool is_writing;
    uint64_t call_id; /* who is answered once it is written */
    wf_time_ns retry_at_ns;
    wf_time_ns wake_ns; /* when it has something to do by itself, as found by the last pass */
    struct wf_schedule_send *sends;
};

static void run(struct wf_shard *shard, struct wf_shard_schedule *schedule);

/* ---- Lifecycle ---- */

static struct wf_shard_schedule *find(const struct wf_shard *shard, struct wf_string id)
{
    struct wf_shard_schedule *schedule = shard->schedules;

    while (schedule != NULL && !wf_string_equal(schedule->id, id)) {
        schedule = schedule->next;
    }
    return schedule;
}

static struct wf_shard_schedule *make(struct wf_shard *shard, struct wf_string id)
{
    struct wf_shard_schedule *schedule = wf_slab_take(&shard->slabs, sizeof *schedule);

    if (schedule == NULL || !wf_keep_string(shard, id, &schedule->id)) {
        return NULL;
    }
    wf_arena_init(&schedule->arena, shard->config->blocks, 0);
    schedule->next = shard->schedules;
    shard->schedules = schedule;
    return schedule;
}

static void give_up(struct wf_shard *shard, struct wf_shard_schedule *schedule)
{
    struct wf_shard_schedule **link = &shard->schedules;

    while (*link != schedule) {
        link = &(*link)->next;
    }
    *link = schedule->next;
    for (struct wf_schedule_send *send = schedule->sends, *next = NULL; send != NULL; send = next) {
        void *object = NULL;

        next = send->next;
        if (send->is_busy) {
            (void)wf_pending_take(shard, send->call_id, &object); /* its answer finds nobody */
        }
        wf_slab_give(&shard->slabs, send, sizeof *send);
    }
    wf_arena_deinit(&schedule->arena);
    wf_drop_string(shard, &schedule->committed);
    wf_drop_string(shard, &schedule->written);
    wf_drop_string(shard, &schedule->id);
    wf_slab_give(&shard->slabs, schedule, sizeof *schedule);
}

/* Makes the state what the database has. False: it cannot be read, which only a lack of memory explains. */
static bool restore(struct wf_shard *shard, struct wf_shard_schedule *schedule)
{
    struct wf_schedule_core *core = &schedule->core;

    wf_arena_reset(&schedule->arena);
    *core = (struct wf_schedule_core){
        .arena = &schedule->arena, .now_ns = shard->now_ns, .planted = shard->config->planted};
    schedule->wake_ns = shard->now_ns;
    core->state = WF_ARENA_NEW(&schedule->arena, struct wf_state_schedule);
    if (core->state == NULL) {
        return false;
    }
    if (schedule->committed.size_bytes == 0) {
        return true;
    }
    return wf_wire_decode(&schedule->arena, &wf_type_state_schedule, schedule->committed, core->state, NULL) ==
               WF_OK &&
           core->state->schedule != NULL &&
           wf_schedule_times_read(&schedule->arena, core->state->schedule->spec, &core->times) == NULL;
}

void wf_schedules_drop_all(struct wf_shard *shard)
{
    wf_pending_forget(shard, WF_PENDING_READ_SCHEDULES);
    wf_pending_forget(shard, WF_PENDING_WRITE_SCHEDULE);
    wf_pending_forget(shard, WF_PENDING_SCHEDULE_SEND);
    while (shard->schedules != NULL) {
        if (shard->schedules->is_writing && shard->schedules->call_id != 0) {
            wf_shard_answer(shard, shard->schedules->call_id, WF_CALL_DEADLINE_EXCEEDED,
                            "The database did not say whether it was written.");
        }
        give_up(shard, shard->schedules);
    }
    shard->are_schedules_read = false;
    shard->read_schedules_at_ns = INT64_MAX;
}

/* ---- Reading ---- */

static void read_all(struct wf_shard *shard)
{
    struct wf_db_request *request = wf_shard_store(shard, WF_PENDING_READ_SCHEDULES, NULL,
                                                   WF_CASE_db_request_read_schedules, &wf_type_db_read_schedules);

    shard->read_schedules_at_ns = INT64_MAX;
    if (request != NULL) {
        request->op.read_schedules->shard_id = shard->id;
    }
}

void wf_schedules_acquired(struct wf_shard *shard, const struct wf_db_shard_row *row)
{
    shard->are_schedules_read = !row->has_schedules;
    if (row->has_schedules) {
        read_all(shard);
    }
}

static void load(struct wf_shard *shard, struct wf_string image)
{
    struct wf_state_schedule state = {0};
    struct wf_shard_schedule *schedule = NULL;

    if (wf_wire_decode(&shard->step_arena, &wf_type_state_schedule, image, &state, NULL) != WF_OK) {
        return;
    }
    schedule = make(shard, state.schedule_id);
    if (schedule == NULL || !wf_keep_string(shard, image, &schedule->committed) || !restore(shard, schedule)) {
        return; /* memory is gone, which ends the step */
    }
    run(shard, schedule);
}

void wf_schedules_read_reply(struct wf_shard *shard, const struct wf_db_reply *reply)
{
    if (reply->status != WF_DATABASE_OK || reply->row_case != WF_CASE_db_reply_schedules) {
        shard->read_schedules_at_ns = wf_add_saturating(shard->now_ns, WRITE_RETRY_NS);
        return;
    }
    shard->are_schedules_read = true;
    for (uint32_t i = 0; i < reply->row.schedules->states.count; i++) {
        load(shard, reply->row.schedules->states.items[i]);
    }
}

/* ---- Writing ---- */

static void write(struct wf_shard *shard, struct wf_shard_schedule *schedule)
{
    struct wf_schedule_core *core = &schedule->core;
    struct wf_db_request *request = wf_shard_store(shard, WF_PENDING_WRITE_SCHEDULE, schedule,
                                                   WF_CASE_db_request_write_schedule, &wf_type_db_write_schedule);
    struct wf_db_write_schedule *row = request == NULL ? NULL : request->op.write_schedule;
    struct wf_buffer image = {0};

    if (row == NULL) {
        return;
    }
    if (schedule->call_id != 0) {
        wf_shard_cause(shard, (struct wf_service_cause){.kind = WF_SERVICE_CAUSE_REQUEST,
                                                        .call_id = schedule->call_id});
    }
    wf_buffer_init(&image, &shard->step_arena);
    if (!core->is_deleted) {
        wf_wire_encode(&wf_type_state_schedule, core->state, &image);
    }
    row->shard_id = shard->id;
    row->range_id = (shard->config->planted & WF_PLANT_NO_FENCING) != 0 ? 0 : shard->range_id;
    row->schedule_id = schedule->id;
    row->state = wf_buffer_string(&image);
    row->is_busy = !core->is_deleted && wf_schedule_is_busy(core);
    row->notes.items = core->notes.items;
    row->notes.count = core->notes.count;
    schedule->is_writing = wf_keep_string(shard, row->state, &schedule->written);
}

/* Definitely not written. */
static void take_back(struct wf_shard *shard, struct wf_shard_schedule *schedule)
{
    const uint64_t call_id = schedule->call_id;

    schedule->call_id = 0;
    schedule->retry_at_ns = wf_add_saturating(shard->now_ns, WRITE_RETRY_NS);
    wf_drop_string(shard, &schedule->written);
    wf_shard_answer(shard, call_id, WF_CALL_UNAVAILABLE, "The schedule could not be written.");
    if (schedule->committed.size_bytes == 0) {
        give_up(shard, schedule);
    } else {
        (void)restore(shard, schedule);
    }
}

static void take_written(struct wf_shard *shard, struct wf_shard_schedule *schedule)
{
    const uint64_t call_id = schedule->call_id;
    const bool is_deleted = schedule->core.is_deleted;

    schedule->call_id = 0;
    wf_shard_answer(shard, call_id, WF_CALL_OK, "");
    wf_drop_string(shard, &schedule->committed);
    schedule->committed = schedule->written;
    schedule->written = (struct wf_string){0};
    if (is_deleted) {
        give_up(shard, schedule);
    } else if (restore(shard, schedule)) {
        run(shard, schedule);
    }
}

void wf_schedule_write_reply(struct wf_shard *shard, struct wf_shard_schedule *schedule,
                             const struct wf_db_reply *reply)
{
    const uint64_t call_id = schedule->call_id;

    schedule->is_writing = false;
    switch ((enum wf_database_status)reply->status) {
    case WF_DATABASE_OK:
        take_written(shard, schedule);
        break;
    case WF_DATABASE_UNKNOWN:
        schedule->call_id = 0;
        wf_shard_write_unknown(shard, call_id); /* which drops the schedule */
        break;
    case WF_DATABASE_SHARD_LOST:
        take_back(shard, schedule);
        wf_shard_write_lost(shard, shard->range_id);
        break;
    case WF_DATABASE_CONDITION_FAILED:
    case WF_DATABASE_NOT_FOUND:
    case WF_DATABASE_UNAVAILABLE:
        take_back(shard, schedule);
        break;
    }
}

/* ---- What actions ask for ---- */

static struct wf_schedule_send *find_send(const struct wf_shard_schedule *schedule, int64_t action_id, bool is_stop)
{
    struct wf_schedule_send *send = schedule->sends;

    while (send != NULL && (send->action_id != action_id || send->is_stop != is_stop)) {
        send = send->next;
    }
    return send;
}

static struct wf_schedule_send *send_of(struct wf_shard *shard, struct wf_shard_schedule *schedule,
                                        const struct wf_state_schedule_action *action)
{
    const bool is_stop = action->state == WF_SCHEDULE_ACTION_STOPPING;
    struct wf_schedule_send *send = find_send(schedule, action->action_id, is_stop);

    if (send != NULL) {
        return send;
    }
    send = wf_slab_take(&shard->slabs, sizeof *send);
    if (send != NULL) {
        send->schedule = schedule;
        send->action_id = action->action_id;
        send->is_stop = is_stop;
        send->next = schedule->sends;
        schedule->sends = send;
    }
    return send;
}

/* An attribute of the service's own (7.11): JSON text, of a type by name. */
static void add_attribute(struct wf_arena *arena, struct wf_search_attributes *attributes, const char *name,
                          const char *type, struct wf_string value)
{
    struct wf_entry_payload *entry = WF_LIST_APPEND(arena, attributes->indexed_fields);
    struct wf_entry_string *encoding = NULL;
    struct wf_entry_string *kind = NULL;
    struct wf_buffer json = {0};

    if (entry == NULL) {
        return;
    }
    wf_buffer_init(&json, arena);
    wf_json_write_string(&json, value);
    entry->key = wf_string_of(name);
    entry->value.data = wf_buffer_string(&json);
    encoding = WF_LIST_APPEND(arena, entry->value.metadata);
    if (encoding != NULL) {
        *encoding = (struct wf_entry_string){.key = WF_STR("encoding"), .value = WF_STR("json/plain")};
    }
    kind = WF_LIST_APPEND(arena, entry->value.metadata);
    if (kind != NULL) {
        *kind = (struct wf_entry_string){.key = WF_STR("type"), .value = wf_string_of(type)};
    }
}

static struct wf_search_attributes *attributes_of(struct wf_arena *arena, const struct wf_shard_schedule *schedule,
                                                  const struct wf_state_schedule_action *action)
{
    const struct wf_search_attributes *given = schedule->core.state->schedule->action->search_attributes;
    struct wf_search_attributes *attributes = given == NULL
                                                  ? WF_ARENA_NEW(arena, struct wf_search_attributes)
                                                  : wf_message_copy(arena, &wf_type_search_attributes, given);
    char *time = wf_arena_take(arena, WF_TIME_TEXT_BYTES);

    if (attributes == NULL || time == NULL) {
        return NULL;
    }
    wf_time_write(time, action->nominal_ns / WF_NS_PER_S);
    add_attribute(arena, attributes, "TemporalScheduledStartTime", "Datetime",
                  (struct wf_string){time, WF_TIME_TEXT_BYTES});
    add_attribute(arena, attributes, "TemporalScheduledById", "Keyword", wf_string_copy(arena, schedule->id));
    return attributes;
}

static struct wf_string request_id_of(struct wf_arena *arena, const struct wf_shard_schedule *schedule,
                                      const struct wf_state_schedule_action *action, const char *what)
{
    struct wf_buffer text = {0};

    wf_buffer_init(&text, arena);
    wf_buffer_printf(&text, "%s-%S-%lld-%lld", what, &schedule->id,
                     (long long)schedule->core.state->created_ns, (long long)action->action_id);
    return wf_buffer_string(&text);
}

static struct wf_svc_start_workflow *start_of(struct wf_arena *arena, const struct wf_shard_schedule *schedule,
                                              const struct wf_state_schedule_action *action)
{
    const struct wf_state_schedule *state = schedule->core.state;
    struct wf_svc_start_workflow *start = wf_message_copy(arena, &wf_type_svc_start_workflow,
                                                          state->schedule->action);
    struct wf_schedule_link *link = WF_ARENA_NEW(arena, struct wf_schedule_link);

    if (start == NULL || link == NULL) {
        return NULL;
    }
    *link = (struct wf_schedule_link){.schedule_id = wf_string_copy(arena, schedule->id),
                                      .action_id = action->action_id,
                                      .created_ns = state->created_ns};
    start->schedule_link = link;
    start->workflow_id = wf_string_copy(arena, action->workflow_id);
    start->request_id = request_id_of(arena, schedule, action, "sched");
    start->workflow_id_conflict_policy = WF_WORKFLOW_ID_CONFLICT_POLICY_FAIL;
    start->identity = WF_STR("temporal-scheduler");
    start->search_attributes = attributes_of(arena, schedule, action);
    start->last_completion_result = state->last_result == NULL
                                        ? NULL
                                        : wf_message_copy(arena, &wf_type_payloads, state->last_result);
    start->continued_failure = state->last_failure == NULL
                                   ? NULL
                                   : wf_message_copy(arena, &wf_type_failure, state->last_failure);
    return start;
}

/* Of the chain that the action started. */
static bool fill_stop(struct wf_shard *shard, const struct wf_shard_schedule *schedule,
                      const struct wf_state_schedule_action *action, struct wf_svc_request *request)
{
    struct wf_arena *arena = &shard->step_arena;
    struct wf_workflow_execution *execution = wf_execution_message(shard, action->workflow_id,
                                                                   (struct wf_string){0});
    const struct wf_string run_id = wf_string_copy(arena, action->run_id);

    if (action->is_terminated) {
        request->call_case = WF_CASE_svc_request_terminate;
        request->call.terminate = WF_ARENA_NEW(arena, struct wf_svc_terminate);
        if (request->call.any != NULL) {
            *request->call.terminate = (struct wf_svc_terminate){.workflow_execution = execution,
                                                                 .first_execution_run_id = run_id,
                                                                 .reason = WF_STR("terminated by schedule overlap policy"),
                                                                 .identity = WF_STR("temporal-scheduler")};
        }
    } else {
        request->call_case = WF_CASE_svc_request_request_cancel;
        request->call.request_cancel = WF_ARENA_NEW(arena, struct wf_svc_request_cancel);
        if (request->call.any != NULL) {
            *request->call.request_cancel =
                (struct wf_svc_request_cancel){.workflow_execution = execution,
                                               .first_execution_run_id = run_id,
                                               .reason = WF_STR("cancelled by schedule overlap policy"),
                                               .identity = WF_STR("temporal-scheduler"),
                                               .request_id = request_id_of(arena, schedule, action, "cancel")};
        }
    }
    return request->call.any != NULL;
}

static void send_call(struct wf_shard *shard, struct wf_shard_schedule *schedule,
                      const struct wf_state_schedule_action *action, struct wf_schedule_send *send)
{
    struct wf_svc_request *request = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_request);
    struct wf_service_output *output = NULL;
    bool is_filled = false;

    if (request == NULL) {
        return;
    }
    if (send->is_stop) {
        is_filled = fill_stop(shard, schedule, action, request);
    } else {
        request->call_case = WF_CASE_svc_request_start_workflow;
        request->call.start_workflow = start_of(&shard->step_arena, schedule, action);
        is_filled = request->call.any != NULL;
    }
    output = is_filled ? wf_shard_output(shard, WF_SERVICE_CALL,
                                         wf_pending_add(shard, WF_PENDING_SCHEDULE_SEND, send))
                       : NULL;
    if (output != NULL) {
        output->target = WF_TARGET_HISTORY;
        output->key = wf_string_copy(&shard->step_arena, action->workflow_id);
        output->request = request;
        send->is_busy = true;
        send->call_id = output->call_id;
    }
}

static bool wants_call(const struct wf_state_schedule_action *action)
{
    return action->state == WF_SCHEDULE_ACTION_STARTING || action->state == WF_SCHEDULE_ACTION_DOOMED ||
           action->state == WF_SCHEDULE_ACTION_STOPPING;
}

static void send_calls(struct wf_shard *shard, struct wf_shard_schedule *schedule)
{
    const struct wf_state_schedule *state = schedule->core.state;

    for (uint32_t i = 0; i < state->actions.count; i++) {
        const struct wf_state_schedule_action *action = &state->actions.items[i];
        struct wf_schedule_send *send = wants_call(action) ? send_of(shard, schedule, action) : NULL;

        if (send != NULL && !send->is_busy && !send->has_answer && send->retry_at_ns <= shard->now_ns) {
            send_call(shard, schedule, action, send);
        }
    }
}

/* ---- Answers ---- */

void wf_schedule_answered(struct wf_shard *shard, struct wf_schedule_send *send,
                          const struct wf_svc_response *response)
{
    send->is_busy = false;
    if (wf_call_is_retried(response->status)) {
        const int64_t wait_ns = RETRY_NS_MIN << (send->try_count < 7 ? send->try_count : 7);

        send->try_count++;
        send->retry_at_ns = wf_add_saturating(shard->now_ns, wait_ns < RETRY_NS_MAX ? wait_ns : RETRY_NS_MAX);
        return;
    }
    send->has_answer = true;
    send->status = response->status;
    if (response->answer_case == WF_CASE_svc_response_started) {
        (void)wf_run_id_read(response->answer.started->run_id, &send->run_id);
    }
    run(shard, send->schedule);
}

static enum wf_schedule_action_input input_of(const struct wf_schedule_send *send)
{
    if (send->is_stop) {
        return WF_SCHEDULE_ACTION_STOPPED_NOW; /* whatever was said: it is stopped, or has closed */
    }
    return send->status == WF_CALL_OK ? WF_SCHEDULE_ACTION_STARTED : WF_SCHEDULE_ACTION_REFUSED;
}

/* An answer goes to its action, unless that has gone on without it; what nobody needs any more goes. */
static void take_answers(struct wf_shard *shard, struct wf_shard_schedule *schedule)
{
    struct wf_schedule_send **link = &schedule->sends;

    while (*link != NULL) {
        struct wf_schedule_send *send = *link;
        struct wf_state_schedule_action *action = wf_schedule_action_find(schedule->core.state, send->action_id);

        if (send->is_busy || (!send->has_answer && action != NULL && wants_call(action) &&
                              send->is_stop == (action->state == WF_SCHEDULE_ACTION_STOPPING))) {
            link = &send->next;
            continue;
        }
        if (send->has_answer && action != NULL) {
            (void)wf_schedule_action_step(&schedule->core, action, input_of(send),
                                          &(struct wf_schedule_details){.run_id = wf_run_id_string(&send->run_id)});
        }
        *link = send->next;
        wf_slab_give(&shard->slabs, send, sizeof *send);
    }
}

/* ---- One pass ---- */

static void run(struct wf_shard *shard, struct wf_shard_schedule *schedule)
{
    if (schedule->is_writing || schedule->retry_at_ns > shard->now_ns) {
        return;
    }
    schedule->core.now_ns = shard->now_ns;
    take_answers(shard, schedule);
    wf_schedule_advance(&schedule->core);
    if (schedule->core.is_changed) {
        write(shard, schedule);
    } else {
        send_calls(shard, schedule);
        schedule->wake_ns = wf_schedule_wake_at(&schedule->core);
    }
}

void wf_schedules_alarm(struct wf_shard *shard)
{
    if (shard->read_schedules_at_ns <= shard->now_ns) {
        read_all(shard);
    }
    for (struct wf_shard_schedule *schedule = shard->schedules; schedule != NULL; schedule = schedule->next) {
        run(shard, schedule);
    }
}

static wf_time_ns wake_at(const struct wf_shard_schedule *schedule)
{
    wf_time_ns at_ns = INT64_MAX;

    if (schedule->is_writing) {
        return INT64_MAX;
    }
    at_ns = schedule->wake_ns;
    for (const struct wf_schedule_send *send = schedule->sends; send != NULL; send = send->next) {
        if (!send->is_busy && send->retry_at_ns < at_ns) {
            at_ns = send->retry_at_ns;
        }
    }
    return at_ns < schedule->retry_at_ns ? schedule->retry_at_ns : at_ns;
}

wf_time_ns wf_schedules_wake_at(const struct wf_shard *shard)
{
    wf_time_ns at_ns = shard->read_schedules_at_ns;

    for (const struct wf_shard_schedule *schedule = shard->schedules; schedule != NULL; schedule = schedule->next) {
        const wf_time_ns schedule_at_ns = wake_at(schedule);

        at_ns = schedule_at_ns < at_ns ? schedule_at_ns : at_ns;
    }
    return at_ns;
}

/* ---- Requests ---- */

static void describe(struct wf_shard *shard, uint64_t call_id, const struct wf_shard_schedule *schedule)
{
    struct wf_svc_response *response = wf_shard_answer(shard, call_id, WF_CALL_OK, "");

    if (response != NULL) {
        response->answer_case = WF_CASE_svc_response_schedule;
        response->answer.schedule = wf_message_copy(&shard->step_arena, &wf_type_state_schedule,
                                                    schedule->core.state);
    }
}

/* The schedule is free, so that its state is what is committed: that is described. What any other call finds to be decided is
 * written with it. */
static void perform(struct wf_shard *shard, uint64_t call_id, struct wf_shard_schedule *schedule,
                    const struct wf_svc_schedule_call *call)
{
    enum wf_call_status status = WF_CALL_OK;
    const char *problem = NULL;

    if (call->op == WF_SCHEDULE_DESCRIBE) {
        describe(shard, call_id, schedule);
        return;
    }
    schedule->core.now_ns = shard->now_ns;
    if (schedule->core.state->schedule != NULL) {
        take_answers(shard, schedule);
        wf_schedule_advance(&schedule->core);
    }
    problem = wf_schedule_call(&schedule->core, call, &status);
    if (problem != NULL) {
        wf_shard_answer(shard, call_id, status, problem);
    } else if (!schedule->core.is_changed) {
        wf_shard_answer(shard, call_id, WF_CALL_OK, "");
    } else {
        schedule->call_id = call_id;
    }
    if (schedule->core.state->schedule == NULL) {
        give_up(shard, schedule); /* a create that was refused */
    } else if (schedule->core.is_deleted) {
        write(shard, schedule);
    } else {
        run(shard, schedule);
    }
}

static void receive_call(struct wf_shard *shard, uint64_t call_id, const struct wf_svc_schedule_call *call)
{
    struct wf_shard_schedule *schedule = find(shard, call->schedule_id);

    if (schedule == NULL && call->op != WF_SCHEDULE_CREATE) {
        wf_shard_answer(shard, call_id, WF_CALL_NOT_FOUND, "schedule not found");
        return;
    }
    if (schedule == NULL) {
        schedule = make(shard, call->schedule_id);
        if (schedule == NULL || !restore(shard, schedule)) {
            return; /* memory is gone, which ends the step */
        }
    }
    if (schedule->is_writing || schedule->retry_at_ns > shard->now_ns) {
        wf_shard_answer(shard, call_id, WF_CALL_UNAVAILABLE, "The schedule is being written.");
        return;
    }
    perform(shard, call_id, schedule, call);
}

static void receive_closed(struct wf_shard *shard, uint64_t call_id,
                           const struct wf_svc_record_action_closed *report)
{
    struct wf_shard_schedule *schedule = find(shard, report->link->schedule_id);
    struct wf_state_schedule_action *action = NULL;

    if (schedule != NULL && (schedule->is_writing || schedule->retry_at_ns > shard->now_ns)) {
        wf_shard_answer(shard, call_id, WF_CALL_UNAVAILABLE, "The schedule is being written.");
        return;
    }
    if (schedule != NULL && schedule->core.state->created_ns == report->link->created_ns) {
        schedule->core.now_ns = shard->now_ns;
        action = wf_schedule_action_find(schedule->core.state, report->link->action_id);
    }
    if (action == NULL ||
        !wf_schedule_action_step(&schedule->core, action, WF_SCHEDULE_ACTION_CLOSED,
                                 &(struct wf_schedule_details){.closing = report->closing})) {
        wf_shard_answer(shard, call_id, WF_CALL_OK, ""); /* told before, or of a schedule that is no more */
        return;
    }
    schedule->call_id = call_id;
    run(shard, schedule);
}

bool wf_schedule_receive(struct wf_shard *shard, uint64_t call_id, const struct wf_svc_request *request)
{
    const bool is_call = request->call_case == WF_CASE_svc_request_schedule_call;

    if (!is_call && request->call_case != WF_CASE_svc_request_record_action_closed) {
        return false;
    }
    if (shard->state != WF_SHARD_OWNED || !shard->are_schedules_read) {
        wf_shard_answer(shard, call_id, WF_CALL_UNAVAILABLE, "The shard is not ready.");
    } else if (is_call) {
        receive_call(shard, call_id, request->call.schedule_call);
    } else if (request->call.record_action_closed->link == NULL ||
               request->call.record_action_closed->closing == NULL) {
        wf_shard_answer(shard, call_id, WF_CALL_INVALID_ARGUMENT, "The report of an action is not complete.");
    } else {
        receive_closed(shard, call_id, request->call.record_action_closed);
    }
    return true;
}
