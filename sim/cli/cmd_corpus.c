/*
 * wfsim corpus: what a collection of histories covers, and what it does not. Histories are read one at a time; kept of each are
 * what happened, its shape and its growth, so that a set of them that covers the same can be chosen.
 */
#include <string.h>

#include "engine/base/json_text.h"
#include "engine/base/map.h"
#include "engine/service.h"
#include "sim/check/check_history.h"
#include "sim/cli/corpus_facts.h"
#include "sim/cli/corpus_shape.h"
#include "sim/cli/histories.h"
#include "sim/cli/interrupt.h"
#include "sim/report/visible.h"

#define OUTLINE_COLUMNS_MAX 300
#define SHAPES_SHOWN_MAX 10

struct kept {
    struct wf_string path;
    struct wf_string workflow_id;
    uint64_t number; /* in its file, from 1 */
    uint64_t traits;
    struct shape *shape;
    uint64_t event_count;
    uint64_t size_bytes;
    uint64_t loop_event_count;
    uint64_t loop_count;
    uint32_t finding_count;
    struct wf_string finding; /* the first one */
    bool is_chosen;
};

struct shape {
    struct wf_string outline;
    uint64_t count;
    const struct kept *example; /* the first one */
    bool is_covered;
};

struct type {
    struct wf_string name;
    struct {
        struct kept **items;
        uint32_t count;
        uint32_t capacity;
    } histories;
    struct {
        struct shape **items;
        uint32_t count;
        uint32_t capacity;
    } shapes;
    struct wf_map shape_by_digest;
    uint64_t counts[CLI_TRAIT_COUNT];
    uint64_t traits; /* of all */
};

struct report {
    struct cli *cli;
    struct wf_arena scratch; /* of one history */
    struct wf_map type_by_name;
    struct {
        struct type **items;
        uint32_t count;
        uint32_t capacity;
    } types;
    uint64_t history_count;
    uint64_t edited_count;
    struct wf_service_limits limits;
};

/* ---- Gathering ---- */

static struct type *type_of(struct report *report, struct wf_string name)
{
    struct wf_arena *arena = report->cli->arena;
    struct type *type = wf_map_get(&report->type_by_name, name);
    struct type **place = NULL;

    if (type != NULL) {
        return type;
    }
    type = WF_ARENA_NEW(arena, struct type);
    place = type == NULL ? NULL : WF_LIST_APPEND(arena, report->types);
    if (place == NULL) {
        return NULL;
    }
    *place = type;
    type->name = wf_string_copy(arena, name);
    wf_map_init(&type->shape_by_digest, arena);
    return type->name.data != NULL && wf_map_set(&report->type_by_name, type->name, type) ? type : NULL;
}

static struct shape *shape_of(struct report *report, struct type *type, const struct cli_shape *found, const struct kept *kept)
{
    struct wf_arena *arena = report->cli->arena;
    char digest[8];
    struct shape *shape = NULL;
    struct shape **place = NULL;

    wf_store_u64(digest, found->digest);
    shape = wf_map_get(&type->shape_by_digest, (struct wf_string){digest, sizeof digest});
    if (shape != NULL) {
        return shape;
    }
    shape = WF_ARENA_NEW(arena, struct shape);
    place = shape == NULL ? NULL : WF_LIST_APPEND(arena, type->shapes);
    if (place == NULL) {
        return NULL;
    }
    *place = shape;
    shape->outline = wf_string_copy(arena, found->outline);
    shape->example = kept;
    return shape->outline.data != NULL &&
                   wf_map_set(&type->shape_by_digest,
                              wf_string_copy(arena, (struct wf_string){digest, sizeof digest}), shape)
               ? shape
               : NULL;
}

/* The invariants of `wfsim check` that tell an edited file: all of them, for whoever edits by hand breaks the nearest one. */
static bool find_edits(struct report *report, const struct wf_history *history, struct kept *kept)
{
    const struct sim_history_options options = {.is_foreign = sim_history_is_foreign(history),
                                                .verifies_encoding = true,
                                                .clock_spread_ns = sim_history_clock_spread(history),
                                                .has_other_options = sim_history_has_other_options(history)};
    struct sim_history_findings *findings = WF_ARENA_NEW(&report->scratch, struct sim_history_findings);
    struct wf_error err;

    if (findings == NULL || sim_check_history(&report->scratch, history->events, history->event_count, &options, findings,
                                              &err) != WF_OK) {
        return false;
    }
    kept->finding_count = findings->count + findings->dropped_count;
    if (findings->count > 0) {
        struct wf_buffer text;

        wf_buffer_init(&text, report->cli->arena);
        wf_buffer_printf(&text, "%s %S", findings->items[0].invariant, &findings->items[0].sentence);
        kept->finding = wf_buffer_string(&text);
        report->edited_count++;
        return !text.is_full;
    }
    return true;
}

