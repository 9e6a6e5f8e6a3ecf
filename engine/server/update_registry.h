/*
 * The update registry of a run: who waits for which update, and how far each is. Shared by the files of the history service
 * that carry updates, and by nobody else.
 *
 * What is accepted or completed is in the run's state (struct wf_state_update) and survives everything; the records here are
 * slab memory, and gone with the run's memory: whoever waits is told to ask again (engine-semantics 7.8).
 */
#ifndef WF_ENGINE_SERVER_UPDATE_REGISTRY_H
#define WF_ENGINE_SERVER_UPDATE_REGISTRY_H

#include "engine/server/change.h"

enum wf_registry_state {
    WF_REGISTRY_NONE,
    WF_REGISTRY_ADMITTED,
    WF_REGISTRY_SENT,
    WF_REGISTRY_ACCEPTED,
    WF_REGISTRY_COMPLETED,
    WF_REGISTRY_REJECTED,
    WF_REGISTRY_ABORTED,
};

enum wf_registry_input {
    WF_REGISTRY_INPUT_ADMIT,
    WF_REGISTRY_INPUT_SEND,
    WF_REGISTRY_INPUT_TAKE_BACK,
    WF_REGISTRY_INPUT_ACCEPT,
    WF_REGISTRY_INPUT_REJECT,
    WF_REGISTRY_INPUT_COMPLETE,
    WF_REGISTRY_INPUT_ABORT,
};

/* A caller who waits for a stage of an update. */
struct wf_update_waiter {
    struct wf_update_waiter *next;
    uint64_t call_id;
    int32_t stage;
    int32_t source; /* enum wf_update_source */
    int64_t until_ns;
};

struct wf_update_record {
    struct wf_update_record *next; /* in the order of admission */
    enum wf_registry_state state;  /* as far as memory knows: the run's state goes before it */
    struct wf_string id;
    char *bytes; /* the encoded request, until it is accepted */
    size_t size_bytes;
    struct wf_update_waiter *waiters;
};

/* An update that the worker, or the service for it, rejected: told once the task's completion is committed. */
struct wf_update_rejection_note {
    struct wf_update_rejection_note *next;
    struct wf_string id;
    char *bytes; /* the encoded failure */
    size_t size_bytes;
};

/* What a transition needs. */
struct wf_registry_step {
    struct wf_shard *shard;
    struct wf_shard_run *run;
    struct wf_string id;
    struct wf_change *change;                        /* ACCEPT, COMPLETE, REJECT */
    const struct wf_update_request *request;         /* ADMIT */
    const struct wf_update_acceptance *acceptance;   /* ACCEPT */
    const struct wf_update_response *response;       /* COMPLETE */
    const struct wf_failure *failure;                /* REJECT */
    enum wf_call_status status;                      /* ABORT: of the answer, when there is no outcome */
    const char *message;
};

/* ---- update_registry.c: the machine and who waits ---- */

/* The update's state; in a change also what the change did so far. */
enum wf_registry_state wf_registry_state(const struct wf_shard_run *run, const struct wf_change *change,
                                         struct wf_string id);
/* False when the machine has no such transition. */
bool wf_registry_step(const struct wf_registry_step *step, enum wf_registry_input input);
struct wf_update_record *wf_registry_find(const struct wf_shard_run *run, struct wf_string id);
struct wf_state_update *wf_state_update_find(const struct wf_state_run *state, struct wf_string id);

/* What an update's caller asked for. */
struct wf_update_call {
    struct wf_string id;
    int32_t wait_stage;
    int64_t wait_ns;
};

/* The caller waits for a known update, or is answered at once. */
void wf_registry_join(struct wf_shard *shard, struct wf_shard_run *run, uint64_t call_id,
                      const struct wf_update_call *call, enum wf_update_source source);

#endif
