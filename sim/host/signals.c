/* The handlers store a flag, wake the supervisor and call the handler that was there before. */
#include "sim/host/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};

#define INTERRUPT_COUNT (sizeof interrupts / sizeof *interrupts)

static struct {
    sem_t *supervisor;
    struct sigaction previous[INTERRUPT_COUNT];
    struct sigaction previous_child;
    volatile sig_atomic_t came[INTERRUPT_COUNT];
    volatile sig_atomic_t child_ended;
} signals;

static bool is_function(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) == 0 && action->sa_handler != SIG_DFL &&
           action->sa_handler != SIG_IGN;
}

static void take_interrupt(int signal_number)
{
    const int saved = errno;

    for (size_t i = 0; i < INTERRUPT_COUNT; i++) {
        if (interrupts[i] == signal_number) {
            signals.came[i] = 1;
            if (is_function(&signals.previous[i])) {
                signals.previous[i].sa_handler(signal_number);
            }
        }
    }
    (void)sem_post(signals.supervisor);
    errno = saved;
}

static void take_child_end(int signal_number)
{
    const int saved = errno;

    (void)signal_number;
    signals.child_ended = 1;
    (void)sem_post(signals.supervisor);
    errno = saved;
}

void sim_signals_catch(sem_t *supervisor)
{
    struct sigaction interrupt = {.sa_handler = take_interrupt};
    struct sigaction child = {.sa_handler = take_child_end};

    signals.supervisor = supervisor;
    signals.child_ended = 0;
    interrupt.sa_flags = (int)SA_RESETHAND | SA_RESTART;
    child.sa_flags = SA_NOCLDSTOP | SA_RESTART;
    (void)sigemptyset(&interrupt.sa_mask);
    (void)sigemptyset(&child.sa_mask);
    for (size_t i = 0; i < INTERRUPT_COUNT; i++) {
        signals.came[i] = 0;
        (void)sigaction(interrupts[i], NULL, &signals.previous[i]);
        /* What was told to ignore them (nohup, a script's background) goes on doing so. */
        if (signals.previous[i].sa_handler != SIG_IGN) {
            (void)sigaction(interrupts[i], &interrupt, NULL);
        }
    }
    (void)sigaction(SIGCHLD, &child, &signals.previous_child);
}

void sim_signals_restore(void)
{
    for (size_t i = 0; i < INTERRUPT_COUNT; i++) {
        if (signals.came[i] == 0) {
            (void)sigaction(interrupts[i], &signals.previous[i], NULL);
        }
    }
    (void)sigaction(SIGCHLD, &signals.previous_child, NULL);
}

bool sim_signals_interrupted(void)
{
    for (size_t i = 0; i < INTERRUPT_COUNT; i++) {
        if (signals.came[i] != 0) {
            return true;
        }
    }
    return false;
}

bool sim_signals_child_ended(void)
{
    const bool ended = signals.child_ended != 0;

    signals.child_ended = 0;
    return ended;
}
