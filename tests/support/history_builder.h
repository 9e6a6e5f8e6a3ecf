/*
 * Builds histories for tests, event by event or from a line of text. Ids count from 1; every event
 * lies one second after the one before. The first completed task records core flags 1, 2 and 3
 * unless the builder is told otherwise.
 *
 * As text, an event is a word and its arguments, events are separated by commas:
 *
 *   history_add(&history, "started, task, completed, timer 1, fired 5, task, completed, closed");
 *
 * The words are the rows of the table in history_builder.c, each with the function of the same
 * meaning below. An argument that names another event is that event's id.
 */
#ifndef WF_TESTS_SUPPORT_HISTORY_BUILDER_H
#define WF_TESTS_SUPPORT_HISTORY_BUILDER_H

#include "engine/base/arena.h"
#include "engine/history.h"
#include "engine/schema.h"

#define HISTORY_RUN_ID "11111111-2222-3333-4444-555555555555"
#define HISTORY_WORKFLOW "Workflow"
#define HISTORY_EPOCH_SECONDS INT64_C(1700000000)

struct history_builder {
    struct wf_arena *arena;
    struct wf_event *events;
    uint32_t count;
    uint32_t capacity;
    const char *core_flags; /* digits, recorded by the first completed task; "" for none */
    const char *lang_flags;
    const char *sdk_name; /* "" for none */
    bool has_metadata;    /* a completed task recorded them */
};

void history_init(struct history_builder *history, struct wf_arena *arena);

/* Appends events written as text; asserts on a word that is not one. */
void history_add(struct history_builder *history, const char *text);

/* What was built, as a history of its own; the events are shared. */
struct wf_history history_of(const struct history_builder *history);

/* Protobuf History of the events first_id to last_id, as a poll would carry them. */
struct wf_string history_bytes(const struct history_builder *history, int64_t first_id,
                               int64_t last_id);

/* ---- Events; each returns the event, whose attributes may be changed further ---- */

struct wf_event *history_event(struct history_builder *history, enum wf_event_type type);

struct wf_event *history_started(struct history_builder *history, const char *workflow_type);
struct wf_event *history_task(
    struct history_builder *history); /* scheduled and started; returns the latter */
struct wf_event *history_task_completed(struct history_builder *history);
struct wf_event *history_task_failed(struct history_builder *history);
struct wf_event *history_task_reset(struct history_builder *history, const char *new_run_id);
struct wf_event *history_task_timed_out(struct history_builder *history);

struct wf_event *history_activity(struct history_builder *history, const char *id,
                                  const char *type);
struct wf_event *history_activity_started(struct history_builder *history, int64_t scheduled_id);
struct wf_event *history_activity_completed(struct history_builder *history, int64_t scheduled_id,
                                            const char *json);
struct wf_event *history_activity_failed(struct history_builder *history, int64_t scheduled_id,
                                         const char *message);
struct wf_event *history_activity_timed_out(struct history_builder *history, int64_t scheduled_id);
struct wf_event *history_activity_cancel_requested(struct history_builder *history,
                                                   int64_t scheduled_id);
struct wf_event *history_activity_canceled(struct history_builder *history, int64_t scheduled_id);

struct wf_event *history_timer(struct history_builder *history, const char *id);
struct wf_event *history_timer_fired(struct history_builder *history, int64_t started_id,
                                     const char *id);
struct wf_event *history_timer_canceled(struct history_builder *history, int64_t started_id);

struct wf_event *history_child(struct history_builder *history, const char *id, const char *type);
struct wf_event *history_child_start_failed(struct history_builder *history, int64_t initiated_id);
struct wf_event *history_child_started(struct history_builder *history, int64_t initiated_id);
struct wf_event *history_child_completed(struct history_builder *history, int64_t initiated_id,
                                         const char *json);
struct wf_event *history_child_failed(struct history_builder *history, int64_t initiated_id,
                                      const char *message);
struct wf_event *history_child_canceled(struct history_builder *history, int64_t initiated_id);
struct wf_event *history_child_timed_out(struct history_builder *history, int64_t initiated_id);
struct wf_event *history_child_terminated(struct history_builder *history, int64_t initiated_id);

struct wf_event *history_signaled(struct history_builder *history, const char *name);
struct wf_event *history_cancel_requested(struct history_builder *history, const char *cause);

struct wf_event *history_signal_external(struct history_builder *history, const char *name);
struct wf_event *history_signal_external_failed(struct history_builder *history,
                                                int64_t initiated_id);
struct wf_event *history_external_signaled(struct history_builder *history, int64_t initiated_id);
struct wf_event *history_cancel_external(struct history_builder *history, const char *workflow_id);
struct wf_event *history_cancel_external_failed(struct history_builder *history,
                                                int64_t initiated_id);
struct wf_event *history_external_cancel_requested(struct history_builder *history,
                                                   int64_t initiated_id);

struct wf_event *history_marker(struct history_builder *history, const char *name, const char *key,
                                const char *json);
struct wf_event *history_patch(struct history_builder *history, const char *id, bool is_deprecated);
/* A core local activity that completed at the started event's time plus its number in seconds. */
struct wf_event *history_local_activity(struct history_builder *history, uint32_t seq,
                                        const char *type);
struct wf_event *history_upsert(struct history_builder *history, const char *key, const char *json);
struct wf_event *history_memo(struct history_builder *history);

struct wf_event *history_update_admitted(struct history_builder *history, const char *id);
struct wf_event *history_update_accepted(struct history_builder *history, const char *id,
                                         int64_t sequencing_id);
struct wf_event *history_update_completed(struct history_builder *history, const char *id);

struct wf_event *history_nexus(struct history_builder *history);
struct wf_event *history_nexus_outcome(struct history_builder *history, enum wf_event_type type,
                                       int64_t scheduled_id);

/* COMPLETED, FAILED, CANCELED, TERMINATED, TIMED_OUT or CONTINUED_AS_NEW. */
struct wf_event *history_closed(struct history_builder *history, enum wf_event_type type);

/* A json/plain payload, and a list of one. */
struct wf_payload history_payload(struct wf_arena *arena, const char *json);
struct wf_payloads *history_payloads(struct wf_arena *arena, const char *json);

#endif
