/*
 * What happened to one workflow until a check broke, as people tell it: its steps, what they did to the outside world, and
 * the faults that struck while it ran. Made by running the failing seed again with the story as its observer.
 */
#ifndef WF_SIM_REPORT_STORY_H
#define WF_SIM_REPORT_STORY_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "sim/core/record.h"
#include "sim/run.h"

#define SIM_STORY_LINES_MAX 512 /* kept; the later ones of a longer story are left out */
#define SIM_STORY_NODES_MAX 32
#define SIM_STORY_FAULTS_MAX 32 /* lasting at once */

struct sim_story_line {
    wf_time_ns time_ns;
    struct wf_string node; /* who did it; may be empty */
    struct wf_string text;
    bool is_effect;  /* of the business key: what the story is about */
    struct wf_string effect; /* its name, of one that happened; else empty */
    bool is_fault;
    bool is_general; /* a fault that need not concern this workflow */
};

/* Where something of the workflow runs now. */
struct sim_story_node {
    struct wf_string name;
    uint32_t running_count;
    bool is_down; /* it crashed while it ran something */
};

/* A fault that lasts: told when the workflow comes to a process that it strikes. */
struct sim_story_fault {
    bool is_active;
    bool is_told;
    int64_t kind;
    wf_time_ns time_ns;
    struct wf_string node;
    struct wf_string where;
};

struct sim_story {
    struct wf_arena *arena;
    struct wf_string workflow_id;
    struct wf_string key; /* may be empty: every effect of the workflow counts */
    uint64_t last_step;
    struct sim_story_line lines[SIM_STORY_LINES_MAX];
    uint32_t line_count;
    uint32_t dropped_count;
    struct sim_story_node nodes[SIM_STORY_NODES_MAX];
    uint32_t node_count;
    struct sim_story_fault faults[SIM_STORY_FAULTS_MAX];
};

/* The story of what broke. Strings of `broken` are borrowed; lines live in the arena. */
void sim_story_init(struct sim_story *story, struct wf_arena *arena, const struct sim_broken_check *broken);

/* A sim_observer: context is the story. */
void sim_story_observe(void *context, const struct sim_record *record);

/*
 * Appends the timeline, a line each: virtual time, process, what happened; `>` marks effects, `!` faults. A long story keeps
 * its beginning, its end and what lies around the marks.
 */
void sim_story_print(const struct sim_story *story, struct wf_buffer *out);

#endif
