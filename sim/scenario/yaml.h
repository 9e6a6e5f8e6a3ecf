/*
 * YAML text as a small tree in an arena, each node with its place: what the scenario loader walks. The only user of
 * libfyaml. Anchors, aliases, tags and duplicate keys are refused: a scenario says each thing once.
 */
#ifndef WF_SIM_SCENARIO_YAML_H
#define WF_SIM_SCENARIO_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/status.h"

#define SIM_YAML_BYTES_MAX ((size_t)1 << 20)
#define SIM_YAML_DEPTH_MAX 32

enum sim_yaml_kind { SIM_YAML_SCALAR, SIM_YAML_LIST, SIM_YAML_MAP };

struct sim_yaml {
    enum sim_yaml_kind kind;
    struct wf_string text; /* SCALAR */
    bool is_quoted;        /* SCALAR: text even where a plain one would be a number, true or null */
    uint32_t line;         /* from 1 */
    uint32_t column;       /* from 1 */
    struct sim_yaml *keys; /* MAP: scalars, one for each item */
    struct sim_yaml *items;
    uint32_t count;
};

/*
 * Parses one document.
 *
 * Errors: WF_ERR_CORRUPT with "file:line:column: what", WF_ERR_LIMIT, WF_ERR_MEMORY.
 */
enum wf_status sim_yaml_read(struct wf_arena *arena, const char *file, struct wf_string text, struct sim_yaml *root,
                             struct wf_error *err);

#endif
