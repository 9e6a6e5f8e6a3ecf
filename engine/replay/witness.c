/* Memory is compared in words of 8 bytes, so that one changed variable is one change. */
#include "engine/replay/witness.h"

#include "engine/codec.h"

#define WORD_BYTES ((size_t)8)

bool wf_witness_init(struct wf_witness *witness, struct wf_arena *arena, const struct wf_replay_options *options,
                     struct wf_replay_result *result)
{
    *witness = (struct wf_witness){.arena = arena, .options = options, .result = result};
    witness->pictures = wf_arena_take_array(arena, options->watched_count, sizeof *witness->pictures);
    for (uint32_t i = 0; witness->pictures != NULL && i < options->watched_count; i++) {
        witness->pictures[i] = wf_arena_take_text(arena, options->watched[i].size_bytes);
        if (witness->pictures[i] == NULL) {
            return false;
        }
    }
    return witness->pictures != NULL;
}

void wf_witness_before(struct wf_witness *witness)
{
    for (uint32_t i = 0; i < witness->options->watched_count; i++) {
        memcpy(witness->pictures[i], witness->options->watched[i].at, witness->options->watched[i].size_bytes);
    }
}

static bool note_change(struct wf_witness *witness, int64_t event_id, const char *at)
{
    struct wf_replay_change *change = NULL;

    if (witness->result->changes.count == WF_REPLAY_CHANGES_MAX) {
        return true;
    }
    change = WF_LIST_APPEND(witness->arena, witness->result->changes);
    if (change != NULL) {
        *change = (struct wf_replay_change){event_id, at};
    }
    return change != NULL;
}

static bool compare(struct wf_witness *witness, int64_t event_id, const struct wf_replay_memory *memory, const char *picture)
{
    const char *bytes = memory->at;

    if (memcmp(bytes, picture, memory->size_bytes) == 0) {
        return true;
    }
    for (size_t word = 0; word < memory->size_bytes; word += WORD_BYTES) {
        const size_t left = memory->size_bytes - word;
        const size_t size = left < WORD_BYTES ? left : WORD_BYTES;
        size_t i = 0;

        while (i < size && bytes[word + i] == picture[word + i]) {
            i++;
        }
        if (i < size && !note_change(witness, event_id, bytes + word + i)) {
            return false;
        }
    }
    return true;
}

bool wf_witness_after(struct wf_witness *witness, int64_t event_id, const struct wf_sdk_completion *completion)
{
    struct wf_replay_answer *answer = NULL;
    struct wf_buffer bytes;

    for (uint32_t i = 0; i < witness->options->watched_count; i++) {
        if (!compare(witness, event_id, &witness->options->watched[i], witness->pictures[i])) {
            return false;
        }
    }
    if (!witness->options->keeps_answers) {
        return true;
    }
    wf_buffer_init(&bytes, witness->arena);
    wf_wire_encode(&wf_type_sdk_completion, completion, &bytes);
    answer = WF_LIST_APPEND(witness->arena, witness->result->answers);
    if (bytes.is_full || answer == NULL) {
        return false;
    }
    *answer = (struct wf_replay_answer){event_id, wf_buffer_string(&bytes)};
    return true;
}
