#include "tests/support/test.h"

#include "sim/core/record.h"

static uint64_t hash_of(const struct sim_record *record)
{
    struct wf_digest digest;

    wf_digest_init(&digest);
    sim_record_hash(record, &digest);
    return wf_digest_value(&digest);
}

/* A record prints its time and the text of its table row with the fields put in. */
static void test_record__prints_the_text_of_its_row(void **state)
{
    static const struct {
        struct sim_record record;
        const char *expected;
    } rows[] = {
        {{.kind = SIM_RECORD_CRASH, .time_ns = INT64_C(12345678901), .node = {"worker-1", 8}},
         "     12.345678s  worker-1 crashes"},
        {{.kind = SIM_RECORD_EFFECT, .a = {"charge", 6}, .b = {"order-3", 7}, .x = 2},
         "      0.000000s  effect charge order-3, attempt 2"},
        {{.kind = SIM_RECORD_SHARD_ACQUIRED,
          .time_ns = INT64_C(2592000000000000),
          .node = {"server-2", 8},
          .x = 7,
          .y = -1},
         "2592000.000000s  server-2 owns shard 7, range -1"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_buffer out;

        wf_buffer_init(&out, *state);
        sim_record_print(&rows[i].record, &out);
        test_string_is("row", wf_buffer_string(&out), rows[i].expected);
    }
}

/* Every kind has a name and a text whose placeholders are known; an unknown one would stop the test. */
static void test_record__every_kind_prints(void **state)
{
    for (int kind = 0; kind < SIM_RECORD_COUNT; kind++) {
        const struct sim_record record = {.kind = (enum sim_record_kind)kind};
        struct wf_buffer out;

        wf_buffer_init(&out, *state);
        sim_record_print(&record, &out);
        assert_true(out.size_bytes > strlen("      0.000000s  "));
        assert_true(strlen(sim_record_name(record.kind)) > 0);
    }
}

/* Every member moves the hash, and so does the border between two strings; the step does not, time already orders. */
static void test_record__hash_covers_every_member(void **state)
{
    const struct sim_record plain = {.kind = SIM_RECORD_EFFECT, .a = {"ab", 2}, .b = {"c", 1}};
    struct sim_record changed[9];

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(changed); i++) {
        changed[i] = plain;
    }
    changed[0].kind = SIM_RECORD_UNDO;
    changed[1].time_ns = 1;
    changed[2].node = WF_STR("n");
    changed[3].subject = WF_STR("n");
    changed[4].a = WF_STR("ax");
    changed[5].b = WF_STR("");
    changed[6].x = 1;
    changed[7].y = 1;
    changed[8].a = WF_STR("a");
    changed[8].b = WF_STR("bc");

    for (size_t i = 0; i < TEST_COUNT(changed); i++) {
        assert_int_not_equal(hash_of(&changed[i]), hash_of(&plain));
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(hash_of(&changed[i]), hash_of(&changed[k]));
        }
    }
}

/* Strings of every size count to their last byte, also around the size of a piece that is hashed at once. */
static void test_record__hash_covers_long_strings(void **state)
{
    char text[1200];

    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t size_bytes = 400; size_bytes <= sizeof text; size_bytes += 4) {
        struct sim_record record = {.kind = SIM_RECORD_LOG, .a = {text, size_bytes}, .b = {text, 7}};
        const uint64_t before = hash_of(&record);

        text[size_bytes - 1] = 'b';
        assert_int_not_equal(hash_of(&record), before);
        text[size_bytes - 1] = 'a';
        assert_int_equal(hash_of(&record), before);
    }
}

/* The hash of a trace is part of what users compare: it may not change. */
static void test_record__golden_hash(void **state)
{
    const struct sim_record record = {
        .kind = SIM_RECORD_CRASH, .time_ns = 5, .node = {"worker-1", 8}, .x = 3, .y = -4};

    (void)state;
    assert_int_equal(hash_of(&record), UINT64_C(0x2c9856ead6feedaf));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_record__prints_the_text_of_its_row),
        TEST_IN_ARENA(test_record__every_kind_prints),
        cmocka_unit_test(test_record__hash_covers_every_member),
        cmocka_unit_test(test_record__hash_covers_long_strings),
        cmocka_unit_test(test_record__golden_hash),
    };

    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
