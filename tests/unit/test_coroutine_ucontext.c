/* The portable fallback of the stack switch passes the tests of the assembly. */
#define WF_COROUTINE_UCONTEXT
#define wf_coroutine_init ucontext_coroutine_init
#define wf_coroutine_resume ucontext_coroutine_resume
#define wf_coroutine_suspend ucontext_coroutine_suspend

#include "engine/workflow/coroutine.c"

#include "tests/unit/test_coroutine.c"
