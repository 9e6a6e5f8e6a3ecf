#include "tests/model/trial.h"

#include <stdlib.h>
#include <string.h>

#include "tests/model/calls.h"
#include "tests/model/compare.h"

#define STEP_NS_MAX (40 * WF_NS_PER_MS) /* between calls */
#define SETTLED_NS (60 * WF_NS_PER_S) /* after which nothing is on its way any more */
#define COMMIT_RUNS_MAX 3               /* of one write: one that ends, one that begins, one that it comes from */
#define SEEDS_WITH_VERSIONS 4          /* every so many have workers of a deployment */
#define SEEDS_WITHOUT_NEXUS 5          /* every so many have no endpoints */
#define EXPECTED_MAX 4096               /* replies of the model to calls whose engine has not answered yet */

static const struct cluster_faults chaos = {
    .loss = 150,
    .duplicate = 60,
    .delay = 80,
    .database_refused = 250,
    .database_unknown = 250,
    .crash_every_ns = 9 * WF_NS_PER_S,
    .move_every_ns = 12 * WF_NS_PER_S,
    .matching_every_ns = 20 * WF_NS_PER_S,
    .outage_every_ns = 50 * WF_NS_PER_S,
    .skew_ns = 30 * WF_NS_PER_MS,
};

/* The model's reply to a call, made when the engine committed or read for it. */
struct expected {
    uint64_t call;
    bool is_none; /* nothing to compare with */
    struct wf_string bytes;
};

struct trial {
    const struct trial_options *options;
    struct trial_counts *counts;
    struct wf_buffer *out;
    struct cluster *cluster;
    struct model model;
    struct calls calls;
    struct wf_arena arena; /* of one comparison */
    struct expected expected[EXPECTED_MAX];
    uint64_t call_count;
    bool is_over; /* a difference was found */
};

/* Calls of schedules are one choice with several ends. */
static uint32_t kind_of(const struct wf_svc_request *request)
{
    const uint32_t op = request->call_case == WF_CASE_svc_request_schedule_call
                            ? (uint32_t)request->call.schedule_call->op
                            : 0;

    return op > 0 && TRIAL_KINDS + op <= TRIAL_KIND_MAX ? TRIAL_KINDS + op : request->call_case;
}

struct wf_string trial_kind_name(uint32_t kind)
{
    static const char *const schedule_calls[] = {
        [WF_SCHEDULE_CREATE] = "create schedule",       [WF_SCHEDULE_UPDATE] = "update schedule",
        [WF_SCHEDULE_PAUSE] = "pause schedule",         [WF_SCHEDULE_UNPAUSE] = "unpause schedule",
        [WF_SCHEDULE_TRIGGER] = "trigger schedule",     [WF_SCHEDULE_BACKFILL] = "backfill schedule",
        [WF_SCHEDULE_DELETE] = "delete schedule",       [WF_SCHEDULE_DESCRIBE] = "describe schedule",
    };
    const struct wf_field *field = wf_message_field(&wf_type_svc_request, kind);

    if (kind > TRIAL_KINDS) {
        return wf_string_of(schedule_calls[kind - TRIAL_KINDS]);
    }
    return field == NULL ? WF_STR("none") : wf_string_of(field->json_name);
}

bool trial_kind_is_covered(uint32_t kind)
{
    if (kind == WF_CASE_svc_request_schedule_call) {
        return false; /* counted by what it asks */
    }
    return kind > TRIAL_KINDS || model_knows(kind) || kind == WF_CASE_svc_request_poll_workflow_task ||
           kind == WF_CASE_svc_request_poll_activity_task ||
           kind == WF_CASE_svc_request_respond_query_task_completed ||
           kind == WF_CASE_svc_request_set_routing || kind == WF_CASE_svc_request_start_nexus_operation ||
           kind == WF_CASE_svc_request_cancel_nexus_operation;
}

