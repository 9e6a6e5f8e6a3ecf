/*
 * Scenario files: YAML text to a simulation's configuration. Every error names file, line, column and, for an unknown name, the
 * nearest valid one.
 */
#ifndef WF_SIM_SCENARIO_SCENARIO_H
#define WF_SIM_SCENARIO_SCENARIO_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "sim/config.h"

/* A version of workflow code that the scenario names; the path is relative to the scenario's folder. */
struct sim_scenario_code {
    struct wf_string version;
    struct wf_string path;
    uint32_t line;
    uint32_t column;
};

struct sim_scenario {
    struct sim_config config; /* codes is NULL: the caller loads the modules and sets it */
    const struct sim_scenario_code *codes;
    uint32_t code_count;
};

/* What `--set` gives: "cluster.workers=3". Applied to the text's tree before it is read, so that it is checked as the text is. */
struct sim_scenario_settings {
    const struct wf_string *items;
    uint32_t count;
};

/*
 * Reads a scenario. Everything lives in the arena.
 *
 * file    as the user gave it, for messages; its base name without ending becomes the name.
 * Errors: WF_ERR_CORRUPT or WF_ERR_INVALID with "file:line:column: what, and what to do"; WF_ERR_LIMIT; WF_ERR_MEMORY.
 */
enum wf_status sim_scenario_load(struct wf_arena *arena, const char *file, struct wf_string text,
                                 const struct sim_scenario_settings *settings, struct sim_scenario *scenario,
                                 struct wf_error *err);

/* One key of the scenario language, for the reference page and the fuzz dictionary. */
struct sim_key_help {
    const char *section;
    const char *key;
    const char *help;
};

/* The index-th key, false past the last. */
bool sim_scenario_key(size_t index, struct sim_key_help *help);

#endif
