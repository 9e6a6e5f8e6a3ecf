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

/* A name that means nothing unless the code has it, too; or that `schedules` should have and does not. */
struct sim_scenario_name {
    const char *what; /* "the signal" */
    bool is_missing;  /* in the scenario itself */
    struct wf_string text;
    uint32_t line;
    uint32_t column;
};

struct sim_scenario {
    struct sim_config config; /* codes is NULL: the caller loads the modules and sets it */
    const struct sim_scenario_code *codes;
    uint32_t code_count;
    const struct sim_scenario_name *names; /* each once, at its first place */
    uint32_t name_count;
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

/* A part of the scenario language, for the reference page and `wfsim explain`. */
struct sim_section_help {
    const char *path;    /* "activities.NAME.effect"; empty: the file itself */
    const char *about;
    const char *example; /* lines of a scenario that use every key of the section */
};

struct sim_key_help {
    const char *key;
    const char *kind;     /* what its value is: "duration" */
    const char *fallback; /* what holds without it: "10s" */
    const char *help;
};

/* The index-th section, NULL past the last. */
const struct sim_section_help *sim_scenario_section(size_t index);

/* The index-th key of a section, false past the last. */
bool sim_scenario_key(size_t section, size_t index, struct sim_key_help *help);

/* Whether a profile ("chaos", "calm", "none") lets faults of the kind happen. */
bool sim_profile_has(const char *profile, enum sim_fault_kind kind);

/* What stands behind a check's name in its short form: "- at_most_once: charge". */
const char *sim_check_short_form(enum sim_check_kind kind);

#endif
