/* Markdown as GitHub and GitLab show it: a table of what there is, then a section for each different finding. */
#include "sim/report/markup.h"
#include "sim/report/report.h"

#define OTHERS_MAX 20u /* histories named under a section */

static void append_table(const struct sim_report *report, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "| verdict | histories |\n| --- | ---: |\n");
    for (int i = WF_VERDICT_OK; i <= WF_VERDICT_SETUP; i++) {
        if (report->counts.by_verdict[i] > 0) {
            wf_buffer_printf(out, "| %s | %llu |\n", wf_verdict_name((enum wf_verdict)i),
                             (unsigned long long)report->counts.by_verdict[i]);
        }
    }
    if (report->counts.known > 0) {
        wf_buffer_printf(out, "| known | %llu |\n", (unsigned long long)report->counts.known);
    }
    if (report->counts.skipped > 0) {
        wf_buffer_printf(out, "| skipped | %llu |\n", (unsigned long long)report->counts.skipped);
    }
}

static void append_place(struct wf_buffer *out, const struct sim_verdict *verdict)
{
    sim_markup_markdown(out, verdict->file);
    if (verdict->workflow_id.size_bytes > 0) {
        wf_buffer_append_text(out, ", workflow ");
        sim_markup_markdown(out, verdict->workflow_id);
    }
}

static void append_others(const struct sim_report *report, const struct sim_report_group *group, struct wf_buffer *out)
{
    if (group->other_count == 0) {
        return;
    }
    wf_buffer_printf(out, "\nThe same in %u more:\n\n", group->other_count);
    for (uint32_t i = 0; i < group->other_count && i < OTHERS_MAX; i++) {
        wf_buffer_append_text(out, "- ");
        append_place(out, &report->verdicts[group->others[i]]);
        wf_buffer_append_char(out, '\n');
    }
    if (group->other_count > OTHERS_MAX) {
        wf_buffer_printf(out, "- and %u others\n", group->other_count - OTHERS_MAX);
    }
}

static void append_section(const struct sim_report *report, const struct sim_report_group *group, struct wf_buffer *out)
{
    const struct sim_verdict *verdict = group->first;
    struct wf_buffer text;

    wf_buffer_init(&text, out->arena);
    sim_report_print_verdict(report, verdict, &text);
    wf_buffer_printf(out, "\n### %s%s: ", verdict->known.size_bytes > 0 ? "known " : "",
                     wf_verdict_name(verdict->verdict));
    append_place(out, verdict);
    wf_buffer_append_text(out, "\n\n");
    if (verdict->diagnosis != NULL) {
        wf_buffer_printf(out, "**%s** ", verdict->diagnosis);
    }
    sim_markup_markdown(out, verdict->message);
    wf_buffer_append_text(out, "\n\n");
    sim_markup_markdown_block(out, "text", wf_buffer_string(&text));
    append_others(report, group, out);
    out->is_full |= text.is_full;
}

static void append_notes(const struct sim_report *report, struct wf_buffer *out)
{
    uint32_t count = 0;
    const struct sim_report_note_group *groups = sim_report_group_notes(report, out->arena, &count);

    out->is_full |= groups == NULL;
    if (count > 0) {
        wf_buffer_append_text(out, "\n### Notes: what official replayers do not look at\n\n"
                                   "| rule | first seen in | what | histories |\n| --- | --- | --- | ---: |\n");
    }
    for (uint32_t i = 0; i < count; i++) {
        wf_buffer_append_text(out, "| ");
        sim_markup_markdown(out, wf_string_of(groups[i].note->rule));
        wf_buffer_append_text(out, " | ");
        append_place(out, groups[i].verdict);
        wf_buffer_append_text(out, " | ");
        sim_markup_markdown(out, groups[i].text);
        wf_buffer_printf(out, " | %u |\n", groups[i].other_count + 1);
    }
}

static void append_stale(const struct sim_report *report, struct wf_buffer *out)
{
    if (report->stale_count > 0) {
        wf_buffer_append_text(out, "\n### Entries of the baseline that no longer occur\n\n");
    }
    for (uint32_t i = 0; i < report->stale_count; i++) {
        wf_buffer_printf(out, "- line %u: ", report->stale[i].line);
        sim_markup_markdown(out, report->stale[i].entry);
        wf_buffer_append_text(out, ": ");
        sim_markup_markdown(out, report->stale[i].reason);
        wf_buffer_append_char(out, '\n');
    }
}

void sim_report_write_markdown(const struct sim_report *report, struct wf_buffer *out)
{
    uint32_t count = 0;
    const struct sim_report_group *groups = sim_report_group(report, out->arena, &count);
    const uint64_t total = sim_report_total(&report->counts);

    out->is_full |= groups == NULL;
    wf_buffer_printf(out, "## %llu %s replayed against ", (unsigned long long)total, total == 1 ? "history" : "histories");
    sim_markup_markdown(out, report->code);
    wf_buffer_append_text(out, "\n\n");
    if (report->incomplete.size_bytes > 0) {
        wf_buffer_append_text(out, "**Not the whole batch:** ");
        sim_markup_markdown(out, report->incomplete);
        wf_buffer_append_text(out, "\n\n");
    }
    append_table(report, out);
    for (uint32_t i = 0; groups != NULL && i < count; i++) {
        append_section(report, &groups[i], out);
    }
    append_notes(report, out);
    append_stale(report, out);
}
