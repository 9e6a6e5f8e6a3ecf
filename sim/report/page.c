/*
 * One section after the other, the most important first: what is wrong, then what ran. Every text from outside goes through
 * sim_markup_text; a policy in the head forbids scripts and loading, should one be missed.
 */
#include "sim/report/page.h"

#include "engine/print.h"
#include "sim/check/check.h"
#include "sim/fault/kinds.h"
#include "sim/report/markup.h"

static const char head[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; --bad: #b3261e; --good: #1b6e3a; --line: #8886; --back: #8881; }\n"
    "body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }\n"
    "h1 { margin-bottom: 0; }\n"
    "h2 { margin-top: 2rem; }\n"
    ".bad { color: var(--bad); font-weight: 600; }\n"
    ".good { color: var(--good); font-weight: 600; }\n"
    "table { border-collapse: collapse; }\n"
    "td, th { border-bottom: 1px solid var(--line); padding: .2rem 1.2rem .2rem 0; text-align: left; "
    "vertical-align: top; }\n"
    "td.n { text-align: right; font-variant-numeric: tabular-nums; }\n"
    "article { border-left: 4px solid var(--bad); padding-left: 1rem; margin: 1.5rem 0; }\n"
    "pre { background: var(--back); padding: .8rem; overflow-x: auto; font-size: .85rem; }\n"
    "pre b { color: var(--bad); }\n"
    "pre i { color: var(--good); font-style: normal; font-weight: 600; }\n"
    "@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #7bd99a; } }\n"
    "</style>\n"
    "<title>";

/* ---- Pieces ---- */

/* Text that a function of the summary prints goes through a buffer of its own. */
static void begin_text(const struct sim_page *page, struct wf_buffer *text)
{
    wf_buffer_init(text, page->summary->arena);
}

static void end_text(struct wf_buffer *text, struct wf_buffer *out)
{
    sim_markup_text(out, wf_buffer_string(text));
}

static void print_row(struct wf_string name, uint64_t count, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "<tr><td>");
    sim_markup_text(out, name);
    wf_buffer_append_text(out, "</td><td class=\"n\">");
    sim_count_print(count, out);
    wf_buffer_append_text(out, "</td></tr>\n");
}

static void print_class(bool is_bad, struct wf_buffer *out)
{
    wf_buffer_append_text(out, is_bad ? "<td class=\"bad\">" : "<td>");
}

static void print_repeat(const struct sim_page *page, uint64_t seed, struct wf_buffer *out)
{
    struct wf_buffer text;

    begin_text(page, &text);
    sim_repeat_print(page->repeat, seed, &text);
    wf_buffer_append_text(out, "<p>Repeat:</p>\n<pre>");
    end_text(&text, out);
    wf_buffer_append_text(out, "</pre>\n");
}

static void print_seeds(const struct sim_page *page, uint64_t seed_count, uint64_t first_seed, struct wf_buffer *out)
{
    const uint64_t total = page->summary->seed_count + page->summary->crash_count;

    if (total > 1) {
        wf_buffer_append_text(out, "<p>");
        sim_count_print(seed_count, out);
        wf_buffer_append_text(out, " of ");
        sim_count_print(total, out);
        wf_buffer_printf(out, " seeds, the first is %llu.</p>\n", (unsigned long long)first_seed);
    }
    print_repeat(page, first_seed, out);
}

/* ---- Findings ---- */

/* The mark of a line of a story: after the time, which ends in "s" and two blanks; ' ' for none. */
static char mark_of(struct wf_string line)
{
    for (size_t i = 0; i + 3 < line.size_bytes; i++) {
        if (line.data[i] == 's' && line.data[i + 1] == ' ' && line.data[i + 2] == ' ') {
            return line.data[i + 3];
        }
    }
    return ' ';
}

static struct wf_string first_line(struct wf_string text)
{
    size_t size_bytes = 0;

    while (size_bytes < text.size_bytes && text.data[size_bytes] != '\n') {
        size_bytes++;
    }
    return (struct wf_string){text.data, size_bytes};
}

