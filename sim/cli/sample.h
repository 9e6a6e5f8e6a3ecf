/*
 * The histories that --sample N replays: of every shape one before any shape gives a second, in an order that a fixed seed draws.
 * The same input gives the same sample.
 */
#ifndef SIM_CLI_SAMPLE_H
#define SIM_CLI_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"

struct cli_sample_item {
    uint64_t shape;
    uint64_t draw;
    uint64_t round; /* how many of its shape come before it */
    uint32_t place; /* in the order in which they were added */
    bool is_chosen;
};

struct cli_sample {
    struct wf_arena *arena;
    struct cli_sample_item *items;
    size_t count;
    size_t candidate_count; /* without those of shape 0 */
    size_t capacity;
    size_t *first_of_file; /* the item of a file's first history; one more than there are files */
    size_t file_count;
    bool is_short_of_memory;
};

void cli_sample_init(struct cli_sample *sample, struct wf_arena *arena, size_t file_count);

/* The next history of a file; files ascend. One of shape 0 is never chosen. */
void cli_sample_add(struct cli_sample *sample, size_t file, uint64_t shape);

/* After the last one. False when memory was short. */
bool cli_sample_choose(struct cli_sample *sample, uint64_t wanted_count);

/* Whether a history is in the sample; what could not be read when it was made is. */
bool cli_sample_has(const struct cli_sample *sample, size_t file, uint64_t index);

#endif
