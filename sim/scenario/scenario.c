/*
 * A scenario from text to configuration: defaults, settings of the command line, the root section, and then what only the
 * whole file can tell.
 */
#include "sim/scenario/scenario.h"

#include "sim/scenario/names.h"
#include "sim/scenario/section.h"
#include "engine/base/hash.h"

#define LANGUAGE_VERSION 1

static struct wf_string base_name(const char *file)
{
    struct wf_string name = wf_string_of(file);

    for (size_t i = name.size_bytes; i > 0; i--) {
        if (name.data[i - 1] == '/') {
            name = (struct wf_string){name.data + i, name.size_bytes - i};
            break;
        }
    }
    for (size_t i = name.size_bytes; i > 0; i--) {
        if (name.data[i - 1] == '.') {
            name.size_bytes = i - 1;
            break;
        }
    }
    return name;
}

/* DESIGN section 4's cluster when a scenario says nothing. */
static void set_defaults(struct sim_config *config)
{
    config->server_count = 3;
    config->shard_count = 8;
    config->worker_count = 2;
    config->network.latency = (struct sim_distribution){SIM_LOG_NORMAL, WF_NS_PER_MS, 10 * WF_NS_PER_MS};
    config->network.rpc_timeout_ns = 10 * WF_NS_PER_S;
    config->database.latency = (struct sim_distribution){SIM_LOG_NORMAL, 2 * WF_NS_PER_MS, 20 * WF_NS_PER_MS};
    wf_service_limits_default(&config->limits);
}

enum wf_status sim_parse_version(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    uint32_t version = 0;

    (void)target;
    WF_TRY(sim_parse_count(loader, node, &version));
    return version == LANGUAGE_VERSION
               ? WF_OK
               : sim_loader_fail(loader, node, "this file is written for version %u of the language; this program reads "
                                               "version %d",
                                 version, LANGUAGE_VERSION);
}

enum wf_status sim_parse_about(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    (void)target;
    return sim_expect_scalar(loader, node, "about");
}

enum wf_status sim_parse_codes(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_scenario *scenario = target;

    WF_TRY(sim_expect_map(loader, node, "code"));
    if (node->count == 0) {
        return sim_loader_fail(loader, node, "code names no version; write {v1: saga.c}");
    }
    struct sim_scenario_code *codes = sim_loader_take(loader, node->count, sizeof *codes);
    if (codes == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        WF_TRY(sim_expect_scalar(loader, &node->items[i], "the file of a code version"));
        codes[i] = (struct sim_scenario_code){node->keys[i].text, node->items[i].text, node->items[i].line,
                                              node->items[i].column};
    }
    scenario->codes = codes;
    scenario->code_count = node->count;
    return WF_OK;
}

enum wf_status sim_parse_cluster(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_config *config = target;

    WF_TRY(sim_bind(loader, node, "cluster", sim_keys_cluster, config));
    if (config->server_count > 16 || config->shard_count > 64) {
        return sim_loader_fail(loader, node, "at most 16 servers and 64 shards");
    }
    return WF_OK;
}

enum wf_status sim_parse_network(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return sim_bind(loader, node, "network", sim_keys_network, target);
}

enum wf_status sim_parse_database(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return sim_bind(loader, node, "database", sim_keys_database, target);
}

enum wf_status sim_parse_limits(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return sim_bind(loader, node, "limits", sim_keys_limits, target);
}

enum wf_status sim_parse_plant(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {
#define WF_PLANT(NAME, name, catcher, what) #name,
#include "engine/plants.def"
        NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "planted bug", names, &index));
    *(uint32_t *)target |= UINT32_C(1) << index;
    return WF_OK;
}

/* ---- Settings ---- */

static struct wf_string next_part(struct wf_string *path)
{
    struct wf_string part = *path;

    for (size_t i = 0; i < path->size_bytes; i++) {
        if (path->data[i] == '.') {
            part.size_bytes = i;
            *path = (struct wf_string){path->data + i + 1, path->size_bytes - i - 1};
            return part;
        }
    }
    *path = (struct wf_string){NULL, 0};
    return part;
}

