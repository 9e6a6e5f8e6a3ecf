/*
 * wfsim.h: durable workflows in C.
 *
 * A workflow is an ordinary C function that may take days. Every step it takes (an activity, a timer, a child workflow) is
 * recorded; when the process that runs it dies, another one runs the function again from its first line, answers the steps
 * already taken from the record, and goes on where it stopped. So the function must make the same decisions each time: no
 * clock, no randomness, no files, no network, no threads, no mutable globals. What it needs of those comes from here
 * (wf_now, wf_random, wf_uuid, wf_log) or from activities.
 *
 *     #include "wfsim.h"
 *
 *     static const struct wf_options bank = {.start_to_close = 30 * WF_SECOND, .retry = {.maximum_attempts = 3}};
 *
 *     static wf_error pay(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
 *     {
 *         (void)state;
 *         return wf_activity(wf, "charge_payment", args, &bank, result);
 *     }
 *
 *     const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
 *         {.name = "Payment", .run = pay}, {.name = NULL}}};
 *
 * Conventions. Arguments go in, values come out, failures are returned: a wf_error is NULL on success. Nothing is ever freed:
 * what a call hands out lives as long as the run. Strings given to a call are copied. Options and lists in a struct may be
 * left out; zero means the default. Durations are nanoseconds.
 *
 * Two kinds of going wrong. A failure (wf_error) is part of the workflow's life: an activity that gave up, a cancellation,
 * wf_fail. Returned from `run`, it fails the run. A mistake (a value that is not JSON, an option that cannot be, a blocking
 * call in a query, memory exhausted, a crash) fails only the workflow task, which is tried again until the code is mended; the
 * call that made the mistake does not return.
 *
 * Time passes only inside the calls marked "Blocks". Between two of them no other code of the run is active, so state needs no
 * locks.
 */
#ifndef WFSIM_H
#define WFSIM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WF_API 1 /* of this header; the first member of wf_module */

#if defined(__GNUC__)
#define WF_FORMAT_LIKE_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define WF_EXPORTED __attribute__((visibility("default")))
#else
#define WF_FORMAT_LIKE_PRINTF(text, first)
#define WF_EXPORTED
#endif

struct wf;         /* one run of a workflow */
struct wf_future;  /* a step that was begun */
struct wf_undo;    /* what to undo when the run fails */
struct wf_attempt; /* one attempt of an activity */
struct wf_failure;
struct wf_payload;

typedef int64_t wf_time_ns; /* since 1970, UTC */
typedef int64_t wf_duration_ns;
typedef const struct wf_failure *wf_error; /* NULL: success */

#define WF_MILLISECOND INT64_C(1000000)
#define WF_SECOND (1000 * WF_MILLISECOND)
#define WF_MINUTE (60 * WF_SECOND)
#define WF_HOUR (60 * WF_MINUTE)
#define WF_DAY (24 * WF_HOUR)
#define WF_FOREVER INT64_MAX /* as a timeout: none */

/* ==== Values =====================================================================================================
 *
 * Arguments and results are JSON. A value is a slice of JSON text and is never changed; a value that came from outside is
 * passed on byte for byte. A payload that is not JSON (an encrypted one, protobuf) is opaque: it can be passed on, not read.
 */

struct wf_value {
    const char *json; /* not terminated; NULL: absent, or opaque */
    size_t size_bytes;
    const struct wf_payload *payload; /* the whole payload it came as, or NULL */
};

/* Arguments of a call. Borrowed for the call. */
struct wf_args {
    const struct wf_value *items;
    size_t count;
};

/* WF_ARGS(order, wf_text(wf, "card")) makes arguments of values; WF_NO_ARGS has none. */
#define WF_ARGS(...)                                                                                                   \
    ((struct wf_args){(const struct wf_value[]){__VA_ARGS__},                                                          \
                      sizeof((const struct wf_value[]){__VA_ARGS__}) / sizeof(struct wf_value)})
#define WF_NO_ARGS ((struct wf_args){NULL, 0})

