/*
 * A hash map from string or number to pointer, in an arena, iterated in insertion order. Removal leaves a hole that the
 * next growth closes. Keys are borrowed.
 */
#ifndef WF_ENGINE_BASE_MAP_H
#define WF_ENGINE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"

struct wf_map_entry {
    struct wf_string key; /* data NULL: a removed entry, skip it */
    void *value;
    uint64_t hash;
};

struct wf_map {
    struct wf_arena *arena;
    struct wf_map_entry *entries; /* insertion order */
    uint32_t entry_count;         /* holes included */
    uint32_t entry_capacity;
    uint32_t *slots; /* entry index + 1, 0 empty */
    uint32_t slot_count;
    uint32_t count; /* live entries */
};

void wf_map_init(struct wf_map *map, struct wf_arena *arena);

/* NULL when absent. */
void *wf_map_get(const struct wf_map *map, struct wf_string key);

/* Sets or replaces; value is not NULL. False when the arena is full. The key is borrowed for as long as it is in the map. */
bool wf_map_set(struct wf_map *map, struct wf_string key, void *value);

/* Returns the value removed, NULL when absent. */
void *wf_map_remove(struct wf_map *map, struct wf_string key);

/* The next live entry at or after *index, which is moved past it; NULL at the end. */
struct wf_map_entry *wf_map_next(const struct wf_map *map, uint32_t *index);

#endif
