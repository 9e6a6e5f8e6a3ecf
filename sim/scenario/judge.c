/* Checks and goals, and what the whole file must agree on. */
#include "sim/scenario/scenario.h"
#include "sim/scenario/section.h"

#include "engine/base/assert.h"
#include "sim/fault/anchor.h"
#include "sim/fault/kinds.h"

static const char *const check_names[] = {
#define SIM_CHECK(name, text, help) text,
#include "sim/check/checks.def"
    NULL,
};

const char *const sim_status_names[] = {"completed", "failed", "canceled", "terminated", "continued_as_new", "timed_out",
                                        NULL};

int32_t sim_status_of_index(uint32_t index)
{
    /* The numbers of WorkflowExecutionStatus run in the order of the names above, from COMPLETED. */
    return (int32_t)index + WF_WORKFLOW_EXECUTION_STATUS_COMPLETED;
}

static enum wf_status describe(struct sim_loader *loader, const struct sim_yaml *key, const struct sim_yaml *value,
                               struct wf_string *text)
{
    struct wf_string json = {NULL, 0};
    struct wf_buffer out;

    WF_TRY(sim_yaml_to_json(loader, value, &json));
    wf_buffer_init(&out, loader->arena);
    wf_buffer_printf(&out, value->kind == SIM_YAML_SCALAR ? "%S %S" : "%S: %S", &key->text,
                     value->kind == SIM_YAML_SCALAR ? &value->text : &json);
    *text = wf_buffer_string(&out);
    return WF_OK;
}

/* ---- Checks ---- */

enum wf_status sim_parse_check_effects(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_check_config *check = target;

    return sim_parse_texts(loader, node, &check->effects, &check->effect_count);
}

enum wf_status sim_parse_check_when(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    const struct sim_yaml *items = node->kind == SIM_YAML_LIST ? node->items : node;
    const uint32_t count = node->kind == SIM_YAML_LIST ? node->count : 1;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = 0;
        WF_TRY(sim_parse_name(loader, &items[i], "status", sim_status_names, &index));
        ((struct sim_check_config *)target)->status_mask |= UINT32_C(1) << sim_status_of_index(index);
    }
    return WF_OK;
}

/* The short form of each check: what a value that is not a map means. */
static enum wf_status parse_short(struct sim_loader *loader, const struct sim_yaml *node,
                                  struct sim_check_config *check)
{
    switch (check->kind) {
    case SIM_CHECK_AT_MOST_ONCE:
    case SIM_CHECK_NEUTRAL:
    case SIM_CHECK_ONE_DECISION:
        return sim_parse_check_effects(loader, node, check);
    case SIM_CHECK_CLOSES_WITHIN:
    case SIM_CHECK_NO_EFFECT_AFTER:
    case SIM_CHECK_PROGRESS:
        return sim_parse_duration(loader, node, &check->limit_ns);
    case SIM_CHECK_CONSERVATION:
        return sim_parse_text(loader, node, &check->name);
    case SIM_CHECK_COUNT:
        break;
    }
    WF_UNREACHABLE();
}

const char *sim_check_short_form(enum sim_check_kind kind)
{
    switch (kind) {
    case SIM_CHECK_AT_MOST_ONCE:
    case SIM_CHECK_NEUTRAL:
    case SIM_CHECK_ONE_DECISION:
        return "an effect, or a list of them";
    case SIM_CHECK_CLOSES_WITHIN:
    case SIM_CHECK_NO_EFFECT_AFTER:
    case SIM_CHECK_PROGRESS:
        return "a duration";
    case SIM_CHECK_CONSERVATION:
        return "a signal";
    case SIM_CHECK_COUNT:
        break;
    }
    WF_UNREACHABLE();
}

