/*
 * Entries lie in an array in the order they came; an open-addressed table of their indexes finds them. A removed entry
 * stays as a hole that probes walk over. When the array is full, holes are closed where it lies if they are many, else
 * both arrays double; so a map whose size stays bounded takes a bounded amount of its arena.
 */
#include "engine/base/map.h"

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/hash.h"

#define ENTRY_CAPACITY_MIN 8u
#define ENTRY_CAPACITY_MAX (UINT32_C(1) << 30)
#define SLOTS_PER_ENTRY 2u

void wf_map_init(struct wf_map *map, struct wf_arena *arena)
{
    memset(map, 0, sizeof *map);
    map->arena = arena;
}

static uint32_t first_slot(const struct wf_map *map, uint64_t hash)
{
    WF_ASSERT((map->slot_count & (map->slot_count - 1)) == 0);
    return (uint32_t)hash & (map->slot_count - 1);
}

static struct wf_map_entry *find(const struct wf_map *map, struct wf_string key, uint64_t hash)
{
    uint32_t slot = 0;

    if (map->count == 0) {
        return NULL;
    }
    slot = first_slot(map, hash);
    while (map->slots[slot] != 0) {
        struct wf_map_entry *entry = &map->entries[map->slots[slot] - 1];

        if (entry->hash == hash && entry->key.data != NULL && wf_string_equal(entry->key, key)) {
            return entry;
        }
        slot = (slot + 1) & (map->slot_count - 1);
    }
    return NULL;
}

static void index_entry(struct wf_map *map, uint32_t index)
{
    uint32_t slot = first_slot(map, map->entries[index].hash);

    while (map->slots[slot] != 0) {
        slot = (slot + 1) & (map->slot_count - 1);
    }
    map->slots[slot] = index + 1;
}

/* Moves the live entries to `entries`, which may be where they are, and indexes them anew. */
static void rebuild(struct wf_map *map, struct wf_map_entry *entries)
{
    uint32_t live = 0;

    for (uint32_t i = 0; i < map->entry_count; i++) {
        if (map->entries[i].key.data != NULL) {
            entries[live++] = map->entries[i];
        }
    }
    WF_ASSERT(live == map->count);
    map->entries = entries;
    map->entry_count = live;
    memset(map->slots, 0, (size_t)map->slot_count * sizeof *map->slots);
    for (uint32_t i = 0; i < live; i++) {
        index_entry(map, i);
    }
}

static bool make_room(struct wf_map *map)
{
    const uint32_t capacity =
        map->entry_capacity < ENTRY_CAPACITY_MIN ? ENTRY_CAPACITY_MIN : map->entry_capacity * 2;
    struct wf_map_entry *entries = NULL;
    uint32_t *slots = NULL;

    if (map->entry_count < map->entry_capacity) {
        return true;
    }
    if (map->entry_capacity > 0 && map->count <= map->entry_capacity / 2) {
        rebuild(map, map->entries);
        return true;
    }
    if (capacity > ENTRY_CAPACITY_MAX) {
        return false;
    }
    entries = wf_arena_take_array(map->arena, capacity, sizeof *entries);
    slots = wf_arena_take_array(map->arena, (size_t)capacity * SLOTS_PER_ENTRY, sizeof *slots);
    if (entries == NULL || slots == NULL) {
        return false;
    }
    map->slots = slots;
    map->slot_count = capacity * SLOTS_PER_ENTRY;
    map->entry_capacity = capacity;
    rebuild(map, entries);
    return true;
}

void *wf_map_get(const struct wf_map *map, struct wf_string key)
{
    const struct wf_map_entry *entry = find(map, key, wf_hash_bytes(key.data, key.size_bytes));

    return entry == NULL ? NULL : entry->value;
}

bool wf_map_set(struct wf_map *map, struct wf_string key, void *value)
{
    const uint64_t hash = wf_hash_bytes(key.data, key.size_bytes);
    struct wf_map_entry *entry = find(map, key, hash);

    WF_ASSERT(value != NULL);
    if (entry != NULL) {
        entry->value = value;
        return true;
    }
    if (!make_room(map)) {
        return false;
    }
    /* A NULL key marks a hole, so the empty key is given an address. */
    map->entries[map->entry_count] =
        (struct wf_map_entry){key.data == NULL ? WF_STR("") : key, value, hash};
    map->entry_count++;
    map->count++;
    index_entry(map, map->entry_count - 1);
    return true;
}

void *wf_map_remove(struct wf_map *map, struct wf_string key)
{
    struct wf_map_entry *entry = find(map, key, wf_hash_bytes(key.data, key.size_bytes));
    void *value = NULL;

    if (entry == NULL) {
        return NULL;
    }
    value = entry->value;
    *entry = (struct wf_map_entry){0};
    map->count--;
    return value;
}

struct wf_map_entry *wf_map_next(const struct wf_map *map, uint32_t *index)
{
    while (*index < map->entry_count) {
        struct wf_map_entry *entry = &map->entries[(*index)++];

        if (entry->key.data != NULL) {
            return entry;
        }
    }
    return NULL;
}
