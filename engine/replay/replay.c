/*
 * One history, one host: the worker's activations go to an instance, its completions come back,
 * until the worker says what it found. In the mode that evicts at every task, each boundary is
 * reached again from the start with a new instance, and what the code gives must be what it gave
 * before.
 */
#include "engine/replay.h"

#include "engine/base/assert.h"
#include "engine/base/block_cache.h"
#include "engine/base/hash.h"
#include "engine/codec.h"
#include "engine/defaults.h"
#include "engine/replay/compare.h"
#include "engine/replay/explain.h"
#include "engine/replay/look_on.h"
#include "engine/replay/shape.h"
#include "engine/replay/strict.h"
#include "engine/replay/sweep.h"
#include "engine/replay/witness.h"
#include "engine/worker/worker_state.h"

#define EVICTIONS_ALL 64u /* a sweep drops the instance at each of the first boundaries, then at every doubling */

struct wf_replay {
    struct wf_arena arena; /* holds this struct */
    struct wf_replay *cold; /* replays prefixes; NULL: none was asked for */
    struct wf_block_cache cache;
    struct wf_arena result_arena;                  /* of the last result */
    struct wf_arena scratch_arena;                 /* of one activation */
    struct wf_worker *workers[WF_FAMILY_JAVA + 1]; /* by family asked for, made when first needed */
    struct wf_host *host;
    struct wf_instance *instance;
    struct wf_compare_table compare_table;
};

/* What one pass over the history has seen. */
struct pass {
    struct wf_worker *worker;
    struct wf_task task;
    struct wf_digest digest;
    struct wf_comparison *comparison; /* NULL: this pass compares nothing */
    struct wf_sweep_steps *steps;     /* NULL: nobody sweeps */
    struct wf_witness *witness;       /* NULL: this pass shows nothing */
    struct wf_replay_result *patches; /* takes what the code asks for; NULL: nobody wants it */
    uint64_t *answers; /* digest of each activation's answer, of the first pass; NULL: not kept */
    uint32_t answer_capacity;
    bool wants_digest;
    uint32_t known_answers; /* answers of the first pass that this one must give again */
    uint32_t activation_count;
    uint32_t stop_after; /* activations; 0: go to the end */
    bool is_unstable; /* the code answered otherwise than in the first pass */
    int64_t unstable_event_id;
};

struct wf_replay *wf_replay_new(const struct wf_block_source *blocks, struct wf_host *host)
{
    struct wf_arena arena;
    struct wf_replay *replay = NULL;

    wf_arena_init(&arena, blocks, 0);
    replay = WF_ARENA_NEW(&arena, struct wf_replay);
    if (replay == NULL) {
        return NULL;
    }
    replay->arena = arena;
    replay->host = host;
    wf_block_cache_init(&replay->cache, blocks);
    wf_arena_init(&replay->result_arena, &replay->cache.source, 0);
    wf_arena_init(&replay->scratch_arena, &replay->cache.source, 0);
    if (!wf_compare_table_init(&replay->compare_table, &replay->arena)) {
        wf_replay_free(replay);
        return NULL;
    }
    return replay;
}

static void drop_instance(struct wf_replay *replay)
{
    if (replay->instance != NULL) {
        wf_instance_free(replay->instance);
        replay->instance = NULL;
    }
}

void wf_replay_free(struct wf_replay *replay)
{
    struct wf_arena arena;

    if (replay == NULL) {
        return;
    }
    wf_replay_free(replay->cold);
    drop_instance(replay);
    for (size_t i = 0; i < sizeof replay->workers / sizeof replay->workers[0]; i++) {
        wf_worker_free(replay->workers[i]);
    }
    wf_arena_deinit(&replay->result_arena);
    wf_arena_deinit(&replay->scratch_arena);
    wf_block_cache_deinit(&replay->cache);
    arena = replay->arena;
    wf_arena_deinit(&arena);
}

static struct wf_worker *worker_for(struct wf_replay *replay, enum wf_family family)
{
    struct wf_worker_config config = {
        .blocks = &replay->cache.source, .cache_size_max = 1, .is_replay = true, .family = family};

    if (replay->workers[family] == NULL) {
        replay->workers[family] = wf_worker_new(&config);
    }
    return replay->workers[family];
}

/* ---- One pass ---- */

