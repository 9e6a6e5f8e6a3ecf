/* Between batches in children and the command line. */
#include "sim/cli/batch.h"

#include <stdlib.h>
#include <unistd.h>

static uint64_t processor_count(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count > 0 ? (uint64_t)count : 1;
}

static uint32_t jobs_of(uint64_t jobs, uint64_t item_count)
{
    jobs = jobs < item_count ? jobs : item_count;
    jobs = jobs < SIM_JOBS_MAX ? jobs : SIM_JOBS_MAX;
    return jobs > 0 ? (uint32_t)jobs : 1;
}

uint32_t cli_jobs(const struct cli_args *args, uint64_t item_count)
{
    return jobs_of(cli_args_number(args, "--jobs", processor_count()), item_count);
}

uint32_t cli_jobs_default(uint64_t item_count)
{
    return jobs_of(processor_count(), item_count);
}

enum cli_exit cli_batch_exit(const struct sim_outcome_of_batch *outcome, const char *code_path)
{
    switch (outcome->end) {
    case SIM_END_DONE:
    case SIM_END_STOPPED:
        return CLI_EXIT_OK;
    case SIM_END_INTERRUPTED:
        cli_complain("interrupted: what is above is what was done until then");
        return CLI_EXIT_OK; /* main raises the signal again */
    case SIM_END_SETUP:
        cli_complain("%s", outcome->err.message);
        return outcome->err.status == WF_ERR_MEMORY ? CLI_EXIT_ENVIRONMENT : CLI_EXIT_UNREADABLE;
    case SIM_END_LOADING:
        cli_complain("%s: ended with %s while it was loaded", code_path, sim_crash_name(outcome->crash.kind));
        return CLI_EXIT_UNREADABLE;
    case SIM_END_LOST:
        cli_complain("%s", outcome->err.message);
        return CLI_EXIT_ENVIRONMENT;
    case SIM_END_ASSERTION:
        abort();
    }
    return CLI_EXIT_ENVIRONMENT;
}
