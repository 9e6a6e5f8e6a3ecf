/*
 * Records of the workflow, of its business key, and of faults at the processes that run something of it become lines; what
 * is only noise (messages, writes, queries) does not. Which lines are worth their place is decided when all are known.
 */
#include "sim/report/story.h"

#include "sim/fault/kinds.h"
#include "sim/report/visible.h"

#define WHOLE_LINES 40  /* up to so many lines a story is printed whole */
#define CONTEXT_LINES 3 /* around a mark, at the beginning and at the end */
#define INDENT "  "

void sim_story_init(struct sim_story *story, struct wf_arena *arena, const struct sim_broken_check *broken)
{
    memset(story, 0, sizeof *story);
    story->arena = arena;
    story->workflow_id = broken->workflow_id;
    story->key = broken->key;
    story->last_step = broken->step;
}

/* ---- Lines ---- */

/* A new line, whose text the caller appends to the buffer and then closes; NULL when there is no room. */
static struct sim_story_line *add_line(struct sim_story *story, const struct sim_record *record)
{
    struct sim_story_line *line = NULL;

    if (story->line_count == SIM_STORY_LINES_MAX) {
        story->dropped_count++;
        return NULL;
    }
    line = &story->lines[story->line_count++];
    *line = (struct sim_story_line){.time_ns = record->time_ns, .node = wf_string_copy(story->arena, record->node)};
    return line;
}

static struct sim_story_line *say(struct sim_story *story, const struct sim_record *record, const char *format, ...)
{
    struct sim_story_line *line = add_line(story, record);
    struct wf_buffer text;
    va_list arguments;

    if (line == NULL) {
        return NULL;
    }
    wf_buffer_init(&text, story->arena);
    va_start(arguments, format);
    wf_buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    sim_make_visible(&text, 0);
    line->text = wf_buffer_string(&text);
    return line;
}

/* ---- Where the workflow runs ---- */

static struct sim_story_node *find_node(struct sim_story *story, struct wf_string name)
{
    for (uint32_t i = 0; i < story->node_count; i++) {
        if (wf_string_equal(story->nodes[i].name, name)) {
            return &story->nodes[i];
        }
    }
    return NULL;
}

static void run_at(struct sim_story *story, struct wf_string name, int change)
{
    struct sim_story_node *node = find_node(story, name);

    if (node == NULL && story->node_count < SIM_STORY_NODES_MAX) {
        node = &story->nodes[story->node_count++];
        *node = (struct sim_story_node){.name = wf_string_copy(story->arena, name)};
    }
    if (node != NULL && change > 0) {
        node->running_count++;
    } else if (node != NULL && node->running_count > 0) {
        node->running_count--;
    }
}

/* True when the fault strikes a process that runs something of the workflow, or the workflow itself. */
static bool concerns(const struct sim_story *story, const struct sim_record *record)
{
    const struct sim_fault_place fault = {
        .kind = (enum sim_fault_kind)record->x, .node = record->node, .where = record->b, .subject = record->subject};

    if (record->subject.size_bytes > 0) {
        return sim_fault_concerns(&fault, story->workflow_id, (struct wf_string){NULL, 0});
    }
    for (uint32_t i = 0; i < story->node_count; i++) {
        if (story->nodes[i].running_count > 0 &&
            sim_fault_concerns(&fault, story->workflow_id, story->nodes[i].name)) {
            return true;
        }
    }
    return false;
}

/* ---- Records ---- */

static bool is_of_key(const struct sim_story *story, const struct sim_record *record)
{
    return story->key.size_bytes > 0 ? wf_string_equal(record->b, story->key)
                                     : wf_string_equal(record->subject, story->workflow_id);
}

static bool has_happened(const struct sim_story *story, struct wf_string effect)
{
    for (uint32_t i = 0; i < story->line_count; i++) {
        if (story->lines[i].effect.size_bytes > 0 && wf_string_equal(story->lines[i].effect, effect)) {
            return true;
        }
    }
    return false;
}

static void tell_effect(struct sim_story *story, const struct sim_record *record)
{
    struct sim_story_line *line =
        say(story, record, "%S of %S happens%s (attempt %lld)", &record->a, &record->b,
            has_happened(story, record->a) ? " AGAIN" : "", (long long)record->x);

    if (line != NULL) {
        line->is_effect = true;
        line->effect = wf_string_copy(story->arena, record->a);
    }
}