const char *trial_way_name(enum trial_way way)
{
    static const char *const names[] = {
        [TRIAL_REPORT_BY_ID] = "report of an activity by id",
        [TRIAL_EAGER_ACTIVITY] = "eager activity",
        [TRIAL_LOCAL_ACTIVITY] = "marker of a local activity",
        [TRIAL_CRON_RUN] = "run of a cron schedule",
        [TRIAL_RETRY_RUN] = "retry of a run",
        [TRIAL_ENDED_BY_COUNT] = "run ended by its events",
        [TRIAL_ENDED_BY_SIZE] = "run ended by its size",
        [TRIAL_UPDATE_COMPLETED] = "update told completed",
        [TRIAL_UPDATE_ACCEPTED] = "update told accepted",
        [TRIAL_UPDATE_REJECTED] = "update told rejected",
        [TRIAL_UPDATE_ABORTED] = "update told aborted",
        [TRIAL_UPDATE_UNDECIDED] = "update told no verdict",
        [TRIAL_UPDATE_SENT] = "task with updates",
        [TRIAL_TASK_VANISHED] = "task that left no trace",
        [TRIAL_RESET_AGAIN] = "reset told again",
        [TRIAL_RESET_OF_CLOSED] = "reset of a closed run",
        [TRIAL_SIGNAL_AGAIN] = "signal applied again",
        [TRIAL_CHILD_AGAIN] = "news of a child applied again",
        [TRIAL_ACTIVITY_CUT] = "activity failed by a reset",
        [TRIAL_ACTION_MISSED] = "action missed",
        [TRIAL_ACTION_SKIPPED] = "action skipped",
        [TRIAL_ACTION_DROPPED] = "action dropped",
        [TRIAL_BUFFER_FULL] = "action too many",
        [TRIAL_ACTION_BEGUN] = "action begun",
        [TRIAL_ACTION_STOPPED] = "action stopped",
        [TRIAL_ACTION_REFUSED] = "action refused",
        [TRIAL_ACTION_CLOSED] = "action closed",
        [TRIAL_NEXUS_AT_ONCE] = "Nexus: ended by its start",
        [TRIAL_NEXUS_REFUSED] = "Nexus: start refused for good",
        [TRIAL_NEXUS_OVERTAKEN] = "Nexus: ended before its start",
        [TRIAL_NEXUS_NO_START] = "Nexus: schedule to start",
        [TRIAL_NEXUS_NO_CLOSE] = "Nexus: schedule to close",
        [TRIAL_NEXUS_NO_END] = "Nexus: start to close",
        [TRIAL_NEXUS_CANCEL_WAITED] = "Nexus: cancel before its start",
        [TRIAL_NEXUS_CANCEL_UNSEEN] = "Nexus: cancel of what ended",
        [TRIAL_VERSION_PINNED] = "next run pinned to its version",
        [TRIAL_VERSION_FOLLOWED] = "next run knows its routing",
        [TRIAL_VERSION_OF_PARENT] = "child with a parent's version",
        [TRIAL_VERSION_MOVED] = "run moved to a version",
        [TRIAL_VERSION_LEFT] = "run moved to no version",
        [TRIAL_VERSION_TARGET] = "pinned run told of a target",
        [TRIAL_OPTIONS_UPDATED] = "other options of an activity",
        [TRIAL_OPTIONS_RESTORED] = "an activity's options restored",
        [TRIAL_ACTIVITY_JITTER] = "activity let go with a jitter",
    };

    return names[way];
}

bool trial_event_is_covered(int32_t type)
{
    switch (type) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_REJECTED: /* the service writes none of these five (1.3) */
    case WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED_EXTERNALLY:
    case WF_EVENT_TYPE_ACTIVITY_PROPERTIES_MODIFIED_EXTERNALLY:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED:
        return false;
    default:
        return wf_event_descriptors[type].name != NULL;
    }
}

/* ---- Differences ---- */

static void describe_request(struct trial *trial, const struct wf_svc_request *request)
{
    struct wf_buffer text = {0};

    wf_buffer_init(&text, &trial->arena);
    wf_json_encode(&wf_type_svc_request, request, &text);
    wf_buffer_printf(trial->out, "%S\n", &(struct wf_string){text.data, text.size_bytes > 1500 ? 1500 : text.size_bytes});
}

static void describe(struct trial *trial, const struct model_operation *operation, const char *what)
{
    trial->is_over = true;
    wf_buffer_printf(trial->out, "seed %llu, call %llu: %s\n  ", (unsigned long long)trial->options->seed,
                     (unsigned long long)trial->call_count, what);
    switch (operation->kind) {
    case MODEL_REQUEST:
        describe_request(trial, operation->request);
        break;
    case MODEL_ALARM:
        wf_buffer_printf(trial->out, "alarm of %S %S\n", &operation->workflow_id, &operation->run_id);
        break;
    case MODEL_ANSWERED:
        wf_buffer_printf(trial->out, "answer to event %lld of %S %S: %s\n", (long long)operation->event_id,
                         &operation->workflow_id, &operation->run_id, wf_call_status_name(operation->status));
        break;
    }
    wf_buffer_printf(trial->out, "  at %lld ns\n", (long long)(operation->now_ns - CLUSTER_EPOCH_NS));
}

/* Says what differs when something does: `is_same` was found while the differences went into the arena's text. */
static void judge(struct trial *trial, const struct model_operation *operation, const char *what, bool is_same,
                  const struct wf_buffer *differences)
{
    if (!is_same && !trial->is_over) {
        const struct wf_string text = wf_buffer_string(differences);

        describe(trial, operation, what);
        wf_buffer_append_string(trial->out, text);
    }
}

/* ---- Replies that are still to come ---- */

static struct expected *expected_of(struct trial *trial, uint64_t call)
{
    return &trial->expected[(call & 0xfffff) % EXPECTED_MAX];
}

static void forget(struct expected *expected)
{
    union {
        const char *constant;
        void *plain;
    } data = {.constant = expected->bytes.data};

    free(data.plain);
    *expected = (struct expected){0};
}

