/* MD5: the vectors of RFC 1321, and what lies on the edges of a block. */
#include "tests/support/test.h"

#include <stdio.h>

#include "engine/base/md5.h"

static const struct {
    const char *text;
    const char *digest;
} rows[] = {
    {"", "d41d8cd98f00b204e9800998ecf8427e"},
    {"a", "0cc175b9c0f1b6a831c399e269772661"},
    {"abc", "900150983cd24fb0d6963f7d28e17f72"},
    {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
    {"12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a"},
    {"1234567890123456789012345678901234567890123456789012345", "c9ccf168914a1bcfc3229f1948e67da0"},
    {"12345678901234567890123456789012345678901234567890123456", "49f193adce178490e34d1b3a4ec0064c"},
};

static void test_md5__gives_the_vectors_of_its_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        uint8_t digest[16];
        char text[33];

        wf_md5(rows[i].text, strlen(rows[i].text), digest);
        for (int j = 0; j < 16; j++) {
            (void)snprintf(text + 2 * j, 3, "%02x", digest[j]);
        }
        assert_string_equal(text, rows[i].digest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_md5__gives_the_vectors_of_its_rfc)};

    return cmocka_run_group_tests_name("md5", tests, NULL, NULL);
}
