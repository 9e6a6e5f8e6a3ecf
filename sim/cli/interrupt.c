/* The handler does one store. SA_RESETHAND restores the default, so that a second signal ends the
 * program. */
#include "sim/cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t signal_that_came; /* 0: none */

static void remember(int signal_number)
{
    signal_that_came = signal_number;
}

static void catch_one(int signal_number)
{
    struct sigaction action = {.sa_handler = remember};
    struct sigaction present;

    sigemptyset(&action.sa_mask);
    action.sa_flags = (int)SA_RESETHAND;
    /* Who started us in the background may have told us to ignore it. */
    if (sigaction(signal_number, NULL, &present) == 0 && present.sa_handler != SIG_IGN) {
        sigaction(signal_number, &action, NULL);
    }
}

void cli_interrupt_catch(void)
{
    catch_one(SIGINT);
    catch_one(SIGTERM);
    catch_one(SIGHUP); /* the terminal is gone; files of results are not */
}

bool cli_interrupted(void)
{
    return signal_that_came != 0;
}

void cli_interrupt_raise_again(void)
{
    if (signal_that_came != 0) {
        signal(signal_that_came, SIG_DFL);
        raise(signal_that_came);
    }
}