static void expect(struct trial *trial, uint64_t call, const struct wf_svc_response *reply)
{
    struct expected *expected = expected_of(trial, call);
    struct wf_buffer bytes = {0};
    char *copy = NULL;

    forget(expected);
    expected->call = call;
    expected->is_none = reply == NULL;
    if (reply != NULL) {
        wf_buffer_init(&bytes, &trial->arena);
        wf_wire_encode(&wf_type_svc_response, reply, &bytes);
        copy = malloc(bytes.size_bytes + 1);
        if (copy == NULL) {
            abort();
        }
        if (bytes.size_bytes > 0) {
            memcpy(copy, bytes.data, bytes.size_bytes);
        }
        expected->bytes = (struct wf_string){copy, bytes.size_bytes};
    }
}

/* ---- Commits ---- */

static void *decode_state(struct trial *trial, struct wf_string bytes)
{
    struct wf_state_run *state = wf_message_new(&trial->arena, &wf_type_state_run);

    if (state == NULL || wf_wire_decode(&trial->arena, &wf_type_state_run, bytes, state, NULL) != WF_OK) {
        abort();
    }
    return state;
}

/* A run that had closed before, and now knows what was made of it (7.10). */
static bool is_only_linked(const struct wf_db_run_write *write)
{
    return write->is_closed && write->batches.count == 0;
}

static void compare_run(struct trial *trial, const struct model_operation *operation,
                        const struct wf_db_run_write *write, const struct wf_history_message *events,
                        const struct model_outcome *outcome)
{
    const bool is_linked = is_only_linked(write);
    struct model_run *run = write->is_new ? outcome->successor : is_linked ? outcome->linked : outcome->run;
    struct wf_buffer text = {0};
    bool is_same = false;

    wf_buffer_init(&text, &trial->arena);
    if (run == NULL) {
        judge(trial, operation, write->is_new ? "the model made no new run" : "the model did not change the run", false,
              &text);
        return;
    }
    is_same = is_linked ||
              compare_events(&trial->arena, events->events.items, events->events.count,
                             write->is_new ? outcome->new_events : outcome->events,
                             write->is_new ? outcome->new_event_count : outcome->event_count, &text);
    judge(trial, operation, "other events", is_same, &text);
    judge(trial, operation, "other bytes", !is_same || compare_batches(write, run, &text), &text);
    is_same = compare_states(&trial->arena, decode_state(trial, write->state), run, &text);
    judge(trial, operation, "another state", is_same, &text);
}

/* What a reset writes behind what it copies. */
static void count_again(struct trial_counts *counts, const struct wf_event *event)
{
    const struct wf_event_owner owner = wf_event_owner_of(event);

    counts->ways[TRIAL_SIGNAL_AGAIN] += event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED ? 1 : 0;
    counts->ways[TRIAL_CHILD_AGAIN] += owner.kind == WF_OWNER_CHILD ? 1 : 0;
    counts->ways[TRIAL_ACTIVITY_CUT] += event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_FAILED ? 1 : 0;
}

/* Events that were written, and how. */
static void count_events(struct trial_counts *counts, const struct wf_db_run_write *write,
                         const struct wf_history_message *events)
{
    counts->ways[TRIAL_RESET_OF_CLOSED] += is_only_linked(write) ? 1 : 0;
    for (uint32_t i = (uint32_t)write->fork_event_id; i < events->events.count; i++) {
        const struct wf_event *event = &events->events.items[i];

        counts->events[event->event_type]++;
        if (write->fork_run_id.size_bytes > 0) {
            count_again(counts, event);
        }
        if (event->event_type == WF_EVENT_TYPE_MARKER_RECORDED &&
            wf_string_is(event->attributes.marker_recorded->marker_name, "core_local_activity")) {
            counts->ways[TRIAL_LOCAL_ACTIVITY]++;
        }
        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED) {
            const struct wf_string reason = event->attributes.workflow_execution_terminated->reason;

            counts->ways[TRIAL_ENDED_BY_COUNT] += wf_string_is(reason, "Workflow history count exceeds limit.") ? 1 : 0;
            counts->ways[TRIAL_ENDED_BY_SIZE] += wf_string_is(reason, "Workflow history size exceeds limit.") ? 1 : 0;
        }
        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED &&
            event->attributes.workflow_execution_started->continued_execution_run_id.size_bytes > 0) {
            const int32_t initiator = event->attributes.workflow_execution_started->initiator;

            counts->ways[TRIAL_CRON_RUN] += initiator == WF_CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE ? 1 : 0;
            counts->ways[TRIAL_RETRY_RUN] += initiator == WF_CONTINUE_AS_NEW_INITIATOR_RETRY ? 1 : 0;
        }
    }
}

/* What a schedule or one of its runs sends within the service. */
static void judge_inner_call(struct trial *trial, const struct model_operation *operation)
{
    const char *what = operation->kind == MODEL_REQUEST ? model_schedule_judge_call(&trial->model, operation->request)
                                                        : NULL;

    if (what != NULL && !trial->is_over) {
        describe(trial, operation, what);
    }
}

