/*
 * Assertions, on in every build: we are wrong, not the input. The panic reporter prints the run
 * that was active; who owns the process registers it.
 */
#ifndef WF_ENGINE_BASE_ASSERT_H
#define WF_ENGINE_BASE_ASSERT_H

#include <stdbool.h>

#define WF_ASSERT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            wf_panic(__FILE__, __LINE__, #condition);                                              \
        }                                                                                          \
    } while (0)

#define WF_UNREACHABLE() wf_panic(__FILE__, __LINE__, "unreachable")

/* Calls the reporter, then traps. Never returns. */
_Noreturn void wf_panic(const char *file, int line, const char *expression);

/*
 * Registers who prints a failed assertion and ends the process with SIGABRT. The reporter must not
 * return; if it does, the process traps. One per process; set before the first run.
 */
typedef void (*wf_panic_reporter)(void *context, const char *file, int line,
                                  const char *expression);
void wf_panic_set_reporter(wf_panic_reporter reporter, void *context);

/* Whether an assertion failed: how a crash handler tells our abort from one that workflow code
 * called. Async-signal-safe. */
bool wf_panicked(void);

#endif
