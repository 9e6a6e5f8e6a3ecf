/* Machines are put in a state by hand, in a run that a live worker has begun. */
#include "tests/support/machine_rows.h"

#include "engine/base/assert.h"
#include "engine/worker/local.h"
#include "engine/worker/worker_state.h"
#include "tests/support/test.h"

/* What a kind's command is, which event it becomes, and what asks to cancel it. */
static const struct {
    int32_t command;
    int32_t origin;
    uint32_t request;
} kinds[WF_MACHINE_KIND_COUNT] = {
    [WF_MACHINE_TIMER] = {WF_COMMAND_TYPE_START_TIMER, WF_EVENT_TYPE_TIMER_STARTED,
                          WF_CASE_sdk_command_cancel_timer},
    [WF_MACHINE_ACTIVITY] = {WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                             WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
                             WF_CASE_sdk_command_request_cancel_activity},
    [WF_MACHINE_LOCAL_ACTIVITY] = {WF_COMMAND_TYPE_RECORD_MARKER, WF_EVENT_TYPE_MARKER_RECORDED,
                                   WF_CASE_sdk_command_request_cancel_local_activity},
    [WF_MACHINE_CHILD] = {WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
                          WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
                          WF_CASE_sdk_command_cancel_child_workflow_execution},
    [WF_MACHINE_SIGNAL_EXTERNAL] = {WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
                                    WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
                                    WF_CASE_sdk_command_cancel_signal_workflow},
    [WF_MACHINE_CANCEL_EXTERNAL] =
        {WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
         WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, 0},
    [WF_MACHINE_NEXUS] = {WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION,
                          WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED,
                          WF_CASE_sdk_command_request_cancel_nexus_operation},
    [WF_MACHINE_PATCH] = {WF_COMMAND_TYPE_RECORD_MARKER, WF_EVENT_TYPE_MARKER_RECORDED, 0},
    [WF_MACHINE_VALUE] = {WF_COMMAND_TYPE_RECORD_MARKER, WF_EVENT_TYPE_MARKER_RECORDED, 0},
    [WF_MACHINE_UPDATE] = {WF_COMMAND_TYPE_PROTOCOL_MESSAGE,
                           WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
                           WF_CASE_sdk_command_update_response},
    [WF_MACHINE_UPSERT] = {WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
                           WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, 0},
    [WF_MACHINE_MEMO] = {WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES,
                         WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED, 0},
    [WF_MACHINE_COMPLETE] = {WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
                             WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, 0},
    [WF_MACHINE_FAIL] = {WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
                         WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, 0},
    [WF_MACHINE_CANCEL] = {WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION,
                           WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, 0},
    [WF_MACHINE_CONTINUE] = {WF_COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
                             WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, 0},
};

struct bench {
    struct wf_arena *arena;
    struct wf_worker *worker;
    struct wf_run *run;
    struct history_builder history; /* events for the machines, not for the worker */
    uint32_t seq;
};

static void bench_init(struct bench *bench, struct wf_arena *arena)
{
    const struct wf_worker_config config = {
        .blocks = arena->source, .cache_size_max = 1, .family = WF_FAMILY_CORE};
    struct history_builder history;
    struct wf_task task = {.run_id = WF_STR(HISTORY_RUN_ID), .is_full_history = true};
    struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &task};
    struct wf_worker_output out;

    *bench = (struct bench){.arena = arena, .worker = wf_worker_new(&config)};
    history_init(&history, arena);
    history_add(&history, "started, task");
    history_init(&bench->history, arena);
    task.events = history.events;
    task.event_count = history.count;
    task.started_event_id = history.count;
    assert_non_null(bench->worker);
    assert_int_equal(wf_worker_step(bench->worker, &in, &out, NULL), WF_OK);
    assert_int_equal(out.type, WF_WORKER_ACTIVATION);
    bench->run = &bench->worker->runs[0];
}

/* An event that names the machine rightly: same ids and types. */
static const struct wf_event *event_for(struct bench *bench, const struct wf_machine *machine,
                                        int32_t type)
{
    char id[16];
    struct wf_event *event = NULL;
    struct wf_buffer text;

    wf_buffer_init_fixed(&text, id, sizeof id - 1);
    wf_buffer_printf(&text, "%u", machine->seq);
    id[text.size_bytes] = '\0';
    if (machine->kind == WF_MACHINE_PATCH) {
        event = history_patch(&bench->history, "p1", false);
    } else if (type == WF_EVENT_TYPE_TIMER_FIRED) {
        event = history_timer_fired(&bench->history, 1, id);
    } else if (type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
        event = history_activity(&bench->history, id, "foo");
    } else if (type == WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED) {
        event = history_child(&bench->history, "child", "Child");
    } else {
        event = history_event(&bench->history, (enum wf_event_type)type);
    }
    return wf_message_copy(bench->arena, &wf_type_event, event);
}