enum wf_value_kind {
    WF_VALUE_ABSENT, /* no such argument, member or item; as an argument it is sent as null */
    WF_VALUE_NULL,
    WF_VALUE_BOOL,
    WF_VALUE_NUMBER,
    WF_VALUE_TEXT,
    WF_VALUE_LIST,
    WF_VALUE_OBJECT,
    WF_VALUE_OPAQUE,
    WF_VALUE_INVALID, /* came from outside as JSON and is not */
};

/* Reading. None of these fails: a part that is not there is absent, a value of another kind gives `otherwise`. */
enum wf_value_kind wf_kind_of(struct wf_value value);
struct wf_value wf_arg(struct wf_args args, size_t index);
struct wf_value wf_member(struct wf_value object, const char *name);
struct wf_value wf_at(struct wf_value list, size_t index);
size_t wf_count(struct wf_value list_or_object);
bool wf_as_bool(struct wf_value value, bool otherwise);
int64_t wf_as_integer(struct wf_value value, int64_t otherwise); /* also of 2.0 and 1e3; not of 2.5 */
double wf_as_real(struct wf_value value, double otherwise);

/* The characters of a text, terminated; any other value as its JSON; "" when absent or opaque. Never NULL. */
const char *wf_as_text(struct wf *wf, struct wf_value value);

/* True for a text with exactly these characters. */
bool wf_is_text(struct wf_value value, const char *text);

/* True when both have the same JSON text. */
bool wf_same(struct wf_value left, struct wf_value right);

/* Walks a list or an object in order, each part once:
 *     for (struct wf_walk walk = wf_walk(list); wf_next(&walk);) { use(walk.value); }
 */
struct wf_walk {
    struct wf_value value; /* the item, or the member's value */
    struct wf_value key;   /* of an object: the member's name, a text */
    struct wf_value container;
    size_t offset;
    bool is_object;
};
struct wf_walk wf_walk(struct wf_value list_or_object);
bool wf_next(struct wf_walk *walk);

/* Making. The format knows %s %.*s %c %d %i %u %x %% with the lengths l, ll, z and j, a width and zero padding; no %f. */
struct wf_value wf_null(void);
struct wf_value wf_bool(bool value);
struct wf_value wf_integer(struct wf *wf, int64_t value);
struct wf_value wf_real(struct wf *wf, double value); /* a finite one */
struct wf_value wf_text(struct wf *wf, const char *format, ...) WF_FORMAT_LIKE_PRINTF(2, 3);
struct wf_value wf_list(struct wf *wf, const struct wf_value *items, size_t count);

struct wf_pair {
    const char *name;
    struct wf_value value;
};
/* wf_object(wf, WF_PAIRS({"approved", wf_bool(true)}, {"by", who})) */
#define WF_PAIRS(...)                                                                                                  \
    (const struct wf_pair[]){__VA_ARGS__}, sizeof((const struct wf_pair[]){__VA_ARGS__}) / sizeof(struct wf_pair)
struct wf_value wf_object(struct wf *wf, const struct wf_pair *pairs, size_t count);

/* JSON written by hand, copied and checked. */
struct wf_value wf_json(struct wf *wf, const char *json);

/* Zeroed memory for the run's own use; never NULL. The memory of a run is limited; beyond it the task fails. */
void *wf_alloc(struct wf *wf, size_t count, size_t size_bytes);

/* ==== Failures =================================================================================================== */

enum wf_kind {
    WF_APPLICATION,     /* wf_fail, or an error that an activity or child raised */
    WF_ACTIVITY,        /* an activity gave up; its cause says why */
    WF_CHILD,           /* a child workflow did not complete; its cause says why */
    WF_NEXUS,           /* a Nexus operation did not complete; its cause says why */
    WF_TIMEOUT,
    WF_CANCELED,
    WF_TERMINATED,
    WF_SERVER,
    WF_CONTINUE_AS_NEW, /* what wf_continue_as_new returns */
    WF_OTHER,
};

/*
 * Makes an application failure.
 *
 * type   what callers and retry policies tell failures apart by: "CardDeclined".
 * cause  may be NULL.
 */
wf_error wf_fail(struct wf *wf, const char *type, wf_error cause, const char *format, ...) WF_FORMAT_LIKE_PRINTF(4, 5);

