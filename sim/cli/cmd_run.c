/*
 * wfsim run: seeds of a scenario.
 *
 * An item of the batch is a seed. A child runs it and sends frames, each with a letter in front: the trace while it runs, the
 * histories, the story of a failure whose signature this child has not met before, and last the result. A child gets seeds in
 * ascending order, so whoever meets a signature first in the whole batch also tells its story.
 */
#include "engine/base/assert.h"
#include "sim/cli/batch.h"
#include "sim/cli/file.h"
#include "sim/cli/from.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/recording.h"
#include "sim/cli/simulation.h"
#include "sim/report/effects.h"
#include "sim/report/page.h"
#include "sim/report/pack.h"
#include "sim/report/seed.h"
#include "sim/report/story.h"
#include "sim/report/summary.h"
#include "sim/report/visible.h"

#define DEFAULT_SEED 1

enum frame {
    FRAME_TRACE = 'T',   /* lines of text */
    FRAME_HISTORY = 'H', /* cli_recording_pack */
    FRAME_STORY = 'S',   /* signature, text */
    FRAME_RESULT = 'R',  /* sim_seed_encode */
    FRAME_LEDGER = 'L',  /* text; of a batch of one seed */
};

struct batch {
    struct cli *cli;
    const struct cli_args *args;
    struct cli_simulation simulation;
    uint64_t first_seed;
    uint64_t seed_count;
    bool wants_trace;
    bool wants_histories;

    /* The supervisor's. */
    struct sim_summary summary;
    struct sim_repeat repeat;
    struct cli_recording recording;
    struct cli_writer trace;
    struct cli_writer page; /* --report */
    bool wants_page;
    struct wf_arena item_arena;
    struct cli_progress progress;
    struct wf_string ledger;    /* in words; of a batch of one seed */
    enum cli_exit trace_result; /* of the first write of the trace that failed */

    /* A child's. */
    struct sim_child *child;
    struct wf_arena words;
    struct wf_buffer lines; /* of the trace, not yet sent */
    uint64_t told[SIM_SIGNATURES_MAX];
    uint32_t told_count;
};

/* ---- In a child ---- */

static enum wf_status start_child(void *context, struct sim_child *child, struct wf_error *err)
{
    struct batch *batch = context;

    batch->child = child;
    wf_arena_init(&batch->words, wf_system_blocks(), 0);
    return cli_simulation_start(batch->cli, &batch->simulation, child, err);
}

static void send(struct batch *batch, struct wf_buffer *frame)
{
    sim_child_send(batch->child, wf_buffer_string(frame));
}

static void begin_frame(struct batch *batch, enum frame kind, struct wf_buffer *frame)
{
    wf_buffer_init(frame, &batch->words);
    wf_buffer_append_char(frame, (char)kind);
}

static void send_lines(struct batch *batch)
{
    if (batch->lines.size_bytes > 1) {
        send(batch, &batch->lines);
    }
    wf_buffer_reset(&batch->lines);
    wf_buffer_append_char(&batch->lines, FRAME_TRACE);
}

static void trace_record(void *context, const struct sim_record *record)
{
    struct batch *batch = context;
    const size_t start = batch->lines.size_bytes;

    sim_record_print(record, &batch->lines);
    sim_make_visible(&batch->lines, start);
    wf_buffer_append_char(&batch->lines, '\n');
    send_lines(batch); /* at once: the next step may be workflow code that ends this process */
}

static enum wf_status send_histories(struct batch *batch, uint64_t seed, struct wf_error *err)
{
    const uint32_t run_count = sim_world_run_count(sim_run_world(batch->simulation.run));

    for (uint32_t i = 0; i < run_count; i++) {
        struct wf_buffer frame;

        wf_arena_reset(&batch->words);
        begin_frame(batch, FRAME_HISTORY, &frame);
        WF_TRY(cli_recording_pack(&batch->words, &batch->simulation, seed, i, &frame, err));
        send(batch, &frame);
    }
    return WF_OK;
}

