/*
 * One simulation: the world steps, the records of each step go to the checks and to the fault layer, and between two steps
 * faults strike and histories of closed runs are verified. All memory is one region, taken back between seeds.
 */
#include "sim/run.h"

#include <string.h>

#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/base/map.h"
#include "engine/codec.h"
#include "engine/diagnosis.h"
#include "sim/check/check.h"
#include "sim/check/check_runs.h"
#include "sim/core/pool.h"
#include "sim/explore/unfinished.h"
#include "sim/fault/fault.h"

#define CLOSED_MAX 64                      /* runs that close in one step */
#define QUIET_NS (3600 * WF_NS_PER_S)      /* nothing happened for so long: look whether anything can */
#define GRACE_NS (24 * 3600 * WF_NS_PER_S) /* for attempts that go on after everything closed */

struct sim_run {
    struct wf_block_source blocks; /* of the region */
    const struct sim_config *config;
    void *region;
    struct sim_pool *pool;
    struct wf_arena arena;   /* of the seed: checks and result */
    struct wf_arena scratch; /* of one step */
    struct sim_world *world;
    struct sim_checks *checks;
    struct sim_runs *runs; /* their histories, to be compared at the end */
    struct sim_faults *faults;
    const struct sim_run_options *options;
    struct sim_run_result result;

    struct wf_map sends;    /* workflow id, zero byte, signal name: sent at least once */
    struct wf_map attempts; /* node -> attempts that run there */
    struct wf_string closed_run_ids[CLOSED_MAX];
    uint32_t closed_count;
    bool has_missed_run; /* more closed at once than are remembered */
    uint32_t told_count; /* broken checks that are in the trace */
    wf_time_ns last_activity_ns;
    wf_time_ns done_ns;           /* when everything had closed; SIM_NEVER until then */
    wf_time_ns quiet_checked_ns;
    bool has_told_heal;
    bool is_full;

    /* Of a seed that needed more than there is: told without taking any. */
    struct sim_broken_check out_of_room;
    char out_of_room_sentence[WF_ERROR_MESSAGE_BYTES];
};

/* ---- Records ---- */

static void note_send(struct sim_run *run, const struct sim_record *record)
{
    struct wf_arena_mark mark = wf_arena_mark(&run->arena);
    struct wf_buffer key;

    wf_buffer_init(&key, &run->arena);
    wf_buffer_append_string(&key, record->subject);
    wf_buffer_append_char(&key, '\0');
    wf_buffer_append_string(&key, record->a);
    if (key.is_full || wf_map_get(&run->sends, wf_buffer_string(&key)) != NULL) {
        wf_arena_rewind(&run->arena, mark);
        return;
    }
    run->is_full = !wf_map_set(&run->sends, wf_buffer_string(&key), run) || run->is_full;
}

/* Counts the attempts that run on a node; a crash ends them all. */
static void count_attempts(struct sim_run *run, const struct sim_record *record)
{
    int32_t *count = wf_map_get(&run->attempts, record->node);

    if (count == NULL) {
        const struct wf_string node = wf_string_copy(&run->arena, record->node);

        count = WF_ARENA_NEW(&run->arena, int32_t);
        if (count == NULL || node.data == NULL || !wf_map_set(&run->attempts, node, count)) {
            run->is_full = true;
            return;
        }
    }
    if (record->kind == SIM_RECORD_ATTEMPT_STARTED) {
        (*count)++;
    } else if (record->kind == SIM_RECORD_ATTEMPT_ENDED) {
        *count -= *count > 0 ? 1 : 0;
    } else {
        *count = 0;
    }
}

static bool has_running_attempt(const struct sim_run *run)
{
    uint32_t index = 0;

    for (const struct wf_map_entry *entry = wf_map_next(&run->attempts, &index); entry != NULL;
         entry = wf_map_next(&run->attempts, &index)) {
        if (*(const int32_t *)entry->value > 0) {
            return true;
        }
    }
    return false;
}