struct wf_failure_options {
    const char *type;
    wf_error cause;
    struct wf_args details;
    bool is_non_retryable;
    wf_duration_ns next_retry_delay; /* of an activity: instead of its policy's next interval */
};
wf_error wf_fail_with(struct wf *wf, const struct wf_failure_options *options, const char *format, ...)
    WF_FORMAT_LIKE_PRINTF(3, 4);

/* True when the failure or one of its causes is of this kind and, unless type is NULL, of this type. The type of an
 * activity or child failure is the activity's or workflow's type; of a timeout "StartToClose", "ScheduleToStart",
 * "ScheduleToClose" or "Heartbeat". False for NULL. */
bool wf_caused_by(wf_error error, enum wf_kind kind, const char *type);

/* True when the failure is a cancellation: of the run, or of an activity or child in it. Returned from `run` after the run's
 * cancellation was asked for, such a failure closes the run as canceled. */
bool wf_is_canceled(wf_error error);

enum wf_kind wf_error_kind(wf_error error);
wf_error wf_error_cause(wf_error error); /* NULL: none */
const char *wf_error_type(struct wf *wf, wf_error error);
const char *wf_error_message(struct wf *wf, wf_error error);
struct wf_value wf_error_detail(wf_error error, size_t index);

/* ==== Activities =================================================================================================
 *
 * An activity is where effects happen. It may run more than once and its answer may be lost, so give it what it needs to
 * recognise a repetition (the order's id, not a fresh random one) and register its undo before the call.
 */

struct wf_retry {
    wf_duration_ns initial_interval;             /* default 1 s */
    double backoff_coefficient;                  /* default 2.0 */
    wf_duration_ns maximum_interval;             /* default 100 times the initial one */
    int32_t maximum_attempts;                    /* default: no limit; 1: no retry */
    const char *const *non_retryable_error_types; /* NULL-terminated */
};

enum wf_cancellation {
    WF_TRY_CANCEL,     /* ask the activity to stop and do not wait for it */
    WF_WAIT_CANCELED,  /* ask, and wait for its real outcome */
    WF_ABANDON,        /* do not even ask */
};

/* start_to_close or schedule_to_close is required. Left out, retry means the service's defaults: without limit. */
struct wf_options {
    wf_duration_ns schedule_to_close; /* all attempts and the waits between them */
    wf_duration_ns schedule_to_start; /* waiting for a worker */
    wf_duration_ns start_to_close;    /* one attempt */
    wf_duration_ns heartbeat;         /* between two heartbeats of one attempt */
    struct wf_retry retry;
    const char *task_queue; /* default: the workflow's */
    const char *activity_id; /* default: a number */
    enum wf_cancellation cancellation;
    wf_duration_ns local_retry_threshold; /* local activities: longer waits become timers */
};

/* Runs an activity to its end. Blocks. result may be NULL. */
wf_error wf_activity(struct wf *wf, const char *type, struct wf_args args, const struct wf_options *options,
                     struct wf_value *result);

/* Begins an activity. */
struct wf_future *wf_activity_start(struct wf *wf, const char *type, struct wf_args args,
                                    const struct wf_options *options);

/* The same in the worker's own process, recorded only when it ends: for short calls. */
wf_error wf_local_activity(struct wf *wf, const char *type, struct wf_args args, const struct wf_options *options,
                           struct wf_value *result);
struct wf_future *wf_local_activity_start(struct wf *wf, const char *type, struct wf_args args,
                                          const struct wf_options *options);

/* ==== Timers ===================================================================================================== */

/* Blocks. A duration of zero or less is a timer of zero, so that lateness never changes which steps are taken. */
wf_error wf_sleep(struct wf *wf, wf_duration_ns duration);
struct wf_future *wf_timer_start(struct wf *wf, wf_duration_ns duration);

/* ==== Child workflows and other workflows ======================================================================== */

enum wf_parent_close { WF_CHILD_TERMINATES, WF_CHILD_GOES_ON, WF_CHILD_IS_CANCELED };

enum wf_child_cancellation {
    WF_CHILD_WAIT_CANCELED,  /* ask the child to cancel, and wait for its end */
    WF_CHILD_TRY_CANCEL,     /* ask, and do not wait */
    WF_CHILD_ABANDON,        /* do not even ask */
    WF_CHILD_WAIT_REQUESTED, /* ask, and wait until the child was asked */
};

