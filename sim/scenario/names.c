/*
 * What clients send and what models stand for is told by names alone, which the code must have, too. The loader cannot know: code
 * is compiled later, and a name that is wrong on purpose shows what then happens. So they are listed, each once, for whoever has
 * the code.
 */
#include "sim/scenario/names.h"

#include "engine/base/map.h"

static const struct {
    const char *key;
    const char *what;
} kinds[] = {
    {"signal", "the signal"},
    {"update", "the update"},
    {"query", "the query"},
    {"activity", "the activity"},
};

struct names {
    struct sim_loader *loader;
    const struct sim_yaml *schedules; /* NULL: there are none */
    struct wf_map seen;
    struct {
        struct sim_scenario_name *items;
        uint32_t count;
        uint32_t capacity;
    } list;
};

static enum wf_status add(struct names *names, const char *what, const struct sim_yaml *node, bool is_missing)
{
    struct wf_arena *arena = names->loader->arena;
    struct wf_buffer key;

    wf_buffer_init(&key, arena);
    wf_buffer_printf(&key, "%s %S", what, &node->text);
    const struct wf_string seen = wf_buffer_string(&key);
    if (!key.is_full && wf_map_get(&names->seen, seen) != NULL) {
        return WF_OK;
    }
    struct sim_scenario_name *name = WF_LIST_APPEND(arena, names->list);
    if (name == NULL || key.is_full || !wf_map_set(&names->seen, seen, names)) {
        return wf_fail_status(names->loader->err, WF_ERR_MEMORY, "out of memory");
    }
    *name = (struct sim_scenario_name){.what = what, .is_missing = is_missing, .text = node->text, .line = node->line, .column = node->column};
    return WF_OK;
}

static bool has_schedule(const struct names *names, struct wf_string schedule)
{
    for (uint32_t i = 0; names->schedules != NULL && i < names->schedules->count; i++) {
        if (wf_string_equal(names->schedules->keys[i].text, schedule)) {
            return true;
        }
    }
    return false;
}

/* What is asked of a schedule. */
static enum wf_status add_call(struct names *names, const struct sim_yaml *call)
{
    static const char *const keys[] = {"update", "pause", "unpause", "trigger", "backfill", "delete", "describe"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct sim_yaml *node = sim_yaml_get(call, keys[i]);

        if (node != NULL && !has_schedule(names, node->text)) {
            WF_TRY(add(names, "the schedule", node, true));
        }
    }
    return WF_OK;
}

/* Of one entry of a list, and of the start that it may hold. */
static enum wf_status add_entry(struct names *names, const struct sim_yaml *entry)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct sim_yaml *node = sim_yaml_get(entry, kinds[i].key);

        if (node != NULL && node->kind == SIM_YAML_SCALAR) {
            WF_TRY(add(names, kinds[i].what, node, false));
        }
    }
    const struct sim_yaml *call = sim_yaml_get(entry, "schedule");
    if (call != NULL) {
        WF_TRY(add_call(names, call));
    }
    const struct sim_yaml *start = sim_yaml_get(entry, "start");
    return start != NULL ? add_entry(names, start) : WF_OK;
}

enum wf_status sim_list_names(struct sim_loader *loader, const struct sim_yaml *root)
{
    static const char *const lists[] = {"start", "clients", "operator"};
    const struct sim_yaml *models = sim_yaml_get(root, "activities");
    struct names names = {.loader = loader, .schedules = sim_yaml_get(root, "schedules")};

    wf_map_init(&names.seen, loader->arena);
    for (uint32_t i = 0; models != NULL && i < models->count; i++) {
        WF_TRY(add(&names, "the activity", &models->keys[i], false));
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct sim_yaml *list = sim_yaml_get(root, lists[i]);

        for (uint32_t j = 0; list != NULL && j < list->count; j++) {
            WF_TRY(add_entry(&names, &list->items[j]));
        }
    }
    loader->scenario->names = names.list.items;
    loader->scenario->name_count = names.list.count;
    return WF_OK;
}