static bool was_told(struct batch *batch, uint64_t signature)
{
    for (uint32_t i = 0; i < batch->told_count; i++) {
        if (batch->told[i] == signature) {
            return true;
        }
    }
    if (batch->told_count < SIM_SIGNATURES_MAX) {
        batch->told[batch->told_count++] = signature;
        return false;
    }
    return true;
}

/* The seed is run once more for each new signature, this time watched. */
static enum wf_status send_stories(struct batch *batch, const struct sim_run_options *options,
                                   const struct sim_run_result *result, struct wf_error *err)
{
    const uint32_t broken_count = result->broken_count;
    struct sim_broken_check *broken = wf_arena_take_array(&batch->words, broken_count, sizeof *broken);

    /* The rerun reuses the result's memory. */
    for (uint32_t i = 0; broken != NULL && i < broken_count; i++) {
        broken[i] = result->broken[i];
        broken[i].sentence = wf_string_copy(&batch->words, broken[i].sentence);
        broken[i].workflow_id = wf_string_copy(&batch->words, broken[i].workflow_id);
        broken[i].key = wf_string_copy(&batch->words, broken[i].key);
    }
    for (uint32_t i = 0; broken != NULL && i < broken_count; i++) {
        struct wf_buffer frame;

        if (was_told(batch, broken[i].signature)) {
            continue;
        }
        struct sim_story story;
        struct sim_run_options watched = *options;
        const struct sim_run_result *again = NULL;

        sim_story_init(&story, &batch->words, &broken[i]);
        watched.observer = sim_story_observe;
        watched.observer_context = &story;
        WF_TRY(cli_simulation_seed(&batch->simulation, &watched, &again, err));
        begin_frame(batch, FRAME_STORY, &frame);
        sim_pack_number(&frame, broken[i].signature);
        sim_story_print(&story, &frame);
        send(batch, &frame);
    }
    return WF_OK;
}

static enum wf_status run_seed(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct batch *batch = context;
    const struct sim_run_result *result = NULL;
    struct sim_run_options options = {.seed = batch->first_seed + item, .keeps_histories = batch->wants_histories};
    struct wf_buffer frame;

    (void)child;
    wf_arena_reset(&batch->words);
    struct sim_run_options traced = options;
    if (batch->wants_trace) {
        wf_buffer_init(&batch->lines, &batch->words);
        wf_buffer_append_char(&batch->lines, FRAME_TRACE);
        traced.observer = trace_record;
        traced.observer_context = batch;
    }
    WF_TRY(cli_simulation_seed(&batch->simulation, &traced, &result, err));
    if (batch->wants_trace) {
        send_lines(batch);
    }
    wf_arena_reset(&batch->words);
    begin_frame(batch, FRAME_RESULT, &frame);
    sim_seed_encode(&batch->simulation.scenario.config, result, &frame);
    send(batch, &frame);
    if (batch->seed_count == 1) {
        begin_frame(batch, FRAME_LEDGER, &frame);
        sim_effects_print(sim_world_ledger(sim_run_world(batch->simulation.run)), &frame);
        send(batch, &frame);
    }
    if (result->is_out_of_room) {
        return WF_OK; /* nothing can be read in a world without memory, and the story is told */
    }
    if (batch->wants_histories) {
        WF_TRY(send_histories(batch, options.seed, err));
    }
    return result->broken_count > 0 ? send_stories(batch, &options, result, err) : WF_OK;
}

/* ---- In the supervisor ---- */

/* One seed as a line: a summary of it alone. */
static void write_line(struct batch *batch, const struct sim_run_result *result, const struct sim_summary_crash *crash)
{
    struct cli_output *out = batch->cli->out;
    struct wf_json_writer writer;
    struct sim_summary one;

    wf_json_writer_init(&writer, &out->text, 0);
    sim_summary_init(&one, &batch->item_arena, &batch->simulation.scenario.config, &batch->repeat);
    if (crash != NULL) {
        sim_summary_add_crash(&one, crash);
    } else {
        sim_summary_add(&one, result);
    }
    wf_json_begin_object(&writer);
    sim_summary_json(&one, &writer);
    wf_json_end_object(&writer);
    wf_buffer_append_char(&out->text, '\n');
    cli_output_flush_some(out);
}

