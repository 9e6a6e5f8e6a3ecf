#include "tests/support/test_code.h"

#include <stdlib.h>

#include "sim/host/compile.h"
#include "sim/host/module.h"
#include "tests/support/test.h"

/* What compiled code calls at every basic block. The program's own, which has a budget, replaces it where it is linked. */
__attribute__((weak)) void __sanitizer_cov_trace_pc(void);
__attribute__((weak)) void __sanitizer_cov_trace_pc(void)
{
}

void test_load_sim_code(const char *path, struct sim_code *code)
{
    static struct wf_arena arena; /* of the process, as what it loads is */
    struct sim_compiled compiled;
    struct wf_error err;

    if (arena.source == NULL) {
        wf_arena_init(&arena, wf_system_blocks(), 0);
        (void)setenv("WFSIM_CACHE", "build/code", 0);
    }
    *code = (struct sim_code){0};
    if (sim_compile(&arena, path, &compiled, &err) != SIM_COMPILE_OK ||
        sim_module_load(&arena, path, compiled.object_path, code, &err) != WF_OK) {
        fail_msg("%s: %s", path, err.message);
    }
}

const struct wf_module *test_load_code(const char *path)
{
    struct sim_code code;

    test_load_sim_code(path, &code);
    return code.module;
}
