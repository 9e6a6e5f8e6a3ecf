/* Sorted arrays of pointers: tasks come nearly in order and leave from the front, so that both ends are short moves. */
#include "sim/world/database_tasks.h"

#include "engine/base/assert.h"

#define CAPACITY_MIN 16u

bool sim_db_keep(struct wf_slabs *slabs, struct wf_string string, struct wf_string *kept)
{
    char *data = NULL;

    *kept = (struct wf_string){0};
    if (string.size_bytes == 0) {
        return true;
    }
    data = wf_slab_take(slabs, string.size_bytes);
    if (data == NULL) {
        return false;
    }
    memcpy(data, string.data, string.size_bytes);
    *kept = (struct wf_string){data, string.size_bytes};
    return true;
}

void sim_db_forget(struct wf_slabs *slabs, struct wf_string *kept)
{
    if (kept->data != NULL) {
        /* Kept strings are ours; only their slices are constant. */
        wf_slab_give(slabs, (void *)(uintptr_t)kept->data, kept->size_bytes);
    }
    *kept = (struct wf_string){0};
}

uint32_t sim_db_tasks_above(const struct sim_db_tasks *tasks, int64_t time_ns, int64_t task_id)
{
    uint32_t low = 0;
    uint32_t high = tasks->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const struct sim_db_task *task = tasks->items[middle];
        const int64_t task_time_ns = task->category == WF_TASK_TIMER ? task->time_ns : 0;

        if (task_time_ns < time_ns || (task_time_ns == time_ns && task->task_id <= task_id)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static char *put_string(char *place, struct wf_string string, struct wf_string *copy)
{
    *copy = (struct wf_string){place, string.size_bytes};
    if (string.size_bytes > 0) {
        memcpy(place, string.data, string.size_bytes);
    }
    return place + string.size_bytes;
}

static struct sim_db_task *new_task(struct wf_slabs *slabs, const struct wf_db_task *row)
{
    const size_t size_bytes = sizeof(struct sim_db_task) + row->workflow_id.size_bytes + row->run_id.size_bytes +
                              row->body.size_bytes;
    struct sim_db_task *task = wf_slab_take(slabs, size_bytes);
    char *place = (char *)task;

    if (task == NULL) {
        return NULL;
    }
    place += sizeof *task;
    task->time_ns = row->visibility_time_ns;
    task->task_id = row->task_id;
    task->category = row->category;
    task->size_bytes = size_bytes;
    place = put_string(place, row->workflow_id, &task->workflow_id);
    place = put_string(place, row->run_id, &task->run_id);
    (void)put_string(place, row->body, &task->body);
    return task;
}

static bool make_room(struct sim_db_tasks *tasks, struct wf_slabs *slabs)
{
    const uint32_t capacity = tasks->capacity < CAPACITY_MIN ? CAPACITY_MIN : tasks->capacity * 2;
    struct sim_db_task **items = NULL;

    if (tasks->count < tasks->capacity) {
        return true;
    }
    items = wf_slab_take(slabs, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    if (tasks->count > 0) {
        memcpy(items, tasks->items, tasks->count * sizeof *items);
        wf_slab_give(slabs, tasks->items, tasks->capacity * sizeof *items);
    }
    tasks->items = items;
    tasks->capacity = capacity;
    return true;
}

bool sim_db_tasks_add(struct sim_db_tasks *tasks, struct wf_slabs *slabs, const struct wf_db_task *row)
{
    const int64_t time_ns = row->category == WF_TASK_TIMER ? row->visibility_time_ns : 0;
    uint32_t place = sim_db_tasks_above(tasks, time_ns, row->task_id);
    struct sim_db_task *task = new_task(slabs, row);

    if (task == NULL || !make_room(tasks, slabs)) {
        return false;
    }
    if (place > 0 && tasks->items[place - 1]->task_id == row->task_id &&
        (row->category != WF_TASK_TIMER || tasks->items[place - 1]->time_ns == time_ns)) {
        wf_slab_give(slabs, tasks->items[place - 1], tasks->items[place - 1]->size_bytes);
        tasks->items[place - 1] = task;
        return true;
    }
    memmove(&tasks->items[place + 1], &tasks->items[place], (tasks->count - place) * sizeof(struct sim_db_task *));
    tasks->items[place] = task;
    tasks->count++;
    return true;
}

static void remove_range(struct sim_db_tasks *tasks, struct wf_slabs *slabs, uint32_t from, uint32_t to)
{
    WF_ASSERT(from <= to && to <= tasks->count);
    for (uint32_t i = from; i < to; i++) {
        wf_slab_give(slabs, tasks->items[i], tasks->items[i]->size_bytes);
    }
    if (from < to) {
        memmove(&tasks->items[from], &tasks->items[to], (tasks->count - to) * sizeof(struct sim_db_task *));
        tasks->count -= to - from;
    }
}

void sim_db_tasks_remove_through(struct sim_db_tasks *tasks, struct wf_slabs *slabs, int64_t time_ns, int64_t task_id)
{
    remove_range(tasks, slabs, 0, sim_db_tasks_above(tasks, time_ns, task_id));
}

void sim_db_tasks_remove(struct sim_db_tasks *tasks, struct wf_slabs *slabs, int64_t task_id)
{
    for (uint32_t i = 0; i < tasks->count; i++) {
        if (tasks->items[i]->task_id == task_id) {
            remove_range(tasks, slabs, i, i + 1);
            return;
        }
    }
}

bool sim_db_tasks_read(const struct sim_db_tasks *tasks, uint32_t place, uint32_t count_max, int64_t until_ns,
                       struct wf_arena *arena, struct wf_db_task_rows *rows)
{
    uint32_t count = 0;

    while (place + count < tasks->count && (count_max == 0 || count < count_max) &&
           (until_ns == 0 || tasks->items[place + count]->time_ns <= until_ns)) {
        count++;
    }
    rows->is_all = place + count == tasks->count ||
                   (until_ns != 0 && tasks->items[place + count]->time_ns > until_ns);
    if (count == 0) {
        return true;
    }
    rows->tasks.items = wf_arena_take_array(arena, count, sizeof *rows->tasks.items);
    if (rows->tasks.items == NULL) {
        return false;
    }
    rows->tasks.count = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct sim_db_task *task = tasks->items[place + i];

        rows->tasks.items[i] = (struct wf_db_task){
            .category = task->category,
            .task_id = task->task_id,
            .visibility_time_ns = task->time_ns,
            .workflow_id = task->workflow_id,
            .run_id = task->run_id,
            .body = task->body,
        };
    }
    return true;
}