static void tell_undo(struct sim_story *story, const struct sim_record *record)
{
    struct sim_story_line *line = say(story, record, "%S of %S is undone", &record->a, &record->b);

    if (line != NULL) {
        line->is_effect = true;
    }
}

static bool tell_outside(struct sim_story *story, const struct sim_record *record)
{
    const bool is_outside = record->kind == SIM_RECORD_EFFECT || record->kind == SIM_RECORD_EFFECT_REPEATED ||
                            record->kind == SIM_RECORD_EFFECT_REFUSED || record->kind == SIM_RECORD_UNDO ||
                            record->kind == SIM_RECORD_UNDO_NOTHING;

    if (!is_outside || (!is_of_key(story, record) && !wf_string_equal(record->subject, story->workflow_id))) {
        return is_outside;
    }
    if (record->kind == SIM_RECORD_EFFECT) {
        tell_effect(story, record);
    } else if (record->kind == SIM_RECORD_UNDO) {
        tell_undo(story, record);
    } else if (record->kind == SIM_RECORD_EFFECT_REPEATED) {
        (void)say(story, record, "%S of %S is recognised: it happened before", &record->a, &record->b);
    } else if (record->kind == SIM_RECORD_EFFECT_REFUSED) {
        (void)say(story, record, "%S of %S is refused: it was undone before", &record->a, &record->b);
    } else {
        (void)say(story, record, "%S of %S: nothing to undo", &record->a, &record->b);
    }
    return true;
}

static void tell_crash(struct sim_story *story, const struct sim_record *record)
{
    struct sim_story_node *node = find_node(story, record->node);
    const bool is_running = node != NULL && node->running_count > 0;
    struct sim_story_line *line =
        say(story, record, is_running ? "CRASHES while it works for %S" : "crashes", &story->workflow_id);

    if (line != NULL) {
        line->is_fault = true;
        line->is_general = !is_running;
    }
    if (node != NULL) {
        node->is_down = is_running;
        node->running_count = 0;
    }
}

/* Faults that last and strike a process are remembered: the workflow may come there later. */
static void remember_fault(struct sim_story *story, const struct sim_record *record, bool is_told)
{
    if (!sim_fault_lasts((enum sim_fault_kind)record->x)) {
        return;
    }
    for (uint32_t i = 0; i < SIM_STORY_FAULTS_MAX; i++) {
        if (!story->faults[i].is_active) {
            story->faults[i] = (struct sim_story_fault){
                .is_active = true,
                .is_told = is_told,
                .kind = record->x,
                .time_ns = record->time_ns,
                .node = wf_string_copy(story->arena, record->node),
                .where = wf_string_copy(story->arena, record->b),
            };
            return;
        }
    }
}

/* Returns whether the fault that ends was told. */
static bool forget_fault(struct sim_story *story, const struct sim_record *record)
{
    for (uint32_t i = 0; i < SIM_STORY_FAULTS_MAX; i++) {
        struct sim_story_fault *fault = &story->faults[i];

        if (fault->is_active && fault->kind == record->x && wf_string_equal(fault->where, record->b)) {
            fault->is_active = false;
            return fault->is_told;
        }
    }
    return false;
}

/* The workflow comes to a process: what already strikes that process is told now. */
static void tell_standing_faults(struct sim_story *story, const struct sim_record *record)
{
    for (uint32_t i = 0; i < SIM_STORY_FAULTS_MAX; i++) {
        struct sim_story_fault *fault = &story->faults[i];
        const struct sim_fault_place place = {
            .kind = (enum sim_fault_kind)fault->kind, .node = fault->node, .where = fault->where};
        struct sim_story_line *line = NULL;

        if (!fault->is_active || fault->is_told || !sim_fault_concerns(&place, story->workflow_id, record->node)) {
            continue;
        }
        fault->is_told = true;
        line = say(story, record, "fault %s: %S, lasting since then", sim_fault_name(place.kind), &fault->where);
        if (line != NULL) {
            line->time_ns = fault->time_ns;
            line->node = (struct wf_string){NULL, 0};
            line->is_fault = true;
        }
    }
}

