/* A line at a time, a word at a time. */
#include "sim/report/baseline.h"

#include "engine/diagnosis.h"
#include "engine/rules.h"
#include "sim/report/lines.h"

/* "WF" and digits. */
static bool is_code(struct wf_string word)
{
    size_t i = 2;

    while (i < word.size_bytes && wf_is_digit(word.data[i])) {
        i++;
    }
    return i > 2 && i == word.size_bytes && wf_string_starts_with(word, WF_STR("WF"));
}

/* A file name may have blanks: it goes on until a diagnosis or the id of a rule. */
static enum wf_status read_file(struct wf_string first, struct wf_string *rest, struct sim_baseline_entry *entry,
                                struct wf_error *err)
{
    entry->file = first;
    while (rest->size_bytes > 0) {
        const struct wf_string word = sim_take_word(rest);

        if (is_code(word) && wf_diagnosis_find(word) == NULL) {
            return wf_fail_status(err, WF_ERR_INVALID, "line %u: there is no diagnosis %S", entry->line, &word);
        }
        if (is_code(word) || wf_rule_find(word) != NULL) {
            entry->rule = word;
            return WF_OK;
        }
        entry->file.size_bytes = (size_t)(word.data + word.size_bytes - first.data);
    }
    return wf_fail_status(err, WF_ERR_INVALID,
                          "line %u: an entry is a signature of 16 digits, or a file and a diagnosis such as WF201",
                          entry->line);
}

static enum wf_status read_entry(struct wf_string line, struct sim_baseline_entry *entry, struct wf_error *err)
{
    struct wf_string rest = line;
    const struct wf_string first = sim_take_word(&rest);

    if (!sim_signature_read(first, &entry->signature)) {
        WF_TRY(read_file(first, &rest, entry, err));
    }
    entry->reason = rest;
    if (rest.size_bytes == 0) {
        return wf_fail_status(err, WF_ERR_INVALID, "line %u: the reason is missing: why is this finding accepted?",
                              entry->line);
    }
    const struct wf_string last = entry->rule.size_bytes > 0 ? entry->rule : first;
    entry->text = (struct wf_string){first.data, (size_t)(last.data + last.size_bytes - first.data)};
    return WF_OK;
}

static size_t count_lines(struct wf_string bytes)
{
    size_t count = 1;

    for (size_t i = 0; i < bytes.size_bytes; i++) {
        count += bytes.data[i] == '\n';
    }
    return count;
}

enum wf_status sim_baseline_read(struct sim_baseline *baseline, struct wf_arena *arena, struct wf_string bytes,
                                 struct wf_error *err)
{
    uint32_t line_number = 0;

    *baseline = (struct sim_baseline){
        .entries = wf_arena_take_array(arena, count_lines(bytes), sizeof *baseline->entries)};
    if (baseline->entries == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
    }
    while (bytes.size_bytes > 0) {
        const struct wf_string line = sim_take_line(&bytes);
        struct wf_string rest = line;
        const struct wf_string first = sim_take_word(&rest);

        line_number++;
        if (first.size_bytes > 0 && first.data[0] != '#') {
            struct sim_baseline_entry *entry = &baseline->entries[baseline->entry_count];

            entry->line = line_number;
            WF_TRY(read_entry(line, entry, err));
            baseline->entry_count++;
        }
    }
    return WF_OK;
}

static bool is_text(struct wf_string string, const char *text)
{
    return text != NULL && wf_string_is(string, text);
}

static bool accepts(const struct sim_baseline_entry *entry, const struct sim_verdict *verdict)
{
    if (entry->signature != 0) {
        return entry->signature == verdict->signature;
    }
    return wf_string_equal(entry->file, verdict->file) &&
           (is_text(entry->rule, verdict->diagnosis) || is_text(entry->rule, verdict->rule));
}

void sim_baseline_judge(struct sim_baseline *baseline, struct sim_verdict *verdict)
{
    if (verdict->verdict == WF_VERDICT_OK) {
        return;
    }
    for (uint32_t i = 0; i < baseline->entry_count; i++) {
        if (accepts(&baseline->entries[i], verdict)) {
            baseline->entries[i].match_count++;
            verdict->known = baseline->entries[i].reason;
            return;
        }
    }
}

bool sim_baseline_find_stale(const struct sim_baseline *baseline, struct sim_report *report)
{
    struct sim_report_stale *stale = NULL;

    if (baseline->entry_count == 0) {
        return true;
    }
    stale = wf_arena_take_array(report->arena, baseline->entry_count, sizeof *stale);
    for (uint32_t i = 0; stale != NULL && i < baseline->entry_count; i++) {
        const struct sim_baseline_entry *entry = &baseline->entries[i];

        if (entry->match_count == 0) {
            stale[report->stale_count++] = (struct sim_report_stale){entry->line, entry->text, entry->reason};
        }
    }
    report->stale = stale;
    return stale != NULL;
}
