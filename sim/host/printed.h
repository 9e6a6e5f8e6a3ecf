/*
 * What workflow code prints: it is nobody's result, and may have no end.
 */
#ifndef SIM_HOST_PRINTED_H
#define SIM_HOST_PRINTED_H

#include <stdbool.h>
#include <stddef.h>

#define SIM_PRINTED_BYTES_MAX ((size_t)1 << 20) /* that a run of the program shows */
#define SIM_PRINTED_LAST_BYTES ((size_t)4096)

struct sim_printed {
    int from; /* what the children write comes here; -1: they write to standard error themselves */
    int into; /* the children's end */
    char last[SIM_PRINTED_LAST_BYTES]; /* of what is not shown */
    size_t last_bytes;
};

/* Before the first child. */
void sim_printed_open(struct sim_printed *printed);

/* In a child: both outputs go there from now on. */
void sim_printed_redirect(const struct sim_printed *printed);

/*
 * Passes on to standard error what has come since the last time, and says so once when more has than is shown. Children that print
 * wait for it. Returns whether anything came: then more may, at once.
 */
bool sim_printed_show(struct sim_printed *printed);

/* Shows the rest, and with the last words what a child said at its end, however much the code had printed. */
void sim_printed_close(struct sim_printed *printed, bool has_last_words);

#endif
