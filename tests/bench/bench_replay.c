/*
 * How fast histories are replayed, by size and with and without decoding, and whether the cost of
 * an event stays the same as histories grow. The workflow runs activities and timers one after the
 * other, with a wait for two at once now and then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/replay.h"
#include "engine/wfsim.h"
#include "engine/worker.h"
#include "tests/support/history_builder.h"
#include "tests/support/script.h"
#include "tests/support/test.h"

#define EVENTS_PER_ROUND 100000 /* as many replays of each size as make these */
#define ROUNDS 5                /* the fastest counts */

enum form { FORM_WORKER, FORM_DECODED, FORM_PROTOBUF, FORM_JSON, FORM_COUNT };
static const char *const form_names[FORM_COUNT] = {"worker alone", "worker and host",
                                                   "from protobuf", "from JSON"};

static const uint32_t sizes[] = {100, 1000, 10000, 50000};

static double now_seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- The workflow and its history ---- */

static const struct wf_options minute = {.start_to_close = WF_MINUTE};

/* Step i is a timer when i is a multiple of 4, else an activity. The argument says how many there
 * are. */
static wf_error run_steps(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const int64_t count = wf_as_integer(wf_arg(args, 0), 0);
    wf_error error = NULL;

    (void)state, (void)result;
    for (int64_t i = 1; i <= count && error == NULL; i++) {
        error = i % 4 == 0 ? wf_sleep(wf, WF_SECOND)
                           : wf_activity(wf, "charge_payment", args, &minute, NULL);
    }
    return error;
}

/* As the service records what the code gives: else each would be a note. */
static void add_activity(struct history_builder *history, const char *id)
{
    struct wf_event_activity_task_scheduled *scheduled =
        history_activity(history, id, "charge_payment")->attributes.activity_task_scheduled;
    const int64_t scheduled_id = history->events[history->count - 1].event_id;

    scheduled->input = history->events[0].attributes.workflow_execution_started->input;
    scheduled->start_to_close_timeout = wf_duration_of(WF_MINUTE);
    history_activity_started(history, scheduled_id);
    history_activity_completed(history, scheduled_id, "{\"charged\":true,\"cents\":1200}");
}

static void add_step(struct history_builder *history, uint32_t i, uint32_t *timers,
                     uint32_t *activities)
{
    char id[16];

    (void)snprintf(id, sizeof id, "%u", i % 4 == 0 ? ++*timers : ++*activities);
    if (i % 4 == 0) {
        struct wf_event *started = history_timer(history, id);

        started->attributes.timer_started->start_to_fire_timeout = wf_duration_of(WF_SECOND);
        history_timer_fired(history, started->event_id, id);
    } else {
        add_activity(history, id);
    }
    history_task(history);
    history_task_completed(history);
}

/* Of four steps three make 6 events and one 5; begin and end take 5. */
static uint32_t step_count(uint32_t event_count)
{
    const uint32_t left = event_count - 5;

    return left / 23 * 4 + left % 23 / 6;
}

static void build(struct history_builder *history, struct wf_arena *arena, uint32_t event_count)
{
    uint32_t timers = 0;
    uint32_t activities = 0;
    char json[16];

    history_init(history, arena);
    history_add(history, "started, task, completed");
    (void)snprintf(json, sizeof json, "%u", step_count(event_count));
    history->events[0].attributes.workflow_execution_started->input = history_payloads(arena, json);
    for (uint32_t i = 1; i <= step_count(event_count); i++) {
        add_step(history, i, &timers, &activities);
    }
    history_closed(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED);
}

/* ---- One replay of each form ---- */

struct bench {
    struct wf_arena arena;   /* of the histories */
    struct wf_arena scratch; /* of one decoding */
    struct wf_host *host;
    struct wf_replay *replay;
    struct wf_worker *worker;
    struct wf_sdk_completion **answers; /* by activation */
    struct wf_history history;
    struct wf_string protobuf;
    struct wf_string json;
};

static void require(bool is_true, const char *what)
{
    if (!is_true) {
        (void)fprintf(stderr, "bench_replay: %s\n", what);
        exit(1);
    }
}

/* The host's part is precomputed: what is left is the worker. */
static void run_worker(struct bench *bench)
{
    struct wf_task task = {.run_id = bench->history.run_id,
                           .events = bench->history.events,
                           .event_count = bench->history.event_count,
                           .previous_started_event_id = bench->history.event_count,
                           .is_full_history = true};
    struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &task};
    struct wf_worker_output out;
    uint32_t count = 0;

    require(wf_worker_step(bench->worker, &in, &out, NULL) == WF_OK, "the worker fails");
    while (out.type == WF_WORKER_ACTIVATION) {
        in = (struct wf_worker_input){.type = WF_WORKER_COMPLETION};
        in.completion.completion = bench->answers[count++];
        require(wf_worker_step(bench->worker, &in, &out, NULL) == WF_OK, "the worker fails");
    }
    require(out.finding->verdict == WF_VERDICT_OK, "the history does not replay");
}

static void run_replay(struct bench *bench, struct wf_history *history)
{
    const struct wf_replay_options options = {.family = WF_FAMILY_AUTO};
    struct wf_replay_result result;
    struct wf_error err;

    require(wf_replay_run(bench->replay, history, &options, &result, &err) == WF_OK,
            "the replay fails");
    require(result.verdict == WF_VERDICT_OK, "the history does not replay");
    require(result.notes.count == 0, "the history is not what the code gives");
}

