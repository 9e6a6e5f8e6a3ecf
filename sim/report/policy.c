/* An unknown rule or word is refused: a policy that silently does nothing is worse than none. */
#include "sim/report/policy.h"

#include "engine/base/nearest.h"
#include "engine/rules.h"
#include "sim/report/lines.h"

#define RULES_MAX 64 /* that give notes */

static const char *const words[] = {
    [WF_NOTE_REPORTED] = "note", [WF_NOTE_IS_FINDING] = "finding", [WF_NOTE_IGNORED] = "ignore"};

uint8_t *sim_policy_new(struct wf_arena *arena)
{
    return wf_arena_take_array(arena, wf_rule_count, sizeof(uint8_t));
}

void sim_policy_make_strict(uint8_t *policies)
{
    for (size_t i = 0; i < wf_rule_count; i++) {
        if (wf_rule_gives_notes(&wf_rules[i]) && wf_rules[i].level != WF_RULE_INFO) {
            policies[i] = WF_NOTE_IS_FINDING;
        }
    }
}

/* The id of a rule that gives notes and is spelt much like the name; NULL: none. */
static const char *nearest_rule(struct wf_string name)
{
    struct wf_string ids[RULES_MAX] = {{NULL, 0}};
    size_t count = 0;

    for (size_t i = 0; i < wf_rule_count && count < RULES_MAX; i++) {
        if (wf_rule_gives_notes(&wf_rules[i])) {
            ids[count++] = wf_string_of(wf_rules[i].id);
        }
    }
    const size_t nearest = wf_nearest(name, ids, count);
    return nearest < count ? ids[nearest].data : NULL;
}

static enum wf_status refuse_rule(struct wf_string name, uint32_t line, struct wf_error *err)
{
    const char *nearest = nearest_rule(name);

    if (wf_rule_find(name) != NULL) {
        return wf_fail_status(err, WF_ERR_INVALID, "line %u: a breach of %S always ends the replay, no policy changes that",
                              line, &name);
    }
    return nearest != NULL ? wf_fail_status(err, WF_ERR_INVALID, "line %u: there is no rule %S; did you mean %s?", line, &name,
                                            nearest)
                           : wf_fail_status(err, WF_ERR_INVALID, "line %u: there is no rule %S", line, &name);
}

static enum wf_status read_entry(uint8_t *policies, struct wf_string name, struct wf_string rest, uint32_t line,
                                 struct wf_error *err)
{
    const struct wf_rule *rule = wf_rule_find(name);
    const struct wf_string word = sim_take_word(&rest);

    if (rule == NULL || !wf_rule_gives_notes(rule)) {
        return refuse_rule(name, line, err);
    }
    if (rest.size_bytes > 0 && rest.data[0] != '#') {
        return wf_fail_status(err, WF_ERR_INVALID, "line %u: what is %S? An entry is a rule and one word", line, &rest);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (wf_string_is(word, words[i])) {
            policies[rule - wf_rules] = (uint8_t)i;
            return WF_OK;
        }
    }
    return wf_fail_status(err, WF_ERR_INVALID, "line %u: %S is to be a finding, a note, or ignored: write finding, note or ignore",
                          line, &name);
}

enum wf_status sim_policy_read(uint8_t *policies, struct wf_string bytes, struct wf_error *err)
{
    for (uint32_t line_number = 1; bytes.size_bytes > 0; line_number++) {
        struct wf_string rest = sim_take_line(&bytes);
        const struct wf_string name = sim_take_word(&rest);

        if (name.size_bytes > 0 && name.data[0] != '#') {
            WF_TRY(read_entry(policies, name, rest, line_number, err));
        }
    }
    return WF_OK;
}
