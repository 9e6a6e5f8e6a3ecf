/* `run --from HISTORY@EVENT`: the run that goes on in a simulation. */
#ifndef SIM_CLI_FROM_H
#define SIM_CLI_FROM_H

#include "sim/cli/simulation.h"

/*
 * Reads --from, --id and -w: the history's run takes the place of the scenario's starts, the code that of its workers.
 * Nothing without --from. After cli_simulation_open.
 *
 * Exits: USAGE for an event from which no run can go on, UNREADABLE, ENVIRONMENT; the reason is on standard error.
 */
enum cli_exit cli_from_read(struct cli *cli, const struct cli_args *args, struct cli_simulation *simulation);

/* Appends " --from PLACE@EVENT --id ID -w CODE" as they were given; paths cut to names for a page. */
void cli_from_repeat(const struct cli_simulation *simulation, bool is_for_page, struct wf_buffer *out);

#endif