static uint64_t digest_of(struct wf_replay *replay, const struct wf_sdk_completion *completion)
{
    struct wf_buffer bytes;
    uint64_t digest = 0;

    wf_buffer_init(&bytes, &replay->scratch_arena);
    wf_wire_encode(&wf_type_sdk_completion, completion, &bytes);
    digest = wf_hash_bytes(bytes.data, bytes.size_bytes);
    wf_arena_reset(&replay->scratch_arena);
    return digest;
}

static enum wf_status keep_answer(struct wf_replay *replay, struct pass *pass, uint64_t digest,
                                  struct wf_error *err)
{
    const uint32_t index = pass->activation_count;

    if (pass->known_answers > 0) {
        if (index < pass->known_answers && pass->answers[index] != digest) {
            pass->is_unstable = true;
        }
        return WF_OK;
    }
    if (index == pass->answer_capacity) {
        const uint32_t capacity = pass->answer_capacity == 0 ? 64 : pass->answer_capacity * 2;
        uint64_t *answers = wf_arena_take_array(&replay->result_arena, capacity, sizeof *answers);

        if (answers == NULL) {
            return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a replay");
        }
        if (index > 0) {
            memcpy(answers, pass->answers, index * sizeof *answers);
        }
        pass->answers = answers;
        pass->answer_capacity = capacity;
    }
    pass->answers[index] = digest;
    return WF_OK;
}

/* Gives one activation to the code; *completion is its answer. */
static enum wf_status run_code(struct wf_replay *replay, const struct pass *pass, const struct wf_worker_output *out,
                               const struct wf_sdk_completion **completion, struct wf_error *err)
{
    if (out->is_new) {
        drop_instance(replay);
        replay->instance = wf_instance_new(replay->host);
    }
    if (replay->instance == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for an instance of the workflow");
    }
    if (pass->witness == NULL) {
        wf_instance_activate(replay->instance, out->activation, completion);
        return WF_OK;
    }
    wf_witness_before(pass->witness);
    wf_instance_activate(replay->instance, out->activation, completion);
    return wf_witness_after(pass->witness, out->activation->history_length, *completion)
               ? WF_OK
               : wf_fail_status(err, WF_ERR_MEMORY, "no memory for the answers of a replay");
}

/* What the code answered, for comparing: costs an encoding, so only when it is asked for. */
static enum wf_status note_answer(struct wf_replay *replay, struct pass *pass,
                                  const struct wf_sdk_completion *completion, struct wf_error *err)
{
    uint64_t digest = 0;

    if (!pass->wants_digest) {
        return WF_OK;
    }
    digest = digest_of(replay, completion);
    wf_digest_add_u64(&pass->digest, digest);
    return keep_answer(replay, pass, digest, err);
}

static enum wf_status keep_patch(struct wf_replay *replay, struct wf_replay_result *result,
                                 const struct wf_patch_mention *mention, struct wf_error *err)
{
    struct wf_patch_mention *kept = WF_LIST_APPEND(&replay->result_arena, result->patches);

    if (kept == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for the patches of a replay");
    }
    *kept = *mention;
    kept->id = wf_string_copy(&replay->result_arena, mention->id);
    return WF_OK;
}

/* Which patches and versions the code asked for; texts are the code's. */
static enum wf_status take_patches(struct wf_replay *replay, struct wf_replay_result *result,
                                   const struct wf_sdk_completion *completion, struct wf_error *err)
{
    const struct wf_sdk_completion_success *success =
        completion->status_case == WF_CASE_sdk_completion_successful ? completion->status.successful : NULL;
    struct wf_patch_mention mention;

    for (uint32_t i = 0; success != NULL && i < success->commands.count; i++) {
        if (wf_patch_mention_of_command(&success->commands.items[i], &mention)) {
            WF_TRY(keep_patch(replay, result, &mention, err));
        }
    }
    return WF_OK;
}

/* A patch without a marker gives no command: the instance knows what it asked for in vain. */
static enum wf_status take_refused(struct wf_replay *replay, struct wf_replay_result *result, struct wf_error *err)
{
    struct wf_patch_mention mention;
    uint32_t index = 0;

    while (replay->instance != NULL && wf_instance_next_refused(replay->instance, &index, &mention)) {
        WF_TRY(keep_patch(replay, result, &mention, err));
    }
    return WF_OK;
}

static enum wf_status step(struct pass *pass, const struct wf_worker_input *in, struct wf_worker_output *out,
                           struct wf_error *err)
{
    WF_TRY(wf_worker_step(pass->worker, in, out, err));
    if (pass->comparison != NULL && !wf_compare_meetings(pass->comparison, pass->worker)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for the notes of a replay");
    }
    return WF_OK;
}