static bool add_to_type(struct report *report, struct kept *kept, const struct wf_history *history,
                        const struct cli_shape *shape)
{
    struct type *type = type_of(report, history->workflow_type);
    struct kept **place = type == NULL ? NULL : WF_LIST_APPEND(report->cli->arena, type->histories);

    if (place == NULL) {
        return false;
    }
    *place = kept;
    kept->shape = shape_of(report, type, shape, kept);
    if (kept->shape == NULL) {
        return false;
    }
    kept->shape->count++;
    for (int i = 0; i < CLI_TRAIT_COUNT; i++) {
        type->counts[i] += kept->traits >> i & 1;
    }
    type->traits |= kept->traits;
    return true;
}

static bool add_history(struct report *report, const char *path, uint64_t number, struct wf_history *history)
{
    struct wf_arena *arena = report->cli->arena;
    struct kept *kept = WF_ARENA_NEW(arena, struct kept);
    struct cli_shape shape;
    struct wf_buffer bytes;

    (void)wf_history_normalise(history, NULL); /* a newest-first file is turned round; what else is wrong is a finding */
    wf_history_fill_ids(history);
    wf_buffer_init(&bytes, &report->scratch);
    wf_history_write_protobuf(history, &bytes);
    if (kept == NULL || bytes.is_full || !cli_shape_of(&report->scratch, history, &shape)) {
        return false;
    }
    *kept = (struct kept){.path = wf_string_of(path),
                          .workflow_id = wf_string_copy(arena, history->workflow_id),
                          .number = number,
                          .traits = cli_traits_of(history),
                          .event_count = history->event_count,
                          .size_bytes = bytes.size_bytes,
                          .loop_event_count = shape.loop_event_count,
                          .loop_count = shape.loop_count};
    report->history_count++;
    return find_edits(report, history, kept) && add_to_type(report, kept, history, &shape);
}

/* ---- Choosing ---- */

