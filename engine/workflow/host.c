/*
 * The host of one module: checks its tables, keeps stacks, and gives each run one activation at a time.
 */
#include "engine/host.h"

#include "engine/base/assert.h"
#include "engine/workflow/workflow_run.h"

#include <string.h>

#define STATE_BYTES_MAX ((size_t)1 << 20)
#define ENTRIES_MAX 4096 /* of one list; a list that was not ended would run on */

/* ---- Stacks ---- */

/* A free stack holds the next one at its high end, which the code that ran there has touched anyway. */
static void **link_of(const struct wf_host *host, void *stack)
{
    return (void **)((char *)stack + host->config.stack_size_bytes - 2 * sizeof(void *));
}

void *wf_stack_take(struct wf_host *host)
{
    void *stack = host->free_stacks;

    if (stack == NULL) {
        return host->config.stacks->take(host->config.stacks->context, host->config.stack_size_bytes);
    }
    host->free_stacks = *link_of(host, stack);
    return stack;
}

void wf_stack_give(struct wf_host *host, void *stack)
{
    *link_of(host, stack) = host->free_stacks;
    host->free_stacks = stack;
}

/* ---- The module's tables ---- */

/* Every table of a module begins its entries with the name, so one loop checks them all. */
static enum wf_status check_names(const void *entries, size_t entry_size_bytes, const char *what, const char *owner,
                                  struct wf_error *err)
{
    const char *const bytes = entries;

    for (size_t i = 0; entries != NULL; i++) {
        const char *name = *(const char *const *)(const void *)(bytes + i * entry_size_bytes);

        if (name == NULL) {
            break;
        }
        if (name[0] == '\0' || i == ENTRIES_MAX) {
            return wf_fail_status(err, WF_ERR_INVALID, "%s of %s: entry %zu has no name, or the list has no end", what,
                                  owner, i);
        }
        for (size_t j = 0; j < i; j++) {
            const char *other = *(const char *const *)(const void *)(bytes + j * entry_size_bytes);

            if (wf_string_is(wf_string_of(name), other)) {
                return wf_fail_status(err, WF_ERR_INVALID, "%s of %s: \"%s\" is there twice", what, owner, name);
            }
        }
    }
    return WF_OK;
}

static enum wf_status check_workflow(const struct wf_workflow *workflow, struct wf_error *err)
{
    if (workflow->run == NULL) {
        return wf_fail_status(err, WF_ERR_INVALID, "workflow %s has no run", workflow->name);
    }
    if (workflow->state_size_bytes > STATE_BYTES_MAX) {
        return wf_fail_status(err, WF_ERR_INVALID, "workflow %s: state_size_bytes is above %zu", workflow->name,
                              STATE_BYTES_MAX);
    }
    WF_TRY(check_names(workflow->signals, sizeof *workflow->signals, "signals", workflow->name, err));
    WF_TRY(check_names(workflow->queries, sizeof *workflow->queries, "queries", workflow->name, err));
    WF_TRY(check_names(workflow->updates, sizeof *workflow->updates, "updates", workflow->name, err));
    for (const struct wf_signal *entry = workflow->signals; entry != NULL && entry->name != NULL; entry++) {
        if (entry->handle == NULL) {
            return wf_fail_status(err, WF_ERR_INVALID, "signal %s of %s has no handle", entry->name, workflow->name);
        }
    }
    for (const struct wf_query *entry = workflow->queries; entry != NULL && entry->name != NULL; entry++) {
        if (entry->handle == NULL) {
            return wf_fail_status(err, WF_ERR_INVALID, "query %s of %s has no handle", entry->name, workflow->name);
        }
    }
    for (const struct wf_update *entry = workflow->updates; entry != NULL && entry->name != NULL; entry++) {
        if (entry->handle == NULL) {
            return wf_fail_status(err, WF_ERR_INVALID, "update %s of %s has no handle", entry->name, workflow->name);
        }
    }
    return WF_OK;
}

