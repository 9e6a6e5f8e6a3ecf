/*
 * The worlds are rows of worlds.def; all differ from the first in one thing, so that a difference of commands names its cause. The
 * module's variables are put back before each replay: a value that outlived the last one is a finding of its own, and not the
 * cause of others.
 */
#define _GNU_SOURCE
#include "sim/host/hunt.h"

#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/block_cache.h"
#include "engine/codec.h"
#include "engine/print.h"
#include "engine/replay.h"
#include "sim/host/module.h"
#include "sim/host/shims.h"
#include "sim/host/stacks.h"

#define LAYOUTS 4u          /* of addresses: 0 to 3 in worlds.def */
#define HOLE_PAGES 3u       /* that each further layout keeps free, and one more */
#define SHIFT_BYTES 4144u   /* that blocks of memory lie further on, in each further layout: a page and a little */
#define REGION_BYTES ((size_t)1 << 30) /* of blocks; only what is touched costs memory */
#define ALIGNMENT ((size_t)16)
#define SIDE_BYTES_MAX 300u /* of a command, printed */
#define DOUBTS 16           /* replays that agree before a difference is laid on a world: one of two each by chance */
#define ELSEWHERE_ZONE "WFSIM-13:37"

struct world {
    enum wf_diagnosis_number diagnosis;
    uint32_t addresses;
    uint8_t fill;
    struct sim_shim_world shims;
};

static const struct world worlds[] = {
#define SIM_WORLD(DIAGNOSIS, addresses, fill, environment, step_s, from_s, chance)                                     \
    {WF_DIAGNOSIS_##DIAGNOSIS, addresses, fill, {environment, from_s, step_s, chance}},
#include "sim/host/worlds.def"
};

/* The code, loaded at some address. */
struct layout {
    struct sim_code code;
    void *pictures[SIM_SEGMENTS_MAX]; /* of its variables, as they were when nothing had run */
    struct wf_replay_memory watched[SIM_SEGMENTS_MAX];
};

struct sim_hunt {
    struct sim_hunt_config config;
    struct layout layouts[LAYOUTS];
    struct wf_arena *arena;
    char *region;
    size_t region_used;
    struct wf_block_source fresh; /* of the region */
    struct wf_block_cache cache;
    struct wf_block_source blocks; /* of the cache, filled */
    struct {
        void **items; /* in the order first taken; never given back */
        uint32_t count;
        uint32_t capacity;
    } kept;
    uint32_t stacks_used; /* in this visit */
    struct wf_block_source stacks;
    const struct world *world; /* in which the code runs now */
    int folder;                /* to come back to */
};

/* ---- Memory: the n-th piece that is taken in a world lies at the same place in each visit of it ---- */

static void *take_new(void *context, size_t size_bytes)
{
    struct sim_hunt *hunt = context;
    const size_t rounded = (size_bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    char *block = hunt->region + hunt->region_used;

    if (rounded < size_bytes || rounded > REGION_BYTES - hunt->region_used) {
        return NULL;
    }
    hunt->region_used += rounded;
    return block;
}

/* The region is begun anew by the next visit. */
static void give_new(void *context, void *block, size_t size_bytes)
{
    (void)context;
    (void)block;
    (void)size_bytes;
}

static void *take_block(void *context, size_t size_bytes)
{
    struct sim_hunt *hunt = context;
    void *block = hunt->cache.source.take(hunt->cache.source.context, size_bytes);

    if (block != NULL) {
        memset(block, hunt->world->fill, size_bytes);
    }
    return block;
}

static void give_block(void *context, void *block, size_t size_bytes)
{
    struct sim_hunt *hunt = context;

    hunt->cache.source.give(hunt->cache.source.context, block, size_bytes);
}

/* Word by word, and out of sight of the address sanitizer: frames of a coroutine that was dropped are still marked on its stack. */
__attribute__((no_sanitize("address"))) static void fill_stack(void *stack, size_t size_bytes, uint8_t fill)
{
    volatile uint64_t *words = stack;

    for (size_t i = 0; i < size_bytes / sizeof *words; i++) {
        words[i] = fill * UINT64_C(0x0101010101010101);
    }
}

static void *take_stack(void *context, size_t size_bytes)
{
    struct sim_hunt *hunt = context;
    void **place = NULL;

    while (hunt->stacks_used >= hunt->kept.count) {
        void *stack = sim_stacks()->take(sim_stacks()->context, size_bytes);
        place = stack == NULL ? NULL : WF_LIST_APPEND(hunt->arena, hunt->kept);
        if (place == NULL) {
            return NULL;
        }
        *place = stack;
    }
    place = &hunt->kept.items[hunt->stacks_used++];
    fill_stack(*place, size_bytes, hunt->world->fill);
    return *place;
}

static void begin_memory(struct sim_hunt *hunt)
{
    hunt->region_used = hunt->world->addresses * SHIFT_BYTES;
    hunt->stacks_used = hunt->world->addresses;
    wf_block_cache_init(&hunt->cache, &hunt->fresh);
}

/* ---- Worlds ---- */

static bool is_elsewhere(const struct world *world)
{
    return world->shims.environment == NULL || world->shims.environment[0] != '\0';
}

/* A locale that writes and orders otherwise than C, where one is installed. */
static void set_other_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "tr_TR.UTF-8", "en_US.UTF-8", "C.UTF-8"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (setlocale(LC_ALL, names[i]) != NULL) {
            return;
        }
    }
}

