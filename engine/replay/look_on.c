/*
 * A service made of what history recorded. Everything that the code waits for is answered at once,
 * except that timers fire only when nothing else is left: a wait with a timeout then ends as it did
 * in history. Signals that history holds from the point on come first.
 */
#include "engine/replay/look_on.h"

#include "engine/base/assert.h"

#define PENDING_MAX 64

/* Something that the code waits for. */
struct pending {
    enum wf_machine_kind kind;
    uint32_t seq;
    struct wf_string type; /* of an activity or child */
    bool is_started;       /* a child whose start was reported */
};

struct pretence {
    struct wf_arena *arena;
    const struct wf_look_on_input *in;
    struct wf_look_on *out;
    struct pending pending[PENDING_MAX];
    uint32_t pending_count;
    bool *used; /* by event index: results given out */
    struct wf_sdk_activation activation;
    struct wf_timestamp time;
    bool is_full;
    bool is_over;
};

static void *take(struct pretence *pretence, size_t size_bytes)
{
    void *piece = wf_arena_take(pretence->arena, size_bytes);

    pretence->is_full = pretence->is_full || piece == NULL;
    return piece;
}

#define NEW(pretence, type) ((type *)take((pretence), sizeof(type)))

static void add_job(struct pretence *pretence, uint32_t variant_case, void *variant)
{
    struct wf_sdk_job *job = variant == NULL
                                 ? NULL
                                 : WF_LIST_APPEND(pretence->arena, pretence->activation.jobs);

    pretence->is_full = pretence->is_full || job == NULL;
    if (job != NULL) {
        job->variant_case = variant_case;
        job->variant.any = variant;
    }
}

static void wait_for(struct pretence *pretence, struct pending pending)
{
    if (pretence->pending_count == PENDING_MAX) {
        pretence->is_over = true;
        return;
    }
    pending.type = wf_string_copy(pretence->arena, pending.type);
    pretence->pending[pretence->pending_count++] = pending;
}

/* ---- What the run waited for when it parted ---- */

static bool is_open(const struct wf_machine *machine)
{
    switch ((enum wf_machine_kind)machine->kind) {
    case WF_MACHINE_TIMER:
        return machine->state == WF_TIMER_CREATED || machine->state == WF_TIMER_STARTED;
    case WF_MACHINE_ACTIVITY:
        return machine->state == WF_ACTIVITY_CREATED || machine->state == WF_ACTIVITY_SCHEDULED ||
               machine->state == WF_ACTIVITY_STARTED;
    case WF_MACHINE_LOCAL_ACTIVITY:
        return machine->state == WF_LOCAL_ACTIVITY_CREATED;
    case WF_MACHINE_CHILD:
        return machine->state == WF_CHILD_CREATED || machine->state == WF_CHILD_INITIATED ||
               machine->state == WF_CHILD_STARTED;
    case WF_MACHINE_SIGNAL_EXTERNAL:
        return machine->state == WF_SIGNAL_EXTERNAL_CREATED ||
               machine->state == WF_SIGNAL_EXTERNAL_INITIATED;
    case WF_MACHINE_CANCEL_EXTERNAL:
        return machine->state == WF_CANCEL_EXTERNAL_CREATED ||
               machine->state == WF_CANCEL_EXTERNAL_INITIATED;
    case WF_MACHINE_NEXUS:
    case WF_MACHINE_PATCH:
    case WF_MACHINE_VALUE:
    case WF_MACHINE_UPDATE:
    case WF_MACHINE_UPSERT:
    case WF_MACHINE_MEMO:
    case WF_MACHINE_COMPLETE:
    case WF_MACHINE_FAIL:
    case WF_MACHINE_CANCEL:
    case WF_MACHINE_CONTINUE:
        return false;
    }
    WF_UNREACHABLE();
}

static struct wf_string type_of(struct wf_run *run, const struct wf_machine *machine)
{
    const struct wf_queued *queued = wf_queue_of(run, machine);

    if (queued != NULL && queued->type.size_bytes > 0) {
        return queued->type;
    }
    if (machine->kind == WF_MACHINE_ACTIVITY && machine->origin != NULL &&
        machine->origin->attributes.activity_task_scheduled->activity_type != NULL) {
        return machine->origin->attributes.activity_task_scheduled->activity_type->name;
    }
    return machine->type;
}

