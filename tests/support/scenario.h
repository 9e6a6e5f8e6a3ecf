/*
 * A shipped scenario with its code, run in this process: what `wfsim run` does in a child, without the containment.
 */
#ifndef WF_TESTS_SUPPORT_SCENARIO_H
#define WF_TESTS_SUPPORT_SCENARIO_H

#include "sim/run.h"
#include "sim/scenario/scenario.h"
#include "tests/support/test.h"

struct scenario {
    struct wf_arena arena; /* of the scenario and its code */
    struct sim_scenario loaded;
    struct test_blocks blocks; /* of the run: its region */
    struct sim_run *run;
};

/* Path from the repository's root. Fails the test when the scenario or its code is wrong. */
void scenario_open(struct scenario *scenario, const char *path);

/* Borrowed until the next seed. Fails the test when the run cannot go on. */
const struct sim_run_result *scenario_run(struct scenario *scenario, const struct sim_run_options *options);

void scenario_close(struct scenario *scenario);

#endif