static void print_story(struct wf_string story, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "<pre>");
    while (story.size_bytes > 0) {
        const struct wf_string line = first_line(story);
        const size_t used_bytes = line.size_bytes < story.size_bytes ? line.size_bytes + 1 : line.size_bytes;
        const char mark = mark_of(line);

        wf_buffer_append_text(out, mark == '!' ? "<b>" : mark == '>' ? "<i>" : "");
        sim_markup_text(out, line);
        wf_buffer_append_text(out, mark == '!' ? "</b>" : mark == '>' ? "</i>" : "");
        wf_buffer_append_char(out, '\n');
        story = (struct wf_string){story.data + used_bytes, story.size_bytes - used_bytes};
    }
    wf_buffer_append_text(out, "</pre>\n");
}

static void print_crash(const struct sim_page *page, const struct sim_summary_crash *crash, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "<article>\n<h3>The code of ");
    sim_markup_text(out, crash->workflow_type);
    wf_buffer_append_text(out, " failed: ");
    sim_markup_text(out, crash->ended);
    wf_buffer_append_text(out, " [");
    sim_markup_text(out, crash->diagnosis);
    wf_buffer_append_text(out, "]</h3>\n<p>In workflow ");
    sim_markup_text(out, crash->workflow_id);
    wf_buffer_printf(out, ", having seen event %lld", (long long)crash->event_id);
    if (crash->call.size_bytes > 0) {
        wf_buffer_append_text(out, ", in or after its call of ");
        sim_markup_text(out, crash->call);
    }
    wf_buffer_append_text(out, ".</p>\n");
    print_seeds(page, crash->seed_count, crash->first_seed, out);
    wf_buffer_append_text(out, "</article>\n");
}

static void print_failure(const struct sim_page *page, const struct sim_signature *signature, struct wf_buffer *out)
{
    const struct sim_broken_check *broken = &signature->first;
    struct wf_buffer text;

    begin_text(page, &text);
    sim_broken_print(broken, &text);
    if (broken->diagnosis != NULL) {
        wf_buffer_printf(&text, " [%s]", broken->diagnosis);
    }
    wf_buffer_append_text(out, "<article>\n<h3>Broken: ");
    end_text(&text, out);
    wf_buffer_append_text(out, "</h3>\n<p>");
    sim_markup_text(out, broken->sentence);
    wf_buffer_append_text(out, "</p>\n");
    if (signature->story.size_bytes > 0) {
        print_story(signature->story, out);
    }
    if (broken->signature_text.size_bytes > 0) {
        wf_buffer_printf(out, "<p>Signature %016llx: ", (unsigned long long)signature->signature);
        sim_markup_text(out, broken->signature_text);
        wf_buffer_append_text(out, "</p>\n");
    }
    print_seeds(page, signature->seed_count, signature->first_seed, out);
    wf_buffer_append_text(out, "</article>\n");
}

static void print_counted(const struct sim_page *page, const char *what, uint64_t count, uint64_t first_seed,
                          struct wf_buffer *out)
{
    if (count > 0) {
        wf_buffer_printf(out, "<article>\n<h3>%s: ", what);
        sim_count_print(count, out);
        wf_buffer_append_text(out, "</h3>\n");
        print_repeat(page, first_seed, out);
        wf_buffer_append_text(out, "</article>\n");
    }
}

static void print_left_out(const char *what, uint64_t count, struct wf_buffer *out)
{
    if (count > 0) {
        wf_buffer_append_text(out, "<p>And ");
        sim_count_print(count, out);
        wf_buffer_printf(out, " %s.</p>\n", what);
    }
}

static void print_findings(const struct sim_page *page, struct wf_buffer *out)
{
    const struct sim_summary *summary = page->summary;

    if (summary->crash_count + summary->signature_count + summary->failing_count + summary->out_of_steps_count == 0) {
        return;
    }
    wf_buffer_append_text(out, "<h2>Findings</h2>\n");
    for (uint32_t i = 0; i < summary->crash_kind_count; i++) {
        print_crash(page, &summary->crashes[i], out);
    }
    print_left_out("seeds that crashed otherwise", summary->dropped_crash_count, out);
    print_counted(page, "Workflows whose code fails its task until the end [WF505]", summary->failing_count,
                  summary->failing_seed, out);
    print_counted(page, "Seeds given up after too many steps [WF516]", summary->out_of_steps_count,
                  summary->out_of_steps_seed, out);
    for (uint32_t i = 0; i < summary->signature_count; i++) {
        print_failure(page, &summary->signatures[i], out);
    }
    print_left_out("failures of further signatures", summary->dropped_signature_count, out);
}

/* ---- What ran ---- */

