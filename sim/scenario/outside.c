/* Activities: what each does in the outside world. */
#include "sim/scenario/section.h"

/* ---- Effects ---- */

static enum wf_status set_effect(struct sim_loader *loader, const struct sim_yaml *node, enum sim_effect_kind kind,
                                 struct sim_effect *effect)
{
    if (effect->kind != SIM_EFFECT_NONE) {
        return sim_loader_fail(loader, node, "an effect is either `do` or `undo`");
    }
    effect->kind = kind;
    return sim_parse_text(loader, node, &effect->name);
}

enum wf_status sim_parse_effect_do(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_effect(loader, node, SIM_EFFECT_DO, target);
}

enum wf_status sim_parse_effect_undo(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_effect(loader, node, SIM_EFFECT_UNDO, target);
}

enum wf_status sim_parse_effect_once_per(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_effect *effect = target;

    effect->has_once_per = true;
    return sim_parse_input_template(loader, node, &effect->once_per);
}

enum wf_status sim_parse_effect(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_effect *effect = target;

    WF_TRY(sim_bind(loader, node, "effect", sim_keys_effect, effect));
    if (effect->kind == SIM_EFFECT_NONE) {
        return sim_loader_fail(loader, node, "an effect needs `do` or `undo`: the effect's name");
    }
    if (effect->key.text.size_bytes == 0) {
        return sim_loader_fail(loader, node, "an effect needs `key`, the business key: \"${input[0]}\"");
    }
    return WF_OK;
}

/* ---- Asynchronous completion ---- */

enum wf_status sim_parse_later_by(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"token", "id", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "way", names, &index));
    ((struct sim_later *)target)->is_by_id = index == 1;
    return WF_OK;
}

enum wf_status sim_parse_later(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_later *later = target;

    WF_TRY(sim_bind(loader, node, "later", sim_keys_later, later));
    if (later->fails.denominator > 0 && later->failure_type.size_bytes == 0) {
        return sim_loader_fail(loader, node, "`chance` is of `fail`, the failure's type");
    }
    if (later->failure_type.size_bytes > 0 && later->fails.denominator == 0) {
        later->fails = (struct sim_ratio){1, 1};
    }
    later->is_set = true;
    return WF_OK;
}

/* Names of sends, for people. */
static bool name_reports(struct sim_loader *loader, struct sim_activity_model *model)
{
    static const char *const words[SIM_LATER_WORD_COUNT] = {"completion", "failure", "cancellation", "heartbeat"};

    for (uint32_t i = 0; i < SIM_LATER_WORD_COUNT; i++) {
        struct wf_buffer name;

        wf_buffer_init(&name, loader->arena);
        wf_buffer_printf(&name, "%s of %S", words[i], &model->name);
        if (name.is_full) {
            return false;
        }
        model->later.words[i] = wf_buffer_string(&name);
    }
    return true;
}

/* ---- Outcomes of attempts ---- */

static enum wf_status set_outcome(struct sim_loader *loader, const struct sim_yaml *node, enum sim_outcome_kind kind,
                                  struct sim_outcome *outcome)
{
    const bool is_failure = kind == SIM_OUTCOME_FAIL || kind == SIM_OUTCOME_FAIL_AFTER;

    outcome->kind = kind;
    return is_failure ? sim_parse_text(loader, node, &outcome->failure_type)
                      : sim_parse_ratio(loader, node, &outcome->chance);
}

enum wf_status sim_parse_outcome_fail(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_outcome(loader, node, SIM_OUTCOME_FAIL, target);
}

enum wf_status sim_parse_outcome_fail_after(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_outcome(loader, node, SIM_OUTCOME_FAIL_AFTER, target);
}

enum wf_status sim_parse_outcome_lose_answer(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_outcome(loader, node, SIM_OUTCOME_LOSE_ANSWER, target);
}

enum wf_status sim_parse_outcome_never(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_outcome(loader, node, SIM_OUTCOME_NEVER, target);
}

enum wf_status sim_parse_outcome_retryable(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    bool is_retryable = true;

    WF_TRY(sim_parse_boolean(loader, node, &is_retryable));
    ((struct sim_outcome *)target)->is_non_retryable = !is_retryable;
    return WF_OK;
}