static void run_decoded(struct bench *bench, struct wf_string bytes)
{
    struct wf_history_reader reader;
    struct wf_history history = {0};
    struct wf_error err;

    wf_arena_reset(&bench->scratch);
    require(wf_history_reader_init(&reader, &bench->scratch, bytes, SIZE_MAX / 2, &err) == WF_OK,
            "unreadable");
    require(wf_history_reader_next(&reader, &bench->scratch, &history, &err) == WF_OK,
            "unreadable");
    run_replay(bench, &history);
}

static void run_form(struct bench *bench, enum form form)
{
    switch (form) {
    case FORM_WORKER:
        run_worker(bench);
        return;
    case FORM_DECODED:
        run_replay(bench, &bench->history);
        return;
    case FORM_PROTOBUF:
        run_decoded(bench, bench->protobuf);
        return;
    case FORM_JSON:
        run_decoded(bench, bench->json);
        return;
    case FORM_COUNT:
        break;
    }
}

static double seconds_per_event(struct bench *bench, enum form form)
{
    const uint32_t repeats = EVENTS_PER_ROUND / bench->history.event_count + 1;
    double fastest = 1e9;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        const double begin = now_seconds();
        double seconds = 0;

        for (uint32_t i = 0; i < repeats; i++) {
            run_form(bench, form);
        }
        seconds = (now_seconds() - begin) / repeats / bench->history.event_count;
        fastest = seconds < fastest ? seconds : fastest;
    }
    return fastest;
}

/* ---- Set-up ---- */

static void answer_all(struct bench *bench, const struct history_builder *history)
{
    uint32_t timers = 0;
    uint32_t activities = 0;
    uint32_t count = 0;

    bench->answers = wf_arena_take_array(&bench->arena, history->count, sizeof *bench->answers);
    for (uint32_t i = 0; i < history->count; i++) {
        char text[64];

        if (history->events[i].event_type == WF_EVENT_TYPE_TIMER_STARTED) {
            (void)snprintf(text, sizeof text, "timer %u", ++timers);
        } else if (history->events[i].event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
            (void)snprintf(text, sizeof text, "activity %u charge_payment", ++activities);
        } else {
            continue;
        }
        bench->answers[count++] = script_completion(&bench->arena, text);
    }
    bench->answers[count] = script_completion(&bench->arena, "complete");
}

static void bench_init(struct bench *bench, uint32_t event_count)
{
    static const struct wf_workflow workflows[] = {{.name = HISTORY_WORKFLOW, .run = run_steps},
                                                   {.name = NULL}};
    static const struct wf_module module = {.api = WF_API, .workflows = workflows};
    const struct wf_host_config config = {.module = &module,
                                          .blocks = wf_system_blocks(),
                                          .stacks = wf_system_blocks(),
                                          .stack_size_bytes = WF_STACK_BYTES_DEFAULT,
                                          .instance_size_bytes_max = (size_t)64 << 20,
                                          .coroutines_max = 16};
    const struct wf_worker_config worker = {.blocks = wf_system_blocks(),
                                            .cache_size_max = 1,
                                            .is_replay = true,
                                            .family = WF_FAMILY_CORE};
    struct history_builder history;
    struct wf_buffer bytes;
    struct wf_error err;

    wf_arena_init(&bench->arena, wf_system_blocks(), 0);
    wf_arena_init(&bench->scratch, wf_system_blocks(), 0);
    build(&history, &bench->arena, event_count);
    bench->history = history_of(&history);
    answer_all(bench, &history);
    wf_buffer_init(&bytes, &bench->arena);
    wf_history_write_protobuf(&bench->history, &bytes);
    bench->protobuf = wf_buffer_string(&bytes);
    wf_buffer_init(&bytes, &bench->arena);
    wf_history_write_json(&bench->history, &bytes);
    bench->json = wf_buffer_string(&bytes);
    require(wf_host_new(&config, &bench->host, &err) == WF_OK, "the module is wrong");
    bench->replay = wf_replay_new(wf_system_blocks(), bench->host);
    bench->worker = wf_worker_new(&worker);
}

static void bench_deinit(struct bench *bench)
{
    wf_worker_free(bench->worker);
    wf_replay_free(bench->replay);
    wf_host_free(bench->host);
    wf_arena_deinit(&bench->scratch);
    wf_arena_deinit(&bench->arena);
}

int main(void)
{
    double first[FORM_COUNT] = {0};

    (void)printf("%-18s %10s %14s %12s\n", "replay", "events", "events/s", "cost ratio");
    for (size_t i = 0; i < TEST_COUNT(sizes); i++) {
        struct bench bench;

        bench_init(&bench, sizes[i]);
        for (enum form form = 0; form < FORM_COUNT; form++) {
            const double seconds = seconds_per_event(&bench, form);

            first[form] = i == 0 ? seconds : first[form];
            (void)printf("%-18s %10u %14.0f %12.2f\n", form_names[form], bench.history.event_count,
                         1 / seconds, seconds / first[form]);
        }
        bench_deinit(&bench);
    }
    return 0;
}
