/* What breaks: the profile of the chaos phase, and faults placed by hand. */
#include "sim/fault/anchor.h"
#include "sim/fault/kinds.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/section.h"

#define DEFAULT_CHAOS_NS (10 * 60 * WF_NS_PER_S)

/* No profile cancels, terminates, resets or deploys by itself: that is people's decision, which the scenario makes. */
bool sim_profile_has(const char *profile, enum sim_fault_kind kind)
{
    static const enum sim_fault_kind calm[] = {SIM_FAULT_WORKER_CRASH, SIM_FAULT_CACHE_EVICTION,
                                               SIM_FAULT_MESSAGE_DELAY, SIM_FAULT_ACTIVITY_FAILURE};
    static const enum sim_fault_kind decisions[] = {SIM_FAULT_CANCEL, SIM_FAULT_TERMINATE, SIM_FAULT_RESET,
                                                    SIM_FAULT_ROLLING_DEPLOY, SIM_FAULT_ROLLBACK};

    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++) {
        if (decisions[i] == kind) {
            return false;
        }
    }
    if (wf_string_is(wf_string_of(profile), "chaos")) {
        return true;
    }
    for (size_t i = 0; wf_string_is(wf_string_of(profile), "calm") && i < sizeof calm / sizeof *calm; i++) {
        if (calm[i] == kind) {
            return true;
        }
    }
    return false;
}

enum wf_status sim_parse_fault_profile(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"chaos", "calm", "none", NULL};
    struct sim_fault_config *faults = target;
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "profile", names, &index));
    faults->profile = wf_string_of(names[index]);
    return WF_OK;
}

/* Sets the kinds of a list to allowed or not. */
static enum wf_status set_kinds(struct sim_loader *loader, const struct sim_yaml *node, bool is_allowed,
                                struct sim_fault_config *faults)
{
    const struct sim_yaml *items = node->kind == SIM_YAML_LIST ? node->items : node;
    const uint32_t count = node->kind == SIM_YAML_LIST ? node->count : 1;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t kind = 0;
        WF_TRY(sim_parse_name(loader, &items[i], "fault kind", sim_fault_names, &kind));
        faults->allowed[kind] = is_allowed;
    }
    return WF_OK;
}

/* The three lists are applied in sim_parse_faults, after the profile, wherever they stand in the file. */
enum wf_status sim_parse_fault_only(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    (void)target;
    return node->kind == SIM_YAML_MAP ? sim_loader_fail(loader, node, "write only: [worker_crash, message_loss]") : WF_OK;
}

enum wf_status sim_parse_fault_also(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    (void)target;
    return node->kind == SIM_YAML_MAP ? sim_loader_fail(loader, node, "write also: [cancel]") : WF_OK;
}

enum wf_status sim_parse_fault_without(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    (void)target;
    return node->kind == SIM_YAML_MAP ? sim_loader_fail(loader, node, "write without: [partition]") : WF_OK;
}

enum wf_status sim_parse_fault_every(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_fault_config *faults = target;

    WF_TRY(sim_expect_map(loader, node, "every"));
    for (uint32_t i = 0; i < node->count; i++) {
        uint32_t kind = 0;
        int64_t interval_ns = 0;

        WF_TRY(sim_parse_name(loader, &node->keys[i], "fault kind", sim_fault_names, &kind));
        WF_TRY(sim_parse_duration(loader, &node->items[i], &interval_ns));
        if (interval_ns == 0) {
            return sim_loader_fail(loader, &node->items[i], "the time between two faults must be above zero");
        }
        faults->has_rate[kind] = true;
        faults->mean_interval_ns[kind] = interval_ns;
    }
    return WF_OK;
}

/* ---- Faults placed by hand ---- */

enum wf_status sim_parse_anchor(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_anchor anchor;
    struct wf_error err = {0};

    WF_TRY(sim_parse_text(loader, node, target));
    return sim_anchor_read(node->text, &anchor, &err) == WF_OK ? WF_OK
                                                                : sim_loader_fail(loader, node, "%s", err.message);
}

/* `crash: worker` is worker_crash, `crash: server-2` is server_crash; every other kind goes by its own name. */
static enum wf_status find_kind(struct sim_loader *loader, const struct sim_yaml *key, const struct sim_yaml *value,
                                uint32_t *kind)
{
    if (wf_string_is(key->text, "crash")) {
        WF_TRY(sim_expect_scalar(loader, value, "crash"));
        *kind = wf_string_starts_with(value->text, WF_STR("server")) ? SIM_FAULT_SERVER_CRASH : SIM_FAULT_WORKER_CRASH;
        return WF_OK;
    }
    return sim_parse_name(loader, key, "fault kind or key of a placed fault", sim_fault_names, kind);
}

