/*
 * Reading single values of a scenario, and the loader that reading happens in. A parser takes a node and fills a target; it
 * fails with a sentence that names the place and what would be right.
 */
#ifndef WF_SIM_SCENARIO_VALUE_H
#define WF_SIM_SCENARIO_VALUE_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "sim/config.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/yaml.h"

struct sim_loader {
    struct wf_arena *arena;
    const char *file;
    struct wf_error *err;
    struct sim_scenario *scenario;
};

/* Fills target from a node. */
typedef enum wf_status (*sim_parser)(struct sim_loader *loader, const struct sim_yaml *node, void *target);

/* Fails at a node's place. Conversions as wf_buffer_printf. */
enum wf_status sim_loader_fail(struct sim_loader *loader, const struct sim_yaml *at, const char *format, ...);

/* Fails with "unknown <what> `x`; did you mean `y`?", or the list of names when none is near. names ends with NULL. */
enum wf_status sim_loader_fail_name(struct sim_loader *loader, const struct sim_yaml *at, const char *what,
                                    const char *const *names);

/* Memory, or NULL after failing with "out of memory" in loader->err. */
void *sim_loader_take(struct sim_loader *loader, size_t count, size_t size_bytes);

/* The index of a scalar among names (ends with NULL), or an error that suggests the nearest. */
enum wf_status sim_parse_name(struct sim_loader *loader, const struct sim_yaml *node, const char *what,
                              const char *const *names, uint32_t *index);

/* Makes sure of a node's kind. */
enum wf_status sim_expect_list(struct sim_loader *loader, const struct sim_yaml *node, const char *what);
enum wf_status sim_expect_map(struct sim_loader *loader, const struct sim_yaml *node, const char *what);
enum wf_status sim_expect_scalar(struct sim_loader *loader, const struct sim_yaml *node, const char *what);

/* The value of a map's key, or NULL. */
const struct sim_yaml *sim_yaml_get(const struct sim_yaml *map, const char *key);

/* The parsers that keys.def names. The comment gives the target. */
enum wf_status sim_parse_count(struct sim_loader *loader, const struct sim_yaml *node, void *target);        /* uint32_t */
enum wf_status sim_parse_attempt(struct sim_loader *loader, const struct sim_yaml *node, void *target);      /* int32_t */
enum wf_status sim_parse_limit(struct sim_loader *loader, const struct sim_yaml *node, void *target);        /* int64_t */
enum wf_status sim_parse_time_limit(struct sim_loader *loader, const struct sim_yaml *node, void *target);   /* int64_t ns */
enum wf_status sim_parse_boolean(struct sim_loader *loader, const struct sim_yaml *node, void *target);      /* bool */
enum wf_status sim_parse_duration(struct sim_loader *loader, const struct sim_yaml *node, void *target);     /* int64_t ns */
enum wf_status sim_parse_distribution(struct sim_loader *loader, const struct sim_yaml *node, void *target); /* struct sim_distribution */
enum wf_status sim_parse_ratio(struct sim_loader *loader, const struct sim_yaml *node, void *target);        /* struct sim_ratio */
enum wf_status sim_parse_text(struct sim_loader *loader, const struct sim_yaml *node, void *target);         /* struct wf_string */
enum wf_status sim_parse_template(struct sim_loader *loader, const struct sim_yaml *node, void *target);     /* struct sim_template */
enum wf_status sim_parse_value(struct sim_loader *loader, const struct sim_yaml *node, void *target);        /* struct sim_value_template */

/* As the two above, where ${input} has a meaning: in an activity. */
enum wf_status sim_parse_input_template(struct sim_loader *loader, const struct sim_yaml *node, void *target);
enum wf_status sim_parse_input_value(struct sim_loader *loader, const struct sim_yaml *node, void *target);

/* A list of texts, or one text alone. */
enum wf_status sim_parse_texts(struct sim_loader *loader, const struct sim_yaml *node, const struct wf_string **texts,
                               uint32_t *count);

/* Where a node stands. */
struct sim_place sim_yaml_place(const struct sim_yaml *node);

/* A value as JSON text. */
enum wf_status sim_yaml_to_json(struct sim_loader *loader, const struct sim_yaml *node, struct wf_string *json);

#endif
