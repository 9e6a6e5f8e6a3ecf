/*
 * What the code asks for: each command starts a machine or is a request to one (replay-rules 1.9
 * steps 1 to 4).
 */
#include "engine/base/assert.h"
#include "engine/worker/local.h"
#include "engine/worker/update.h"
#include "engine/worker/worker_run.h"

static bool is_terminal(uint32_t variant)
{
    return variant == WF_CASE_sdk_command_complete_workflow_execution ||
           variant == WF_CASE_sdk_command_fail_workflow_execution ||
           variant == WF_CASE_sdk_command_cancel_workflow_execution ||
           variant == WF_CASE_sdk_command_continue_as_new_workflow_execution;
}

/* The code has named what it starts, or leaves it to the family. */
static void name(struct wf_run *run, struct wf_queued *queued, bool is_default)
{
    if (run->rules->named != NULL) {
        run->rules->named(run, queued, is_default);
    }
}

/* A machine with its command in the queue; NULL when it could not be made. */
static struct wf_queued *start(struct wf_run *run, enum wf_machine_kind kind, uint32_t seq,
                               int32_t command_type, const struct wf_sdk_command *command)
{
    struct wf_machine *machine = wf_run_add_machine(run, kind, seq);

    return machine == NULL ? NULL : wf_queue_push(run, machine, command_type, command);
}

/* In Go a timer or activity is sent with its cancellation (replay-rules 2.10, "Ids"). */
static int32_t of_unsent(int32_t input)
{
    switch (input) {
    case WF_REQUEST_CANCEL:
    case WF_REQUEST_CANCEL_TRY:
        return WF_REQUEST_CANCEL_BOTH;
    case WF_REQUEST_CANCEL_WAIT:
        return WF_REQUEST_CANCEL_BOTH_WAIT;
    default:
        return input;
    }
}

/* A request to a machine that the code started. What its table has no row for cannot be asked. */
static void request(struct wf_run *run, enum wf_machine_kind kind, uint32_t seq, int32_t input,
                    const struct wf_sdk_command *command)
{
    struct wf_machine *machine = wf_run_machine(run, kind, seq);
    struct wf_machine_input in = {.input = input, .command = command};

    if (machine != NULL && run->rules->sends_both && machine->state == 0 &&
        (kind == WF_MACHINE_TIMER || kind == WF_MACHINE_ACTIVITY)) {
        in.input = of_unsent(input);
    }
    if (machine == NULL) {
        wf_diverge_seq_unknown(run, kind, seq);
    } else if (!wf_machine_step(run, machine, &in)) {
        wf_diverge_code(run, "the code asks %s in state %s for what it cannot do",
                        wf_machine_types[kind].what, wf_machine_types[kind].states[machine->state]);
    }
}

/* ---- Activities ---- */

static bool is_own_queue(const struct wf_run *run, struct wf_string task_queue)
{
    return task_queue.size_bytes == 0 ||
           (run->started != NULL && run->started->task_queue != NULL &&
            wf_string_equal(run->started->task_queue->name, task_queue));
}

static void schedule_activity(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_schedule_activity *activity = command->variant.schedule_activity;
    struct wf_queued *queued = start(run, WF_MACHINE_ACTIVITY, activity->seq,
                                     WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, command);

    if (queued != NULL) {
        queued->id = activity->activity_id;
        queued->type = activity->activity_type;
        queued->machine->cancellation = (uint8_t)activity->cancellation_type;
        name(run, queued, activity->activity_id.size_bytes == 0);
        queued->machine->is_eager = run->config->is_eager && !activity->do_not_eagerly_execute &&
                                    is_own_queue(run, activity->task_queue);
    }
}

static int32_t activity_cancel_request(const struct wf_machine *machine)
{
    switch (machine == NULL ? 0 : machine->cancellation) {
    case WF_SDK_ACTIVITY_CANCELLATION_TYPE_WAIT_CANCELLATION_COMPLETED:
        return WF_REQUEST_CANCEL_WAIT;
    case WF_SDK_ACTIVITY_CANCELLATION_TYPE_ABANDON:
        return WF_REQUEST_CANCEL_ABANDON;
    default:
        return WF_REQUEST_CANCEL_TRY;
    }
}

