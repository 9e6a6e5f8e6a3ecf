/*
 * Optimal string alignment: three rows of the table of edits are kept, because a swap of neighbours looks two rows back.
 */
#include "engine/base/nearest.h"

#include <stdint.h>

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

size_t wf_edit_distance(struct wf_string left, struct wf_string right)
{
    size_t rows[3][WF_NEAREST_BYTES_MAX + 1] = {0};
    const size_t left_size = smaller(left.size_bytes, WF_NEAREST_BYTES_MAX);
    const size_t right_size = smaller(right.size_bytes, WF_NEAREST_BYTES_MAX);

    for (size_t j = 0; j <= right_size; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= left_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= right_size; j++) {
            const size_t replace = left.data[i - 1] == right.data[j - 1] ? 0 : 1;

            row[j] = smaller(smaller(above[j] + 1, row[j - 1] + 1), above[j - 1] + replace);
            if (i > 1 && j > 1 && left.data[i - 1] == right.data[j - 2] && left.data[i - 2] == right.data[j - 1]) {
                row[j] = smaller(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return rows[left_size % 3][right_size];
}

size_t wf_nearest(struct wf_string word, const struct wf_string *names, size_t count)
{
    const size_t distance_max = word.size_bytes / 3 > 2 ? word.size_bytes / 3 : 2;
    size_t best = count;
    size_t best_distance = SIZE_MAX;

    for (size_t i = 0; i < count; i++) {
        const size_t distance = wf_edit_distance(word, names[i]);

        /* A word of two letters is two edits from every other one: something must remain. */
        if (distance <= distance_max && distance < names[i].size_bytes && distance < best_distance) {
            best = i;
            best_distance = distance;
        }
    }
    return best;
}
