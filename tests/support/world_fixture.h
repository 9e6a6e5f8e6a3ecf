/* A small world for tests: three servers, two workers, two shards, constant latencies, the tiny module; its records as text. */
#ifndef WF_TESTS_SUPPORT_WORLD_FIXTURE_H
#define WF_TESTS_SUPPORT_WORLD_FIXTURE_H

#include "sim/world/world.h"
#include "tests/support/test.h"

struct world_fixture {
    struct test_blocks blocks;
    struct wf_arena arena;
    struct sim_config config;
    struct sim_code code;
    struct sim_start start;
    struct sim_activity_model activities[4]; /* charge, ship, refund; and room for one */
    struct sim_world *world;
    uint64_t seed;
    bool keeps_closed_runs;
    struct wf_buffer trace;
    uint64_t shown; /* bits of record kinds that go into the trace */
    void (*on_record)(struct world_fixture *fixture, const struct sim_record *record); /* NULL: nothing */
};

#define SHOW(KIND) (UINT64_C(1) << SIM_RECORD_##KIND)

/* cmocka fixture; config may be changed before world_begin. */
int world_setup(void **state);
int world_teardown(void **state);

/* Fails the test when the world cannot be made. */
void world_begin(struct world_fixture *fixture);

/* Runs to a virtual time in milliseconds. */
void world_run(struct world_fixture *fixture, int64_t until_ms);

/* Runs until the world is done; fails the test when it is not by limit_ms. */
void world_finish(struct world_fixture *fixture, int64_t limit_ms);

/* Compares the trace with the lines expected, and empties it. */
void world_trace_is(struct world_fixture *fixture, const char *expected);

/* Ends the world and begins a new one with the same configuration. */
void world_again(struct world_fixture *fixture);

uint32_t world_node(const struct world_fixture *fixture, const char *name);

/* How often the text occurs in the trace. */
uint32_t world_count(const struct world_fixture *fixture, const char *text);

#define IN_WORLD(function) cmocka_unit_test_setup_teardown(function, world_setup, world_teardown)

#endif