/* Its command is a marker that comes when it has ended, so that nothing is queued. */
static void schedule_local_activity(struct wf_run *run,
                                    const struct wf_sdk_schedule_local_activity *activity)
{
    const bool is_default = activity->activity_id.size_bytes == 0;
    struct wf_machine *machine = wf_run_add_machine(run, WF_MACHINE_LOCAL_ACTIVITY, activity->seq);

    if (machine == NULL) {
        return;
    }
    machine->id = is_default ? wf_run_decimal(run, activity->seq) : wf_run_copy_text(run, activity->activity_id);
    machine->type = wf_run_copy_text(run, activity->activity_type);
    machine->cancellation = (uint8_t)activity->cancellation_type;
    machine->command_number = wf_queue_next_number(run);
    run->local_pending_count++;
    if (run->rules->scheduled_local != NULL) {
        run->rules->scheduled_local(run, machine, is_default);
    }
    if (!run->config->is_replay) {
        wf_local_open(run, machine, activity);
    }
}

/* On replay the marker decides (replay-rules 4.4). */
static int32_t local_cancel_request(const struct wf_run *run, const struct wf_machine *machine)
{
    if (machine == NULL || machine->live == NULL || run->is_replaying) {
        return WF_REQUEST_CANCEL;
    }
    return activity_cancel_request(machine);
}

/* ---- Patches (replay-rules 3.1) ---- */

void wf_run_push_upsert(struct wf_run *run, struct wf_string changes)
{
    struct wf_queued *queued = start(run, WF_MACHINE_UPSERT, 0,
                                     WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, NULL);

    if (queued != NULL) {
        queued->machine->is_internal = true;
        queued->type = changes;
    }
}

static void set_patch_marker(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_set_patch_marker *marker = command->variant.set_patch_marker;
    struct wf_patch *patch = wf_run_patch(run, marker->patch_id);
    struct wf_queued *queued = NULL;
    struct wf_string patches = {NULL, 0};

    if (patch == NULL || patch->is_asked) {
        return; /* only the first call of an id makes a command */
    }
    patch->is_asked = true;
    queued = start(run, WF_MACHINE_PATCH, 0, WF_COMMAND_TYPE_RECORD_MARKER, command);
    if (queued == NULL) {
        return;
    }
    queued->machine->id = patch->id;
    queued->machine->is_deprecated = marker->deprecated;
    queued->id = patch->id;
    patch->has_command = true;
    /* Without its marker in history the command will be dropped, so no upsert may follow it. */
    if ((run->is_replaying && !patch->is_in_history) ||
        !wf_run_flag(run, WF_CORE_FLAG_UPSERT_ON_PATCH, !run->is_replaying)) {
        return;
    }
    patches = wf_run_change_list(run);
    if (patches.size_bytes > 0) {
        wf_run_push_upsert(run, patches);
    }
}

/* A run that sets the patch list by hand sends it empty (replay-rules 3.1). */
static void upsert(struct wf_run *run, const struct wf_sdk_command *command)
{
    if (wf_has_change_version(
            command->variant.upsert_workflow_search_attributes->search_attributes) &&
        wf_run_flag(run, WF_CORE_FLAG_UPSERT_ON_PATCH, !run->is_replaying)) {
        wf_run_push_upsert(run, (struct wf_string){NULL, 0});
        return;
    }
    start(run, WF_MACHINE_UPSERT, 0, WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, command);
}

/* ---- Timers ---- */

static bool is_zero(struct wf_timestamp duration)
{
    return duration.seconds < 0 || (duration.seconds == 0 && duration.nanos <= 0);
}

static void start_timer(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_start_timer *timer = command->variant.start_timer;
    struct wf_queued *queued = NULL;

    if (run->rules->skips_zero_timers && is_zero(timer->start_to_fire_timeout)) {
        wf_timer_fire_now(run, wf_run_add_machine(run, WF_MACHINE_TIMER, timer->seq));
        return;
    }
    queued = start(run, WF_MACHINE_TIMER, timer->seq, WF_COMMAND_TYPE_START_TIMER, command);
    if (queued != NULL) {
        name(run, queued, true);
    }
}

/* ---- Children and other workflows ---- */

static void name_request(struct wf_run *run, struct wf_queued *queued)
{
    if (queued != NULL) {
        name(run, queued, true);
    }
}


static void start_child(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_start_child_workflow_execution *child =
        command->variant.start_child_workflow_execution;
    struct wf_queued *queued = start(run, WF_MACHINE_CHILD, child->seq,
                                     WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION, command);

    if (queued != NULL) {
        queued->id = child->workflow_id;
        queued->type = child->workflow_type;
        queued->machine->cancellation = (uint8_t)child->cancellation_type;
        name(run, queued, child->is_default_id);
    }
}

