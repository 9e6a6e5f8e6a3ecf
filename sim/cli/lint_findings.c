/* Findings stand before notes, and both by file and line, so that the order does not depend on the compiler. */
#include "sim/cli/lint_findings.h"

#include "engine/base/json_text.h"
#include "engine/base/sort.h"
#include "engine/schema.h"
#include "sim/report/visible.h"

void cli_lint_add(struct cli_lint_findings *findings, const struct cli_lint_finding *finding)
{
    struct cli_lint_finding *place = NULL;

    *(finding->is_note ? &findings->note_count : &findings->finding_count) += 1;
    if (findings->list.count < CLI_LINT_FINDINGS_MAX) {
        place = WF_LIST_APPEND(findings->arena, findings->list);
        findings->is_short_of_memory |= place == NULL;
    }
    if (place != NULL) {
        *place = *finding;
    }
}

/* ---- Order ---- */

static struct wf_string file_of(struct wf_string source)
{
    while (source.size_bytes > 0 && source.data[source.size_bytes - 1] != ':') {
        source.size_bytes--;
    }
    return source;
}

static int compare(const void *left_item, const void *right_item, void *context)
{
    const struct cli_lint_finding *left = left_item;
    const struct cli_lint_finding *right = right_item;
    const int files = wf_string_compare(file_of(left->source), file_of(right->source));

    (void)context;
    if (left->is_note != right->is_note) {
        return left->is_note ? 1 : -1;
    }
    if (files != 0) {
        return files;
    }
    if (left->source.size_bytes != right->source.size_bytes) { /* the shorter line number is the smaller one */
        return left->source.size_bytes < right->source.size_bytes ? -1 : 1;
    }
    const int sources = wf_string_compare(left->source, right->source);
    return sources != 0 ? sources : wf_string_compare(left->symbol, right->symbol);
}

/* ---- Text and JSON ---- */

static void append_place(const struct cli_lint_findings *findings, const struct cli_lint_finding *finding,
                         struct wf_buffer *out)
{
    if (finding->file.size_bytes > 0) {
        sim_append_visible(out, finding->file, 0);
        wf_buffer_append_text(out, ": ");
        sim_append_visible(out, finding->workflow_id, 0);
        wf_buffer_printf(out, ", task of event %lld", (long long)finding->event_id);
    } else {
        sim_append_visible(out, finding->source.size_bytes > 0 ? finding->source : wf_string_of(findings->code->path), 0);
    }
    wf_buffer_append_text(out, ": ");
}

static void append_side(struct wf_buffer *out, const char *name, struct wf_string side)
{
    wf_buffer_printf(out, "  %s  ", name);
    sim_append_visible(out, side.size_bytes > 0 ? side : WF_STR("(nothing)"), 0);
    wf_buffer_append_char(out, '\n');
}

static void append_text(struct cli_output *out, const struct cli_lint_findings *findings,
                        const struct cli_lint_finding *finding)
{
    const struct wf_diagnosis *diagnosis = wf_diagnosis_of(finding->diagnosis);
    struct wf_buffer *text = &out->text;

    append_place(findings, finding, text);
    wf_buffer_printf(text, "%s%s%s%s %s", finding->is_note ? "note " : "",
                     cli_style(out, finding->is_note ? CLI_STYLE_YELLOW : CLI_STYLE_RED), diagnosis->code,
                     cli_style(out, CLI_STYLE_PLAIN), diagnosis->title);
    if (finding->symbol.size_bytes > 0) {
        wf_buffer_append_text(text, ": ");
        sim_append_visible(text, finding->symbol, 0);
    }
    if (finding->file.size_bytes > 0 && finding->source.size_bytes > 0) {
        wf_buffer_append_text(text, finding->symbol.size_bytes > 0 ? " at " : ": ");
        sim_append_visible(text, finding->source, 0);
    }
    if (finding->instead != NULL) {
        wf_buffer_printf(text, "; use %s", finding->instead);
    }
    if (finding->history_count > 1) {
        wf_buffer_printf(text, "; in %llu histories", (unsigned long long)finding->history_count);
    }
    wf_buffer_append_char(text, '\n');
    if (finding->first.size_bytes + finding->again.size_bytes > 0) {
        append_side(text, "first", finding->first);
        append_side(text, "again", finding->again);
    }
}

