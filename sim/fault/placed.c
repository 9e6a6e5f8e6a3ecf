/*
 * Faults placed by hand: at a time, or at the n-th occurrence of a moment. A moment is noticed in the record that it makes;
 * the strike comes after the step that made it, so between that step of the run and the next. Faults placed by hand strike
 * also after the chaos phase: somebody wants to see them.
 */
#include "sim/fault/schedule.h"

#include "sim/core/place.h"

static bool is_generic(struct wf_string node)
{
    return node.size_bytes == 0 || wf_string_is(node, "worker") || wf_string_is(node, "server") ||
           wf_string_is(node, "database");
}

static enum wf_status check_node(const struct sim_faults *faults, struct wf_string node, struct wf_error *err)
{
    if (!is_generic(node) && sim_faults_find_node(faults, node) == SIM_NO_NODE) {
        return wf_fail_status(err, WF_ERR_INVALID, "a placed fault names node \"%S\", and there is none; workers are worker-1 and so on, servers server-1", &node);
    }
    return WF_OK;
}

static enum wf_status add_placed(struct sim_faults *faults, const struct sim_placed_fault *config, uint32_t index,
                                 struct wf_error *err)
{
    struct sim_placed *placed = &faults->placed[index];

    placed->config = config;
    placed->has_anchor = config->when.size_bytes > 0;
    if (check_node(faults, config->node, err) != WF_OK || check_node(faults, config->other_node, err) != WF_OK) {
        return sim_error_place(err, faults->config, config->place);
    }
    if (placed->has_anchor) {
        return sim_anchor_read(config->when, &placed->anchor, err);
    }
    if (!sim_world_set_timer(faults->world, config->at_ns, SIM_TIMER_PLACED + index)) {
        return wf_fail_status(err, WF_ERR_LIMIT, "the event queue has no room for placed faults");
    }
    return WF_OK;
}

enum wf_status sim_placed_new(struct sim_faults *faults, struct wf_error *err)
{
    const struct sim_fault_config *config = &faults->config->faults;

    faults->placed = wf_arena_take_array(sim_world_arena(faults->world), config->placed_count, sizeof *faults->placed);
    if (faults->placed == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for %u placed faults", config->placed_count);
    }
    faults->placed_count = config->placed_count;
    for (uint32_t i = 0; i < config->placed_count; i++) {
        WF_TRY(add_placed(faults, &config->placed[i], i, err));
    }
    return WF_OK;
}

void sim_placed_record(struct sim_faults *faults, const struct sim_record *record)
{
    for (uint32_t i = 0; i < faults->placed_count; i++) {
        struct sim_placed *placed = &faults->placed[i];
        const struct sim_placed_fault *config = placed->config;
        struct wf_buffer workflow;

        if (!placed->has_anchor || !sim_anchor_matches(&placed->anchor, record) ||
            (config->workflow_id.size_bytes > 0 && !wf_string_equal(config->workflow_id, record->subject))) {
            continue;
        }
        placed->met_count++;
        if (placed->met_count != (config->occurrence == 0 ? 1 : config->occurrence)) {
            continue;
        }
        placed->is_due = true;
        placed->due_node = record->node.size_bytes == 0 ? SIM_NO_NODE : sim_faults_find_node(faults, record->node);
        wf_buffer_init_fixed(&workflow, placed->due_text, sizeof placed->due_text);
        wf_buffer_append_string(&workflow, record->subject);
        placed->due_workflow = wf_buffer_string(&workflow);
    }
}

static bool is_of_kind(const struct sim_faults *faults, uint32_t node, enum sim_node_kind kind)
{
    return node != SIM_NO_NODE && sim_world_node(faults->world, node).kind == kind;
}

/* "worker" is the one concerned; "worker-1" that one; no name: the one concerned if the fault can strike it. */
static uint32_t resolve_node(const struct sim_faults *faults, struct wf_string name, uint32_t concerned,
                             enum sim_fault_kind kind)
{
    enum sim_node_kind strikes = sim_fault_strikes(kind);

    if (!is_generic(name)) {
        return sim_faults_find_node(faults, name);
    }
    if (name.size_bytes > 0) {
        strikes = wf_string_is(name, "server")     ? SIM_NODE_SERVER
                  : wf_string_is(name, "database") ? SIM_NODE_DATABASE
                                                   : SIM_NODE_WORKER;
    }
    /* There is one database, which no action needs to be told. */
    return strikes != SIM_NODE_DATABASE && is_of_kind(faults, concerned, strikes) ? concerned : SIM_NO_NODE;
}

static void strike_placed(struct sim_faults *faults, const struct sim_placed *placed)
{
    const struct sim_placed_fault *config = placed->config;
    struct sim_fault_strike strike = {
        .kind = config->kind,
        .node = resolve_node(faults, config->node, placed->due_node, config->kind),
        .other_node = config->other_node.size_bytes == 0 ? SIM_NO_NODE
                                                         : sim_faults_find_node(faults, config->other_node),
        .workflow_id = config->workflow_id.size_bytes > 0 ? config->workflow_id : placed->due_workflow,
        .duration_ns = config->for_ns,
    };

    (void)sim_faults_do(faults, &strike);
}

void sim_placed_strike(struct sim_faults *faults)
{
    for (uint32_t i = 0; i < faults->placed_count; i++) {
        if (faults->placed[i].is_due) {
            faults->placed[i].is_due = false;
            strike_placed(faults, &faults->placed[i]);
        }
    }
}

void sim_placed_time(struct sim_faults *faults, uint32_t index)
{
    faults->placed[index].due_node = SIM_NO_NODE;
    strike_placed(faults, &faults->placed[index]);
}
