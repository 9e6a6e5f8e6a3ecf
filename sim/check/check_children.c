/*
 * Children while they run (engine-semantics 10.7, marked T): when one may begin, and that its parent's close reaches it. What
 * the histories of both say of each other is compared once they are all there, in check_runs_links.c.
 */
#include "sim/check/track.h"

/* A run that is a parent or a child. */
struct sim_related_run {
    struct sim_workflow_track *workflow;
    struct sim_child_track *child; /* whose first run it is; NULL: of none */
    int32_t status; /* 0: open */
    bool may_begin; /* its parent knows it, or it was signaled or cancelled */
    bool has_begun;
    bool is_cancel_requested;
    bool is_reset_away; /* its children are another run's now */
};

/* One child: what a parent's run began with one command. */
struct sim_child_track {
    struct sim_child_track *next; /* in order of appearance */
    struct sim_related_run *parent;
    struct sim_related_run *first;
    struct sim_related_run *last;
    struct wf_string first_run_id;
    struct wf_string policy;
    int64_t initiated_event_id;
};

static void break_child(struct sim_checks *checks, unsigned number, const char *cause,
                        const struct sim_child_track *child, const struct sim_record *record)
{
    struct sim_workflow_track *workflow = child->last->workflow;
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S, whose first run is %S and which event %lld of its parent began: %s", &workflow->id,
                     &child->first_run_id, (long long)child->initiated_event_id, cause);
    sim_checks_break_invariant(checks, number, cause, workflow, record, wf_buffer_string(&sentence));
}

/* ---- What is remembered ---- */

/* Returns what the map has of the key, made when new; NULL when memory is gone. */
static void *find_or_make(struct sim_checks *checks, struct wf_map *map, struct wf_string first, struct wf_string second,
                          int64_t number, size_t size_bytes)
{
    struct wf_arena_mark mark;
    const struct wf_string key = sim_checks_key(checks, &mark, first, second, number);
    void *found = key.data == NULL ? NULL : wf_map_get(map, key);

    if (found != NULL || key.data == NULL) {
        wf_arena_rewind(checks->arena, mark);
        return found;
    }
    found = wf_arena_take_array(checks->arena, 1, size_bytes);
    if (found == NULL || !wf_map_set(map, key, found)) {
        checks->is_full = true;
        return NULL;
    }
    return found;
}

static struct sim_related_run *run_of(struct sim_checks *checks, struct wf_string run_id)
{
    return find_or_make(checks, &checks->related_runs, WF_STR("run"), run_id, 0, sizeof(struct sim_related_run));
}

static struct sim_child_track *child_of(struct sim_checks *checks, const struct sim_record *record)
{
    struct sim_child_track *child = find_or_make(checks, &checks->children, WF_STR("child"), record->b, record->x,
                                                 sizeof(struct sim_child_track));

    if (child != NULL && child->parent == NULL) {
        child->parent = run_of(checks, record->b);
        if (child->parent == NULL) {
            return NULL;
        }
        child->initiated_event_id = record->x;
        child->next = checks->first_child;
        checks->first_child = child;
    }
    return child;
}

/* ---- Children ---- */

static void child_begins(struct sim_checks *checks, const struct sim_record *record, struct sim_workflow_track *workflow)
{
    struct sim_child_track *child = child_of(checks, record);
    struct sim_related_run *run = run_of(checks, record->a);

    if (child == NULL || run == NULL) {
        return;
    }
    run->workflow = workflow;
    workflow->related_run = run;
    child->last = run;
    if (record->y == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW) {
        return;
    }
    run->child = child;
    child->first = run;
    child->first_run_id = sim_checks_keep(checks, record->a);
}

/* Whichever run of the parent records it: after a reset another does than the one that began the child. */
static void child_is_known(struct sim_checks *checks, const struct sim_record *record)
{
    struct sim_related_run *first = run_of(checks, record->a);

    if (first != NULL) {
        first->may_begin = true;
    }
}

