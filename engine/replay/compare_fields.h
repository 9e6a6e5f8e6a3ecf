/* Comparing values of each shape, and writing the note of a difference. Private to the engine. */
#ifndef WF_ENGINE_REPLAY_COMPARE_FIELDS_H
#define WF_ENGINE_REPLAY_COMPARE_FIELDS_H

#include "engine/replay/compare.h"

/* A new note about the meeting; NULL when the rule is ignored, there are too many, or the arena is full. */
struct wf_replay_note *wf_compare_add_note(struct wf_comparison *comparison, const char *rule_id,
                                           const struct wf_meeting *meeting);

/* Every field that compare.def has for the command, after what the service makes of it (replay-rules 2.8). */
void wf_compare_fields(struct wf_comparison *comparison, const struct wf_meeting *meeting);

/* Whether they stand for one value, or nobody but a codec can tell. Either may be NULL. */
bool wf_compare_payloads_agree(const struct wf_payload *history, const struct wf_payload *code);

void wf_compare_payload(struct wf_comparison *comparison, const char *rule, const struct wf_meeting *meeting,
                        struct wf_string field, const struct wf_payload *history, const struct wf_payload *code);

/* A map of payloads: memo, header, search attributes. */
struct wf_compare_map {
    const char *missing_rule; /* when one side lacks the key */
    const char *value_rule;
    const char *name;
    const struct wf_meeting *meeting;
};

/* Either list of entries may be NULL. */
void wf_compare_maps(struct wf_comparison *comparison, const struct wf_compare_map *map, const struct wf_list *history,
                     const struct wf_list *code);

static inline const struct wf_payload *wf_payload_at(const struct wf_payloads *payloads, uint32_t index)
{
    return payloads != NULL && index < payloads->payloads.count ? &payloads->payloads.items[index] : NULL;
}

static inline uint32_t wf_payload_count(const struct wf_payloads *payloads)
{
    return payloads == NULL ? 0 : payloads->payloads.count;
}

#endif
