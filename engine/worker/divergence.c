/*
 * Messages are one sentence in the words "history" and "code"; beside them stands the text of the
 * official core replayer, as replay-rules 2 quotes it.
 */
#include "engine/worker/divergence.h"

#include <stdarg.h>

#include "engine/base/assert.h"
#include "engine/diagnosis.h"
#include "engine/worker/worker_run.h"
#include "engine/worker/worker_state.h"

static const struct {
    enum wf_verdict verdict;
    const char *rule;
    enum wf_diagnosis_number diagnosis;
} kinds[] = {
    [WF_DIVERGENCE_NONE] = {WF_VERDICT_OK, NULL, 0},
#define WF_DIVERGENCE(NAME, VERDICT, rule, DIAGNOSIS)                                              \
    [WF_DIVERGENCE_##NAME] = {WF_VERDICT_##VERDICT, rule, WF_DIAGNOSIS_##DIAGNOSIS},
#include "engine/worker/divergences.def"
};

enum wf_verdict wf_divergence_verdict(enum wf_divergence_kind kind)
{
    return kinds[kind].verdict;
}

const char *wf_divergence_rule(enum wf_divergence_kind kind)
{
    return kinds[kind].rule;
}

const char *wf_divergence_diagnosis(enum wf_divergence_kind kind)
{
    return kind == WF_DIVERGENCE_NONE ? NULL : wf_diagnosis_code(kinds[kind].diagnosis);
}

/* ---- Making one ---- */

/* The events of the chunk, and the commands that the code gave for it. */
static void add_chunk(struct wf_run *run, struct wf_divergence *divergence)
{
    const struct wf_chunk *chunk = divergence->event == NULL && run->is_next_chunk_known
                                       ? &run->next_chunk
                                       : &run->chunk;
    const struct wf_queue *queue = &run->queue;

    divergence->events = run->events.items + chunk->begin;
    divergence->event_count = chunk->end - chunk->begin;
    divergence->commands = wf_run_take_step(run, (queue->count - queue->base) *
                                                     sizeof *divergence->commands);
    for (uint32_t i = queue->base; divergence->commands != NULL && i < queue->count; i++) {
        if (!queue->items[i].is_withdrawn) {
            const struct wf_command *command = wf_queued_command(run, &queue->items[i]);

            if (command != NULL) {
                divergence->commands[divergence->command_count++] = command;
            }
        }
    }
}

struct place {
    enum wf_divergence_kind kind;
    const struct wf_event *event;
    struct wf_queued *queued;
    bool is_fatal;
};

/* NULL when the run has diverged before. */
static struct wf_divergence *diverge(struct wf_run *run, const struct place *place)
{
    struct wf_divergence *divergence = &run->worker->divergence;

    if (run->is_divergent) {
        return NULL;
    }
    run->is_divergent = true;
    *divergence = (struct wf_divergence){
        .kind = place->kind, .event = place->event, .is_fatal = place->is_fatal};
    divergence->is_masked = !run->is_replaying && !run->rules->replays_to_the_end;
    if (place->queued != NULL) {
        divergence->command = wf_queued_command(run, place->queued);
        divergence->code_offset = place->queued->code_offset;
    }
    add_chunk(run, divergence);
    return divergence;
}

static void begin_text(struct wf_run *run, struct wf_buffer *text)
{
    wf_buffer_init(text, run->step_arena);
}

static struct wf_string end_text(struct wf_run *run, const struct wf_buffer *text)
{
    run->is_full = run->is_full || text->is_full;
    return wf_buffer_string(text);
}

static void begin_official(struct wf_run *run, struct wf_buffer *text, bool is_fatal)
{
    begin_text(run, text);
    wf_buffer_append_text(text, is_fatal ? "Fatal error in workflow machines: "
                                         : "[TMPRL1100] Nondeterminism error: ");
}

/* HistoryEvent(id: 5, TimerStarted) */
static void print_official_event(struct wf_buffer *text, const struct wf_event *event)
{
    wf_buffer_printf(text, "HistoryEvent(id: %lld, %s)", (long long)event->event_id,
                     wf_event_type_name(event->event_type));
}

/* "At event 5 history has TimerStarted 1" */
static void begin_message(struct wf_run *run, struct wf_buffer *text, const struct wf_event *event)
{
    begin_text(run, text);
    wf_buffer_printf(text, "At event %lld history has ", (long long)event->event_id);
    wf_name_event(text, event);
}

/* ---- Words ---- */

static void print_name(struct wf_buffer *out, const char *word, struct wf_string name)
{
    if (name.size_bytes > 0) {
        wf_buffer_printf(out, "%s%S", word, &name);
    }
}

void wf_name_event(struct wf_buffer *out, const struct wf_event *event)
{
    const bool has_attributes = event->attributes.any != NULL;

    wf_buffer_append_text(out, wf_event_type_name(event->event_type));
    if (!has_attributes) {
        return;
    }
    if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
        print_name(out, " of ",
                   wf_activity_type_name(event->attributes.activity_task_scheduled->activity_type));
        print_name(out, " with id ", event->attributes.activity_task_scheduled->activity_id);
    } else if (event->event_type == WF_EVENT_TYPE_TIMER_STARTED) {
        print_name(out, " ", event->attributes.timer_started->timer_id);
    } else if (event->event_type == WF_EVENT_TYPE_TIMER_FIRED) {
        print_name(out, " ", event->attributes.timer_fired->timer_id);
    } else if (event->event_type == WF_EVENT_TYPE_MARKER_RECORDED) {
        print_name(out, " ", event->attributes.marker_recorded->marker_name);
    } else if (event->event_type == WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED) {
        print_name(out, " of ",
                   wf_workflow_type_name(
                       event->attributes.start_child_workflow_execution_initiated->workflow_type));
        print_name(out, " with id ",
                   event->attributes.start_child_workflow_execution_initiated->workflow_id);
    } else if (event->event_type == WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED) {
        print_name(out, " of signal ",
                   event->attributes.signal_external_workflow_execution_initiated->signal_name);
    }
}