/* Whether a child may take the id of a closed workflow. The id of an open one is never taken. */
enum wf_id_reuse {
    WF_ID_REUSE_ALLOWED,
    WF_ID_REUSE_AFTER_FAILURE, /* when it did not complete */
    WF_ID_REUSE_REFUSED,
};

struct wf_search_attribute {
    const char *name;
    const char *type; /* "Keyword", "KeywordList", "Text", "Int", "Double", "Bool" or "Datetime" */
    struct wf_value value;
};

struct wf_child_options {
    const char *workflow_id; /* default: a random one */
    const char *task_queue;  /* default: the parent's */
    wf_duration_ns execution_timeout;
    wf_duration_ns run_timeout;
    wf_duration_ns task_timeout;
    enum wf_parent_close parent_close;
    enum wf_child_cancellation cancellation;
    enum wf_id_reuse id_reuse;
    struct wf_retry retry;     /* left out: no retry */
    const char *cron_schedule; /* "0 2 * * *", "@every 90m", "CRON_TZ=Asia/Tokyo 30 9 * * MON-FRI" */
    const struct wf_pair *memo;
    size_t memo_count;
    const struct wf_search_attribute *search_attributes;
    size_t search_attribute_count;
};

/* Runs a child to its end. Blocks. options and result may be NULL. */
wf_error wf_child(struct wf *wf, const char *type, struct wf_args args, const struct wf_child_options *options,
                  struct wf_value *result);

/* Begins a child. The future is its end. */
struct wf_future *wf_child_start(struct wf *wf, const char *type, struct wf_args args,
                                 const struct wf_child_options *options);

/* Waits until the child was started or could not be. A parent that ends before may leave a child that never starts. Blocks.
 * run_id may be NULL. */
wf_error wf_child_started(struct wf *wf, struct wf_future *child, const char **run_id);

/* Signals a child, or any workflow. run_id NULL: the current run. Block until the signal was delivered or refused. */
wf_error wf_child_signal(struct wf *wf, struct wf_future *child, const char *signal, struct wf_args args);
wf_error wf_signal(struct wf *wf, const char *workflow_id, const char *run_id, const char *signal, struct wf_args args);

/* ---- Nexus operations: calls to services behind an endpoint, which may take as long as a workflow ---- */

enum wf_nexus_cancellation {
    WF_NEXUS_WAIT_CANCELED,  /* ask the operation to cancel, and wait for its end */
    WF_NEXUS_TRY_CANCEL,     /* ask, and do not wait */
    WF_NEXUS_ABANDON,        /* do not even ask */
    WF_NEXUS_WAIT_REQUESTED, /* ask, and wait until the handler was asked */
};

struct wf_nexus_options {
    wf_duration_ns schedule_to_close; /* of the whole operation; 0: none */
    wf_duration_ns schedule_to_start;
    wf_duration_ns start_to_close;
    enum wf_nexus_cancellation cancellation;
};

/* Runs an operation of a service to its end. Blocks. options and result may be NULL. */
wf_error wf_nexus(struct wf *wf, const char *endpoint, const char *service, const char *operation, struct wf_value input,
                  const struct wf_nexus_options *options, struct wf_value *result);

/* Begins an operation. The future is its end; wf_cancel asks it to cancel. */
struct wf_future *wf_nexus_start(struct wf *wf, const char *endpoint, const char *service, const char *operation,
                                 struct wf_value input, const struct wf_nexus_options *options);

/* Waits until the operation was started, which one that is answered at once was too, or could not be. Blocks. token may be
 * NULL, and is empty for an operation that was answered at once. */
wf_error wf_nexus_started(struct wf *wf, struct wf_future *operation, const char **token);

/* Asks another workflow to cancel. Blocks until the request was delivered or refused. */
wf_error wf_request_cancel(struct wf *wf, const char *workflow_id, const char *run_id, const char *reason);

/* ==== Waiting ==================================================================================================== */

