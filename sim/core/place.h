/* Places in a scenario file, for errors that show only when a run begins or goes on. */
#ifndef WF_SIM_CORE_PLACE_H
#define WF_SIM_CORE_PLACE_H

#include "engine/base/status.h"
#include "sim/config.h"

/* Puts "file:line:column: " before an error's message, when the place is known. Returns the error's status. */
enum wf_status sim_error_place(struct wf_error *err, const struct sim_config *config, struct sim_place place);

#endif
