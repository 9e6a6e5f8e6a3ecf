/*
 * Numbers of calls under way: a slot and a serial number, so that a late or doubled reply is known
 * for what it is. Slots are reused, so the table stays as large as the most calls at once.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

#define SLOT_BITS 20
#define SLOTS_FIRST 16u

static bool grow(struct wf_shard *shard)
{
    const uint32_t capacity = shard->pending_capacity == 0 ? SLOTS_FIRST
                                                           : shard->pending_capacity * 2;
    struct wf_pending *slots = NULL;

    if (capacity >= UINT32_C(1) << SLOT_BITS) {
        return false;
    }
    slots = wf_slab_take(&shard->slabs, capacity * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    if (shard->pending_capacity > 0) {
        memcpy(slots, shard->pending, shard->pending_capacity * sizeof *slots);
        wf_slab_give(&shard->slabs, shard->pending, shard->pending_capacity * sizeof *slots);
    }
    for (uint32_t i = capacity; i > shard->pending_capacity; i--) {
        slots[i - 1].next_free = shard->pending_free;
        shard->pending_free = i;
    }
    shard->pending = slots;
    shard->pending_capacity = capacity;
    return true;
}

uint64_t wf_pending_add(struct wf_shard *shard, enum wf_pending_kind kind, void *object)
{
    struct wf_pending *slot = NULL;
    uint32_t index = 0;

    WF_ASSERT(kind != WF_PENDING_FREE);
    if (shard->pending_free == 0 && !grow(shard)) {
        shard->slabs.is_full = true;
        return 0;
    }
    index = shard->pending_free - 1;
    slot = &shard->pending[index];
    shard->pending_free = slot->next_free;
    slot->kind = kind;
    slot->object = object;
    slot->serial++;
    return (uint64_t)slot->serial << SLOT_BITS | (index + 1);
}

static void free_slot(struct wf_shard *shard, uint32_t index)
{
    shard->pending[index].kind = WF_PENDING_FREE;
    shard->pending[index].object = NULL;
    shard->pending[index].next_free = shard->pending_free;
    shard->pending_free = index + 1;
}

enum wf_pending_kind wf_pending_take(struct wf_shard *shard, uint64_t call_id, void **object)
{
    const uint64_t place = call_id & ((UINT64_C(1) << SLOT_BITS) - 1);
    const struct wf_pending *slot = place == 0 || place > shard->pending_capacity
                                        ? NULL
                                        : &shard->pending[place - 1];
    enum wf_pending_kind kind = WF_PENDING_FREE;

    *object = NULL;
    if (slot == NULL || slot->serial != call_id >> SLOT_BITS || slot->kind == WF_PENDING_FREE) {
        return WF_PENDING_FREE;
    }
    kind = slot->kind;
    *object = slot->object;
    free_slot(shard, (uint32_t)place - 1);
    return kind;
}

void wf_pending_forget(struct wf_shard *shard, enum wf_pending_kind kind)
{
    for (uint32_t i = 0; i < shard->pending_capacity; i++) {
        if (shard->pending[i].kind == kind) {
            free_slot(shard, i);
        }
    }
}

bool wf_pending_drop(struct wf_shard *shard, enum wf_pending_kind kind, void **object)
{
    for (uint32_t i = 0; i < shard->pending_capacity; i++) {
        if (shard->pending[i].kind == kind) {
            *object = shard->pending[i].object;
            free_slot(shard, i);
            return true;
        }
    }
    return false;
}

bool wf_keep_string(struct wf_shard *shard, struct wf_string string, struct wf_string *kept)
{
    char *copy = string.size_bytes == 0 ? NULL : wf_slab_take(&shard->slabs, string.size_bytes);

    *kept = (struct wf_string){0};
    if (string.size_bytes == 0) {
        return true;
    }
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, string.data, string.size_bytes);
    *kept = (struct wf_string){copy, string.size_bytes};
    return true;
}

void wf_drop_string(struct wf_shard *shard, struct wf_string *kept)
{
    /* The slice is const to its readers; the piece was ours to give. */
    wf_slab_give(&shard->slabs, (void *)(uintptr_t)kept->data, kept->size_bytes);
    *kept = (struct wf_string){0};
}

bool wf_keep_message(struct wf_shard *shard, const struct wf_message_type *type,
                     const void *message, char **bytes, size_t *size_bytes)
{
    struct wf_buffer encoded = {0};

    *bytes = NULL;
    *size_bytes = 0;
    wf_buffer_init(&encoded, &shard->step_arena);
    wf_wire_encode(type, message, &encoded);
    if (encoded.is_full) {
        return false;
    }
    *bytes = wf_slab_take(&shard->slabs, encoded.size_bytes);
    if (*bytes == NULL) {
        return false;
    }
    if (encoded.size_bytes > 0) {
        memcpy(*bytes, encoded.data, encoded.size_bytes);
    }
    *size_bytes = encoded.size_bytes;
    return true;
}

bool wf_read_kept(struct wf_shard *shard, const struct wf_message_type *type, struct wf_string kept, void *message)
{
    const struct wf_string bytes = wf_string_copy(&shard->step_arena, kept);

    return bytes.data != NULL && wf_wire_decode(&shard->step_arena, type, bytes, message, NULL) == WF_OK;
}
