/* What completed tasks say about the SDK that wrote them: flags, name, version, deployment
 * (replay-rules 1.8, 3.6). */
#include "engine/base/assert.h"
#include "engine/worker/worker_run.h"

void wf_run_add_lang_flag(struct wf_run *run, uint32_t flag)
{
    void *items = run->lang_flags;
    uint32_t at = 0;

    while (at < run->lang_flag_count && run->lang_flags[at] < flag) {
        at++;
    }
    if (at < run->lang_flag_count && run->lang_flags[at] == flag) {
        return;
    }
    if (run->lang_flag_count == run->lang_flag_capacity &&
        !wf_run_grow(run, &items, &run->lang_flag_capacity, run->lang_flag_count + 1,
                     sizeof *run->lang_flags)) {
        return;
    }
    run->lang_flags = items;
    memmove(run->lang_flags + at + 1, run->lang_flags + at,
            (run->lang_flag_count - at) * sizeof *run->lang_flags);
    run->lang_flags[at] = flag;
    run->lang_flag_count++;
}

bool wf_run_has_lang_flag(const struct wf_run *run, uint32_t flag)
{
    for (uint32_t i = 0; i < run->lang_flag_count; i++) {
        if (run->lang_flags[i] == flag) {
            return true;
        }
    }
    return false;
}

void wf_run_record_lang_flag(struct wf_run *run, uint32_t flag)
{
    struct wf_run_task *task = &run->task;
    const uint32_t before = run->lang_flag_count;
    void *items = task->lang_flags;

    wf_run_add_lang_flag(run, flag);
    if (run->lang_flag_count == before ||
        !wf_run_grow(run, &items, &task->lang_flag_capacity, task->lang_flag_count + 1, sizeof *task->lang_flags)) {
        return;
    }
    task->lang_flags = items;
    task->lang_flags[task->lang_flag_count++] = flag;
}

bool wf_run_uses_lang_flag(struct wf_run *run, uint32_t flag)
{
    if (wf_run_has_lang_flag(run, flag)) {
        return true;
    }
    if (run->config->is_replay || run->is_replaying) {
        return false;
    }
    wf_run_record_lang_flag(run, flag);
    return true;
}

static void learn_metadata(struct wf_run *run,
                           const struct wf_workflow_task_completed_metadata *metadata)
{
    for (uint32_t i = 0; i < metadata->core_used_flags.count; i++) {
        const uint32_t flag = metadata->core_used_flags.items[i];

        if (flag <= WF_CORE_FLAG_LAST) { /* unknown numbers are passed over */
            run->core_flags |= 1u << flag;
        }
    }
    for (uint32_t i = 0; i < metadata->lang_used_flags.count; i++) {
        wf_run_add_lang_flag(run, metadata->lang_used_flags.items[i]);
    }
    if (metadata->sdk_name.size_bytes > 0) {
        run->sdk_name = metadata->sdk_name;
    }
    if (metadata->sdk_version.size_bytes > 0) {
        run->sdk_version = metadata->sdk_version;
    }
}

/* "name.build": a deployment's name holds no dot. */
static bool split_version(struct wf_string version,
                          struct wf_sdk_worker_deployment_version *deployment)
{
    for (size_t i = 0; i < version.size_bytes; i++) {
        if (version.data[i] == '.') {
            deployment->deployment_name = (struct wf_string){version.data, i};
            deployment->build_id = (struct wf_string){version.data + i + 1,
                                                      version.size_bytes - i - 1};
            return true;
        }
    }
    return false;
}

static void learn_deployment(struct wf_run *run,
                             const struct wf_event_workflow_task_completed *completed)
{
    const struct wf_string build_id = completed->worker_version == NULL
                                          ? (struct wf_string){NULL, 0}
                                          : completed->worker_version->build_id;

    if (completed->deployment_version != NULL) {
        run->deployment.deployment_name = completed->deployment_version->deployment_name;
        run->deployment.build_id = completed->deployment_version->build_id;
        return;
    }
    if (split_version(completed->worker_deployment_version, &run->deployment)) {
        return;
    }
    if (completed->worker_deployment_name.size_bytes > 0 || build_id.size_bytes > 0) {
        run->deployment.deployment_name = completed->worker_deployment_name;
        run->deployment.build_id = build_id;
    }
}

/* Go and Java refuse a history with a flag that they do not know (replay-rules 2.3 f, 2.11). */
static void check_lang_flags(struct wf_run *run, const struct wf_event *event,
                             const struct wf_workflow_task_completed_metadata *metadata)
{
    for (uint32_t i = 0; run->rules->lang_flag_last != 0 && i < metadata->lang_used_flags.count; i++) {
        if (metadata->lang_used_flags.items[i] > run->rules->lang_flag_last) {
            wf_diverge_event(run, event, "records the SDK flag %u, which nobody knows",
                             metadata->lang_used_flags.items[i]);
            return;
        }
    }
}

void wf_run_learn_flags(struct wf_run *run, const struct wf_event *event)
{
    const struct wf_event_workflow_task_completed *completed =
        event->attributes.workflow_task_completed;

    run->has_completed_task = true;
    if (completed->sdk_metadata != NULL) {
        check_lang_flags(run, event, completed->sdk_metadata);
        learn_metadata(run, completed->sdk_metadata);
    }
    learn_deployment(run, completed);
}

/* Core moves it by its flag 3. .NET did so itself before that, by a flag of its own, in histories that do not name it. */
#define DOTNET_FLAG_MOVE_TERMINAL 1

bool wf_run_moves_terminal(struct wf_run *run)
{
    const bool may_be_dotnet = run->sdk_name.size_bytes == 0 || wf_string_is(run->sdk_name, "temporal-dotnet");

    return wf_run_flag(run, WF_CORE_FLAG_MOVE_TERMINAL_COMMANDS, !run->is_replaying) ||
           (run->family == WF_FAMILY_CORE && may_be_dotnet && wf_run_has_lang_flag(run, DOTNET_FLAG_MOVE_TERMINAL));
}

bool wf_run_flag(struct wf_run *run, enum wf_core_flag flag, bool is_live)
{
    const uint32_t bit = 1u << flag;

    if ((run->core_flags & bit) != 0) {
        return true;
    }
    if (!is_live || run->family != WF_FAMILY_CORE) {
        return false;
    }
    run->core_flags_used |= bit;
    return true;
}