static enum wf_status check_module(const struct wf_module *module, struct wf_error *err)
{
    if (module->api != WF_API) {
        return wf_fail_status(err, WF_ERR_INVALID, "the module was written for API %u, this is API %u", module->api,
                              WF_API);
    }
    if (module->workflows == NULL) {
        return wf_fail_status(err, WF_ERR_INVALID, "the module has no list of workflows");
    }
    WF_TRY(check_names(module->workflows, sizeof *module->workflows, "workflows", "the module", err));
    WF_TRY(check_names(module->activities, sizeof *module->activities, "activities", "the module", err));
    for (const struct wf_workflow *workflow = module->workflows; workflow->name != NULL; workflow++) {
        WF_TRY(check_workflow(workflow, err));
    }
    for (const struct wf_activity *entry = module->activities; entry != NULL && entry->name != NULL; entry++) {
        if (entry->run == NULL) {
            return wf_fail_status(err, WF_ERR_INVALID, "activity %s has no run", entry->name);
        }
    }
    return WF_OK;
}

/* ---- The host ---- */

enum wf_status wf_host_new(const struct wf_host_config *config, struct wf_host **host, struct wf_error *err)
{
    struct wf_arena arena;
    struct wf_host *made = NULL;

    WF_ASSERT(config->stack_size_bytes >= WF_STACK_BYTES_MIN);
    WF_ASSERT(config->coroutines_max > 0);
    WF_TRY(check_module(config->module, err));
    wf_arena_init(&arena, config->blocks, 0);
    made = WF_ARENA_NEW(&arena, struct wf_host);
    if (made == NULL) {
        wf_arena_deinit(&arena);
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a host");
    }
    made->config = *config;
    made->arena = arena;
    made->watch = config->watch == NULL ? &made->own_watch : config->watch;
    made->watch->call = "";
    *host = made;
    return WF_OK;
}

void wf_host_free(struct wf_host *host)
{
    struct wf_arena arena;

    if (host == NULL) {
        return;
    }
    while (host->free_stacks != NULL) {
        void *stack = host->free_stacks;

        host->free_stacks = *link_of(host, stack);
        host->config.stacks->give(host->config.stacks->context, stack, host->config.stack_size_bytes);
    }
    arena = host->arena;
    wf_arena_deinit(&arena);
}

static const struct wf_workflow *workflow_of(const struct wf_host *host, struct wf_string workflow_type)
{
    for (const struct wf_workflow *workflow = host->config.module->workflows; workflow->name != NULL; workflow++) {
        if (wf_string_is(workflow_type, workflow->name)) {
            return workflow;
        }
    }
    return NULL;
}

bool wf_host_has_workflow(const struct wf_host *host, struct wf_string workflow_type)
{
    return workflow_of(host, workflow_type) != NULL;
}

bool wf_host_handles_signal(const struct wf_host *host, struct wf_string workflow_type, struct wf_string signal)
{
    const struct wf_workflow *workflow = workflow_of(host, workflow_type);

    for (const struct wf_signal *known = workflow->signals; known != NULL && known->name != NULL; known++) {
        if (wf_string_is(signal, known->name)) {
            return true;
        }
    }
    return false;
}

const char *wf_host_workflow_name(const struct wf_host *host, size_t index)
{
    const struct wf_workflow *workflow = host->config.module->workflows;

    while (workflow->name != NULL && index > 0) {
        workflow++;
        index--;
    }
    return workflow->name;
}

/* ---- Instances ---- */

struct wf_instance *wf_instance_new(struct wf_host *host)
{
    return wf_run_new(host, sizeof(struct wf_instance));
}

void wf_instance_free(struct wf_instance *instance)
{
    if (instance != NULL) {
        wf_run_free(&instance->run);
    }
}

/* ---- Activations ---- */

static void copy_for_watch(char to[WF_WATCH_TEXT_BYTES], struct wf_string from)
{
    const size_t size_bytes = from.size_bytes < WF_WATCH_TEXT_BYTES ? from.size_bytes : WF_WATCH_TEXT_BYTES - 1;

    if (size_bytes > 0) {
        memcpy(to, from.data, size_bytes);
    }
    to[size_bytes] = '\0';
}

