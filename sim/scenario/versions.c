/* Versions of workers: how runs of each type are tied to them, and the rollout from one to the next. */
#include "engine/base/assert.h"
#include "sim/scenario/section.h"

static enum wf_status parse_behavior(struct sim_loader *loader, const struct sim_yaml *node, int32_t *behavior)
{
    static const char *const names[] = {"pinned", "auto_upgrade", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "versioning behavior", names, &index));
    *behavior = (int32_t)index + WF_VERSIONING_BEHAVIOR_PINNED;
    return WF_OK;
}

enum wf_status sim_parse_versioning_behavior(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_versioning *versioning = target;
    struct sim_versioned_type *types = NULL;

    if (node->kind == SIM_YAML_SCALAR) {
        return parse_behavior(loader, node, &versioning->behavior);
    }
    WF_TRY(sim_expect_map(loader, node, "behavior"));
    types = sim_loader_take(loader, node->count, sizeof *types);
    if (types == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        types[i].workflow_type = node->keys[i].text;
        WF_TRY(parse_behavior(loader, &node->items[i], &types[i].behavior));
    }
    versioning->types = types;
    versioning->type_count = node->count;
    return WF_OK;
}

static enum wf_status set_step(struct sim_loader *loader, const struct sim_yaml *node, enum sim_rollout_action action,
                               struct sim_rollout_step *step)
{
    if (step->version.size_bytes > 0) {
        return sim_loader_fail(loader, node, "a step of a rollout is one of current, ramp or retire");
    }
    step->action = action;
    return sim_parse_text(loader, node, &step->version);
}

enum wf_status sim_parse_rollout_current(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_step(loader, node, SIM_ROLLOUT_CURRENT, target);
}

enum wf_status sim_parse_rollout_ramp(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_step(loader, node, SIM_ROLLOUT_RAMP, target);
}

enum wf_status sim_parse_rollout_retire(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return set_step(loader, node, SIM_ROLLOUT_RETIRE, target);
}

enum wf_status sim_parse_rollout_percent(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_rollout_step *step = target;
    struct sim_ratio share = {0};

    WF_TRY(sim_parse_ratio(loader, node, &share));
    step->has_percent = true;
    step->percent = (uint32_t)((uint64_t)share.numerator * 100 / share.denominator);
    return WF_OK;
}

enum wf_status sim_parse_rollout(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_versioning *versioning = target;
    void *steps = NULL;

    WF_TRY(sim_bind_list(loader, node, "rollout", sim_keys_rollout, sizeof(struct sim_rollout_step), NULL, &steps,
                         &versioning->step_count));
    versioning->steps = steps;
    return WF_OK;
}

enum wf_status sim_parse_versioning(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_versioning *versioning = &((struct sim_config *)target)->versioning;

    *versioning = (struct sim_versioning){.is_set = true,
                                          .deployment = loader->scenario->config.name,
                                          .behavior = WF_VERSIONING_BEHAVIOR_PINNED};
    if (node->kind == SIM_YAML_SCALAR && node->text.size_bytes == 0) {
        return WF_OK; /* pinned, and the first version stays current */
    }
    return sim_bind(loader, node, "versioning", sim_keys_versioning, versioning);
}

/* ---- What only the whole file can tell ---- */

static enum wf_status find_version(struct sim_loader *loader, const struct sim_yaml *node, struct wf_string version,
                                   uint32_t *code)
{
    const struct sim_scenario *scenario = loader->scenario;
    const char **names = sim_loader_take(loader, scenario->code_count + 1, sizeof *names);
    struct sim_yaml place = *node;

    if (names == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < scenario->code_count; i++) {
        names[i] = wf_string_copy(loader->arena, scenario->codes[i].version).data;
        if (wf_string_equal(scenario->codes[i].version, version)) {
            *code = i;
            return WF_OK;
        }
    }
    place.text = version;
    return sim_loader_fail_name(loader, &place, "version of `code`", names);
}

/* What the rollout has come to before a step. */
struct stage {
    uint32_t current;
    uint32_t ramping; /* UINT32_MAX: none */
    int64_t at_ns;
};

static enum wf_status check_step(struct sim_loader *loader, const struct sim_yaml *node,
                                 const struct sim_rollout_step *step, struct stage *stage)
{
    uint32_t code = 0;

    if (step->version.size_bytes == 0) {
        return sim_loader_fail(loader, node, "a step of a rollout needs one of current, ramp or retire: a version of `code`");
    }
    if (step->has_percent != (step->action == SIM_ROLLOUT_RAMP)) {
        return sim_loader_fail(loader, node, "`ramp` and `percent` go together: {at: 2s, ramp: v2, percent: 20%%}");
    }
    if (step->at_ns < stage->at_ns) {
        return sim_loader_fail(loader, node, "the steps of a rollout stand in the order of their times");
    }
    stage->at_ns = step->at_ns;
    WF_TRY(find_version(loader, node, step->version, &code));
    switch (step->action) {
    case SIM_ROLLOUT_CURRENT:
        stage->current = code;
        stage->ramping = UINT32_MAX;
        break;
    case SIM_ROLLOUT_RAMP:
        stage->ramping = code;
        break;
    case SIM_ROLLOUT_RETIRE:
        if (code == stage->current || code == stage->ramping) {
            return sim_loader_fail(loader, node, "%S is the %s version then: nobody would take new work; make another one "
                                                 "current first",
                                   &step->version, code == stage->current ? "current" : "ramping");
        }
        break;
    }
    return WF_OK;
}

/* Goals that could never be reached. */
static enum wf_status check_goal(struct sim_loader *loader, const struct sim_yaml *node, const struct sim_goal *goal)
{
    uint32_t code = 0;

    if (goal->kind != SIM_GOAL_VERSION) {
        return WF_OK;
    }
    if (!loader->scenario->config.versioning.is_set) {
        return sim_loader_fail(loader, node, "workers have versions with `versioning` only");
    }
    WF_TRY(find_version(loader, node, goal->name, &code));
    return goal->current.size_bytes == 0 ? WF_OK : find_version(loader, node, goal->current, &code);
}

enum wf_status sim_validate_versioning(struct sim_loader *loader, const struct sim_yaml *root)
{
    const struct sim_config *config = &loader->scenario->config;
    const struct sim_yaml *section = sim_yaml_get(root, "versioning");
    const struct sim_yaml *steps = section == NULL ? NULL : sim_yaml_get(section, "rollout");
    struct stage stage = {.ramping = UINT32_MAX};

    for (uint32_t i = 0; i < config->goal_count; i++) {
        WF_TRY(check_goal(loader, &sim_yaml_get(sim_yaml_get(root, "sometimes"), "reach")->items[i], &config->goals[i]));
    }
    if (!config->versioning.is_set) {
        return WF_OK;
    }
    for (uint32_t i = 0; i < config->versioning.step_count; i++) {
        WF_TRY(check_step(loader, &steps->items[i], &config->versioning.steps[i], &stage));
    }
    for (uint32_t i = 0; i < config->faults.placed_count; i++) {
        const enum sim_fault_kind kind = config->faults.placed[i].kind;
        const struct sim_yaml *place = sim_yaml_get(sim_yaml_get(root, "faults"), "place");

        if (kind == SIM_FAULT_ROLLING_DEPLOY || kind == SIM_FAULT_ROLLBACK) {
            return sim_loader_fail(loader, &place->items[i], "with `versioning` workers of every version run side by side; "
                                                             "write a `rollout` instead of a deploy");
        }
    }
    return WF_OK;
}
