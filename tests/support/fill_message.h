/*
 * Fills a message of any type with made-up values, so that tests can walk the whole schema.
 */
#ifndef WF_TESTS_SUPPORT_FILL_MESSAGE_H
#define WF_TESTS_SUPPORT_FILL_MESSAGE_H

#include "engine/schema.h"

/*
 * Sets every field that is not in a oneof, and one choice of each oneof, to values drawn from *random. Sub-messages are
 * filled down to `depth` levels and left out below. Strings are borrowed literals.
 */
void fill_message(struct wf_arena *arena, const struct wf_message_type *type, void *message, int depth,
                  uint32_t *random);

/* Sets one field to a value that differs from the one it has. For a choice, chooses it. */
void fill_other_value(struct wf_arena *arena, const struct wf_field *field, void *message, uint32_t *random);

#endif