/* Waits for the end. Blocks. When the run is cancelled meanwhile, the step is cancelled too and its outcome is returned. */
wf_error wf_await(struct wf *wf, struct wf_future *future, struct wf_value *result);

bool wf_is_ready(const struct wf_future *future);

/* Cancels a step. What its end then is depends on the step's cancellation option; a timer ends at once. */
void wf_cancel(struct wf *wf, struct wf_future *future);

enum wf_gather {
    WF_GATHER_ALL,         /* let the others go on when one fails */
    WF_GATHER_CANCEL_REST, /* cancel the others when one fails */
};

/*
 * Waits until every future has ended, whatever its end, so that no step outlives the decision about it. Blocks.
 *
 * results  as many as futures, those of failed ones absent; may be NULL.
 * Returns the failure that came first, or NULL.
 */
wf_error wf_gather(struct wf *wf, struct wf_future *const *futures, size_t count, enum wf_gather how,
                   struct wf_value *results);

/*
 * Waits until one future is ready, or the timeout. Blocks. The others go on.
 *
 * index  the first ready one; count when the time ran out.
 * Returns NULL, or a cancellation.
 */
wf_error wf_select(struct wf *wf, struct wf_future *const *futures, size_t count, wf_duration_ns timeout,
                   size_t *index);

/*
 * Waits until the condition is true, or the timeout. Blocks. The condition is asked whenever the run's state may have
 * changed; it must only look.
 *
 * timed_out  may be NULL when the timeout is WF_FOREVER.
 * Returns NULL, or a cancellation.
 */
wf_error wf_wait(struct wf *wf, bool (*is_true)(const void *state), const void *state, wf_duration_ns timeout,
                 bool *timed_out);

/* Waits until no handler of a signal or update is in the middle of its work. Call it before `run` ends when handlers block. */
wf_error wf_wait_for_handlers(struct wf *wf);

/* Begins a function beside the caller; the future is its end. It is cancelled with the run, or by wf_cancel. */
struct wf_future *wf_spawn(struct wf *wf, wf_error (*run)(struct wf *wf, void *context, struct wf_value *result),
                           void *context);

/* ==== Cancellation and undoing ===================================================================================
 *
 * Once a run is cancelled, blocking calls of `run` and of what it spawned return a cancellation instead of beginning
 * anything new, and what they were waiting for is cancelled. Work that must still be done stands between wf_shield_begin and
 * wf_shield_end. Handlers of signals and updates are not cancelled with the run.
 */
bool wf_is_cancel_requested(struct wf *wf);
const char *wf_cancel_reason(struct wf *wf); /* "" when none was given */
void wf_shield_begin(struct wf *wf); /* may be nested */
void wf_shield_end(struct wf *wf);

/*
 * A list of activities that undo what was done. Register an undo before the call that it undoes: the call may succeed and
 * its answer be lost.
 */
struct wf_undo *wf_undo_new(struct wf *wf);
void wf_undo_add(struct wf_undo *undo, const char *activity, struct wf_args args, const struct wf_options *options);

/* Forgets what was registered. */
void wf_undo_clear(struct wf_undo *undo);

/*
 * Undoes, the newest first, one after the other, shielded from cancellation, going on past steps that fail. Blocks.
 *
 * Returns `why`; when steps failed, with them as details: [{"activity": ..., "message": ...}, ...]. A `why` that cannot carry
 * details becomes the cause of a failure "UndoIncomplete". With why NULL: NULL, or that failure.
 */
wf_error wf_undo_run(struct wf_undo *undo, wf_error why);

/* ==== Long lives and changing code =============================================================================== */

struct wf_continue_options {
    const char *workflow_type; /* default: the same */
    const char *task_queue;    /* default: the same */
    wf_duration_ns run_timeout;  /* default: the same, never past the execution's end */
    wf_duration_ns task_timeout; /* default: the same */
    wf_duration_ns start_delay;  /* the next run's first task waits so long */
    struct wf_retry retry;       /* left out: the same */
    const struct wf_pair *memo;  /* left out: what this run was started with */
    size_t memo_count;
    const struct wf_search_attribute *search_attributes; /* left out: what this run was started with */
    size_t search_attribute_count;
};