void wf_name_command(struct wf_buffer *out, const struct wf_command *command)
{
    wf_buffer_append_text(out, wf_command_type_name(command->command_type));
    if (command->attributes.any == NULL) {
        return;
    }
    if (command->command_type == WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK) {
        print_name(out, " of ",
                   wf_activity_type_name(command->attributes.schedule_activity_task->activity_type));
        print_name(out, " with id ", command->attributes.schedule_activity_task->activity_id);
    } else if (command->command_type == WF_COMMAND_TYPE_START_TIMER) {
        print_name(out, " ", command->attributes.start_timer->timer_id);
    } else if (command->command_type == WF_COMMAND_TYPE_RECORD_MARKER) {
        print_name(out, " ", command->attributes.record_marker->marker_name);
    } else if (command->command_type == WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION) {
        print_name(
            out, " of ",
            wf_workflow_type_name(command->attributes.start_child_workflow_execution->workflow_type));
        print_name(out, " with id ",
                   command->attributes.start_child_workflow_execution->workflow_id);
    } else if (command->command_type == WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION) {
        print_name(out, " of signal ",
                   command->attributes.signal_external_workflow_execution->signal_name);
    }
}

/* ---- Matching ---- */

static void say_code_command(struct wf_run *run, struct wf_divergence *divergence,
                             struct wf_buffer *message)
{
    wf_buffer_append_text(message, "; there the code gives ");
    if (divergence->command == NULL) {
        wf_buffer_append_text(message, "no command");
    } else {
        wf_name_command(message, divergence->command);
    }
    wf_buffer_append_char(message, '.');
    divergence->message = end_text(run, message);
}

void wf_diverge_kind(struct wf_run *run, const struct wf_machine *machine,
                     const struct wf_event *event, struct wf_queued *queued)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_COMMAND_KIND, event, queued, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_message(run, &text, event);
    say_code_command(run, divergence, &text);
    begin_official(run, &text, false);
    wf_buffer_printf(&text,
                     "%s does not handle this event: ", wf_machine_types[machine->kind].name);
    print_official_event(&text, event);
    divergence->official = end_text(run, &text);
}