static int32_t child_cancel_request(const struct wf_machine *machine)
{
    switch (machine == NULL ? 0 : machine->cancellation) {
    case WF_SDK_CHILD_WORKFLOW_CANCELLATION_TYPE_TRY_CANCEL:
        return WF_REQUEST_CANCEL_TRY;
    case WF_SDK_CHILD_WORKFLOW_CANCELLATION_TYPE_WAIT_CANCELLATION_COMPLETED:
    case WF_SDK_CHILD_WORKFLOW_CANCELLATION_TYPE_WAIT_CANCELLATION_REQUESTED:
        return WF_REQUEST_CANCEL_WAIT; /* one machine state serves both (replay-rules 4.4) */
    default:
        return WF_REQUEST_CANCEL_ABANDON;
    }
}

/* ---- Nexus operations ---- */

static void schedule_nexus(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_schedule_nexus_operation *operation =
        command->variant.schedule_nexus_operation;
    struct wf_queued *queued = start(run, WF_MACHINE_NEXUS, operation->seq,
                                     WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION, command);

    if (queued != NULL) {
        queued->machine->cancellation = (uint8_t)operation->cancellation_type;
    }
}

static int32_t nexus_cancel_request(const struct wf_machine *machine)
{
    switch (machine == NULL ? 0 : machine->cancellation) {
    case WF_SDK_NEXUS_OPERATION_CANCELLATION_TYPE_ABANDON:
        return WF_REQUEST_CANCEL_ABANDON;
    case WF_SDK_NEXUS_OPERATION_CANCELLATION_TYPE_TRY_CANCEL:
        return WF_REQUEST_CANCEL_TRY;
    case WF_SDK_NEXUS_OPERATION_CANCELLATION_TYPE_WAIT_CANCELLATION_REQUESTED:
        return WF_REQUEST_CANCEL_WAIT_REQUESTED;
    default:
        return WF_REQUEST_CANCEL_WAIT;
    }
}

/* ---- Updates ---- */

static void answer_update(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_update_response *response = command->variant.update_response;
    struct wf_machine *machine = wf_run_update(run, response->protocol_instance_id);
    struct wf_machine_input in = {.command = command};

    switch (response->response_case) {
    case WF_CASE_sdk_update_response_accepted:
        in.input = WF_REQUEST_ACCEPT;
        break;
    case WF_CASE_sdk_update_response_rejected:
        in.input = WF_REQUEST_REJECT;
        break;
    case WF_CASE_sdk_update_response_completed:
        in.input = WF_REQUEST_COMPLETE;
        break;
    default:
        wf_diverge_code(run, "the answer to an update says nothing");
        return;
    }
    if (machine == NULL) {
        wf_diverge_code(run, "the code answers update %S, which nobody sent",
                        &response->protocol_instance_id);
    } else if (wf_machine_step(run, machine, &in)) {
        wf_run_answer_update(run, machine, response);
    } else {
        wf_diverge_code(run, "the code answers update %S in state %s, which is out of turn",
                        &response->protocol_instance_id,
                        wf_machine_types[WF_MACHINE_UPDATE].states[machine->state]);
    }
}

/* ---- All ---- */

static void close_run(struct wf_run *run, enum wf_machine_kind kind, int32_t command_type,
                      const struct wf_sdk_command *command)
{
    run->is_close_asked = true;
    start(run, kind, 0, command_type, command);
}

static void cancel_something(struct wf_run *run, const struct wf_sdk_command *command)
{
    uint32_t seq = 0;

    switch (command->variant_case) {
    case WF_CASE_sdk_command_request_cancel_activity:
        seq = command->variant.request_cancel_activity->seq;
        request(run, WF_MACHINE_ACTIVITY, seq,
                activity_cancel_request(wf_run_machine(run, WF_MACHINE_ACTIVITY, seq)), command);
        return;
    case WF_CASE_sdk_command_cancel_timer:
        request(run, WF_MACHINE_TIMER, command->variant.cancel_timer->seq, WF_REQUEST_CANCEL,
                command);
        return;
    case WF_CASE_sdk_command_cancel_child_workflow_execution:
        seq = command->variant.cancel_child_workflow_execution->child_workflow_seq;
        request(run, WF_MACHINE_CHILD, seq,
                child_cancel_request(wf_run_machine(run, WF_MACHINE_CHILD, seq)), command);
        return;
    case WF_CASE_sdk_command_cancel_signal_workflow:
        request(run, WF_MACHINE_SIGNAL_EXTERNAL, command->variant.cancel_signal_workflow->seq,
                WF_REQUEST_CANCEL, command);
        return;
    case WF_CASE_sdk_command_request_cancel_local_activity:
        seq = command->variant.request_cancel_local_activity->seq;
        request(run, WF_MACHINE_LOCAL_ACTIVITY, seq,
                local_cancel_request(run, wf_run_machine(run, WF_MACHINE_LOCAL_ACTIVITY, seq)),
                command);
        return;
    case WF_CASE_sdk_command_request_cancel_nexus_operation:
        seq = command->variant.request_cancel_nexus_operation->seq;
        request(run, WF_MACHINE_NEXUS, seq,
                nexus_cancel_request(wf_run_machine(run, WF_MACHINE_NEXUS, seq)), command);
        return;
    default:
        wf_diverge_code(run, "command %u of the answer is unknown or out of place",
                        command->variant_case);
    }
}

