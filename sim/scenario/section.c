/* The tables of keys.def, and the loop that reads a section by its table. */
#include "sim/scenario/section.h"

#include <stddef.h>

#include "sim/scenario/scenario.h"

#define SIM_SECTION(section, type, path, about, example)                                                               \
    typedef type sim_struct_##section;                                                                                 \
    const struct sim_key sim_keys_##section[] = {
#define SIM_KEY(section, name, parser, member, kind, fallback, help)                                                   \
    {name, sim_parse_##parser, offsetof(sim_struct_##section, member), kind, fallback, help},
#define SIM_OWN(section, name, parser, kind, fallback, help) {name, sim_parse_##parser, 0, kind, fallback, help},
#define SIM_SECTION_END(section)                                                                                       \
    { NULL, NULL, 0, NULL, NULL, NULL }                                                                                \
    }                                                                                                                  \
    ;
#include "sim/scenario/keys.def"

#define SIM_KEYS_MAX 32 /* of one section */

static enum wf_status fail_key(struct sim_loader *loader, const struct sim_yaml *key, const char *what,
                               const struct sim_key *keys)
{
    const char *names[SIM_KEYS_MAX + 1];
    struct wf_buffer kind;
    size_t count = 0;

    for (; keys[count].name != NULL && count < SIM_KEYS_MAX; count++) {
        names[count] = keys[count].name;
    }
    names[count] = NULL;
    wf_buffer_init(&kind, loader->arena);
    wf_buffer_printf(&kind, "key of %s", what);
    wf_buffer_append_char(&kind, 0);
    return sim_loader_fail_name(loader, key, kind.is_full ? "key" : kind.data, names);
}

enum wf_status sim_bind(struct sim_loader *loader, const struct sim_yaml *node, const char *what,
                        const struct sim_key *keys, void *target)
{
    WF_TRY(sim_expect_map(loader, node, what));
    for (uint32_t i = 0; i < node->count; i++) {
        const struct sim_key *key = keys;

        while (key->name != NULL && !wf_string_is(node->keys[i].text, key->name)) {
            key++;
        }
        if (key->name == NULL) {
            return fail_key(loader, &node->keys[i], what, keys);
        }
        WF_TRY(key->parse(loader, &node->items[i], (char *)target + key->offset));
    }
    return WF_OK;
}

enum wf_status sim_bind_list(struct sim_loader *loader, const struct sim_yaml *node, const char *what,
                             const struct sim_key *keys, size_t item_size_bytes, sim_prepare prepare, void **items,
                             uint32_t *count)
{
    WF_TRY(sim_expect_list(loader, node, what));
    char *list = sim_loader_take(loader, node->count, item_size_bytes);
    if (list == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        void *item = list + i * item_size_bytes;

        if (prepare != NULL) {
            prepare(item);
        }
        WF_TRY(sim_bind(loader, &node->items[i], what, keys, item));
    }
    *items = list;
    *count = node->count;
    return WF_OK;
}

static const struct {
    struct sim_section_help help;
    const struct sim_key *keys;
} sections[] = {
#define SIM_SECTION(section, type, path, about, example) {{path, about, example}, sim_keys_##section},
#define SIM_KEY(section, name, parser, member, kind, fallback, help)
#define SIM_OWN(section, name, parser, kind, fallback, help)
#define SIM_SECTION_END(section)
#include "sim/scenario/keys.def"
};

const struct sim_section_help *sim_scenario_section(size_t index)
{
    return index < sizeof sections / sizeof *sections ? &sections[index].help : NULL;
}

bool sim_scenario_key(size_t section, size_t index, struct sim_key_help *help)
{
    if (section >= sizeof sections / sizeof *sections) {
        return false;
    }
    for (const struct sim_key *key = sections[section].keys; key->name != NULL; key++) {
        if (index-- == 0) {
            *help = (struct sim_key_help){key->name, key->kind, key->fallback, key->help};
            return true;
        }
    }
    return false;
}
