/*
 * The moment at which code and history part: which rule, which event, which command, in our words
 * and in the official replayer's. The worker makes one and stops the run; engine/replay adds the
 * window, the cause and the hint. Private to the engine. Source: replay-rules 2.1, 2.2.
 */
#ifndef WF_ENGINE_WORKER_DIVERGENCE_H
#define WF_ENGINE_WORKER_DIVERGENCE_H

#include "engine/finding.h"
#include "engine/worker/machine.h"

enum wf_divergence_kind {
    WF_DIVERGENCE_NONE,
#define WF_DIVERGENCE(NAME, VERDICT, rule, DIAGNOSIS) WF_DIVERGENCE_##NAME,
#include "engine/worker/divergences.def"
};

/* In the worker's step arena. */
struct wf_divergence {
    enum wf_divergence_kind kind;
    bool is_fatal;  /* core would call it Fatal */
    bool is_masked; /* in the last, open task: the official replayers report success
                       (replay-rules 2.9 H4) */
    const struct wf_event *event;
    const struct wf_command *command;
    uint64_t code_offset; /* of the command, as of sdk_command */
    struct wf_string message;
    struct wf_string official;
    const struct wf_failure *failure;
    const char *what; /* names that differ: of what, in history, in the code; NULL: none */
    struct wf_string history_name;
    struct wf_string code_name;
    struct wf_string local_type; /* COMMAND_MISSING: of the local activity that the code waits for and history has no result of */

    /* The chunk in which it shows: all its events, and all commands that the code gave for it. */
    const struct wf_event *const *events;
    uint32_t event_count;
    const struct wf_command **commands;
    uint32_t command_count;
};

/* Each of these stops the run; a later one is not looked at. */

/* History has another kind of command here. */
void wf_diverge_kind(struct wf_run *run, const struct wf_machine *machine,
                     const struct wf_event *event, struct wf_queued *queued);

/* The event is of the machine's kind, and cannot come in its state. */
void wf_diverge_state(struct wf_run *run, const struct wf_machine *machine,
                      const struct wf_event *event, struct wf_queued *queued);

void wf_diverge_command_missing(struct wf_run *run, const struct wf_event *event);
/* History is over and this is left. */
void wf_diverge_command_extra(struct wf_run *run, struct wf_queued *queued);

/* The run closes otherwise than its last event; command_type 0: not at all. */
void wf_diverge_close_kind(struct wf_run *run, const struct wf_event *event, int32_t command_type);
void wf_diverge_patch_marker(struct wf_run *run, const struct wf_event *event,
                             struct wf_string patch_id, struct wf_queued *front);
struct wf_patch_ids {
    struct wf_string history;
    struct wf_string code;
};
void wf_diverge_patch_id(struct wf_run *run, const struct wf_event *event, struct wf_queued *queued,
                         struct wf_patch_ids ids);
void wf_diverge_timer_id(struct wf_run *run, const struct wf_event *event, struct wf_string code_id,
                         struct wf_string timer_id);
void wf_diverge_owner_missing(struct wf_run *run, const struct wf_event *event);
void wf_diverge_local_missing(struct wf_run *run, const struct wf_event *event, uint32_t seq);
void wf_diverge_seq_unknown(struct wf_run *run, enum wf_machine_kind kind, uint32_t seq);

struct wf_local_activity_marker;
void wf_diverge_local_unknown(struct wf_run *run, const struct wf_event *event,
                              const struct wf_local_activity_marker *marker);

/* Names differ: kind says of what, `what` is the official replayer's word for it. */
struct wf_names {
    enum wf_divergence_kind kind;
    const char *what; /* "activity type" */
    struct wf_string history;
    struct wf_string code;
};
void wf_diverge_names(struct wf_run *run, const struct wf_names *names,
                      const struct wf_event *event, struct wf_queued *queued);

/* The code asks for a version or a side effect, and what history has of it does not do. */
void wf_diverge_version(struct wf_run *run, const struct wf_sdk_recorded_value *value);
void wf_diverge_value_missing(struct wf_run *run, const struct wf_sdk_recorded_value *value);

/* The event cannot be applied by anyone. Conversions as wf_buffer_printf. */
void wf_diverge_event(struct wf_run *run, const struct wf_event *event, const char *format, ...);

/* The host's answer makes no sense. */
void wf_diverge_code(struct wf_run *run, const char *format, ...);

void wf_diverge_task_failed(struct wf_run *run, const struct wf_failure *failure);

/* What Go's replayer says (replay-rules 2.3). */
struct wf_string wf_official_go(struct wf_run *run, const struct wf_divergence *divergence);

/* What Java's says (replay-rules 2.4, 2.11). */
struct wf_string wf_official_java(struct wf_run *run, const struct wf_divergence *divergence);

enum wf_verdict wf_divergence_verdict(enum wf_divergence_kind kind);
const char *wf_divergence_rule(enum wf_divergence_kind kind);
const char *wf_divergence_diagnosis(enum wf_divergence_kind kind);

/* Words for messages: `ActivityTaskScheduled of charge (event 5)`, `activity charge`, `a timer`. */
struct wf_buffer;
void wf_name_event(struct wf_buffer *out, const struct wf_event *event);
void wf_name_command(struct wf_buffer *out, const struct wf_command *command);

#endif
