/*
 * Blocks for arenas that hold whole files.
 */
#ifndef SIM_HOST_BLOCKS_H
#define SIM_HOST_BLOCKS_H

#include "engine/base/arena.h"

/* As wf_system_blocks, with large blocks on huge pages where the system has them: filling one then takes a fraction of the page
 * faults, which cost more than reading the file. */
const struct wf_block_source *sim_file_blocks(void);

#endif
