/* One change of one run, shared by the files of the model. */
#ifndef WF_TESTS_MODEL_TRANSACTION_H
#define WF_TESTS_MODEL_TRANSACTION_H

#include "tests/model/model.h"

struct model_events {
    struct wf_event *items;
    uint32_t count;
    uint32_t capacity;
};

struct model_transaction {
    struct model *model;
    struct wf_arena *arena; /* of the step */
    const struct model_operation *operation;
    const struct model_given *given; /* NULL: only the reply is wanted */
    struct model_outcome *outcome;
    struct model_workflow *workflow;
    struct model_run *run;
    struct wf_state_run *state; /* a copy to work on */
    struct wf_state_start *start;
    wf_time_ns now_ns;
    struct model_events events; /* with ids */
    uint32_t cuts[MODEL_CUTS_MAX];
    uint32_t cut_count;
    const struct wf_command *command; /* whose metadata go to its event */
    bool wants_task;
    bool is_closing;
    bool is_new;
    uint32_t copied_count; /* is_new: events of another run that its history begins with */
    struct model_transaction *successor;
};

/* ---- model.c ---- */

void model_transaction_begin(struct model_transaction *tx, struct model *model, struct model_workflow *workflow,
                             struct model_run *run);

/* Throws away what was done so far (2.2 rule 3). */
void model_transaction_restart(struct model_transaction *tx);

/* Ends the transaction: what 3.2 and 3.8 say, and keeps it when the engine did. */
void model_transaction_commit(struct model_transaction *tx);

/* An event of now, or of the time given; returns its zeroed attributes. I events get an id, others go to the buffer (3.8). */
void *model_event(struct model_transaction *tx, enum wf_event_type type);
void *model_event_at(struct model_transaction *tx, enum wf_event_type type, wf_time_ns time_ns);
void model_flush(struct model_transaction *tx);
void model_cut(struct model_transaction *tx);

/* Replies. The first is made once; text is not judged. */
struct wf_svc_response *model_reply(struct model_transaction *tx, enum wf_call_status status);

void *model_new(struct model_transaction *tx, size_t size_bytes);
#define MODEL_NEW(tx, type) ((type *)model_new((tx), sizeof(type)))

/* The text that the engine gave the failure of its newest event of a type; empty when there is none. */
struct wf_string model_given_message(const struct model_transaction *tx, enum wf_event_type type);

/* ---- rules.c: durations, policies, sizes ---- */

bool model_duration(struct wf_timestamp duration, int64_t *ns); /* false: negative */
int64_t model_min_timeout(int64_t left_ns, int64_t right_ns);   /* 0: none */
int64_t model_task_timeout(const struct wf_service_limits *limits, int64_t given_ns, int64_t run_ns); /* 7.1 */
bool model_policy_is_valid(const struct wf_retry_policy *policy);
void model_policy_complete(struct wf_retry_policy *policy);
bool model_is_id(const struct model *model, struct wf_string id); /* not empty, not too long */
bool model_is_id_or_none(const struct model *model, struct wf_string id);
bool model_is_run_id(struct wf_string text); /* empty, or a UUID */
bool model_is_memo_too_large(const struct model_transaction *tx, const struct wf_memo *memo);
bool model_attributes_are_valid(const struct model_transaction *tx, const struct wf_search_attributes *attributes);
bool model_is_signal_too_large(const struct model_transaction *tx, const struct wf_payloads *input,
                               const struct wf_header *header);
size_t model_payload_bytes(const struct wf_payload *payload);
size_t model_payloads_bytes(const struct wf_payloads *payloads);

struct model_retry {
    const struct wf_retry_policy *policy;
    const struct wf_failure *failure;
    int32_t attempt;
    int64_t expiration_ns; /* 0: none */
    bool is_workflow;
    bool is_paused; /* 4.5 step 5 */
    bool is_reset;  /* 4.9: the next attempt is the first, and comes at once */
};

