/*
 * Coroutines: a function on a stack of its own that can stop in the middle and be gone on with later. A coroutine is resumed
 * by one scheduler and suspends back to it; coroutines never switch to each other.
 */
#ifndef WF_ENGINE_WORKFLOW_COROUTINE_H
#define WF_ENGINE_WORKFLOW_COROUTINE_H

#include <stdbool.h>
#include <stddef.h>

#define WF_STACK_BYTES_MIN ((size_t)8 * 1024)

struct wf_coroutine {
    void *stack_pointer;   /* of the coroutine while it is suspended */
    void *resumer_pointer; /* of the scheduler while the coroutine runs */
    void *stack;
    size_t stack_size_bytes;
    void (*entry)(void *argument);
    void *argument;
    bool is_ended;
    void *fake_stack; /* AddressSanitizer's, of whoever is not running */
    const void *resumer_stack;
    size_t resumer_stack_size_bytes;
};

/*
 * Prepares a coroutine that will call entry(argument) when first resumed. When entry returns, the coroutine has ended and
 * must not be resumed again; its stack may be used for another one. A suspended coroutine may be dropped at any time: nothing
 * of it runs any more.
 *
 * stack  borrowed, aligned to 16, at least WF_STACK_BYTES_MIN; it grows down.
 */
void wf_coroutine_init(struct wf_coroutine *coroutine, void *stack, size_t stack_size_bytes,
                       void (*entry)(void *argument), void *argument);

/* Runs it until it suspends or ends. Called by the scheduler. */
void wf_coroutine_resume(struct wf_coroutine *coroutine);

/* Stops it until the next resume. Called inside the coroutine. */
void wf_coroutine_suspend(struct wf_coroutine *coroutine);

#endif