static enum wf_status check_complete(struct sim_loader *loader, const struct sim_yaml *node,
                                     const struct sim_check_config *check)
{
    const bool needs_effects = check->kind == SIM_CHECK_AT_MOST_ONCE || check->kind == SIM_CHECK_NEUTRAL ||
                               check->kind == SIM_CHECK_ONE_DECISION;
    const bool needs_limit = check->kind == SIM_CHECK_CLOSES_WITHIN || check->kind == SIM_CHECK_PROGRESS;

    if (needs_effects && check->effect_count == 0) {
        return sim_loader_fail(loader, node, "%s needs the names of effects", check_names[check->kind]);
    }
    if (needs_limit && check->limit_ns == 0) {
        return sim_loader_fail(loader, node, "%s needs a time above zero", check_names[check->kind]);
    }
    if (check->kind == SIM_CHECK_CONSERVATION && check->name.size_bytes == 0) {
        return sim_loader_fail(loader, node, "conservation needs the signal's name");
    }
    return WF_OK;
}

enum wf_status sim_parse_checks(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_config *config = target;

    WF_TRY(sim_expect_list(loader, node, "check"));
    if (node->count > SIM_CHECKS_MAX) {
        return sim_loader_fail(loader, node, "at most %d checks", SIM_CHECKS_MAX);
    }
    struct sim_check_config *checks = sim_loader_take(loader, node->count, sizeof *checks);
    if (checks == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct sim_yaml *item = &node->items[i];
        uint32_t kind = 0;

        WF_TRY(sim_expect_map(loader, item, "a check"));
        if (item->count != 1) {
            return sim_loader_fail(loader, item, "one check an entry: - at_most_once: charge");
        }
        WF_TRY(sim_parse_name(loader, &item->keys[0], "check", check_names, &kind));
        checks[i].kind = (enum sim_check_kind)kind;
        if (item->items[0].kind == SIM_YAML_MAP) {
            WF_TRY(sim_bind(loader, &item->items[0], check_names[kind], sim_keys_check, &checks[i]));
        } else {
            WF_TRY(parse_short(loader, &item->items[0], &checks[i]));
        }
        WF_TRY(check_complete(loader, &item->keys[0], &checks[i]));
        WF_TRY(describe(loader, &item->keys[0], &item->items[0], &checks[i].text));
    }
    config->checks = checks;
    config->check_count = node->count;
    return WF_OK;
}

/* ---- Goals ---- */

enum wf_status sim_parse_goal_closed(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_goal *goal = target;
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "status", sim_status_names, &index));
    goal->kind = SIM_GOAL_CLOSED;
    goal->status = sim_status_of_index(index);
    return WF_OK;
}

enum wf_status sim_parse_goal_ran(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_goal *goal = target;

    goal->kind = SIM_GOAL_RAN;
    return sim_parse_text(loader, node, &goal->name);
}

enum wf_status sim_parse_goal_fault(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_goal *goal = target;
    uint32_t kind = 0;

    WF_TRY(sim_parse_name(loader, node, "fault kind", sim_fault_names, &kind));
    goal->kind = SIM_GOAL_FAULT;
    goal->fault = (enum sim_fault_kind)kind;
    return WF_OK;
}

enum wf_status sim_parse_goal_between(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_goal *goal = target;

    WF_TRY(sim_expect_list(loader, node, "between"));
    if (node->count != 2) {
        return sim_loader_fail(loader, node, "between takes two moments: [effect charge, ActivityTaskCompleted]");
    }
    WF_TRY(sim_parse_anchor(loader, &node->items[0], &goal->after));
    return sim_parse_anchor(loader, &node->items[1], &goal->before);
}

enum wf_status sim_parse_goal_answer(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"accepted", "not_found", "rejected", "unknown", "completed", "failed",
                                        "aborted",  "refused",   NULL};
    static const char *const answers[] = {"accepted",  "not found", "rejected", "unknown",
                                          "completed", "failed",    "aborted",  "refused"};
    struct sim_goal *goal = target;
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "answer", names, &index));
    goal->kind = SIM_GOAL_ANSWER;
    goal->name = wf_string_of(answers[index]);
    return WF_OK;
}

enum wf_status sim_parse_goal_update(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"again", "joined", "stored", NULL};
    struct sim_goal *goal = target;
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "update goal", names, &index));
    goal->kind = SIM_GOAL_UPDATE;
    goal->status = (int32_t)index + SIM_UPDATE_AGAIN;
    return WF_OK;
}