static void print_checks(const struct sim_page *page, struct wf_buffer *out)
{
    const struct sim_summary *summary = page->summary;
    const bool judges = sim_summary_judges(summary);

    if (summary->config->check_count > 0) {
        wf_buffer_append_text(out, "<h2>Checks</h2>\n<table>\n<tr><th>check</th><th>result</th>"
                                   "<th>conditions met</th><th>seeds broken</th></tr>\n");
    }
    for (uint32_t i = 0; i < summary->config->check_count; i++) {
        wf_buffer_append_text(out, "<tr><td>");
        sim_markup_text(out, summary->config->checks[i].text);
        wf_buffer_append_text(out, "</td>");
        print_class(summary->check_broken[i] > 0 || (judges && summary->check_conditions[i] == 0), out);
        sim_summary_print_check_result(summary, i, out); /* our words only */
        wf_buffer_append_text(out, "</td><td class=\"n\">");
        sim_count_print(summary->check_conditions[i], out);
        wf_buffer_append_text(out, "</td><td class=\"n\">");
        sim_count_print(summary->check_broken[i], out);
        wf_buffer_append_text(out, "</td></tr>\n");
    }
    wf_buffer_append_text(out, summary->config->check_count > 0 ? "</table>\n" : "");
}

static void print_goals(const struct sim_page *page, struct wf_buffer *out)
{
    const struct sim_summary *summary = page->summary;
    const bool judges = sim_summary_judges(summary);

    if (summary->config->goal_count > 0) {
        wf_buffer_append_text(out, "<h2>Sometimes</h2>\n<table>\n<tr><th>goal</th><th>result</th>"
                                   "<th>seeds</th></tr>\n");
    }
    for (uint32_t i = 0; i < summary->config->goal_count; i++) {
        struct wf_buffer text;

        begin_text(page, &text);
        sim_summary_print_goal(summary, i, &text);
        wf_buffer_append_text(out, "<tr><td>");
        end_text(&text, out);
        wf_buffer_append_text(out, "</td>");
        print_class(judges && summary->goal_seeds[i] == 0, out);
        sim_summary_print_goal_result(summary, i, out);
        wf_buffer_append_text(out, "</td><td class=\"n\">");
        sim_count_print(summary->goal_seeds[i], out);
        wf_buffer_append_text(out, "</td></tr>\n");
    }
    wf_buffer_append_text(out, summary->config->goal_count > 0 ? "</table>\n" : "");
}

static void print_workflows(const struct sim_page *page, struct wf_buffer *out)
{
    const struct sim_summary *summary = page->summary;

    wf_buffer_append_text(out, "<h2>Workflows</h2>\n<table>\n");
    for (int32_t i = 0; i < SIM_STATUS_COUNT; i++) {
        if (summary->runs_by_status[i] > 0 && sim_summary_status(i) != NULL) {
            print_row(wf_string_of(sim_summary_status(i)), summary->runs_by_status[i], out);
        }
    }
    if (summary->refused_starts.count > 0) {
        print_row(WF_STR("starts refused"), summary->refused_starts.count, out);
    }
    wf_buffer_append_text(out, "</table>\n");
    if (summary->refused_starts.count > 0) {
        wf_buffer_append_text(out, "<p>The first refused start was of ");
        sim_markup_text(out, summary->refused_starts.workflow_id);
        wf_buffer_printf(out, " in seed %llu: ", (unsigned long long)summary->refused_start_seed);
        sim_markup_text(out, summary->refused_starts.reason);
        wf_buffer_append_text(out, "</p>\n");
    }
}

static void print_faults(const struct sim_page *page, struct wf_buffer *out)
{
    const struct sim_summary *summary = page->summary;
    uint64_t total = 0;

    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        total += summary->fault_counts[kind];
    }
    wf_buffer_append_text(out, total > 0 ? "<h2>Faults</h2>\n<table>\n" : "<h2>Faults</h2>\n<p>None fired.</p>\n");
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        if (summary->fault_counts[kind] > 0) {
            print_row(wf_string_of(sim_fault_name((enum sim_fault_kind)kind)), summary->fault_counts[kind], out);
        }
    }
    wf_buffer_append_text(out, total > 0 ? "</table>\n" : "");
}

