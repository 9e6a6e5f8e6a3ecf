/*
 * The registered reporter is the one mutable static of the engine. A failed assertion can strike in
 * any function, also in one that was handed no context, and must still name the run that hit it; no
 * input or output of the engine depends on it.
 */
#include "engine/base/assert.h"

#include <stddef.h>

static struct {
    wf_panic_reporter report;
    void *context;
    volatile bool was_called; /* a crash handler reads it */
} reporter_registered;

void wf_panic_set_reporter(wf_panic_reporter reporter, void *context)
{
    reporter_registered.report = reporter;
    reporter_registered.context = context;
}

_Noreturn void wf_panic(const char *file, int line, const char *expression)
{
    const wf_panic_reporter report = reporter_registered.report;

    /* Forgotten first, so that a reporter that fails an assertion itself traps instead of
     * recursing. */
    reporter_registered.report = NULL;
    reporter_registered.was_called = true;
    if (report != NULL) {
        report(reporter_registered.context, file, line, expression);
    }
    __builtin_trap();
}

bool wf_panicked(void)
{
    return reporter_registered.was_called;
}