/* What fresh memory of malloc holds: the complement of the number that the library is given, 0 for whatever there is. */
static void perturb(int number)
{
#if defined(M_PERTURB)
    (void)mallopt(M_PERTURB, number);
#else
    (void)number;
#endif
}

static void enter(struct sim_hunt *hunt, const struct world *world)
{
    hunt->world = world;
    perturb((uint8_t)~world->fill);
    if (is_elsewhere(world)) {
        (void)setenv("TZ", ELSEWHERE_ZONE, 1);
        tzset();
        set_other_locale();
        (void)chdir("/");
    }
    sim_shims_begin(&world->shims, hunt->config.host.watch);
}

static void leave(struct sim_hunt *hunt, const char *zone)
{
    perturb(0);
    if (!is_elsewhere(hunt->world)) {
        return;
    }
    if (zone == NULL) {
        (void)unsetenv("TZ");
    } else {
        (void)setenv("TZ", zone, 1);
    }
    tzset();
    (void)setlocale(LC_ALL, "C");
    (void)fchdir(hunt->folder);
}

static void put_back(struct layout *layout)
{
    for (size_t i = 0; i < layout->code.segment_count; i++) {
        memcpy(layout->code.segments[i].live, layout->pictures[i], layout->code.segments[i].size_bytes);
    }
}

/* What the code did in a world, kept beyond the replay. */
struct visit {
    enum wf_verdict verdict;
    const char *diagnosis;
    struct wf_string message;
    const struct wf_replay_answer *answers;
    uint32_t answer_count;
    const struct wf_replay_change *changes;
    uint32_t change_count;
};

static enum wf_status keep(struct wf_arena *arena, const struct wf_replay_result *result, struct visit *visit,
                           struct wf_error *err)
{
    struct wf_replay_answer *answers = wf_arena_take_array(arena, result->answers.count, sizeof *answers);
    struct wf_replay_change *changes = wf_arena_take_array(arena, result->changes.count, sizeof *changes);

    if (answers == NULL || changes == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
    }
    for (uint32_t i = 0; i < result->answers.count; i++) {
        answers[i] = result->answers.items[i];
        answers[i].completion = wf_string_copy(arena, answers[i].completion);
    }
    for (uint32_t i = 0; i < result->changes.count; i++) {
        changes[i] = result->changes.items[i];
    }
    *visit = (struct visit){.verdict = result->verdict,
                            .answers = answers,
                            .answer_count = result->answers.count,
                            .changes = changes,
                            .change_count = result->changes.count};
    if (result->verdict != WF_VERDICT_OK) { /* there is no finding otherwise */
        visit->diagnosis = result->finding.diagnosis;
        visit->message = wf_string_copy(arena, result->finding.message);
    }
    return arena->is_full ? wf_fail_status(err, WF_ERR_MEMORY, "out of memory") : WF_OK;
}

