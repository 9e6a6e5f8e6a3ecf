/*
 * One run of a workflow inside the host: its strands (coroutines), the futures they wait for, the commands they have issued.
 * Shared by the files of engine/workflow; nothing outside includes it.
 */
#ifndef WF_ENGINE_WORKFLOW_RUN_H
#define WF_ENGINE_WORKFLOW_RUN_H

#include <stdarg.h>

#include "engine/activity_host.h"
#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/map.h"
#include "engine/host.h"
#include "engine/time.h"
#include "engine/wfsim.h"
#include "engine/workflow/coroutine.h"

/* ---- Strands ---- */

enum strand_kind {
    STRAND_MAIN,
    STRAND_SIGNAL,
    STRAND_UPDATE,
    STRAND_QUERY,
    STRAND_SPAWNED,
    STRAND_ATTEMPT, /* an activity of the simulator */
};

/* What the code on a strand may do now. */
enum strand_mode {
    MODE_STEPS,
    MODE_READ_ONLY, /* queries, validators, conditions, init: look, make values, log */
};

enum wait_kind {
    WAIT_NOTHING, /* not started, ready or running */
    WAIT_FUTURE,
    WAIT_FUTURES,
    WAIT_CONDITION,
    WAIT_HANDLERS,
    WAIT_CHILD_START,
    WAIT_ANSWER, /* an activity's step */
};

struct wf_strand {
    struct wf_coroutine coroutine;
    void *stack; /* NULL before the first turn */
    struct wf *wf;
    enum strand_kind kind;
    enum strand_mode mode;
    void (*body)(struct wf_strand *strand);
    const void *handler; /* the module's entry: wf_signal, wf_query or wf_update */
    struct wf_args args;
    struct wf_string id; /* of a query, or an update's protocol instance */
    const void *caller;  /* in the author's code, behind its last API call; NULL: none yet */
    bool runs_validator;
    bool wants_stack_trace;
    wf_error (*spawned)(struct wf *wf, void *context, struct wf_value *result);
    void *spawned_context;
    struct wf_future *end; /* of a spawned strand */

    bool follows_run;         /* cancelled with the run */
    bool is_cancel_requested; /* of this strand alone */
    uint32_t shield_depth;

    enum wait_kind wait;
    const struct wf_future *waits_for; /* WAIT_FUTURE, WAIT_CHILD_START */
    size_t wait_count;                 /* WAIT_FUTURES */
    wf_duration_ns wait_timeout;       /* WAIT_FUTURES, WAIT_CONDITION */
    bool is_queued;
    struct wf_strand *next_ready;
    struct wf_strand *older; /* all live strands, in the order of their making */
    struct wf_strand *newer;
};

/* ---- Futures ---- */

enum future_kind {
    FUTURE_TIMER,
    FUTURE_ACTIVITY, /* remote and local share one row of numbers (replay-rules 4.3) */
    FUTURE_CHILD,
    FUTURE_SIGNAL_EXTERNAL,
    FUTURE_CANCEL_EXTERNAL,
    FUTURE_VALUE, /* that history recorded, and the call waits for */
    FUTURE_NEXUS,
    FUTURE_CHILD_START, /* from here on without numbers of their own */
    FUTURE_NEXUS_START,
    FUTURE_SPAWNED,
};
#define FUTURE_NUMBERED_COUNT ((size_t)FUTURE_CHILD_START)

/* A strand in a future's row. Lies in the waiting call's frame, or in the arena when there are many. */
struct wf_waiter {
    struct wf_strand *strand;
    struct wf_waiter *next;
};

struct wf_future {
    struct wf *wf;
    enum future_kind kind;
    uint32_t seq;
    bool is_done;
    bool is_local;
    bool is_cancel_requested;
    uint64_t done_order; /* counts ends in the run, from 1 */
    struct wf_value result;
    wf_error failure;
    struct wf_waiter *waiters;
    struct wf_future *next_pending; /* in its bucket, or in the list of free ones */
    struct wf_string label;         /* activity or workflow type, for people */
    wf_duration_ns duration;        /* of a timer */
    struct wf_sdk_schedule_local_activity *schedule; /* of a local activity, to issue it again after a backoff */
    struct wf_future *owner;        /* of a backoff timer: the local activity */
    struct wf_future *backoff;      /* of a local activity between two tries: the timer */
    struct wf_future *start;        /* of a child or a Nexus operation */
    const char *nexus_token;
    struct wf_string child_id;
    const char *child_run_id;
    struct wf_strand *spawned;
};

