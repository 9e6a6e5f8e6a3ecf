/*
 * Time zones that need no database: those with one offset all year since 2020, by name. Any other is unknown here, because a
 * wrong hour would be worse than none.
 */
#ifndef WF_ENGINE_BASE_TIME_ZONE_H
#define WF_ENGINE_BASE_TIME_ZONE_H

#include "engine/base/bytes.h"

/* Seconds from UTC, east positive. False: not known. The empty name is UTC. */
bool wf_time_zone_offset(struct wf_string name, int64_t *offset_s);

/* True for the names of UTC, and for none. */
bool wf_time_zone_is_utc(struct wf_string name);

#endif
