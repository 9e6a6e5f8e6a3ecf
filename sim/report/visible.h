/*
 * Text of unknown origin on a terminal: whatever it holds, it can neither move the cursor nor break a line, and where lines are
 * commands (annotations of GitHub), it cannot give one.
 */
#ifndef WF_SIM_REPORT_VISIBLE_H
#define WF_SIM_REPORT_VISIBLE_H

#include "engine/base/bytes.h"

/*
 * Appends text in which control characters and ill-formed UTF-8 become escapes. Longer than columns_max it ends in an
 * ellipsis; 0: whole. Returns the columns used.
 */
size_t sim_append_visible(struct wf_buffer *text, struct wf_string string, size_t columns_max);

/* Whether a character of this size breaks a line or turns around what stands beside it (U+061C, U+200E, U+200F, U+2028 to U+202E,
 * U+2066 to U+2069), or is a control character of C1, which some terminals obey. */
bool sim_is_layout(const char *character, size_t size);

/* The size of the character that text, which is not empty, begins with; 0: ill-formed, or one that a terminal obeys. */
size_t sim_visible_size(const char *text, size_t size_bytes);

/* Makes what the buffer holds from this byte on visible in place; for lines put together of many pieces. */
void sim_make_visible(struct wf_buffer *text, size_t first_byte);

/* As sim_append_visible, then spaces up to `columns`. */
void sim_append_column(struct wf_buffer *text, struct wf_string string, size_t columns);

#endif
