/*
 * The report files that `replay` and `merge` are asked for: a row of options for each row of sim/report/writers.def, and the
 * writing.
 */
#ifndef SIM_CLI_REPORT_FILES_H
#define SIM_CLI_REPORT_FILES_H

#include "sim/cli/command.h"
#include "sim/report/baseline.h"
#include "sim/report/report.h"

/* Among the options of a command: #include "sim/report/writers.def" after this. */
#define CLI_REPORT_FILE CLI_TEXT, "FILE"
#define CLI_REPORT_STDOUT CLI_SWITCH, NULL
#define CLI_REPORT_OPTION(flag, target, help) {flag, CLI_REPORT_##target, help},

#define CLI_OPTION_BASELINE {"--baseline", CLI_TEXT, "FILE", "findings that are known and do not fail, a line each: SIGNATURE REASON"}

/* Whether any report is asked for. */
bool cli_report_is_wanted(const struct cli_args *args);

/* Refuses what cannot be done, before anything runs. Exits: USAGE. */
enum cli_exit cli_report_check(const struct cli *cli, const struct cli_args *args);

/* Refuses a report that would take the place of a file that is read. Exits: USAGE. */
enum cli_exit cli_report_check_input(struct cli *cli, const struct cli_args *args, const char *input);

/*
 * Writes every report that is asked for; one that cannot be written is said on standard error and the others are written all the
 * same. Exits: ENVIRONMENT.
 */
enum cli_exit cli_report_write(struct cli *cli, const struct cli_args *args, const struct sim_report *report);

/* Appends to help what files of --policy and --baseline may say. */
void cli_append_policy_help(struct wf_buffer *text);

/* Reads --policy, or makes that of --strict; *policies NULL: neither is given. Complains. */
enum cli_exit cli_policy_read(struct cli *cli, const struct cli_args *args, const uint8_t **policies);

/* Reads the file of --baseline; an empty one without the option. Exits: UNREADABLE, ENVIRONMENT. */
enum cli_exit cli_baseline_read(struct cli *cli, const struct cli_args *args, struct sim_baseline *baseline);

/* Finds the entries that accepted nothing, and says so on standard error. Exits: ENVIRONMENT when memory is short. */
enum cli_exit cli_baseline_report_stale(const struct sim_baseline *baseline, const struct cli_args *args,
                                        struct sim_report *report);

/* What a batch with these counts ends with. */
enum cli_exit cli_report_judge(const struct sim_report_counts *counts);

/* The last line of text results: how many of each. */
void cli_report_print_summary(const struct sim_report *report, struct wf_buffer *out);

#endif