static void count_notes(struct trial_counts *counts, const struct wf_db_write_schedule *write)
{
    static const uint32_t schedule_ways[] = {
        [WF_SCHEDULE_STEP_MISS] = TRIAL_ACTION_MISSED,    [WF_SCHEDULE_STEP_SKIP] = TRIAL_ACTION_SKIPPED,
        [WF_SCHEDULE_STEP_DROP] = TRIAL_ACTION_DROPPED,   [WF_SCHEDULE_STEP_BEGIN] = TRIAL_ACTION_BEGUN,
        [WF_SCHEDULE_STEP_STOP] = TRIAL_ACTION_STOPPED,   [WF_SCHEDULE_STEP_REFUSE] = TRIAL_ACTION_REFUSED,
        [WF_SCHEDULE_STEP_CLOSE] = TRIAL_ACTION_CLOSED,
    };

    for (uint32_t i = 0; i < write->notes.count; i++) {
        const struct wf_schedule_note *note = &write->notes.items[i];
        const uint32_t way = schedule_ways[note->kind];

        if (note->kind == WF_SCHEDULE_STEP_DROP && i > 0 && note[-1].kind == WF_SCHEDULE_STEP_TAKE &&
            note[-1].nominal_ns == note->nominal_ns) {
            counts->ways[TRIAL_BUFFER_FULL]++;
        } else {
            counts->ways[way] += way != 0 ? 1 : 0;
        }
    }
}

static void on_schedule_commit(struct trial *trial, const struct cluster_commit *commit)
{
    struct model_operation operation = commit->operation;
    struct model_schedule_outcome outcome = {0};
    struct wf_buffer text = {0};

    operation.workflow_id = commit->schedule->schedule_id;
    wf_buffer_init(&text, &trial->arena);
    judge_inner_call(trial, &operation);
    count_notes(trial->counts, commit->schedule);
    trial->counts->compared_commits++;
    model_schedule_write(&trial->model, &operation, commit->schedule, &outcome);
    if (outcome.problem != NULL && !trial->is_over) {
        describe(trial, &operation, outcome.problem);
    } else if (!outcome.outcome.writes && !trial->is_over) {
        describe(trial, &operation, "the engine wrote the schedule, the model does not");
    } else if (!trial->is_over) {
        judge(trial, &operation, "another schedule",
              compare_schedules(&trial->arena, commit->schedule, outcome.write, &text), &text);
    }
    if (operation.kind == MODEL_REQUEST) {
        expect(trial, commit->call, outcome.outcome.reply);
    }
    wf_arena_reset(&trial->model.step_arena);
    wf_arena_reset(&trial->arena);
}

/* What an operator did to activities, by the state that it made. */
static void count_operation(struct trial_counts *counts, const struct model_operation *operation,
                            const struct model_given *given)
{
    const struct wf_svc_operate_activity *call = NULL;

    if (operation->kind != MODEL_REQUEST || operation->request->call_case != WF_CASE_svc_request_operate_activity) {
        return;
    }
    call = operation->request->call.operate_activity;
    if (call->action == WF_ACTIVITY_ACTION_UPDATE_OPTIONS) {
        counts->ways[call->restores_options ? TRIAL_OPTIONS_RESTORED : TRIAL_OPTIONS_UPDATED]++;
    }
    for (uint32_t i = 0; given->state != NULL && i < given->state->activities.count; i++) {
        const struct wf_state_activity *activity = &given->state->activities.items[i];

        counts->ways[TRIAL_ACTIVITY_JITTER] += call->action != WF_ACTIVITY_ACTION_UPDATE_OPTIONS &&
                                                       wf_time_of(call->jitter) > 0 && activity->backoff_from_ns == 0 &&
                                                       activity->scheduled_time_ns > operation->now_ns
                                                   ? 1
                                                   : 0;
    }
}

static void on_commit(void *context, const struct cluster_commit *commit)
{
    struct trial *trial = context;
    struct model_operation operation = commit->operation;
    struct model_given given = {0};
    struct model_outcome outcome = {0};
    struct wf_history_message events[COMMIT_RUNS_MAX] = {{0}};

    if (trial->is_over) {
        return;
    }
    if (commit->schedule != NULL) {
        on_schedule_commit(trial, commit);
        return;
    }
    judge_inner_call(trial, &operation);
    for (uint32_t i = 0; i < commit->write->runs.count && i < COMMIT_RUNS_MAX; i++) {
        const struct wf_db_run_write *run = &commit->write->runs.items[i];

        events[i] = compare_decode(&trial->arena, run);
        count_events(trial->counts, run, &events[i]);
        operation.workflow_id = run->workflow_id;
        if (run->is_new) {
            given.new_run_id = run->run_id;
            given.new_request_id = commit->write->current == NULL ? (struct wf_string){0}
                                                                  : commit->write->current->create_request_id;
            given.new_state = decode_state(trial, run->state);
            given.new_events = events[i].events.items;
            given.new_event_count = events[i].events.count;
        } else if (!is_only_linked(run)) {
            operation.run_id = run->run_id;
            given.state = decode_state(trial, run->state);
            given.events = events[i].events.items;
            given.event_count = events[i].events.count;
        }
    }
    trial_count_versions(trial->counts, &trial->model, &operation, &given);
    model_perform(&trial->model, &operation, &given, &outcome);
    count_operation(trial->counts, &operation, &given);
    trial->counts->compared_commits++;
    trial->counts->alarms += operation.kind == MODEL_ALARM ? 1 : 0;
    trial->counts->answered += operation.kind == MODEL_ANSWERED ? 1 : 0;
    if (!outcome.writes) {
        describe(trial, &operation, "the engine wrote, the model does not");
        if (outcome.reply != NULL) {
            wf_buffer_printf(trial->out, "  the model answers %s\n", wf_call_status_name(outcome.reply->status));
        }
    }
    for (uint32_t i = 0; i < commit->write->runs.count && i < COMMIT_RUNS_MAX && !trial->is_over; i++) {
        compare_run(trial, &operation, &commit->write->runs.items[i], &events[i], &outcome);
    }
    trial_count_nexus(trial->counts, &operation, &given);
    if (operation.kind == MODEL_REQUEST) {
        expect(trial, commit->call, outcome.reply);
    }
    wf_arena_reset(&trial->model.step_arena);
    wf_arena_reset(&trial->arena);
}

