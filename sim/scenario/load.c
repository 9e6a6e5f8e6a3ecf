/* Where work is done and who acts on it: queues, clients and operators. */
#include "sim/scenario/section.h"

/* ---- Queues ---- */

static enum wf_status parse_types(struct sim_loader *loader, const struct sim_yaml *node, bool *is_all,
                                  const struct wf_string **types, uint32_t *count)
{
    if (node->kind == SIM_YAML_SCALAR && wf_string_is(node->text, "*")) {
        *is_all = true;
        return WF_OK;
    }
    return sim_parse_texts(loader, node, types, count);
}

enum wf_status sim_parse_queue_workflows(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_queue *queue = target;

    return parse_types(loader, node, &queue->all_workflows, &queue->workflows, &queue->workflow_count);
}

enum wf_status sim_parse_queue_activities(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_queue *queue = target;

    return parse_types(loader, node, &queue->all_activities, &queue->activities, &queue->activity_count);
}

enum wf_status sim_parse_queues(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_config *config = target;

    WF_TRY(sim_expect_map(loader, node, "queues"));
    struct sim_queue *queues = sim_loader_take(loader, node->count, sizeof *queues);
    if (queues == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        queues[i].name = node->keys[i].text;
        queues[i].worker_count = 1;
        WF_TRY(sim_bind(loader, &node->items[i], "a queue", sim_keys_queue, &queues[i]));
    }
    config->queues = queues;
    config->queue_count = node->count;
    return WF_OK;
}

/* ---- Clients and operators ---- */

static void prepare_client(void *item)
{
    *(struct sim_client *)item = (struct sim_client){.at_ns = SIM_NEVER};
}

static enum wf_status set_to(struct sim_loader *loader, const struct sim_yaml *node, struct sim_client *client)
{
    WF_TRY(sim_parse_template(loader, node, &client->to));
    client->is_to_all = wf_string_is(node->text, "all");
    for (size_t i = 0; i + 3 < node->text.size_bytes; i++) {
        client->is_per_workflow |= memcmp(node->text.data + i, "${n}", 4) == 0;
    }
    return WF_OK;
}

enum wf_status sim_parse_client_to(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_to(loader, node, target);
}

enum wf_status sim_parse_client_signal(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_SIGNAL;
    return sim_parse_text(loader, node, &client->name_of);
}

enum wf_status sim_parse_client_query(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_QUERY;
    return sim_parse_text(loader, node, &client->name_of);
}

enum wf_status sim_parse_client_update(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_UPDATE;
    return sim_parse_text(loader, node, &client->name_of);
}

enum wf_status sim_parse_wait_stage(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"admitted", "accepted", "completed", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "stage of an update", names, &index));
    *(int32_t *)target = (int32_t)(index + WF_UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED);
    return WF_OK;
}

enum wf_status sim_parse_reject_condition(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"not_open", "not_completed_cleanly", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "reject condition", names, &index));
    *(int32_t *)target = (int32_t)(index + WF_QUERY_REJECT_CONDITION_NOT_OPEN);
    return WF_OK;
}

enum wf_status sim_parse_client_cancel(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_CANCEL;
    return set_to(loader, node, client);
}

enum wf_status sim_parse_client_terminate(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_TERMINATE;
    return set_to(loader, node, client);
}

enum wf_status sim_parse_client_pause(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_PAUSE;
    return set_to(loader, node, client);
}

enum wf_status sim_parse_client_unpause(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_UNPAUSE;
    return set_to(loader, node, client);
}

enum wf_status sim_parse_client_update_options(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_UPDATE_OPTIONS;
    return set_to(loader, node, client);
}

enum wf_status sim_parse_client_reset(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_RESET;
    return set_to(loader, node, client);
}

enum wf_status sim_parse_client_back_to(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"last_task", "first_task", NULL};
    struct sim_client *client = target;
    uint32_t point = 0;

    if (node->kind == SIM_YAML_SCALAR && node->text.size_bytes > 0 && wf_is_digit(node->text.data[0])) {
        client->reset_point = SIM_RESET_EVENT;
        return sim_parse_limit(loader, node, &client->reset_event_id);
    }
    WF_TRY(sim_parse_name(loader, node, "point of a reset", names, &point));
    client->reset_point = point == 0 ? SIM_RESET_LAST_TASK : SIM_RESET_FIRST_TASK;
    return WF_OK;
}

enum wf_status sim_parse_client_reapply(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"signals", "nothing", "all", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "choice", names, &index));
    ((struct sim_client *)target)->reapply = WF_RESET_REAPPLY_TYPE_SIGNAL + (int32_t)index;
    return WF_OK;
}

