/*
 * SARIF 2.1.0 for code scanning: the diagnoses that occur are its rules, the histories its places. What a baseline accepts is a
 * result with a suppression. Source: OASIS, Static Analysis Results Interchange Format 2.1.0.
 */
#include "engine/diagnosis.h"
#include "sim/report/report.h"

/* The rules of this report: indices into wf_diagnoses, ascending. */
struct rules {
    uint32_t *indices;
    uint32_t count;
};

static void write_member(struct wf_json_writer *writer, const char *key, struct wf_string value)
{
    wf_json_key(writer, key);
    wf_json_string(writer, value);
}

/* `"key": {"text": ...}` */
static void write_message(struct wf_json_writer *writer, const char *key, struct wf_string text)
{
    wf_json_put_object(writer, key);
    write_member(writer, "text", text);
    wf_json_end_object(writer);
}

static bool occurs(const struct sim_report *report, const char *code)
{
    for (uint32_t i = 0; i < report->verdict_count; i++) {
        const char *own = report->verdicts[i].diagnosis;

        if (own != NULL && wf_string_is(wf_string_of(own), code)) {
            return true;
        }
    }
    return false;
}

static void find_rules(const struct sim_report *report, struct wf_arena *arena, struct rules *rules)
{
    *rules = (struct rules){.indices = wf_arena_take_array(arena, wf_diagnosis_count, sizeof *rules->indices)};
    for (uint32_t i = 0; rules->indices != NULL && i < wf_diagnosis_count; i++) {
        if (occurs(report, wf_diagnoses[i].code)) {
            rules->indices[rules->count++] = i;
        }
    }
}

static void write_rule(struct wf_json_writer *writer, const struct wf_diagnosis *diagnosis)
{
    wf_json_begin_object(writer);
    write_member(writer, "id", wf_string_of(diagnosis->code));
    write_message(writer, "shortDescription", wf_string_of(diagnosis->title));
    write_message(writer, "fullDescription", wf_string_of(diagnosis->cause));
    write_message(writer, "help", wf_string_of(diagnosis->fix));
    wf_json_put_object(writer, "defaultConfiguration");
    write_member(writer, "level", WF_STR("error"));
    wf_json_end_object(writer);
    wf_json_end_object(writer);
}

static void write_tool(struct wf_json_writer *writer, const struct rules *rules)
{
    wf_json_put_object(writer, "tool");
    wf_json_put_object(writer, "driver");
    write_member(writer, "name", WF_STR("wfsim"));
    write_member(writer, "version", WF_STR(WFSIM_VERSION));
    wf_json_put_array(writer, "rules");
    for (uint32_t i = 0; i < rules->count; i++) {
        write_rule(writer, &wf_diagnoses[rules->indices[i]]);
    }
    wf_json_end_array(writer);
    wf_json_end_object(writer);
    wf_json_end_object(writer);
}

/* A path as a URI reference (RFC 3986): what is not unreserved is %XX, an absolute path a file URI. */
static struct wf_string uri_of(struct wf_arena *arena, struct wf_string path)
{
    static const char digits[] = "0123456789ABCDEF";
    struct wf_buffer uri;

    wf_buffer_init(&uri, arena);
    if (path.size_bytes > 0 && path.data[0] == '/') {
        wf_buffer_append_text(&uri, "file://");
    }
    for (size_t i = 0; i < path.size_bytes; i++) {
        const unsigned char c = (unsigned char)path.data[i];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (is_letter || wf_is_digit((char)c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '/') {
            wf_buffer_append_char(&uri, (char)c);
        } else {
            wf_buffer_append_char(&uri, '%');
            wf_buffer_append_char(&uri, digits[c >> 4]);
            wf_buffer_append_char(&uri, digits[c & 15]);
        }
    }
    return wf_buffer_string(&uri);
}

/* The place is the call in the source, or the history's file; the run and the event in it are a logical location. */
static void write_locations(struct wf_json_writer *writer, const struct sim_verdict *verdict)
{
    const struct sim_verdict_place place = sim_verdict_place(verdict);
    struct wf_arena *arena = writer->out->arena;
    struct wf_buffer name;

    wf_json_put_array(writer, "locations");
    wf_json_begin_object(writer);
    wf_json_put_object(writer, "physicalLocation");
    wf_json_put_object(writer, "artifactLocation");
    write_member(writer, "uri", uri_of(arena, place.file));
    wf_json_end_object(writer);
    wf_json_put_object(writer, "region");
    wf_json_key(writer, "startLine"); /* readers leave out what has none */
    wf_json_raw(writer, place.line);
    wf_json_end_object(writer);
    wf_json_end_object(writer);
    if (verdict->workflow_id.size_bytes > 0) {
        wf_buffer_init(&name, arena);
        wf_buffer_printf(&name, "%S/%S", &verdict->workflow_type, &verdict->workflow_id);
        if (verdict->event_id > 0) {
            wf_buffer_printf(&name, "/event %lld", (long long)verdict->event_id);
        }
        wf_json_put_array(writer, "logicalLocations");
        wf_json_begin_object(writer);
        write_member(writer, "fullyQualifiedName", wf_buffer_string(&name));
        wf_json_end_object(writer);
        wf_json_end_array(writer);
    }
    wf_json_end_object(writer);
    wf_json_end_array(writer);
}

static void write_rule_of(struct wf_json_writer *writer, const struct rules *rules, const struct sim_verdict *verdict)
{
    write_member(writer, "ruleId",
                 wf_string_of(verdict->diagnosis != NULL ? verdict->diagnosis : wf_verdict_name(verdict->verdict)));
    for (uint32_t i = 0; verdict->diagnosis != NULL && i < rules->count; i++) {
        if (wf_string_is(wf_string_of(verdict->diagnosis), wf_diagnoses[rules->indices[i]].code)) {
            wf_json_key(writer, "ruleIndex");
            wf_json_u64(writer, i);
        }
    }
}

static void write_suppression(struct wf_json_writer *writer, struct wf_string reason)
{
    wf_json_put_array(writer, "suppressions");
    wf_json_begin_object(writer);
    write_member(writer, "kind", WF_STR("external"));
    write_member(writer, "justification", reason);
    wf_json_end_object(writer);
    wf_json_end_array(writer);
}

static void write_result(const struct sim_report *report, const struct rules *rules, const struct sim_verdict *verdict,
                         struct wf_json_writer *writer)
{
    struct wf_buffer text;
    struct wf_buffer signature;