/* 7.5. False: no such schedule, or it has no slot any more. */
bool model_cron_backoff(struct wf_string schedule, wf_time_ns from_ns, wf_time_ns now_ns, int64_t *backoff_ns);

/* 4.5 from step 3 on, and 7.4. Returns the retry state; IN_PROGRESS sets the interval. */
enum wf_retry_state model_retry_decide(const struct model_retry *retry, wf_time_ns now_ns, int64_t *interval_ns);
int64_t model_retry_interval(const struct wf_retry_policy *policy, int32_t attempt); /* 4.5 step 7 */
bool model_asks_for_delay(const struct wf_failure *failure);
struct wf_failure *model_timeout_failure(struct model_transaction *tx, enum wf_timeout_type type);

/* ---- runs.c ---- */

struct model_workflow *model_workflow_get(struct model *model, struct wf_string id); /* made when it is not there */
struct model_run *model_run_new(struct model *model); /* without anything but memory */
void model_reply_started(struct model_transaction *tx, struct wf_string run_id, bool is_started);
void model_start(struct model_transaction *tx);
void model_signal_with_start(struct model_transaction *tx);
void model_update_with_start(struct model_transaction *tx);
void model_request_cancel(struct model_transaction *tx);
void model_terminate(struct model_transaction *tx);
void model_schedule_first_task(struct model_transaction *tx);
void model_pause(struct model_transaction *tx);
void model_unpause(struct model_transaction *tx);

/* The run ends; the close event is written. */
void model_close(struct model_transaction *tx, enum wf_workflow_execution_status status);
void model_force_task_failed(struct model_transaction *tx);
void model_terminate_run(struct model_transaction *tx, struct wf_string reason, struct wf_payloads *details,
                         struct wf_string identity);
void model_expire_run(struct model_transaction *tx);
void model_complete_run(struct model_transaction *tx, struct wf_payloads *result, int64_t completed_event_id);
void model_fail_run(struct model_transaction *tx, struct wf_failure *failure, int64_t completed_event_id);
void model_continue_run(struct model_transaction *tx,
                        const struct wf_command_continue_as_new_workflow_execution *command, int64_t completed_event_id);

/* ---- signals.c ---- */

void model_signal(struct model_transaction *tx);
struct model_signal {
    struct wf_string name;
    struct wf_payloads *input;
    struct wf_string identity;
    struct wf_header *header;
    struct wf_string request_id;
    struct wf_workflow_execution *from;
};
void model_write_signal(struct model_transaction *tx, const struct model_signal *signal);
bool model_signal_is_known(const struct model_transaction *tx, struct wf_string request_id);

/* ---- tasks.c ---- */

#define MODEL_INLINE_REQUEST "request-from-RespondWorkflowTaskCompleted" /* 3.4 step 8 */

void model_task_schedule(struct model_transaction *tx, bool is_inline, wf_time_ns original_ns);
void model_task_start(struct model_transaction *tx, struct wf_string request_id, struct wf_string identity,
                      const struct wf_svc_record_workflow_task_started *taken); /* NULL: with the answer to another */
void model_task_started(struct model_transaction *tx);
void model_task_completed(struct model_transaction *tx);
void model_task_failed(struct model_transaction *tx);
void model_task_expire(struct model_transaction *tx);
void model_task_paused(struct model_transaction *tx); /* 3.5 "pause while scheduled" */
void model_reset_sticky(struct model_transaction *tx);
struct wf_svc_workflow_task *model_task_message(struct model_transaction *tx, bool is_full_history);

/* The two events of a started transient task, which only readers see (3.1); 0 when there are none. */
uint32_t model_unwritten(struct model_transaction *tx, struct wf_event events[2]);

/* A task of the state gets its events; what it tells of the length of history. */
void model_task_write_scheduled(struct model_transaction *tx);
void model_task_write_started(struct model_transaction *tx);
void model_task_suggest(struct model_transaction *tx);

