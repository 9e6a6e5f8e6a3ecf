/* Memory of a run, and its records by name. */
#include "engine/worker/worker_run.h"

#define GROW_MIN 16u

void *wf_run_take(struct wf_run *run, size_t size_bytes)
{
    void *piece = wf_arena_take(&run->arena, size_bytes);

    run->is_full = run->is_full || piece == NULL;
    return piece;
}

void *wf_run_take_step(struct wf_run *run, size_t size_bytes)
{
    void *piece = wf_arena_take(run->step_arena, size_bytes);

    run->is_full = run->is_full || piece == NULL;
    return piece;
}

struct wf_string wf_run_copy_text(struct wf_run *run, struct wf_string text)
{
    struct wf_string copy = {NULL, 0};

    if (text.size_bytes > 0) {
        copy = wf_string_copy(&run->arena, text);
        run->is_full = run->is_full || copy.data == NULL;
    }
    return copy;
}

bool wf_run_grow(struct wf_run *run, void **items, uint32_t *capacity, uint32_t count,
                 size_t item_bytes)
{
    uint32_t larger = *capacity < GROW_MIN ? GROW_MIN : *capacity;
    void *grown = NULL;

    if (count <= *capacity) {
        return true;
    }
    while (larger < count) {
        if (larger > UINT32_MAX / 2) {
            run->is_full = true;
            return false;
        }
        larger *= 2;
    }
    grown = wf_arena_take_array(&run->arena, larger, item_bytes);
    if (grown == NULL) {
        run->is_full = true;
        return false;
    }
    if (*capacity > 0) {
        memcpy(grown, *items, (size_t)*capacity * item_bytes);
    }
    *items = grown;
    *capacity = larger;
    return true;
}

struct wf_patch *wf_run_patch(struct wf_run *run, struct wf_string patch_id)
{
    struct wf_patch *patch = wf_map_get(&run->patches, patch_id);

    if (patch != NULL) {
        return patch;
    }
    patch = WF_RUN_NEW(run, struct wf_patch);
    if (patch == NULL) {
        return NULL;
    }
    patch->id = wf_string_copy(&run->arena, patch_id);
    if (patch->id.data == NULL || !wf_map_set(&run->patches, patch->id, patch)) {
        run->is_full = true;
        return NULL;
    }
    return patch;
}