static void note_closed(struct sim_run *run, const struct sim_record *record)
{
    if (run->closed_count < CLOSED_MAX) {
        run->closed_run_ids[run->closed_count++] = wf_string_copy(&run->scratch, record->b);
    } else {
        run->has_missed_run = true;
    }
}

/* Polls, messages and queries go on for ever; these are signs that some run still moves. A write is one of its own: of a task
 * that became due no state tells any more, and no attempt yet. */
static bool is_activity(enum sim_record_kind kind)
{
    return kind == SIM_RECORD_WRITE || kind == SIM_RECORD_EVENT || kind == SIM_RECORD_RUN_STARTED || kind == SIM_RECORD_RUN_CLOSED ||
           kind == SIM_RECORD_ATTEMPT_STARTED || kind == SIM_RECORD_ATTEMPT_ENDED || kind == SIM_RECORD_EFFECT ||
           kind == SIM_RECORD_UNDO || kind == SIM_RECORD_CRASH;
}

static void on_record(void *context, const struct sim_record *record)
{
    struct sim_run *run = context;

    sim_checks_record(run->checks, record);
    if (run->faults != NULL) {
        sim_faults_record(run->faults, record);
    }
    if (is_activity(record->kind)) {
        run->last_activity_ns = record->time_ns;
    }
    if (record->kind == SIM_RECORD_ATTEMPT_STARTED || record->kind == SIM_RECORD_ATTEMPT_ENDED ||
        record->kind == SIM_RECORD_CRASH) {
        count_attempts(run, record);
    } else if (record->kind == SIM_RECORD_RUN_CLOSED) {
        note_closed(run, record);
    } else if (record->kind == SIM_RECORD_SENT) {
        note_send(run, record);
    }
    if (run->options->observer != NULL) {
        run->options->observer(run->options->observer_context, record);
    }
}

static void on_commit(void *context, const struct sim_commit *commit)
{
    struct sim_run *run = context;

    sim_checks_commit(run->checks, &run->scratch, commit);
}

static void on_exchange(void *context, const struct sim_exchange *exchange)
{
    struct sim_run *run = context;

    sim_checks_exchange(run->checks, &run->scratch, exchange);
}

static void on_turn(void *context, const struct sim_turn *turn)
{
    struct sim_run *run = context;

    sim_checks_turn(run->checks, turn);
}

static void on_drop(void *context, struct wf_string run_id)
{
    struct sim_run *run = context;
    const struct sim_loop *loop = sim_world_loop(run->world);

    sim_checks_drop(run->checks, run_id, loop->now_ns, loop->step_count);
}

/* ---- Runs that closed in this step ---- */

static uint32_t find_run(const struct sim_run *run, struct wf_string run_id)
{
    const uint32_t count = sim_world_run_count(run->world);

    for (uint32_t i = count; i > 0; i--) {
        if (wf_string_equal(sim_world_run(run->world, i - 1).run_id, run_id)) {
            return i - 1;
        }
    }
    return count;
}

static enum wf_status read_history(struct sim_run *run, uint32_t run_index, struct wf_history_message *history,
                                   struct wf_error *err)
{
    const struct sim_loop *loop = sim_world_loop(run->world);
    const struct wf_string *batches = NULL;
    uint32_t count = 0;

    WF_TRY(sim_world_history(run->world, run_index, &batches, &count));
    sim_checks_read(run->checks, sim_world_run(run->world, run_index).run_id, batches, count, loop->now_ns,
                    loop->step_count);
    for (uint32_t i = 0; i < count; i++) {
        /* Batches are whole History messages: decoding one after the other into one message joins them. */
        WF_TRY(wf_wire_decode(&run->scratch, &wf_type_history_message, batches[i], history, err));
    }
    return WF_OK;
}

/* A run that a reset made or ended is compared with the other, event by event (I86). */
static bool is_of_reset(const struct wf_history_message *history)
{
    for (uint32_t i = history->events.count; i > 0; i--) {
        const struct wf_event *event = &history->events.items[i - 1];

        if ((event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED &&
             event->attributes.workflow_task_failed->cause == WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW) ||
            (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED &&
             wf_string_is(event->attributes.workflow_execution_terminated->identity, "history-resetter"))) {
            return true;
        }
    }
    return false;
}

