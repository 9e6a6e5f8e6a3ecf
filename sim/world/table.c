/* Chunks that never move, each record behind a header; free places are linked through it. */
#include "sim/world/table.h"

#include <string.h>

#include "engine/base/assert.h"

struct header {
    uint32_t generation;
    uint32_t next_free; /* place + 1 */
    uint32_t is_taken;
    uint32_t reserved; /* keeps the record aligned to 16 */
};

void sim_table_init(struct sim_table *table, struct wf_arena *arena, size_t item_bytes)
{
    memset(table, 0, sizeof *table);
    table->arena = arena;
    table->item_bytes = sizeof(struct header) + ((item_bytes + 15) & ~(size_t)15);
}

static struct header *header_at(const struct sim_table *table, uint32_t place)
{
    char *chunk = table->chunks[place / SIM_TABLE_CHUNK_ITEMS];

    return (struct header *)(void *)(chunk + (place % SIM_TABLE_CHUNK_ITEMS) * table->item_bytes);
}

void *sim_table_take(struct sim_table *table, uint64_t *id)
{
    struct header *header = NULL;
    uint32_t place = 0;

    if (table->free != 0) {
        place = table->free - 1;
        header = header_at(table, place);
        table->free = header->next_free;
        memset(header + 1, 0, table->item_bytes - sizeof *header);
    } else {
        const uint32_t chunk = table->count / SIM_TABLE_CHUNK_ITEMS;

        if (chunk == SIM_TABLE_CHUNKS_MAX) {
            return NULL;
        }
        if (table->chunks[chunk] == NULL) {
            table->chunks[chunk] = wf_arena_take_array(table->arena, SIM_TABLE_CHUNK_ITEMS, table->item_bytes);
            if (table->chunks[chunk] == NULL) {
                return NULL;
            }
        }
        place = table->count++;
        header = header_at(table, place);
    }
    header->is_taken = 1;
    header->generation++;
    *id = ((uint64_t)header->generation << 32) | place;
    return header + 1;
}

void *sim_table_find(const struct sim_table *table, uint64_t id)
{
    const uint32_t place = (uint32_t)id;
    struct header *header = NULL;

    if (place >= table->count) {
        return NULL;
    }
    header = header_at(table, place);
    return header->is_taken != 0 && header->generation == (uint32_t)(id >> 32) ? header + 1 : NULL;
}

void sim_table_give(struct sim_table *table, uint64_t id)
{
    const uint32_t place = (uint32_t)id;
    struct header *header = NULL;

    WF_ASSERT(sim_table_find(table, id) != NULL);
    header = header_at(table, place);
    header->is_taken = 0;
    header->next_free = table->free;
    table->free = place + 1;
}

void *sim_table_at(const struct sim_table *table, uint32_t place, uint64_t *id)
{
    struct header *header = NULL;

    WF_ASSERT(place < table->count);
    header = header_at(table, place);
    *id = ((uint64_t)header->generation << 32) | place;
    return header->is_taken != 0 ? header + 1 : NULL;
}