/* ---- Answers ---- */

static bool is_missing(int32_t status)
{
    return status == WF_CALL_UNAVAILABLE || status == WF_CALL_DEADLINE_EXCEEDED;
}

static void count_way(struct trial_counts *counts, const struct wf_svc_request *request,
                      const struct wf_svc_response *response)
{
    struct wf_activity_address address = {0};

    if (wf_activity_address_of(request, &address) && address.token.size_bytes == 0) {
        counts->ways[TRIAL_REPORT_BY_ID]++;
    }
    if (response->answer_case == WF_CASE_svc_response_workflow_task_accepted &&
        response->answer.workflow_task_accepted->activity_tasks.count > 0) {
        counts->ways[TRIAL_EAGER_ACTIVITY]++;
    }
    if (request->call_case == WF_CASE_svc_request_reset_workflow && !response->answer.started->started) {
        counts->ways[TRIAL_RESET_AGAIN]++;
    }
}

static void count(struct trial *trial, const struct wf_svc_request *request, const struct wf_svc_response *response)
{
    struct trial_count *kind = &trial->counts->kinds[kind_of(request)];

    if (response->status == WF_CALL_OK) {
        kind->succeeded++;
        count_way(trial->counts, request, response);
    } else if (is_missing(response->status)) {
        kind->missing++;
    } else {
        kind->refused++;
    }
}

/* The answer of a worker to a query is what the worker of this trial said: the number of the call that asked. */
static bool is_query_answered(const struct wf_svc_request *request, const struct wf_svc_response *response)
{
    const struct wf_svc_query_answer *answer = NULL;

    if (response->status != WF_CALL_OK || response->answer_case != WF_CASE_svc_response_query_answer ||
        response->answer.query_answer->rejected_status != 0) {
        return false;
    }
    answer = response->answer.query_answer;
    return answer->result != NULL && answer->result->payloads.count == 1 &&
           wf_string_equal(answer->result->payloads.items[0].data,
                           request->call.query_workflow->query->arguments.items[0].data);
}

/* A query waits for a task, and the run may close meanwhile: what it is told then is not what it would be told at once. */
static bool has_waited(const struct wf_svc_request *request, const struct wf_svc_response *response)
{
    return request->call_case == WF_CASE_svc_request_query_workflow && response->status != WF_CALL_OK;
}

/* The model's reply to an operation that wrote nothing. NULL: there is none, or it may be either. */
static const struct wf_svc_response *reply_now(struct trial *trial, const struct model_operation *operation,
                                               const struct wf_svc_response *response)
{
    struct model_outcome outcome = {0};

    model_perform(&trial->model, operation, NULL, &outcome);
    if (outcome.writes && !outcome.is_uncertain) {
        describe(trial, operation, "the model writes, the engine did not");
        if (outcome.reply != NULL) {
            wf_buffer_printf(trial->out, "  the model answers %s\n", wf_call_status_name(outcome.reply->status));
        }
        if (response != NULL) {
            wf_buffer_printf(trial->out, "  the engine answers %s (%S)\n", wf_call_status_name(response->status),
                             &response->message);
        }
    }
    return outcome.is_uncertain ? NULL : outcome.reply;
}

static const struct wf_svc_response *reply_expected(struct trial *trial, struct expected *expected)
{
    struct wf_svc_response *reply = wf_message_new(&trial->arena, &wf_type_svc_response);

    if (reply == NULL ||
        wf_wire_decode(&trial->arena, &wf_type_svc_response, wf_string_copy(&trial->arena, expected->bytes), reply,
                       NULL) != WF_OK) {
        abort();
    }
    return reply;
}

static bool is_update(const struct wf_svc_request *request)
{
    return request->call_case == WF_CASE_svc_request_update_workflow ||
           request->call_case == WF_CASE_svc_request_poll_update ||
           request->call_case == WF_CASE_svc_request_update_with_start;
}

