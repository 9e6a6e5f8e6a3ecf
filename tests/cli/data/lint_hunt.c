/* Workflows that depend on something that history does not tell them, one way each; Steady depends on nothing. */
#define _GNU_SOURCE
#include "wfsim.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct wf_options bank = {.start_to_close = 30 * WF_SECOND};
static int order_count;

static wf_error pay(struct wf *wf, bool is_card, struct wf_value *result)
{
    return wf_activity(wf, is_card ? "charge_card" : "charge_account", WF_NO_ARGS, &bank, result);
}

static bool is_late(void)
{
    return time(NULL) > 1800000000;
}

static wf_error by_clock(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    return pay(wf, is_late(), result);
}

static wf_error by_environment(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    return pay(wf, getenv("LINT_HUNT_MODE") != NULL, result);
}

static wf_error by_chance(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    return pay(wf, rand() % 2 == 0, result);
}

/* As a table of pointers hashes them. */
static wf_error by_address(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const uintptr_t order = (uintptr_t)wf_alloc(wf, 1, 8);

    (void)state;
    (void)args;
    (void)result;
    return wf_sleep(wf, (wf_duration_ns)(order / 16 % 1009) * WF_SECOND);
}

static __attribute__((noinline)) bool has_flag(const char *flags)
{
    return flags[100] != 0;
}

static wf_error by_memory(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    char flags[20000];

    (void)state;
    (void)args;
    memcpy(flags, "card", 5);
    return pay(wf, has_flag(flags), result);
}

static wf_error by_global(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    order_count++;
    return pay(wf, order_count > 1000, result);
}

/* Only in its second task. */
static wf_error by_zone(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const time_t now = (time_t)(wf_now(wf) / WF_SECOND);
    wf_error error = pay(wf, false, result);
    struct tm local;

    (void)state;
    (void)args;
    return error == NULL ? pay(wf, localtime_r(&now, &local)->tm_min == 37, result) : error;
}

/* No world can change what comes from here, and no two replays agree on it. */
static wf_error by_file(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    FILE *file = fopen("/dev/urandom", "r");
    uint64_t number = 0;

    (void)state;
    (void)args;
    if (file != NULL) {
        (void)!fread(&number, sizeof number, 1, file);
        fclose(file);
    }
    return wf_sleep(wf, (wf_duration_ns)(number >> 2)) != NULL ? pay(wf, true, result) : NULL;
}

/* Two replays agree one time in four. */
static wf_error by_coins(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    FILE *file = fopen("/dev/urandom", "r");
    uint8_t coins = 0;

    (void)state;
    (void)args;
    if (file != NULL) {
        (void)!fread(&coins, sizeof coins, 1, file);
        fclose(file);
    }
    return wf_sleep(wf, (coins & 3) * WF_SECOND + WF_SECOND) != NULL ? pay(wf, true, result) : NULL;
}

static wf_error crashing(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf;
    (void)state;
    (void)args;
    (void)result;
    abort();
}

static wf_error steady(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    return pay(wf, wf_random_below(wf, 2) == 0 && wf_now(wf) > 0, result);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "ByClock", .run = by_clock}, {.name = "ByCoins", .run = by_coins}, {.name = "ByEnvironment", .run = by_environment},
    {.name = "ByChance", .run = by_chance}, {.name = "ByAddress", .run = by_address},
    {.name = "ByMemory", .run = by_memory}, {.name = "ByGlobal", .run = by_global},
    {.name = "ByZone", .run = by_zone}, {.name = "ByFile", .run = by_file},
    {.name = "Crashing", .run = crashing}, {.name = "Steady", .run = steady}, {.name = NULL}}};