static enum wf_status run_pass(struct wf_replay *replay, struct pass *pass,
                               struct wf_worker_output *out, struct wf_error *err)
{
    struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &pass->task};

    WF_TRY(step(pass, &in, out, err));
    while (out->type == WF_WORKER_ACTIVATION) {
        const int64_t event_id = out->activation->history_length;
        const struct wf_sdk_completion *completion = NULL;

        WF_TRY(run_code(replay, pass, out, &completion, err));
        WF_TRY(note_answer(replay, pass, completion, err));
        if (pass->patches != NULL) {
            WF_TRY(take_patches(replay, pass->patches, completion, err));
        }
        if (pass->steps != NULL &&
            !wf_sweep_note(&replay->result_arena, pass->steps, replay->instance, out->activation)) {
            return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a sweep of prefixes");
        }
        pass->activation_count++;
        if (pass->is_unstable || pass->activation_count == pass->stop_after) {
            pass->unstable_event_id = event_id;
            return WF_OK;
        }
        in = (struct wf_worker_input){.type = WF_WORKER_COMPLETION};
        in.completion.slot = out->slot;
        in.completion.completion = completion;
        WF_TRY(step(pass, &in, out, err));
    }
    WF_ASSERT(out->type == WF_WORKER_FINDING);
    return WF_OK;
}

/* The boundary to drop the instance at after this one. Those of a sweep cost as much as a few passes, however long the history. */
static uint32_t next_eviction(const struct pass *first, uint32_t count)
{
    const uint32_t last = first->activation_count;

    if (first->steps == NULL || count < EVICTIONS_ALL || count == last) {
        return count + 1;
    }
    return count > last / 2 ? last : count * 2;
}

/* Boundaries again from the start: the code must not remember anything outside its run. */
static enum wf_status check_evictions(struct wf_replay *replay, const struct pass *first,
                                      struct pass *again, struct wf_error *err)
{
    struct wf_worker_output out;

    for (uint32_t count = 1; count <= first->activation_count; count = next_eviction(first, count)) {
        *again = (struct pass){.worker = first->worker,
                               .task = first->task,
                               .wants_digest = true,
                               .answers = first->answers,
                               .known_answers = first->activation_count,
                               .stop_after = count};
        wf_digest_init(&again->digest);
        WF_TRY(run_pass(replay, again, &out, err));
        wf_worker_reset(again->worker);
        drop_instance(replay);
        if (again->is_unstable) {
            return WF_OK;
        }
    }
    return WF_OK;
}

/* ---- Results that need no pass ---- */

static void set_finding(struct wf_replay_result *result, enum wf_verdict verdict, const char *rule,
                        enum wf_diagnosis_number diagnosis, struct wf_string message)
{
    result->verdict = verdict;
    result->finding = (struct wf_finding){.verdict = verdict,
                                          .rule = rule,
                                          .diagnosis = wf_diagnosis_code(diagnosis),
                                          .message = message};
}

static void set_bad_history(struct wf_replay *replay, const struct wf_history *history,
                            const struct wf_error *bad, struct wf_replay_result *result)
{
    const struct wf_shape_breach breach = wf_shape_breach_of(history->events, history->event_count);

    set_finding(result, WF_VERDICT_BAD_HISTORY, breach.rule, breach.diagnosis,
                wf_string_copy(&replay->result_arena, wf_string_of(bad->message)));
    result->finding.event_id = bad->event_id;
}

static void set_no_workflow(struct wf_replay *replay, struct wf_string type,
                            struct wf_replay_result *result)
{
    struct wf_buffer text;
    const char *name = wf_host_workflow_name(replay->host, 0);

    wf_buffer_init(&text, &replay->result_arena);
    wf_buffer_printf(&text, "The code has no workflow %S; it has ", &type);
    for (size_t i = 0; name != NULL; name = wf_host_workflow_name(replay->host, ++i)) {
        wf_buffer_printf(&text, "%s%s", i == 0 ? "" : ", ", name);
    }
    wf_buffer_append_char(&text, '.');
    set_finding(result, WF_VERDICT_SETUP, "workflow-type", WF_DIAGNOSIS_WORKFLOW_TYPE_MISSING,
                wf_buffer_string(&text));
}

static void set_unstable(const struct pass *again, struct wf_replay_result *result)
{
    set_finding(result, WF_VERDICT_NONDETERMINISM, "eviction-replay", WF_DIAGNOSIS_NOT_REPEATABLE,
                WF_STR("Run again from the start of history, the code gives other commands than "
                       "the first time: it "
                       "remembers something outside its run."));
    result->finding.event_id = again->unstable_event_id;
}