void wf_diverge_state(struct wf_run *run, const struct wf_machine *machine,
                      const struct wf_event *event, struct wf_queued *queued)
{
    const struct wf_machine_type *type = &wf_machine_types[machine->kind];
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_STATE, event, queued, true});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_message(run, &text, event);
    if (queued != NULL) {
        say_code_command(run, divergence, &text);
    } else {
        wf_buffer_printf(&text, ", and the code has %s there for which that cannot come.",
                         type->what);
        divergence->message = end_text(run, &text);
    }
    begin_official(run, &text, true);
    wf_buffer_printf(&text, "%s in state %s says the transition is invalid during event ",
                     type->state_name, type->states[machine->state]);
    print_official_event(&text, event);
    divergence->official = end_text(run, &text);
}

/* The type of the first local activity that has no result; empty: none. */
static struct wf_string waiting_local_type(const struct wf_run *run)
{
    for (uint32_t seq = 0; seq < run->by_seq_capacity[WF_MACHINE_LOCAL_ACTIVITY]; seq++) {
        const struct wf_machine *machine = run->by_seq[WF_MACHINE_LOCAL_ACTIVITY][seq];

        if (machine != NULL && machine->state == WF_LOCAL_ACTIVITY_CREATED) {
            return machine->type;
        }
    }
    return (struct wf_string){NULL, 0};
}

void wf_diverge_command_missing(struct wf_run *run, const struct wf_event *event)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_COMMAND_MISSING, event, NULL, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    divergence->local_type = waiting_local_type(run);
    begin_message(run, &text, event);
    say_code_command(run, divergence, &text);
    begin_official(run, &text, false);
    wf_buffer_append_text(&text, "No command scheduled for event ");
    print_official_event(&text, event);
    divergence->official = end_text(run, &text);
}

void wf_diverge_command_extra(struct wf_run *run, struct wf_queued *queued)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_COMMAND_EXTRA, NULL, queued, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_append_text(&text, "History ends");
    say_code_command(run, divergence, &text);
}

void wf_diverge_close_kind(struct wf_run *run, const struct wf_event *event, int32_t command_type)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_CLOSE_KIND, event, NULL, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_message(run, &text, event);
    wf_buffer_printf(&text, "; the code %s%s.", command_type == 0 ? "does not end" : "ends with ",
                     command_type == 0 ? "" : wf_command_type_name(command_type));
    divergence->message = end_text(run, &text);
}

void wf_diverge_patch_marker(struct wf_run *run, const struct wf_event *event,
                             struct wf_string patch_id, struct wf_queued *front)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_PATCH_MARKER, event, front, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_printf(
        &text,
        "At event %lld history has the marker of patch %S; there the code does not ask for it.",
        (long long)event->event_id, &patch_id);
    divergence->message = end_text(run, &text);
    begin_official(run, &text, false);
    wf_buffer_printf(&text,
                     "Non-deprecated patch marker encountered for change %S, but there is no "
                     "corresponding change "
                     "command!",
                     &patch_id);
    divergence->official = end_text(run, &text);
}

void wf_diverge_patch_id(struct wf_run *run, const struct wf_event *event, struct wf_queued *queued,
                         struct wf_patch_ids ids)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_PATCH_ID, event, queued, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_printf(
        &text,
        "At event %lld history has the marker of patch %S; there the code asks for patch %S.",
        (long long)event->event_id, &ids.history, &ids.code);
    divergence->message = end_text(run, &text);
    begin_official(run, &text, false);
    wf_buffer_printf(&text, "Change id %S does not match expected id %S", &ids.history, &ids.code);
    divergence->official = end_text(run, &text);
}

