/* The finding says what its note says; what the official replayer would say stays empty: it passes. */
#include "engine/replay/strict.h"

#include "engine/base/assert.h"
#include "engine/diagnosis.h"
#include "engine/worker/divergence.h"

static bool is_rule(const struct wf_replay_note *note, const char *rule)
{
    return wf_string_is(wf_string_of(note->rule), rule);
}

static bool is_close(const struct wf_replay_note *note)
{
    return note->command != NULL &&
           wf_event_is_close((int32_t)wf_command_descriptors[note->command->command_type].event);
}

static enum wf_cause cause_of(const struct wf_replay_note *note)
{
    if (is_rule(note, "boundary")) {
        return is_close(note) ? WF_CAUSE_CLOSED_EARLY : note->is_early ? WF_CAUSE_MOVED : WF_CAUSE_INSERTED;
    }
    if (is_rule(note, "close-kind")) {
        return WF_CAUSE_CLOSED_EARLY;
    }
    return is_rule(note, "la-order") ? WF_CAUSE_MOVED : WF_CAUSE_DETAILS_CHANGED;
}

static struct wf_string hint_of(struct wf_arena *arena, const struct wf_replay_note *note, enum wf_cause cause)
{
    struct wf_buffer text;

    if (cause == WF_CAUSE_DETAILS_CHANGED) {
        return WF_STR("If the change is meant for runs that are open, let a policy file say so: RULE note. If only new "
                      "runs may have it, keep both ways: if (wf_patched(wf, \"...\")) { the new way } else { the old way }.");
    }
    wf_buffer_init(&text, arena);
    wf_buffer_append_text(&text, "Open runs do not wait where they waited. Keep both ways: if (wf_patched(wf, \"");
    wf_buffer_append_text(&text, cause == WF_CAUSE_CLOSED_EARLY ? "end-earlier" : "move-step");
    wf_buffer_append_text(&text, "\")) { the new way } else { the old way }");
    if (note->command != NULL) {
        wf_buffer_append_text(&text, ", from before ");
        wf_name_command(&text, note->command);
        wf_buffer_append_text(&text, " on");
    }
    wf_buffer_append_char(&text, '.');
    return wf_buffer_string(&text);
}

static enum wf_diagnosis_number diagnosis_of(const struct wf_replay_note *note, enum wf_cause cause)
{
    return is_rule(note, "mis-binding") ? WF_DIAGNOSIS_MIS_BOUND : wf_diagnosis_of_cause(cause);
}

static void make_finding(struct wf_arena *arena, const struct wf_replay_note *note, struct wf_replay_result *result)
{
    const enum wf_cause cause = cause_of(note);
    struct wf_window_row *row = WF_ARENA_NEW(arena, struct wf_window_row);

    result->verdict = WF_VERDICT_NONDETERMINISM;
    result->finding = (struct wf_finding){.verdict = WF_VERDICT_NONDETERMINISM,
                                          .cause = cause,
                                          .diagnosis = wf_diagnosis_code(diagnosis_of(note, cause)),
                                          .rule = note->rule,
                                          .event_id = note->event_id,
                                          .event = note->event,
                                          .command = note->command,
                                          .code_offset = note->code_offset,
                                          .message = note->message,
                                          .hint = hint_of(arena, note, cause)};
    if (row != NULL) {
        *row = (struct wf_window_row){note->event, note->command, true};
        result->finding.window = row;
        result->finding.window_count = 1;
    }
}

static bool is_promoted(const uint8_t *policies, const struct wf_replay_note *note)
{
    const struct wf_rule *rule = wf_rule_find(wf_string_of(note->rule));

    WF_ASSERT(rule != NULL);
    return policies[rule - wf_rules] == WF_NOTE_IS_FINDING;
}

/* The earlier event; of one event what says why before what says what. */
static bool is_better(const struct wf_replay_note *note, const struct wf_replay_note *best)
{
    return best == NULL || note->event_id < best->event_id ||
           (note->event_id == best->event_id && is_rule(note, "mis-binding"));
}

void wf_strict_judge(struct wf_arena *arena, const uint8_t *policies, struct wf_replay_result *result)
{
    const struct wf_replay_note *best = NULL;

    for (uint32_t i = 0; policies != NULL && result->verdict == WF_VERDICT_OK && i < result->notes.count; i++) {
        const struct wf_replay_note *note = &result->notes.items[i];

        best = is_promoted(policies, note) && is_better(note, best) ? note : best;
    }
    if (best != NULL) {
        make_finding(arena, best, result);
    }
}
