/*
 * Coroutines on a hand-written stack switch (switch.S), or, where there is none or WF_COROUTINE_UCONTEXT is defined, on
 * ucontext. The switch saves what the calling convention lets a callee keep and leaves by an indirect jump, because a `ret`
 * would be predicted to go back to the other side. AddressSanitizer is told about every switch, as it keeps books on stacks.
 */
#include "engine/workflow/coroutine.h"

#include "engine/base/assert.h"

#include <stdint.h>
#include <string.h>

#if !defined(__x86_64__) && !defined(__aarch64__) && !defined(WF_COROUTINE_UCONTEXT)
#define WF_COROUTINE_UCONTEXT
#endif

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER 1
#endif
#endif

#if defined(WITH_ADDRESS_SANITIZER)

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

/* A stack that an earlier coroutine was dropped on still has the marks of its frames. */
static void clean_stack(void *stack, size_t size_bytes)
{
    __asan_unpoison_memory_region(stack, size_bytes);
}

static void before_switch(void **fake_stack, const void *stack, size_t size_bytes)
{
    __sanitizer_start_switch_fiber(fake_stack, stack, size_bytes);
}

static void after_switch(void *fake_stack, const void **from, size_t *size_bytes)
{
    __sanitizer_finish_switch_fiber(fake_stack, from, size_bytes);
}

#else

static void clean_stack(void *stack, size_t size_bytes)
{
    (void)stack, (void)size_bytes;
}

static void before_switch(void **fake_stack, const void *stack, size_t size_bytes)
{
    (void)fake_stack, (void)stack, (void)size_bytes;
}

static void after_switch(void *fake_stack, const void **from, size_t *size_bytes)
{
    (void)fake_stack, (void)from, (void)size_bytes;
}

#endif

static void switch_stack(void **save, void *load);
static void *prepare_stack(struct wf_coroutine *coroutine);

/* The first code on the new stack. Never returns: there is nothing to return to. */
static void run(struct wf_coroutine *coroutine)
{
    after_switch(NULL, &coroutine->resumer_stack, &coroutine->resumer_stack_size_bytes);
    coroutine->entry(coroutine->argument);
    coroutine->is_ended = true;
    before_switch(NULL, coroutine->resumer_stack, coroutine->resumer_stack_size_bytes);
    switch_stack(&coroutine->stack_pointer, coroutine->resumer_pointer);
    WF_UNREACHABLE();
}

#if defined(WF_COROUTINE_UCONTEXT)

#include <ucontext.h>

/* makecontext passes ints, so a pointer goes in two halves. */
static void enter(unsigned high, unsigned low)
{
    run((struct wf_coroutine *)(uintptr_t)((uint64_t)high << 32 | low));
}

/* The context of a suspended coroutine lies at the low end of its own stack; a scheduler's on the scheduler's stack. */
static void *prepare_stack(struct wf_coroutine *coroutine)
{
    ucontext_t *context = coroutine->stack;
    const uint64_t address = (uintptr_t)coroutine;

    (void)getcontext(context);
    context->uc_stack.ss_sp = (char *)coroutine->stack + sizeof *context;
    context->uc_stack.ss_size = coroutine->stack_size_bytes - sizeof *context;
    context->uc_link = NULL;
    makecontext(context, (void (*)(void))enter, 2, (unsigned)(address >> 32), (unsigned)address);
    return context;
}

/* The saved context must live until it is switched back to: the frame of this call does. */
static void switch_stack(void **save, void *load)
{
    ucontext_t context;

    *save = &context;
    (void)swapcontext(&context, load);
}

#else

#define SAVED_WORDS_MAX 24

void wf_switch_stack(void **save, void *load);
void wf_switch_enter(void);

static void switch_stack(void **save, void *load)
{
    wf_switch_stack(save, load);
}

/* The picture that wf_switch_stack takes of a stopped function, made by hand: see the frames drawn in switch.S. */
static void *prepare_stack(struct wf_coroutine *coroutine)
{
    const uintptr_t top = ((uintptr_t)coroutine->stack + coroutine->stack_size_bytes) & ~(uintptr_t)15;
    uintptr_t *frame = (uintptr_t *)top - SAVED_WORDS_MAX;

    memset(frame, 0, SAVED_WORDS_MAX * sizeof *frame);
#if defined(__x86_64__)
    frame[2] = (uintptr_t)run;       /* r13 */
    frame[3] = (uintptr_t)coroutine; /* r12 */
    frame[6] = (uintptr_t)wf_switch_enter;
#else
    frame[0] = (uintptr_t)coroutine; /* x19 */
    frame[1] = (uintptr_t)run;       /* x20 */
    frame[11] = (uintptr_t)wf_switch_enter; /* x30 */
#endif
    return frame;
}

#endif

void wf_coroutine_init(struct wf_coroutine *coroutine, void *stack, size_t stack_size_bytes,
                       void (*entry)(void *argument), void *argument)
{
    WF_ASSERT((uintptr_t)stack % 16 == 0);
    WF_ASSERT(stack_size_bytes >= WF_STACK_BYTES_MIN);

    memset(coroutine, 0, sizeof *coroutine);
    coroutine->stack = stack;
    coroutine->stack_size_bytes = stack_size_bytes;
    coroutine->entry = entry;
    coroutine->argument = argument;
    clean_stack(stack, stack_size_bytes);
    coroutine->stack_pointer = prepare_stack(coroutine);
}

void wf_coroutine_resume(struct wf_coroutine *coroutine)
{
    void *fake_stack = NULL;

    WF_ASSERT(!coroutine->is_ended);
    before_switch(&fake_stack, coroutine->stack, coroutine->stack_size_bytes);
    switch_stack(&coroutine->resumer_pointer, coroutine->stack_pointer);
    after_switch(fake_stack, NULL, NULL);
}

void wf_coroutine_suspend(struct wf_coroutine *coroutine)
{
    before_switch(&coroutine->fake_stack, coroutine->resumer_stack, coroutine->resumer_stack_size_bytes);
    switch_stack(&coroutine->stack_pointer, coroutine->resumer_pointer);
    after_switch(coroutine->fake_stack, &coroutine->resumer_stack, &coroutine->resumer_stack_size_bytes);
}