    wf_buffer_init(&text, writer->out->arena);
    wf_buffer_printf(&text, "%S: ", &verdict->file);
    wf_buffer_append_string(&text, verdict->message);
    if (verdict->hint.size_bytes > 0) {
        wf_buffer_printf(&text, "\nhint: %S", &verdict->hint);
    }
    wf_buffer_append_text(&text, "\nrepeat: ");
    sim_report_print_repeat(report, verdict, &text);
    wf_buffer_init(&signature, writer->out->arena);
    wf_buffer_printf(&signature, "%016llx", (unsigned long long)verdict->signature);

    wf_json_begin_object(writer);
    write_rule_of(writer, rules, verdict);
    write_member(writer, "level", WF_STR("error"));
    write_message(writer, "message", wf_buffer_string(&text));
    write_locations(writer, verdict);
    if (verdict->signature != 0) {
        wf_json_put_object(writer, "partialFingerprints");
        write_member(writer, "wfsimSignature/v1", wf_buffer_string(&signature));
        wf_json_end_object(writer);
    }
    if (verdict->known.size_bytes > 0) {
        write_suppression(writer, verdict->known);
    }
    wf_json_end_object(writer);
}

static struct wf_string level_of(enum wf_rule_level level)
{
    return level == WF_RULE_INFO ? WF_STR("none") : level == WF_RULE_WARNING ? WF_STR("note") : WF_STR("warning");
}

/* A kind of note once, at the first history that has it. */
static void write_note(const struct sim_report_note_group *group, struct wf_json_writer *writer)
{
    const struct sim_verdict place = {.file = group->verdict->file,
                                      .workflow_id = group->verdict->workflow_id,
                                      .workflow_type = group->verdict->workflow_type,
                                      .event_id = group->note->event_id};
    struct wf_buffer text;

    wf_buffer_init(&text, writer->out->arena);
    sim_report_print_note(group, &text);
    wf_json_begin_object(writer);
    write_member(writer, "ruleId", wf_string_of(group->note->rule));
    write_member(writer, "level", level_of(group->note->level));
    write_message(writer, "message", wf_buffer_string(&text));
    write_locations(writer, &place);
    wf_json_end_object(writer);
}

static void write_notes(const struct sim_report *report, struct wf_json_writer *writer)
{
    uint32_t count = 0;
    const struct sim_report_note_group *groups = sim_report_group_notes(report, writer->out->arena, &count);

    writer->out->is_full |= groups == NULL;
    for (uint32_t i = 0; i < count; i++) {
        write_note(&groups[i], writer);
    }
}

static void write_invocation(const struct sim_report *report, struct wf_json_writer *writer)
{
    wf_json_put_array(writer, "invocations");
    wf_json_begin_object(writer);
    wf_json_put_bool(writer, "executionSuccessful", report->incomplete.size_bytes == 0);
    if (report->incomplete.size_bytes > 0) {
        wf_json_put_array(writer, "toolExecutionNotifications");
        wf_json_begin_object(writer);
        write_member(writer, "level", WF_STR("error"));
        write_message(writer, "message", report->incomplete);
        wf_json_end_object(writer);
        wf_json_end_array(writer);
    }
    wf_json_end_object(writer);
    wf_json_end_array(writer);
}

void sim_report_write_sarif(const struct sim_report *report, struct wf_buffer *out)
{
    struct wf_json_writer writer;
    struct rules rules;

    find_rules(report, out->arena, &rules);
    wf_json_writer_init(&writer, out, 2);
    wf_json_begin_object(&writer);
    write_member(&writer, "$schema", WF_STR("https://json.schemastore.org/sarif-2.1.0.json"));
    write_member(&writer, "version", WF_STR("2.1.0"));
    wf_json_put_array(&writer, "runs");
    wf_json_begin_object(&writer);
    write_tool(&writer, &rules);
    write_invocation(report, &writer);
    wf_json_put_array(&writer, "results");
    for (uint32_t i = 0; i < report->verdict_count; i++) {
        if (report->verdicts[i].verdict != WF_VERDICT_OK) {
            write_result(report, &rules, &report->verdicts[i], &writer);
        }
    }
    write_notes(report, &writer);
    wf_json_end_array(&writer);
    wf_json_end_object(&writer);
    wf_json_end_array(&writer);
    wf_json_end_object(&writer);
    wf_buffer_append_char(out, '\n');
}