/* A reset copies events of the run that goes on into another one of its workflow. */
struct sim_history_options sim_run_history_options(struct sim_run *run, uint32_t run_index)
{
    const struct sim_run_view view = sim_world_run(run->world, run_index);
    const struct sim_continuation *continued = run->config->continued;
    const bool is_of_continued = continued != NULL && wf_string_equal(view.workflow_id, continued->workflow_id);

    return (struct sim_history_options){
        .clock_spread_ns = sim_world_clock_spread(run->world) + (is_of_continued ? continued->clock_spread_ns : 0),
        .is_foreign = is_of_continued && continued->is_foreign && wf_string_equal(view.run_id, continued->run_id),
        .has_other_options = view.has_other_options || (is_of_continued && continued->has_other_options)};
}

static enum wf_status verify_history(struct sim_run *run, uint32_t run_index, struct wf_error *err)
{
    const struct sim_run_view view = sim_world_run(run->world, run_index);
    const struct sim_history_options options = sim_run_history_options(run, run_index);
    const struct sim_loop *loop = sim_world_loop(run->world);
    struct wf_history_message history = {0};
    struct sim_history_findings findings;

    WF_TRY(read_history(run, run_index, &history, err));
    WF_TRY(sim_runs_add(run->runs,
                        &(struct sim_run_history){.tag = run_index,
                                                  .workflow_id = view.workflow_id,
                                                  .run_id = view.run_id,
                                                  .events = history.events.items,
                                                  .event_count = history.events.count,
                                                  .clock_spread_ns = options.clock_spread_ns,
                                                  .is_foreign = options.is_foreign,
                                                  .keeps_digests = is_of_reset(&history)},
                        err));
    WF_TRY(sim_check_history(&run->scratch, history.events.items, history.events.count, &options, &findings, err));
    for (uint32_t i = 0; i < findings.count; i++) {
        sim_checks_invariant(run->checks, view.workflow_id, findings.items[i].invariant, findings.items[i].sentence,
                             loop->now_ns, loop->step_count);
    }
    return WF_OK;
}

static enum wf_status look_at_closed_runs(struct sim_run *run, struct wf_error *err)
{
    for (uint32_t i = 0; i < run->closed_count; i++) {
        const uint32_t run_index = find_run(run, run->closed_run_ids[i]);

        if (run_index == sim_world_run_count(run->world)) {
            continue;
        }
        WF_TRY(verify_history(run, run_index, err));
        if (sim_world_run(run->world, run_index).status == WF_WORKFLOW_EXECUTION_STATUS_COMPLETED) {
            sim_checks_result(run->checks, sim_world_run(run->world, run_index).result);
        }
    }
    run->closed_count = 0;
    wf_arena_reset(&run->scratch);
    return WF_OK;
}

/* Runs that never close are verified as far as they got. */
static enum wf_status look_at_open_runs(struct sim_run *run, struct wf_error *err)
{
    for (uint32_t i = 0; i < sim_world_run_count(run->world); i++) {
        if (sim_world_run(run->world, i).status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
            WF_TRY(verify_history(run, i, err));
            wf_arena_reset(&run->scratch);
        }
    }
    return WF_OK;
}

/* What no history shows alone. Every run is there, unless one came from elsewhere, whose relatives stayed there. */
static enum wf_status compare_runs(struct sim_run *run, struct wf_error *err)
{
    struct sim_run_findings findings;

    WF_TRY(sim_runs_check(run->runs, !run->has_missed_run && run->config->continued == NULL, &findings, err));
    for (uint32_t i = 0; i < findings.count; i++) {
        sim_checks_invariant(run->checks, findings.items[i].workflow_id, findings.items[i].finding.invariant,
                             findings.items[i].finding.sentence, sim_world_loop(run->world)->now_ns,
                             sim_world_loop(run->world)->step_count);
    }
    return WF_OK;
}