static uint32_t update_way(const struct wf_svc_response *response)
{
    const int32_t verdict = response->answer_case == WF_CASE_svc_response_update_answer
                                ? response->answer.update_answer->verdict
                                : WF_UPDATE_UNDECIDED;

    return verdict == WF_UPDATE_VERDICT_COMPLETED  ? 0
           : verdict == WF_UPDATE_VERDICT_ACCEPTED ? 1
           : verdict == WF_UPDATE_VERDICT_REJECTED ? 2
           : verdict == WF_UPDATE_VERDICT_ABORTED  ? 3
                                                   : 4;
}

/* What the owner's memory decides: whether it can be so. */
static void judge_memory(struct trial *trial, const struct model_operation *operation,
                         const struct wf_svc_response *response, bool is_owner)
{
    const struct wf_svc_workflow_task *task = response->answer_case == WF_CASE_svc_response_workflow_task
                                                  ? response->answer.workflow_task
                                              : response->answer_case == WF_CASE_svc_response_workflow_task_accepted
                                                  ? response->answer.workflow_task_accepted->new_task
                                                  : NULL;
    const char *what = NULL;

    if (is_update(operation->request)) {
        what = model_judge_update(&trial->model, operation->request, response, is_owner);
        trial->counts->ways[TRIAL_UPDATE_COMPLETED + update_way(response)]++;
    } else if (task != NULL && is_owner) {
        what = model_judge_messages(&trial->model, task);
        trial->counts->ways[TRIAL_UPDATE_SENT] += task->messages.count > 0 ? 1 : 0;
    }
    if (operation->request->call_case == WF_CASE_svc_request_record_workflow_task_started && task != NULL) {
        model_learn_start(&trial->model, operation->request->call.record_workflow_task_started);
    }
    if (response->answer_case == WF_CASE_svc_response_workflow_task_accepted &&
        response->answer.workflow_task_accepted->reset_history_event_id != 0) {
        trial->counts->ways[TRIAL_TASK_VANISHED]++;
    }
    if (what == NULL) {
        what = model_judge_versions(&trial->model, operation->request, response, is_owner);
    }
    if (what != NULL && !trial->is_over) {
        describe(trial, operation, what);
        wf_buffer_printf(trial->out, "  the engine answers %s (%S)\n", wf_call_status_name(response->status),
                         &response->message);
    }
}

static void on_answer(void *context, uint64_t call, const struct wf_svc_request *request,
                      const struct wf_svc_response *response, wf_time_ns now_ns, bool is_owner)
{
    struct trial *trial = context;
    const struct model_operation operation = {.kind = MODEL_REQUEST, .now_ns = now_ns, .request = request};
    struct expected *expected = expected_of(trial, call);
    const bool is_expected = expected->call == call;
    const struct wf_svc_response *reply = NULL;
    struct wf_buffer text = {0};

    count(trial, request, response);
    if (!trial->is_over) {
        judge_inner_call(trial, &operation);
        model_schedule_learn(&trial->model, request, response);
        judge_memory(trial, &operation, response, is_owner);
    }
    if (trial->is_over || is_missing(response->status) ||
        (request->call_case == WF_CASE_svc_request_query_workflow &&
         (is_query_answered(request, response) || has_waited(request, response)))) {
        /* Nothing to judge. */
    } else if (is_expected && !expected->is_none) {
        reply = reply_expected(trial, expected);
    } else if (!is_expected && is_owner) {
        reply = reply_now(trial, &operation, response);
    } else if (!is_expected) {
        cluster_count(trial->cluster)->stale_answers++;
    }
    if (reply != NULL && response->status != WF_CALL_RESOURCE_EXHAUSTED) {
        wf_buffer_init(&text, &trial->arena);
        trial->counts->compared_replies++;
        judge(trial, &operation, "another reply", compare_responses(&trial->arena, response, reply, &text), &text);
    }
    if (is_expected) {
        forget(expected);
    }
    wf_arena_reset(&trial->model.step_arena);
    wf_arena_reset(&trial->arena);
}

static void on_reading(void *context, uint64_t call, const struct wf_svc_request *request, wf_time_ns now_ns,
                       bool is_owner)
{
    struct trial *trial = context;
    const struct model_operation operation = {.kind = MODEL_REQUEST, .now_ns = now_ns, .request = request};

    if (request->call_case == WF_CASE_svc_request_record_workflow_task_started) {
        model_learn_start(&trial->model, request->call.record_workflow_task_started); /* perhaps without a write */
    }
    if (!trial->is_over && expected_of(trial, call)->call != call) {
        expect(trial, call, is_owner ? reply_now(trial, &operation, NULL) : NULL);
    }
    wf_arena_reset(&trial->model.step_arena);
    wf_arena_reset(&trial->arena);
}