static void take_result(struct batch *batch, struct wf_string bytes)
{
    struct sim_run_result result;
    const bool is_read =
        sim_seed_decode(&batch->item_arena, &batch->simulation.scenario.config, bytes, &result);

    WF_ASSERT(is_read); /* a child is ourselves */
    sim_summary_add(&batch->summary, &result);
    if (batch->cli->out->format == CLI_FORMAT_JSONL) {
        write_line(batch, &result, NULL);
    }
}

static bool take_trace(struct batch *batch, struct wf_string lines)
{
    struct wf_error err = {0};

    batch->trace_result = cli_writer_write(&batch->trace, lines, &err);
    if (batch->trace_result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    }
    return batch->trace_result == CLI_EXIT_OK;
}

static bool take_frame(void *context, uint64_t item, struct wf_string bytes)
{
    struct batch *batch = context;
    const struct wf_string body = {bytes.data + 1, bytes.size_bytes - 1};
    struct sim_unpacker unpacker = {.arena = &batch->item_arena, .rest = body};

    (void)item;
    wf_arena_reset(&batch->item_arena);
    switch ((enum frame)bytes.data[0]) {
    case FRAME_RESULT:
        take_result(batch, body);
        return true;
    case FRAME_STORY: {
        const uint64_t signature = sim_unpack_number(&unpacker);
        sim_summary_tell(&batch->summary, signature, unpacker.rest);
        return true;
    }
    case FRAME_LEDGER:
        batch->ledger = wf_string_copy(batch->cli->arena, body);
        return true;
    case FRAME_HISTORY:
        return cli_recording_take(&batch->recording, body);
    case FRAME_TRACE:
        return take_trace(batch, body);
    }
    WF_UNREACHABLE();
}

static void take_crash(struct batch *batch, uint64_t seed, const struct sim_crash *crash)
{
    const struct sim_summary_crash told = {
        .workflow_id = wf_string_of(crash->workflow_id),
        .workflow_type = wf_string_of(crash->workflow_type),
        .ended = wf_string_of(sim_crash_name(crash->kind)),
        .diagnosis = wf_string_of(sim_crash_diagnosis(crash->kind)),
        .call = wf_string_of(crash->call),
        .event_id = crash->event_id,
        .first_seed = seed,
    };

    sim_summary_add_crash(&batch->summary, &told);
    if (batch->cli->out->format == CLI_FORMAT_JSONL) {
        wf_arena_reset(&batch->item_arena);
        write_line(batch, NULL, &told);
    }
}

static bool end_seed(void *context, uint64_t item, const struct sim_crash *crash)
{
    struct batch *batch = context;

    if (crash != NULL) {
        take_crash(batch, batch->first_seed + item, crash);
    }
    return true;
}

static void show_progress(void *context, uint64_t ended_count)
{
    struct batch *batch = context;

    cli_progress_update(&batch->progress, batch->cli->out, ended_count);
}

static void write_report(struct batch *batch)
{
    struct cli_output *out = batch->cli->out;
    struct wf_json_writer writer;

    if (out->format == CLI_FORMAT_JSON) {
        wf_json_writer_init(&writer, &out->text, 0);
        wf_json_begin_object(&writer);
        sim_summary_json(&batch->summary, &writer);
        wf_json_end_object(&writer);
        wf_buffer_append_char(&out->text, '\n');
    } else if (out->format == CLI_FORMAT_TEXT) {
        if (batch->summary.seed_count + batch->summary.crash_count > 0) {
            sim_summary_print(&batch->summary, &out->text);
        }
        wf_buffer_append_string(&out->text, batch->ledger);
        sim_summary_print_findings(&batch->summary, &out->text);
    }
}

/* ---- Outputs ---- */

static const char *const output_options[] = {"--trace", "--record", "--report"};

#define OUTPUT_COUNT (sizeof output_options / sizeof *output_options)

