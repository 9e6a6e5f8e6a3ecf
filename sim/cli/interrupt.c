/* The handler does one store. SA_RESETHAND restores the default, so that a second signal ends the program. */
#include "sim/cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t was_interrupted;

static void remember(int signal_number)
{
    (void)signal_number;
    was_interrupted = 1;
}

void cli_interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = remember};

    sigemptyset(&action.sa_mask);
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
}

bool cli_interrupted(void)
{
    return was_interrupted != 0;
}

void cli_interrupt_raise_again(void)
{
    if (was_interrupted != 0) {
        signal(SIGINT, SIG_DFL);
        raise(SIGINT);
    }
}
