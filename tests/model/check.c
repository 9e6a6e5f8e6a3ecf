/*
 * The engine against the model: random calls under faults, seed after seed. The exit code is 1 when they differ, or when a
 * kind of call never succeeded in several seeds; with --plants, when a planted bug of the model's was not seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/trial.h"

#define USAGE "usage: check [--seed N] [--seeds N] [--calls N] [--no-faults] [--plant NAME] [--plants]\n"
#define CALLS_DEFAULT 5000
#define CALLS_ENOUGH 100000 /* for every type of event and every way of a call; a kind of call must come up in fewer */
#define PLANT_SEEDS 12 /* that a planted bug may need */
#define SHOWN_BYTES 6000

struct plant {
    const char *name;
    const char *catcher;
    uint32_t bit;
};

static const struct plant plants[] = {
#define WF_PLANT(NAME, name, catcher, what) {#name, catcher, WF_PLANT_##NAME},
#include "engine/plants.def"
};
#define PLANT_COUNT (sizeof plants / sizeof plants[0])

struct arguments {
    struct trial_options trial;
    uint64_t seed_count;
    bool tries_plants;
};

static bool read_number(const char *text, uint64_t *number)
{
    char *end = NULL;

    if (text == NULL) {
        return false;
    }
    *number = strtoull(text, &end, 0);
    return end != text && *end == '\0';
}

static bool read_plant(const char *text, uint32_t *planted)
{
    for (size_t i = 0; text != NULL && i < PLANT_COUNT; i++) {
        if (strcmp(plants[i].name, text) == 0) {
            *planted = plants[i].bit;
            return true;
        }
    }
    return false;
}

/* Reads one option; returns how many words it took, 0 when it is wrong. */
static int read_option(char **argv, struct arguments *arguments)
{
    if (strcmp(argv[0], "--no-faults") == 0) {
        arguments->trial.has_faults = false;
        return 1;
    }
    if (strcmp(argv[0], "--plants") == 0) {
        arguments->tries_plants = true;
        return 1;
    }
    if ((strcmp(argv[0], "--seed") == 0 && read_number(argv[1], &arguments->trial.seed)) ||
        (strcmp(argv[0], "--seeds") == 0 && read_number(argv[1], &arguments->seed_count)) ||
        (strcmp(argv[0], "--calls") == 0 && read_number(argv[1], &arguments->trial.call_count)) ||
        (strcmp(argv[0], "--plant") == 0 && read_plant(argv[1], &arguments->trial.planted))) {
        return 2;
    }
    return 0;
}

/* ---- The table of calls ---- */

static void print_row(const struct wf_string name, const struct trial_count *count)
{
    printf("%-30.*s %9llu %9llu %9llu %9llu\n", (int)name.size_bytes, name.data, (unsigned long long)count->sent,
           (unsigned long long)count->succeeded, (unsigned long long)count->refused,
           (unsigned long long)count->missing);
}

/* Returns how many types of events and ways of calls never came up. */
static uint32_t print_ways(const struct trial_counts *counts)
{
    uint32_t never = 0;

    for (uint32_t i = 0; i < TRIAL_WAY_COUNT; i++) {
        printf("%-30s %9s %9llu\n", trial_way_name((enum trial_way)i), "", (unsigned long long)counts->ways[i]);
        never += counts->ways[i] == 0 ? 1 : 0;
    }
    for (int32_t i = 1; i < WF_EVENT_TYPE_COUNT; i++) {
        if (trial_event_is_covered(i) && counts->events[i] == 0) {
            printf("no %s was written\n", wf_event_type_name(i));
            never++;
        }
    }
    return never;
}

/* Returns how many kinds never succeeded, and in many calls what they never came to. */
static uint32_t print_kinds(const struct trial_counts *counts)
{
    uint32_t never = 0;
    uint32_t ways = 0;
    uint64_t sent = 0;

    printf("%-30s %9s %9s %9s %9s\n", "call", "sent", "succeeded", "refused", "missing");
    for (uint32_t i = 1; i <= TRIAL_KIND_MAX; i++) {
        const struct trial_count *count = &counts->kinds[i];

        if (trial_kind_is_covered(i)) {
            print_row(trial_kind_name(i), count);
            never += count->succeeded == 0 ? 1 : 0;
            sent += count->sent;
        }
    }
    ways = print_ways(counts);
    printf("%llu calls sent; %llu replies and %llu transactions compared, of which %llu alarms and %llu answers of "
           "other workflows\n",
           (unsigned long long)sent, (unsigned long long)counts->compared_replies,
           (unsigned long long)counts->compared_commits, (unsigned long long)counts->alarms,
           (unsigned long long)counts->answered);
    return never + (sent >= CALLS_ENOUGH ? ways : 0);
}

