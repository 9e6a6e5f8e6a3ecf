/*
 * Notes of a replay, in words: what differs and does not end it. They lie in their history's verdict; a batch says each kind once.
 */
#ifndef SIM_REPORT_NOTES_H
#define SIM_REPORT_NOTES_H

#include "engine/base/arena.h"
#include "engine/base/json_text.h"
#include "engine/replay.h"
#include "sim/report/pack.h"

struct sim_note {
    const char *rule;
    enum wf_rule_level level;
    uint64_t signature; /* the same for the same difference in another run */
    int64_t event_id;
    struct wf_string field;   /* JSON path of what differs; empty: the whole step */
    struct wf_string history; /* its two values; empty: a side has none */
    struct wf_string code;
    struct wf_string message;
};

/* Puts the notes of a result into words, in the arena; NULL when it is full or there are none. */
const struct sim_note *sim_notes_make(struct wf_arena *arena, struct wf_string workflow_type,
                                      const struct wf_replay_notes *notes, bool hides_payloads);

void sim_notes_pack(const struct sim_note *notes, uint32_t count, struct wf_buffer *out);
const struct sim_note *sim_notes_unpack(struct sim_unpacker *unpacker, uint32_t *count);

/* Appends `At event 5 the input of ... is not what the code gives. history ["a"], code ["b"]`, without a line end. */
void sim_note_print(const struct sim_note *note, struct wf_buffer *out);

/* Appends ` history ["a"], code ["b"]`. */
void sim_note_print_values(const struct sim_note *note, struct wf_buffer *out);

/* Appends the array `notes` of a result. */
void sim_notes_json(const struct sim_note *notes, uint32_t count, struct wf_json_writer *writer);

/* "error", "warning", "info". */
bool sim_note_level_read(struct wf_string name, enum wf_rule_level *level);

#endif
