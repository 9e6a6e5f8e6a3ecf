/*
 * How fast the shipped scenarios are simulated, with the trace hash and every check on, against a
 * bare event loop measured in the same run; what hash and checks take of it; and the memory of a
 * run.
 *
 * The hash is measured by hashing every record once more. Checks cannot be switched off, but a run
 * without faults can be stepped without anybody who looks: the same steps, less checks and
 * histories verified.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "engine/base/hash.h"
#include "sim/core/loop.h"
#include "sim/core/pool.h"
#include "sim/world/world.h"
#include "tests/support/scenario.h"

#define ROUNDS 3 /* the fastest counts */
#define SHARE_ROUNDS 7
#define SEED_COUNT 100
#define MEMORY_SEED_COUNT 200
#define PEAK_GOAL_MIB 16
#define MIB (1024.0 * 1024.0)
#define BARE_PENDING 128 /* events that wait in a busy simulation */
#define BARE_STEPS 4000000

/* Of this process: other work on the machine does not count. */
static double now_seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

struct measure {
    double seconds;
    uint64_t step_count;
};

/* The faster of two, of which `best` may have no steps yet. */
static void keep_faster(struct measure *best, struct measure measure)
{
    if (best->step_count == 0 || measure.seconds < best->seconds) {
        *best = measure;
    }
}

static double ns_per_step(const struct measure *measure)
{
    return measure->seconds * 1e9 / (double)measure->step_count;
}

/* ---- The yardstick: a queue of the same depth, one event popped and one pushed a step ---- */

static double bare_ns_per_step(void)
{
    struct measure best = {0};
    struct wf_arena arena;

    wf_arena_init(&arena, wf_system_blocks(), 0);
    for (int round = 0; round < ROUNDS; round++) {
        struct sim_loop loop;
        struct sim_event event;
        double start = 0;

        assert_true(sim_loop_init(&loop, &arena, BARE_PENDING));
        for (uint32_t i = 0; i < BARE_PENDING; i++) {
            assert_true(sim_loop_push(&loop, i, 0, 0, NULL));
        }
        start = now_seconds();
        while (loop.step_count < BARE_STEPS && sim_loop_pop(&loop, &event)) {
            const wf_time_ns wait_ns = (wf_time_ns)(wf_hash_mix(event.sequence, 0) % BARE_PENDING);

            (void)sim_loop_push(&loop, loop.now_ns + wait_ns, 0, 0, NULL);
        }
        keep_faster(&best, (struct measure){now_seconds() - start, BARE_STEPS});
    }
    wf_arena_deinit(&arena);
    return ns_per_step(&best);
}

/* ---- Seeds as `wfsim run` runs them ---- */

static void hash_again(void *context, const struct sim_record *record)
{
    sim_record_hash(record, context);
}

/* The options' seed is where it begins. */
static struct measure run_seeds(struct scenario *scenario, const struct sim_run_options *options)
{
    const double start = now_seconds();
    struct measure measure = {0};

    for (uint64_t i = 0; i < SEED_COUNT; i++) {
        struct sim_run_options seed = *options;

        seed.seed += i;
        measure.step_count += scenario_run(scenario, &seed)->step_count;
    }
    measure.seconds = now_seconds() - start;
    return measure;
}

/* ---- The world alone, without faults and with nobody who looks ---- */

static uint64_t step_world(const struct sim_world_config *config)
{
    struct sim_world *world = NULL;
    struct wf_error err = {0};
    uint64_t step_count = 0;
    bool is_over = false;

    assert_int_equal(sim_world_new(config, &world, &err), WF_OK);
    while (!is_over && !sim_world_is_done(world)) {
        assert_int_equal(sim_world_step(world, &is_over, &err), WF_OK);
    }
    step_count = sim_world_loop(world)->step_count;
    sim_world_free(world);
    return step_count;
}

static struct measure step_worlds(const struct scenario *scenario, struct sim_pool *pool)
{
    const double start = now_seconds();
    struct measure measure = {0};

    for (uint64_t seed = 1; seed <= SEED_COUNT; seed++) {
        sim_pool_reset(pool);
        measure.step_count += step_world(&(struct sim_world_config){
            .config = &scenario->loaded.config, .seed = seed, .blocks = sim_pool_blocks(pool)});
    }
    measure.seconds = now_seconds() - start;
    return measure;
}

