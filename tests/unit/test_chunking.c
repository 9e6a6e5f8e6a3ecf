/* Cutting history into logical workflow tasks: every row and branch of replay-rules 1.3. */
#include "tests/support/test.h"

#include "engine/worker/chunk.h"
#include "tests/support/script.h"

static const struct {
    const char *name;
    const char *history;
    const char *chunks; /* last event ids */
} rows[] = {
    {"an ordinary run", "started, task, completed, timer, fired 5, task, completed, closed",
     "3 8 10"},
    {"failed and timed out tasks are invisible",
     "started, task, failed, task, timed-out, task, completed, timer, task, timed-out, fired 11, "
     "task, completed, closed",
     "9 17 19"},
    {"three heartbeats are one turn",
     "started, task, completed, task, completed, task, completed, local 1, activity 2, task",
     "9 14"},
    {"two empty tasks after a timer",
     "started, task, completed, timer, task, completed, task, completed, fired 5, task, completed, "
     "closed",
     "3 7 10 14 16"},
    {"a signal before the first task", "started, signaled, task, completed, closed", "4 6"},
    {"an update accepted one task late",
     "started, task, completed, task, completed, accepted u1 5, task", "3 6 10"},
    {"an update accepted in its own task", "started, task, completed, accepted u1 2, task", "3 7"},
    {"an update sequenced before every task",
     "started, task, completed, task, completed, accepted u1 2, task", "6 10"},
    {"a run that was terminated in its task", "started, task, terminated", "4"},
    {"a run that timed out in its task", "started, task, completed, timer, task, closed-timed-out",
     "3 8"},
    {"a run cancelled right after a start", "started, task, closed-canceled", "4"},
    {"an open task", "started, task", "3"},
    {"an open task after another", "started, task, completed, timer, fired 5, task", "3 8"},
    {"a lone completed task is never applied", "started, task, completed", "3 3"},
    {"what follows the last task is one final chunk",
     "started, task, completed, activity, activity-started 5", "3 6"},
    {"an empty task at the very end", "started, task, completed, signaled, task, completed", "3 8"},
    {"a heartbeat right after commands ends the task with the commands",
     "started, task, completed, activity, task, completed, task, completed, closed", "3 7 10 12"},
    {"a heartbeat at the end of history", "started, task, completed, task", "6"},
};

static void print_chunks(const struct history_builder *history, struct wf_buffer *out)
{
    const struct wf_event *events[64];
    uint32_t begin = 0;

    assert_true(history->count <= TEST_COUNT(events));
    for (uint32_t i = 0; i < history->count; i++) {
        events[i] = &history->events[i];
    }
    for (;;) {
        const struct wf_chunk chunk = wf_chunk_next(events, history->count, begin);

        wf_buffer_printf(out, "%s%u", begin == 0 ? "" : " ", chunk.end);
        assert_int_equal(chunk.begin, begin);
        if (chunk.is_final) {
            return;
        }
        assert_true(chunk.end > begin);
        begin = chunk.end;
    }
}

/* Each history falls into the chunks that the official core makes of it. */
static void test_chunking__histories_fall_into_the_chunks_of_core(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder history;
        struct wf_buffer chunks;

        history_init(&history, *state);
        history_add(&history, rows[i].history);
        wf_buffer_init(&chunks, *state);
        print_chunks(&history, &chunks);

        test_string_is(rows[i].name, wf_buffer_string(&chunks), rows[i].chunks);
    }
}

static const struct {
    const char *name;
    const char *history;
    const char *answers[4];
    const char *trace;
} activations[] = {
    {"an ordinary run",
     "started, task, completed, timer, fired 5, task, completed, closed",
     {"timer 1", "complete"},
     "3 replaying: initialize\n8 replaying: fire 1\n"},
    {"failed and timed out tasks",
     "started, task, failed, task, timed-out, task, completed, timer, task, timed-out, fired 11, "
     "task, completed, closed",
     {"timer 1", "complete"},
     "9 replaying: initialize\n17 replaying: fire 1\n"},
    {"heartbeats, the local activity of the last one, and an open end",
     "started, task, completed, task, completed, task, completed, local 1, activity 2, "
     "activity-started 12, "
     "activity-completed 12, task",
     {"local 1", "activity 2"},
     "9 replaying: initialize\n9 replaying: local 1 completed\n16 live: activity 2 completed\n"},
    {"two empty tasks give no activation",
     "started, task, completed, timer, task, completed, task, completed, fired 5, task, completed",
     {"timer 1"},
     "3 replaying: initialize\n14 replaying: fire 1\n"},
    {"a signal before the first task",
     "started, signaled, task, completed, closed",
     {"complete"},
     "4 replaying: initialize; signal signal\n"},
    {"an update accepted one task late",
     "started, task, completed, task, completed, accepted u1 5, update-completed u1",
     {"", "accept u1, finish u1"},
     "3 replaying: initialize\n6 replaying: update u1\n"},
};

/* The worked examples of replay-rules 1.3, as activations. */
static void test_chunking__activations_come_at_the_ends_of_chunks(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(activations); i++) {
        struct history_builder history;
        struct script_result result;

        history_init(&history, *state);
        history_add(&history, activations[i].history);
        script_replay(*state, &history, activations[i].answers, &result);

        test_string_is(activations[i].name, result.trace, activations[i].trace);
        test_string_is(activations[i].name, result.finding.message, "");
        assert_int_equal(result.finding.verdict, WF_VERDICT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_chunking__histories_fall_into_the_chunks_of_core),
        TEST_IN_ARENA(test_chunking__activations_come_at_the_ends_of_chunks),
    };

    return cmocka_run_group_tests_name("chunking", tests, NULL, NULL);
}
