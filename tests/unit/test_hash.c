#include "tests/support/test.h"

#include "engine/base/hash.h"

/* Seeds of workflow randomness that the official core produced: replay-rules 1.10. */
static void test_hash__randomness_seed_of_a_run_id(void **state)
{
    static const struct {
        const char *run_id;
        uint64_t seed;
    } rows[] = {
        {"11111111-2222-3333-4444-555555555555", UINT64_C(7727541144460110179)},
        {"new-run-id-xyz", UINT64_C(18411112526109534407)},
        {"", UINT64_C(3476900567878811119)},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const uint64_t seed = wf_randomness_seed(rows[i].run_id, strlen(rows[i].run_id));

        if (seed != rows[i].seed) {
            fail_msg("%s: %llu", rows[i].run_id, (unsigned long long)seed);
        }
    }
}

/* The suffix of the seed is hashed as if it stood in the text, at every length around a word. */
static void test_hash__seed_equals_siphash_of_id_and_ff(void **state)
{
    char text[40];

    (void)state;
    for (size_t size_bytes = 0; size_bytes < sizeof text - 1; size_bytes++) {
        memset(text, 'r', size_bytes);
        text[size_bytes] = (char)0xFF;
        assert_true(wf_randomness_seed(text, size_bytes) == wf_siphash13(0, 0, text, size_bytes + 1));
    }
}

/* Golden values of XXH3-64; the same as the xxhash command line and library print. */
static void test_hash__xxh3_golden_values(void **state)
{
    static const struct {
        size_t size_bytes;
        uint64_t hash;
        uint64_t seeded; /* with seed 0x5eed */
    } rows[] = {
        {1, UINT64_C(0xe12ef9d2eb86ceeb), UINT64_C(0x85ad3879e9baed83)},
        {9, UINT64_C(0x4781d83b8e99d495), UINT64_C(0xe28383c4ae56ffca)},
        {16, UINT64_C(0x913bd4a8038027a7), UINT64_C(0x76b5d2a0462ebc97)},
        {17, UINT64_C(0x2bf6f66973a6179d), UINT64_C(0xcfb0a7b66ef8db05)},
        {128, UINT64_C(0xc4399c7829d0628f), UINT64_C(0x623a90c151946190)},
        {129, UINT64_C(0x8433489056750b32), UINT64_C(0xccb32f565a204238)},
        {240, UINT64_C(0x3c0bb96864e543a1), UINT64_C(0x6015c348d6a6026b)},
        {241, UINT64_C(0xbff7215089202d8f), UINT64_C(0x12c9f97730ce1a7b)},
        {1024, UINT64_C(0xac8e32e4ea3ba062), UINT64_C(0x623307fb56a2ce8e)},
        {2048, UINT64_C(0xecd56acc708567ff), UINT64_C(0x3b5882a2d4f44fdd)},
    };
    unsigned char bytes[2048];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 7 + 1);
    }
    assert_true(wf_hash_bytes("", 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(wf_hash_bytes(NULL, 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(wf_hash_bytes("a", 1) == UINT64_C(0xe6c632b61e964e1f));
    assert_true(wf_hash_bytes("abc", 3) == UINT64_C(0x78af5f94892f3950));
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        assert_true(wf_hash_bytes(bytes, rows[i].size_bytes) == rows[i].hash);
        assert_true(wf_hash_seeded(0x5eed, bytes, rows[i].size_bytes) == rows[i].seeded);
    }
}

/* The digest depends on order and on the number of pieces, and is the same on every machine. */
static void test_hash__digest_depends_on_order_and_count(void **state)
{
    struct wf_digest left;
    struct wf_digest right;

    (void)state;
    wf_digest_init(&left);
    wf_digest_init(&right);
    assert_true(wf_digest_value(&left) == wf_digest_value(&right));
    wf_digest_add(&left, "ab", 2);
    wf_digest_add(&right, "a", 1);
    wf_digest_add(&right, "b", 1);
    assert_true(wf_digest_value(&left) != wf_digest_value(&right));

    wf_digest_init(&left);
    wf_digest_add_u64(&left, 1);
    wf_digest_add_u64(&left, 2);
    wf_digest_init(&right);
    wf_digest_add_u64(&right, 2);
    wf_digest_add_u64(&right, 1);
    assert_true(wf_digest_value(&left) != wf_digest_value(&right));
    assert_true(wf_digest_value(&left) == UINT64_C(0x3c6e0478b0a80854));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash__randomness_seed_of_a_run_id),
        cmocka_unit_test(test_hash__seed_equals_siphash_of_id_and_ff),
        cmocka_unit_test(test_hash__xxh3_golden_values),
        cmocka_unit_test(test_hash__digest_depends_on_order_and_count),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
