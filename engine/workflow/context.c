/*
 * What a run can ask about itself: time, chance, information; its log; cancellation and shields; patches; how it goes on as
 * a new run.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"

#include <string.h>

/* SplitMix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014. */
#define GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)
#define MIX_1 UINT64_C(0xbf58476d1ce4e5b9)
#define MIX_2 UINT64_C(0x94d049bb133111eb)

/* ---- Time and chance ---- */

wf_time_ns wf_now(struct wf *wf)
{
    (void)wf_call(wf, "wf_now");
    return wf->now_ns;
}

static uint64_t draw(struct wf *wf)
{
    uint64_t z = wf->random_state += GOLDEN_GAMMA;

    z = (z ^ z >> 30) * MIX_1;
    z = (z ^ z >> 27) * MIX_2;
    return z ^ z >> 31;
}

uint64_t wf_random(struct wf *wf)
{
    (void)wf_call_step(wf, "wf_random");
    return draw(wf);
}

/* Numbers of the last, incomplete stretch of `bound` numbers are drawn again. */
uint64_t wf_random_below(struct wf *wf, uint64_t bound)
{
    uint64_t limit = 0;
    uint64_t number = 0;

    (void)wf_call_step(wf, "wf_random_below");
    if (bound == 0) {
        wf_run_break(wf, "wf_random_below(0)");
    }
    limit = UINT64_MAX - UINT64_MAX % bound;
    do {
        number = draw(wf);
    } while (number >= limit);
    return number % bound;
}

struct wf_value wf_uuid(struct wf *wf)
{
    uint64_t high = 0;
    uint64_t low = 0;

    (void)wf_call_step(wf, "wf_uuid");
    high = draw(wf);
    low = draw(wf);
    high = (high & ~UINT64_C(0xf000)) | UINT64_C(0x4000);                       /* version 4 */
    low = (low & UINT64_C(0x3fffffffffffffff)) | UINT64_C(0x8000000000000000); /* variant of RFC 4122 */
    return wf_text(wf, "%08llx-%04llx-%04llx-%04llx-%012llx", (unsigned long long)(high >> 32),
                   (unsigned long long)(high >> 16 & 0xffff), (unsigned long long)(high & 0xffff),
                   (unsigned long long)(low >> 48), (unsigned long long)(low & UINT64_C(0xffffffffffff)));
}

/* ---- Information ---- */

const struct wf_info *wf_info(struct wf *wf)
{
    (void)wf_call(wf, "wf_info");
    return &wf->info;
}

bool wf_unsafe_is_replaying(struct wf *wf)
{
    (void)wf_call(wf, "wf_unsafe_is_replaying");
    wf->asked_replay |= wf->is_replaying;
    return wf->is_replaying;
}

/* ---- Log ---- */

static const char *const level_names[] = {
    [WF_DEBUG] = "debug", [WF_INFO] = "info", [WF_WARNING] = "warning", [WF_ERROR] = "error"};

void wf_log(struct wf *wf, enum wf_log_level level, const char *format, ...)
{
    struct wf_arena_mark mark;
    struct wf_log_line *line = NULL;
    struct wf_buffer text;
    struct wf_string message;
    va_list arguments;

    (void)wf_call(wf, "wf_log");
    if (wf->is_replaying || wf->attempt != NULL) {
        return;
    }
    if (level > WF_ERROR) {
        wf_run_break(wf, "wf_log with an unknown level");
    }
    mark = wf_arena_mark(&wf->arena);
    va_start(arguments, format);
    message = wf_format(wf, format, arguments);
    va_end(arguments);
    wf_buffer_init(&text, &wf->step_arena);
    wf_buffer_printf(&text, "%s: %S", level_names[level], &message);
    wf_arena_rewind(&wf->arena, mark);
    line = WF_LIST_APPEND(&wf->step_arena, wf->log);
    if (line == NULL || text.is_full) {
        wf_run_break(wf, "the log lines of one task need too much memory");
    }
    line->text = wf_buffer_string(&text);
}

/* ---- Cancellation ---- */

bool wf_is_cancel_requested(struct wf *wf)
{
    const struct wf_strand *strand = wf_call(wf, "wf_is_cancel_requested");

    return wf->is_cancel_requested || strand->is_cancel_requested;
}

const char *wf_cancel_reason(struct wf *wf)
{
    (void)wf_call(wf, "wf_cancel_reason");
    return wf->cancel_reason == NULL ? "" : wf->cancel_reason;
}

