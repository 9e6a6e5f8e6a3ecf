/*
 * What runs have to do with each other (engine-semantics 10.6 and 10.7, marked X and T): children and their parents, signals
 * from one workflow to another. Records come in the order of commits, so that each is judged when it comes.
 */
#include "sim/check/track.h"

/* A run that is a parent or a child. */
struct sim_related_run {
    struct sim_workflow_track *workflow;
    struct sim_child_track *child; /* whose first run it is; NULL: of none */
    int32_t status; /* 0: open */
    bool is_continued;
    bool may_begin; /* its parent knows it, or it was signaled or cancelled */
    bool has_begun;
    bool is_cancel_requested;
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

/* Signals from one run to one workflow. */
struct sim_external_track {
    struct sim_external_track *next;
    struct sim_workflow_track *source; /* NULL until it sent one */
    struct wf_string target;
    uint32_t initiated_count;
    uint32_t arrived_count; /* in the target's run */
    uint32_t target_run;    /* which run of the target that is, from 1 */
    uint32_t told_count;
};

static void break_relation(struct sim_checks *checks, const char *invariant, const char *cause,
                           struct sim_workflow_track *workflow, const struct sim_record *record,
                           struct wf_string sentence)
{
    sim_checks_break(checks, &(struct sim_break){
                                 .check = SIM_CHECKS_MAX,
                                 .invariant = wf_string_of(invariant),
                                 .cause = cause,
                                 .workflow = workflow,
                                 .fault = workflow == NULL
                                              ? NULL
                                              : sim_checks_fault_between(checks, workflow, record->node,
                                                                         workflow->start_ns, record->time_ns),
                                 .time_ns = record->time_ns,
                                 .step = record->step,
                                 .sentence = sentence,
                             });
}

static void break_with(struct sim_checks *checks, const char *invariant, const char *cause,
                       struct sim_workflow_track *workflow, const struct sim_record *record)
{
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S: %s (run %S, command %lld of run %S)", &record->subject, cause, &record->a,
                     (long long)record->x, &record->b);
    break_relation(checks, invariant, cause, workflow, record, wf_buffer_string(&sentence));
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
    /* I65. Two ids cannot have come of one command, and of one id the first run is in the database. */
    if (child->first != NULL) {
        break_with(checks, "I65", "a second child was started for one command", workflow, record);
    }
    child->first = run;
    child->first_run_id = sim_checks_keep(checks, record->a);
}

/* I66: the run that the parent names exists, and names this parent and command. */
static void child_is_known(struct sim_checks *checks, const struct sim_record *record,
                           struct sim_workflow_track *workflow)
{
    struct sim_child_track *child = child_of(checks, record);

    if (child == NULL) {
        return;
    }
    if (child->first == NULL || !wf_string_equal(child->first_run_id, record->a)) {
        break_with(checks, "I66", "a child is said to be started whose run does not name this parent", workflow, record);
        return;
    }
    child->first->may_begin = true;
}

static int32_t status_of_end(int64_t type)
{
    switch (type) {
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
        return WF_WORKFLOW_EXECUTION_STATUS_COMPLETED;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED:
        return WF_WORKFLOW_EXECUTION_STATUS_FAILED;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED:
        return WF_WORKFLOW_EXECUTION_STATUS_CANCELED;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT:
        return WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED:
        return WF_WORKFLOW_EXECUTION_STATUS_TERMINATED;
    default:
        return 0;
    }
}

/* I68: as the last run of the chain closed; I70: and the chain is at its end. */
static void child_has_ended(struct sim_checks *checks, const struct sim_record *record,
                            struct sim_workflow_track *workflow)
{
    const struct sim_related_run *run = run_of(checks, record->a);