/* Ends this run and begins the next one with a new history:  return wf_continue_as_new(wf, args, NULL);  */
wf_error wf_continue_as_new(struct wf *wf, struct wf_args args, const struct wf_continue_options *options);

/*
 * True for runs that reach this line the first time with the new code, false for those whose history was made by the old:
 *     if (wf_patched(wf, "ship-before-charge")) { new way } else { old way }
 * The answer for an id never changes in a run. When no old run is left: wf_deprecate_patch and the new way only; when no
 * history with the patch is left: neither.
 */
bool wf_patched(struct wf *wf, const char *id);
void wf_deprecate_patch(struct wf *wf, const char *id);

#define WF_DEFAULT_VERSION (-1) /* of a run that passed this line before its change had a version */

/*
 * The version of a change that this run takes: the highest one where it reaches this line the first time with this code,
 * WF_DEFAULT_VERSION where its history was made before, and ever after what the first call gave:
 *     switch (wf_get_version(wf, "pricing", WF_DEFAULT_VERSION, 2)) { ... }
 * Raise the minimum when no open run has an older version. A recorded version out of the range fails the task. A call may be
 * removed: a marker that nobody asks for is passed over.
 */
int32_t wf_get_version(struct wf *wf, const char *change_id, int32_t minimum, int32_t maximum);

/*
 * A value that is made once, recorded, and read from the record in every replay: a setting compiled into the code, say, which
 * the next deployment changes. `make` only looks, and may return no value that depends on another run.
 */
struct wf_value wf_side_effect(struct wf *wf, struct wf_value (*make)(struct wf *wf, void *context), void *context);

/*
 * The same for a value that may change during the run: it is made at each call, and recorded when it is not the same as the
 * one before.
 *
 * id       tells the values of a run apart.
 * is_same  NULL: wf_same.
 */
struct wf_value wf_mutable_side_effect(struct wf *wf, const char *id, struct wf_value (*make)(struct wf *wf, void *context),
                                       void *context, bool (*is_same)(struct wf_value before, struct wf_value now));

/* ==== Time, chance, logging, information ========================================================================= */

/* The time at which the current workflow task was started. Stands still between two blocking calls. */
wf_time_ns wf_now(struct wf *wf);

/*
 * Numbers from the run's own stream: SplitMix64 (Steele, Lea and Flood 2014) whose state begins as the run's randomness seed
 * and begins again when a reset gives the run another seed. The same in every replay. Not for secrets, not in queries.
 */
uint64_t wf_random(struct wf *wf);
uint64_t wf_random_below(struct wf *wf, uint64_t bound); /* 0..bound-1, without bias; bound is not 0 */

/* A version-4 UUID from two numbers of the stream, as a text value. */
struct wf_value wf_uuid(struct wf *wf);

enum wf_log_level { WF_DEBUG, WF_INFO, WF_WARNING, WF_ERROR };

/* Writes a line, once: nothing while history is replayed. */
void wf_log(struct wf *wf, enum wf_log_level level, const char *format, ...) WF_FORMAT_LIKE_PRINTF(3, 4);

struct wf_info {
    const char *workflow_id;
    const char *run_id; /* never put it into an activity's input or key: it changes with every run of a chain */
    const char *workflow_type;
    const char *parent_workflow_id; /* "" for none */
    const char *parent_run_id;      /* "" for none */
    const char *root_workflow_id;   /* of the tree of parents; its own without a parent */
    const char *first_run_id;       /* of the chain of runs */
    const char *continued_run_id;   /* the run before this one in the chain; "" for none */
    const char *cron_schedule;      /* "" for none */
    int32_t attempt;                /* of the workflow, from 1; grows by its retry policy */
    int32_t maximum_attempts;       /* 1: no retry; 0: no limit */
    wf_time_ns start_time;
    wf_duration_ns execution_timeout; /* 0: none */
    wf_duration_ns run_timeout;       /* 0: none */
    wf_duration_ns task_timeout;
    uint32_t history_length; /* events, so far */
    uint64_t history_size_bytes;
    bool continue_as_new_suggested;
    struct wf_value last_result; /* of the last run of the cron schedule that completed; absent when none */
    wf_error last_failure;       /* of the run before this one; NULL when it did not fail */
};
const struct wf_info *wf_info(struct wf *wf);