/* ---- Memory ---- */

static double peak_mib(struct scenario *scenario, bool no_faults)
{
    size_t peak_bytes = 0;

    for (uint64_t seed = 1; seed <= MEMORY_SEED_COUNT; seed++) {
        const struct sim_run_options options = {.seed = seed, .no_faults = no_faults};
        const size_t seed_bytes = scenario_run(scenario, &options)->peak_bytes;

        peak_bytes = seed_bytes > peak_bytes ? seed_bytes : peak_bytes;
    }
    return (double)peak_bytes / MIB;
}

/* All that was ever resident: the program, its libraries, the code, the region as far as it was
 * touched, stacks. */
static double resident_mib(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024 / MIB;
}

/* ---- Lines ---- */

static void print_speed(const char *name, const struct measure *measure, double bare_ns)
{
    const double ns = ns_per_step(measure);

    printf("%-22s %12.0f %15.1fx %18.0f %16.0f\n", name, 1e9 / ns, ns / bare_ns,
           3600 * SEED_COUNT / measure->seconds, (double)measure->step_count / SEED_COUNT);
}

static void print_scenario(const char *name, double bare_ns)
{
    struct scenario scenario;
    struct measure chaos = {0};
    char path[64];

    (void)snprintf(path, sizeof path, "scenarios/%s.yaml", name);
    scenario_open(&scenario, path);
    for (int round = 0; round < ROUNDS; round++) {
        keep_faster(&chaos, run_seeds(&scenario, &(struct sim_run_options){.seed = 1}));
    }
    print_speed(name, &chaos, bare_ns);
    scenario_close(&scenario);
}

/* The three take turns, so that a machine that is slower for a while is slower for each of them. */
static void print_shares(struct scenario *saga)
{
    void *region = malloc(SIM_REGION_BYTES);
    struct sim_pool *pool = sim_pool_init(region, SIM_REGION_BYTES);
    struct wf_digest digest;
    const struct sim_run_options options = {.seed = 1, .no_faults = true};
    const struct sim_run_options hashing = {
        .seed = 1, .no_faults = true, .observer = hash_again, .observer_context = &digest};
    struct measure calm = {0};
    struct measure hashed_twice = {0};
    struct measure world = {0};

    wf_digest_init(&digest);
    for (int round = 0; round < SHARE_ROUNDS; round++) {
        keep_faster(&calm, run_seeds(saga, &options));
        keep_faster(&hashed_twice, run_seeds(saga, &hashing));
        keep_faster(&world, step_worlds(saga, pool));
    }
    printf("saga without faults: %.0f ns a step; of it about %.0f%% the trace hash, %.0f%% checks "
           "and verified "
           "histories\n",
           ns_per_step(&calm), 100 * (ns_per_step(&hashed_twice) / ns_per_step(&calm) - 1),
           100 * (1 - ns_per_step(&world) / ns_per_step(&calm)));
    free(region);
}

static void print_memory(struct scenario *saga)
{
    const double calm = peak_mib(saga, true);
    const double chaos = peak_mib(saga, false);

    printf("memory of a saga: %.1f MiB without faults, %.1f MiB under chaos, the most of %d seeds: "
           "%.2f and %.2f of the %d MiB "
           "that a run may take; this whole process was never larger than %.1f MiB\n",
           calm, chaos, MEMORY_SEED_COUNT, calm / PEAK_GOAL_MIB, chaos / PEAK_GOAL_MIB,
           PEAK_GOAL_MIB, resident_mib());
}

int main(void)
{
    const double bare_ns = bare_ns_per_step();
    struct scenario saga;

    printf("simulation: one core, all checks and the trace hash on; a bare event of the loop takes "
           "%.0f ns\n",
           bare_ns);
    printf("%-22s %12s %16s %18s %16s\n", "under its faults", "steps/s", "to a bare one",
           "seeds/h and core", "steps a seed");
    print_scenario("saga", bare_ns);
    print_scenario("saga_naive", bare_ns);
    print_scenario("harvest", bare_ns);
    print_scenario("expense", bare_ns);
    scenario_open(&saga, "scenarios/saga.yaml");
    print_memory(&saga);
    print_shares(&saga);
    scenario_close(&saga);
    return EXIT_SUCCESS;
}
