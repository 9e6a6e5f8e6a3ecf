/* Between commands and sim/host: messages and exit codes. */
#include "sim/cli/load_code.h"

#include "sim/host/compile.h"
#include "sim/host/module.h"

enum cli_exit cli_code_prepare(struct cli *cli, const char *path, struct cli_code *code)
{
    struct sim_compiled compiled = {0};
    struct wf_error err = {0};
    const enum sim_compile_end end = sim_compile(cli->arena, path, &compiled, &err);

    *code = (struct cli_code){.path = path,
                              .object = compiled.object_path,
                              .digest = compiled.digest,
                              .verdict_digest = compiled.verdict_digest};
    if (end == SIM_COMPILE_OK) {
        return CLI_EXIT_OK;
    }
    cli_complain("%s", err.message);
    return end == SIM_COMPILE_ENVIRONMENT ? CLI_EXIT_ENVIRONMENT : CLI_EXIT_UNREADABLE;
}

enum wf_status cli_code_load(struct wf_arena *arena, const struct cli_code *code, struct wf_string version,
                             struct sim_code *loaded, struct wf_error *err)
{
    *loaded = (struct sim_code){.version = version, .digest = code->digest};
    return sim_module_load(arena, code->path, code->object, loaded, err);
}
