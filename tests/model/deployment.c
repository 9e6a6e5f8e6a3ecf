/*
 * Workers of a deployment, and the operators who send its versions traffic. Of three workers two have a version of their own.
 */
#include "tests/model/draws.h"

#define DEPLOYMENT "shop"
#define BUILDS 2

static struct wf_string build_of(struct calls *calls, uint64_t number)
{
    return number < BUILDS ? calls_numbered(calls, "build-", number) : (struct wf_string){0};
}

struct wf_worker_deployment_version *calls_version(struct calls *calls, uint32_t worker)
{
    struct wf_worker_deployment_version *version = NULL;

    if (!calls->is_versioned || worker >= BUILDS) {
        return NULL;
    }
    version = MAKE(calls, struct wf_worker_deployment_version);
    version->deployment_name = WF_STR(DEPLOYMENT);
    version->build_id = build_of(calls, worker);
    return version;
}

/* A version becomes current, and perhaps another one ramps; with neither the workers without a version have all. */
void calls_set_routing(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_set_routing *call = MAKE(calls, struct wf_svc_set_routing);

    request->call.set_routing = call;
    call->task_queue = calls_queue(calls);
    call->is_activity = calls_one_in(calls, 3);
    if (calls_one_in(calls, 30)) {
        return; /* no routing: refused */
    }
    call->routing = MAKE(calls, struct wf_svc_version_routing);
    call->routing->deployment_name = WF_STR(DEPLOYMENT);
    call->routing->current_build_id = build_of(calls, calls_draw(calls, BUILDS + 1));
    if (calls_one_in(calls, 2)) {
        call->routing->ramping_build_id = build_of(calls, calls_draw(calls, BUILDS + 1));
        call->routing->ramping_percent = (int32_t)calls_draw(calls, 101);
    }
    call->routing->revision = ++calls->revision;
}
