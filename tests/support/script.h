/*
 * A workflow host without workflow code: it answers activations from a script, one line of text
 * each, and writes down what it was asked. With it the worker is tested as values in, values out.
 *
 * An answer is a list of commands separated by commas: "activity 1 foo, timer 2, complete". The
 * words are the rows of the table in script.c. "" is an answer without commands; "fail-task REASON"
 * fails the task.
 *
 * The trace has one line an activation: history length, "replaying" or "live", and the jobs:
 *   3 replaying: initialize; patch p1
 */
#ifndef WF_TESTS_SUPPORT_SCRIPT_H
#define WF_TESTS_SUPPORT_SCRIPT_H

#include "engine/worker.h"
#include "tests/support/history_builder.h"

#define SCRIPT_ANSWERS_MAX 24

/* A completion with these commands. Everything lies in the arena. */
struct wf_sdk_completion *script_completion(struct wf_arena *arena, const char *commands);

/* Appends one line for an activation. */
void script_trace(struct wf_buffer *trace, const struct wf_sdk_activation *activation);

/* "ScheduleActivityTask foo 1, StartTimer 2" */
void script_trace_commands(struct wf_buffer *trace, const struct wf_command *commands,
                           uint32_t count);

struct script_result {
    struct wf_finding finding; /* its texts are copied into the arena */
    struct wf_string trace;
    uint32_t activation_count;
};

/*
 * Replays a history against a script; answers beyond its end are empty.
 *
 * answers  up to a NULL.
 */
void script_replay(struct wf_arena *arena, const struct history_builder *history,
                   const char *const *answers, struct script_result *result);

/* The same by the rules of another family. */
void script_replay_as(struct wf_arena *arena, const struct history_builder *history, enum wf_family family,
                      const char *const *answers, struct script_result *result);

/* Runs the open task at the end of a history in a live worker, every activation of it with the same
 * answer; appends the commands of the response. */
void script_live_task(struct wf_arena *arena, const struct history_builder *history,
                      const char *answer, struct wf_buffer *commands);

#endif
