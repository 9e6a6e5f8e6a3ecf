/*
 * Two batches of one child each, in which an item is a history. The child reads on from item to item; one that takes over after
 * a crash reads up to where its predecessor was.
 */
#include "sim/cli/redacted_replay.h"

#include "engine/replay.h"
#include "sim/cli/batch.h"
#include "sim/cli/histories.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/replay_batch.h"
#include "sim/host/stacks.h"
#include "sim/report/pack.h"
#include "sim/report/visible.h"

struct verdict {
    enum wf_verdict verdict;
    int64_t event_id;
    struct wf_string diagnosis; /* "WF201"; empty when it is ok */
    struct wf_string workflow_id;
};

struct batch {
    struct cli *cli;
    const struct cli_code *code;
    const struct cli_paths *paths;
    struct verdict *verdicts; /* one an item */
    bool is_short_of_memory;

    /* The child's. */
    struct sim_code loaded;
    struct wf_replay *replay;
    struct cli_histories histories;
    uint64_t next_item;
};

/* ---- In the child ---- */

static enum wf_status start(void *context, struct sim_child *child, struct wf_error *err)
{
    struct batch *batch = context;

    WF_TRY(cli_replay_load(batch->cli->arena, batch->code, child, &batch->loaded, &batch->replay, err));
    if (cli_histories_open(&batch->histories, batch->cli->arena, batch->paths->items, batch->paths->count) != CLI_EXIT_OK) {
        return wf_fail_status(err, WF_ERR_NOT_FOUND, "the histories cannot be read again");
    }
    return WF_OK;
}

static enum wf_status replay_item(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    const struct wf_replay_options options = {.family = WF_FAMILY_AUTO};
    struct batch *batch = context;
    struct wf_replay_result result = {0};
    struct wf_history *history = NULL;
    struct wf_arena arena;
    struct wf_buffer frame;

    for (; batch->next_item <= item; batch->next_item++) {
        enum cli_exit read = CLI_EXIT_OK;

        while ((read = cli_histories_next(&batch->histories, &history)) == CLI_EXIT_UNREADABLE) {
        } /* the conversion left it out, too */
        if (read != CLI_EXIT_OK || history == NULL) {
            return wf_fail_status(err, WF_ERR_NOT_FOUND, "the histories changed while they were converted");
        }
    }
    sim_child_begin_history(child, 0);
    WF_TRY(wf_replay_run(batch->replay, history, &options, &result, err));
    sim_child_end_history(child);
    if (sim_stacks_were_short()) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory to replay");
    }
    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_buffer_init(&frame, &arena);
    sim_pack_number(&frame, result.verdict);
    sim_pack_number(&frame, (uint64_t)result.finding.event_id);
    sim_pack_text(&frame, wf_string_of(result.verdict == WF_VERDICT_OK || result.finding.diagnosis == NULL
                                           ? ""
                                           : result.finding.diagnosis));
    sim_pack_text(&frame, history->workflow_id);
    if (!frame.is_full) {
        sim_child_send(child, wf_buffer_string(&frame));
    }
    const enum wf_status status = frame.is_full ? wf_fail_status(err, WF_ERR_MEMORY, "out of memory") : WF_OK;
    wf_arena_deinit(&arena);
    return status;
}

/* ---- In the supervisor ---- */

static bool take(void *context, uint64_t item, struct wf_string bytes)
{
    struct batch *batch = context;
    struct sim_unpacker frame = {.arena = batch->cli->arena, .rest = bytes};
    struct verdict *verdict = &batch->verdicts[item];

    verdict->verdict = (enum wf_verdict)sim_unpack_number(&frame);
    verdict->event_id = (int64_t)sim_unpack_number(&frame);
    verdict->diagnosis = wf_string_copy(batch->cli->arena, sim_unpack_text(&frame));
    verdict->workflow_id = wf_string_copy(batch->cli->arena, sim_unpack_text(&frame));
    batch->is_short_of_memory |= verdict->diagnosis.data == NULL || verdict->workflow_id.data == NULL;
    return !batch->is_short_of_memory;
}

