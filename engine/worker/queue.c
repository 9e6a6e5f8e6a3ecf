/*
 * The array shifts only when a chunk begins and most of it is behind, so that each item moves a
 * bounded number of times.
 */
#include "engine/base/assert.h"
#include "engine/worker/worker_run.h"

struct wf_queued *wf_queue_push(struct wf_run *run, struct wf_machine *machine,
                                int32_t command_type, const struct wf_sdk_command *source)
{
    struct wf_queue *queue = &run->queue;
    struct wf_queued *queued = NULL;
    void *items = queue->items;

    if (queue->count == queue->capacity &&
        !wf_run_grow(run, &items, &queue->capacity, queue->count + 1, sizeof *queue->items)) {
        return NULL;
    }
    queue->items = items;
    queued = &queue->items[queue->count];
    *queued = (struct wf_queued){
        .machine = machine, .source = source, .command_type = command_type, .chunk_number = run->chunk_number,
        .code_offset = source == NULL ? 0 : source->code_offset};
    machine->command_number = wf_queue_next_number(run);
    queue->count++;
    if (run->rules->pushed != NULL) {
        run->rules->pushed(run, queued);
    }
    return queued;
}

uint64_t wf_queue_next_number(const struct wf_run *run)
{
    return run->queue.first_number + run->queue.count;
}

struct wf_queued *wf_queue_of(struct wf_run *run, const struct wf_machine *machine)
{
    const struct wf_queue *queue = &run->queue;
    const uint64_t index = machine->command_number - queue->first_number;

    if (index >= queue->count || queue->items[index].machine != machine) {
        return NULL;
    }
    return &queue->items[index];
}

void wf_queue_withdraw(struct wf_run *run, const struct wf_machine *machine)
{
    struct wf_queued *queued = wf_queue_of(run, machine);

    WF_ASSERT(queued != NULL);
    WF_ASSERT(queued >= &run->queue.items[run->queue.head]);
    queued->is_withdrawn = true;
}

struct wf_queued *wf_queue_front(struct wf_run *run)
{
    struct wf_queue *queue = &run->queue;

    while (queue->head < queue->count && queue->items[queue->head].is_withdrawn) {
        queue->head++;
    }
    return queue->head < queue->count ? &queue->items[queue->head] : NULL;
}

void wf_queue_pop(struct wf_run *run)
{
    WF_ASSERT(run->queue.head < run->queue.count);
    run->queue.head++;
}

void wf_queue_begin_chunk(struct wf_run *run)
{
    struct wf_queue *queue = &run->queue;
    const uint32_t behind = queue->head;
    const uint32_t left = queue->count - behind;

    if (behind < left) {
        queue->base = queue->head;
        return;
    }
    if (left > 0) {
        memmove(queue->items, queue->items + behind, left * sizeof *queue->items);
    }
    queue->first_number += behind;
    queue->kept = queue->kept > behind ? queue->kept - behind : 0;
    queue->base = 0;
    queue->head = 0;
    queue->count = left;
}

void wf_queue_keep(struct wf_run *run, bool identity_only)
{
    struct wf_queue *queue = &run->queue;

    uint32_t i = queue->kept < queue->head || identity_only ? queue->head : queue->kept;

    for (; i < queue->count; i++) {
        struct wf_queued *queued = &queue->items[i];
        const bool is_kept = i < queue->kept;

        queued->is_sent = queued->is_sent || identity_only;
        if (is_kept) {
            continue;
        }
        if (!identity_only && !queued->is_withdrawn) {
            const struct wf_command *command = wf_queued_command(run, queued);

            queued->command = command == NULL
                                  ? NULL
                                  : wf_message_copy(&run->arena, &wf_type_command, command);
            run->is_full = run->is_full || queued->command == NULL;
        } else {
            queued->command = NULL;
        }
        queued->source = NULL;
        queued->id = wf_run_copy_text(run, queued->id);
        queued->type = wf_run_copy_text(run, queued->type);
    }
    queue->kept = queue->count;
    queue->base =
        queue->head; /* what was matched is in memory that the next completion takes back */
}

/* ---- Ids ---- */

bool wf_decimal_is(struct wf_string text, uint32_t number)
{
    uint64_t value = 0;

    if (text.size_bytes == 0 || text.size_bytes > 10 ||
        (text.data[0] == '0' && text.size_bytes > 1)) {
        return false;
    }
    for (size_t i = 0; i < text.size_bytes; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    return value == number;
}

bool wf_queued_has_id(const struct wf_queued *queued, struct wf_string id)
{
    return queued->id.size_bytes == 0 ? wf_decimal_is(id, queued->machine->seq)
                                      : wf_string_equal(queued->id, id);
}

struct wf_string wf_run_decimal(struct wf_run *run, int64_t number)
{
    struct wf_buffer text;

    wf_buffer_init(&text, &run->arena);
    wf_buffer_printf(&text, "%lld", (long long)number);
    run->is_full = run->is_full || text.is_full;
    return wf_buffer_string(&text);
}

static struct wf_string decimal_of(struct wf_arena *arena, uint32_t number)
{
    char digits[10];
    size_t begin = sizeof digits;

    do {
        digits[--begin] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return wf_string_copy(arena, (struct wf_string){digits + begin, sizeof digits - begin});
}

struct wf_string wf_queued_id(struct wf_run *run, const struct wf_queued *queued)
{
    if (queued->id.size_bytes > 0) {
        return queued->id;
    }
    if (queued->machine->kind == WF_MACHINE_TIMER && queued->machine->id.size_bytes > 0) {
        return queued->machine->id; /* of its cancellation, where ids are not numbers */
    }
    return decimal_of(run->step_arena, queued->machine->seq);
}
