/*
 * The known name nearest to a mistyped one, for messages that say "did you mean".
 */
#ifndef WF_ENGINE_BASE_NEAREST_H
#define WF_ENGINE_BASE_NEAREST_H

#include <stddef.h>

#include "engine/base/bytes.h"

#define WF_NEAREST_BYTES_MAX 64 /* longer words are compared by their beginning */

/* Edits (insert, delete, replace, swap neighbours) that turn one word into the other. */
size_t wf_edit_distance(struct wf_string left, struct wf_string right);

/*
 * The index of the name nearest to the word, the first of equals; count when none is near enough to be worth saying: more
 * than a third of the word, at least two edits, would have to change.
 */
size_t wf_nearest(struct wf_string word, const struct wf_string *names, size_t count);

#endif
