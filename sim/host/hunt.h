/*
 * The determinism hunter: replays one history in several worlds, which differ in nothing that history tells the code, and says
 * where the code gave other commands, and what it changed that outlives a run. For children: it runs workflow code.
 */
#ifndef SIM_HOST_HUNT_H
#define SIM_HOST_HUNT_H

#include "engine/diagnosis.h"
#include "engine/finding.h"
#include "engine/history.h"
#include "engine/host.h"
#include "sim/host/object.h"

struct sim_hunt;

struct sim_hunt_config {
    const char *path; /* of the code, as the user gave it */
    const char *object_path;
    const struct sim_object *object; /* read from it */
    struct wf_host_config host; /* limits and watch; the rest is the hunt's */
};

struct sim_hunt_finding {
    enum wf_diagnosis_number diagnosis;
    int64_t event_id;        /* of the activation: the last event that the code had seen */
    struct wf_string symbol; /* the call that the code looked through, or the variable; empty: not known */
    uint64_t code_offset;    /* of that call, or of the one that gave the command; 0: not known */
    struct wf_string first;  /* the first command that differs, in both worlds; empty: none */
    struct wf_string again;
};

struct sim_hunt_findings {
    struct sim_hunt_finding *items;
    uint32_t count;
    uint32_t capacity;
    enum wf_verdict verdict; /* of the first replay: the hunt saw no more of the code than that */
    const char *verdict_diagnosis;
    struct wf_string verdict_message;
};

/* Loads the code once for each layout of addresses. The arena outlives the hunt. */
enum wf_status sim_hunt_new(struct wf_arena *arena, const struct sim_hunt_config *config, struct sim_hunt **hunt,
                            struct wf_error *err);

/*
 * Replays; the history is normalised first. Findings live in the arena; at most one of each diagnosis, and of changed variables
 * one of each.
 * Errors: WF_ERR_MEMORY; a history that cannot be replayed at all has no findings.
 */
enum wf_status sim_hunt_run(struct sim_hunt *hunt, struct wf_arena *arena, struct wf_history *history,
                            struct sim_hunt_findings *findings, struct wf_error *err);

#endif