/* ---- All together ---- */

static struct wf_string run_id_of(const struct wf_history *history)
{
    const struct wf_event_workflow_execution_started *started =
        history->events[0].attributes.workflow_execution_started;

    if (started->original_execution_run_id.size_bytes > 0) {
        return started->original_execution_run_id;
    }
    return history->run_id.size_bytes > 0 ? history->run_id : started->first_execution_run_id;
}

static struct wf_task task_of(const struct wf_history *history, const struct wf_replay_span *span)
{
    const struct wf_event_workflow_execution_started *started =
        history->events[0].attributes.workflow_execution_started;
    const bool has_id = started->workflow_id.size_bytes > 0;

    return (struct wf_task){.workflow_id = has_id ? started->workflow_id : history->workflow_id,
                            .run_id = run_id_of(history),
                            .workflow_type = started->workflow_type->name,
                            .events = history->events,
                            .event_count = history->event_count,
                            .previous_started_event_id = span->previous_started_event_id,
                            .started_event_id = span->started_event_id,
                            .attempt = 1,
                            .is_full_history = true};
}

/* Where the code gives another command, or none, what it would do next tells why. */
static bool is_worth_looking_on(const struct wf_divergence *divergence)
{
    return divergence->kind == WF_DIVERGENCE_COMMAND_KIND ||
           divergence->kind == WF_DIVERGENCE_ACTIVITY_TYPE ||
           divergence->kind == WF_DIVERGENCE_CHILD_TYPE ||
           divergence->kind == WF_DIVERGENCE_COMMAND_MISSING;
}

static struct wf_string waits_of(struct wf_replay *replay)
{
    struct wf_buffer text;

    wf_buffer_init(&text, &replay->result_arena);
    wf_instance_describe(replay->instance, &text);
    return wf_buffer_string(&text);
}

/* Copies what the worker's finding borrows, and completes it. */
static void take_finding(struct wf_replay *replay, const struct wf_history *history,
                         struct wf_worker *worker, struct wf_replay_result *result)
{
    struct wf_arena *arena = &replay->result_arena;
    const struct wf_divergence *divergence = &worker->divergence;
    struct wf_explain_input in = {divergence, NULL, history->events, history->event_count};
    struct wf_finding *finding = &result->finding;
    struct wf_look_on look_on;

    result->verdict = worker->finding.verdict;
    *finding = worker->finding;
    finding->message = wf_string_copy(arena, finding->message);
    finding->official = wf_string_copy(arena, finding->official);
    if (finding->command != NULL) {
        finding->command = wf_message_copy(arena, &wf_type_command, finding->command);
    }
    if (finding->failure != NULL) {
        finding->failure = wf_message_copy(arena, &wf_type_failure, finding->failure);
    }
    for (uint32_t i = 0; i < divergence->command_count;
         i++) { /* the code's memory of them goes when it runs on */
        divergence->commands[i] = wf_message_copy(arena, &wf_type_command, divergence->commands[i]);
        if (divergence->commands[i] == NULL) {
            return;
        }
    }
    if (divergence->kind == WF_DIVERGENCE_COMMAND_MISSING && replay->instance != NULL) {
        finding->waits = waits_of(replay);
    }
    if (is_worth_looking_on(divergence) && replay->instance != NULL &&
        wf_look_on(arena,
                   &(struct wf_look_on_input){replay->instance, &worker->runs[0], history->events,
                                              history->event_count, divergence->event->event_id},
                   &look_on)) {
        in.look_on = &look_on;
    }
    wf_explain(arena, &in, finding);
}

static struct wf_comparison comparison_of(struct wf_replay *replay, const struct wf_history *history,
                                          const struct wf_replay_options *options)
{
    struct wf_comparison comparison = {.arena = &replay->result_arena,
                                       .scratch = &replay->scratch_arena,
                                       .host = replay->host,
                                       .table = &replay->compare_table,
                                       .events = history->events,
                                       .event_count = history->event_count,
                                       .policies = options->policies};
    const struct wf_timestamp timeout = history->events[0].attributes.workflow_execution_started->workflow_run_timeout;

    if (!wf_timeout_read(timeout, &comparison.run_timeout_ns)) {
        comparison.run_timeout_ns = 0;
    }
    return comparison;
}

