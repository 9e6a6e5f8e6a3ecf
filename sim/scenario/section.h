/*
 * Sections of a scenario: a map of known keys, each read by its parser into a member of a struct. The rows are in keys.def.
 */
#ifndef WF_SIM_SCENARIO_SECTION_H
#define WF_SIM_SCENARIO_SECTION_H

#include "sim/scenario/scenario_value.h"

struct sim_key {
    const char *name; /* NULL ends a section */
    sim_parser parse;
    size_t offset; /* of the member in the section's struct */
    const char *kind;     /* what its value is, for people */
    const char *fallback; /* what holds without it */
    const char *help;
};

#define SIM_SECTION(section, type, path, about, example) extern const struct sim_key sim_keys_##section[];
#define SIM_KEY(section, name, parser, member, kind, fallback, help)                                                   \
    enum wf_status sim_parse_##parser(struct sim_loader *loader, const struct sim_yaml *node, void *target);
#define SIM_OWN(section, name, parser, kind, fallback, help)                                                           \
    enum wf_status sim_parse_##parser(struct sim_loader *loader, const struct sim_yaml *node, void *target);
#define SIM_SECTION_END(section)
#include "sim/scenario/keys.def"

/* Reads a map with these keys into target. `what` names the section in messages. */
enum wf_status sim_bind(struct sim_loader *loader, const struct sim_yaml *node, const char *what,
                        const struct sim_key *keys, void *target);

/* Reads a list of sections into a new array of item_size_bytes each, every item first set by `prepare` (may be NULL). */
typedef void (*sim_prepare)(void *item);
enum wf_status sim_bind_list(struct sim_loader *loader, const struct sim_yaml *node, const char *what,
                             const struct sim_key *keys, size_t item_size_bytes, sim_prepare prepare, void **items,
                             uint32_t *count);

/* An action of a workflow that names an activity is about that one, and what belongs to such actions to no other. */
enum wf_status sim_check_activity(struct sim_loader *loader, const struct sim_yaml *node, struct sim_client *client);

/* One entry of `start`, which a client may hold, too. */
enum wf_status sim_parse_start(struct sim_loader *loader, const struct sim_yaml *node, struct sim_start *start);

/* Names of statuses; they end with NULL. */
extern const char *const sim_status_names[];

/* The number of a status name's index: COMPLETED for "completed", ... */
int32_t sim_status_of_index(uint32_t index);

/* The versions that a rollout names, and what its steps would leave without workers. */
enum wf_status sim_validate_versioning(struct sim_loader *loader, const struct sim_yaml *root);

/* Checks that need the whole file: names that other parts must know. */
enum wf_status sim_validate(struct sim_loader *loader, const struct sim_yaml *root);

#endif