static bool end(void *context, uint64_t item, const struct sim_crash *crash)
{
    struct batch *batch = context;

    if (crash != NULL) {
        batch->verdicts[item] = (struct verdict){
            .verdict = WF_VERDICT_CODE_FAILED,
            .event_id = crash->event_id,
            .diagnosis = wf_string_of(sim_crash_diagnosis(crash->kind)),
            .workflow_id = wf_string_copy(batch->cli->arena, wf_string_of(crash->workflow_id)),
        };
    }
    return true;
}

/* The verdicts of all, or NULL when the batch did not come to its end; *result says why. */
static struct verdict *replay_all(struct cli *cli, const struct cli_code *code, const struct cli_paths *paths, uint64_t count,
                                  enum cli_exit *result)
{
    struct batch *batch = WF_ARENA_NEW(cli->arena, struct batch);
    struct sim_outcome_of_batch outcome = {.end = SIM_END_DONE};

    if (batch != NULL) {
        *batch = (struct batch){.cli = cli, .code = code, .paths = paths};
        batch->verdicts = wf_arena_take_array(cli->arena, count, sizeof *batch->verdicts);
    }
    if (batch == NULL || batch->verdicts == NULL) {
        cli_complain("out of memory");
        *result = CLI_EXIT_ENVIRONMENT;
        return NULL;
    }
    sim_contain(&(struct sim_containment){.item_count = count,
                                          .jobs = 1,
                                          .context = batch,
                                          .start = start,
                                          .run = replay_item,
                                          .frame = take,
                                          .end = end},
                &outcome);
    *result = batch->is_short_of_memory ? CLI_EXIT_ENVIRONMENT : cli_batch_exit(&outcome, code->path);
    return *result == CLI_EXIT_OK && outcome.end == SIM_END_DONE ? batch->verdicts : NULL;
}

static bool is_same(const struct verdict *before, const struct verdict *after)
{
    return before->verdict == after->verdict && before->event_id == after->event_id &&
           wf_string_equal(before->diagnosis, after->diagnosis);
}

static void append_verdict(struct wf_buffer *out, const struct verdict *verdict)
{
    wf_buffer_append_text(out, wf_verdict_name(verdict->verdict));
    if (verdict->event_id != 0) {
        wf_buffer_printf(out, " at event %lld", (long long)verdict->event_id);
    }
    if (verdict->diagnosis.size_bytes > 0) {
        wf_buffer_printf(out, " [%S]", &verdict->diagnosis);
    }
}

enum cli_exit cli_redacted_replay(struct cli *cli, const struct cli_code *code, const struct cli_paths *before,
                                  const struct cli_paths *after, uint64_t count)
{
    struct wf_buffer *out = &cli->out->text;
    enum cli_exit result = CLI_EXIT_OK;
    uint64_t changed_count = 0;

    cli_interrupt_catch();
    const struct verdict *old = replay_all(cli, code, before, count, &result);
    const struct verdict *new = old == NULL ? NULL : replay_all(cli, code, after, count, &result);
    if (new == NULL) {
        return result;
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!is_same(&old[i], &new[i])) {
            changed_count++;
            sim_append_visible(out, old[i].workflow_id, 0);
            wf_buffer_append_text(out, ": ");
            append_verdict(out, &old[i]);
            wf_buffer_append_text(out, "; redacted: ");
            append_verdict(out, &new[i]);
            wf_buffer_append_char(out, '\n');
        }
    }
    wf_buffer_printf(out, "%llu %s replayed before and after, %llu with another verdict\n", (unsigned long long)count,
                     count == 1 ? "history" : "histories", (unsigned long long)changed_count);
    return changed_count > 0 ? CLI_EXIT_FINDING : CLI_EXIT_OK;
}
