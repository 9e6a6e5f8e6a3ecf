/* A writer fills a buffer; files are put in place whole. */
#include "sim/cli/report_files.h"

#include <string.h>

#include "sim/cli/file.h"
#include "sim/report/policy.h"


static bool is_wanted(const struct cli_args *args, const struct sim_report_writer *writer)
{
    return cli_args_has(args, writer->flag);
}

bool cli_report_is_wanted(const struct cli_args *args)
{
    for (size_t i = 0; i < sim_report_writer_count; i++) {
        if (is_wanted(args, &sim_report_writers[i])) {
            return true;
        }
    }
    return false;
}

/* Whether an earlier writer has the same file. */
static bool is_taken(const struct cli *cli, const struct cli_args *args, size_t index, const char *path)
{
    for (size_t i = 0; i < index; i++) {
        const struct sim_report_writer *writer = &sim_report_writers[i];

        if (writer->takes_file && is_wanted(args, writer) &&
            cli_file_is_same(cli->arena, cli_args_text(args, writer->flag, ""), path)) {
            return true;
        }
    }
    return false;
}

enum cli_exit cli_report_check(const struct cli *cli, const struct cli_args *args)
{
    for (size_t i = 0; i < sim_report_writer_count; i++) {
        const struct sim_report_writer *writer = &sim_report_writers[i];

        if (!is_wanted(args, writer)) {
            continue;
        }
        if (!writer->takes_file && cli->out->format != CLI_FORMAT_TEXT) {
            cli_complain("%s prints to standard output, where -o has put JSON; leave one of them out", writer->flag);
            return CLI_EXIT_USAGE;
        }
        if (!writer->takes_file) {
            continue;
        }
        const char *path = cli_args_text(args, writer->flag, "");
        if (strcmp(path, "-") == 0 || *path == '\0') {
            cli_complain("%s takes a file; -o chooses what is printed", writer->flag);
            return CLI_EXIT_USAGE;
        }
        if (is_taken(cli, args, i, path)) {
            cli_complain("%s: another report is written to %s", writer->flag, path);
            return CLI_EXIT_USAGE;
        }
    }
    return CLI_EXIT_OK;
}

enum cli_exit cli_report_check_input(struct cli *cli, const struct cli_args *args, const char *input)
{
    for (size_t i = 0; input != NULL && i < sim_report_writer_count; i++) {
        const struct sim_report_writer *writer = &sim_report_writers[i];

        if (writer->takes_file && is_wanted(args, writer) &&
            cli_file_is_same(cli->arena, cli_args_text(args, writer->flag, ""), input)) {
            cli_complain("%s: %s is read and would be written over; give the report another name", writer->flag, input);
            return CLI_EXIT_USAGE;
        }
    }
    return CLI_EXIT_OK;
}

static enum cli_exit write_file(struct wf_arena *arena, const char *path, const struct wf_buffer *text)
{
    struct wf_error err = {0};
    enum cli_exit result = CLI_EXIT_ENVIRONMENT;

    if (text->is_full) {
        (void)wf_fail_status(&err, WF_ERR_MEMORY, "cannot write %s: out of memory", path);
    } else {
        result = cli_file_write(arena, path, wf_buffer_string(text), &err);
    }
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    }
    return result;
}

enum cli_exit cli_report_write(struct cli *cli, const struct cli_args *args, const struct sim_report *report)
{
    enum cli_exit result = CLI_EXIT_OK;

    for (size_t i = 0; i < sim_report_writer_count; i++) {
        const struct sim_report_writer *writer = &sim_report_writers[i];
        struct wf_arena arena;
        struct wf_buffer text;

        if (!is_wanted(args, writer)) {
            continue;
        }
        wf_arena_init(&arena, wf_system_blocks(), 0);
        wf_buffer_init(&text, &arena);
        writer->write(report, &text);
        if (writer->takes_file) {
            result = cli_exit_worse(result, write_file(&arena, cli_args_text(args, writer->flag, ""), &text));
        } else {
            wf_buffer_append_string(&cli->out->text, wf_buffer_string(&text));
            cli->out->text.is_full |= text.is_full;
        }
        wf_arena_deinit(&arena);
    }
    return result;
}

enum cli_exit cli_baseline_read(struct cli *cli, const struct cli_args *args, struct sim_baseline *baseline)
{
    const char *path = cli_args_text(args, "--baseline", NULL);
    struct wf_string bytes = {NULL, 0};
    struct wf_error err = {0};
    enum cli_exit result = CLI_EXIT_OK;

    *baseline = (struct sim_baseline){0};
    if (path == NULL) {
        return CLI_EXIT_OK;
    }
    result = cli_file_read(cli->arena, path, CLI_FILE_BYTES_MAX, &bytes, &err);
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    } else if (sim_baseline_read(baseline, cli->arena, bytes, &err) != WF_OK) {
        cli_complain("%s: %s", path, err.message);
        result = err.status == WF_ERR_MEMORY ? CLI_EXIT_ENVIRONMENT : CLI_EXIT_UNREADABLE;
    }
    return result;
}

void cli_append_policy_help(struct wf_buffer *text)
{
    wf_buffer_append_text(text, "\nA line of --policy is a rule, then finding, note or ignore: `wfsim explain policy` lists the rules.\n");
    wf_buffer_append_text(text, "\nA line of --baseline is what is known, then the reason, which may not be missing. What is known is the\n"
                                "signature that a report prints, or a file as the report names it and a diagnosis or rule:\n"
                                "  3f2a9c0d11e5b870      runs of the old flow drain until the end of the quarter\n"
                                "  orders/17.json WF201  recorded by a broken build\n");
}