static void print_unfinished(const struct sim_page *page, struct wf_buffer *out)
{
    const struct sim_summary *summary = page->summary;

    if (!sim_summary_is_single(summary) || summary->unfinished_count == 0) {
        return;
    }
    wf_buffer_append_text(out, "<h2>Not completed</h2>\n<table>\n");
    for (uint32_t i = 0; i < summary->unfinished_count; i++) {
        const struct sim_unfinished *unfinished = &summary->unfinished[i];
        const char *status = sim_summary_status(unfinished->status);

        wf_buffer_append_text(out, "<tr><td>");
        sim_markup_text(out, unfinished->workflow_id);
        wf_buffer_printf(out, "</td><td>%s</td><td>", status != NULL ? status : "unknown");
        sim_markup_text(out, unfinished->reason);
        if (unfinished->diagnosis != NULL) {
            wf_buffer_printf(out, " [%s]", unfinished->diagnosis);
        }
        wf_buffer_append_text(out, "</td></tr>\n");
    }
    wf_buffer_append_text(out, "</table>\n");
}

static void print_steps(const struct sim_page *page, struct wf_buffer *out)
{
    const struct sim_summary *summary = page->summary;

    wf_buffer_append_text(out, "<h2>Simulation</h2>\n<table>\n");
    print_row(WF_STR("seeds that ran to the end"), summary->seed_count, out);
    if (summary->crash_count > 0) {
        print_row(WF_STR("seeds in which code failed"), summary->crash_count, out);
    }
    print_row(WF_STR("steps"), summary->step_count, out);
    if (summary->seed_count == 0) {
        wf_buffer_append_text(out, "</table>\n");
        return;
    }
    if (sim_summary_is_single(summary)) {
        wf_buffer_append_text(out, "<tr><td>virtual time</td><td class=\"n\">");
        wf_print_duration(out, wf_duration_of(summary->end_time_ns));
        wf_buffer_append_text(out, "</td></tr>\n");
    } else {
        print_row(WF_STR("steps of the longest seed"), summary->longest_step_count, out);
        wf_buffer_printf(out, "<tr><td>longest seed</td><td class=\"n\">%llu</td></tr>\n",
                         (unsigned long long)summary->longest_seed);
    }
    wf_buffer_printf(out, "<tr><td>trace</td><td class=\"n\">%016llx</td></tr>\n</table>\n",
                     (unsigned long long)summary->trace_hash);
}

/* "2 seeds in which something broke; ..." */
static void print_verdict(const struct sim_summary *summary, struct wf_buffer *out)
{
    const struct {
        uint64_t count;
        const char *one;
        const char *many;
    } rows[] = {
        {summary->broken_seed_count, "seed in which something broke", "seeds in which something broke"},
        {summary->crash_count, "seed in which code failed", "seeds in which code failed"},
        {summary->failing_count, "workflow whose code fails its task", "workflows whose code fails its task"},
        {summary->out_of_steps_count, "seed given up", "seeds given up"},
        {sim_summary_missing_count(summary), "check or goal that was never met", "checks or goals that were never met"},
    };
    const char *separator = "<p class=\"bad\">";

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].count > 0) {
            wf_buffer_append_text(out, separator);
            sim_count_print(rows[i].count, out);
            wf_buffer_printf(out, " %s", rows[i].count == 1 ? rows[i].one : rows[i].many);
            separator = "; ";
        }
    }
    wf_buffer_append_text(out, separator[0] == ';' ? "</p>\n" : "<p class=\"good\">Nothing broke.</p>\n");
}

static void print_head(const struct sim_page *page, struct wf_buffer *out)
{
    struct wf_buffer title;

    begin_text(page, &title);
    sim_summary_print_title(page->summary, &title);
    wf_buffer_append_text(out, head);
    end_text(&title, out);
    wf_buffer_append_text(out, "</title>\n</head>\n<body>\n<h1>");
    end_text(&title, out);
    wf_buffer_append_text(out, "</h1>\n");
    print_verdict(page->summary, out);
}

void sim_page_print(const struct sim_page *page, struct wf_buffer *out)
{
    print_head(page, out);
    print_findings(page, out);
    if (page->summary->seed_count > 0) {
        print_workflows(page, out);
        print_unfinished(page, out);
        print_checks(page, out);
        print_goals(page, out);
        print_faults(page, out);
    }
    if (page->ledger.size_bytes > 0) {
        wf_buffer_append_text(out, "<h2>Ledger</h2>\n<pre>");
        sim_markup_text(out, page->ledger);
        wf_buffer_append_text(out, "</pre>\n");
    }
    print_steps(page, out);
    wf_buffer_append_text(out, "</body>\n</html>\n");
}