/* ---- updates.c ---- */

/* A worker or a history has brought it: from now on it is known. */
void model_update_learn(struct model_transaction *tx, struct wf_update_request *request);

/* 7.10 step 6. */
void model_update_admit_again(struct model_transaction *tx, struct wf_update_request *request);
struct wf_state_update *model_update_find(const struct wf_state_run *state, struct wf_string update_id);

/* Whether the owner's memory may hold a speculative task. */
bool model_may_speculate(const struct model *model, const struct model_run *run);

bool model_has_updates(const struct model_transaction *tx); /* somebody asked for one of this workflow id */

/* 3.10: whatever is written makes a normal task of a speculative one first. */
void model_speculative_convert(struct model_transaction *tx);
int32_t model_protocol_message(struct model_transaction *tx,
                               const struct wf_svc_respond_workflow_task_completed *request,
                               struct wf_string message_id);
int32_t model_other_messages(struct model_transaction *tx,
                             const struct wf_svc_respond_workflow_task_completed *request);
bool model_update_is_valid(const struct model *model, const struct wf_svc_update_workflow *request);
void model_update(struct model_transaction *tx);

/* ---- commands.c ---- */

enum { MODEL_CAUSE_NONE = 0, MODEL_CAUSE_TERMINATES = 1 << 16 };

/* Performs all commands of a completion. Returns the cause of 2.3 by which the task fails, or 0. */
int32_t model_commands(struct model_transaction *tx, const struct wf_svc_respond_workflow_task_completed *request,
                       int64_t completed_event_id, bool *has_canceled_unstarted);

/* 7.11: keys with an empty value go. */
void model_merge_fields(struct wf_arena *arena, void *into, const void *from, bool are_attributes);
bool model_commands_are_in_order(const struct wf_svc_respond_workflow_task_completed *request);

/* ---- activities.c ---- */

int32_t model_schedule_activity(struct model_transaction *tx, const struct wf_command_schedule_activity_task *command,
                                int64_t completed_event_id, struct wf_string identity);
int32_t model_cancel_activity(struct model_transaction *tx, int64_t scheduled_event_id, int64_t completed_event_id,
                              struct wf_string identity, bool *has_canceled_unstarted);
void model_activity_started(struct model_transaction *tx);

/* Those that a completion started at once (4.10). */
void model_add_eager_tasks(struct model_transaction *tx, int64_t completed_event_id,
                           struct wf_svc_workflow_task_accepted *accepted);
void model_activity_answered(struct model_transaction *tx);
void model_activities_expire(struct model_transaction *tx);

struct model_timeouts {
    int64_t schedule_to_close_ns;
    int64_t schedule_to_start_ns;
    int64_t start_to_close_ns;
    int64_t heartbeat_ns;
};
void model_timeouts_normalise(struct model_timeouts *timeouts, int64_t run_timeout_ns); /* 4.3 */

/* Begins the transaction of the run; false: it is not open. */
bool model_activity_begin(struct model_transaction *tx, struct wf_string workflow_id, struct wf_string run_id);
void model_activity_begin_again(struct model_transaction *tx, struct wf_state_activity *activity);
struct wf_state_activity *model_activity_find(struct model_transaction *tx, int64_t scheduled_event_id);
bool model_activity_is_started(const struct wf_state_activity *activity);

/* ---- operators.c ---- */

void model_operate_activity(struct model_transaction *tx);

/* Those in force. */
struct wf_activity_options *model_activity_options(struct model_transaction *tx, const struct wf_state_activity *activity);

/* Whatever was pushed of the attempt cannot be started any more. The number is the engine's; that it is another is judged. */
void model_activity_restamp(struct model_transaction *tx, struct wf_state_activity *activity);

/* ---- timers.c ---- */

int32_t model_start_timer(struct model_transaction *tx, const struct wf_command_start_timer *command,
                          int64_t completed_event_id);
