/* Workflows to start: policies, retry, cron, memo and search attributes. */
#include "engine/base/calendar.h"
#include "engine/base/real.h"
#include "sim/scenario/section.h"

#define COEFFICIENT_MAX 1000000

static void prepare_start(void *item)
{
    *(struct sim_start *)item = (struct sim_start){.count = 1};
}

enum wf_status sim_parse_id_reuse(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"allow_duplicate", "allow_duplicate_failed_only", "reject_duplicate", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "id reuse policy", names, &index));
    *(int32_t *)target = (int32_t)(index + WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);
    return WF_OK;
}

enum wf_status sim_parse_id_conflict(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"fail", "use_existing", "terminate_existing", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "id conflict policy", names, &index));
    *(int32_t *)target = (int32_t)(index + WF_WORKFLOW_ID_CONFLICT_POLICY_FAIL);
    return WF_OK;
}

enum wf_status sim_parse_start_signal(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_start *start = target;

    start->is_signal_with_start = true;
    return sim_parse_text(loader, node, &start->signal_name);
}

/* ---- Retry and cron ---- */

enum wf_status sim_parse_coefficient(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    uint64_t *const bits = target;

    if (node->kind != SIM_YAML_SCALAR || !wf_double_read(node->text, bits) ||
        wf_double_compare(*bits, wf_double_of_i64(1)) < 0 ||
        wf_double_compare(*bits, wf_double_of_i64(COEFFICIENT_MAX)) > 0) {
        return sim_loader_fail(loader, node, "a coefficient is a number from 1 to %d: 2, 1.5", COEFFICIENT_MAX);
    }
    return WF_OK;
}

enum wf_status sim_parse_retry_types(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_retry *retry = target;

    return sim_parse_texts(loader, node, &retry->non_retryable, &retry->non_retryable_count);
}

enum wf_status sim_parse_start_retry(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_retry *retry = &((struct sim_start *)target)->retry;

    *retry = (struct sim_retry){.is_set = true, .initial_ns = WF_NS_PER_S, .coefficient = wf_double_of_i64(2)};
    WF_TRY(sim_bind(loader, node, "retry", sim_keys_retry, retry));
    if (retry->maximum_ns != 0 && retry->maximum_ns < retry->initial_ns) {
        return sim_loader_fail(loader, node, "the maximum is below the initial interval");
    }
    return WF_OK;
}

enum wf_status sim_parse_start_cron(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_start *start = target;
    struct wf_cron cron;
    const char *problem = NULL;

    WF_TRY(sim_parse_text(loader, node, &start->cron_schedule));
    problem = wf_cron_read(&cron, start->cron_schedule, WF_CRON_OF_WORKFLOW);
    return problem == NULL ? WF_OK : sim_loader_fail(loader, node, "%s", problem);
}

/* ---- Memo and search attributes ---- */

static enum wf_status parse_fields(struct sim_loader *loader, const struct sim_yaml *node, const char *what,
                                   struct sim_fields *target)
{
    WF_TRY(sim_expect_map(loader, node, what));
    struct sim_field *fields = sim_loader_take(loader, node->count, sizeof *fields);
    if (fields == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        fields[i].name = node->keys[i].text;
        WF_TRY(sim_parse_value(loader, &node->items[i], &fields[i].value));
    }
    *target = (struct sim_fields){fields, node->count};
    return WF_OK;
}

enum wf_status sim_parse_memo(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return parse_fields(loader, node, "memo", target);
}

enum wf_status sim_parse_search_attributes(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return parse_fields(loader, node, "search_attributes", target);
}

/* ---- A start ---- */

static enum wf_status check_start(struct sim_loader *loader, const struct sim_yaml *node, struct sim_start *start)
{
    const struct sim_yaml *type = sim_yaml_get(node, "workflow");

    start->place = sim_yaml_place(type != NULL ? type : node);
    if (start->workflow_type.size_bytes == 0) {
        return sim_loader_fail(loader, node, "a start needs `workflow`: the workflow type");
    }
    if (start->workflow_id.text.size_bytes == 0) {
        return sim_loader_fail(loader, node, "a start needs `id`: \"order-${n}\"");
    }
    if (start->is_signal_with_start && start->update_name.size_bytes > 0) {
        return sim_loader_fail(loader, node, "a start comes with a signal or with an update, not with both");
    }
    if (start->update_wait != 0 && start->update_name.size_bytes == 0) {
        return sim_loader_fail(loader, node, "only a start with an `update` has a stage to `wait` for");
    }
    if (start->cron_schedule.size_bytes > 0 && start->start_delay_ns > 0) {
        return sim_loader_fail(loader, sim_yaml_get(node, "delay"),
                               "the service takes no `delay` with `cron`: the schedule says when");
    }
    const struct sim_yaml *input = sim_yaml_get(node, "input");
    return input == NULL ? WF_OK : sim_expect_list(loader, input, "input, the list of arguments,");
}

enum wf_status sim_parse_start(struct sim_loader *loader, const struct sim_yaml *node, struct sim_start *start)
{
    prepare_start(start);
    WF_TRY(sim_bind(loader, node, "a start", sim_keys_start, start));
    return check_start(loader, node, start);
}

enum wf_status sim_parse_starts(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_config *config = target;
    void *starts = NULL;

    WF_TRY(sim_bind_list(loader, node, "start", sim_keys_start, sizeof(struct sim_start), prepare_start, &starts,
                         &config->start_count));
    config->starts = starts;
    for (uint32_t i = 0; i < config->start_count; i++) {
        WF_TRY(check_start(loader, &node->items[i], &((struct sim_start *)starts)[i]));
    }
    return WF_OK;
}
