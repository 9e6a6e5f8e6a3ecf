/*
 * One page that needs nothing else: no script, no font, no picture, and a policy that lets it load none. Every word of a history is
 * escaped.
 */
#include "engine/diagnosis.h"
#include "sim/report/markup.h"
#include "sim/report/report.h"

#define OTHERS_MAX 200u /* histories named under a section */

static const char page_begin[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>wfsim replay</title>\n"
    "<style>\n"
    ":root { color-scheme: light dark; --line: #8886; --mark: #e5484d33; }\n"
    "body { font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }\n"
    "table { border-collapse: collapse; margin: .6rem 0; }\n"
    "th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem .3rem; border-bottom: 1px solid var(--line); }\n"
    "td.number { text-align: right; }\n"
    ".window { width: 100%; font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }\n"
    ".window th, .window td { width: 50%; }\n"
    ".difference { background: var(--mark); }\n"
    "code { font: 13px ui-monospace, monospace; }\n"
    "section { border-top: 2px solid var(--line); margin-top: 2rem; }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n";

static void append_row(struct wf_buffer *out, const char *name, uint64_t count)
{
    if (count > 0) {
        wf_buffer_printf(out, "<tr><td>%s</td><td class=\"number\">%llu</td></tr>\n", name, (unsigned long long)count);
    }
}

static void append_summary(const struct sim_report *report, struct wf_buffer *out)
{
    const uint64_t total = sim_report_total(&report->counts);

    wf_buffer_printf(out, "<h1>%llu %s replayed against <code>", (unsigned long long)total,
                     total == 1 ? "history" : "histories");
    sim_markup_text(out, report->code);
    wf_buffer_append_text(out, "</code></h1>\n");
    if (report->incomplete.size_bytes > 0) {
        wf_buffer_append_text(out, "<p class=\"difference\"><strong>Not the whole batch:</strong> ");
        sim_markup_text(out, report->incomplete);
        wf_buffer_append_text(out, "</p>\n");
    }
    wf_buffer_append_text(out, "<table>\n<tr><th>verdict</th><th>histories</th></tr>\n");
    for (int i = WF_VERDICT_OK; i <= WF_VERDICT_SETUP; i++) {
        append_row(out, wf_verdict_name((enum wf_verdict)i), report->counts.by_verdict[i]);
    }
    append_row(out, "known", report->counts.known);
    append_row(out, "skipped", report->counts.skipped);
    append_row(out, "events", report->counts.events);
    wf_buffer_append_text(out, "</table>\n");
}

static void append_window(const struct sim_verdict *verdict, struct wf_buffer *out)
{
    if (verdict->row_count == 0) {
        return;
    }
    wf_buffer_append_text(out, "<table class=\"window\">\n<tr><th>history</th><th>code</th></tr>\n");
    for (uint32_t i = 0; i < verdict->row_count; i++) {
        const struct sim_verdict_row *row = &verdict->rows[i];

        wf_buffer_append_text(out, row->is_difference ? "<tr class=\"difference\"><td>" : "<tr><td>");
        sim_markup_text(out, row->history);
        wf_buffer_append_text(out, "</td><td>");
        sim_markup_text(out, row->code);
        wf_buffer_append_text(out, "</td></tr>\n");
    }
    wf_buffer_append_text(out, "</table>\n");
}

/* `<p>label: text</p>`, nothing for no text. */
static void append_line(struct wf_buffer *out, const char *label, struct wf_string text)
{
    if (text.size_bytes > 0) {
        wf_buffer_printf(out, "<p>%s: ", label);
        sim_markup_text(out, text);
        wf_buffer_append_text(out, "</p>\n");
    }
}

static void append_place(struct wf_buffer *out, const struct sim_verdict *verdict)
{
    sim_markup_text(out, verdict->file);
    if (verdict->workflow_id.size_bytes > 0) {
        wf_buffer_append_text(out, ", workflow ");
        sim_markup_text(out, verdict->workflow_id);
    }
    if (verdict->workflow_type.size_bytes > 0) {
        wf_buffer_append_text(out, " (");
        sim_markup_text(out, verdict->workflow_type);
        wf_buffer_append_char(out, ')');
    }
}

static void append_diagnosis(struct wf_buffer *out, const struct sim_verdict *verdict)
{
    const struct wf_diagnosis *diagnosis =
        verdict->diagnosis != NULL ? wf_diagnosis_find(wf_string_of(verdict->diagnosis)) : NULL;

    if (diagnosis == NULL) {
        return;
    }
    wf_buffer_printf(out, "<details><summary>%s: ", diagnosis->code);
    sim_markup_text(out, wf_string_of(diagnosis->title));
    wf_buffer_append_text(out, "</summary>\n");
    append_line(out, "cause", wf_string_of(diagnosis->cause));
    append_line(out, "fix", wf_string_of(diagnosis->fix));
    wf_buffer_append_text(out, "</details>\n");
}

static void append_others(const struct sim_report *report, const struct sim_report_group *group, struct wf_buffer *out)
{
    if (group->other_count == 0) {
        return;
    }
    wf_buffer_printf(out, "<details><summary>The same in %u more</summary>\n<ul>\n", group->other_count);
    for (uint32_t i = 0; i < group->other_count && i < OTHERS_MAX; i++) {
        wf_buffer_append_text(out, "<li>");
        append_place(out, &report->verdicts[group->others[i]]);
        wf_buffer_append_text(out, "</li>\n");
    }
    if (group->other_count > OTHERS_MAX) {
        wf_buffer_printf(out, "<li>and %u others</li>\n", group->other_count - OTHERS_MAX);
    }
    wf_buffer_append_text(out, "</ul>\n</details>\n");
}

static void append_section(const struct sim_report *report, const struct sim_report_group *group, struct wf_buffer *out)
{
    const struct sim_verdict *verdict = group->first;
    struct wf_buffer repeat;
    struct wf_buffer stuck;

    wf_buffer_init(&repeat, out->arena);
    sim_report_print_repeat(report, verdict, &repeat);
    wf_buffer_printf(out, "<section>\n<h2>%s%s: ", verdict->known.size_bytes > 0 ? "known " : "",
                     wf_verdict_name(verdict->verdict));
    append_place(out, verdict);
    wf_buffer_append_text(out, "</h2>\n<p>");
    sim_markup_text(out, verdict->message);
    wf_buffer_append_text(out, "</p>\n");
    append_line(out, "known", verdict->known);
    append_window(verdict, out);
    append_line(out, "code", verdict->source);
    append_line(out, "the code waits for", verdict->waits);
    append_line(out, "hint", verdict->hint);
    wf_buffer_init(&stuck, out->arena);
    sim_verdict_print_stuck(verdict, &stuck);
    append_line(out, "open runs get stuck whose last event is", wf_buffer_string(&stuck));
    append_line(out, "the official replayer says", verdict->official);
    append_diagnosis(out, verdict);
    wf_buffer_append_text(out, "<p>repeat: <code>");
    sim_markup_text(out, wf_buffer_string(&repeat));
    wf_buffer_append_text(out, "</code></p>\n");
    append_others(report, group, out);
    wf_buffer_append_text(out, "</section>\n");
    out->is_full |= repeat.is_full || stuck.is_full;
}

static void append_notes(const struct sim_report *report, struct wf_buffer *out)
{
    uint32_t count = 0;
    const struct sim_report_note_group *groups = sim_report_group_notes(report, out->arena, &count);

    out->is_full |= groups == NULL;
    if (count == 0) {
        return;
    }
    wf_buffer_append_text(out, "<section>\n<h2>Notes: what official replayers do not look at</h2>\n<ul>\n");
    for (uint32_t i = 0; i < count; i++) {
        wf_buffer_append_text(out, "<li><code>");
        sim_markup_text(out, wf_string_of(groups[i].note->rule));
        wf_buffer_append_text(out, "</code> ");
        append_place(out, groups[i].verdict);
        wf_buffer_append_text(out, ": ");
        sim_markup_text(out, groups[i].text);
        if (groups[i].other_count > 0) {
            wf_buffer_printf(out, " (and in %u more)", groups[i].other_count);
        }
        wf_buffer_append_text(out, "</li>\n");
    }
    wf_buffer_append_text(out, "</ul>\n</section>\n");
}

static void append_stale(const struct sim_report *report, struct wf_buffer *out)
{
    if (report->stale_count == 0) {
        return;
    }
    wf_buffer_append_text(out, "<section>\n<h2>Entries of the baseline that no longer occur</h2>\n<ul>\n");
    for (uint32_t i = 0; i < report->stale_count; i++) {
        wf_buffer_printf(out, "<li>line %u: <code>", report->stale[i].line);
        sim_markup_text(out, report->stale[i].entry);
        wf_buffer_append_text(out, "</code>: ");
        sim_markup_text(out, report->stale[i].reason);
        wf_buffer_append_text(out, "</li>\n");
    }
    wf_buffer_append_text(out, "</ul>\n</section>\n");
}

void sim_report_write_html(const struct sim_report *report, struct wf_buffer *out)
{
    uint32_t count = 0;
    const struct sim_report_group *groups = sim_report_group(report, out->arena, &count);

    out->is_full |= groups == NULL;
    wf_buffer_append_text(out, page_begin);
    append_summary(report, out);
    for (uint32_t i = 0; groups != NULL && i < count; i++) {
        append_section(report, &groups[i], out);
    }
    append_notes(report, out);
    append_stale(report, out);
    wf_buffer_append_text(out, "</body>\n</html>\n");
}
