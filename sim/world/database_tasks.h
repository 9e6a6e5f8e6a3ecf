/* Ordered lists of task rows, for shards and task queues. */
#ifndef WF_SIM_WORLD_DATABASE_TASKS_H
#define WF_SIM_WORLD_DATABASE_TASKS_H

#include "sim/world/database.h"

/* A copy of a string in slab memory; {NULL, 0} for an empty one. False when memory is gone. */
bool sim_db_keep(struct wf_slabs *slabs, struct wf_string string, struct wf_string *kept);
void sim_db_forget(struct wf_slabs *slabs, struct wf_string *kept);

/* Inserts copies in order. A row with the key of one that is there replaces it. */
bool sim_db_tasks_add(struct sim_db_tasks *tasks, struct wf_slabs *slabs, const struct wf_db_task *row);

/* The first place whose key is above (time, id). */
uint32_t sim_db_tasks_above(const struct sim_db_tasks *tasks, int64_t time_ns, int64_t task_id);

/* Removes every task whose key is not above (time, id). */
void sim_db_tasks_remove_through(struct sim_db_tasks *tasks, struct wf_slabs *slabs, int64_t time_ns, int64_t task_id);

/* Removes the task with this id, if it is there. */
void sim_db_tasks_remove(struct sim_db_tasks *tasks, struct wf_slabs *slabs, int64_t task_id);

/* The rows from a place on: at most count_max (0: all), timer tasks no later than until_ns (0: any). */
bool sim_db_tasks_read(const struct sim_db_tasks *tasks, uint32_t place, uint32_t count_max, int64_t until_ns,
                       struct wf_arena *arena, struct wf_db_task_rows *rows);

#endif
