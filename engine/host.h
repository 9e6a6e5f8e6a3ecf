/*
 * Running workflow code written in C: a module's workflows on coroutines, activations in, completions out. One host holds
 * one loaded module; an instance is one run of one workflow in it.
 */
#ifndef WF_ENGINE_HOST_H
#define WF_ENGINE_HOST_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/patches.h"
#include "engine/schema.h"

struct wf_host;
struct wf_instance;
struct wf_module; /* what workflow authors export; engine/wfsim.h */

#define WF_STACK_BYTES_DEFAULT ((size_t)64 * 1024)
#define WF_WATCH_TEXT_BYTES 64

/*
 * What workflow code is doing, written by the host where a crash handler, a budget and a watchdog in another process can
 * see it. All three belong to whoever gives the host the memory; the host only reports.
 */
struct wf_watch {
    volatile uint32_t is_in_code;       /* between the entry into author's code and its return */
    volatile uint64_t activation_count; /* grows with every activation: progress, for a watchdog */
    volatile uint64_t block_count;      /* basic blocks run in this activation: zeroed by the host, counted by the owner */
    volatile int64_t event_id;          /* the last event applied */
    const char *volatile call;          /* the code's last API call; static text, never NULL */
    char workflow_type[WF_WATCH_TEXT_BYTES]; /* cut to fit, terminated */
    char workflow_id[WF_WATCH_TEXT_BYTES];
};

struct wf_host_config {
    const struct wf_module *module;
    const struct wf_block_source *blocks; /* for instances' arenas */
    const struct wf_block_source *stacks; /* for coroutine stacks, with guard pages where the platform has them */
    size_t stack_size_bytes;              /* of one coroutine */
    size_t instance_size_bytes_max;       /* memory of one run's code; beyond it the task fails */
    uint32_t coroutines_max;              /* of one run */
    struct wf_watch *watch;               /* may be NULL */
    uintptr_t code_base;                  /* where the module was loaded: commands then say which call gave them; 0: they do not */
};

/* Errors: WF_ERR_INVALID when the module's tables are wrong (no name, duplicate names, another API version); the message
 *         names the entry. */
enum wf_status wf_host_new(const struct wf_host_config *config, struct wf_host **host, struct wf_error *err);
void wf_host_free(struct wf_host *host);

bool wf_host_has_workflow(const struct wf_host *host, struct wf_string workflow_type);

/* The name of the index-th workflow, or NULL past the last. */
const char *wf_host_workflow_name(const struct wf_host *host, size_t index);

/* Whether the workflow of this type, which there is, declares a handler for the signal. */
bool wf_host_handles_signal(const struct wf_host *host, struct wf_string workflow_type, struct wf_string signal);

struct wf_instance *wf_instance_new(struct wf_host *host);
void wf_instance_free(struct wf_instance *instance);

/*
 * Applies one activation's jobs and runs the workflow's coroutines until all of them block. What the activation points to
 * must live until the instance is freed: payloads are used uncopied.
 *
 * completion  borrowed until the next activate of this instance. Workflow code that fails the task (an invalid value, a
 *             broken promise of the API, an unknown workflow type, memory or coroutines exhausted) gives a `failed` completion;
 *             a run that ends in failure gives a successful one with a fail command.
 * Never fails otherwise. Code that crashes or never returns is contained by the process around it (DESIGN section 5).
 */
void wf_instance_activate(struct wf_instance *instance, const struct wf_sdk_activation *activation,
                          const struct wf_sdk_completion **completion);

/*
 * Whether the code was told something in the last activation that it is told only because it replays: that a patch is not
 * there, an older version, a recorded value.
 */
bool wf_instance_asked_replay(const struct wf_instance *instance);

/*
 * The next patch at or after *index, which is moved past it, that the code asked for and was told that it is not there. False at
 * the end. The name lives as long as the instance.
 */
bool wf_instance_next_refused(const struct wf_instance *instance, uint32_t *index, struct wf_patch_mention *mention);

/* Where the workflow waits now, for people: "activity charge_payment", "condition (timeout in 7 days)", "timer 3", one line
 * a coroutine. Appends to out. */
void wf_instance_describe(const struct wf_instance *instance, struct wf_buffer *out);

/* Log lines of workflow code since the last call, replayed ones left out; reset by the next activate. */
struct wf_log_line {
    struct wf_string text;
};
uint32_t wf_instance_log(const struct wf_instance *instance, const struct wf_log_line **lines);

#endif