static uint64_t bit_count(uint64_t bits)
{
    uint64_t count = 0;

    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

/* What a history would add; of equal ones the smaller, then the earlier one is taken. */
static struct kept *best_of(const struct type *type, uint64_t covered)
{
    struct kept *best = NULL;
    uint64_t most = 0;

    for (uint32_t i = 0; i < type->histories.count; i++) {
        struct kept *kept = type->histories.items[i];
        const uint64_t gain = bit_count(kept->traits & ~covered) + (kept->shape->is_covered ? 0 : 1);

        if (gain > most || (gain == most && gain > 0 && kept->event_count < best->event_count)) {
            best = kept;
            most = gain;
        }
    }
    return best;
}

/* Each outcome, fault, step and shape of the type at least once. */
static void choose(struct type *type)
{
    struct kept *best = NULL;
    uint64_t covered = 0;

    while ((best = best_of(type, covered)) != NULL) {
        best->is_chosen = true;
        best->shape->is_covered = true;
        covered |= best->traits;
    }
}

/* ---- Growth ---- */

struct forecast {
    const struct kept *history; /* the one that is nearest to a limit */
    uint64_t events_each;       /* of an iteration; 0: no loop */
    uint64_t bytes_each;
    uint64_t left; /* iterations */
};

static uint64_t left_of(uint64_t used, uint64_t limit, uint64_t each)
{
    return used >= limit ? 0 : (limit - used) / each;
}

static struct forecast forecast_of(const struct report *report, const struct type *type)
{
    struct forecast worst = {.left = UINT64_MAX};

    for (uint32_t i = 0; i < type->histories.count; i++) {
        const struct kept *kept = type->histories.items[i];
        const uint64_t events_each = kept->loop_count == 0 ? 0 : (kept->loop_event_count + kept->loop_count - 1) / kept->loop_count;
        const uint64_t bytes_each = kept->event_count == 0 ? 0 : events_each * kept->size_bytes / kept->event_count;
        uint64_t left = UINT64_MAX;

        if (events_each > 0 && bytes_each > 0) {
            const uint64_t by_bytes = left_of(kept->size_bytes, (uint64_t)report->limits.history_bytes_max, bytes_each);

            left = left_of(kept->event_count, (uint64_t)report->limits.history_events_max, events_each);
            left = by_bytes < left ? by_bytes : left;
        }
        if (worst.history == NULL || left < worst.left ||
            (left == worst.left && kept->event_count > worst.history->event_count)) {
            worst = (struct forecast){kept, events_each, bytes_each, left};
        }
    }
    return worst;
}

/* ---- Text ---- */

static bool is_missing(const struct type *type, int trait)
{
    const struct cli_trait_row *row = &cli_trait_rows[trait];

    return row->group != CLI_TRAIT_GROUP_STEP && trait != CLI_TRAIT_OPEN && type->counts[trait] == 0 &&
           (type->traits >> row->needs & 1) != 0;
}

/* "completed 18, failed 2": those of a group that were seen; or, of the same group, the ones never recorded. */
static void append_group(struct wf_buffer *out, const struct type *type, enum cli_trait_group group, bool wants_missing)
{
    bool is_first = true;

    for (int i = 0; i < CLI_TRAIT_COUNT; i++) {
        if (cli_trait_rows[i].group != group || i == CLI_TRAIT_RUN ||
            (wants_missing ? !is_missing(type, i) : type->counts[i] == 0)) {
            continue;
        }
        wf_buffer_printf(out, "%s%s", is_first ? "" : ", ", cli_trait_rows[i].words);
        if (!wants_missing) {
            wf_buffer_printf(out, " %llu", (unsigned long long)type->counts[i]);
        }
        is_first = false;
    }
    wf_buffer_append_text(out, is_first ? "nothing\n" : "\n");
}

static void append_name(struct wf_buffer *out, const struct kept *kept)
{
    sim_append_visible(out, wf_string_is(kept->path, "-") ? WF_STR("(standard input)") : kept->path, 0);
    if (kept->number > 1) {
        wf_buffer_printf(out, " %llu", (unsigned long long)kept->number);
    }
    if (kept->workflow_id.size_bytes > 0) {
        wf_buffer_append_text(out, ": ");
        sim_append_visible(out, kept->workflow_id, 0);
    }
}

static void append_shapes(struct wf_buffer *out, const struct type *type)
{
    for (uint32_t i = 0; i < type->shapes.count && i < SHAPES_SHOWN_MAX; i++) {
        wf_buffer_printf(out, "%s%6llu  ", i == 0 ? "  shapes  " : "          ",
                         (unsigned long long)type->shapes.items[i]->count);
        sim_append_visible(out, type->shapes.items[i]->outline, OUTLINE_COLUMNS_MAX);
        wf_buffer_append_char(out, '\n');
    }
    if (type->shapes.count > SHAPES_SHOWN_MAX) {
        wf_buffer_printf(out, "          and %u more shapes; -o json has all\n", type->shapes.count - SHAPES_SHOWN_MAX);
    }
}

static void append_forecast(struct wf_buffer *out, const struct report *report, const struct type *type)
{
    const struct forecast forecast = forecast_of(report, type);

    wf_buffer_append_text(out, "  growth  ");
    append_name(out, forecast.history);
    wf_buffer_printf(out, " has %llu of %llu events, %llu of %llu bytes", (unsigned long long)forecast.history->event_count,
                     (unsigned long long)report->limits.history_events_max,
                     (unsigned long long)forecast.history->size_bytes, (unsigned long long)report->limits.history_bytes_max);
    if (forecast.events_each > 0) {
        wf_buffer_printf(out, "; %llu events and %llu bytes an iteration: %llu are left",
                         (unsigned long long)forecast.events_each, (unsigned long long)forecast.bytes_each,
                         (unsigned long long)forecast.left);
    }
    wf_buffer_append_char(out, '\n');
}

static void append_cover(struct wf_buffer *out, const struct type *type)
{
    bool is_first = true;

    for (uint32_t i = 0; i < type->histories.count; i++) {
        if (type->histories.items[i]->is_chosen) {
            wf_buffer_append_text(out, is_first ? "  cover   " : "          ");
            append_name(out, type->histories.items[i]);
            wf_buffer_append_char(out, '\n');
            is_first = false;
        }
    }
}

static void append_type(const struct report *report, const struct type *type)
{
    struct cli_output *out = report->cli->out;

    wf_buffer_append_text(&out->text, cli_style(out, CLI_STYLE_BOLD));
    sim_append_visible(&out->text, type->name.size_bytes > 0 ? type->name : WF_STR("(no workflow type)"), 0);
    wf_buffer_printf(&out->text, "%s: %u %s, %u %s\n", cli_style(out, CLI_STYLE_PLAIN), type->histories.count,
                     type->histories.count == 1 ? "history" : "histories", type->shapes.count,
                     type->shapes.count == 1 ? "shape" : "shapes");
    wf_buffer_append_text(&out->text, "  does    ");
    append_group(&out->text, type, CLI_TRAIT_GROUP_STEP, false);
    wf_buffer_append_text(&out->text, "  ended   ");
    append_group(&out->text, type, CLI_TRAIT_GROUP_OUTCOME, false);
    wf_buffer_append_text(&out->text, "  never   ");
    append_group(&out->text, type, CLI_TRAIT_GROUP_OUTCOME, true);
    wf_buffer_append_text(&out->text, "  faults  ");
    append_group(&out->text, type, CLI_TRAIT_GROUP_FAULT, false);
    wf_buffer_append_text(&out->text, "  never   ");
    append_group(&out->text, type, CLI_TRAIT_GROUP_FAULT, true);
    append_shapes(&out->text, type);
    append_forecast(&out->text, report, type);
    append_cover(&out->text, type);
    wf_buffer_append_char(&out->text, '\n');
    cli_output_flush_some(out);
}

static void append_text(const struct report *report)
{
    struct wf_buffer *out = &report->cli->out->text;
    uint64_t chosen_count = 0;

    for (uint32_t i = 0; i < report->types.count; i++) {
        const struct type *type = report->types.items[i];

        append_type(report, type);
        for (uint32_t j = 0; j < type->histories.count; j++) {
            chosen_count += type->histories.items[j]->is_chosen;
        }
    }
    if (report->edited_count > 0) {
        wf_buffer_append_text(out, "These look edited or damaged; `wfsim check` says all that it finds:\n");
    }
    for (uint32_t i = 0; i < report->types.count; i++) {
        for (uint32_t j = 0; j < report->types.items[i]->histories.count; j++) {
            const struct kept *kept = report->types.items[i]->histories.items[j];

            if (kept->finding_count > 0) {
                wf_buffer_append_text(out, "  ");
                append_name(out, kept);
                wf_buffer_append_text(out, ": ");
                sim_append_visible(out, kept->finding, 0);
                wf_buffer_append_char(out, '\n');
            }
        }
    }
    wf_buffer_printf(out, "%llu %s of %u workflow %s; %llu cover the same\n", (unsigned long long)report->history_count,
                     report->history_count == 1 ? "history" : "histories", report->types.count,
                     report->types.count == 1 ? "type" : "types", (unsigned long long)chosen_count);
}

/* ---- JSON ---- */

static void put_history(struct wf_json_writer *json, const struct kept *kept)
{
    wf_json_put_string(json, "file", kept->path);
    wf_json_put_u64(json, "history_number", kept->number);
    wf_json_put_string(json, "workflow_id", kept->workflow_id);
}

static void put_group(struct wf_json_writer *json, const char *key, const struct type *type, enum cli_trait_group group)
{
    wf_json_key(json, key);
    wf_json_begin_object(json);
    for (int i = 0; i < CLI_TRAIT_COUNT; i++) {
        if (cli_trait_rows[i].group == group && i != CLI_TRAIT_RUN && (type->counts[i] > 0 || is_missing(type, i))) {
            wf_json_put_u64(json, cli_trait_rows[i].json_name, type->counts[i]);
        }
    }
    wf_json_end_object(json);
}

static void put_shapes(struct wf_json_writer *json, const struct type *type)
{
    wf_json_key(json, "shapes");
    wf_json_begin_array(json);
    for (uint32_t i = 0; i < type->shapes.count; i++) {
        wf_json_begin_object(json);
        wf_json_put_u64(json, "histories", type->shapes.items[i]->count);
        wf_json_put_string(json, "outline", type->shapes.items[i]->outline);
        put_history(json, type->shapes.items[i]->example);
        wf_json_end_object(json);
    }
    wf_json_end_array(json);
}

static void put_forecast(struct wf_json_writer *json, const struct report *report, const struct type *type)
{
    const struct forecast forecast = forecast_of(report, type);

    wf_json_key(json, "growth");
    wf_json_begin_object(json);
    put_history(json, forecast.history);
    wf_json_put_u64(json, "events", forecast.history->event_count);
    wf_json_put_u64(json, "bytes", forecast.history->size_bytes);
    if (forecast.events_each > 0) {
        wf_json_put_u64(json, "events_each", forecast.events_each);
        wf_json_put_u64(json, "bytes_each", forecast.bytes_each);
        wf_json_put_u64(json, "iterations_left", forecast.left);
    }
    wf_json_end_object(json);
}

/* Those that were chosen, or those that look edited. */
static void put_histories(struct wf_json_writer *json, const char *key, const struct type *type, bool wants_edited)
{
    wf_json_key(json, key);
    wf_json_begin_array(json);
    for (uint32_t i = 0; i < type->histories.count; i++) {
        const struct kept *kept = type->histories.items[i];

        if (wants_edited ? kept->finding_count > 0 : kept->is_chosen) {
            wf_json_begin_object(json);
            put_history(json, kept);
            if (wants_edited) {
                wf_json_put_u64(json, "findings", kept->finding_count);
                wf_json_put_string(json, "first", kept->finding);
            }
            wf_json_end_object(json);
        }
    }
    wf_json_end_array(json);
}

static void append_json(const struct report *report)
{
    struct wf_json_writer json;

    wf_json_writer_init(&json, &report->cli->out->text, 0);
    wf_json_begin_object(&json);
    wf_json_put_u64(&json, "histories", report->history_count);
    wf_json_key(&json, "types");
    wf_json_begin_array(&json);
    for (uint32_t i = 0; i < report->types.count; i++) {
        const struct type *type = report->types.items[i];

        wf_json_begin_object(&json);
        wf_json_put_string(&json, "workflow_type", type->name);
        wf_json_put_u64(&json, "histories", type->histories.count);
        put_group(&json, "steps", type, CLI_TRAIT_GROUP_STEP);
        put_group(&json, "outcomes", type, CLI_TRAIT_GROUP_OUTCOME);
        put_group(&json, "faults", type, CLI_TRAIT_GROUP_FAULT);
        put_shapes(&json, type);
        put_forecast(&json, report, type);
        put_histories(&json, "cover", type, false);
        put_histories(&json, "edited", type, true);
        wf_json_end_object(&json);
        cli_output_flush_some(report->cli->out);
    }
    wf_json_end_array(&json);
    wf_json_end_object(&json);
    wf_buffer_append_char(&report->cli->out->text, '\n');
}

/* ---- The command ---- */

static enum cli_exit read_all(struct report *report, struct cli_histories *histories)
{
    enum cli_exit worst = CLI_EXIT_OK;
    struct wf_history *history = NULL;

    while (cli_histories_next_readable(histories, &history, &worst)) {
        if (!add_history(report, histories->path, histories->file_count, history)) {
            cli_complain("%s: out of memory", histories->path);
            return CLI_EXIT_ENVIRONMENT;
        }
        wf_arena_reset(&report->scratch);
    }
    return worst;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    struct report report = {.cli = cli};
    struct cli_histories histories;
    enum cli_exit result = cli_histories_open(&histories, cli->arena, args->operands, args->operand_count);

    wf_arena_init(&report.scratch, wf_system_blocks(), 0);
    cli_interrupt_catch();
    wf_map_init(&report.type_by_name, cli->arena);
    wf_service_limits_default(&report.limits);
    if (result == CLI_EXIT_OK) {
        result = read_all(&report, &histories);
        for (uint32_t i = 0; i < report.types.count; i++) {
            choose(report.types.items[i]);
        }
        if (cli->out->format != CLI_FORMAT_TEXT && result != CLI_EXIT_ENVIRONMENT) {
            append_json(&report);
        } else if (result != CLI_EXIT_ENVIRONMENT && report.history_count > 0) {
            append_text(&report);
        }
    }
    wf_arena_deinit(&report.scratch);
    cli_histories_close(&histories);
    return result;
}

static const struct cli_option options[] = {
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_corpus = {
    .name = "corpus",
    .operands = "PATH...",
    .operand_count_min = 1,
    .operand_count_max = UINT32_MAX,
    .summary = "what a collection of histories covers, and what it lacks",
    .description = "Says of each workflow type what its histories do, how they ended, which faults they met and which they\n"
                   "never did; their shapes, which are the events without workflow tasks, repetitions folded as (a, b)+;\n"
                   "how fast a loop grows and how many iterations are left before the limit of events or bytes; and the\n"
                   "fewest histories found that cover every outcome, fault and shape of all. Histories that look edited\n"
                   "or damaged are listed, which is no finding: the exit code is 0, and `wfsim check` judges. A PATH is a\n"
                   "history, an archive or a folder of them.",
    .options = options,
    .example = "wfsim corpus histories/ production.wfh",
    .run = run,
};