/* What becomes of open runs, when the history can be replayed at all. */
static enum wf_status sweep_prefixes(struct wf_replay *replay, const struct wf_history *history, const struct pass *pass,
                                     const struct wf_replay_options *options, struct wf_replay_result *result,
                                     struct wf_error *err)
{
    struct wf_sweep sweep = {
        .arena = &replay->result_arena, .history = history, .options = *options, .steps = pass->steps};

    if (result->verdict != WF_VERDICT_OK && result->verdict != WF_VERDICT_NONDETERMINISM &&
        result->verdict != WF_VERDICT_CODE_FAILED) {
        return WF_OK;
    }
    if (replay->cold == NULL) {
        replay->cold = wf_replay_new(&replay->cache.source, replay->host);
    }
    if (replay->cold == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a sweep of prefixes");
    }
    sweep.cold = replay->cold;
    sweep.options.sweeps_prefixes = false;
    sweep.options.family = result->family; /* a short prefix does not tell */
    return wf_sweep_run(&sweep, result, err);
}

static enum wf_status run_all(struct wf_replay *replay, const struct wf_history *history,
                              struct pass *pass, const struct wf_replay_options *options,
                              struct wf_replay_result *result, struct wf_error *err)
{
    const struct wf_run *run = &pass->worker->runs[0];
    struct wf_comparison comparison = comparison_of(replay, history, options);
    struct wf_worker_output out;
    struct pass again = {.worker = pass->worker};
    struct wf_sweep_steps steps = {0};
    struct wf_witness witness;
    const bool evicts = options->evict_every_task || options->sweeps_prefixes;

    pass->steps = options->sweeps_prefixes ? &steps : NULL;
    pass->patches = options->wants_patches ? result : NULL;
    pass->witness = options->keeps_answers || options->watched_count > 0 ? &witness : NULL;
    if (pass->witness != NULL && !wf_witness_init(&witness, &replay->result_arena, options, result)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a replay");
    }
    wf_digest_init(&pass->digest);
    pass->comparison = &comparison;
    pass->wants_digest = options->wants_digest || evicts;
    WF_TRY(run_pass(replay, pass, &out, err));
    if (pass->patches != NULL) {
        WF_TRY(take_refused(replay, pass->patches, err));
    }
    result->family = run->family;
    result->family_reason = run->family_reason;
    result->activation_count = pass->activation_count;
    result->commands_digest = pass->wants_digest ? wf_digest_value(&pass->digest) : 0;
    take_finding(replay, history, pass->worker, result);
    comparison.sorts_jobs = result->family == WF_FAMILY_CORE; /* Go and Java keep the order of events */
    if (!wf_compare_end(&comparison)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for the notes of a replay");
    }
    result->notes = comparison.notes;
    wf_strict_judge(&replay->result_arena, options->policies, result);
    wf_worker_reset(pass->worker);
    drop_instance(replay);
    if (evicts && result->verdict == WF_VERDICT_OK) {
        WF_TRY(check_evictions(replay, pass, &again, err));
        if (again.is_unstable) {
            set_unstable(&again, result);
            return WF_OK; /* no two replays of it need agree */
        }
    }
    return options->sweeps_prefixes ? sweep_prefixes(replay, history, pass, options, result, err) : WF_OK;
}

enum wf_status wf_replay_run(struct wf_replay *replay, struct wf_history *history,
                             const struct wf_replay_options *options,
                             struct wf_replay_result *result, struct wf_error *err)
{
    struct wf_replay_span span = {0, 0};
    struct wf_error bad = {0};
    struct pass pass = {.worker = worker_for(replay, options->family)};
    enum wf_status status = WF_OK;

    wf_arena_reset(&replay->result_arena);
    *result = (struct wf_replay_result){.verdict = WF_VERDICT_OK,
                                        .event_count = history->event_count};
    if (pass.worker == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a worker");
    }
    if (wf_history_normalise(history, &bad) != WF_OK) {
        set_bad_history(replay, history, &bad, result);
        return WF_OK;
    }
    span = wf_replay_span_of(history->events, history->event_count);
    result->is_closed = wf_event_is_close(history->events[history->event_count - 1].event_type);
    pass.task = task_of(history, &span);
    if (!wf_host_has_workflow(replay->host, pass.task.workflow_type)) {
        set_no_workflow(replay, pass.task.workflow_type, result);
        return WF_OK;
    }
    status = run_all(replay, history, &pass, options, result, err);
    if (status != WF_OK) {
        wf_worker_reset(pass.worker);
        drop_instance(replay);
    }
    return status;
}
