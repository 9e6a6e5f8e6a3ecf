/*
 * Workflow commands of GitHub Actions: a line a finding, which the service shows beside the file. Source: GitHub Docs, "Workflow
 * commands for GitHub Actions"; the escapes are those of actions/toolkit, packages/core/src/command.ts.
 */
#include "engine/diagnosis.h"
#include "sim/report/report.h"

static void append_escaped(struct wf_buffer *out, struct wf_string text, bool is_property)
{
    for (size_t i = 0; i < text.size_bytes; i++) {
        const char c = text.data[i];

        if (c == '%') {
            wf_buffer_append_text(out, "%25");
        } else if (c == '\r') {
            wf_buffer_append_text(out, "%0D");
        } else if (c == '\n') {
            wf_buffer_append_text(out, "%0A");
        } else if (c == ':' && is_property) {
            wf_buffer_append_text(out, "%3A");
        } else if (c == ',' && is_property) {
            wf_buffer_append_text(out, "%2C");
        } else {
            wf_buffer_append_char(out, (unsigned char)c < 0x20 && c != '\t' ? '?' : c);
        }
    }
}

static void append_title(struct wf_buffer *out, const struct sim_verdict *verdict)
{
    const struct wf_diagnosis *diagnosis =
        verdict->diagnosis != NULL ? wf_diagnosis_find(wf_string_of(verdict->diagnosis)) : NULL;
    struct wf_buffer title;

    wf_buffer_init(&title, out->arena);
    if (diagnosis != NULL) {
        wf_buffer_printf(&title, "%s: %s", diagnosis->code, diagnosis->title);
    } else {
        wf_buffer_append_text(&title, wf_verdict_name(verdict->verdict));
    }
    append_escaped(out, wf_buffer_string(&title), true);
    out->is_full |= title.is_full;
}

static void append_annotation(const struct sim_report *report, const struct sim_report_group *group,
                              struct wf_buffer *out)
{
    const struct sim_verdict *verdict = group->first;
    const struct sim_verdict_place place = sim_verdict_place(verdict);
    struct wf_buffer text;

    wf_buffer_init(&text, out->arena);
    sim_report_print_verdict(report, verdict, &text);
    if (group->other_count > 0) {
        wf_buffer_printf(&text, "the same in %u more\n", group->other_count);
    }
    wf_buffer_append_text(out, verdict->known.size_bytes > 0 ? "::notice file=" : "::error file=");
    append_escaped(out, place.file, true);
    wf_buffer_printf(out, ",line=%S,title=", &place.line);
    append_title(out, verdict);
    wf_buffer_append_text(out, "::");
    append_escaped(out, wf_buffer_string(&text), false);
    wf_buffer_append_char(out, '\n');
    out->is_full |= text.is_full;
}

static void append_notes(const struct sim_report *report, struct wf_buffer *out)
{
    uint32_t count = 0;
    const struct sim_report_note_group *groups = sim_report_group_notes(report, out->arena, &count);

    out->is_full |= groups == NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct wf_buffer text;

        wf_buffer_init(&text, out->arena);
        sim_report_print_note(&groups[i], &text);
        wf_buffer_append_text(out, "::notice file=");
        append_escaped(out, groups[i].verdict->file, true);
        wf_buffer_append_text(out, ",line=1,title=note ");
        append_escaped(out, wf_string_of(groups[i].note->rule), true);
        wf_buffer_append_text(out, "::");
        append_escaped(out, wf_buffer_string(&text), false);
        wf_buffer_append_char(out, '\n');
        out->is_full |= text.is_full;
    }
}

void sim_report_write_github(const struct sim_report *report, struct wf_buffer *out)
{
    uint32_t count = 0;
    const struct sim_report_group *groups = sim_report_group(report, out->arena, &count);

    out->is_full |= groups == NULL;
    /* The service shows ten of a step: one of each kind, then. */
    for (uint32_t i = 0; groups != NULL && i < count; i++) {
        append_annotation(report, &groups[i], out);
    }
    append_notes(report, out);
    for (uint32_t i = 0; i < report->stale_count; i++) {
        wf_buffer_append_text(out, "::warning title=stale entry of the baseline::");
        append_escaped(out, report->stale[i].entry, false);
        wf_buffer_append_text(out, " no longer occurs\n");
    }
    if (report->incomplete.size_bytes > 0) {
        wf_buffer_append_text(out, "::error title=the batch is not whole::");
        append_escaped(out, report->incomplete, false);
        wf_buffer_append_char(out, '\n');
    }
}