static void handle(struct wf_run *run, const struct wf_sdk_command *command)
{
    switch (command->variant_case) {
    case WF_CASE_sdk_command_start_timer:
        start_timer(run, command);
        return;
    case WF_CASE_sdk_command_schedule_activity:
        schedule_activity(run, command);
        return;
    case WF_CASE_sdk_command_complete_workflow_execution:
        close_run(run, WF_MACHINE_COMPLETE, WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, command);
        return;
    case WF_CASE_sdk_command_fail_workflow_execution:
        close_run(run, WF_MACHINE_FAIL, WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION, command);
        return;
    case WF_CASE_sdk_command_continue_as_new_workflow_execution:
        close_run(run, WF_MACHINE_CONTINUE, WF_COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
                  command);
        return;
    case WF_CASE_sdk_command_cancel_workflow_execution:
        close_run(run, WF_MACHINE_CANCEL, WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION, command);
        return;
    case WF_CASE_sdk_command_set_patch_marker:
        set_patch_marker(run, command);
        return;
    case WF_CASE_sdk_command_start_child_workflow_execution:
        start_child(run, command);
        return;
    case WF_CASE_sdk_command_request_cancel_external_workflow_execution:
        name_request(run, start(run, WF_MACHINE_CANCEL_EXTERNAL,
                                command->variant.request_cancel_external_workflow_execution->seq,
                                WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION, command));
        return;
    case WF_CASE_sdk_command_signal_external_workflow_execution:
        name_request(run, start(run, WF_MACHINE_SIGNAL_EXTERNAL,
                                command->variant.signal_external_workflow_execution->seq,
                                WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION, command));
        return;
    case WF_CASE_sdk_command_schedule_local_activity:
        schedule_local_activity(run, command->variant.schedule_local_activity);
        return;
    case WF_CASE_sdk_command_upsert_workflow_search_attributes:
        upsert(run, command);
        return;
    case WF_CASE_sdk_command_modify_workflow_properties:
        start(run, WF_MACHINE_MEMO, 0, WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES, command);
        return;
    case WF_CASE_sdk_command_update_response:
        answer_update(run, command);
        return;
    case WF_CASE_sdk_command_schedule_nexus_operation:
        schedule_nexus(run, command);
        return;
    case WF_CASE_sdk_command_record_value:
        run->rules->record_value(run, command);
        return;
    default:
        cancel_something(run, command);
    }
}

/* With flag 3, or live, the first terminal command goes last and other terminals are dropped;
 * without it a replay ends at the first one (replay-rules 1.9 step 3). */
void wf_run_handle_commands(struct wf_run *run, const struct wf_sdk_completion_success *success)
{
    const struct wf_sdk_command *commands = success->commands.items;
    const struct wf_sdk_command *terminal = NULL;
    const bool moves = wf_run_moves_terminal(run);

    for (uint32_t i = 0; i < success->commands.count && !run->is_divergent && !run->is_full; i++) {
        if (commands[i].variant_case == 0 || commands[i].variant.any == NULL) {
            wf_diverge_code(run, "command %u of the answer is empty", i + 1);
        } else if (!is_terminal(commands[i].variant_case)) {
            handle(run, &commands[i]);
        } else if (terminal == NULL) {
            terminal = &commands[i];
            if (!moves) {
                break;
            }
        }
    }
    if (terminal != NULL && !run->is_divergent && !run->is_full) {
        handle(run, terminal);
    }
    wf_run_resolve_local(run);
}
