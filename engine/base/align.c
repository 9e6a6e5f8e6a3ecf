/*
 * A way through the grid of left (x) against right (y) goes down a diagonal k = x - y for free where keys are equal, and pays
 * one for each key left out. After d payments the furthest x on each diagonal is kept, for every d, to walk back.
 */
#include "engine/base/align.h"

#include "engine/base/assert.h"

#define DIAGONALS (2 * WF_ALIGN_EDITS_MAX + 3)

struct grid {
    const uint64_t *left;
    const uint64_t *right;
    int64_t width;  /* keys of left */
    int64_t height; /* of right */
};

struct search {
    int32_t furthest[DIAGONALS];                                           /* by diagonal, of the payment at hand */
    int32_t rows[(WF_ALIGN_EDITS_MAX + 1) * (WF_ALIGN_EDITS_MAX + 2) / 2]; /* of all, d + 1 for each d */
};

static int32_t *row_of(struct search *search, int32_t d)
{
    return search->rows + (size_t)d * ((size_t)d + 1) / 2;
}

/* Whether the way to diagonal k by payment d comes from the one above, leaving out a key of right. */
static bool comes_from_above(const int32_t *furthest, int32_t k, int32_t d)
{
    return k == -d || (k != d && furthest[k - 1] < furthest[k + 1]);
}

static int32_t slide(const struct grid *grid, int32_t x, int32_t k)
{
    while (x < grid->width && x - k < grid->height && grid->left[x] == grid->right[x - k]) {
        x++;
    }
    return x;
}

/* One more payment on every diagonal. True when one comes to the end, which is on diagonal *k. */
static bool pay(struct search *search, const struct grid *grid, int32_t d, int32_t *k_end)
{
    int32_t *furthest = search->furthest + WF_ALIGN_EDITS_MAX + 1;

    for (int32_t k = -d; k <= d; k += 2) {
        int32_t x = d == 0 ? 0 : comes_from_above(furthest, k, d) ? furthest[k + 1] : furthest[k - 1] + 1;

        x = slide(grid, x, k);
        furthest[k] = x;
        row_of(search, d)[(k + d) / 2] = x;
        if (x >= grid->width && x - k >= grid->height) {
            *k_end = k;
            return true;
        }
    }
    return false;
}

/* The diagonal on which most lies behind, within the grid; of several the middle one, since rows that differ go on side by side. */
static int32_t best_diagonal(struct search *search, const struct grid *grid, int32_t d)
{
    int32_t best = 0;
    int64_t most = -1;

    for (int32_t k = -d; k <= d; k += 2) {
        const int64_t x = row_of(search, d)[(k + d) / 2];
        const int64_t y = x - k;

        if (x <= grid->width && y <= grid->height &&
            (x + y > most || (x + y == most && (k < 0 ? -k : k) < (best < 0 ? -best : best)))) {
            most = x + y;
            best = k;
        }
    }
    WF_ASSERT(most >= 0);
    return best;
}

/* From the end of the way on diagonal k back to the corner. */
static void walk_back(struct search *search, int32_t d, int32_t k, uint32_t offset_left, uint32_t offset_right,
                      uint32_t *partners)
{
    while (d >= 0) {
        int32_t x = row_of(search, d)[(k + d) / 2];
        const int32_t *before = d == 0 ? NULL : row_of(search, d - 1);
        const bool is_from_above =
            d > 0 && (k == -d || (k != d && before[(k - 1 + d - 1) / 2] < before[(k + 1 + d - 1) / 2]));
        const int32_t from = d == 0          ? 0
                             : is_from_above ? before[(k + 1 + d - 1) / 2]
                                             : before[(k - 1 + d - 1) / 2] + 1;

        for (; x > from; x--) {
            partners[offset_left + (uint32_t)x - 1] = offset_right + (uint32_t)(x - k) - 1;
        }
        k += is_from_above ? 1 : -1;
        d--;
    }
}

bool wf_align(struct wf_arena *arena, struct wf_align_keys left, struct wf_align_keys right, uint32_t *partners)
{
    const struct wf_arena_mark mark = wf_arena_mark(arena);
    struct search *search = wf_arena_take_unset(arena, sizeof *search);
    uint32_t at_left = 0;
    uint32_t at_right = 0;

    WF_ASSERT(left.count <= INT32_MAX / 2 && right.count <= INT32_MAX / 2);
    if (search == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < left.count; i++) {
        partners[i] = WF_ALIGN_NONE;
    }
    while (at_left < left.count && at_right < right.count) {
        const struct grid grid = {left.items + at_left, right.items + at_right, left.count - at_left,
                                  right.count - at_right};
        int32_t k = 0;
        int32_t d = 0;

        while (!pay(search, &grid, d, &k) && d < WF_ALIGN_EDITS_MAX) {
            d++;
        }
        if (d == WF_ALIGN_EDITS_MAX) {
            k = best_diagonal(search, &grid, d);
        }
        const int32_t x = row_of(search, d)[(k + d) / 2];
        walk_back(search, d, k, at_left, at_right, partners);
        at_left += (uint32_t)x;
        at_right += (uint32_t)(x - k);
    }
    wf_arena_rewind(arena, mark);
    return true;
}