static void collect_pending(struct pretence *pretence)
{
    struct wf_run *run = pretence->in->run;

    for (uint32_t kind = 0; kind < WF_MACHINE_KEYED_COUNT; kind++) {
        for (uint32_t seq = 0; seq < run->by_seq_capacity[kind]; seq++) {
            const struct wf_machine *machine = run->by_seq[kind][seq];

            if (machine != NULL && is_open(machine)) {
                wait_for(pretence,
                         (struct pending){.kind = (enum wf_machine_kind)kind,
                                          .seq = seq,
                                          .type = type_of(run, machine),
                                          .is_started = kind == WF_MACHINE_CHILD &&
                                                        machine->state == WF_CHILD_STARTED});
            }
        }
    }
}

/* ---- Answers ---- */

static const struct wf_event *scheduled_of(const struct wf_look_on_input *in, int64_t event_id)
{
    return event_id > 0 && event_id <= in->event_count ? &in->events[event_id - 1] : NULL;
}

static bool completes_activity(const struct wf_look_on_input *in, const struct wf_event *event,
                               struct wf_string type)
{
    const struct wf_event *scheduled = NULL;

    if (event->event_type != WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED ||
        event->attributes.any == NULL) {
        return false;
    }
    scheduled = scheduled_of(in, event->attributes.activity_task_completed->scheduled_event_id);
    return scheduled != NULL && scheduled->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED &&
           scheduled->attributes.any != NULL &&
           scheduled->attributes.activity_task_scheduled->activity_type != NULL &&
           wf_string_equal(scheduled->attributes.activity_task_scheduled->activity_type->name,
                           type);
}

/* The next recorded result of an activity of this type, NULL for one that history does not know. */
static struct wf_payload *recorded_result(struct pretence *pretence, struct wf_string type)
{
    const struct wf_look_on_input *in = pretence->in;

    for (uint32_t i = 0; i < in->event_count; i++) {
        if (!pretence->used[i] && completes_activity(in, &in->events[i], type)) {
            const struct wf_payloads *result =
                in->events[i].attributes.activity_task_completed->result;

            pretence->used[i] = true;
            return result == NULL || result->payloads.count == 0 ? NULL
                                                                 : &result->payloads.items[0];
        }
    }
    return NULL;
}

static void answer_activity(struct pretence *pretence, const struct pending *pending)
{
    struct wf_sdk_resolve_activity *job = NEW(pretence, struct wf_sdk_resolve_activity);
    struct wf_sdk_activity_resolution *resolution = NEW(pretence,
                                                        struct wf_sdk_activity_resolution);
    struct wf_sdk_activity_success *success = NEW(pretence, struct wf_sdk_activity_success);

    if (pretence->is_full) {
        return;
    }
    success->result = recorded_result(pretence, pending->type);
    resolution->status_case = WF_CASE_sdk_activity_resolution_completed;
    resolution->status.completed = success;
    job->seq = pending->seq;
    job->result = resolution;
    job->is_local = pending->kind == WF_MACHINE_LOCAL_ACTIVITY;
    add_job(pretence, WF_CASE_sdk_job_resolve_activity, job);
}

static void answer_child(struct pretence *pretence, const struct pending *pending)
{
    struct wf_sdk_resolve_child_workflow_execution_start *start = NEW(
        pretence, struct wf_sdk_resolve_child_workflow_execution_start);
    struct wf_sdk_resolve_child_workflow_execution_start_success *started = NEW(
        pretence, struct wf_sdk_resolve_child_workflow_execution_start_success);
    struct wf_sdk_resolve_child_workflow_execution *end = NEW(
        pretence, struct wf_sdk_resolve_child_workflow_execution);
    struct wf_sdk_child_workflow_result *result = NEW(pretence,
                                                      struct wf_sdk_child_workflow_result);
    struct wf_sdk_child_success *success = NEW(pretence, struct wf_sdk_child_success);

    if (pretence->is_full) {
        return;
    }
    if (!pending->is_started) {
        started->run_id = WF_STR("a child");
        start->seq = pending->seq;
        start->status_case = WF_CASE_sdk_resolve_child_workflow_execution_start_succeeded;
        start->status.succeeded = started;
        add_job(pretence, WF_CASE_sdk_job_resolve_child_workflow_execution_start, start);
    }
    result->status_case = WF_CASE_sdk_child_workflow_result_completed;
    result->status.completed = success;
    end->seq = pending->seq;
    end->result = result;
    add_job(pretence, WF_CASE_sdk_job_resolve_child_workflow_execution, end);
}

static void answer_timer(struct pretence *pretence, const struct pending *pending)
{
    struct wf_sdk_fire_timer *job = NEW(pretence, struct wf_sdk_fire_timer);

    if (job != NULL) {
        job->seq = pending->seq;
    }
    add_job(pretence, WF_CASE_sdk_job_fire_timer, job);
}