enum wf_status sim_parse_client_without(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"signals", "updates", "nexus", NULL};
    const struct sim_yaml *items = node->kind == SIM_YAML_LIST ? node->items : node;
    const uint32_t count = node->kind == SIM_YAML_LIST ? node->count : 1;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = 0;

        WF_TRY(sim_parse_name(loader, &items[i], "kind of event", names, &index));
        ((struct sim_client *)target)->reapply_exclude |= 1U << (WF_RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL + index);
    }
    return WF_OK;
}

enum wf_status sim_parse_client_start(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    client->action = SIM_CLIENT_START;
    WF_TRY(sim_parse_start(loader, node, &client->start));
    client->to = client->start.workflow_id;
    return WF_OK;
}

enum wf_status sim_parse_client_expect(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_client *client = target;

    WF_TRY(sim_expect_map(loader, node, "expect"));
    return sim_yaml_to_json(loader, node, &client->expect);
}

enum wf_status sim_parse_client_until(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"closed", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "end", names, &index));
    ((struct sim_client *)target)->until_closed = true;
    return WF_OK;
}

static enum wf_status check_client(struct sim_loader *loader, const struct sim_yaml *node, struct sim_client *client)
{
    static const char *const actions[] = {"signal", "update", "query", "cancel", "terminate", "reset", "pause", "unpause",
                                          "update_options", "start", "schedule"};
    static const char *const of_resets[] = {"back_to", "reapply", "without"};
    uint32_t action_count = 0;

    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        action_count += sim_yaml_get(node, actions[i]) != NULL ? 1 : 0;
    }
    if (action_count != 1) {
        return sim_loader_fail(loader, node,
                               "one of signal, update, query, cancel, terminate, reset, pause, unpause, update_options, start or "
                               "schedule is needed, and only one");
    }
    if (client->to.text.size_bytes == 0) {
        return sim_loader_fail(loader, node, "`to` is missing: a workflow id, or all");
    }
    if (client->at_ns == SIM_NEVER && client->every_ns == 0) {
        return sim_loader_fail(loader, node, "`at` or `every` is missing: when is it sent?");
    }
    if (client->expect.size_bytes > 0 && client->action != SIM_CLIENT_QUERY && client->action != SIM_CLIENT_UPDATE) {
        return sim_loader_fail(loader, node, "only a query or an update has something to `expect`");
    }
    if (client->wait_stage != 0 && client->action != SIM_CLIENT_UPDATE) {
        return sim_loader_fail(loader, node, "only an update has a stage to `wait` for");
    }
    if (client->reject_condition != 0 && client->action != SIM_CLIENT_QUERY) {
        return sim_loader_fail(loader, node, "only a query has a condition to `reject` it");
    }
    for (size_t i = 0; i < sizeof of_resets / sizeof *of_resets; i++) {
        if (sim_yaml_get(node, of_resets[i]) != NULL && client->action != SIM_CLIENT_RESET) {
            return sim_loader_fail(loader, node, "`%s` belongs to a reset", of_resets[i]);
        }
    }
    if (client->every_ns > 0 && !client->until_closed && client->is_to_all) {
        return sim_loader_fail(loader, node, "this would never end; add `until: closed`");
    }
    return sim_check_activity(loader, node, client);
}

/* Both lists fill one array: an operator is a client with another name. */
static enum wf_status add_clients(struct sim_loader *loader, const struct sim_yaml *node, const char *what,
                                  const char *name, struct sim_config *config)
{
    void *added = NULL;
    uint32_t added_count = 0;

    WF_TRY(sim_bind_list(loader, node, what, sim_keys_client, sizeof(struct sim_client), prepare_client, &added,
                         &added_count));
    struct sim_client *clients = sim_loader_take(loader, config->client_count + added_count, sizeof *clients);
    if (clients == NULL) {
        return WF_ERR_MEMORY;
    }
    if (config->client_count > 0) {
        memcpy(clients, config->clients, config->client_count * sizeof *clients);
    }
    for (uint32_t i = 0; i < added_count; i++) {
        struct sim_client *client = &clients[config->client_count + i];

        *client = ((const struct sim_client *)added)[i];
        WF_TRY(check_client(loader, &node->items[i], client));
        if (client->name.size_bytes == 0) {
            struct wf_buffer text;
            wf_buffer_init(&text, loader->arena);
            wf_buffer_printf(&text, added_count > 1 ? "%s-%u" : "%s", name, i + 1);
            client->name = wf_buffer_string(&text);
        }
    }
    config->clients = clients;
    config->client_count += added_count;
    return WF_OK;
}

enum wf_status sim_parse_clients(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return add_clients(loader, node, "clients", "client", target);
}

enum wf_status sim_parse_operators(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return add_clients(loader, node, "operator", "operator", target);
}
