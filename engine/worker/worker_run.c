/* Memory of a run, and its records by name. */
#include "engine/base/assert.h"
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

static struct wf_string name_of(struct wf_arena *arena, char letter, struct wf_string id)
{
    struct wf_buffer text;

    wf_buffer_init(&text, arena);
    wf_buffer_append_char(&text, letter);
    wf_buffer_append_string(&text, id);
    return text.is_full ? (struct wf_string){NULL, 0} : wf_buffer_string(&text);
}

void wf_run_set_name(struct wf_run *run, char letter, struct wf_string id, struct wf_machine *machine)
{
    const struct wf_string name = name_of(&run->arena, letter, id);

    if (name.data == NULL || !wf_map_set(&run->names, name, machine)) {
        run->is_full = true;
    }
}

struct wf_machine *wf_run_named(struct wf_run *run, char letter, struct wf_string id)
{
    const struct wf_string name = name_of(run->step_arena, letter, id);

    run->is_full = run->is_full || name.data == NULL;
    return name.data == NULL ? NULL : wf_map_get(&run->names, name);
}

bool wf_run_checks_identity(struct wf_run *run)
{
    switch (run->rules->identity) {
    case WF_IDENTITY_BY_FLAG:
        /* Core begins to check in the last task of a history that never did. A live worker whose host is not the one that
         * wrote such a history leaves its names as they are. */
        return wf_run_flag(run, WF_CORE_FLAG_ID_AND_TYPE_CHECKS,
                           run->config->is_replay ? run->chunk.is_final : !run->has_completed_task);
    case WF_IDENTITY_ALWAYS:
        return true;
    case WF_IDENTITY_IN_PAIRS:
        return false;
    }
    WF_UNREACHABLE();
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
