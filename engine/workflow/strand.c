/*
 * Strands: the coroutines of a run. One queue, first in first out, is the whole scheduler, so the order of turns depends only
 * on the order in which things happened. When the queue is empty every waiting condition is asked, in the order in which the
 * waits began; the ones that came true join the queue, and the rounds go on until nothing is left to do. This is the order of
 * Temporal's Python SDK (replay-rules 5.7).
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"

#include <string.h>

void *wf_run_new(struct wf_host *host, size_t size_bytes)
{
    struct wf_arena arena;
    struct wf *wf = NULL;
    char *reserve = NULL;

    wf_arena_init(&arena, host->config.blocks, host->config.instance_size_bytes_max);
    wf = wf_arena_take(&arena, size_bytes);
    reserve = wf_arena_take_unset(&arena, RESERVE_BYTES);
    if (wf == NULL || reserve == NULL) {
        wf_arena_deinit(&arena);
        return NULL;
    }
    wf->host = host;
    wf->arena = arena;
    wf->reserve = reserve;
    wf->conditions_end = &wf->conditions_first;
    wf_arena_init(&wf->step_arena, host->config.blocks, host->config.instance_size_bytes_max);
    wf_arena_init(&wf->broken_arena, host->config.blocks, 0);
    wf_map_init(&wf->patches, &wf->arena);
    wf_map_init(&wf->recorded, &wf->arena);
    wf_map_init(&wf->memo, &wf->arena);
    wf_map_init(&wf->search_attributes, &wf->arena);
    return wf;
}

void wf_run_free(struct wf *wf)
{
    struct wf_arena arena; /* the run lies in its own arena */

    for (struct wf_strand *strand = wf->oldest; strand != NULL; strand = strand->newer) {
        if (strand->stack != NULL) {
            wf_stack_give(wf->host, strand->stack);
        }
    }
    wf_arena_deinit(&wf->broken_arena);
    wf_arena_deinit(&wf->step_arena);
    arena = wf->arena;
    wf_arena_deinit(&arena);
}

/* ---- Mistakes ---- */

void wf_leave_for_ever(struct wf *wf)
{
    struct wf_strand *strand = wf->current;

    for (;;) {
        wf_coroutine_suspend(&strand->coroutine);
    }
}

void wf_run_break(struct wf *wf, const char *format, ...)
{
    struct wf_buffer text;
    va_list arguments;

    if (!wf->is_broken) {
        wf->is_broken = true;
        wf_buffer_init(&text, &wf->broken_arena);
        va_start(arguments, format);
        wf_buffer_vprintf(&text, format, arguments);
        va_end(arguments);
        wf->broken_message = text.is_full ? WF_STR("out of memory") : wf_buffer_string(&text);
    }
    if (wf->current != NULL) {
        wf_leave_for_ever(wf);
    }
}

struct wf_strand *wf_call_from(struct wf *wf, const char *name, const void *caller)
{
    WF_ASSERT(wf->current != NULL);
    wf->host->watch->call = name;
    wf->current->caller = caller;
    return wf->current;
}

struct wf_strand *wf_call_step_from(struct wf *wf, const char *name, const void *caller)
{
    struct wf_strand *strand = wf_call_from(wf, name, caller);

    if (wf->attempt != NULL) {
        wf_run_break(wf, "%s cannot be called in an activity", name);
    }
    if (strand->mode == MODE_READ_ONLY) {
        wf_run_break(wf,
                     "%s cannot be called where code only looks: in a query, a validator, a condition, init or a side effect",
                     name);
    }
    return strand;
}

/* ---- Memory ---- */

void *wf_take(struct wf *wf, size_t count, size_t size_bytes)
{
    void *memory = wf_arena_take_array(&wf->arena, count, size_bytes);

    if (memory == NULL) {
        wf_run_break(wf, "the run's memory is exhausted: the limit is %zu bytes",
                     wf->host->config.instance_size_bytes_max);
        memory = wf_take_reserve(wf, count, size_bytes);
    }
    return memory;
}

void *wf_take_reserve(struct wf *wf, size_t count, size_t size_bytes)
{
    const size_t offset = (wf->reserve_used_bytes + 15) & ~(size_t)15;
    size_t total_bytes = 0;

    if (wf->reserve == NULL || !wf_multiply_size(count, size_bytes, &total_bytes) || offset > RESERVE_BYTES ||
        total_bytes > RESERVE_BYTES - offset) {
        return NULL;
    }
    wf->reserve_used_bytes = offset + total_bytes;
    return memset(wf->reserve + offset, 0, total_bytes);
}

struct wf_string wf_copy_string(struct wf *wf, struct wf_string string)
{
    return (struct wf_string){wf_copy_text(wf, string), string.size_bytes};
}

const char *wf_copy_text(struct wf *wf, struct wf_string string)
{
    char *copy = wf_take(wf, 1, string.size_bytes + 1);

    if (copy == NULL) {
        return "";
    }
    if (string.size_bytes > 0) {
        memcpy(copy, string.data, string.size_bytes);
    }
    return copy;
}