static void answer_external(struct pretence *pretence, const struct pending *pending)
{
    struct wf_sdk_resolve_signal_external_workflow *signal = NEW(
        pretence, struct wf_sdk_resolve_signal_external_workflow);
    struct wf_sdk_resolve_request_cancel_external_workflow *cancel = NEW(
        pretence, struct wf_sdk_resolve_request_cancel_external_workflow);

    if (pretence->is_full) {
        return;
    }
    if (pending->kind == WF_MACHINE_SIGNAL_EXTERNAL) {
        signal->seq = pending->seq;
        add_job(pretence, WF_CASE_sdk_job_resolve_signal_external_workflow, signal);
    } else {
        cancel->seq = pending->seq;
        add_job(pretence, WF_CASE_sdk_job_resolve_request_cancel_external_workflow, cancel);
    }
}

static void answer(struct pretence *pretence, const struct pending *pending)
{
    if (pending->kind == WF_MACHINE_ACTIVITY || pending->kind == WF_MACHINE_LOCAL_ACTIVITY) {
        answer_activity(pretence, pending);
    } else if (pending->kind == WF_MACHINE_CHILD) {
        answer_child(pretence, pending);
    } else if (pending->kind == WF_MACHINE_TIMER) {
        answer_timer(pretence, pending);
    } else {
        answer_external(pretence, pending);
    }
}

/* Everything but timers; or the timers, when there is nothing else. */
static void answer_all(struct pretence *pretence)
{
    uint32_t kept = 0;
    bool has_others = pretence->activation.jobs.count > 0;

    for (uint32_t i = 0; i < pretence->pending_count; i++) {
        has_others = has_others || pretence->pending[i].kind != WF_MACHINE_TIMER;
    }
    for (uint32_t i = 0; i < pretence->pending_count; i++) {
        if (has_others && pretence->pending[i].kind == WF_MACHINE_TIMER) {
            pretence->pending[kept++] = pretence->pending[i];
        } else {
            answer(pretence, &pretence->pending[i]);
        }
    }
    pretence->pending_count = kept;
}

/* ---- Signals and patches that history holds from here on ---- */

static void add_signal(struct pretence *pretence, const struct wf_event *event)
{
    const struct wf_event_workflow_execution_signaled *signaled =
        event->attributes.workflow_execution_signaled;
    struct wf_sdk_signal_workflow *job = NEW(pretence, struct wf_sdk_signal_workflow);

    if (job != NULL && signaled != NULL) {
        job->signal_name = signaled->signal_name;
        job->originating_event_id = event->event_id;
        if (signaled->input != NULL) {
            wf_list_share(&job->input, &signaled->input->payloads);
        }
        add_job(pretence, WF_CASE_sdk_job_signal_workflow, job);
    }
}

static void add_patch(struct pretence *pretence, const struct wf_event *event)
{
    struct wf_sdk_notify_has_patch *job = NEW(pretence, struct wf_sdk_notify_has_patch);
    struct wf_patch_marker marker;

    if (job != NULL && wf_patch_marker_read(pretence->arena, event, &marker)) {
        job->patch_id = marker.patch_id;
        add_job(pretence, WF_CASE_sdk_job_notify_has_patch, job);
    }
}

/* Patches come before signals, as in every activation (replay-rules 1.8). */
static void add_what_history_holds(struct pretence *pretence)
{
    const struct wf_look_on_input *in = pretence->in;

    for (uint32_t i = 0; i < in->event_count; i++) {
        if (in->events[i].event_id >= in->event_id && wf_event_is_patch_marker(&in->events[i])) {
            add_patch(pretence, &in->events[i]);
        }
    }
    for (uint32_t i = 0; i < in->event_count; i++) {
        if (in->events[i].event_id > in->event_id &&
            in->events[i].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) {
            add_signal(pretence, &in->events[i]);
        }
    }
}

/* ---- What the code does next ---- */

static void forget(struct pretence *pretence, enum wf_machine_kind kind, uint32_t seq)
{
    for (uint32_t i = 0; i < pretence->pending_count; i++) {
        if (pretence->pending[i].kind == kind && pretence->pending[i].seq == seq) {
            pretence->pending[i] = pretence->pending[--pretence->pending_count];
            return;
        }
    }
}