static enum wf_status read_outcomes(struct sim_loader *loader, const struct sim_yaml *node,
                                    const struct sim_outcome **read, uint32_t *count)
{
    static const char *const kinds[] = {"fail", "fail_after", "lose_answer", "never"};
    void *outcomes = NULL;

    WF_TRY(sim_bind_list(loader, node, "each_attempt", sim_keys_outcome, sizeof(struct sim_outcome), NULL, &outcomes,
                         count));
    *read = outcomes;
    for (uint32_t i = 0; i < *count; i++) {
        struct sim_outcome *outcome = &((struct sim_outcome *)outcomes)[i];
        uint32_t kind_count = 0;

        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            kind_count += sim_yaml_get(&node->items[i], kinds[k]) != NULL ? 1 : 0;
        }
        if (kind_count != 1) {
            return sim_loader_fail(loader, &node->items[i],
                                   "one of fail, fail_after, lose_answer or never is needed, and only one");
        }
        if (outcome->chance.denominator == 0) { /* a failure without a chance always happens */
            outcome->chance = (struct sim_ratio){1, 1};
        }
    }
    return WF_OK;
}

enum wf_status sim_parse_outcomes(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_activity_model *model = target;

    return read_outcomes(loader, node, &model->outcomes, &model->outcome_count);
}

enum wf_status sim_parse_nexus_outcomes(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_nexus_model *model = target;

    return read_outcomes(loader, node, &model->outcomes, &model->outcome_count);
}

/* ---- Nexus endpoints ---- */

/* A dot with something on both sides of it. */
static bool has_service(struct wf_string name)
{
    for (size_t i = 1; i + 1 < name.size_bytes; i++) {
        if (name.data[i] == '.') {
            return true;
        }
    }
    return false;
}

static enum wf_status read_operation(struct sim_loader *loader, const struct sim_yaml *endpoints, uint32_t e, uint32_t o,
                                     struct sim_nexus_model *model)
{
    const struct sim_yaml *endpoint = &endpoints->items[e];
    const struct wf_string name = endpoint->keys[o].text;

    model->endpoint = endpoints->keys[e].text;
    model->name = name;
    if (!has_service(name)) {
        return sim_loader_fail(loader, &endpoint->keys[o], "an operation is named `service.operation`");
    }
    if (endpoint->items[o].kind == SIM_YAML_SCALAR && endpoint->items[o].text.size_bytes == 0) {
        return WF_OK; /* takes no time, returns null */
    }
    return sim_bind(loader, &endpoint->items[o], "a Nexus operation", sim_keys_nexus, model);
}

enum wf_status sim_parse_nexus(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_config *config = target;
    struct wf_string *endpoints = NULL;
    struct sim_nexus_model *models = NULL;
    uint32_t count = 0;

    WF_TRY(sim_expect_map(loader, node, "nexus"));
    for (uint32_t e = 0; e < node->count; e++) {
        WF_TRY(sim_expect_map(loader, &node->items[e], "an endpoint"));
        count += node->items[e].count;
    }
    endpoints = sim_loader_take(loader, node->count, sizeof *endpoints);
    models = sim_loader_take(loader, count, sizeof *models);
    if (endpoints == NULL || models == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t e = 0; e < node->count; e++) {
        endpoints[e] = node->keys[e].text;
        for (uint32_t o = 0; o < node->items[e].count; o++) {
            WF_TRY(read_operation(loader, node, e, o, &models[config->nexus_count++]));
        }
    }
    config->nexus = models;
    config->nexus_endpoints = endpoints;
    config->nexus_endpoint_count = node->count;
    return WF_OK;
}

enum wf_status sim_parse_activities(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_config *config = target;

    WF_TRY(sim_expect_map(loader, node, "activities"));
    struct sim_activity_model *models = sim_loader_take(loader, node->count, sizeof *models);
    if (models == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct sim_yaml *item = &node->items[i];

        models[i].name = node->keys[i].text;
        if (item->kind == SIM_YAML_SCALAR && item->text.size_bytes == 0) {
            continue; /* `notify:` alone: takes no time, returns null */
        }
        WF_TRY(sim_bind(loader, item, "an activity", sim_keys_activity, &models[i]));
        if (models[i].later.is_set && !name_reports(loader, &models[i])) {
            return WF_ERR_MEMORY;
        }
    }
    config->activities = models;
    config->activities_place = sim_yaml_place(node);
    config->activity_count = node->count;
    return WF_OK;
}
