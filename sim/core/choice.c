/*
 * A choice's value is XXH3 of its address keyed by the seed: there is no stream, so nothing that is drawn or left out
 * elsewhere moves it. A tape is an array sorted by address; a draw under a tape is one binary search.
 */
#include "sim/core/choice.h"

#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/base/sort.h"
#include "sim/core/quantile.h"

#define ADDRESS_BYTES 16
#define POSITIONS (UINT64_C(1) << 32) /* of a quantile */

static const char *const site_names[SIM_SITE_COUNT] = {
#define SIM_SITE(NAME) #NAME,
#include "sim/core/sites.def"
};

const char *sim_site_name(enum sim_site site)
{
    WF_ASSERT((unsigned)site < SIM_SITE_COUNT);
    return site_names[site];
}

void sim_entity_init(struct sim_entity *entity, struct wf_string name)
{
    memset(entity, 0, sizeof *entity);
    entity->hash = wf_hash_bytes(name.data, name.size_bytes);
}

static uint64_t hash_address(uint64_t seed, uint64_t entity, uint32_t site, uint32_t draw)
{
    unsigned char address[ADDRESS_BYTES];

    wf_store_u64(address, entity);
    wf_store_u32(address + 8, site);
    wf_store_u32(address + 12, draw);
    return wf_hash_seeded(seed, address, sizeof address);
}

uint64_t sim_draw(struct sim_choices *choices, struct sim_entity *entity, enum sim_site site)
{
    WF_ASSERT((unsigned)site < SIM_SITE_COUNT);
    return hash_address(choices->seed, entity->hash, (uint32_t)site, entity->draws[site]++);
}

/* ---- Tapes ---- */

static int compare_addresses(const struct sim_tape_entry *left, const struct sim_tape_entry *right)
{
    if (left->entity != right->entity) {
        return left->entity < right->entity ? -1 : 1;
    }
    if (left->site != right->site) {
        return left->site < right->site ? -1 : 1;
    }
    return (left->draw > right->draw) - (left->draw < right->draw);
}

static int compare_entries(const void *left, const void *right, void *context)
{
    (void)context;
    return compare_addresses(left, right);
}

static const struct sim_tape_entry *find_entry(const struct sim_tape *tape, const struct sim_tape_entry *address)
{
    size_t low = 0;
    size_t high = tape->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_addresses(&tape->entries[middle], address);

        if (order == 0) {
            return &tape->entries[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

enum wf_status sim_tape_sort(struct wf_arena *arena, struct sim_tape_entry *entries, size_t count,
                             struct sim_tape *tape, struct wf_error *err)
{
    void *scratch = wf_arena_take_array(arena, count, sizeof *entries);

    if (scratch == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a tape of %zu choices", count);
    }
    wf_sort(entries, count, sizeof *entries, scratch, compare_entries, NULL);
    for (size_t i = 1; i < count; i++) {
        if (compare_addresses(&entries[i - 1], &entries[i]) == 0) {
            return wf_fail_status(err, WF_ERR_INVALID, "the tape gives draw %u of site %s twice for one entity",
                                  entries[i].draw, sim_site_name((enum sim_site)entries[i].site));
        }
    }
    *tape = (struct sim_tape){entries, count};
    return WF_OK;
}

/* ---- Bounded choices ---- */

uint64_t sim_choose(struct sim_choices *choices, struct sim_entity *entity, enum sim_site site, uint64_t bound)
{
    const struct sim_tape_entry address = {
        .entity = entity->hash, .site = (uint32_t)site, .draw = entity->draws[site]};
    const uint64_t drawn = sim_draw(choices, entity, site);
    const struct sim_tape_entry *entry = NULL;

    if (bound <= 1 || choices->is_calm) {
        return 0;
    }
    if (choices->tape != NULL) {
        entry = find_entry(choices->tape, &address);
    }
    if (entry != NULL) {
        return entry->value < bound ? entry->value : bound - 1;
    }
    /* The high part of drawn * bound: uniform but for 1 part in 2^32 / bound, or in 2^64 / bound for large bounds. */
    return bound <= POSITIONS ? (drawn >> 32) * bound >> 32 : sim_multiply_shift(drawn, bound, 63) >> 1;
}

bool sim_chance(struct sim_choices *choices, struct sim_entity *entity, enum sim_site site, struct sim_ratio ratio)
{
    const uint64_t chosen = sim_choose(choices, entity, site, ratio.denominator);

    /* The last numerator values say yes, so that 0 is benign; a sure thing has no benign answer. */
    if (ratio.denominator == 0 || ratio.numerator == 0) {
        return false;
    }
    return ratio.numerator >= ratio.denominator || chosen >= (uint64_t)ratio.denominator - ratio.numerator;
}

int64_t sim_draw_duration(struct sim_choices *choices, struct sim_entity *entity, enum sim_site site,
                          const struct sim_distribution *distribution)
{
    const int64_t low_ns = distribution->low_ns < 0 ? 0 : distribution->low_ns;
    uint64_t span = 0;

    switch (distribution->kind) {
    case SIM_CONSTANT:
        return low_ns;
    case SIM_UNIFORM:
        span = distribution->high_ns > low_ns ? (uint64_t)(distribution->high_ns - low_ns) : 0;
        return low_ns + (int64_t)sim_choose(choices, entity, site, span + 1);
    case SIM_EXPONENTIAL:
    case SIM_LOG_NORMAL:
        return sim_quantile_ns(distribution, (uint32_t)sim_choose(choices, entity, site, POSITIONS));
    }
    WF_UNREACHABLE();
}
