/*
 * Words of code without what is different in each run, so that two runs with the same mistake say the same.
 * Private to the engine.
 */
#ifndef WF_ENGINE_REPLAY_SCRUB_H
#define WF_ENGINE_REPLAY_SCRUB_H

#include "engine/base/bytes.h"

/*
 * Appends the text with one '#' in place of each number, address, time, UUID and word with digits in it, and of the given ids
 * where they stand as whole words. A word that ends in a number keeps its letters ("line2" is "line#"), unless they could
 * be hexadecimal digits. What has no digit and is no id stays: nothing tells a made name from a chosen one.
 */
void wf_scrub(struct wf_string text, const struct wf_string *ids, size_t id_count, struct wf_buffer *out);

#endif
