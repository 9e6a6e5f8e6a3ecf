/*
 * What breaks, and when: the chaos phase with the kinds that this seed drew, faults placed by hand, and the heal phase.
 */
#ifndef WF_SIM_FAULT_FAULT_H
#define WF_SIM_FAULT_FAULT_H

#include "engine/base/status.h"
#include "sim/config.h"
#include "sim/core/record.h"
#include "sim/fault/kinds.h"
#include "sim/world/world.h"

struct sim_faults;

/*
 * Draws the seed's subset and intensities, sets the rates and the first times. Lives in the world's arena and owns the
 * world's timer handler.
 *
 * is_enabled  false: nothing breaks, and the world counts as healed from the start.
 * Errors: WF_ERR_INVALID  a placed fault names a moment or node that there is not
 *         WF_ERR_MEMORY
 */
enum wf_status sim_faults_new(struct sim_world *world, const struct sim_config *config, bool is_enabled,
                              struct sim_faults **faults, struct wf_error *err);

/* Sees every record: counts what fired, and remembers which placed faults are due. Never touches the world. */
void sim_faults_record(struct sim_faults *faults, const struct sim_record *record);

/* Performs what became due during the last step: after that step and before the next one. */
void sim_faults_strike(struct sim_faults *faults);

/* Stops all faults now, when the chaos phase is not yet over. */
void sim_faults_heal(struct sim_faults *faults);

bool sim_faults_is_healed(const struct sim_faults *faults);

/* SIM_FAULT_COUNT numbers: how often each kind fired. */
const uint64_t *sim_faults_counts(const struct sim_faults *faults);

#endif
