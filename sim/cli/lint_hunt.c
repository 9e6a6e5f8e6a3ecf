/*
 * One mistake shows in many histories: the first is told, the others are counted. A child sends a frame for each history, with what
 * the hunt found in it; the supervisor looks up the lines.
 */
#include "sim/cli/lint_hunt.h"

#include <string.h>

#include "engine/base/assert.h"
#include "sim/cli/batch.h"
#include "sim/cli/child_files.h"
#include "sim/cli/file.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/replay_batch.h"
#include "sim/host/hunt.h"
#include "sim/host/source_place.h"
#include "sim/report/pack.h"

struct batch {
    struct cli_paths paths;
    const struct sim_object *object;
    struct cli_lint_findings *findings;
    enum cli_exit worst;
    struct sim_hunt *hunt; /* a child's */
};

/* ---- In a child ---- */

static enum wf_status start(void *context, struct sim_child *child, struct wf_error *err)
{
    struct batch *batch = context;
    const struct cli_code *code = batch->findings->code;
    const struct sim_hunt_config config = {
        .path = code->path, .object_path = code->object, .object = batch->object, .host = cli_replay_host(child)};

    return sim_hunt_new(batch->findings->arena, &config, &batch->hunt, err);
}

static enum wf_status hunt_one(const struct cli_child_reader *reader, struct wf_arena *arena, struct wf_history *history,
                               struct wf_error *err)
{
    struct batch *batch = reader->context;
    struct sim_hunt_findings found;
    struct wf_buffer frame;

    WF_TRY(sim_hunt_run(batch->hunt, arena, history, &found, err));
    wf_buffer_init(&frame, arena);
    sim_pack_number(&frame, CLI_CHILD_RESULT);
    sim_pack_text(&frame, history->workflow_id);
    cli_replayed_pack(&frame, found.verdict, found.verdict_diagnosis, found.verdict_message);
    sim_pack_number(&frame, found.count);
    for (uint32_t i = 0; i < found.count; i++) {
        const struct sim_hunt_finding *finding = &found.items[i];

        sim_pack_number(&frame, (uint64_t)finding->diagnosis);
        sim_pack_number(&frame, (uint64_t)finding->event_id);
        sim_pack_text(&frame, finding->symbol);
        sim_pack_number(&frame, finding->code_offset);
        sim_pack_text(&frame, finding->first);
        sim_pack_text(&frame, finding->again);
    }
    return cli_child_send(reader->child, &frame);
}

static enum wf_status run_file(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct batch *batch = context;
    const struct cli_child_reader reader = {child, hunt_one, batch};

    return cli_child_read(&reader, batch->paths.items[item], err);
}

/* ---- In the supervisor ---- */

static bool count_again(struct cli_lint_findings *findings, const struct cli_lint_finding *finding)
{
    for (uint32_t i = 0; i < findings->list.count; i++) {
        struct cli_lint_finding *known = &findings->list.items[i];

        if (known->file.size_bytes > 0 && known->diagnosis == finding->diagnosis &&
            wf_string_equal(known->symbol, finding->symbol) && wf_string_equal(known->source, finding->source)) {
            known->history_count++;
            return true;
        }
    }
    return false;
}

static void add(struct batch *batch, uint64_t item, struct wf_string workflow_id, struct sim_unpacker *frame)
{
    struct cli_lint_findings *findings = batch->findings;
    struct cli_lint_finding finding = {.diagnosis = (enum wf_diagnosis_number)sim_unpack_number(frame), .history_count = 1};

    finding.file = wf_string_of(batch->paths.items[item]);
    finding.event_id = (int64_t)sim_unpack_number(frame);
    finding.symbol = sim_unpack_text(frame);
    const uint64_t offset = sim_unpack_number(frame);
    finding.first = sim_unpack_text(frame);
    finding.again = sim_unpack_text(frame);
    finding.source = finding.diagnosis == WF_DIAGNOSIS_CHANGES_GLOBAL
                         ? sim_source_of_symbol(findings->arena, findings->code->path, findings->code->object, finding.symbol)
                         : sim_source_place(findings->arena, findings->code->path, findings->code->object, offset);
    if (!count_again(findings, &finding)) {
        finding.workflow_id = wf_string_copy(findings->arena, workflow_id);
        finding.symbol = wf_string_copy(findings->arena, finding.symbol);
        finding.first = wf_string_copy(findings->arena, finding.first);
        finding.again = wf_string_copy(findings->arena, finding.again);
        cli_lint_add(findings, &finding);
    }
}