void wf_watch_begin(struct wf_host *host, struct wf_string type, struct wf_string workflow_id, int64_t event_id)
{
    struct wf_watch *watch = host->watch;

    watch->activation_count++;
    watch->block_count = 0;
    watch->event_id = event_id;
    watch->call = "";
    copy_for_watch(watch->workflow_type, type);
    copy_for_watch(watch->workflow_id, workflow_id);
}

static void begin_watch(const struct wf *wf, const struct wf_sdk_activation *activation)
{
    struct wf_string type = wf->workflow == NULL ? WF_STR("") : wf_string_of(wf->workflow->name);
    struct wf_string workflow_id = wf->workflow == NULL ? WF_STR("") : wf_string_of(wf->info.workflow_id);

    for (uint32_t i = 0; wf->workflow == NULL && i < activation->jobs.count; i++) {
        if (activation->jobs.items[i].variant_case == JOB_INITIALIZE) {
            type = activation->jobs.items[i].variant.initialize_workflow->workflow_type;
            workflow_id = activation->jobs.items[i].variant.initialize_workflow->workflow_id;
        }
    }
    wf_watch_begin(wf->host, type, workflow_id, activation->history_length);
}

static void begin_activation(struct wf *wf, const struct wf_sdk_activation *activation)
{
    wf_arena_reset(&wf->step_arena);
    memset(&wf->success, 0, sizeof wf->success);
    memset(&wf->completion, 0, sizeof wf->completion);
    memset(&wf->log, 0, sizeof wf->log);
    wf->now_ns = wf_time_of(activation->timestamp);
    wf->is_replaying = activation->is_replaying;
    wf->parked_calls = activation->parked_calls;
    wf->asked_replay = false;
    wf->info.history_length = activation->history_length;
    wf->info.history_size_bytes = activation->history_size_bytes;
    wf->info.continue_as_new_suggested = activation->continue_as_new_suggested;
    begin_watch(wf, activation);
}

/* A broken run gives the same answer each time. */
static void fail_completion(struct wf *wf)
{
    wf->broken_failure.message = wf->broken_message;
    wf->failed.failure = &wf->broken_failure;
    wf->completion.status_case = 3;
    wf->completion.status.failed = &wf->failed;
}

static bool is_removal(const struct wf_sdk_activation *activation)
{
    return activation->jobs.count == 1 && activation->jobs.items[0].variant_case == JOB_REMOVE_FROM_CACHE;
}

void wf_instance_activate(struct wf_instance *instance, const struct wf_sdk_activation *activation,
                          const struct wf_sdk_completion **completion)
{
    struct wf *wf = &instance->run;

    if (!wf->is_broken) {
        begin_activation(wf, activation);
        if (!is_removal(activation)) {
            wf_jobs_apply(wf, activation);
        }
    }
    wf->completion.run_id = wf_string_of(wf->info.run_id == NULL ? "" : wf->info.run_id);
    if (wf->is_broken) {
        fail_completion(wf);
    } else {
        wf->completion.status_case = 2;
        wf->completion.status.successful = &wf->success;
    }
    *completion = &wf->completion;
}

bool wf_instance_asked_replay(const struct wf_instance *instance)
{
    return instance->run.asked_replay;
}

bool wf_instance_next_refused(const struct wf_instance *instance, uint32_t *index, struct wf_patch_mention *mention)
{
    for (const struct wf_map_entry *entry = wf_map_next(&instance->run.patches, index); entry != NULL;
         entry = wf_map_next(&instance->run.patches, index)) {
        const struct wf_patch *patch = entry->value;

        if (patch->is_decided && !patch->answer) {
            *mention = (struct wf_patch_mention){.id = patch->id, .is_deprecated = patch->is_deprecated};
            return true;
        }
    }
    return false;
}

uint32_t wf_instance_log(const struct wf_instance *instance, const struct wf_log_line **lines)
{
    *lines = instance->run.log.items;
    return instance->run.log.count;
}