static void append_json(const struct cli_lint_finding *finding, struct wf_json_writer *json)
{
    const struct wf_diagnosis *diagnosis = wf_diagnosis_of(finding->diagnosis);

    wf_json_begin_object(json);
    wf_json_put_string(json, "diagnosis", wf_string_of(diagnosis->code));
    wf_json_put_string(json, "level", finding->is_note ? WF_STR("note") : WF_STR("finding"));
    wf_json_put_string(json, "title", wf_string_of(diagnosis->title));
    wf_json_put_string(json, "symbol", finding->symbol);
    wf_json_put_string(json, "source", finding->source);
    if (finding->file.size_bytes > 0) {
        wf_json_put_string(json, "file", finding->file);
        wf_json_put_string(json, "workflow_id", finding->workflow_id);
        wf_json_put_u64(json, "event_id", (uint64_t)finding->event_id);
        wf_json_put_string(json, "first", finding->first);
        wf_json_put_string(json, "again", finding->again);
        wf_json_put_u64(json, "histories", finding->history_count);
    } else {
        wf_json_put_string(json, "instead", wf_string_of(finding->instead != NULL ? finding->instead : ""));
    }
    wf_json_end_object(json);
}

static void append_count(struct wf_buffer *out, uint64_t count, const char *one, const char *many)
{
    wf_buffer_printf(out, "%llu %s", (unsigned long long)count, count == 1 ? one : many);
}

static void print_text(struct cli_output *out, const struct cli_lint_findings *findings)
{
    const uint64_t none_count = cli_replayed_none(&findings->replayed);
    const uint64_t part_count = cli_replayed_part(&findings->replayed);

    for (uint32_t i = 0; i < findings->list.count; i++) {
        append_text(out, findings, &findings->list.items[i]);
    }
    append_count(&out->text, findings->finding_count, "finding", "findings");
    wf_buffer_append_text(&out->text, ", ");
    append_count(&out->text, findings->note_count, "note", "notes");
    if (findings->has_hunted) {
        wf_buffer_append_text(&out->text, "; hunted with ");
        append_count(&out->text, findings->history_count - none_count, "history", "histories");
        if (part_count > 0) {
            wf_buffer_printf(&out->text, ", %llu of them up to where the replay ends", (unsigned long long)part_count);
        }
        if (none_count > 0) {
            wf_buffer_printf(&out->text, "; not with %llu: the code runs nothing of %s",
                             (unsigned long long)none_count, none_count == 1 ? "it" : "them");
        }
    }
    wf_buffer_append_char(&out->text, '\n');
}

static void print_json(struct wf_buffer *out, const struct cli_lint_findings *findings)
{
    struct wf_json_writer json;

    wf_json_writer_init(&json, out, 0);
    wf_json_begin_object(&json);
    wf_json_put_string(&json, "code", wf_string_of(findings->code->path));
    wf_json_put_u64(&json, "findings", findings->finding_count);
    wf_json_put_u64(&json, "notes", findings->note_count);
    wf_json_put_u64(&json, "histories", findings->history_count - cli_replayed_none(&findings->replayed));
    wf_json_put_u64(&json, "replayed_in_part", cli_replayed_part(&findings->replayed));
    wf_json_put_u64(&json, "not_hunted", cli_replayed_none(&findings->replayed));
    wf_json_key(&json, "results");
    wf_json_begin_array(&json);
    for (uint32_t i = 0; i < findings->list.count; i++) {
        append_json(&findings->list.items[i], &json);
    }
    wf_json_end_array(&json);
    wf_json_end_object(&json);
    wf_buffer_append_char(out, '\n');
}

static void print_lines(struct wf_buffer *out, const struct cli_lint_findings *findings)
{
    struct wf_json_writer json;

    for (uint32_t i = 0; i < findings->list.count; i++) {
        wf_json_writer_init(&json, out, 0);
        append_json(&findings->list.items[i], &json);
        wf_buffer_append_char(out, '\n');
    }
}

void cli_lint_print(struct cli *cli, struct cli_lint_findings *findings)
{
    const uint32_t count = findings->list.count;
    void *scratch = wf_arena_take_array(findings->arena, count, sizeof *findings->list.items);

    if (scratch == NULL) {
        findings->is_short_of_memory = true;
        return;
    }
    wf_sort(findings->list.items, count, sizeof *findings->list.items, scratch, compare, NULL);
    switch (cli->out->format) {
    case CLI_FORMAT_TEXT:
        print_text(cli->out, findings);
        break;
    case CLI_FORMAT_JSON:
        print_json(&cli->out->text, findings);
        break;
    case CLI_FORMAT_JSONL:
        print_lines(&cli->out->text, findings);
        break;
    }
}