static bool take_frame(void *context, uint64_t item, struct wf_string bytes)
{
    struct batch *batch = context;
    struct sim_unpacker frame = {.arena = batch->findings->arena, .rest = bytes};

    if (cli_child_complain(batch->paths.items[item], bytes)) {
        batch->worst = cli_exit_worse(batch->worst, CLI_EXIT_UNREADABLE);
        return true;
    }
    (void)sim_unpack_number(&frame);
    const struct wf_string workflow_id = sim_unpack_text(&frame);
    (void)cli_replayed_take(&batch->findings->replayed, batch->paths.items[item], workflow_id, &frame);
    batch->findings->history_count++;
    for (uint64_t count = sim_unpack_number(&frame); count > 0 && !frame.has_failed; count--) {
        add(batch, item, workflow_id, &frame);
    }
    WF_ASSERT(sim_unpack_is_whole(&frame));
    return !batch->findings->is_short_of_memory;
}

/* Code that ends its process is a finding as any other, of the type that did. */
static void add_crash(struct batch *batch, uint64_t item, const struct sim_crash *crash)
{
    struct cli_lint_findings *findings = batch->findings;
    struct cli_lint_finding finding = {
        .diagnosis = wf_diagnosis_find(wf_string_of(sim_crash_diagnosis(crash->kind)))->number,
        .file = wf_string_of(batch->paths.items[item]),
        .event_id = crash->event_id,
        .symbol = wf_string_of(crash->workflow_type),
        .history_count = 1,
    };

    if (!count_again(findings, &finding)) {
        finding.workflow_id = wf_string_copy(findings->arena, wf_string_of(crash->workflow_id));
        finding.symbol = wf_string_copy(findings->arena, finding.symbol);
        cli_lint_add(findings, &finding);
    }
}

static bool end_file(void *context, uint64_t item, const struct sim_crash *crash)
{
    struct batch *batch = context;

    if (crash != NULL) {
        cli_complain("%s: the code of %s ended with: %s; the histories behind it in this file are left out",
                     batch->paths.items[item], crash->workflow_type, sim_crash_name(crash->kind));
        add_crash(batch, item, crash);
        batch->findings->history_count++;
    }
    return !batch->findings->is_short_of_memory;
}

enum cli_exit cli_lint_hunt(struct cli *cli, const struct cli_args *args, const struct sim_object *object,
                            struct cli_lint_findings *findings)
{
    struct batch batch = {.object = object, .findings = findings, .worst = CLI_EXIT_OK};
    struct sim_outcome_of_batch outcome = {.end = SIM_END_DONE};
    struct wf_error err = {0};
    const enum cli_exit expanded =
        cli_file_expand(cli->arena, args->operands + 1, args->operand_count - 1, &batch.paths, &err);

    if (expanded != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return expanded;
    }
    findings->has_hunted = true;
    cli_interrupt_catch();
    sim_contain(&(struct sim_containment){.item_count = batch.paths.count,
                                          .jobs = cli_jobs_default(batch.paths.count),
                                          .context = &batch,
                                          .start = start,
                                          .run = run_file,
                                          .frame = take_frame,
                                          .end = end_file},
                &outcome);
    const uint64_t none_count = cli_replayed_none(&findings->replayed);
    if (none_count > 0 && none_count == findings->history_count) {
        batch.worst = cli_exit_worse(batch.worst, CLI_EXIT_UNREADABLE);
    }
    return cli_exit_worse(outcome.end == SIM_END_STOPPED ? CLI_EXIT_OK : cli_batch_exit(&outcome, findings->code->path),
                          batch.worst);
}
