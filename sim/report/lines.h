/* Reading small text files that people write: a line an entry, words with blanks between, `#` begins a comment. */
#ifndef SIM_REPORT_LINES_H
#define SIM_REPORT_LINES_H

#include "engine/base/bytes.h"

/* The next line without its end and the blanks before that; *rest goes on behind it. */
struct wf_string sim_take_line(struct wf_string *rest);

/* The next word; *rest goes on behind the blanks after it. Empty: there is none. */
struct wf_string sim_take_word(struct wf_string *rest);

#endif
