/*
 * Steps go onto a stack. When what lies on top is what lies below it once more, both become one entry, a loop; when it is the body
 * of the loop below it, the loop ran once more. Loops are entries like others, so that loops of loops fold too.
 */
#include "sim/cli/corpus_shape.h"

#include "engine/base/hash.h"
#include "sim/report/visible.h"

#define BODY_MAX 64           /* entries of a loop; a longer one is not seen */
#define OUTLINE_BYTES_MAX 1500
#define LOOP_SALT 0x6C6F6F70u

struct entry {
    uint64_t digest;
    struct wf_string word;
    const char *prefix;       /* of the word: "signal " */
    const struct entry *body; /* of a loop; NULL: a step */
    uint32_t body_count;
    uint64_t count;           /* how often it ran */
    uint32_t first_event;     /* by index */
    uint32_t last_event;
};

struct stack {
    struct wf_arena *arena;
    struct entry *items;
    uint32_t count;
    bool is_full;
};

static bool is_of_workflow_task(int32_t event_type)
{
    return event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED || event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED ||
           event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED || event_type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT ||
           event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED;
}

/* ---- Steps ---- */

static struct entry step_of(const struct wf_event *event, uint32_t index)
{
    struct entry step = {.prefix = "", .count = 1, .first_event = index, .last_event = index};

    if (wf_event_has_attributes(event)) {
        switch (event->event_type) {
        case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            step.word = wf_activity_type_name(event->attributes.activity_task_scheduled->activity_type);
            break;
        case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
            step.prefix = "child ";
            step.word =
                wf_workflow_type_name(event->attributes.start_child_workflow_execution_initiated->workflow_type);
            break;
        case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            step.prefix = "signal ";
            step.word = event->attributes.workflow_execution_signaled->signal_name;
            break;
        case WF_EVENT_TYPE_MARKER_RECORDED:
            step.prefix = "marker ";
            step.word = event->attributes.marker_recorded->marker_name;
            break;
        default:
            break;
        }
    }
    step.digest = wf_hash_mix((uint64_t)event->event_type, wf_hash_bytes(step.word.data, step.word.size_bytes));
    if (step.word.size_bytes == 0) {
        step.prefix = "";
        step.word = wf_string_of(wf_event_type_name(event->event_type));
    }
    return step;
}

/* ---- Folding ---- */

static bool is_equal(const struct entry *left, const struct entry *right, uint32_t count)
{
    for (uint32_t i = count; i > 0; i--) {
        if (left[i - 1].digest != right[i - 1].digest) {
            return false;
        }
    }
    return true;
}

/* The loop itself, or the one that its body ends with, whose body these are; NULL: none. */
static const struct entry *loop_with_body(const struct entry *loop, const struct entry *body, uint32_t size)
{
    while (loop->body != NULL && (loop->body_count != size || !is_equal(loop->body, body, size))) {
        loop = &loop->body[loop->body_count - 1];
    }
    return loop->body == NULL ? NULL : loop;
}

/* The topmost entries are the body of the loop below them, which ran once more, or of one at its end. */
static bool fold_into_loop(struct stack *stack, uint32_t size)
{
    struct entry *below = size < stack->count ? &stack->items[stack->count - size - 1] : NULL;
    const struct entry *loop = below == NULL ? NULL : loop_with_body(below, below + 1, size);

    if (loop == NULL) {
        return false;
    }
    below->count += loop == below;
    below->last_event = stack->items[stack->count - 1].last_event;
    stack->count -= size;
    return true;
}

/* The topmost entries are those below them once more. */
static bool fold_twins(struct stack *stack, uint32_t size)
{
    struct entry *first = 2 * size <= stack->count ? &stack->items[stack->count - 2 * size] : NULL;
    struct entry *body = NULL;
    struct entry loop = {.digest = LOOP_SALT, .prefix = "", .body_count = size, .count = 2};

    if (first == NULL || !is_equal(first, first + size, size)) {
        return false;
    }
    body = wf_arena_take_array(stack->arena, size, sizeof *body);
    if (body == NULL) {
        stack->is_full = true;
        return false;
    }
    memcpy(body, first, size * sizeof *body);
    for (uint32_t i = 0; i < size; i++) {
        loop.digest = wf_hash_mix(loop.digest, body[i].digest);
    }
    loop.body = body;
    loop.first_event = first->first_event;
    loop.last_event = stack->items[stack->count - 1].last_event;
    stack->count -= 2 * size;
    stack->items[stack->count++] = loop;
    return true;
}

/* What is folded may make the next repetition whole, so it begins anew. */
static void fold(struct stack *stack)
{
    for (uint32_t size = 1; size <= BODY_MAX && size <= stack->count && !stack->is_full; size++) {
        if (fold_into_loop(stack, size) || fold_twins(stack, size)) {
            size = 0;
        }
    }
}

/* ---- Words ---- */

static void append_entries(struct wf_buffer *out, const struct entry *entries, uint32_t count)
{
    for (uint32_t i = 0; i < count && out->size_bytes < OUTLINE_BYTES_MAX; i++) {
        wf_buffer_append_text(out, i == 0 ? "" : ", ");
        if (entries[i].body != NULL) {
            wf_buffer_append_char(out, '(');
            append_entries(out, entries[i].body, entries[i].body_count);
            wf_buffer_append_text(out, ")+");
        } else {
            wf_buffer_append_text(out, entries[i].prefix);
            sim_append_visible(out, entries[i].word, 100);
        }
    }
}

static struct wf_string outline_of(struct stack *stack)
{
    struct wf_buffer out;

    wf_buffer_init(&out, stack->arena);
    append_entries(&out, stack->items, stack->count);
    if (out.size_bytes >= OUTLINE_BYTES_MAX) {
        wf_buffer_append_text(&out, " ...");
    }
    stack->is_full |= out.is_full;
    return wf_buffer_string(&out);
}

bool cli_shape_of(struct wf_arena *arena, const struct wf_history *history, struct cli_shape *shape)
{
    struct stack stack = {.arena = arena, .items = wf_arena_take_array(arena, history->event_count, sizeof *stack.items)};

    *shape = (struct cli_shape){.digest = wf_hash_bytes(history->workflow_type.data, history->workflow_type.size_bytes)};
    if (stack.items == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        if (!is_of_workflow_task(history->events[i].event_type)) {
            stack.items[stack.count++] = step_of(&history->events[i], i);
            fold(&stack);
        }
    }
    for (uint32_t i = 0; i < stack.count; i++) {
        const struct entry *entry = &stack.items[i];
        const uint64_t event_count = entry->body == NULL ? 0 : (uint64_t)entry->last_event - entry->first_event + 1;

        shape->digest = wf_hash_mix(shape->digest, entry->digest);
        if (event_count > shape->loop_event_count) {
            shape->loop_event_count = event_count;
            shape->loop_count = entry->count;
        }
    }
    shape->outline = outline_of(&stack);
    return !stack.is_full;
}