/* Open futures of one kind by sequence number. */
struct wf_pending {
    struct wf_future **buckets; /* a power of two of them */
    uint32_t bucket_count;
    uint32_t count;
};

/* A strand that waits for a condition. Lies in the waiting call's frame. */
struct wf_condition {
    struct wf_strand *strand;
    bool is_checked_by_host; /* no condition of the author's: all handlers have finished */
    bool is_true;
    struct wf_condition *next;
};

/* ---- Runs ---- */

struct wf_patch {
    struct wf_string id;
    bool is_notified; /* the history has its marker */
    bool is_decided;
    bool is_deprecated; /* by the call that decided */
    bool answer;
};

/* One run. struct wf_instance is this struct; an attempt of an activity has one too, for its values and its strand. */
struct wf {
    struct wf_host *host;
    struct wf_arena arena;      /* as long as the run */
    struct wf_arena step_arena; /* the completion */
    struct wf_arena broken_arena; /* the message of a mistake */
    struct wf_attempt *attempt; /* NULL for a workflow */
    const struct wf_workflow *workflow;
    void *state;
    struct wf_info info;
    struct wf_args args;
    struct wf_map memo;
    struct wf_map search_attributes;

    /* the activation */
    wf_time_ns now_ns;
    bool is_replaying;
    uint32_t parked_calls; /* kinds of recorded values that calls wait for, as bits 1 << kind */
    bool asked_replay; /* the code was told what it is told in a replay only */

    /* strands */
    struct wf_strand *current;
    struct wf_strand *main;
    struct wf_strand *oldest;
    struct wf_strand *newest;
    struct wf_strand *ready_first;
    struct wf_strand *ready_last;
    struct wf_strand *free_strands;
    uint32_t strand_count;
    uint32_t handler_count; /* signal and update strands that have not ended */
    struct wf_condition *conditions_first;
    struct wf_condition **conditions_end;
    bool is_checking; /* conditions */

    /* futures */
    uint32_t seq[FUTURE_NUMBERED_COUNT];
    struct wf_pending pending[FUTURE_NUMBERED_COUNT];
    struct wf_future *free_futures;
    uint64_t done_count;

    /* decisions */
    bool is_cancel_requested;
    const char *cancel_reason;
    bool is_closed;
    wf_error canceled; /* what blocking calls return in a cancelled run */
    const struct wf_continue_options *continue_options;
    struct wf_args continue_args;
    struct wf_map patches;
    struct wf_map recorded; /* versions and side effects, by kind and id */
    uint64_t random_state;
    struct wf_entry_string *json_plain;  /* payload metadata */
    struct wf_entry_string *binary_null;

    /* the answer */
    char *reserve;
    size_t reserve_used_bytes;
    bool is_broken;
    struct wf_string broken_message;
    struct wf_failure broken_failure;
    struct wf_sdk_completion_failure failed;
    struct wf_sdk_completion completion;
    struct wf_sdk_completion_success success;
    struct {
        struct wf_log_line *items;
        uint32_t count;
        uint32_t capacity;
    } log;
};

struct wf_instance {
    struct wf run;
};

struct wf_host {
    struct wf_host_config config;
    struct wf_arena arena;
    struct wf_watch *watch; /* the config's, or one of our own */
    struct wf_watch own_watch;
    const struct wf *volatile running; /* NULL when no author's code runs */
    void *free_stacks;
};

/* ---- host.c ---- */

/* Reports to watchers what is about to run. */
void wf_watch_begin(struct wf_host *host, struct wf_string type, struct wf_string workflow_id, int64_t event_id);

/* A stack from the pool, or a new one; NULL when the source is exhausted. */
void *wf_stack_take(struct wf_host *host);
void wf_stack_give(struct wf_host *host, void *stack);

/* ---- strand.c ---- */

/* Makes a run at the beginning of a zeroed struct of size_bytes, in the run's own arena; NULL when memory is exhausted. */
void *wf_run_new(struct wf_host *host, size_t size_bytes);

/* Strands in the middle of their work are dropped: their stacks go back, nothing of them runs. */
void wf_run_free(struct wf *wf);

/*
 * The code made a mistake: the task fails with this message. Inside a strand it does not return. The conversions are
 * wf_buffer_printf's.
 */
void wf_run_break(struct wf *wf, const char *format, ...);

/* The current strand never runs again. */
void wf_leave_for_ever(struct wf *wf);

/* Begins an API call: it is named to watchers, and the strand is the caller's. Breaks outside a strand. */
struct wf_strand *wf_call_from(struct wf *wf, const char *name, const void *caller);

