/*
 * Maps of histories are a few entries and mostly sorted already, so the common case is one pass
 * over the keys.
 */
#include "engine/codec/map_order.h"

#include "engine/base/sort.h"

static int compare_keys(const void *left, const void *right, void *context)
{
    const struct wf_string *const *left_key = left;
    const struct wf_string *const *right_key = right;

    (void)context;
    return wf_string_compare(**left_key, **right_key);
}

/* The sort is stable: of a run of equal keys the last entry is the one that was met last. */
static uint32_t keep_last_of_equal_keys(const struct wf_string **entries, uint32_t count)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (i + 1 == count || !wf_string_equal(*entries[i], *entries[i + 1])) {
            entries[kept++] = entries[i];
        }
    }
    return kept;
}

bool wf_map_order_init(struct wf_map_order *order, struct wf_arena *arena,
                       const struct wf_field *field, const void *map)
{
    const struct wf_list *list = map;
    const size_t entry_size_bytes = field->item_size_bytes;
    bool is_sorted = true;

    order->count = list->count;
    order->entries = order->few;
    if (list->count > WF_MAP_ORDER_FEW) {
        /* The second half is room for sorting. */
        order->entries = arena == NULL
                             ? NULL
                             : wf_arena_take_array(arena, list->count, 2 * sizeof *order->entries);
        if (order->entries == NULL) {
            return false;
        }
    }
    for (uint32_t i = 0; i < list->count; i++) {
        order->entries[i] = (const void *)((const char *)list->items + i * entry_size_bytes);
        if (i > 0 && wf_string_compare(*order->entries[i - 1], *order->entries[i]) >= 0) {
            is_sorted = false;
        }
    }
    if (!is_sorted) {
        wf_sort(order->entries, list->count, sizeof *order->entries, order->entries + list->count,
                compare_keys, NULL);
        order->count = keep_last_of_equal_keys(order->entries, list->count);
    }
    return true;
}