/* A fault of the service or database, or of a process or workflow of this story, and its end. */
static void tell_one_fault(struct sim_story *story, const struct sim_record *record)
{
    const bool is_end = record->kind == SIM_RECORD_FAULT_END;
    const bool is_general = sim_fault_reach((enum sim_fault_kind)record->x) == SIM_REACH_EVERYONE;
    const bool is_told = is_end ? forget_fault(story, record) : concerns(story, record);
    struct sim_story_line *line = NULL;

    if (!is_end) {
        remember_fault(story, record, is_told);
    }
    if (!is_told && !is_general) {
        return;
    }
    line = say(story, record, record->b.size_bytes == 0 ? "fault %S%s" : "fault %S%s: %S", &record->a,
               is_end ? " ends" : "", &record->b);
    if (line != NULL) {
        line->node = (struct wf_string){NULL, 0};
        line->is_fault = true;
        line->is_general = !is_told;
    }
}

static bool tell_fault(struct sim_story *story, const struct sim_record *record)
{
    struct sim_story_node *node = NULL;

    if (record->kind == SIM_RECORD_CRASH) {
        tell_crash(story, record);
        return true;
    }
    if (record->kind == SIM_RECORD_RESTART) {
        node = find_node(story, record->node);
        if (node != NULL && node->is_down) {
            node->is_down = false;
            (void)say(story, record, "restarts");
        }
        return true;
    }
    if (record->kind != SIM_RECORD_FAULT && record->kind != SIM_RECORD_FAULT_END) {
        return false;
    }
    /* The crash itself follows. */
    if (!sim_fault_crashes((enum sim_fault_kind)record->x)) {
        tell_one_fault(story, record);
    }
    return true;
}

/* Events that explain why something is done again, or that come from outside; the others only mirror what was told. */
static bool is_told_event(int64_t type)
{
    return type == WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT || type == WF_EVENT_TYPE_ACTIVITY_TASK_FAILED ||
           type == WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED || type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT ||
           type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED || type == WF_EVENT_TYPE_TIMER_FIRED ||
           type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED ||
           type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED;
}

/* What is told of other workflows; their ids belong to it. */
static bool is_about_another(int64_t type)
{
    return (type >= WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED &&
            type <= WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED) ||
           (type >= WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED &&
            type <= WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED);
}

static void tell_own(struct sim_story *story, const struct sim_record *record)
{
    if (record->kind == SIM_RECORD_RUN_STARTED) {
        (void)say(story, record, "%S starts (%S)", &record->subject, &record->b);
    } else if (record->kind == SIM_RECORD_RUN_CLOSED) {
        (void)say(story, record, "%S closes: %S", &record->subject, &record->a);
    } else if (record->kind == SIM_RECORD_ATTEMPT_STARTED) {
        run_at(story, record->node, 1);
        tell_standing_faults(story, record);
        (void)say(story, record, "%S starts, attempt %lld", &record->a, (long long)record->x);
    } else if (record->kind == SIM_RECORD_ATTEMPT_ENDED) {
        run_at(story, record->node, -1);
        (void)say(story, record, "%S ends, attempt %lld: %S", &record->a, (long long)record->x, &record->b);
    } else if (record->kind == SIM_RECORD_TASK_GIVEN) {
        run_at(story, record->node, 1);
    } else if (record->kind == SIM_RECORD_TASK_ANSWERED) {
        run_at(story, record->node, -1);
    } else if (record->kind == SIM_RECORD_REPLAYED) {
        (void)say(story, record, "replays %S from the start, %lld events", &record->subject, (long long)record->x);
    } else if (record->kind == SIM_RECORD_EVENT && is_told_event(record->y)) {
        (void)say(story, record, "history: %S (event %lld)", &record->a, (long long)record->x);
    } else if (record->kind == SIM_RECORD_EVENT && is_about_another(record->y)) {
        (void)say(story, record, "history: %S of %S (event %lld)", &record->a, &record->b, (long long)record->x);
    } else if (record->kind == SIM_RECORD_SENT && !wf_string_is(record->a, "query")) {
        (void)say(story, record, "sends %S", &record->a);
    } else if (record->kind == SIM_RECORD_ANSWERED && !wf_string_is(record->a, "query")) {
        (void)say(story, record, "is told %S for %S", &record->b, &record->a);
    } else if (record->kind == SIM_RECORD_HANDLED) {
        (void)say(story, record, "%S handles signal %S", &record->subject, &record->a);
    }
}

