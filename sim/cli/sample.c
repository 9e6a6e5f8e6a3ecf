/* Two sorts: by shape and draw, which gives each its round; by round and draw, whose beginning is the sample. */
#include "sim/cli/sample.h"

#include <string.h>

#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/base/sort.h"

#define SEED UINT64_C(42)
#define ITEMS_FIRST 256

void cli_sample_init(struct cli_sample *sample, struct wf_arena *arena, size_t file_count)
{
    *sample = (struct cli_sample){.arena = arena, .file_count = file_count};
    sample->first_of_file = wf_arena_take_array(arena, file_count + 1, sizeof *sample->first_of_file);
    sample->is_short_of_memory = sample->first_of_file == NULL;
}

void cli_sample_add(struct cli_sample *sample, size_t file, uint64_t shape)
{
    WF_ASSERT(file < sample->file_count);
    if (sample->is_short_of_memory) {
        return;
    }
    if (sample->count == sample->capacity) {
        const size_t capacity = sample->capacity == 0 ? ITEMS_FIRST : sample->capacity * 2;
        struct cli_sample_item *items = wf_arena_take_array(sample->arena, capacity, sizeof *items);

        if (items == NULL) {
            sample->is_short_of_memory = true;
            return;
        }
        if (sample->count > 0) {
            memcpy(items, sample->items, sample->count * sizeof *items);
        }
        sample->items = items;
        sample->capacity = capacity;
    }
    sample->items[sample->count] = (struct cli_sample_item){
        .shape = shape,
        .draw = wf_hash_mix(wf_hash_mix(SEED, shape), sample->count),
        .place = (uint32_t)sample->count,
    };
    sample->count++;
    sample->first_of_file[file + 1]++; /* counts, until they are added up */
}

static int compare_numbers(uint64_t left, uint64_t right)
{
    return left < right ? -1 : left > right;
}

static int compare_in_shape(const void *left, const void *right, void *context)
{
    const struct cli_sample_item *one = left;
    const struct cli_sample_item *other = right;
    const int shapes = compare_numbers(one->shape, other->shape);

    (void)context;
    return shapes != 0 ? shapes : compare_numbers(one->draw, other->draw);
}

static int compare_rounds(const void *left, const void *right, void *context)
{
    const struct cli_sample_item *one = left;
    const struct cli_sample_item *other = right;
    const int rounds = compare_numbers(one->round, other->round);

    (void)context;
    return rounds != 0 ? rounds : compare_numbers(one->draw, other->draw);
}

bool cli_sample_choose(struct cli_sample *sample, uint64_t wanted_count)
{
    struct cli_sample_item *sorted = wf_arena_take_array(sample->arena, sample->count, sizeof *sorted);
    void *scratch = wf_arena_take_array(sample->arena, sample->count, sizeof *sorted);

    if (sample->is_short_of_memory || sorted == NULL || scratch == NULL) {
        return false;
    }
    if (sample->count > 0) {
        memcpy(sorted, sample->items, sample->count * sizeof *sorted);
    }
    wf_sort(sorted, sample->count, sizeof *sorted, scratch, compare_in_shape, NULL);
    for (size_t i = 0; i < sample->count; i++) {
        const bool is_first = i == 0 || sorted[i].shape != sorted[i - 1].shape;

        sorted[i].round = sorted[i].shape == 0 ? UINT64_MAX : is_first ? 0 : sorted[i - 1].round + 1;
        sample->candidate_count += sorted[i].shape != 0;
    }
    wanted_count = wanted_count < sample->candidate_count ? wanted_count : sample->candidate_count;
    wf_sort(sorted, sample->count, sizeof *sorted, scratch, compare_rounds, NULL);
    for (size_t i = 0; i < wanted_count; i++) {
        sample->items[sorted[i].place].is_chosen = true;
    }
    for (size_t i = 0; i < sample->file_count; i++) {
        sample->first_of_file[i + 1] += sample->first_of_file[i];
    }
    return true;
}

bool cli_sample_has(const struct cli_sample *sample, size_t file, uint64_t index)
{
    const size_t first = sample->first_of_file[file];
    const size_t count = sample->first_of_file[file + 1] - first;

    return index >= count || sample->items[first + index].is_chosen;
}
