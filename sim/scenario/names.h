/* The names in a scenario that its code has to have, too. */
#ifndef WF_SIM_SCENARIO_NAMES_H
#define WF_SIM_SCENARIO_NAMES_H

#include "sim/scenario/scenario_value.h"

/* Lists them in the scenario, which has been read and is right. */
enum wf_status sim_list_names(struct sim_loader *loader, const struct sim_yaml *root);

#endif