/* What broke in this step becomes part of the trace. */
static void tell_broken_checks(struct sim_run *run)
{
    uint32_t count = 0;
    const struct sim_broken_check *broken = sim_checks_broken(run->checks, &count);

    for (; run->told_count < count; run->told_count++) {
        const struct sim_broken_check *check = &broken[run->told_count];

        sim_world_record(run->world, (struct sim_record){.kind = SIM_RECORD_CHECK_BROKEN,
                                                         .subject = check->workflow_id,
                                                         .a = sim_broken_name(check),
                                                         .b = check->sentence});
    }
}

/* ---- The end ---- */

static wf_time_ns now_of(const struct sim_run *run)
{
    return sim_world_loop(run->world)->now_ns;
}

/* The last moment at which a client or operator may still do something on its own. */
static wf_time_ns clients_until(const struct sim_config *config)
{
    wf_time_ns until_ns = 0;

    for (uint32_t i = 0; i < config->client_count; i++) {
        const struct sim_client *client = &config->clients[i];

        if (client->action == SIM_CLIENT_QUERY) {
            continue;
        }
        /* Whose times depend on others' starts, repeat or are drawn, may come at any time. */
        if (client->every_ns > 0 || client->is_per_workflow || client->delay.kind != SIM_CONSTANT) {
            return SIM_NEVER;
        }
        if (client->at_ns != SIM_NEVER && client->at_ns + client->delay.low_ns > until_ns) {
            until_ns = client->at_ns + client->delay.low_ns;
        }
    }
    return until_ns;
}

static bool are_all_idle(struct sim_run *run)
{
    const uint32_t count = sim_world_run_count(run->world);
    bool is_idle = true;

    for (uint32_t i = 0; i < count && is_idle; i++) {
        const struct sim_run_view view = sim_world_run(run->world, i);

        is_idle = view.status != WF_WORKFLOW_EXECUTION_STATUS_RUNNING ||
                  wf_state_is_idle(&run->scratch, view.state);
    }
    wf_arena_reset(&run->scratch);
    return is_idle;
}

/* True when nothing will ever happen again but polls: asked once for each quiet hour after the faults stopped. */
static bool is_stuck(struct sim_run *run)
{
    const wf_time_ns now_ns = now_of(run);

    if (!sim_faults_is_healed(run->faults) || now_ns - run->last_activity_ns < QUIET_NS ||
        now_ns - run->quiet_checked_ns < QUIET_NS) {
        return false;
    }
    run->quiet_checked_ns = now_ns;
    return !has_running_attempt(run) && now_ns - clients_until(run->config) >= QUIET_NS &&
           !sim_world_has_busy_schedule(run->world) && are_all_idle(run);
}

/* True when everything closed and no attempt that was given up can act any more. */
static bool is_finished(struct sim_run *run)
{
    if (!sim_world_is_done(run->world)) {
        run->done_ns = SIM_NEVER;
        return false;
    }
    if (run->done_ns == SIM_NEVER) {
        run->done_ns = now_of(run);
    }
    return !has_running_attempt(run) || now_of(run) - run->done_ns > GRACE_NS;
}

static bool is_before_next(const struct sim_run *run, wf_time_ns time_ns)
{
    const struct sim_loop *loop = sim_world_loop(run->world);

    return loop->count > 0 && loop->heap[0].time_ns > time_ns;
}

enum end { END_NONE, END_DONE, END_QUIET, END_TIME, END_STEPS, END_ENDLESS, END_STOPPED };

static enum end find_end(struct sim_run *run, bool is_over)
{
    const struct sim_run_options *options = run->options;
    const struct sim_config *config = run->config;
    const uint64_t step_count = sim_world_loop(run->world)->step_count;
    const uint64_t step_max = config->step_max == 0 ? SIM_STEPS_MAX_DEFAULT : config->step_max;
    const int64_t end_ns = config->end_after_ns == 0 ? SIM_END_AFTER_NS_DEFAULT : config->end_after_ns;