enum wf_status sim_parse_goal_version(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_goal *goal = target;

    goal->kind = SIM_GOAL_VERSION;
    return sim_parse_text(loader, node, &goal->name);
}

enum wf_status sim_parse_goal_result(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_goal *goal = target;

    goal->kind = SIM_GOAL_RESULT;
    return sim_yaml_to_json(loader, node, &goal->name);
}

enum wf_status sim_parse_goals(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_config *config = target;
    void *goals = NULL;

    if (node->count > SIM_GOALS_MAX) {
        return sim_loader_fail(loader, node, "at most %d goals", SIM_GOALS_MAX);
    }
    WF_TRY(sim_bind_list(loader, node, "a goal", sim_keys_goal, sizeof(struct sim_goal), NULL, &goals,
                         &config->goal_count));
    for (uint32_t i = 0; i < config->goal_count; i++) {
        const struct sim_yaml *item = &node->items[i];
        const bool has_between = sim_yaml_get(item, "between") != NULL;
        const bool has_while = sim_yaml_get(item, "while") != NULL;

        if (item->count != (has_between || has_while ? 2U : 1U) || (has_between && sim_yaml_get(item, "fault") == NULL) ||
            (has_while && sim_yaml_get(item, "version") == NULL)) {
            return sim_loader_fail(loader, item, "one goal an entry; only a fault takes `between`, only a version `while`");
        }
        WF_TRY(describe(loader, &item->keys[0], &item->items[0], &((struct sim_goal *)goals)[i].text));
    }
    config->goals = goals;
    return WF_OK;
}

enum wf_status sim_parse_sometimes(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return sim_bind(loader, node, "sometimes", sim_keys_sometimes, target);
}

/* ---- The whole file ---- */

/* An effect that a check names must be some activity's, or the check could never break. Activities in C have effects that
 * only the code knows. */
static enum wf_status check_effect_known(struct sim_loader *loader, const struct sim_yaml *at, struct wf_string name)
{
    const struct sim_config *config = &loader->scenario->config;
    const char **names = sim_loader_take(loader, config->activity_count + 1, sizeof *names);
    uint32_t count = 0;

    if (names == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < config->activity_count; i++) {
        const struct sim_activity_model *model = &config->activities[i];

        if (model->is_in_c || wf_string_equal(model->effect.name, name)) {
            return WF_OK;
        }
        if (model->effect.kind == SIM_EFFECT_DO) {
            names[count++] = model->effect.name.data;
        }
    }
    struct sim_yaml place = *at;
    place.text = name;
    return sim_loader_fail_name(loader, &place, "effect", names);
}

static enum wf_status check_activity_known(struct sim_loader *loader, const struct sim_yaml *at, struct wf_string name)
{
    const struct sim_config *config = &loader->scenario->config;
    const char **names = sim_loader_take(loader, config->activity_count + 1, sizeof *names);

    if (names == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < config->activity_count; i++) {
        names[i] = config->activities[i].name.data;
        if (wf_string_equal(config->activities[i].name, name)) {
            return WF_OK;
        }
    }
    struct sim_yaml place = *at;
    place.text = name;
    return sim_loader_fail_name(loader, &place, "activity", names);
}

/* A moment that names an activity or effect that the scenario does not have would never come. */
static enum wf_status check_moment_known(struct sim_loader *loader, const struct sim_yaml *at, struct wf_string moment)
{
    struct sim_anchor anchor = {0};

    if (moment.size_bytes == 0) {
        return WF_OK;
    }
    WF_TRY(sim_anchor_read(moment, &anchor, loader->err));
    if (anchor.kind == SIM_RECORD_ATTEMPT_STARTED || anchor.kind == SIM_RECORD_ATTEMPT_ENDED) {
        return check_activity_known(loader, at, anchor.name);
    }
    return anchor.kind == SIM_RECORD_EFFECT ? check_effect_known(loader, at, anchor.name) : WF_OK;
}