/* An output that is one of the run's inputs: what it is, else NULL. */
static const char *input_of(struct batch *batch, const char *path)
{
    const struct cli_simulation *simulation = &batch->simulation;
    struct wf_arena *arena = batch->cli->arena;

    if (cli_file_is_same(arena, path, simulation->path)) {
        return "the scenario itself";
    }
    if (simulation->has_tape && cli_file_is_same(arena, path, simulation->tape_path)) {
        return "the tape";
    }
    if (simulation->from_path != NULL && cli_file_is_same(arena, path, simulation->from_path)) {
        return "the history that goes on";
    }
    for (uint32_t i = 0; i < simulation->scenario.code_count; i++) {
        if (cli_file_is_same(arena, path, simulation->codes[i].path)) {
            return "workflow code of the scenario";
        }
    }
    return NULL;
}

/* No output may take the place of what the run reads, or of another output. */
static enum cli_exit check_outputs(struct batch *batch)
{
    for (size_t i = 0; i < OUTPUT_COUNT; i++) {
        const char *path = cli_args_text(batch->args, output_options[i], NULL);
        const char *input = path != NULL ? input_of(batch, path) : NULL;

        if (input != NULL) {
            cli_complain("%s would write over %s, which is %s", output_options[i], path, input);
            return CLI_EXIT_USAGE;
        }
        for (size_t j = 0; path != NULL && j < i; j++) {
            const char *other = cli_args_text(batch->args, output_options[j], NULL);

            if (other != NULL && (cli_file_is_same(batch->cli->arena, path, other) ||
                                  (strcmp(path, "-") == 0 && strcmp(other, "-") == 0))) {
                cli_complain("%s and %s would both write to %s", output_options[j], output_options[i],
                             strcmp(path, "-") == 0 ? "standard output" : path);
                return CLI_EXIT_USAGE;
            }
        }
    }
    return CLI_EXIT_OK;
}

/* Opens the file of an option, if it was given. */
static enum cli_exit open_output(struct batch *batch, const char *option, struct cli_writer *writer, bool *is_wanted)
{
    const char *path = cli_args_text(batch->args, option, NULL);
    struct wf_error err = {0};

    if (path == NULL) {
        return CLI_EXIT_OK;
    }
    if (cli_writer_open(writer, batch->cli->arena, path, &err) != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return CLI_EXIT_ENVIRONMENT;
    }
    *is_wanted = true;
    return CLI_EXIT_OK;
}

static void abandon_outputs(struct batch *batch)
{
    if (batch->wants_trace) {
        cli_writer_abandon(&batch->trace);
    }
    if (batch->wants_page) {
        cli_writer_abandon(&batch->page);
    }
}

/* Before the first seed: nobody waits an hour to hear of a folder that is not there. */
static enum cli_exit open_outputs(struct batch *batch)
{
    const char *record = cli_args_text(batch->args, "--record", NULL);
    enum cli_exit result = open_output(batch, "--trace", &batch->trace, &batch->wants_trace);

    if (result == CLI_EXIT_OK) {
        result = open_output(batch, "--report", &batch->page, &batch->wants_page);
    }
    if (result == CLI_EXIT_OK && record != NULL) {
        result = cli_recording_open(&batch->recording, batch->cli, record);
        batch->wants_histories = result == CLI_EXIT_OK;
    }
    if (result != CLI_EXIT_OK) {
        abandon_outputs(batch);
    }
    return result;
}

static enum cli_exit close_outputs(struct batch *batch)
{
    enum cli_exit result = CLI_EXIT_OK;
    struct wf_error err = {0};

    if (batch->wants_histories) {
        result = cli_recording_close(&batch->recording);
    }
    if (batch->wants_trace && cli_writer_commit(&batch->trace, &err) != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        result = CLI_EXIT_ENVIRONMENT;
    }
    return result;
}

static enum cli_exit write_page(struct batch *batch)
{
    const struct sim_repeat repeat = cli_simulation_repeat(batch->cli, &batch->simulation, true);
    const struct sim_page page = {.summary = &batch->summary, .repeat = &repeat, .ledger = batch->ledger};
    struct wf_error err = {0};
    struct wf_buffer text;
    enum cli_exit result = CLI_EXIT_OK;

