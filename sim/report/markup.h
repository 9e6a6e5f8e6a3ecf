/*
 * Text of unknown origin inside XML, HTML and Markdown: whatever it holds, it stays text.
 */
#ifndef WF_SIM_REPORT_MARKUP_H
#define WF_SIM_REPORT_MARKUP_H

#include "engine/base/bytes.h"

/*
 * Appends text between tags of XML 1.0 or HTML. Characters that XML cannot hold, escaped or not (controls, U+FFFE, U+FFFF),
 * ill-formed UTF-8, and characters that turn around what stands beside them become U+FFFD.
 */
void sim_markup_text(struct wf_buffer *out, struct wf_string text);

/* As sim_markup_text, inside a quoted attribute: line ends and tabs survive there only as references. */
void sim_markup_attribute(struct wf_buffer *out, struct wf_string text);

/* Appends text inside a line of Markdown (GitHub's): no markup, no link, no mention, and no line end. Also fits a table. */
void sim_markup_markdown(struct wf_buffer *out, struct wf_string text);

/* Appends lines as a block of code, with a fence longer than any in them. */
void sim_markup_markdown_block(struct wf_buffer *out, const char *language, struct wf_string lines);

#endif
