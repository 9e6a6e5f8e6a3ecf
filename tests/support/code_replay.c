/* One module, host and replay a row. */
#include "tests/support/test.h"

#include "tests/support/code_replay.h"

#include "tests/support/history_builder.h"

#define STATE_BYTES 64

static void check(struct wf_arena *arena, const struct code_replay *row, bool evicts)
{
    const struct wf_workflow workflows[] = {{.name = HISTORY_WORKFLOW,
                                             .run = row->run,
                                             .state_size_bytes = STATE_BYTES,
                                             .signals = row->signals,
                                             .updates = row->updates},
                                            {.name = NULL}};
    const struct wf_module module = {.api = WF_API, .workflows = workflows};
    const struct wf_host_config config = {.module = &module,
                                          .blocks = arena->source,
                                          .stacks = arena->source,
                                          .stack_size_bytes = WF_STACK_BYTES_DEFAULT,
                                          .instance_size_bytes_max = (size_t)1 << 20,
                                          .coroutines_max = 16};
    const struct wf_replay_options options = {.evict_every_task = evicts};
    struct wf_replay_result result;
    struct history_builder builder;
    struct wf_history history;
    struct wf_replay *replay = NULL;
    struct wf_host *host = NULL;
    struct wf_error err;

    history_init(&builder, arena);
    builder.sdk_name = row->sdk_name == NULL ? "wfsim" : row->sdk_name;
    builder.lang_flags = row->lang_flags == NULL ? "" : row->lang_flags;
    history_add(&builder, row->history);
    history = history_of(&builder);
    assert_int_equal(wf_host_new(&config, &host, &err), WF_OK);
    replay = wf_replay_new(arena->source, host);
    assert_non_null(replay);
    assert_int_equal(wf_replay_run(replay, &history, &options, &result, &err), WF_OK);
    if (result.verdict != row->verdict ||
        !wf_string_is(wf_string_of(row->rule == NULL ? "" : row->rule), result.finding.rule == NULL ? "" : result.finding.rule)) {
        fail_msg("%s%s: %s (%s) at event %lld: %.*s", row->name, evicts ? ", cold" : "", wf_verdict_name(result.verdict),
                 result.finding.rule == NULL ? "no rule" : result.finding.rule, (long long)result.finding.event_id,
                 (int)result.finding.message.size_bytes, result.finding.message.data);
    }
    wf_replay_free(replay);
    wf_host_free(host);
}

void code_replays_check(struct wf_arena *arena, const struct code_replay *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(arena, &rows[i], false);
        check(arena, &rows[i], true);
    }
}