    if (!batch->wants_page) {
        return CLI_EXIT_OK;
    }
    wf_buffer_init(&text, batch->cli->arena);
    sim_page_print(&page, &text);
    if (text.is_full) {
        cli_writer_abandon(&batch->page);
        cli_complain("cannot write %s: out of memory", batch->page.path);
        return CLI_EXIT_ENVIRONMENT;
    }
    result = cli_writer_write(&batch->page, wf_buffer_string(&text), &err);
    if (result == CLI_EXIT_OK) {
        result = cli_writer_commit(&batch->page, &err);
    } else {
        cli_writer_abandon(&batch->page);
    }
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    }
    return result;
}

static enum cli_exit run_batch(struct batch *batch)
{
    const struct sim_containment config = {
        .item_count = batch->seed_count,
        .jobs = cli_jobs(batch->args, batch->seed_count),
        .context = batch,
        .start = start_child,
        .run = run_seed,
        .frame = take_frame,
        .end = end_seed,
        .tick = show_progress,
    };
    struct sim_outcome_of_batch outcome = {0};
    enum cli_exit result = open_outputs(batch);

    if (result != CLI_EXIT_OK) {
        return result;
    }
    wf_arena_init(&batch->item_arena, wf_system_blocks(), 0);
    batch->repeat = cli_simulation_repeat(batch->cli, &batch->simulation, false);
    sim_summary_init(&batch->summary, batch->cli->arena, &batch->simulation.scenario.config, &batch->repeat);
    cli_progress_begin(&batch->progress, "seeds", batch->seed_count);
    sim_contain(&config, &outcome);
    cli_progress_end(&batch->progress);
    result = cli_exit_worse(cli_batch_exit(&outcome, batch->simulation.codes[0].path), close_outputs(batch));
    result = cli_exit_worse(result, batch->trace_result);
    write_report(batch);
    result = cli_exit_worse(result, write_page(batch));
    wf_arena_deinit(&batch->item_arena);
    return cli_exit_worse(result, sim_summary_is_fine(&batch->summary) ? CLI_EXIT_OK : CLI_EXIT_FINDING);
}

static void write_plan_json(const struct batch *batch)
{
    const struct sim_config *config = &batch->simulation.scenario.config;
    struct wf_json_writer writer;

    wf_json_writer_init(&writer, &batch->cli->out->text, 0);
    wf_json_begin_object(&writer);
    wf_json_put_string(&writer, "scenario", config->name);
    wf_json_put_u64(&writer, "servers", config->server_count);
    wf_json_put_u64(&writer, "shards", config->shard_count);
    wf_json_put_u64(&writer, "starts", config->start_count);
    wf_json_put_u64(&writer, "activities", config->activity_count);
    wf_json_put_u64(&writer, "clients", config->client_count);
    wf_json_put_u64(&writer, "checks", config->check_count);
    wf_json_put_u64(&writer, "goals", config->goal_count);
    wf_json_put_array(&writer, "code");
    for (uint32_t i = 0; i < batch->simulation.scenario.code_count; i++) {
        wf_json_begin_object(&writer);
        wf_json_put_string(&writer, "version", batch->simulation.scenario.codes[i].version);
        wf_json_put_string(&writer, "file", wf_string_of(batch->simulation.codes[i].path));
        wf_json_end_object(&writer);
    }
    wf_json_end_array(&writer);
    wf_json_put_u64(&writer, "first_seed", batch->first_seed);
    wf_json_put_u64(&writer, "seeds", batch->seed_count);
    wf_json_end_object(&writer);
    wf_buffer_append_char(&batch->cli->out->text, '\n');
}

static void write_plan_text(const struct batch *batch)
{
    const struct sim_config *config = &batch->simulation.scenario.config;
    struct wf_buffer *text = &batch->cli->out->text;

    wf_buffer_printf(text, "%S: %u servers, %u shards, %u starts, %u activities, %u clients, %u checks, %u goals\n",
                     &config->name, config->server_count, config->shard_count, config->start_count,
                     config->activity_count, config->client_count, config->check_count, config->goal_count);
    for (uint32_t i = 0; i < batch->simulation.scenario.code_count; i++) {
        wf_buffer_printf(text, "  code %S: %s compiles\n", &batch->simulation.scenario.codes[i].version,
                         batch->simulation.codes[i].path);
    }
    wf_buffer_printf(text, "would run %llu %s from %llu\n", (unsigned long long)batch->seed_count,
                     batch->seed_count == 1 ? "seed" : "seeds", (unsigned long long)batch->first_seed);
}