    if ((options->stop_at_step != 0 && step_count >= options->stop_at_step) ||
        (options->stop_at_ns != 0 && is_before_next(run, options->stop_at_ns))) {
        return END_STOPPED;
    }
    if (is_over) {
        return END_QUIET;
    }
    if (is_finished(run)) {
        return END_DONE;
    }
    if (step_count >= step_max) {
        return END_STEPS;
    }
    if (sim_checks_endless(run->checks).size_bytes > 0) {
        return END_ENDLESS;
    }
    if (is_before_next(run, end_ns)) {
        return END_TIME;
    }
    return is_stuck(run) ? END_QUIET : END_NONE;
}

/* The latest run of each workflow id, in order of first appearance. */
static bool latest_runs(struct sim_run *run, struct wf_map *latest)
{
    const uint32_t count = sim_world_run_count(run->world);

    wf_map_init(latest, &run->arena);
    for (uint32_t i = 0; i < count; i++) {
        const struct wf_string id = sim_world_run(run->world, i).workflow_id;
        uint32_t *index = wf_map_get(latest, id);

        if (index == NULL) {
            index = WF_ARENA_NEW(&run->arena, uint32_t);
            if (index == NULL || !wf_map_set(latest, id, index)) {
                return false;
            }
        }
        *index = i;
    }
    return true;
}

static bool explain(struct sim_run *run, uint32_t run_index, struct sim_unfinished *unfinished)
{
    const struct sim_unfinished_question question = {
        .arena = &run->arena,
        .scratch = &run->scratch,
        .config = run->config,
        .world = run->world,
        .run_index = run_index,
        .now_ns = now_of(run),
        .sends = &run->sends,
        .endless = sim_checks_endless(run->checks),
    };
    struct wf_string site = {NULL, 0};
    const bool is_explained = sim_unfinished_explain(&question, unfinished, &site);

    wf_arena_reset(&run->scratch);
    if (is_explained && unfinished->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
        sim_checks_waits(run->checks, unfinished->workflow_id, site, unfinished->reason);
    }
    return is_explained;
}

static bool list_unfinished(struct sim_run *run)
{
    struct wf_map latest;
    struct sim_unfinished *list = NULL;
    uint32_t index = 0;

    if (!latest_runs(run, &latest)) {
        return false;
    }
    list = wf_arena_take_array(&run->arena, latest.count, sizeof *list);
    if (list == NULL) {
        return false;
    }
    for (const struct wf_map_entry *entry = wf_map_next(&latest, &index); entry != NULL;
         entry = wf_map_next(&latest, &index)) {
        const uint32_t run_index = *(const uint32_t *)entry->value;
        const int32_t status = sim_world_run(run->world, run_index).status;

        WF_ASSERT(status >= 0 && status < 16);
        run->result.runs_by_status[status]++;
        if (status != WF_WORKFLOW_EXECUTION_STATUS_COMPLETED) {
            if (!explain(run, run_index, &list[run->result.unfinished_count])) {
                return false;
            }
            run->result.unfinished_count++;
        }
    }
    run->result.unfinished = list;
    return true;
}

static void fill_result(struct sim_run *run, enum end end)
{
    const struct sim_loop *loop = sim_world_loop(run->world);
    struct sim_run_result *result = &run->result;

    result->seed = run->options->seed;
    result->trace_hash = wf_digest_value(&loop->digest);
    result->step_count = loop->step_count;
    result->end_time_ns = loop->now_ns;
    result->is_out_of_steps = end == END_STEPS;
    result->refused_starts = sim_world_refused_starts(run->world);
    result->broken = sim_checks_broken(run->checks, &result->broken_count);
    memcpy(result->fault_counts, sim_faults_counts(run->faults), sizeof result->fault_counts);
    memcpy(result->check_conditions, sim_checks_conditions(run->checks), sizeof result->check_conditions);
    memcpy(result->goals_reached, sim_checks_goals(run->checks), sizeof result->goals_reached);
    result->peak_bytes = sim_pool_peak_bytes(run->pool);
}

