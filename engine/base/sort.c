/* Merges runs bottom-up between the items and the scratch memory; short runs are made by insertion. */
#include "engine/base/sort.h"

#include <stdbool.h>
#include <string.h>

#define RUN_COUNT ((size_t)8)

struct sort {
    size_t size_bytes;
    wf_compare compare;
    void *context;
};

/* Sorts one short run in place; spare holds one item. */
static void insert_run(const struct sort *sort, char *items, size_t count, char *spare)
{
    const size_t size_bytes = sort->size_bytes;

    for (size_t i = 1; i < count; i++) {
        size_t to = i;

        while (to > 0 && sort->compare(items + (to - 1) * size_bytes, items + i * size_bytes, sort->context) > 0) {
            to--;
        }
        if (to < i) {
            memcpy(spare, items + i * size_bytes, size_bytes);
            memmove(items + (to + 1) * size_bytes, items + to * size_bytes, (i - to) * size_bytes);
            memcpy(items + to * size_bytes, spare, size_bytes);
        }
    }
}

/* Merges [0, middle) and [middle, count) of from into to; the left item goes first when both are equal. */
static void merge(const struct sort *sort, const char *from, size_t middle, size_t count, char *to)
{
    const size_t size_bytes = sort->size_bytes;
    size_t left = 0;
    size_t right = middle;

    while (left < middle && right < count) {
        const bool takes_right =
            sort->compare(from + left * size_bytes, from + right * size_bytes, sort->context) > 0;
        const char *item = from + (takes_right ? right++ : left++) * size_bytes;

        memcpy(to, item, size_bytes);
        to += size_bytes;
    }
    memcpy(to, from + left * size_bytes, (middle - left) * size_bytes);
    memcpy(to + (middle - left) * size_bytes, from + right * size_bytes, (count - right) * size_bytes);
}

void wf_sort(void *items, size_t count, size_t size_bytes, void *scratch, wf_compare compare, void *context)
{
    const struct sort sort = {size_bytes, compare, context};
    char *from = items;
    char *to = scratch;

    if (count < 2) {
        return;
    }
    for (size_t start = 0; start < count; start += RUN_COUNT) {
        const size_t run = count - start < RUN_COUNT ? count - start : RUN_COUNT;
        insert_run(&sort, from + start * size_bytes, run, to);
    }
    for (size_t width = RUN_COUNT; width < count; width *= 2) {
        char *swapped = from;

        for (size_t start = 0; start < count; start += 2 * width) {
            const size_t left = count - start < width ? count - start : width;
            const size_t both = count - start < 2 * width ? count - start : 2 * width;
            merge(&sort, from + start * size_bytes, left, both, to + start * size_bytes);
        }
        from = to;
        to = swapped;
    }
    if (from != (char *)items) {
        memcpy(items, from, count * size_bytes);
    }
}