/*
 * I67: no task before the parent knows; a signal or a cancel request brings one (engine-semantics 5.2, 7.7). What the parent
 * knows while a task of its own runs is committed and has no event yet, so that nothing can be said then.
 */
static void check_beginning(struct sim_checks *checks, const struct sim_record *record,
                            struct sim_workflow_track *workflow)
{
    struct sim_related_run *run = workflow->related_run;

    if (run == NULL || run->child == NULL || run->has_begun) {
        return;
    }
    if (record->y == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED ||
        record->y == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED) {
        run->may_begin = true;
    } else if (record->y == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
        const struct sim_workflow_track *parent = run->child->parent->workflow;

        run->has_begun = true;
        if (!run->may_begin && (parent == NULL || !parent->task_may_run)) {
            break_child(checks, 67, "a child begins before its parent has recorded the start", run->child, record);
        }
    }
}

/* ---- Every record, and the end ---- */

static void check_related(struct sim_checks *checks, const struct sim_record *record,
                          struct sim_workflow_track *workflow)
{
    struct sim_child_track *child = NULL;

    switch (record->y) {
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
        child_begins(checks, record, workflow);
        break;
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        child = child_of(checks, record);
        if (child != NULL) {
            child->parent->workflow = workflow;
            child->policy = sim_checks_keep(checks, record->a);
        }
        break;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
        child_is_known(checks, record);
        break;
    default:
        break;
    }
}

/* Transient tasks, which follow a failure, leave no events (3.1). */
static void follow_task(struct sim_workflow_track *workflow, int64_t type)
{
    switch (type) {
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
        workflow->task_may_run = true;
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        workflow->task_may_run = false;
        break;
    default:
        break;
    }
}

static void close_run(struct sim_checks *checks, const struct sim_record *record)
{
    struct sim_related_run *run = run_of(checks, record->b);

    if (run != NULL) {
        run->status = (int32_t)record->x;
        run->is_reset_away = record->y == 2;
    }
}

void sim_check_children_record(struct sim_checks *checks, const struct sim_record *record,
                               struct sim_workflow_track *workflow)
{
    if (workflow == NULL) {
        return;
    }
    if (record->kind == SIM_RECORD_RELATED) {
        checks->has_children = true;
        check_related(checks, record, workflow);
    } else if (!checks->has_children) {
        return;
    } else if (record->kind == SIM_RECORD_RUN_STARTED) {
        workflow->related_run = NULL; /* its relation, if it has one, comes next */
        workflow->task_may_run = false;
    } else if (record->kind == SIM_RECORD_RUN_RESTORED) {
        follow_task(workflow, record->y);
    } else if (record->kind == SIM_RECORD_RUN_CLOSED) {
        close_run(checks, record);
    } else if (record->kind == SIM_RECORD_EVENT) {
        check_beginning(checks, record, workflow);
        follow_task(workflow, record->y);
        if (record->y == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED && workflow->related_run != NULL) {
            workflow->related_run->is_cancel_requested = true;
        }
    }
}

/* I69: once the parent has closed, its policy reaches every child that lives. */
void sim_check_children_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    const struct sim_record at = {.time_ns = end->now_ns, .step = end->step};

    if (!end->is_quiet) {
        return;
    }
    for (const struct sim_child_track *child = checks->first_child; child != NULL; child = child->next) {
        const bool is_alive = child->last != NULL && child->last->status == 0;
        const bool is_canceled = is_alive && wf_string_is(child->policy, "REQUEST_CANCEL") &&
                                 child->last->is_cancel_requested;

        if (child->parent->status != 0 && !child->parent->is_reset_away && is_alive && !is_canceled && !wf_string_is(child->policy, "ABANDON")) {
            break_child(checks, 69, "the parent has closed, and its policy never reached the child", child, &at);
        }
    }
}