static enum wf_status replay_with(struct sim_hunt *hunt, struct wf_arena *arena, struct wf_host *host,
                                  struct wf_history *history, struct visit *visit, struct wf_error *err)
{
    struct layout *layout = &hunt->layouts[hunt->world->addresses];
    const struct wf_replay_options options = {.family = WF_FAMILY_AUTO,
                                              .keeps_answers = true,
                                              .watched = layout->watched,
                                              .watched_count = (uint32_t)layout->code.segment_count};
    struct wf_replay *replay = wf_replay_new(wf_system_blocks(), host);
    struct wf_replay_result result;

    if (replay == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
    }
    put_back(layout);
    enum wf_status status = wf_replay_run(replay, history, &options, &result, err);
    if (status == WF_OK) {
        status = keep(arena, &result, visit, err);
    }
    wf_replay_free(replay);
    return status;
}

/* A host and its stacks are of one visit: what an earlier one left on them must not show. */
static enum wf_status replay_here(struct sim_hunt *hunt, struct wf_arena *arena, struct wf_history *history,
                                  struct visit *visit, struct wf_error *err)
{
    const struct layout *layout = &hunt->layouts[hunt->world->addresses];
    struct wf_host_config config = hunt->config.host;
    struct wf_host *host = NULL;

    config.module = layout->code.module;
    config.code_base = layout->code.base;
    config.blocks = &hunt->blocks;
    config.stacks = &hunt->stacks;
    begin_memory(hunt);
    WF_TRY(wf_host_new(&config, &host, err));
    const enum wf_status status = replay_with(hunt, arena, host, history, visit, err);
    wf_host_free(host);
    wf_block_cache_deinit(&hunt->cache);
    return status == WF_OK && sim_stacks_were_short() ? wf_fail_status(err, WF_ERR_MEMORY, "out of memory") : status;
}

static enum wf_status visit_world(struct sim_hunt *hunt, struct wf_arena *arena, const struct world *world,
                                  struct wf_history *history, struct visit *visit, struct wf_error *err)
{
    const char *named = getenv("TZ");
    char *zone = named == NULL ? NULL : strdup(named);

    enter(hunt, world);
    const enum wf_status status = replay_here(hunt, arena, history, visit, err);
    leave(hunt, zone);
    free(zone);
    return status;
}

/* ---- Differences ---- */

static struct wf_string print_command(struct wf_arena *arena, const struct wf_sdk_command *command)
{
    const struct wf_print_options options = {.limit_bytes = SIDE_BYTES_MAX};
    struct wf_buffer text;

    wf_buffer_init(&text, arena);
    wf_print_inline(&text, &wf_type_sdk_command, command, &options);
    return wf_buffer_string(&text);
}

static struct wf_string encode_command(struct wf_arena *arena, const struct wf_sdk_command *command)
{
    struct wf_buffer bytes;

    wf_buffer_init(&bytes, arena);
    wf_wire_encode(&wf_type_sdk_command, command, &bytes);
    return wf_buffer_string(&bytes);
}

/* The index-th command of a completion without the place of its call, which may be another one; NULL when there is none. */
static struct wf_sdk_command *command_at(const struct wf_sdk_completion *completion, uint32_t index, uint64_t *offset)
{
    struct wf_sdk_command *command = NULL;

    if (completion->status_case == WF_CASE_sdk_completion_successful &&
        index < completion->status.successful->commands.count) {
        command = &completion->status.successful->commands.items[index];
        *offset = command->code_offset;
        command->code_offset = 0;
    }
    return command;
}

static bool decode(struct wf_arena *arena, struct wf_string bytes, struct wf_sdk_completion *completion)
{
    return wf_wire_decode(arena, &wf_type_sdk_completion, bytes, completion, NULL) == WF_OK;
}

/* Whether two answers differ in their commands, or in that one of them is a failure. */
static bool find_difference(struct wf_arena *arena, const struct wf_replay_answer *first, const struct wf_replay_answer *again,
                            struct sim_hunt_finding *finding)
{
    struct wf_sdk_completion left = {0};
    struct wf_sdk_completion right = {0};
    uint64_t offset = 0;