static void note_wait(struct pretence *pretence, const struct wf_sdk_command *command)
{
    switch (command->variant_case) {
    case WF_CASE_sdk_command_start_timer:
        wait_for(pretence, (struct pending){.kind = WF_MACHINE_TIMER,
                                            .seq = command->variant.start_timer->seq});
        return;
    case WF_CASE_sdk_command_cancel_timer:
        forget(pretence, WF_MACHINE_TIMER, command->variant.cancel_timer->seq);
        return;
    case WF_CASE_sdk_command_schedule_activity:
        wait_for(pretence,
                 (struct pending){.kind = WF_MACHINE_ACTIVITY,
                                  .seq = command->variant.schedule_activity->seq,
                                  .type = command->variant.schedule_activity->activity_type});
        return;
    case WF_CASE_sdk_command_schedule_local_activity:
        wait_for(pretence, (struct pending){.kind = WF_MACHINE_LOCAL_ACTIVITY,
                                            .seq = command->variant.schedule_local_activity->seq});
        return;
    case WF_CASE_sdk_command_start_child_workflow_execution:
        wait_for(pretence,
                 (struct pending){.kind = WF_MACHINE_CHILD,
                                  .seq = command->variant.start_child_workflow_execution->seq});
        return;
    case WF_CASE_sdk_command_signal_external_workflow_execution:
        wait_for(pretence,
                 (struct pending){.kind = WF_MACHINE_SIGNAL_EXTERNAL,
                                  .seq = command->variant.signal_external_workflow_execution->seq});
        return;
    case WF_CASE_sdk_command_request_cancel_external_workflow_execution:
        wait_for(pretence,
                 (struct pending){
                     .kind = WF_MACHINE_CANCEL_EXTERNAL,
                     .seq = command->variant.request_cancel_external_workflow_execution->seq});
        return;
    default:
        return;
    }
}

static void note_commands(struct pretence *pretence,
                          const struct wf_sdk_completion_success *success)
{
    struct wf_look_on *out = pretence->out;

    for (uint32_t i = 0; i < success->commands.count; i++) {
        const struct wf_sdk_command *command = &success->commands.items[i];
        struct wf_identity step = {0};

        if (command->variant_case == 0 || command->variant.any == NULL) {
            continue;
        }
        note_wait(pretence, command);
        step = wf_identity_of_sdk_command(command);
        if (step.event_type == 0) {
            continue;
        }
        if (out->count == WF_LOOK_ON_STEPS_MAX) {
            pretence->is_over = true;
            return;
        }
        step.name = wf_string_copy(pretence->arena, step.name);
        out->steps[out->count++] = step;
        if (wf_event_is_close(step.event_type)) {
            pretence->is_over = true;
            return;
        }
    }
}

static void activate(struct pretence *pretence)
{
    struct wf_sdk_activation *activation = wf_arena_take(pretence->arena, sizeof *activation);
    const struct wf_sdk_completion *completion = NULL;

    if (activation == NULL || pretence->is_full) {
        pretence->is_full = true;
        return;
    }
    pretence->time.seconds++; /* code that waits for the clock goes on */
    *activation = pretence->activation;
    activation->run_id = pretence->in->run->run_id;
    activation->timestamp = pretence->time;
    activation->is_replaying = true; /* a patch that history does not hold keeps to the old way */
    activation->history_length = (uint32_t)pretence->in->run->history_length;
    pretence->activation = (struct wf_sdk_activation){0};
    wf_instance_activate(pretence->in->instance, activation, &completion);
    if (completion->status_case != WF_CASE_sdk_completion_successful ||
        completion->status.successful == NULL) {
        pretence->is_over = true;
        return;
    }
    note_commands(pretence, completion->status.successful);
}

bool wf_look_on(struct wf_arena *arena, const struct wf_look_on_input *in,
                struct wf_look_on *look_on)
{
    struct pretence pretence = {.arena = arena, .in = in, .out = look_on, .time = in->run->time};

    *look_on = (struct wf_look_on){.count = 0};
    pretence.used = take(&pretence, in->event_count * sizeof *pretence.used);
    for (uint32_t i = 0; !pretence.is_full && i < in->event_count; i++) {
        pretence.used[i] = in->events[i].event_id < in->event_id;
    }
    collect_pending(&pretence);
    add_what_history_holds(&pretence);
    for (uint32_t i = 0; i < WF_LOOK_ON_ACTIVATIONS_MAX && !pretence.is_over && !pretence.is_full;
         i++) {
        answer_all(&pretence);
        if (pretence.activation.jobs.count == 0) {
            break;
        }
        activate(&pretence);
    }
    return !pretence.is_full;
}