/* The item of a map with this key, made when missing; an index into a list; NULL with an error otherwise. */
static struct sim_yaml *reach(struct sim_loader *loader, struct sim_yaml *node, struct wf_string part)
{
    if (node->kind == SIM_YAML_LIST) {
        uint32_t index = 0;
        for (size_t i = 0; i < part.size_bytes && wf_is_digit(part.data[i]) && i < 6; i++) {
            index = index * 10 + (uint32_t)(part.data[i] - '0');
        }
        return index < node->count ? &node->items[index] : NULL;
    }
    for (uint32_t i = 0; node->kind == SIM_YAML_MAP && i < node->count; i++) {
        if (wf_string_equal(node->keys[i].text, part)) {
            return &node->items[i];
        }
    }
    /* A key that the file leaves out: the map grows by one. */
    const uint32_t count = node->kind == SIM_YAML_MAP ? node->count : 0;
    struct sim_yaml *keys = sim_loader_take(loader, count + 1, sizeof *keys);
    struct sim_yaml *items = sim_loader_take(loader, count + 1, sizeof *items);
    if (keys == NULL || items == NULL) {
        return NULL;
    }
    if (count > 0) {
        memcpy(keys, node->keys, count * sizeof *keys);
        memcpy(items, node->items, count * sizeof *items);
    }
    keys[count] = (struct sim_yaml){.text = part, .line = node->line, .column = node->column};
    items[count] = (struct sim_yaml){.line = node->line, .column = node->column};
    node->kind = SIM_YAML_MAP;
    node->keys = keys;
    node->items = items;
    node->count = count + 1;
    return &items[count];
}

static enum wf_status apply_setting(struct sim_loader *loader, struct sim_yaml *root, struct wf_string setting)
{
    struct wf_string path = setting;
    struct sim_yaml value = {0};
    size_t equals = 0;

    while (equals < setting.size_bytes && setting.data[equals] != '=') {
        equals++;
    }
    if (equals == 0 || equals == setting.size_bytes) {
        return wf_fail_status(loader->err, WF_ERR_INVALID, "--set %S: write KEY=VALUE, as in --set cluster.workers=3",
                              &setting);
    }
    if (equals + 1 == setting.size_bytes) {
        return wf_fail_status(loader->err, WF_ERR_INVALID, "--set %S: the value is missing behind the =", &setting);
    }
    path.size_bytes = equals;
    WF_TRY(sim_yaml_read(loader->arena, "--set", (struct wf_string){setting.data + equals + 1,
                                                                    setting.size_bytes - equals - 1},
                         &value, loader->err));
    struct sim_yaml *node = root;
    while (path.size_bytes > 0 && node != NULL) {
        node = reach(loader, node, next_part(&path));
    }
    if (node == NULL) {
        return wf_fail_status(loader->err, WF_ERR_INVALID, "--set %S: the scenario has no such place", &setting);
    }
    value.line = node->line;
    value.column = node->column;
    *node = value;
    return WF_OK;
}

enum wf_status sim_scenario_load(struct wf_arena *arena, const char *file, struct wf_string text,
                                 const struct sim_scenario_settings *settings, struct sim_scenario *scenario,
                                 struct wf_error *err)
{
    struct sim_loader loader = {.arena = arena, .file = file, .err = err, .scenario = scenario};
    struct sim_yaml root = {0};

    *scenario = (struct sim_scenario){0};
    WF_TRY(sim_yaml_read(arena, file, text, &root, err));
    for (uint32_t i = 0; settings != NULL && i < settings->count; i++) {
        WF_TRY(apply_setting(&loader, &root, settings->items[i]));
    }
    scenario->config.name = wf_string_copy(arena, base_name(file));
    scenario->config.file = wf_string_of(file);
    scenario->config.activities_place = (struct sim_place){root.line, root.column};
    scenario->config.digest = wf_hash_bytes(text.data, text.size_bytes);
    set_defaults(&scenario->config);
    WF_TRY(sim_bind(&loader, &root, "a scenario", sim_keys_root, scenario));
    WF_TRY(sim_validate(&loader, &root));
    return sim_list_names(&loader, &root);
}