    if (!decode(arena, first->completion, &left) || !decode(arena, again->completion, &right)) {
        return false;
    }
    finding->event_id = first->event_id;
    for (uint32_t i = 0;; i++) {
        const struct wf_sdk_command *old = command_at(&left, i, &finding->code_offset);
        const struct wf_sdk_command *other = command_at(&right, i, old == NULL ? &finding->code_offset : &offset);

        if (old == NULL && other == NULL) {
            return left.status_case != right.status_case;
        }
        if (old == NULL || other == NULL ||
            !wf_string_equal(encode_command(arena, old), encode_command(arena, other))) {
            finding->first = old == NULL ? finding->first : print_command(arena, old);
            finding->again = other == NULL ? finding->again : print_command(arena, other);
            return true;
        }
    }
}

static bool add(struct wf_arena *arena, struct sim_hunt_findings *findings, const struct sim_hunt_finding *finding)
{
    struct sim_hunt_finding *place = WF_LIST_APPEND(arena, *findings);

    if (place != NULL) {
        *place = *finding;
    }
    return place != NULL;
}

static bool is_known(const struct sim_hunt_findings *findings, enum wf_diagnosis_number diagnosis, struct wf_string symbol)
{
    for (uint32_t i = 0; i < findings->count; i++) {
        if (findings->items[i].diagnosis == diagnosis &&
            (diagnosis != WF_DIAGNOSIS_CHANGES_GLOBAL || wf_string_equal(findings->items[i].symbol, symbol))) {
            return true;
        }
    }
    return false;
}

/* The first activation in which the worlds differ; later ones follow from it. */
static bool compare_worlds(struct wf_arena *arena, const struct visit *first, const struct visit *again,
                           enum wf_diagnosis_number diagnosis, struct sim_hunt_findings *findings)
{
    for (uint32_t i = 0; i < first->answer_count && i < again->answer_count; i++) {
        const struct wf_replay_answer *old = &first->answers[i];
        const struct wf_replay_answer *other = &again->answers[i];
        struct sim_hunt_finding finding = {.diagnosis = diagnosis};

        if (!wf_string_equal(old->completion, other->completion) && find_difference(arena, old, other, &finding)) {
            const struct sim_shim_call call = sim_shims_call_before(diagnosis, i);

            if (call.name != NULL) {
                finding.symbol = wf_string_of(call.name);
                finding.code_offset = call.code_offset;
            }
            return add(arena, findings, &finding);
        }
    }
    return true;
}

static bool take_changes(const struct sim_hunt *hunt, struct wf_arena *arena, const struct visit *visit,
                         struct sim_hunt_findings *findings)
{
    for (uint32_t i = 0; i < visit->change_count; i++) {
        const struct wf_replay_change *change = &visit->changes[i];
        const struct sim_global *global =
            sim_object_global_at(hunt->config.object, (uintptr_t)change->at - hunt->layouts[0].code.base);
        const struct sim_hunt_finding finding = {.diagnosis = WF_DIAGNOSIS_CHANGES_GLOBAL,
                                                 .event_id = change->event_id,
                                                 .symbol = global == NULL ? WF_STR("") : global->name};

        if (!is_known(findings, finding.diagnosis, finding.symbol) && !add(arena, findings, &finding)) {
            return false;
        }
    }
    return true;
}

/* ---- All together ---- */

/* Code that goes by what no world holds still (a counter of the processor, a thread) may agree with itself once, and differ from the
 * others by chance: what is found counts if the code agrees with itself again and again. */
static enum wf_status doubt(struct sim_hunt *hunt, struct wf_arena *arena, struct wf_history *history, const struct visit *first,
                            struct sim_hunt_findings *findings, struct wf_error *err)
{
    struct sim_hunt_findings doubts = {0};
    struct visit again;
    uint32_t kept_count = 0;

    for (int i = 0; i < DOUBTS && doubts.count == 0; i++) {
        WF_TRY(visit_world(hunt, arena, &worlds[0], history, &again, err));
        if (!compare_worlds(arena, first, &again, WF_DIAGNOSIS_NOT_REPEATABLE, &doubts)) {
            return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
        }
    }
    if (doubts.count == 0) {
        return WF_OK;
    }
    for (uint32_t i = 0; i < findings->count; i++) {
        if (findings->items[i].diagnosis == WF_DIAGNOSIS_CHANGES_GLOBAL) {
            findings->items[kept_count++] = findings->items[i];
        }
    }
    findings->count = kept_count;
    return add(arena, findings, &doubts.items[0]) ? WF_OK : wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
}