void wf_shield_begin(struct wf *wf)
{
    wf_call_step(wf, "wf_shield_begin")->shield_depth++;
}

void wf_shield_end(struct wf *wf)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_shield_end");

    if (strand->shield_depth == 0) {
        wf_run_break(wf, "wf_shield_end without wf_shield_begin");
    }
    strand->shield_depth--;
}

/* ---- Patches ---- */

/* The table of replay-rules 3.1: the answer is remembered for the life of the run; a command goes out with the first true. */
static bool decide(struct wf *wf, const char *id, bool is_deprecated)
{
    const struct wf_string key = wf_string_of(id);
    struct wf_patch *patch = wf_map_get(&wf->patches, key);
    struct wf_sdk_set_patch_marker *command = NULL;

    if (patch == NULL) {
        patch = wf_take(wf, 1, sizeof *patch);
        patch->id = wf_copy_string(wf, key);
        if (!wf_map_set(&wf->patches, patch->id, patch)) {
            wf_run_break(wf, "the run's memory is exhausted");
        }
    }
    if (patch->is_decided) {
        return patch->answer;
    }
    patch->is_decided = true;
    patch->is_deprecated = is_deprecated;
    patch->answer = !wf->is_replaying || patch->is_notified;
    wf->asked_replay |= !patch->answer;
    if (patch->answer) {
        command = WF_COMMAND_ADD(wf, COMMAND_SET_PATCH_MARKER, struct wf_sdk_set_patch_marker);
        command->patch_id = patch->id;
        command->deprecated = is_deprecated;
    }
    return patch->answer;
}

bool wf_patched(struct wf *wf, const char *id)
{
    (void)wf_call_step(wf, "wf_patched");
    return decide(wf, id, false);
}

void wf_deprecate_patch(struct wf *wf, const char *id)
{
    (void)wf_call_step(wf, "wf_deprecate_patch");
    (void)decide(wf, id, true);
}

/* ---- Going on as a new run ---- */

static const char *kept_text(struct wf *wf, const char *text)
{
    return text == NULL ? NULL : wf_copy_text(wf, wf_string_of(text));
}

static void keep_error_types(struct wf *wf, struct wf_retry *retry)
{
    const char *const *given = retry->non_retryable_error_types;
    const char **kept = NULL;
    size_t count = 0;

    while (given != NULL && given[count] != NULL) {
        count++;
    }
    if (count > 0) {
        kept = wf_take(wf, count + 1, sizeof *kept);
        for (size_t i = 0; i < count; i++) {
            kept[i] = kept_text(wf, given[i]);
        }
        retry->non_retryable_error_types = kept;
    }
}

/* The command goes out when `run` returns, so nothing may stay the caller's. */
static void keep_lists(struct wf *wf, struct wf_continue_options *options)
{
    struct wf_pair *memo = wf_take(wf, options->memo_count, sizeof *memo);
    struct wf_search_attribute *attributes = wf_take(wf, options->search_attribute_count, sizeof *attributes);

    for (size_t i = 0; i < options->memo_count; i++) {
        memo[i] = (struct wf_pair){kept_text(wf, options->memo[i].name), options->memo[i].value};
    }
    for (size_t i = 0; i < options->search_attribute_count; i++) {
        const struct wf_search_attribute *given = &options->search_attributes[i];

        attributes[i] = (struct wf_search_attribute){kept_text(wf, given->name), kept_text(wf, given->type),
                                                     given->value};
    }
    options->memo = memo;
    options->search_attributes = attributes;
    keep_error_types(wf, &options->retry);
}

wf_error wf_continue_as_new(struct wf *wf, struct wf_args args, const struct wf_continue_options *options)
{
    struct wf_value *items = NULL;
    struct wf_continue_options *copy = NULL;

    (void)wf_call_step(wf, "wf_continue_as_new");
    items = wf_take(wf, args.count, sizeof *items);
    copy = wf_take(wf, 1, sizeof *copy);
    if (args.count > 0) {
        memcpy(items, args.items, args.count * sizeof *items);
    }
    if (options != NULL) {
        *copy = *options;
        copy->workflow_type = kept_text(wf, options->workflow_type);
        copy->task_queue = kept_text(wf, options->task_queue);
        keep_lists(wf, copy);
    }
    wf->continue_args = (struct wf_args){items, args.count};
    wf->continue_options = copy;
    return &wf_continue_as_new_failure;
}