enum cli_exit cli_policy_read(struct cli *cli, const struct cli_args *args, const uint8_t **policies)
{
    const char *path = cli_args_text(args, "--policy", NULL);
    const bool is_strict = cli_args_has(args, "--strict");
    struct wf_string bytes = {NULL, 0};
    struct wf_error err = {0};
    enum cli_exit result = CLI_EXIT_OK;

    *policies = NULL;
    if (path == NULL && !is_strict) {
        return CLI_EXIT_OK;
    }
    if (path != NULL && is_strict) {
        cli_complain("--strict and --policy both say what becomes of notes; leave one of them out");
        return CLI_EXIT_USAGE;
    }
    uint8_t *read = sim_policy_new(cli->arena);
    if (read == NULL) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    if (is_strict) {
        sim_policy_make_strict(read);
    } else {
        result = cli_file_read(cli->arena, path, CLI_FILE_BYTES_MAX, &bytes, &err);
        if (result != CLI_EXIT_OK) {
            cli_complain("%s", err.message);
        } else if (sim_policy_read(read, bytes, &err) != WF_OK) {
            cli_complain("%s: %s", path, err.message);
            result = CLI_EXIT_UNREADABLE;
        }
    }
    *policies = read;
    return result;
}

enum cli_exit cli_baseline_report_stale(const struct sim_baseline *baseline, const struct cli_args *args,
                                        struct sim_report *report)
{
    if (!sim_baseline_find_stale(baseline, report)) {
        cli_complain("%s: no memory to tell which entries are stale", cli_args_text(args, "--baseline", ""));
        return CLI_EXIT_ENVIRONMENT;
    }
    for (uint32_t i = 0; i < report->stale_count; i++) {
        cli_complain("%s: line %u: stale: %.*s no longer occurs", cli_args_text(args, "--baseline", ""),
                     (unsigned)report->stale[i].line, (int)report->stale[i].entry.size_bytes, report->stale[i].entry.data);
    }
    return CLI_EXIT_OK;
}

enum cli_exit cli_report_judge(const struct sim_report_counts *counts)
{
    const uint64_t *by_verdict = counts->by_verdict;
    enum cli_exit result = CLI_EXIT_OK;

    if (by_verdict[WF_VERDICT_BAD_HISTORY] > 0 || by_verdict[WF_VERDICT_SETUP] > 0) {
        result = CLI_EXIT_UNREADABLE;
    }
    if (by_verdict[WF_VERDICT_NONDETERMINISM] > 0 || by_verdict[WF_VERDICT_CODE_FAILED] > 0) {
        result = cli_exit_worse(result, CLI_EXIT_FINDING);
    }
    return result;
}

void cli_report_print_summary(const struct sim_report *report, struct wf_buffer *out)
{
    const struct sim_report_counts *counts = &report->counts;
    const uint64_t total = sim_report_total(counts);

    wf_buffer_printf(out, "%llu %s replayed against %S:", (unsigned long long)total,
                     total == 1 ? "history" : "histories", &report->code);
    for (int i = WF_VERDICT_OK; i <= WF_VERDICT_SETUP; i++) {
        if (counts->by_verdict[i] > 0) {
            wf_buffer_printf(out, " %llu %s", (unsigned long long)counts->by_verdict[i],
                             wf_verdict_name((enum wf_verdict)i));
        }
    }
    if (counts->known > 0) {
        wf_buffer_printf(out, " %llu known", (unsigned long long)counts->known);
    }
    if (counts->cached > 0) {
        wf_buffer_printf(out, ", %llu cached", (unsigned long long)counts->cached);
    }
    if (counts->skipped > 0) {
        wf_buffer_printf(out, ", %llu skipped", (unsigned long long)counts->skipped);
    }
    wf_buffer_append_char(out, '\n');
    if (counts->prefixes > 0) {
        wf_buffer_printf(out, "%llu prefixes judged; open runs get stuck in %llu of the histories\n",
                         (unsigned long long)counts->prefixes, (unsigned long long)counts->stuck);
    }
    if (counts->lived > 0) {
        wf_buffer_printf(out, "%llu prefixes went on live: %llu to the end of the run, %llu got stuck, %llu wait for what no history says",
                         (unsigned long long)counts->lived, (unsigned long long)counts->lived_ended,
                         (unsigned long long)counts->lived_stuck,
                         (unsigned long long)(counts->lived - counts->lived_ended - counts->lived_stuck - counts->lived_unfinished));
        if (counts->lived_unfinished > 0) {
            wf_buffer_printf(out, ", %llu did not come to an end in 50,000 steps or a day of virtual time: long timers, or code that loops",
                             (unsigned long long)counts->lived_unfinished);
        }
        wf_buffer_append_char(out, '\n');
    }
    if (counts->not_lived > 0 && wf_string_ends_with(report->options, WF_STR("--live"))) {
        wf_buffer_printf(out, "%llu of the histories %s on live from no prefix; `wfsim run SCENARIO --from HISTORY@EVENT` says why\n",
                         (unsigned long long)counts->not_lived, counts->not_lived == 1 ? "goes" : "go");
    }
}