/* The other worlds. Code that does not even agree with itself is not looked at in any of them. */
static enum wf_status compare_all(struct sim_hunt *hunt, struct wf_arena *arena, struct wf_history *history,
                                  const struct visit *first, struct sim_hunt_findings *findings, struct wf_error *err)
{
    const struct wf_arena_mark mark = wf_arena_mark(arena);
    struct visit again;
    bool is_doubted = false;

    for (size_t i = 1; i < sizeof worlds / sizeof *worlds; i++) {
        const enum wf_diagnosis_number diagnosis = worlds[i].diagnosis;
        const uint32_t count = findings->count;

        if (is_known(findings, diagnosis, WF_STR("")) || is_known(findings, WF_DIAGNOSIS_NOT_REPEATABLE, WF_STR(""))) {
            continue;
        }
        WF_TRY(visit_world(hunt, arena, &worlds[i], history, &again, err));
        if (!compare_worlds(arena, first, &again, diagnosis, findings)) {
            return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
        }
        if (findings->count > count && diagnosis != WF_DIAGNOSIS_NOT_REPEATABLE && !is_doubted) {
            is_doubted = true;
            WF_TRY(doubt(hunt, arena, history, first, findings, err));
        }
        if (findings->count == 0 && count == 0) {
            wf_arena_rewind(arena, mark); /* nothing of this world is needed any more */
        }
    }
    return WF_OK;
}

enum wf_status sim_hunt_run(struct sim_hunt *hunt, struct wf_arena *arena, struct wf_history *history,
                            struct sim_hunt_findings *findings, struct wf_error *err)
{
    struct visit first;

    *findings = (struct sim_hunt_findings){0};
    WF_TRY(visit_world(hunt, arena, &worlds[0], history, &first, err));
    findings->verdict = first.verdict;
    findings->verdict_diagnosis = first.diagnosis;
    findings->verdict_message = first.message;
    if (!take_changes(hunt, arena, &first, findings)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
    }
    return compare_all(hunt, arena, history, &first, findings, err);
}

static enum wf_status load(struct sim_hunt *hunt, struct wf_arena *arena, uint32_t index, struct wf_error *err)
{
    struct layout *layout = &hunt->layouts[index];
    const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);

    if (index > 0) { /* what is mapped next lies further on by no round number */
        (void)mmap(NULL, (HOLE_PAGES * index + 1) * page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    WF_TRY(sim_module_load(arena, hunt->config.path, hunt->config.object_path, &layout->code, err));
    WF_TRY(sim_shims_install(hunt->config.object, &layout->code, err));
    for (size_t i = 0; i < layout->code.segment_count; i++) {
        const struct sim_segment *segment = &layout->code.segments[i];

        layout->pictures[i] = wf_arena_take(arena, segment->size_bytes);
        if (layout->pictures[i] == NULL) {
            return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
        }
        memcpy(layout->pictures[i], segment->live, segment->size_bytes);
        layout->watched[i] = (struct wf_replay_memory){segment->live, segment->size_bytes};
    }
    return WF_OK;
}

enum wf_status sim_hunt_new(struct wf_arena *arena, const struct sim_hunt_config *config, struct sim_hunt **hunt,
                            struct wf_error *err)
{
    struct sim_hunt *made = WF_ARENA_NEW(arena, struct sim_hunt);

    if (made == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
    }
    *made = (struct sim_hunt){
        .config = *config,
        .arena = arena,
        .region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
        .fresh = {take_new, give_new, made},
        .blocks = {take_block, give_block, made},
        .stacks = {take_stack, give_new, made},
        .world = &worlds[0],
        .folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (made->region == MAP_FAILED) {
        return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
    }
    for (uint32_t i = 0; i < LAYOUTS; i++) {
        WF_TRY(load(made, arena, i, err));
    }
    *hunt = made;
    return WF_OK;
}