static enum wf_status set_nodes(struct sim_loader *loader, const struct sim_yaml *value, struct sim_placed_fault *fault)
{
    const struct wf_string *nodes = NULL;
    uint32_t count = 0;

    if (value->kind == SIM_YAML_SCALAR && value->text.size_bytes == 0) {
        return WF_OK; /* any node */
    }
    WF_TRY(sim_parse_texts(loader, value, &nodes, &count));
    const bool takes_two = fault->kind == SIM_FAULT_PARTITION || fault->kind == SIM_FAULT_PARTITION_ONE_WAY;
    if (count != (takes_two ? 2U : 1U)) {
        return sim_loader_fail(loader, value, takes_two ? "a partition is between two nodes: [worker-1, server-2]"
                                                        : "one node is needed: worker-1");
    }
    fault->node = nodes[0];
    fault->other_node = takes_two ? nodes[1] : (struct wf_string){NULL, 0};
    return WF_OK;
}

/* The one key that is not in the table of `placed` names the kind; its value the nodes. */
static enum wf_status parse_placed(struct sim_loader *loader, const struct sim_yaml *node,
                                   struct sim_placed_fault *fault)
{
    struct sim_yaml rest = *node;
    bool has_kind = false;

    WF_TRY(sim_expect_map(loader, node, "a placed fault"));
    rest.keys = sim_loader_take(loader, node->count, sizeof *rest.keys);
    rest.items = sim_loader_take(loader, node->count, sizeof *rest.items);
    if (rest.keys == NULL || rest.items == NULL) {
        return WF_ERR_MEMORY;
    }
    rest.count = 0;
    fault->place = sim_yaml_place(node);
    fault->occurrence = 1;
    fault->at_ns = SIM_NEVER;
    for (uint32_t i = 0; i < node->count; i++) {
        const struct sim_key *key = sim_keys_placed;

        while (key->name != NULL && !wf_string_is(node->keys[i].text, key->name)) {
            key++;
        }
        if (key->name != NULL) {
            rest.keys[rest.count] = node->keys[i];
            rest.items[rest.count++] = node->items[i];
            continue;
        }
        uint32_t kind = 0;
        WF_TRY(find_kind(loader, &node->keys[i], &node->items[i], &kind));
        if (has_kind) {
            return sim_loader_fail(loader, &node->keys[i], "one fault an entry; `%S` is a second one",
                                   &node->keys[i].text);
        }
        has_kind = true;
        fault->kind = (enum sim_fault_kind)kind;
        WF_TRY(set_nodes(loader, &node->items[i], fault));
    }
    WF_TRY(sim_bind(loader, &rest, "a placed fault", sim_keys_placed, fault));
    if (!has_kind) {
        return sim_loader_fail(loader, node, "which fault? write {crash: worker, when: ...}");
    }
    if ((fault->when.size_bytes > 0) == (fault->at_ns != SIM_NEVER)) {
        return sim_loader_fail(loader, node, "when does it strike? give `when` or `at`, and only one of them");
    }
    return WF_OK;
}

enum wf_status sim_parse_fault_place(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_fault_config *faults = target;

    WF_TRY(sim_expect_list(loader, node, "place"));
    struct sim_placed_fault *placed = sim_loader_take(loader, node->count, sizeof *placed);
    if (placed == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        WF_TRY(parse_placed(loader, &node->items[i], &placed[i]));
    }
    faults->placed = placed;
    faults->placed_count = node->count;
    return WF_OK;
}

enum wf_status sim_parse_faults(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_fault_config *faults = target;

    faults->for_ns = DEFAULT_CHAOS_NS;
    WF_TRY(sim_bind(loader, node, "faults", sim_keys_faults, faults));
    const struct sim_yaml *only = sim_yaml_get(node, "only");
    const struct sim_yaml *also = sim_yaml_get(node, "also");
    const struct sim_yaml *without = sim_yaml_get(node, "without");
    if (faults->profile.size_bytes == 0) {
        faults->profile = only != NULL || also != NULL ? WF_STR("chaos") : WF_STR("none");
    }
    for (uint32_t kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        const char *profile = also != NULL && sim_yaml_get(node, "profile") == NULL ? "none" : faults->profile.data;
        faults->allowed[kind] = only == NULL && sim_profile_has(profile, (enum sim_fault_kind)kind);
    }
    if (only != NULL) {
        WF_TRY(set_kinds(loader, only, true, faults));
    }
    if (also != NULL) {
        WF_TRY(set_kinds(loader, also, true, faults));
    }
    if (without != NULL) {
        WF_TRY(set_kinds(loader, without, false, faults));
    }
    faults->is_enabled = true;
    return WF_OK;
}