static struct wf_machine *machine_in(struct bench *bench, enum wf_machine_kind kind, uint8_t state)
{
    struct wf_machine *machine = wf_run_add_machine(bench->run, kind, ++bench->seq);
    struct wf_queued *queued = NULL;

    assert_non_null(machine);
    queued = wf_queue_push(bench->run, machine, kinds[kind].command, NULL);
    assert_non_null(queued);
    queued->id = kind == WF_MACHINE_CHILD ? WF_STR("child") : (struct wf_string){NULL, 0};
    queued->type = kind == WF_MACHINE_CHILD ? WF_STR("Child") : WF_STR("foo");
    machine->state = state;
    if (kind != WF_MACHINE_TIMER) { /* whose number is its id */
        machine->id = kind == WF_MACHINE_PATCH ? WF_STR("p1") : WF_STR("u1");
    }
    machine->origin = state == 0 ? NULL : event_for(bench, machine, kinds[kind].origin);
    if (kind == WF_MACHINE_LOCAL_ACTIVITY) {
        machine->local = wf_arena_take(bench->arena, sizeof *machine->local);
        machine->local->marker.activity_id = machine->id;
        machine->live = wf_arena_take(bench->arena, sizeof *machine->live);
        machine->live->resolution = WF_RESOLVED_COMPLETED;
        machine->live->schedule = wf_arena_take(bench->arena, sizeof *machine->live->schedule);
        bench->run->local_pending_count++;
    }
    return machine;
}

static struct wf_machine_input input_for(struct bench *bench, const struct wf_machine *machine,
                                         int32_t input)
{
    struct wf_machine_input in = {.input = input};
    struct wf_sdk_command *command = wf_arena_take(bench->arena, sizeof *command);

    if (input < WF_REQUEST_CANCEL_TRY) {
        in.event = event_for(bench, machine, input);
        in.queued = wf_queue_of(bench->run, machine);
    } else if (input == WF_REQUEST_RESOLVE) {
        in.event = event_for(bench, machine, WF_EVENT_TYPE_MARKER_RECORDED);
    } else {
        command->variant_case = kinds[machine->kind].request;
        command->variant.any = wf_arena_take(bench->arena, 512);
        in.command = command;
    }
    return in;
}

static const struct wf_transition *row_of(const struct wf_machine_type *type, uint32_t from,
                                          int32_t input)
{
    for (uint32_t i = 0; i < type->row_count; i++) {
        if (type->rows[i].from == from && type->rows[i].input == input) {
            return &type->rows[i];
        }
    }
    return NULL;
}

static void check_pair(struct bench *bench, enum wf_machine_kind kind, uint8_t from, int32_t input)
{
    const struct wf_transition *row = row_of(&wf_machine_types[kind], from, input);
    struct wf_machine *machine = machine_in(bench, kind, from);
    const struct wf_machine_input in = input_for(bench, machine, input);
    const bool is_taken = wf_machine_step(bench->run, machine, &in);

    assert_int_equal(is_taken, row != NULL);
    assert_int_equal(machine->state, row != NULL ? row->to : from);
    assert_false(bench->run->is_divergent);
    assert_false(bench->run->is_full);
}

static uint8_t last_state(const struct wf_machine_type *type)
{
    uint8_t last = 0;

    for (uint32_t i = 0; i < type->row_count; i++) {
        last = type->rows[i].from > last ? type->rows[i].from : last;
        last = type->rows[i].to > last ? type->rows[i].to : last;
    }
    return last;
}

void machine_rows_check(struct wf_arena *arena, enum wf_machine_kind kind)
{
    struct bench bench;

    bench_init(&bench, arena);
    for (uint8_t from = 0; from <= last_state(&wf_machine_types[kind]); from++) {
        for (int32_t input = 1; input <= WF_REQUEST_COMPLETE; input++) {
            if (input < WF_EVENT_TYPE_COUNT || input >= WF_REQUEST_CANCEL_TRY) {
                check_pair(&bench, kind, from, input);
            }
        }
    }
    wf_worker_free(bench.worker);
}

void machine_stories_check(struct wf_arena *arena, const struct machine_story *stories,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct history_builder history;
        struct script_result result;

        history_init(&history, arena);
        history_add(&history, stories[i].history);
        script_replay(arena, &history, stories[i].answers, &result);

        test_string_is(stories[i].name, result.trace, stories[i].trace);
        test_string_is(stories[i].name, result.finding.message, stories[i].message);
    }
}