static void write_plan(const struct batch *batch)
{
    if (batch->cli->out->format == CLI_FORMAT_TEXT) {
        write_plan_text(batch);
    } else {
        write_plan_json(batch);
    }
}

static enum cli_exit run_scenario(struct cli *cli, const struct cli_args *args)
{
    struct batch *batch = wf_arena_take(cli->arena, sizeof *batch);
    const struct cli_given *seeds = cli_args_given(args, "--seeds");
    enum cli_exit result = CLI_EXIT_OK;

    if (batch == NULL) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    if (seeds != NULL && cli_args_has(args, "--seed")) {
        cli_complain("--seed and --seeds exclude each other");
        return CLI_EXIT_USAGE;
    }
    batch->cli = cli;
    batch->args = args;
    batch->first_seed = seeds != NULL ? seeds->first : cli_args_number(args, "--seed", DEFAULT_SEED);
    batch->seed_count = seeds != NULL ? seeds->last - seeds->first + 1 : 1;
    if (seeds != NULL && batch->seed_count == 0) {
        cli_complain("--seeds: that is every number there is; give a smaller range");
        return CLI_EXIT_USAGE;
    }
    result = cli_simulation_open(cli, args, args->operands[0], &batch->simulation);
    if (result == CLI_EXIT_OK) {
        result = cli_from_read(cli, args, &batch->simulation);
    }
    if (result == CLI_EXIT_OK) {
        result = cli_simulation_options(cli, args, &batch->simulation);
    }
    if (result == CLI_EXIT_OK) {
        result = check_outputs(batch);
    }
    if (result != CLI_EXIT_OK) {
        return result;
    }
    if (cli_args_has(args, "--dry-run")) {
        write_plan(batch);
        return CLI_EXIT_OK;
    }
    cli_interrupt_catch();
    return run_batch(batch);
}

static const struct cli_option options[] = {
    {"--seed", CLI_NUMBER, "N", "the seed; 1 when not given"},
    {"--seeds", CLI_RANGE, "A..B", "many seeds, one after the other"},
    {"--tape", CLI_TEXT, "F", "choices that replace the seed's"},
    {"--jobs", CLI_COUNT, "N", "processes at once; one a processor when not given"},
    {"--record", CLI_TEXT, "OUT.wfh", "write every history to an archive"},
    {"--trace", CLI_TEXT, "OUT", "write everything that happens, a line each"},
    {"--report", CLI_TEXT, "OUT.html", "write the summary and every failure as a page"},
    {"--no-faults", CLI_SWITCH, NULL, "break nothing"},
    {"--set", CLI_MANY, "K=V", "change the scenario: --set cluster.workers=3"},
    {"--dry-run", CLI_SWITCH, NULL, "read the scenario and compile the code, run nothing"},
    {"--stop-at", CLI_COUNT, "STEP", "stop after this step"},
    {"--from", CLI_TEXT, "HISTORY@EVENT", "in place of starts: the history's run goes on from the event"},
    {"--id", CLI_TEXT, "ID", "the workflow or run, when HISTORY holds several"},
    {"-w", CLI_TEXT, "CODE", "with --from: the workers run this code"},
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_run = {
    .name = "run",
    .operands = "SCENARIO",
    .operand_count_min = 1,
    .operand_count_max = 1,
    .summary = "simulate a scenario",
    .description = "Runs the scenario's workflows on a simulated cluster, breaks it as the seed says, and checks at every\n"
                   "step what must hold. The same scenario and seed give the same output, everywhere.",
    .options = options,
    .example = "wfsim run scenarios/saga.yaml --seeds 1..1000",
    .run = run_scenario,
};