/* Handlers are outside: what they are asked is judged, what they say is known to the model as it is to the engine. */
static const struct wf_svc_response *on_handled(void *context, const struct wf_svc_request *request)
{
    struct trial *trial = context;
    const struct model_operation operation = {
        .kind = MODEL_REQUEST, .now_ns = cluster_now(trial->cluster), .request = request};
    const struct wf_svc_response *response = NULL;
    struct trial_count *count = &trial->counts->kinds[request->call_case];
    const char *what = trial->is_over ? NULL : model_judge_nexus(&trial->model, request);

    if (what != NULL) {
        describe(trial, &operation, what);
    }
    response = calls_handle(&trial->calls, request);
    count->missing += response == NULL || is_missing(response->status) ? 1 : 0;
    if (response != NULL && !is_missing(response->status)) {
        count->succeeded += response->status == WF_CALL_OK ? 1 : 0;
        count->refused += response->status == WF_CALL_OK ? 0 : 1;
        model_note_nexus(&trial->model, request, response);
    }
    wf_arena_reset(&trial->model.step_arena);
    wf_arena_reset(&trial->arena);
    return response;
}

static void on_return(void *context, uint64_t tag, const struct wf_svc_response *response)
{
    struct trial *trial = context;

    const uint32_t kind = (uint32_t)(tag >> 8);
    struct trial_count *count = &trial->counts->kinds[kind];

    calls_take(&trial->calls, (uint32_t)(tag & 0xff), response);
    /* What history never sees is counted where it ends; a poll succeeds when it brings a task. */
    if (kind == WF_CASE_svc_request_poll_workflow_task || kind == WF_CASE_svc_request_poll_activity_task) {
        count->succeeded += response->status == WF_CALL_OK && response->answer_case != 0 ? 1 : 0;
        count->missing += response->status != WF_CALL_OK || response->answer_case == 0 ? 1 : 0;
    } else if (kind == WF_CASE_svc_request_respond_query_task_completed || kind == WF_CASE_svc_request_set_routing) {
        count->succeeded += response->status == WF_CALL_OK ? 1 : 0;
        count->missing += is_missing(response->status) ? 1 : 0;
        count->refused += response->status != WF_CALL_OK && !is_missing(response->status) ? 1 : 0;
    }
}

/* ---- The end ---- */

/* Whether somebody let the run go on by a reset, which the policy of a parent that ended before does not reach. */
static bool is_revived(const struct model_run *run, const struct model_run *parent)
{
    return !wf_string_equal(run->start->started->original_execution_run_id, run->start->run_id) &&
           run->start->start_time_ns + 2 * chaos.skew_ns > parent->state->close_time_ns;
}

/* Whether the close policy has done its work on an open chain: a cancellation reaches one run of it. */
static bool has_policy_come(const struct trial *trial, const struct model_run *parent,
                            const struct wf_state_child *child)
{
    const struct model_workflow *workflow = model_workflow_find(&trial->model, child->workflow_id);

    for (uint32_t i = 0; i < workflow->runs.count; i++) {
        const struct model_run *run = workflow->runs.items[i];

        if (wf_string_equal(run->start->first_run_id, child->run_id) &&
            (is_revived(run, parent) || (child->parent_close_policy == WF_PARENT_CLOSE_POLICY_REQUEST_CANCEL &&
                                         run->state->is_cancel_requested))) {
            return true;
        }
    }
    return child->parent_close_policy == WF_PARENT_CLOSE_POLICY_ABANDON;
}

/* Long after the last fault nothing may be left undone: what is due has happened, and close policies have reached children. */
static const char *left_undone(const struct trial *trial, const struct model_run *run)
{
    const wf_time_ns long_ago_ns = cluster_now(trial->cluster) - SETTLED_NS;

    if (model_run_is_open(run)) {
        if (run->start->run_expiration_ns != 0 && run->start->run_expiration_ns < long_ago_ns) {
            return "a run outlives its timeout";
        }
        for (uint32_t i = 0; i < run->state->timers.count; i++) {
            if (run->state->timers.items[i].expiry_ns < long_ago_ns) {
                return "a timer has not fired";
            }
        }
        if (model_nexus_deadline(run->state) < long_ago_ns) {
            return "a Nexus operation outlives its timeout";
        }
        return NULL;
    }
    for (uint32_t i = 0; i < run->state->children.count && !run->state->is_reset_away; i++) {
        const struct wf_state_child *child = &run->state->children.items[i];
        const struct model_run *current = model_run_find(&trial->model, child->workflow_id, (struct wf_string){0});

        if (run->state->close_time_ns < long_ago_ns && child->run_id.size_bytes > 0 && current != NULL &&
            model_run_is_open(current) && wf_string_equal(current->start->first_run_id, child->run_id) &&
            current->start->parent != NULL && wf_string_equal(current->start->parent->workflow_id, run->start->workflow_id) &&
            !has_policy_come(trial, run, child)) {
            return "a child outlives the parent whose close policy ends it";
        }
    }
    return NULL;
}

