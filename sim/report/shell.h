/*
 * Commands that people paste into a shell: what is printed is read back as the words it was made of, whatever characters
 * a path or a setting has.
 */
#ifndef WF_SIM_REPORT_SHELL_H
#define WF_SIM_REPORT_SHELL_H

#include "engine/base/bytes.h"

/*
 * Appends one word, in quotes when a POSIX shell would otherwise read it as something else: '...', and $'...' around control
 * characters and whatever else would not be printed as it is.
 */
void sim_shell_word(struct wf_buffer *out, struct wf_string word);

/* Appends a path as a word; one that looks like an option is written as "./-name". "-" stays. */
void sim_shell_path(struct wf_buffer *out, struct wf_string path);

#endif