/* As wf_call, for calls that take a step or wait: they break where only looking is allowed. */
struct wf_strand *wf_call_step_from(struct wf *wf, const char *name, const void *caller);

/* To be written in the API function itself: its return address is where the author called. */
#define wf_call(wf, name) wf_call_from((wf), (name), __builtin_return_address(0))
#define wf_call_step(wf, name) wf_call_step_from((wf), (name), __builtin_return_address(0))

/* Makes a strand and, unless is_held, puts it in the queue. NULL after breaking the run. */
struct wf_strand *wf_strand_new(struct wf *wf, enum strand_kind kind, void (*body)(struct wf_strand *strand));
void wf_strand_make_ready(struct wf_strand *strand);

/* Stops the current strand until someone makes it ready. The caller sets what it waits for; it is cleared here. */
void wf_strand_block(struct wf_strand *strand);

/* Gives one strand a turn now. */
void wf_strand_run(struct wf_strand *strand);

/* Runs ready strands until none is left, looking at conditions after each round when asked to. */
void wf_run_until_idle(struct wf *wf, bool checks_conditions);

/* True when blocking calls of the strand return a cancellation. */
bool wf_strand_is_canceled(const struct wf_strand *strand);

/*
 * Zeroed memory of the run; breaks when it is exhausted, so a strand never sees NULL. Outside strands breaking returns: small
 * pieces then come from a reserve, so that the caller may go on to where it looks at is_broken; only pieces larger than
 * RESERVE_BYTES are NULL.
 */
#define RESERVE_BYTES 4096
void *wf_take(struct wf *wf, size_t count, size_t size_bytes);
void *wf_take_reserve(struct wf *wf, size_t count, size_t size_bytes);
struct wf_string wf_copy_string(struct wf *wf, struct wf_string string);
const char *wf_copy_text(struct wf *wf, struct wf_string string);

/* ---- step.c ---- */

/* Field numbers of coresdk.workflow_commands.WorkflowCommand. */
enum command_variant {
    COMMAND_START_TIMER = 1,
    COMMAND_SCHEDULE_ACTIVITY = 2,
    COMMAND_RESPOND_TO_QUERY = 3,
    COMMAND_REQUEST_CANCEL_ACTIVITY = 4,
    COMMAND_CANCEL_TIMER = 5,
    COMMAND_COMPLETE = 6,
    COMMAND_FAIL = 7,
    COMMAND_CONTINUE_AS_NEW = 8,
    COMMAND_CANCEL = 9,
    COMMAND_SET_PATCH_MARKER = 10,
    COMMAND_START_CHILD = 11,
    COMMAND_CANCEL_CHILD = 12,
    COMMAND_SCHEDULE_NEXUS = 21,
    COMMAND_CANCEL_NEXUS = 22,
    COMMAND_REQUEST_CANCEL_EXTERNAL = 13,
    COMMAND_SIGNAL_EXTERNAL = 14,
    COMMAND_CANCEL_SIGNAL = 15,
    COMMAND_SCHEDULE_LOCAL_ACTIVITY = 16,
    COMMAND_REQUEST_CANCEL_LOCAL_ACTIVITY = 17,
    COMMAND_UPSERT_SEARCH_ATTRIBUTES = 18,
    COMMAND_MODIFY_PROPERTIES = 19,
    COMMAND_UPDATE_RESPONSE = 20,
    COMMAND_RECORD_VALUE = 99, /* ours */
};

/* Appends a command; the body is a zeroed message of size_bytes in the step arena. */
void *wf_command_add(struct wf *wf, enum command_variant variant, size_t size_bytes);
#define WF_COMMAND_ADD(wf, variant, type) ((type *)wf_command_add((wf), (variant), sizeof(type)))

/* ---- future.c ---- */

struct wf_future *wf_future_new(struct wf *wf, enum future_kind kind);

/* Takes the next number of its kind and lists it as open. */
void wf_future_open(struct wf_future *future);

/* The open future with this number, taken off the list; NULL when there is none. */
struct wf_future *wf_future_take(struct wf *wf, enum future_kind kind, uint32_t seq);
struct wf_future *wf_future_find(struct wf *wf, enum future_kind kind, uint32_t seq);

/* Ends it and makes its waiters ready. */
void wf_future_end(struct wf_future *future, struct wf_value result, wf_error failure);

/* Asks for its end (replay-rules 4.4). Does nothing when it has ended or was asked before. */
void wf_future_cancel(struct wf_future *future);

/* Waits for its end; a cancelled strand cancels it first. */
wf_error wf_future_wait(struct wf_strand *strand, struct wf_future *future, struct wf_value *result);

