/*
 * Workflow code for commands: found and compiled by the supervisor, which reports what is wrong with it, and loaded by the
 * children, which alone may run it.
 */
#ifndef SIM_CLI_CODE_H
#define SIM_CLI_CODE_H

#include "sim/cli/command.h"
#include "sim/code.h"

struct cli_code {
    const char *path;    /* as the user gave it */
    const char *object;  /* the shared object to load */
    uint64_t digest;     /* of the source or object */
    uint64_t verdict_digest; /* of all of the code that a verdict depends on; 0: not known, verdicts are not kept */
};

/*
 * Compiles a C source, or takes a shared object as it is.
 *
 * Exits: UNREADABLE when the file is absent or does not compile (the compiler's words are on standard error), ENVIRONMENT
 *        when there is no compiler or no place for the result.
 */
enum cli_exit cli_code_prepare(struct cli *cli, const char *path, struct cli_code *code);

/* In a child: loads the object. Errors: WF_ERR_INVALID with a sentence that names the path. */
enum wf_status cli_code_load(struct wf_arena *arena, const struct cli_code *code, struct wf_string version,
                             struct sim_code *loaded, struct wf_error *err);

#endif