static enum wf_status finish(struct sim_run *run, enum end end, struct wf_error *err)
{
    const struct sim_loop *loop = sim_world_loop(run->world);

    if (!list_unfinished(run)) {
        run->is_full = true;
    }
    if (end != END_STOPPED) {
        WF_TRY(look_at_open_runs(run, err));
        WF_TRY(compare_runs(run, err));
        if (!run->has_told_heal) {
            sim_checks_heal(run->checks, loop->now_ns);
        }
        sim_world_record(run->world, (struct sim_record){.kind = SIM_RECORD_PHASE, .a = WF_STR("end")});
        sim_checks_end(run->checks, &(struct sim_checks_end){.now_ns = loop->now_ns,
                                                             .step = loop->step_count,
                                                             .is_quiet = end == END_QUIET});
        tell_broken_checks(run);
    }
    fill_result(run, end);
    if (run->is_full || !sim_checks_is_complete(run->checks)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "the simulation's memory is full");
    }
    return WF_OK;
}

/* ---- One seed ---- */

static void end_seed(struct sim_run *run)
{
    if (run->world != NULL) {
        sim_world_free(run->world);
        run->world = NULL;
    }
    wf_arena_deinit(&run->scratch);
    wf_arena_deinit(&run->arena);
    run->checks = NULL;
    run->faults = NULL;
}

static enum wf_status begin_seed(struct sim_run *run, struct wf_error *err)
{
    const struct wf_block_source *blocks = NULL;
    struct sim_world_config world = {0};

    end_seed(run);
    sim_pool_reset(run->pool);
    blocks = sim_pool_blocks(run->pool);
    wf_arena_init(&run->arena, blocks, 0);
    wf_arena_init(&run->scratch, blocks, 0);
    wf_map_init(&run->sends, &run->arena);
    wf_map_init(&run->attempts, &run->arena);
    memset(&run->result, 0, sizeof run->result);
    run->closed_count = 0;
    run->told_count = 0;
    run->last_activity_ns = 0;
    run->quiet_checked_ns = 0;
    run->done_ns = SIM_NEVER;
    run->has_told_heal = false;
    run->is_full = false;
    run->has_missed_run = false;
    WF_TRY(sim_checks_new(&run->arena, run->config, &run->checks, err));
    run->runs = sim_runs_new(&run->arena);
    if (run->runs == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for the checks");
    }
    world = (struct sim_world_config){
        .config = run->config,
        .seed = run->options->seed,
        .tape = run->options->tape,
        .blocks = blocks,
        .observer = on_record,
        .commit_observer = on_commit,
        .exchange_observer = on_exchange,
        .turn_observer = on_turn,
        .drop_observer = on_drop,
        .observer_context = run,
        /* Closed histories are verified in the step after their close. */
        .keeps_closed_runs = run->options->keeps_histories,
    };
    WF_TRY(sim_world_new(&world, &run->world, err));
    return sim_faults_new(run->world, run->config, !run->options->no_faults, &run->faults, err);
}

static enum wf_status step(struct sim_run *run, bool *is_over, struct wf_error *err)
{
    WF_TRY(sim_world_step(run->world, is_over, err));
    sim_faults_strike(run->faults);
    if (run->closed_count > 0) {
        WF_TRY(look_at_closed_runs(run, err));
    }
    if (!run->has_told_heal && sim_faults_is_healed(run->faults)) {
        run->has_told_heal = true;
        sim_checks_heal(run->checks, now_of(run));
    }
    tell_broken_checks(run);
    return WF_OK;
}

static bool has_broken(const struct sim_run *run)
{
    uint32_t count = 0;

    (void)sim_checks_broken(run->checks, &count);
    return count > 0;
}

