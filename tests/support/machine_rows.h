/*
 * Takes every row of a worker machine's transition table, and every pair of state and input that
 * has none.
 */
#ifndef WF_TESTS_SUPPORT_MACHINE_ROWS_H
#define WF_TESTS_SUPPORT_MACHINE_ROWS_H

#include "engine/worker/machine.h"
#include "tests/support/script.h"

/* Every row leads to the state that the table says; what has no row changes nothing. */
void machine_rows_check(struct wf_arena *arena, enum wf_machine_kind kind);

/* One behaviour of a machine seen from outside. */
struct machine_story {
    const char *name;
    const char *history;
    const char *answers[6];
    const char *trace;
    const char *message; /* of the finding; "": none */
};
void machine_stories_check(struct wf_arena *arena, const struct machine_story *stories,
                           size_t count);

#endif
