/*
 * A scenario ready to run, for the commands that simulate: read and checked by the supervisor, its code loaded and its seeds
 * run in children.
 */
#ifndef SIM_CLI_SIMULATION_H
#define SIM_CLI_SIMULATION_H

#include "sim/cli/load_code.h"
#include "sim/host/containment.h"
#include "sim/report/summary.h"
#include "sim/run.h"
#include "sim/scenario/scenario.h"

struct cli_simulation {
    const char *path; /* of the scenario, as the user gave it */
    struct sim_scenario scenario;
    struct cli_code *codes;   /* prepared, one for each of the scenario's */
    struct sim_tape tape;
    bool has_tape;
    bool no_faults;
    uint64_t stop_at_step;
    const char *tape_path;               /* NULL: none */
    struct sim_scenario_settings settings; /* as given by --set */
    const char *from;      /* HISTORY@EVENT as given, and the history's path; NULL: not given, as the next two */
    const char *from_path;
    const char *from_id;   /* --id */
    const char *code_path; /* -w */

    /* A child's. */
    struct sim_code *loaded;
    struct sim_run *run;
};

/*
 * Reads the scenario with the --set of the arguments, and prepares its code.
 *
 * Exits: UNREADABLE, ENVIRONMENT; the reason is on standard error.
 */
enum cli_exit cli_simulation_open(struct cli *cli, const struct cli_args *args, const char *path,
                                  struct cli_simulation *simulation);

/* In a child: loads the code and reserves the memory of a run. */
enum wf_status cli_simulation_start(struct cli *cli, struct cli_simulation *simulation, struct sim_child *child,
                                    struct wf_error *err);

/* In a child: runs a seed. stop_at_ns 0: to the end. */
enum wf_status cli_simulation_seed(struct cli_simulation *simulation, const struct sim_run_options *options,
                                   const struct sim_run_result **result, struct wf_error *err);

/* Reads the options of `run` that are not about the batch: --tape, --no-faults, --stop-at. */
enum cli_exit cli_simulation_options(struct cli *cli, const struct cli_args *args, struct cli_simulation *simulation);

/* A path in a command: for a page, which is read elsewhere, an absolute one is cut to the file's name. */
struct wf_string cli_shown_path(const char *path, bool is_for_page);

/*
 * "wfsim run PATH --seed " and " --set K=V ..." with the options that matter; after cli_simulation_options. For a page, which
 * is read elsewhere, an absolute path is cut to the file's name.
 */
struct sim_repeat cli_simulation_repeat(struct cli *cli, const struct cli_simulation *simulation, bool is_for_page);

#endif
