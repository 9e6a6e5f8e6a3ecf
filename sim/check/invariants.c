/* The table as data. */
#include "sim/check/invariants.h"

#include "engine/base/assert.h"

const struct sim_invariant sim_invariants[] = {
#define SIM_CHECKED(number, where, test) {(number), (where), (test), NULL, false},
#define SIM_APART(number, where, test) {(number), (where), (test), NULL, true},
#define SIM_PROVED(number, where, how) {(number), (where), NULL, (how), false},
#define SIM_OPEN(number, reason) {(number), NULL, NULL, (reason), false},
#include "sim/check/invariants.def"
};

const size_t sim_invariant_count = sizeof sim_invariants / sizeof sim_invariants[0];

static const struct {
    const char *where;
    const char *cost;
} costs[] = {
#define SIM_CHECK_COST(where, cost) {(where), (cost)},
#include "sim/check/costs.def"
};

const char *sim_invariant_cost(const struct sim_invariant *invariant)
{
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        if (invariant->reason == NULL && !invariant->is_apart && wf_string_is(wf_string_of(costs[i].where), invariant->where)) {
            return costs[i].cost;
        }
    }
    return NULL;
}

const struct wf_rule *sim_invariant_rule(const struct sim_invariant *invariant)
{
    const struct wf_rule *rule = NULL;
    char id[8];
    struct wf_buffer text;

    wf_buffer_init_fixed(&text, id, sizeof id);
    wf_buffer_printf(&text, "I%u", invariant->number);
    rule = wf_rule_find(wf_buffer_string(&text));
    WF_ASSERT(rule != NULL);
    return rule;
}

const struct sim_invariant *sim_invariant_find(struct wf_string id)
{
    for (size_t i = 0; i < sim_invariant_count; i++) {
        if (wf_string_is(id, sim_invariant_rule(&sim_invariants[i])->id)) {
            return &sim_invariants[i];
        }
    }
    return NULL;
}
