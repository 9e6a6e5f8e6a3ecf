/*
 * A simulation takes no memory from the system between its first step and its last: everything lies
 * in the region that was reserved at set-up, and the stacks of coroutines are kept.
 *
 * This program's own malloc, its kin and mmap stand before those of the C library: whoever calls
 * them by name is counted, be it this program, workflow code or a shared library. Not seen: calls
 * inside the C library that do not go by name (its allocator's own mmap and brk, which follow a
 * counted malloc), a bare system call, and the pages that the system gives the region when they are
 * first touched. Under the address sanitizer, whose allocator has the names, only the block source
 * counts.
 */
#include "tests/support/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER
#endif

#define WARM_UP_SEED 1
#define SEED_COUNT 20

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)
#define CAN_COUNT true

static uint64_t call_count;

/* The C library's own, under the names that it keeps for this. */
void *__libc_malloc(size_t size_bytes);
void *__libc_calloc(size_t count, size_t size_bytes);
void *__libc_realloc(void *old, size_t size_bytes);
void *__libc_memalign(size_t alignment, size_t size_bytes);

void *malloc(size_t size_bytes)
{
    call_count++;
    return __libc_malloc(size_bytes);
}

void *calloc(size_t count, size_t size_bytes)
{
    call_count++;
    return __libc_calloc(count, size_bytes);
}

void *realloc(void *old, size_t size_bytes)
{
    call_count++;
    return __libc_realloc(old, size_bytes);
}

void *aligned_alloc(size_t alignment, size_t size_bytes)
{
    call_count++;
    return __libc_memalign(alignment, size_bytes);
}

int posix_memalign(void **out, size_t alignment, size_t size_bytes)
{
    call_count++;
    *out = __libc_memalign(alignment, size_bytes);
    return *out == NULL ? ENOMEM : 0;
}

void *mmap(void *address, size_t size_bytes, int protection, int flags, int file, off_t offset)
{
    call_count++;
    return (void *)syscall(SYS_mmap, address, size_bytes, protection, flags, file, offset);
}

/* The name under which libraries built for large files call it. */
void *mmap64(void *address, size_t size_bytes, int protection, int flags, int file, off_t offset);
void *mmap64(void *address, size_t size_bytes, int protection, int flags, int file, off_t offset)
{
    return mmap(address, size_bytes, protection, flags, file, offset);
}

#else
#define CAN_COUNT false
static const uint64_t call_count;
#endif

/* Without this the test below would pass for want of eyes. */
static void test_no_allocation_simulation__counts_what_is_taken(void **state)
{
    void *(*volatile take)(
        size_t size_bytes) = malloc; /* so that no compiler leaves the pair out */
    const uint64_t before = call_count;

    (void)state;
    if (!CAN_COUNT) {
        skip();
    }
    free(take(1));
    assert_int_equal(call_count, before + 1);
    void *pages = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_int_equal(call_count, before + 2);
    assert_true(pages != MAP_FAILED);
    assert_int_equal(munmap(pages, 1), 0);
}

/* All faults, all checks: one seed sets up, the others take nothing, even those that need more than
 * it did. */
static void test_no_allocation_simulation__a_seed_takes_nothing(void **state)
{
    struct scenario saga;
    uint64_t step_count = 0;

    (void)state;
    scenario_open(&saga, "scenarios/saga.yaml");
    (void)scenario_run(&saga, &(struct sim_run_options){.seed = WARM_UP_SEED});
    for (uint64_t seed = WARM_UP_SEED + 1; seed <= WARM_UP_SEED + SEED_COUNT; seed++) {
        const uint64_t before = call_count;
        const struct sim_run_result *result = scenario_run(&saga,
                                                           &(struct sim_run_options){.seed = seed});

        if (call_count != before) {
            fail_msg("seed %llu takes memory %llu times", (unsigned long long)seed,
                     (unsigned long long)(call_count - before));
        }
        step_count += result->step_count;
    }
    assert_int_equal(saga.blocks.take_count, 1); /* the region */
    assert_true(step_count > 1000 * SEED_COUNT);
    scenario_close(&saga);
    assert_int_equal(saga.blocks.live_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_allocation_simulation__counts_what_is_taken),
        cmocka_unit_test(test_no_allocation_simulation__a_seed_takes_nothing),
    };

    return cmocka_run_group_tests_name("no_allocation_simulation", tests, NULL, NULL);
}