/* For another call that made it and showed it to nobody. */
void wf_future_recycle(struct wf_future *future);

void wf_future_join(struct wf_future *future, struct wf_waiter *waiter, struct wf_strand *strand);
void wf_future_leave(struct wf_future *future, struct wf_waiter *waiter);

/* As wf_take, until the next activation: for what commands are made of. */
void *wf_take_step(struct wf *wf, size_t count, size_t size_bytes);

/* A duration as commands carry it: unset when 0. Breaks when it is negative. */
struct wf_timestamp wf_optional_duration(struct wf *wf, const char *what, wf_duration_ns duration);

/* NULL when everything is left out. */
struct wf_retry_policy *wf_retry_policy_of(struct wf *wf, const struct wf_retry *retry);

/* Issues a timer. */
struct wf_future *wf_timer_open(struct wf *wf, wf_duration_ns duration);

/* Schedules a local activity, at first or anew after its backoff, with its next number. */
void wf_local_activity_issue(struct wf_future *future);

/* ---- jobs.c ---- */

/* Field numbers of coresdk.workflow_activation.WorkflowActivationJob. */
enum job_variant {
    JOB_INITIALIZE = 1,
    JOB_FIRE_TIMER = 2,
    JOB_UPDATE_RANDOM_SEED = 4,
    JOB_QUERY = 5,
    JOB_CANCEL = 6,
    JOB_SIGNAL = 7,
    JOB_RESOLVE_ACTIVITY = 8,
    JOB_NOTIFY_HAS_PATCH = 9,
    JOB_RESOLVE_CHILD_START = 10,
    JOB_RESOLVE_CHILD = 11,
    JOB_RESOLVE_SIGNAL_EXTERNAL = 12,
    JOB_RESOLVE_CANCEL_EXTERNAL = 13,
    JOB_UPDATE = 14,
    JOB_RESOLVE_NEXUS_START = 15,
    JOB_RESOLVE_NEXUS = 16,
    JOB_REMOVE_FROM_CACHE = 50,
    JOB_NOTIFY_VALUE = 99, /* ours */
    JOB_RESOLVE_VALUE = 100,
};

void wf_jobs_apply(struct wf *wf, const struct wf_sdk_activation *activation);

/* ---- recorded.c ---- */

/* A value that history recorded. */
void wf_recorded_notify(struct wf *wf, const struct wf_sdk_recorded_value *job);

/* The value that a call waits for. */
void wf_recorded_resolve(struct wf *wf, const struct wf_sdk_recorded_value *job);

/* ---- value.c ---- */

struct wf_value wf_value_of_payload(const struct wf_payload *payload);
struct wf_args wf_args_of_payloads(struct wf *wf, const struct wf_payload *payloads, uint32_t count);

/* Breaks when the value is not JSON. */
void wf_payload_of_value(struct wf *wf, struct wf_value value, struct wf_payload *payload);

/* ---- properties.c ---- */

/* Entries of the run's start; the items stay the caller's. False when memory is gone. */
bool wf_properties_fill(struct wf_map *entries, const struct wf_entry_payload *items, uint32_t count);
struct wf_entry_payload *wf_memo_entries(struct wf *wf, const struct wf_pair *pairs, size_t count);

/* NULL for none. */
struct wf_search_attributes *wf_search_attributes_of(struct wf *wf, const struct wf_search_attribute *attributes,
                                                     size_t count);
struct wf_payload *wf_payloads_of_args(struct wf *wf, struct wf_args args);

/* ---- format.c ---- */

/* printf in the run's arena; breaks on a conversion it does not know. The text is terminated. */
struct wf_string wf_format(struct wf *wf, const char *format, va_list arguments);

/* ---- describe.c ---- */

void wf_run_describe(const struct wf *wf, struct wf_buffer *out);

/* ---- failure.c ---- */

/* What wf_continue_as_new returns, known by its address. */
extern const struct wf_failure wf_continue_as_new_failure;

struct wf_failure *wf_failure_new(struct wf *wf, struct wf_string message);
struct wf_failure *wf_canceled_new(struct wf *wf, const char *message);
struct wf_failure *wf_application_new(struct wf *wf, const char *type, struct wf_string message);

/* The same failure as a part of another message; NULL for NULL. */
struct wf_failure *wf_failure_share(struct wf *wf, wf_error error);

/* NULL when there are none. */
struct wf_payloads *wf_details_new(struct wf *wf, struct wf_args details);
bool wf_failure_is_cancellation(wf_error error);

/* The details that a failure carries, or NULL when its kind carries none. */
const struct wf_payloads *wf_failure_details(wf_error error);

#endif