void sim_story_observe(void *context, const struct sim_record *record)
{
    struct sim_story *story = context;

    if (record->step > story->last_step || tell_outside(story, record) || tell_fault(story, record)) {
        return;
    }
    if (record->subject.size_bytes > 0 && wf_string_equal(record->subject, story->workflow_id)) {
        tell_own(story, record);
    }
}

/* ---- Printing ---- */

/* Where the story itself lies: from its first line that is no fault to its last one. */
struct extent {
    uint32_t first;
    uint32_t last;
    bool has_concerning; /* a fault that struck it lies within */
};

static struct extent find_extent(const struct sim_story *story)
{
    struct extent extent = {story->line_count, 0, false};

    for (uint32_t i = 0; i < story->line_count; i++) {
        if (!story->lines[i].is_fault) {
            extent.first = i < extent.first ? i : extent.first;
            extent.last = i;
        } else if (!story->lines[i].is_general) {
            extent.has_concerning = true;
        }
    }
    return extent;
}

/* General faults are told within the story, and only when nothing nearer explains it. */
static bool is_told(const struct sim_story *story, const struct extent *extent, uint32_t index)
{
    return !story->lines[index].is_general ||
           (!extent->has_concerning && index > extent->first && index < extent->last);
}

static bool is_marked(const struct sim_story_line *line)
{
    return line->is_effect || line->is_fault;
}

/* Of a long story: near a mark, near the beginning, or near the end. `order` counts told lines. */
static bool is_worth_it(const struct sim_story *story, const uint32_t *told, uint32_t told_count, uint32_t order)
{
    if (told_count <= WHOLE_LINES || order < CONTEXT_LINES || order + CONTEXT_LINES >= told_count) {
        return true;
    }
    for (uint32_t i = order < CONTEXT_LINES ? 0 : order - CONTEXT_LINES; i <= order + CONTEXT_LINES && i < told_count; i++) {
        if (is_marked(&story->lines[told[i]])) {
            return true;
        }
    }
    return false;
}

static size_t node_columns(const struct sim_story *story)
{
    size_t columns = 0;

    for (uint32_t i = 0; i < story->line_count; i++) {
        columns = story->lines[i].node.size_bytes > columns ? story->lines[i].node.size_bytes : columns;
    }
    return columns;
}

static void print_line(const struct sim_story_line *line, size_t columns, struct wf_buffer *out)
{
    wf_buffer_append_text(out, INDENT);
    sim_time_print(line->time_ns, out);
    wf_buffer_printf(out, "  %c ", line->is_effect ? '>' : line->is_fault ? '!' : ' ');
    wf_buffer_append_string(out, line->node);
    for (size_t i = line->node.size_bytes; i < columns; i++) {
        wf_buffer_append_char(out, ' ');
    }
    wf_buffer_printf(out, "  %S\n", &line->text);
}

static void print_gap(uint32_t count, struct wf_buffer *out)
{
    if (count > 0) {
        wf_buffer_printf(out, INDENT "            ...    %u line%s left out\n", count, count == 1 ? "" : "s");
    }
}

void sim_story_print(const struct sim_story *story, struct wf_buffer *out)
{
    const struct extent extent = find_extent(story);
    const size_t columns = node_columns(story);
    uint32_t told[SIM_STORY_LINES_MAX];
    uint32_t told_count = 0;
    uint32_t gap = 0;

    for (uint32_t i = 0; i < story->line_count; i++) {
        if (is_told(story, &extent, i)) {
            told[told_count++] = i;
        }
    }
    for (uint32_t i = 0; i < told_count; i++) {
        if (!is_worth_it(story, told, told_count, i)) {
            gap++;
            continue;
        }
        print_gap(gap, out);
        gap = 0;
        print_line(&story->lines[told[i]], columns, out);
    }
    print_gap(gap + story->dropped_count, out);
}
