#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

static void *counting_take(void *context, size_t size_bytes)
{
    struct test_blocks *blocks = context;

    blocks->take_count++;
    if (blocks->fail_from != 0 && blocks->take_count >= blocks->fail_from) {
        return NULL;
    }
    blocks->live_count++;
    return malloc(size_bytes);
}

static void counting_give(void *context, void *block, size_t size_bytes)
{
    struct test_blocks *blocks = context;

    (void)size_bytes;
    blocks->live_count--;
    free(block);
}

void test_blocks_init(struct test_blocks *blocks)
{
    *blocks = (struct test_blocks){.source = {counting_take, counting_give, blocks}};
}

struct fixture {
    struct wf_arena arena; /* first: *state points to it */
    struct test_blocks blocks;
};

int test_arena_setup(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);

    if (fixture == NULL) {
        return -1;
    }
    test_blocks_init(&fixture->blocks);
    wf_arena_init(&fixture->arena, &fixture->blocks.source, 0);
    *state = fixture;
    return 0;
}

int test_arena_teardown(void **state)
{
    struct fixture *fixture = *state;
    size_t live_count = 0;

    wf_arena_deinit(&fixture->arena);
    live_count = fixture->blocks.live_count;
    free(fixture);
    return live_count == 0 ? 0 : -1;
}

struct test_blocks *test_arena_blocks(struct wf_arena *arena)
{
    return &((struct fixture *)(void *)arena)->blocks;
}

void test_string_is(const char *where, struct wf_string string, const char *expected)
{
    if (!wf_string_is(string, expected)) {
        fail_msg("%s: got \"%.*s\", expected \"%s\"", where, (int)string.size_bytes,
                 string.data == NULL ? "" : string.data, expected);
    }
}

struct wf_string test_take_until(struct wf_string *rest, char end)
{
    const char *at = rest->size_bytes == 0 ? NULL : memchr(rest->data, end, rest->size_bytes);
    const size_t size_bytes = at == NULL ? rest->size_bytes : (size_t)(at - rest->data);
    const struct wf_string taken = {rest->data, size_bytes};
    const size_t skipped = size_bytes + (at == NULL ? 0 : 1);

    *rest = (struct wf_string){rest->data + skipped, rest->size_bytes - skipped};
    return taken;
}

bool test_contains(struct wf_string text, const char *part)
{
    const size_t size_bytes = strlen(part);

    for (size_t i = 0; i + size_bytes <= text.size_bytes; i++) {
        if (memcmp(text.data + i, part, size_bytes) == 0) {
            return true;
        }
    }
    return false;
}
