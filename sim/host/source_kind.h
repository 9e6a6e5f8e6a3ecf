/*
 * What a file is that was given in place of workflow code.
 */
#ifndef SIM_HOST_SOURCE_KIND_H
#define SIM_HOST_SOURCE_KIND_H

#include "engine/base/bytes.h"

/* "a JSON file", "an archive of histories", ...; NULL: it may be a C source. */
const char *sim_source_is_other(struct wf_string source);

#endif
