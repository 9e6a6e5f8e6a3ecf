/*
 * A 4-ary heap of 32-byte events: four children share two cache lines, so a pop touches half as many lines as in a binary
 * heap. (time, sequence) is a total order, therefore the heap's shape never shows.
 */
#include "sim/core/loop.h"

#include "engine/base/assert.h"

#define ARITY 4

_Static_assert(sizeof(struct sim_event) == 32, "two events a cache line");

static bool is_before(const struct sim_event *left, const struct sim_event *right)
{
    return left->time_ns < right->time_ns || (left->time_ns == right->time_ns && left->sequence < right->sequence);
}

bool sim_loop_init(struct sim_loop *loop, struct wf_arena *arena, uint32_t capacity)
{
    *loop = (struct sim_loop){.arena = arena, .capacity = capacity};
    wf_digest_init(&loop->digest);
    loop->heap = wf_arena_take_unset(arena, capacity * sizeof *loop->heap);
    return loop->heap != NULL;
}

bool sim_loop_push(struct sim_loop *loop, wf_time_ns time_ns, uint32_t node, uint32_t kind, void *body)
{
    const struct sim_event event = {
        .time_ns = time_ns < loop->now_ns ? loop->now_ns : time_ns,
        .sequence = loop->next_sequence,
        .node = node,
        .kind = kind,
        .body = body,
    };
    uint32_t place = loop->count;

    if (loop->count == loop->capacity) {
        return false;
    }
    loop->next_sequence++;
    loop->count++;
    while (place > 0) {
        const uint32_t parent = (place - 1) / ARITY;

        if (!is_before(&event, &loop->heap[parent])) {
            break;
        }
        loop->heap[place] = loop->heap[parent];
        place = parent;
    }
    loop->heap[place] = event;
    return true;
}

/* The earliest child of a place, or count when it has none. */
static uint32_t earliest_child(const struct sim_loop *loop, uint32_t place)
{
    const uint32_t first = place * ARITY + 1;
    uint32_t earliest = first;

    if (first >= loop->count) {
        return loop->count;
    }
    for (uint32_t child = first + 1; child < first + ARITY && child < loop->count; child++) {
        if (is_before(&loop->heap[child], &loop->heap[earliest])) {
            earliest = child;
        }
    }
    return earliest;
}

bool sim_loop_pop(struct sim_loop *loop, struct sim_event *event)
{
    struct sim_event last = {0};
    uint32_t place = 0;

    if (loop->count == 0) {
        return false;
    }
    *event = loop->heap[0];
    loop->count--;
    last = loop->heap[loop->count];
    for (;;) {
        const uint32_t child = earliest_child(loop, place);

        if (child >= loop->count || !is_before(&loop->heap[child], &last)) {
            break;
        }
        loop->heap[place] = loop->heap[child];
        place = child;
    }
    loop->heap[place] = last;
    WF_ASSERT(event->time_ns >= loop->now_ns);
    loop->now_ns = event->time_ns;
    loop->step_count++;
    return true;
}