    if (run == NULL) {
        return;
    }
    if (run->status != status_of_end(record->y)) {
        break_with(checks, "I68", "a child is said to have ended as its last run did not", workflow, record);
    } else if (run->is_continued) {
        break_with(checks, "I70", "a child is said to have ended while its chain goes on", workflow, record);
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
            break_with(checks, "I67", "a child begins before its parent has recorded the start", workflow, record);
        }
    }
}

/* ---- External signals ---- */

/*
 * I61: nothing arrived that nobody sent, in each run of the target: the next run of a chain does not know what the one before
 * has got (5.2 "Notes"). What the source is told of may wait for the end of the target's workflow task before it is an event,
 * so that is judged at the end.
 */
static void check_external(struct sim_checks *checks, const struct sim_record *record,
                           struct sim_workflow_track *workflow)
{
    struct sim_external_track *external = find_or_make(checks, &checks->externals, record->a, record->b, 0,
                                                       sizeof *external);

    if (external == NULL) {
        return;
    }
    if (record->y == WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED) {
        external->initiated_count++;
        if (external->source == NULL) {
            external->source = workflow;
            external->target = sim_checks_keep(checks, record->a);
            external->next = checks->first_external;
            checks->first_external = external;
        }
    } else if (record->y == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) {
        external->arrived_count = external->target_run == workflow->run_count ? external->arrived_count + 1 : 1;
        external->target_run = workflow->run_count;
        if (external->arrived_count > external->initiated_count) {
            break_with(checks, "I61", "more signals arrived than the other workflow sent", workflow, record);
        }
    } else {
        external->told_count++;
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
        if (child != NULL && child->parent != NULL) {
            child->parent->workflow = workflow;
            child->policy = sim_checks_keep(checks, record->a);
        }
        break;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
        child_is_known(checks, record, workflow);
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
    case WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED:
        check_external(checks, record, workflow);
        break;
    default:
        child_has_ended(checks, record, workflow);
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
        run->is_continued = record->y == 1;
    }
}

void sim_check_relations_record(struct sim_checks *checks, const struct sim_record *record,
                                struct sim_workflow_track *workflow)
{
    if (workflow == NULL) {
        return;
    }
    if (record->kind == SIM_RECORD_RELATED) {
        checks->has_relations = true;
        check_related(checks, record, workflow);
    } else if (!checks->has_relations) {
        return;
    } else if (record->kind == SIM_RECORD_RUN_STARTED) {
        workflow->related_run = NULL; /* its relation, if it has one, comes next */
        workflow->task_may_run = false;
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
static void check_children_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    for (const struct sim_child_track *child = checks->first_child; child != NULL; child = child->next) {
        const bool is_canceled = wf_string_is(child->policy, "REQUEST_CANCEL") && child->last != NULL &&
                                 child->last->is_cancel_requested;
        const struct sim_record at = {.time_ns = end->now_ns, .step = end->step, .subject = child->last == NULL
                                          ? (struct wf_string){NULL, 0} : child->last->workflow->id,
                                      .a = child->first_run_id, .x = child->initiated_event_id};

        if (child->parent->status == 0 || child->last == NULL || child->last->status != 0 || is_canceled ||
            wf_string_is(child->policy, "ABANDON")) {
            continue;
        }
        break_with(checks, "I69", "the parent has closed, and its policy never reached the child", child->last->workflow,
                   &at);
    }
}

void sim_check_relations_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    if (end->is_quiet) {
        check_children_end(checks, end);
    }
    for (const struct sim_external_track *external = checks->first_external; external != NULL;
         external = external->next) {
        const struct sim_workflow_track *target = sim_checks_workflow(checks, external->target);
        const struct sim_record at = {.time_ns = end->now_ns, .step = end->step, .subject = external->source->id,
                                      .a = external->target};

        if (external->told_count > external->arrived_count && external->target_run <= 1 && target != NULL &&
            (end->is_quiet || target->open_count == 0)) {
            break_with(checks, "I61", "a signal is said to be delivered that did not arrive", external->source, &at);
        }
    }
}
