/* Values were printed by the replay, shown and hidden; here one of the two is taken. */
#include "sim/report/notes.h"

#include "engine/base/hash.h"
#include "engine/rules.h"
#include "sim/report/visible.h"

/* ---- Making ---- */

static uint64_t mix_text(uint64_t digest, struct wf_string text)
{
    return wf_hash_mix(digest, wf_hash_bytes(text.data, text.size_bytes));
}

/* Of rule, workflow type, kind of step and field without its indexes: no ids and no values. */
static uint64_t signature_of(struct wf_string workflow_type, const struct wf_replay_note *note)
{
    uint64_t digest = mix_text(mix_text(0, workflow_type), wf_string_of(note->rule));

    digest = wf_hash_mix(digest, (uint64_t)note->event->event_type);
    if (note->event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
        digest = mix_text(digest, wf_activity_type_name(note->event->attributes.activity_task_scheduled->activity_type));
    }
    if (note->command != NULL) {
        digest = wf_hash_mix(digest, (uint64_t)note->command->command_type);
    }
    return mix_text(digest, note->field);
}

const struct sim_note *sim_notes_make(struct wf_arena *arena, struct wf_string workflow_type,
                                      const struct wf_replay_notes *notes, bool hides_payloads)
{
    struct sim_note *made = notes->count == 0 ? NULL : wf_arena_take_array(arena, notes->count, sizeof *made);

    for (uint32_t i = 0; made != NULL && i < notes->count; i++) {
        const struct wf_replay_note *note = &notes->items[i];

        made[i] = (struct sim_note){
            .rule = note->rule,
            .level = note->level,
            .signature = signature_of(workflow_type, note),
            .event_id = note->event_id,
            .field = note->field,
            .history = hides_payloads ? note->history.hidden : note->history.shown,
            .code = hides_payloads ? note->code.hidden : note->code.shown,
            .message = note->message,
        };
    }
    return made;
}

/* ---- Carrying ---- */

void sim_notes_pack(const struct sim_note *notes, uint32_t count, struct wf_buffer *out)
{
    sim_pack_number(out, count);
    for (uint32_t i = 0; i < count; i++) {
        sim_pack_code(out, notes[i].rule);
        sim_pack_number(out, notes[i].level);
        sim_pack_number(out, notes[i].signature);
        sim_pack_number(out, (uint64_t)notes[i].event_id);
        sim_pack_text(out, notes[i].field);
        sim_pack_text(out, notes[i].history);
        sim_pack_text(out, notes[i].code);
        sim_pack_text(out, notes[i].message);
    }
}

const struct sim_note *sim_notes_unpack(struct sim_unpacker *unpacker, uint32_t *count)
{
    struct sim_note *notes = sim_unpack_array(unpacker, count, sizeof *notes, 8);

    for (uint32_t i = 0; i < *count; i++) {
        notes[i].rule = sim_unpack_code(unpacker);
        notes[i].level = (enum wf_rule_level)sim_unpack_number(unpacker);
        notes[i].signature = sim_unpack_number(unpacker);
        notes[i].event_id = (int64_t)sim_unpack_number(unpacker);
        notes[i].field = sim_unpack_text(unpacker);
        notes[i].history = sim_unpack_text(unpacker);
        notes[i].code = sim_unpack_text(unpacker);
        notes[i].message = sim_unpack_text(unpacker);
    }
    return notes;
}

/* ---- Words ---- */

static void print_side(struct wf_buffer *out, const char *name, struct wf_string value)
{
    wf_buffer_append_text(out, name);
    if (value.size_bytes == 0) {
        wf_buffer_append_text(out, "nothing");
    } else {
        sim_append_visible(out, value, 0);
    }
}

void sim_note_print_values(const struct sim_note *note, struct wf_buffer *out)
{
    print_side(out, " history ", note->history);
    print_side(out, ", code ", note->code);
}

void sim_note_print(const struct sim_note *note, struct wf_buffer *out)
{
    sim_append_visible(out, note->message, 0);
    if (note->history.size_bytes > 0 || note->code.size_bytes > 0) {
        sim_note_print_values(note, out);
    }
}

void sim_notes_json(const struct sim_note *notes, uint32_t count, struct wf_json_writer *writer)
{
    wf_json_put_array(writer, "notes");
    for (uint32_t i = 0; i < count; i++) {
        wf_json_begin_object(writer);
        wf_json_put_string(writer, "rule", wf_string_of(notes[i].rule));
        wf_json_put_string(writer, "level", wf_string_of(wf_rule_level_name(notes[i].level)));
        wf_json_put_i64(writer, "event_id", notes[i].event_id);
        wf_json_put_string(writer, "field", notes[i].field);
        wf_json_put_string(writer, "history", notes[i].history);
        wf_json_put_string(writer, "code", notes[i].code);
        wf_json_put_string(writer, "message", notes[i].message);
        wf_json_put_hash(writer, "signature", notes[i].signature);
        wf_json_end_object(writer);
    }
    wf_json_end_array(writer);
}

bool sim_note_level_read(struct wf_string name, enum wf_rule_level *level)
{
    for (int i = WF_RULE_ERROR; i <= WF_RULE_INFO; i++) {
        if (wf_string_is(name, wf_rule_level_name((enum wf_rule_level)i))) {
            *level = (enum wf_rule_level)i;
            return true;
        }
    }
    return false;
}