/* The run's memo, as given at its start and changed since. Setting an entry to null takes it away. */
struct wf_value wf_memo(struct wf *wf, const char *name);
void wf_memo_set(struct wf *wf, const struct wf_pair *pairs, size_t count);

/* The run's search attributes, likewise; an empty list takes one away, too. type is "Keyword", "KeywordList", "Text", "Int", "Double", "Bool" or "Datetime". */
struct wf_value wf_search_attribute(struct wf *wf, const char *name);
void wf_search_attribute_set(struct wf *wf, const char *name, const char *type, struct wf_value value);

/* True while history is replayed. A decision that depends on it breaks the next replay. */
bool wf_unsafe_is_replaying(struct wf *wf);

/* ==== What a module exports ======================================================================================
 *
 * Lists end with an entry whose name is NULL. The state is state_size_bytes zeroed bytes, made before anything else of the run
 * happens, so that a signal that arrives before the first line finds its handler and its state.
 */

/* A failure returned fails the run. May block; handlers run beside `run` and beside each other. */
struct wf_signal {
    const char *name;
    wf_error (*handle)(struct wf *wf, void *state, struct wf_args args);
};

/* Only looks: it must not change the state, block, or take a step. A failure is the answer to the asker. */
struct wf_query {
    const char *name;
    wf_error (*handle)(struct wf *wf, const void *state, struct wf_args args, struct wf_value *result);
};

/* validate may be NULL and, as a query, only looks; its failure rejects the update, which then leaves no trace. */
struct wf_update {
    const char *name;
    wf_error (*validate)(struct wf *wf, const void *state, struct wf_args args);
    wf_error (*handle)(struct wf *wf, void *state, struct wf_args args, struct wf_value *result);
};

struct wf_workflow {
    const char *name;
    wf_error (*run)(struct wf *wf, void *state, struct wf_args args, struct wf_value *result);
    size_t state_size_bytes;
    void (*init)(struct wf *wf, void *state, struct wf_args args); /* fills the state; takes no step; may be NULL */
    const struct wf_signal *signals;
    const struct wf_query *queries;
    const struct wf_update *updates;
};

/*
 * An activity written in C for the simulator, when YAML cannot say it. It is a model of the outside world: it spends virtual
 * time, has effects in the simulator's ledger, and the simulator may strike between any two steps.
 */
struct wf_activity {
    const char *name;
    wf_error (*run)(struct wf_attempt *attempt, struct wf_args args, struct wf_value *result);
};

struct wf_module {
    uint32_t api; /* WF_API */
    const struct wf_workflow *workflows;
    const struct wf_activity *activities; /* may be NULL */
};

/* The one symbol that a module exports. */
extern WF_EXPORTED const struct wf_module wf_module;

/* ==== Inside an activity of the simulator ======================================================================== */

int32_t wf_attempt_number(const struct wf_attempt *attempt); /* from 1 */

/* What the last heartbeat of an earlier attempt said; absent when there was none. */
struct wf_value wf_attempt_last_heartbeat(const struct wf_attempt *attempt);

/* For making values and failures: takes no steps. */
struct wf *wf_attempt_values(struct wf_attempt *attempt);

/* Lets virtual time pass. */
void wf_step_wait(struct wf_attempt *attempt, wf_duration_ns duration);

struct wf_effect {
    const char *name;     /* "charge" */
    const char *key;      /* the business key: the order's id */
    const char *once_per; /* the outside world does it once for this key; NULL: as often as asked */
    bool is_undo;         /* takes back the effect of this name and key */
};

/* Does something to the outside world. Fails with type "EffectRefused" when the world refuses: the key was voided by an undo. */
wf_error wf_step_effect(struct wf_attempt *attempt, const struct wf_effect *effect);

/* Reports progress. Returns a cancellation once the workflow has asked for one. */
wf_error wf_step_heartbeat(struct wf_attempt *attempt, struct wf_value details);

/* Never comes back, and never ends: only a timeout ends the attempt. */
void wf_step_never(struct wf_attempt *attempt);

#ifdef __cplusplus
}
#endif

#endif