static void check_end(struct trial *trial)
{
    uint32_t index = 0;
    struct wf_map_entry *entry = NULL;

    while ((entry = wf_map_next(&trial->model.schedules, &index)) != NULL) {
        const char *what = model_schedule_left_undone(&trial->model, entry->value,
                                                      cluster_now(trial->cluster) - SETTLED_NS);

        if (what != NULL && !trial->is_over) {
            trial->is_over = true;
            wf_buffer_printf(trial->out, "seed %llu, at the end: %s\n  schedule %S\n",
                             (unsigned long long)trial->options->seed, what, &entry->key);
        }
    }
    index = 0;

    while ((entry = wf_map_next(&trial->model.workflows, &index)) != NULL) {
        const struct model_workflow *workflow = entry->value;

        for (uint32_t i = 0; i < workflow->runs.count && !trial->is_over; i++) {
            const struct model_run *run = workflow->runs.items[i];
            const char *what = left_undone(trial, run);

            if (what != NULL) {
                trial->is_over = true;
                wf_buffer_printf(trial->out, "seed %llu, at the end: %s\n  %S %S\n",
                                 (unsigned long long)trial->options->seed, what, &workflow->id, &run->start->run_id);
            }
        }
    }
}

/* ---- The trial ---- */

static void lower_limits(struct wf_service_limits *limits)
{
    wf_service_limits_default(limits);
    limits->pending_activities_max = 4;
    limits->pending_children_max = 4;
    limits->pending_signals_max = 4;
    limits->pending_cancels_max = 4;
    limits->pending_nexus_max = 3;
    limits->memo_bytes_max = 2000;
    limits->search_attributes_max = 3;
    limits->search_attribute_bytes_max = 300;
    limits->search_attributes_bytes_max = 700;
    limits->signals_max = 25;
    limits->updates_max = 12;
    limits->updates_in_flight_max = 4;
    limits->buffered_events_max = 8;
    limits->blob_bytes_max = 2000;
    limits->history_events_suggest = 60;
    limits->history_events_max = 85;
    limits->history_bytes_max = 7500;
}

static void add_counts(struct cluster_counts *sum, const struct cluster_counts *counts)
{
    uint64_t *to = (uint64_t *)(void *)sum;
    const uint64_t *from = (const uint64_t *)(const void *)counts;

    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++) {
        to[i] += from[i];
    }
}

static void call_once(struct trial *trial)
{
    uint32_t worker = 0;
    const struct wf_svc_request *request = calls_next(&trial->calls, &worker);

    trial->call_count++;
    trial->counts->kinds[kind_of(request)].sent++;
    model_note_update(&trial->model, request);
    model_note_routing(&trial->model, request);
    cluster_send(trial->cluster, request, (uint64_t)kind_of(request) << 8 | worker);
    cluster_run(trial->cluster, (int64_t)cluster_draw(trial->cluster, STEP_NS_MAX));
}

uint64_t trial_run(const struct trial_options *options, struct trial_counts *counts, struct wf_buffer *out)
{
    static const struct cluster_faults calm = {0};
    struct trial *trial = calloc(1, sizeof *trial);
    const struct wf_string endpoints[] = {WF_STR("bank"), WF_STR("shop")};
    struct wf_service_config config = {
        .identity = WF_STR("service"), .nexus_endpoints = endpoints, .planted = options->planted};
    struct cluster_watch watch = {trial, on_commit, on_answer, on_reading, on_handled, on_return};
    uint64_t differs_at = 0;

    if (trial == NULL) {
        abort();
    }
    trial->options = options;
    trial->counts = counts;
    trial->out = out;
    wf_arena_init(&trial->arena, wf_system_blocks(), 0);
    lower_limits(&config.limits);
    config.nexus_endpoint_count = options->seed % SEEDS_WITHOUT_NEXUS == 0 ? 0 : 2;
    model_init(&trial->model, &config.limits);
    trial->model.nexus_endpoints = config.nexus_endpoints;
    trial->model.nexus_endpoint_count = config.nexus_endpoint_count;
    trial->cluster = cluster_new(options->seed, &config, options->has_faults ? &chaos : &calm, &watch);
    calls_init(&trial->calls, trial->cluster, &trial->model);
    trial->calls.is_versioned = options->seed % SEEDS_WITH_VERSIONS == SEEDS_WITH_VERSIONS - 1;
    cluster_run(trial->cluster, WF_NS_PER_S);
    while (trial->call_count < options->call_count && !trial->is_over) {
        call_once(trial);
    }
    if (!trial->is_over) {
        cluster_heal(trial->cluster);
        cluster_run(trial->cluster, 2 * SETTLED_NS); /* what is under way ends */
    }
    if (!trial->is_over) {
        check_end(trial);
    }
    differs_at = trial->is_over ? trial->call_count : 0;
    add_counts(&counts->cluster, cluster_count(trial->cluster));
    cluster_free(trial->cluster);
    calls_deinit(&trial->calls);
    model_deinit(&trial->model);
    for (uint32_t i = 0; i < EXPECTED_MAX; i++) {
        forget(&trial->expected[i]);
    }
    wf_arena_deinit(&trial->arena);
    free(trial);
    return differs_at;
}
