/*
 * Entries in order of time, and two kinds of state in one map: "o" and a once_per key says whether the outside world has
 * seen or voided it, "k" and a business key counts what is done and not undone.
 */
#include "sim/world/ledger.h"

#include "engine/base/assert.h"

#define CAPACITY_MIN 64u
#define STATE_KEY_BYTES 512

struct state {
    int32_t balance; /* of a business key */
    bool is_done;    /* of a once_per key */
    bool is_voided;
};

void sim_ledger_init(struct sim_ledger *ledger, struct wf_arena *arena)
{
    *ledger = (struct sim_ledger){.arena = arena};
    wf_map_init(&ledger->keys, arena);
}

/* "<kind><effect>NUL<key>": effects are names without NUL. */
static struct wf_string state_key(struct wf_buffer *buffer, char kind, struct wf_string effect, struct wf_string key)
{
    wf_buffer_append_char(buffer, kind);
    wf_buffer_append_string(buffer, effect);
    wf_buffer_append_char(buffer, '\0');
    wf_buffer_append_string(buffer, key);
    return wf_buffer_string(buffer);
}

static struct state *find_state(const struct sim_ledger *ledger, char kind, struct wf_string effect,
                                struct wf_string key)
{
    char bytes[STATE_KEY_BYTES];
    struct wf_buffer buffer = {0};

    wf_buffer_init_fixed(&buffer, bytes, sizeof bytes);
    return wf_map_get(&ledger->keys, state_key(&buffer, kind, effect, key));
}

static struct state *find_or_make_state(struct sim_ledger *ledger, char kind, struct wf_string effect,
                                        struct wf_string key)
{
    struct state *state = find_state(ledger, kind, effect, key);
    char bytes[STATE_KEY_BYTES];
    struct wf_buffer buffer = {0};
    struct wf_string kept = {0};

    if (state != NULL) {
        return state;
    }
    wf_buffer_init_fixed(&buffer, bytes, sizeof bytes);
    kept = wf_string_copy(ledger->arena, state_key(&buffer, kind, effect, key));
    state = WF_ARENA_NEW(ledger->arena, struct state);
    if (kept.data == NULL || state == NULL || !wf_map_set(&ledger->keys, kept, state)) {
        return NULL;
    }
    return state;
}

static bool make_room(struct sim_ledger *ledger)
{
    const uint32_t capacity = ledger->capacity == 0 ? CAPACITY_MIN : ledger->capacity * 2;
    struct sim_ledger_entry *entries = NULL;

    if (ledger->count < ledger->capacity) {
        return true;
    }
    entries = wf_arena_take_array(ledger->arena, capacity, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    if (ledger->count > 0) {
        memcpy(entries, ledger->entries, ledger->count * sizeof *entries);
    }
    ledger->entries = entries;
    ledger->capacity = capacity;
    return true;
}

static bool append(struct sim_ledger *ledger, const struct sim_ledger_entry *entry, enum sim_ledger_result result)
{
    struct sim_ledger_entry *kept = NULL;

    if (!make_room(ledger)) {
        return false;
    }
    kept = &ledger->entries[ledger->count];
    *kept = *entry;
    kept->effect = wf_string_copy(ledger->arena, entry->effect);
    kept->key = wf_string_copy(ledger->arena, entry->key);
    kept->workflow_id = wf_string_copy(ledger->arena, entry->workflow_id);
    kept->run_id = wf_string_copy(ledger->arena, entry->run_id);
    kept->activity_id = wf_string_copy(ledger->arena, entry->activity_id);
    kept->activity_type = wf_string_copy(ledger->arena, entry->activity_type);
    kept->node = wf_string_copy(ledger->arena, entry->node);
    kept->result = result;
    ledger->count++;
    return !ledger->arena->is_full;
}

/* Without once_per the outside world recognises nothing (DESIGN section 4 "Activities"). */
static enum sim_ledger_result apply_do(struct state *balance, struct state *once)
{
    if (once != NULL && once->is_voided) {
        return SIM_LEDGER_REFUSED;
    }
    if (once != NULL && once->is_done) {
        return SIM_LEDGER_REPEATED;
    }
    if (once != NULL) {
        once->is_done = true;
    }
    balance->balance++;
    return SIM_LEDGER_DONE;
}

/* An undo voids the key also when there is nothing to undo: the effect may still be on its way. */
static enum sim_ledger_result apply_undo(struct state *balance, struct state *once)
{
    once->is_voided = true;
    if (balance->balance == 0) {
        return SIM_LEDGER_NOTHING;
    }
    balance->balance--;
    return SIM_LEDGER_UNDONE;
}

bool sim_ledger_apply(struct sim_ledger *ledger, const struct sim_ledger_entry *entry, struct wf_string once_per,
                      enum sim_ledger_result *result)
{
    /* An undo that names no once_per voids its business key. */
    const struct wf_string once_key = entry->is_undo && once_per.size_bytes == 0 ? entry->key : once_per;
    struct state *balance = find_or_make_state(ledger, 'k', entry->effect, entry->key);
    struct state *once = NULL;

    if (once_key.size_bytes > 0) {
        once = find_or_make_state(ledger, 'o', entry->effect, once_key);
        if (once == NULL) {
            return false;
        }
    }
    if (balance == NULL) {
        return false;
    }
    WF_ASSERT(once != NULL || !entry->is_undo || entry->key.size_bytes == 0);
    if (!entry->is_undo) {
        *result = apply_do(balance, once);
    } else if (once != NULL) {
        *result = apply_undo(balance, once);
    } else {
        struct state nameless = {0};

        *result = apply_undo(balance, &nameless);
    }
    return append(ledger, entry, *result);
}

int32_t sim_ledger_balance(const struct sim_ledger *ledger, struct wf_string effect, struct wf_string key)
{
    const struct state *state = find_state(ledger, 'k', effect, key);

    return state == NULL ? 0 : state->balance;
}
