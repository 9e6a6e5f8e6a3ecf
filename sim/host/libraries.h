/*
 * The libraries that a shared object of workflow code needs beside the C library's own, as the dynamic loader finds them.
 */
#ifndef SIM_HOST_LIBRARIES_H
#define SIM_HOST_LIBRARIES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"

/*
 * Mixes their contents into the digest. Nothing is run for an object that needs the C library alone.
 *
 * path    of the object, absolute.
 * object  its bytes.
 * Returns false when one of them is not known.
 */
bool sim_libraries_digest(struct wf_arena *arena, const char *path, struct wf_string object, uint64_t *digest);

#endif