/* ---- Life of a strand ---- */

static void enter(void *argument)
{
    struct wf_strand *strand = argument;

    strand->body(strand);
}

struct wf_strand *wf_strand_new(struct wf *wf, enum strand_kind kind, void (*body)(struct wf_strand *strand))
{
    struct wf_strand *strand = wf->free_strands;

    if (wf->strand_count >= wf->host->config.coroutines_max) {
        wf_run_break(wf, "more than %u coroutines in one run", wf->host->config.coroutines_max);
        return NULL;
    }
    if (strand != NULL) {
        wf->free_strands = strand->newer;
        memset(strand, 0, sizeof *strand);
    } else {
        strand = wf_take(wf, 1, sizeof *strand);
        if (strand == NULL) {
            return NULL;
        }
    }
    strand->wf = wf;
    strand->kind = kind;
    strand->body = body;
    strand->older = wf->newest;
    *(wf->newest == NULL ? &wf->oldest : &wf->newest->newer) = strand;
    wf->newest = strand;
    wf->strand_count++;
    return strand;
}

static void end_strand(struct wf_strand *strand)
{
    struct wf *wf = strand->wf;

    wf_stack_give(wf->host, strand->stack);
    *(strand->older == NULL ? &wf->oldest : &strand->older->newer) = strand->newer;
    *(strand->newer == NULL ? &wf->newest : &strand->newer->older) = strand->older;
    wf->strand_count--;
    if (strand == wf->main) {
        wf->main = NULL;
    }
    strand->newer = wf->free_strands;
    wf->free_strands = strand;
}

void wf_strand_make_ready(struct wf_strand *strand)
{
    struct wf *wf = strand->wf;

    if (strand->is_queued) {
        return;
    }
    strand->is_queued = true;
    strand->next_ready = NULL;
    *(wf->ready_last == NULL ? &wf->ready_first : &wf->ready_last->next_ready) = strand;
    wf->ready_last = strand;
}

static struct wf_strand *next_ready(struct wf *wf)
{
    struct wf_strand *strand = wf->ready_first;

    if (strand != NULL) {
        wf->ready_first = strand->next_ready;
        if (wf->ready_first == NULL) {
            wf->ready_last = NULL;
        }
        strand->is_queued = false;
    }
    return strand;
}

void wf_strand_block(struct wf_strand *strand)
{
    WF_ASSERT(strand == strand->wf->current);
    wf_coroutine_suspend(&strand->coroutine);
    if (!strand->wf->is_checking) {
        strand->wait = WAIT_NOTHING;
    }
}

void wf_strand_run(struct wf_strand *strand)
{
    struct wf *wf = strand->wf;
    struct wf_watch *watch = wf->host->watch;

    WF_ASSERT(wf->current == NULL);
    if (strand->stack == NULL) {
        strand->stack = wf_stack_take(wf->host);
        if (strand->stack == NULL) {
            wf_run_break(wf, "no memory for the stack of another coroutine");
            return;
        }
        wf_coroutine_init(&strand->coroutine, strand->stack, wf->host->config.stack_size_bytes, enter, strand);
    }
    wf->current = strand;
    wf->host->running = wf;
    watch->is_in_code = 1;
    wf_coroutine_resume(&strand->coroutine);
    watch->is_in_code = 0;
    wf->host->running = NULL;
    wf->current = NULL;
    if (strand->coroutine.is_ended) {
        end_strand(strand);
    }
}

/* ---- Rounds ---- */

/* Each waiting strand asks its own condition, on its own stack, and stops again; nothing else of it runs yet. */
static void check_conditions(struct wf *wf)
{
    struct wf_condition **link = &wf->conditions_first;

    wf->is_checking = true;
    for (struct wf_condition *condition = wf->conditions_first; condition != NULL; condition = condition->next) {
        if (condition->strand->is_queued) {
            continue; /* its time ran out or it was cancelled: that came first */
        }
        if (condition->is_checked_by_host) {
            condition->is_true = wf->handler_count == 0;
        } else {
            wf_strand_run(condition->strand);
        }
        if (wf->is_broken) {
            break;
        }
    }
    wf->is_checking = false;
    while (*link != NULL) {
        struct wf_condition *condition = *link;

        if (condition->is_true) {
            *link = condition->next;
            wf_strand_make_ready(condition->strand);
        } else {
            link = &condition->next;
        }
    }
    wf->conditions_end = link;
}

void wf_run_until_idle(struct wf *wf, bool checks_conditions)
{
    do {
        struct wf_strand *strand = NULL;

        while (!wf->is_broken && (strand = next_ready(wf)) != NULL) {
            wf_strand_run(strand);
        }
        if (!wf->is_broken && checks_conditions) {
            check_conditions(wf);
        }
    } while (!wf->is_broken && wf->ready_first != NULL);
}

bool wf_strand_is_canceled(const struct wf_strand *strand)
{
    return strand->shield_depth == 0 &&
           (strand->is_cancel_requested || (strand->follows_run && strand->wf->is_cancel_requested));
}
