/*
 * Drives one run of C workflow code by hand: jobs in, commands out as text, one line a command, so that a test reads as the
 * conversation between worker and code.
 */
#ifndef WF_TESTS_SUPPORT_HOST_SCRIPT_H
#define WF_TESTS_SUPPORT_HOST_SCRIPT_H

#include "engine/host.h"
#include "engine/wfsim.h"
#include "tests/support/test.h"

struct script {
    struct test_blocks blocks;       /* the host's */
    struct test_blocks arena_blocks; /* the script's own */
    struct wf_arena arena;
    struct wf_host *host;
    struct wf_instance *instance;
    struct wf_sdk_activation activation;
    bool is_replaying;
    int64_t now_seconds;
    uint32_t activation_count;
};

/* Makes a host of the module and a run that gets an initialize job with these arguments, a JSON list. */
void script_begin(struct script *script, const struct wf_module *module, const char *workflow_type, const char *args);
void script_end(struct script *script);

/* Jobs of the next activation. Values are JSON; NULL: none. */
void script_signal(struct script *script, const char *name, const char *args);
void script_query(struct script *script, const char *type, const char *args);
void script_update(struct script *script, const char *name, const char *args);
void script_timer(struct script *script, uint32_t seq);
void script_result(struct script *script, uint32_t seq, const char *value);
void script_local_result(struct script *script, uint32_t seq, const char *value);
void script_backoff(struct script *script, uint32_t seq, uint32_t attempt, int64_t seconds);

/* An activity failure whose cause is an application failure of this type. */
void script_failure(struct script *script, uint32_t seq, const char *type, const char *message);
void script_canceled(struct script *script, uint32_t seq);
void script_cancel(struct script *script, const char *reason);
void script_patch(struct script *script, const char *id);
void script_seed(struct script *script, uint64_t seed);
void script_child_started(struct script *script, uint32_t seq, const char *run_id);
/* is_taken: because of its id. */
void script_child_refused(struct script *script, uint32_t seq, bool is_taken);
void script_child_result(struct script *script, uint32_t seq, const char *value);
void script_external(struct script *script, uint32_t seq, bool is_cancel, const char *failure);

/* Activates with the jobs so far and fails unless these commands, one a line, come out. A failed task is "broken: message". */
void script_expect(struct script *script, const char *expected);

/* The same, returned: lives until script_end. */
const char *script_run(struct script *script);

#endif