void wf_diverge_names(struct wf_run *run, const struct wf_names *names,
                      const struct wf_event *event, struct wf_queued *queued)
{
    const bool is_activity = names->what[0] == 'a';
    struct wf_divergence *divergence = diverge(run,
                                               &(struct place){names->kind, event, queued, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    divergence->what = names->what;
    divergence->history_name = names->history;
    divergence->code_name = names->code;
    begin_text(run, &text);
    wf_buffer_printf(&text, "At event %lld history has %s %S; there the code has %S.",
                     (long long)event->event_id, names->what, &names->history, &names->code);
    divergence->message = end_text(run, &text);
    begin_official(run, &text, false);
    wf_buffer_printf(&text, "%c%s of scheduled event '%S' does not match %s of %scommand '%S'",
                     is_activity ? 'A' : 'C', names->what + 1, &names->history, names->what,
                     is_activity ? "activity " : "", &names->code);
    divergence->official = end_text(run, &text);
}

void wf_diverge_timer_id(struct wf_run *run, const struct wf_event *event, struct wf_string code_id,
                         struct wf_string timer_id)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_TIMER_ID, event, NULL, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_printf(&text, "At event %lld timer %S fires in history; in the code it is timer %S.",
                     (long long)event->event_id, &timer_id, &code_id);
    divergence->message = end_text(run, &text);
    begin_official(run, &text, false);
    wf_buffer_printf(&text, "Timer fired event did not have expected timer id %S, it was %S!",
                     &code_id, &timer_id);
    divergence->official = end_text(run, &text);
}

/* ---- Outcomes and cancellations of what is not there ---- */

void wf_diverge_owner_missing(struct wf_run *run, const struct wf_event *event)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_OWNER_MISSING, event, NULL, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_message(run, &text, event);
    wf_buffer_append_text(&text, " for something that the code never started.");
    divergence->message = end_text(run, &text);
    begin_official(run, &text, false);
    wf_buffer_append_text(
        &text,
        "During event handling, this event had an initial command ID but we could not find a "
        "matching command for it: ");
    print_official_event(&text, event);
    divergence->official = end_text(run, &text);
}

void wf_diverge_local_missing(struct wf_run *run, const struct wf_event *event, uint32_t seq)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_LOCAL_MISSING, event, NULL, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_printf(
        &text,
        "At event %lld history has the result of local activity %u, which the code never starts.",
        (long long)event->event_id, seq);
    divergence->message = end_text(run, &text);
    begin_official(run, &text, false);
    wf_buffer_printf(&text, "Missing associated machine for LocalActivity(%u)", seq);
    divergence->official = end_text(run, &text);
}

void wf_diverge_local_unknown(struct wf_run *run, const struct wf_event *event,
                              const struct wf_local_activity_marker *marker)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_LOCAL_MISSING, event, NULL, false});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_printf(&text,
                     "At event %lld history has the result of local activity %S with id %S, which the code "
                     "does not wait for.",
                     (long long)event->event_id, &marker->activity_type, &marker->activity_id);
    divergence->message = end_text(run, &text);
    begin_text(run, &text);
    wf_buffer_printf(&text,
                     "[TMPRL1100] Local activity of type %S is recorded in the history with id %S but was not "
                     "expected by the execution",
                     &marker->activity_type, &marker->activity_id);
    divergence->official = end_text(run, &text);
}

static const char *official_id_name(enum wf_machine_kind kind)
{
    switch (kind) {
    case WF_MACHINE_TIMER:
        return "Timer";
    case WF_MACHINE_ACTIVITY:
        return "Activity";
    case WF_MACHINE_LOCAL_ACTIVITY:
        return "LocalActivity";
    case WF_MACHINE_CHILD:
        return "ChildWorkflowStart";
    case WF_MACHINE_SIGNAL_EXTERNAL:
        return "SignalExternal";
    case WF_MACHINE_CANCEL_EXTERNAL:
        return "CancelExternal";
    case WF_MACHINE_NEXUS:
        return "NexusOperation";
    case WF_MACHINE_PATCH:
    case WF_MACHINE_VALUE:
    case WF_MACHINE_UPDATE:
    case WF_MACHINE_UPSERT:
    case WF_MACHINE_MEMO:
    case WF_MACHINE_COMPLETE:
    case WF_MACHINE_FAIL:
    case WF_MACHINE_CANCEL:
    case WF_MACHINE_CONTINUE:
        break;
    }
    WF_UNREACHABLE();
}

void wf_diverge_seq_unknown(struct wf_run *run, enum wf_machine_kind kind, uint32_t seq)
{
    struct wf_divergence *divergence = diverge(run,
                                               &(struct place){.kind = WF_DIVERGENCE_SEQ_UNKNOWN});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_printf(&text, "The code cancels %s with number %u, which it never started.",
                     wf_machine_types[kind].what, seq);
    divergence->message = end_text(run, &text);
    begin_official(run, &text, false);
    wf_buffer_printf(&text, "Missing associated machine for %s(%u)", official_id_name(kind), seq);
    divergence->official = end_text(run, &text);
}