/* The seed needed more than a simulation holds: a finding about it, since another one may fit. */
static void tell_out_of_room(struct sim_run *run, const struct wf_error *err)
{
    const struct sim_loop *loop = sim_world_loop(run->world);
    const struct wf_diagnosis *diagnosis = wf_diagnosis_of(WF_DIAGNOSIS_OUT_OF_ROOM);
    const struct wf_string words = wf_string_of(err->message);
    struct wf_buffer sentence;

    wf_buffer_init_fixed(&sentence, run->out_of_room_sentence, sizeof run->out_of_room_sentence);
    wf_buffer_append_text(&sentence, "at ");
    sim_moment_print(loop->now_ns, &sentence);
    wf_buffer_printf(&sentence, ": %S", &words);
    if (err->status == WF_ERR_MEMORY) {
        wf_buffer_printf(&sentence, "; all that a simulation holds must fit into %zu MiB", SIM_REGION_BYTES >> 20);
    }
    run->out_of_room = (struct sim_broken_check){
        .diagnosis = diagnosis->code,
        .sentence = wf_buffer_string(&sentence),
        .time_ns = loop->now_ns,
        .step = loop->step_count,
        .signature = wf_hash_bytes(diagnosis->title, strlen(diagnosis->title)),
        .signature_text = wf_string_of(diagnosis->title),
    };
    run->result.broken = &run->out_of_room;
    run->result.broken_count = 1;
    run->result.is_out_of_room = true;
}

/*
 * Ends a seed at a step that failed. A world that cannot go on after it broke an invariant has shown what was looked for; when
 * it is memory that is missing, the list of what did not complete may be, too.
 */
static enum wf_status finish_early(struct sim_run *run, const struct wf_error *err)
{
    const bool has_found = has_broken(run);

    if (!has_found && err->status != WF_ERR_MEMORY && err->status != WF_ERR_LIMIT) {
        return err->status;
    }
    memset(&run->result, 0, sizeof run->result); /* the end may have begun to count */
    if (!list_unfinished(run)) {
        memset(&run->result, 0, sizeof run->result);
    }
    fill_result(run, END_STOPPED);
    if (!has_found) {
        tell_out_of_room(run, err);
    }
    return WF_OK;
}

enum wf_status sim_run_seed(struct sim_run *run, const struct sim_run_options *options,
                            const struct sim_run_result **result, struct wf_error *err)
{
    enum end end = END_NONE;
    enum wf_status status = WF_OK;
    bool is_over = false;

    WF_ASSERT(err != NULL);
    run->options = options;
    WF_TRY(begin_seed(run, err));
    while (end == END_NONE && status == WF_OK) {
        status = step(run, &is_over, err);
        end = status == WF_OK ? find_end(run, is_over) : END_NONE;
    }
    if (status == WF_OK) {
        status = finish(run, end, err);
    }
    WF_TRY(status == WF_OK ? WF_OK : finish_early(run, err));
    *result = &run->result;
    return WF_OK;
}

/* ---- Life ---- */

enum wf_status sim_run_new(const struct sim_config *config, const struct wf_block_source *blocks, struct sim_run **run,
                           struct wf_error *err)
{
    void *region = blocks->take(blocks->context, SIM_REGION_BYTES);
    struct sim_run *made = NULL;
    const size_t head_bytes = (sizeof *made + 15) / 16 * 16;

    if (region == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "cannot reserve %zu MiB for a simulation", SIM_REGION_BYTES >> 20);
    }
    /* The run itself lies at the start of its region: a copy of the region is a copy of everything. */
    made = region;
    memset(made, 0, sizeof *made);
    made->blocks = *blocks;
    made->config = config;
    made->region = region;
    made->pool = sim_pool_init((char *)region + head_bytes, SIM_REGION_BYTES - head_bytes);
    WF_ASSERT(made->pool != NULL);
    wf_arena_init(&made->arena, sim_pool_blocks(made->pool), 0);
    wf_arena_init(&made->scratch, sim_pool_blocks(made->pool), 0);
    *run = made;
    return WF_OK;
}

void sim_run_free(struct sim_run *run)
{
    const struct wf_block_source blocks = run->blocks;

    end_seed(run);
    blocks.give(blocks.context, run->region, SIM_REGION_BYTES);
}

struct sim_world *sim_run_world(struct sim_run *run)
{
    return run->world;
}
