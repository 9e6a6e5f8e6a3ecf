/*
 * Made-up histories of any length for benchmarks, fuzz seeds and the training of the archive's
 * dictionary. They look like what servers write for small Python, Go and TypeScript workflows;
 * nothing in them comes from a real one.
 */
#ifndef WF_TESTS_SUPPORT_SYNTHETIC_HISTORY_H
#define WF_TESTS_SUPPORT_SYNTHETIC_HISTORY_H

#include "engine/history.h"

/*
 * Makes a valid, closed history of exactly event_count events (at least 8) in the arena. The same
 * seed and count give the same history; neighbouring seeds differ in type, ids, payloads and in
 * what the workflow does.
 */
void synthetic_history(struct wf_arena *arena, uint64_t seed, uint32_t event_count,
                       struct wf_history *history);

#endif