/* ---- Versions and side effects: the words of Go's replayer, whose rules these are ---- */

void wf_diverge_version(struct wf_run *run, const struct wf_sdk_recorded_value *value)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){.kind = WF_DIVERGENCE_VERSION_RANGE});
    const bool is_too_old = value->version < value->minimum_version;
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_printf(&text, "History has version %lld of change %S; the code supports %lld to %lld.",
                     (long long)value->version, &value->id, (long long)value->minimum_version,
                     (long long)value->maximum_version);
    divergence->message = end_text(run, &text);
    begin_text(run, &text);
    wf_buffer_printf(&text,
                     is_too_old ? "[TMPRL1100] Workflow code removed support of version %lld. for \"%S\" "
                                  "changeID. The oldest supported version is %lld"
                                : "[TMPRL1100] Workflow code is too old to support version %lld for "
                                  "\"%S\" changeID. The maximum supported version is %lld",
                     (long long)value->version, &value->id,
                     (long long)(is_too_old ? value->minimum_version : value->maximum_version));
    divergence->official = end_text(run, &text);
}

void wf_diverge_value_missing(struct wf_run *run, const struct wf_sdk_recorded_value *value)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){.kind = WF_DIVERGENCE_VALUE_MISSING});
    const bool is_mutable = value->kind == WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT;
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_append_text(&text, "The code asks for ");
    if (is_mutable) {
        wf_buffer_printf(&text, "mutable side effect %S", &value->id);
    } else {
        wf_buffer_printf(&text, "side effect %u", value->call);
    }
    wf_buffer_append_text(&text, ", and history has no value of it.");
    divergence->message = end_text(run, &text);
    begin_text(run, &text);
    if (is_mutable) {
        wf_buffer_printf(&text,
                         "[TMPRL1100] Non deterministic workflow code change detected. MutableSideEffect API "
                         "call doesn't have a correspondent event in the workflow history. MutableSideEffect "
                         "ID: %S",
                         &value->id);
    } else {
        wf_buffer_printf(&text, "[TMPRL1100] No cached result found for side effectID=%u.", value->call);
    }
    divergence->official = end_text(run, &text);
}

/* ---- What is not the code's decision ---- */

void wf_diverge_event(struct wf_run *run, const struct wf_event *event, const char *format, ...)
{
    struct wf_divergence *divergence = diverge(
        run, &(struct place){WF_DIVERGENCE_EVENT, event, NULL, true});
    struct wf_buffer text;
    va_list arguments;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_printf(&text, "Event %lld (%s) of history ", (long long)event->event_id,
                     wf_event_type_name(event->event_type));
    va_start(arguments, format);
    wf_buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    wf_buffer_append_char(&text, '.');
    divergence->message = end_text(run, &text);
    begin_official(run, &text, true);
    print_official_event(&text, event);
    divergence->official = end_text(run, &text);
}

void wf_diverge_code(struct wf_run *run, const char *format, ...)
{
    struct wf_divergence *divergence = diverge(run,
                                               &(struct place){.kind = WF_DIVERGENCE_COMPLETION});
    struct wf_buffer text;
    va_list arguments;

    if (divergence == NULL) {
        return;
    }
    begin_text(run, &text);
    wf_buffer_append_text(&text, "The task cannot go on: ");
    va_start(arguments, format);
    wf_buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    wf_buffer_append_char(&text, '.');
    divergence->message = end_text(run, &text);
    divergence->official = divergence->message;
}

void wf_diverge_task_failed(struct wf_run *run, const struct wf_failure *failure)
{
    struct wf_divergence *divergence = diverge(run,
                                               &(struct place){.kind = WF_DIVERGENCE_TASK_FAILED});
    struct wf_buffer text;

    if (divergence == NULL) {
        return;
    }
    divergence->failure = failure;
    begin_text(run, &text);
    wf_buffer_printf(&text, "The code fails the workflow task after event %lld of history: ",
                     (long long)run->history_length);
    wf_buffer_append_string(&text, failure == NULL ? WF_STR("no reason given") : failure->message);
    divergence->message = end_text(run, &text);
    divergence->official = failure == NULL ? (struct wf_string){NULL, 0} : failure->message;
}