int32_t model_cancel_timer(struct model_transaction *tx, struct wf_string timer_id, int64_t completed_event_id,
                           struct wf_string identity, bool *has_buffered);
void model_timers_fire(struct model_transaction *tx);

/* ---- relations.c ---- */

enum { MODEL_CHILD_INITIATED = 1, MODEL_CHILD_STARTED = 2 }; /* state_child.state */

struct wf_state_child *model_child_find(struct model_transaction *tx, int64_t initiated_event_id);
struct wf_string model_given_request_id(const struct model_transaction *tx, bool is_cancel, int64_t initiated_event_id);
void model_child_apply_again(struct model_transaction *tx, const struct wf_event *event);

int32_t model_start_child(struct model_transaction *tx, const struct wf_command_start_child_workflow_execution *command,
                          int64_t completed_event_id);
int32_t model_signal_external(struct model_transaction *tx,
                              const struct wf_command_signal_external_workflow_execution *command,
                              int64_t completed_event_id);
int32_t model_cancel_external(struct model_transaction *tx,
                              const struct wf_command_request_cancel_external_workflow_execution *command,
                              int64_t completed_event_id);
void model_call_answered(struct model_transaction *tx);
void model_child_closed(struct model_transaction *tx);

/* ---- rebuild.c ---- */

/* Makes the state of a new run from its first events. begins_now: activities wait from now on for their first attempt. */
void model_rebuild(struct model_transaction *tx, const struct wf_event *events, uint32_t count, bool begins_now);

/* ---- resets.c ---- */

void model_reset(struct model_transaction *tx);

/* The run begins then, and so do its deadlines (7.6). */
void model_begin_anew(struct wf_state_start *start, wf_time_ns now_ns);

/* ---- schedules.c ---- */

void model_schedule_call(struct model_transaction *tx);
void model_action_closed(struct model_transaction *tx);

/* ---- nexus.c ---- */

int32_t model_schedule_nexus(struct model_transaction *tx, const struct wf_command_schedule_nexus_operation *command,
                             int64_t completed_event_id);
int32_t model_cancel_nexus(struct model_transaction *tx, int64_t scheduled_event_id, int64_t completed_event_id);
void model_complete_nexus(struct model_transaction *tx);
bool model_nexus_answered(struct model_transaction *tx); /* false: the answer is not about an operation */
void model_nexus_expire(struct model_transaction *tx);
void model_nexus_rebuild(struct model_transaction *tx, const struct wf_event *event);
void model_nexus_apply_again(struct model_transaction *tx, const struct wf_event *event); /* 7.10 step 6 */
void model_describe_nexus(struct model_transaction *tx, struct wf_svc_description *out);

/* ---- versions.c ---- */

void model_version_begin(struct model_transaction *tx, const struct wf_event_workflow_execution_started *started);
void model_version_taken(struct model_transaction *tx, const struct wf_svc_record_workflow_task_started *taken);
void model_version_completed(struct model_transaction *tx, struct wf_event_workflow_task_completed *event,
                             int32_t behavior);
void model_version_continue(struct model_transaction *tx,
                            const struct wf_command_continue_as_new_workflow_execution *command,
                            struct wf_event_workflow_execution_started *started);
void model_version_repeat(struct model_transaction *tx, struct wf_event_workflow_execution_started *started, bool is_retry);

/* A reset knows the version from history and no revision. */
void model_version_rebuild(struct model_transaction *tx, const struct wf_event *event);

/* Whoever dispatched the task knew less than the run does. */
bool model_version_is_outdated(const struct wf_state_run *state, const struct wf_svc_record_workflow_task_started *request);

/* ---- restores.c ---- */

void model_restore(struct model_transaction *tx);

/* ---- read.c ---- */

void model_describe(struct model_transaction *tx);
void model_get_history(struct model_transaction *tx);
void model_query(struct model_transaction *tx);

#endif
