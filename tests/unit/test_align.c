#include "tests/support/test.h"

#include "engine/base/align.h"
#include "engine/base/hash.h"

#define KEYS_MAX 6000

/* "a1 b- c2": each key of left with the index of its partner, of which there are fewer than ten. */
static void append_pairs(struct wf_buffer *out, const char *left, const uint32_t *partners, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        wf_buffer_printf(out, "%s%c", i == 0 ? "" : " ", left[i]);
        wf_buffer_append_char(out, partners[i] == WF_ALIGN_NONE ? '-' : (char)('0' + (int)partners[i]));
    }
}

static uint32_t keys_of(const char *text, uint64_t *keys)
{
    const uint32_t count = (uint32_t)strlen(text);

    for (uint32_t i = 0; i < count; i++) {
        keys[i] = (uint64_t)text[i];
    }
    return count;
}

/* What was put in, taken out or moved is left alone; everything else has its partner. */
static void test_align__lays_rows_beside_each_other(void **state)
{
    static const struct {
        const char *left;
        const char *right;
        const char *pairs;
    } rows[] = {
        {"abc", "abc", "a0 b1 c2"},       {"abc", "axbc", "a0 b2 c3"},     {"axbc", "abc", "a0 x- b1 c2"},
        {"abc", "xyz", "a- b- c-"},       {"", "abc", ""},                 {"abc", "", "a- b- c-"},
        {"aaaa", "aa", "a0 a1 a- a-"},    {"sasasa", "ssasasa", "s0 a2 s3 a4 s5 a6"},
        {"abcabba", "cbabac", "a- b- c0 a2 b3 b- a4"}, {"abcdef", "abdcef", "a0 b1 c- d2 e4 f5"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_buffer out;
        uint64_t left[16];
        uint64_t right[16];
        uint32_t partners[16];
        const uint32_t left_count = keys_of(rows[i].left, left);

        wf_buffer_init(&out, *state);
        assert_true(wf_align(*state, (struct wf_align_keys){left, left_count},
                             (struct wf_align_keys){right, keys_of(rows[i].right, right)}, partners));
        append_pairs(&out, rows[i].left, partners, left_count);
        test_string_is(rows[i].left, wf_buffer_string(&out), rows[i].pairs);
    }
}

/* The longest common subsequence by the table of all prefixes. */
static uint32_t most_partners(const uint64_t *left, uint32_t left_count, const uint64_t *right, uint32_t right_count)
{
    static uint32_t rows[2][64];

    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < left_count; i++) {
        const uint32_t *before = rows[i % 2];
        uint32_t *now = rows[(i + 1) % 2];

        for (uint32_t j = 0; j < right_count; j++) {
            now[j + 1] = left[i] == right[j] ? before[j] + 1 : now[j] > before[j + 1] ? now[j] : before[j + 1];
        }
    }
    return rows[left_count % 2][right_count];
}

/* Partners are equal and ascend. Returns how many there are. */
static uint32_t count_partners(const uint64_t *left, uint32_t left_count, const uint64_t *right, uint32_t right_count,
                               const uint32_t *partners)
{
    uint32_t count = 0;
    uint32_t next = 0;

    for (uint32_t i = 0; i < left_count; i++) {
        if (partners[i] != WF_ALIGN_NONE) {
            assert_true(partners[i] >= next && partners[i] < right_count);
            assert_true(left[i] == right[partners[i]]);
            next = partners[i] + 1;
            count++;
        }
    }
    return count;
}

/* Short rows of few different keys: no more could have had a partner. */
static void test_align__finds_as_many_as_there_are(void **state)
{
    for (uint64_t seed = 0; seed < 3000; seed++) {
        const uint32_t left_count = (uint32_t)(wf_hash_mix(seed, 1) % 40);
        const uint32_t right_count = (uint32_t)(wf_hash_mix(seed, 2) % 40);
        uint64_t left[40];
        uint64_t right[40];
        uint32_t partners[40];

        for (uint32_t i = 0; i < 40; i++) {
            left[i] = wf_hash_mix(wf_hash_mix(seed, 3), i) % (2 + seed % 5);
            right[i] = wf_hash_mix(wf_hash_mix(seed, 4), i) % (2 + seed % 5);
        }
        assert_true(wf_align(*state, (struct wf_align_keys){left, left_count}, (struct wf_align_keys){right, right_count},
                             partners));
        assert_int_equal(count_partners(left, left_count, right, right_count, partners),
                         most_partners(left, left_count, right, right_count));
    }
}

/* Rows that differ in more than is searched at a stretch: what they have in common behind that is found again. */
static void test_align__goes_on_after_many_differences(void **state)
{
    static uint64_t left[KEYS_MAX];
    static uint64_t right[KEYS_MAX];
    static uint32_t partners[KEYS_MAX];

    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        const bool is_common = i < 100 || i >= KEYS_MAX - 1000;

        left[i] = i;
        right[i] = is_common ? i : 10 * KEYS_MAX + i;
    }
    assert_true(wf_align(*state, (struct wf_align_keys){left, KEYS_MAX}, (struct wf_align_keys){right, KEYS_MAX}, partners));
    assert_true(count_partners(left, KEYS_MAX, right, KEYS_MAX, partners) >= 1100);
    assert_int_equal(partners[99], 99);
    /* All of one side is foreign to the other. */
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        right[i] = 10 * KEYS_MAX + i;
    }
    assert_true(wf_align(*state, (struct wf_align_keys){left, KEYS_MAX}, (struct wf_align_keys){right, KEYS_MAX}, partners));
    assert_int_equal(count_partners(left, KEYS_MAX, right, KEYS_MAX, partners), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_align__lays_rows_beside_each_other),
        TEST_IN_ARENA(test_align__finds_as_many_as_there_are),
        TEST_IN_ARENA(test_align__goes_on_after_many_differences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
