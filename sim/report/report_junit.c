/*
 * JUnit XML as CI systems read it: a suite for the code, a test case a history. A finding is a failure, an input that nobody could
 * replay an error, what a baseline accepts a skipped test. There is no time and no date in it.
 */
#include "sim/report/markup.h"
#include "sim/report/report.h"

static void append_attribute(struct wf_buffer *out, const char *name, struct wf_string value)
{
    wf_buffer_printf(out, " %s=\"", name);
    sim_markup_attribute(out, value);
    wf_buffer_append_char(out, '"');
}

/* The name under which a test's results of several days are compared: the same while the history is the same. */
static void append_name(struct wf_buffer *out, const struct sim_verdict *verdict)
{
    wf_buffer_append_text(out, " name=\"");
    sim_markup_attribute(out, verdict->file);
    if (verdict->workflow_id.size_bytes > 0) {
        wf_buffer_append_text(out, ": ");
        sim_markup_attribute(out, verdict->workflow_id);
    }
    if (verdict->run_id.size_bytes > 0) {
        wf_buffer_append_char(out, ' ');
        sim_markup_attribute(out, verdict->run_id);
    }
    wf_buffer_append_char(out, '"');
}

static bool is_error(const struct sim_verdict *verdict)
{
    return verdict->verdict == WF_VERDICT_BAD_HISTORY || verdict->verdict == WF_VERDICT_SETUP;
}

/* "command-match/WF201" */
static void append_type(struct wf_buffer *out, const struct sim_verdict *verdict)
{
    struct wf_buffer type;

    wf_buffer_init(&type, out->arena);
    wf_buffer_append_text(&type, verdict->rule != NULL ? verdict->rule : wf_verdict_name(verdict->verdict));
    if (verdict->diagnosis != NULL) {
        wf_buffer_printf(&type, "/%s", verdict->diagnosis);
    }
    append_attribute(out, "type", wf_buffer_string(&type));
    out->is_full |= type.is_full;
}

static void append_failure(const struct sim_report *report, const struct sim_verdict *verdict, struct wf_buffer *out)
{
    const char *element = is_error(verdict) ? "error" : "failure";
    struct wf_buffer text;

    wf_buffer_init(&text, out->arena);
    sim_report_print_verdict(report, verdict, &text);
    wf_buffer_printf(out, "      <%s", element);
    append_type(out, verdict);
    append_attribute(out, "message", verdict->message);
    wf_buffer_append_char(out, '>');
    sim_markup_text(out, wf_buffer_string(&text));
    wf_buffer_printf(out, "</%s>\n", element);
    out->is_full |= text.is_full;
}

static void append_case(const struct sim_report *report, const struct sim_verdict *verdict, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "    <testcase");
    append_attribute(out, "classname",
                     verdict->workflow_type.size_bytes > 0 ? verdict->workflow_type : WF_STR("history"));
    append_name(out, verdict);
    append_attribute(out, "file", verdict->file);
    if (verdict->verdict == WF_VERDICT_OK) {
        wf_buffer_append_text(out, "/>\n");
        return;
    }
    wf_buffer_append_text(out, ">\n");
    if (verdict->known.size_bytes > 0) {
        wf_buffer_append_text(out, "      <skipped");
        append_attribute(out, "message", verdict->known);
        wf_buffer_append_text(out, "/>\n");
    } else {
        append_failure(report, verdict, out);
    }
    wf_buffer_append_text(out, "    </testcase>\n");
}

/* A batch that ended early must not look like one that passed. */
static void append_incomplete(const struct sim_report *report, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "    <testcase classname=\"wfsim\" name=\"the whole batch\">\n      <error type=\"incomplete\"");
    append_attribute(out, "message", report->incomplete);
    wf_buffer_append_text(out, "/>\n    </testcase>\n");
}

static void append_counts(const struct sim_report *report, struct wf_buffer *out)
{
    const uint64_t *by_verdict = report->counts.by_verdict;
    const unsigned incomplete = report->incomplete.size_bytes > 0;
    const uint64_t failures = by_verdict[WF_VERDICT_NONDETERMINISM] + by_verdict[WF_VERDICT_CODE_FAILED];
    const uint64_t errors = by_verdict[WF_VERDICT_BAD_HISTORY] + by_verdict[WF_VERDICT_SETUP] + incomplete;

    wf_buffer_printf(out, " tests=\"%llu\" failures=\"%llu\" errors=\"%llu\" skipped=\"%llu\"",
                     (unsigned long long)report->verdict_count + incomplete, (unsigned long long)failures,
                     (unsigned long long)errors, (unsigned long long)report->counts.known);
}

void sim_report_write_junit(const struct sim_report *report, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wfsim replay\"");
    append_counts(report, out);
    wf_buffer_append_text(out, ">\n  <testsuite");
    append_attribute(out, "name", report->code);
    append_counts(report, out);
    wf_buffer_append_text(out, ">\n");
    for (uint32_t i = 0; i < report->verdict_count; i++) {
        append_case(report, &report->verdicts[i], out);
    }
    if (report->incomplete.size_bytes > 0) {
        append_incomplete(report, out);
    }
    wf_buffer_append_text(out, "  </testsuite>\n</testsuites>\n");
}