static enum wf_status check_moments(struct sim_loader *loader, const struct sim_yaml *root)
{
    const struct sim_config *config = &loader->scenario->config;
    const struct sim_yaml *faults = sim_yaml_get(root, "faults");
    const struct sim_yaml *goals = sim_yaml_get(root, "sometimes");

    for (uint32_t i = 0; i < config->faults.placed_count; i++) {
        const struct sim_yaml *when = sim_yaml_get(&sim_yaml_get(faults, "place")->items[i], "when");
        WF_TRY(when == NULL ? WF_OK : check_moment_known(loader, when, when->text));
    }
    for (uint32_t i = 0; i < config->goal_count; i++) {
        const struct sim_yaml *between = sim_yaml_get(&sim_yaml_get(goals, "reach")->items[i], "between");
        for (uint32_t k = 0; between != NULL && k < between->count; k++) {
            WF_TRY(check_moment_known(loader, &between->items[k], between->items[k].text));
        }
    }
    return WF_OK;
}

/* What is sent to a queue that there is not would wait for ever. Empty: to the one that has it. */
static enum wf_status check_queue_known(struct sim_loader *loader, struct wf_string queue, struct sim_place where)
{
    const struct sim_config *config = &loader->scenario->config;
    const char **names = sim_loader_take(loader, config->queue_count + 2, sizeof *names);
    struct sim_yaml place = {.text = queue, .line = where.line, .column = where.column};
    uint32_t count = 0;

    if (names == NULL) {
        return WF_ERR_MEMORY;
    }
    if (config->queue_count == 0) {
        names[count++] = "default";
    }
    for (uint32_t i = 0; i < config->queue_count; i++) {
        names[count++] = config->queues[i].name.data;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (queue.size_bytes == 0 || wf_string_is(queue, names[i])) {
            return WF_OK;
        }
    }
    return sim_loader_fail_name(loader, &place, "task queue", names);
}

static enum wf_status check_start_queue(struct sim_loader *loader, const struct sim_start *start)
{
    return check_queue_known(loader, start->task_queue, start->place);
}

enum wf_status sim_validate(struct sim_loader *loader, const struct sim_yaml *root)
{
    const struct sim_config *config = &loader->scenario->config;
    const struct sim_yaml *checks = sim_yaml_get(root, "check");
    const struct sim_yaml *goals = sim_yaml_get(root, "sometimes");

    if (loader->scenario->code_count == 0) {
        return sim_loader_fail(loader, root, "`code` is missing: {v1: saga.c}");
    }
    if (config->start_count == 0 && config->client_count == 0 && config->schedule_count == 0) {
        return sim_loader_fail(loader, root, "`start` is missing: nothing would run");
    }
    for (uint32_t i = 0; i < config->start_count; i++) {
        WF_TRY(check_start_queue(loader, &config->starts[i]));
    }
    for (uint32_t i = 0; i < config->client_count; i++) {
        WF_TRY(check_start_queue(loader, &config->clients[i].start));
        WF_TRY(check_queue_known(loader, config->clients[i].options.task_queue, config->clients[i].options.place));
        if (config->clients[i].schedule.schedule != NULL) {
            WF_TRY(check_start_queue(loader, &config->clients[i].schedule.schedule->action));
        }
    }
    for (uint32_t i = 0; i < config->schedule_count; i++) {
        WF_TRY(check_start_queue(loader, &config->schedules[i].action));
    }
    WF_TRY(sim_validate_versioning(loader, root));
    WF_TRY(check_moments(loader, root));
    for (uint32_t i = 0; i < config->check_count; i++) {
        for (uint32_t e = 0; e < config->checks[i].effect_count; e++) {
            WF_TRY(check_effect_known(loader, &checks->items[i], config->checks[i].effects[e]));
        }
    }
    for (uint32_t i = 0; i < config->goal_count; i++) {
        if (config->goals[i].kind == SIM_GOAL_RAN) {
            WF_TRY(check_activity_known(loader, &sim_yaml_get(goals, "reach")->items[i], config->goals[i].name));
        }
    }
    return WF_OK;
}
