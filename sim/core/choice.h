/*
 * Choices: every random decision of a simulation, addressed by (entity, site, n-th draw there). Its value is a keyed hash of
 * the seed and the address, so that leaving one out moves no other. A tape overrides some of them.
 */
#ifndef WF_SIM_CORE_CHOICE_H
#define WF_SIM_CORE_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "sim/config.h"

enum sim_site {
#define SIM_SITE(NAME) SIM_SITE_##NAME,
#include "sim/core/sites.def"
    SIM_SITE_COUNT,
};
const char *sim_site_name(enum sim_site site);

/* One override. The value replaces the bounded draw (0 is the most benign); an index past the bound is reduced to it. */
struct sim_tape_entry {
    uint64_t entity; /* hash of the entity's name */
    uint32_t site;
    uint32_t draw; /* n-th, from 0 */
    uint64_t value;
};

/* Sorted by entity, site, draw: see sim_tape_sort. */
struct sim_tape {
    const struct sim_tape_entry *entries;
    size_t count;
};

/* Sorts entries in place and makes a tape of them. Errors: WF_ERR_INVALID when one address occurs twice, WF_ERR_MEMORY. */
enum wf_status sim_tape_sort(struct wf_arena *arena, struct sim_tape_entry *entries, size_t count,
                             struct sim_tape *tape, struct wf_error *err);

/* Reads the text of a tape file ("order-3 NETWORK_LOSS 17 = 0" a line, # comments). Errors: WF_ERR_CORRUPT with the line,
 * WF_ERR_INVALID when an address occurs twice, WF_ERR_LIMIT, WF_ERR_MEMORY. */
enum wf_status sim_tape_read(struct wf_arena *arena, struct wf_string text, struct sim_tape *tape, struct wf_error *err);

/* An entity: anything that draws. Kept by its owner; draws are counted in it. */
struct sim_entity {
    uint64_t hash; /* of the name */
    uint32_t draws[SIM_SITE_COUNT];
};
void sim_entity_init(struct sim_entity *entity, struct wf_string name);

struct sim_choices {
    uint64_t seed;
    const struct sim_tape *tape; /* NULL: none */
    bool is_calm;                /* every choice answers 0 */
};

/* A whole 64-bit draw: for entropy, not for faults; tapes do not reach it. */
uint64_t sim_draw(struct sim_choices *choices, struct sim_entity *entity, enum sim_site site);

/* 0 to bound - 1, uniform; 0 when bound is 0 or 1. */
uint64_t sim_choose(struct sim_choices *choices, struct sim_entity *entity, enum sim_site site, uint64_t bound);

/* True with the ratio's probability; false is the benign answer, also the calm one of anything but a certainty. */
bool sim_chance(struct sim_choices *choices, struct sim_entity *entity, enum sim_site site, struct sim_ratio ratio);

/* Nanoseconds, never negative. A tape's 0 is the distribution's low end. */
int64_t sim_draw_duration(struct sim_choices *choices, struct sim_entity *entity, enum sim_site site,
                          const struct sim_distribution *distribution);

#endif