static void print_faults(const struct cluster_counts *counts)
{
    printf("faults: %llu messages lost, %llu doubled; %llu crashes, %llu moves of shards, %llu of queues, %llu outages; "
           "database: %llu refused, %llu unknown; %llu answers of stale owners not judged\n",
           (unsigned long long)counts->losses, (unsigned long long)counts->duplicates,
           (unsigned long long)counts->crashes, (unsigned long long)counts->moves,
           (unsigned long long)counts->matching_moves, (unsigned long long)counts->outages,
           (unsigned long long)counts->refused, (unsigned long long)counts->unknown,
           (unsigned long long)counts->stale_answers);
}

/* ---- Runs ---- */

/* Seeds until one differs, whose number then stays in the options. Returns the call, 0: none differs. */
static uint64_t try_seeds(struct trial_options *options, uint64_t seed_count, struct trial_counts *counts,
                          struct wf_buffer *out)
{
    for (uint64_t i = 0; i < seed_count; i++) {
        const uint64_t differs_at = trial_run(options, counts, out);

        if (differs_at != 0) {
            return differs_at;
        }
        options->seed++;
    }
    return 0;
}

static int check_engine(struct arguments *arguments, struct wf_buffer *out)
{
    struct trial_counts counts = {0};
    const uint64_t differs_at = try_seeds(&arguments->trial, arguments->seed_count, &counts, out);
    const uint32_t never = print_kinds(&counts);
    const struct wf_string text = wf_buffer_string(out);

    print_faults(&counts.cluster);
    if (differs_at != 0) {
        printf("%.*srepeat: check --seed %llu --calls %llu%s\n0 passed, 1 failed\n",
               (int)(text.size_bytes > SHOWN_BYTES ? SHOWN_BYTES : text.size_bytes), text.data,
               (unsigned long long)arguments->trial.seed, (unsigned long long)differs_at,
               arguments->trial.has_faults ? "" : " --no-faults");
        return 1;
    }
    if (never > 0 && arguments->seed_count == 1) {
        /* One seed proves what it shows; what it does not is judged over many. */
        printf("%u kinds of calls, or types of events, or ways did not come up in this seed\n", never);
    } else if (never > 0) {
        printf("%u kinds of calls, or types of events, or ways never came up\n0 passed, 1 failed\n", never);
        return 1;
    }
    printf("no difference\n1 passed, 0 failed\n");
    return 0;
}

/* What the model says of each bug that is its to see. */
static int check_plants(const struct arguments *arguments, struct wf_arena *arena)
{
    uint32_t seen = 0;
    uint32_t missed = 0;

    for (size_t i = 0; i < PLANT_COUNT; i++) {
        struct trial_options options = arguments->trial;
        struct trial_counts counts = {0};
        struct wf_buffer out = {0};
        struct wf_string text = {0};
        uint64_t differs_at = 0;

        if (strcmp(plants[i].catcher, "model") != 0) {
            printf("%-24s %s\n", plants[i].name, plants[i].catcher);
            continue;
        }
        options.planted = plants[i].bit;
        wf_buffer_init(&out, arena);
        differs_at = try_seeds(&options, PLANT_SEEDS, &counts, &out);
        text = wf_buffer_string(&out);
        for (size_t j = 0; j < text.size_bytes; j++) {
            text.size_bytes = text.data[j] == '\n' ? j : text.size_bytes;
        }
        printf("%-24s %.*s\n", plants[i].name, (int)text.size_bytes, text.data);
        seen += differs_at != 0 ? 1 : 0;
        missed += differs_at == 0 ? 1 : 0;
    }
    printf("%u passed, %u failed\n", seen, missed);
    return missed != 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.trial = {.seed = 1, .call_count = CALLS_DEFAULT, .has_faults = true},
                                  .seed_count = 1};
    struct wf_arena arena = {0};
    struct wf_buffer out = {0};
    int code = 0;

    for (int i = 1; i < argc;) {
        const int words = read_option(argv + i, &arguments);

        if (words == 0) {
            fputs(USAGE, stderr);
            return 2;
        }
        i += words;
    }
    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_buffer_init(&out, &arena);
    code = arguments.tries_plants ? check_plants(&arguments, &arena) : check_engine(&arguments, &out);
    wf_arena_deinit(&arena);
    return code;
}
