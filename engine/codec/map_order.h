/*
 * The order in which both encoders write a map: by key, each key once.
 */
#ifndef WF_ENGINE_CODEC_MAP_ORDER_H
#define WF_ENGINE_CODEC_MAP_ORDER_H

#include "engine/base/arena.h"
#include "engine/schema.h"

#define WF_MAP_ORDER_FEW 32

/* Larger maps than the few take their order from an arena. */
struct wf_map_order {
    const struct wf_string **entries; /* each points to an entry, whose key comes first */
    uint32_t count;
    const struct wf_string *few[2 * WF_MAP_ORDER_FEW];
};

/*
 * Orders the entries of a map member by the bytes of their keys. Of equal keys the last entry stays
 * (engine-semantics 1.6 "duplicates"). Returns false when the map is large and arena is NULL or
 * full.
 */
bool wf_map_order_init(struct wf_map_order *order, struct wf_arena *arena,
                       const struct wf_field *field, const void *map);

#endif
