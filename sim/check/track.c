/* The memory of the checks: workflows and effects by name, the latest faults, and what broke. */
#include "sim/check/track.h"

#include "engine/base/assert.h"
#include "engine/base/hash.h"

/* ---- Strings ---- */

struct wf_string sim_checks_keep(struct sim_checks *checks, struct wf_string text)
{
    const struct wf_string *known = wf_map_get(&checks->names, text);
    struct wf_string *kept = NULL;

    if (known != NULL || text.size_bytes == 0) {
        return known != NULL ? *known : (struct wf_string){NULL, 0};
    }
    kept = WF_ARENA_NEW(checks->arena, struct wf_string);
    if (kept == NULL) {
        checks->is_full = true;
        return (struct wf_string){NULL, 0};
    }
    *kept = wf_string_copy(checks->arena, text);
    if (kept->data == NULL || !wf_map_set(&checks->names, *kept, kept)) {
        checks->is_full = true;
    }
    return *kept;
}

struct wf_string sim_checks_key(struct sim_checks *checks, struct wf_arena_mark *mark, struct wf_string first,
                                struct wf_string second, int64_t number)
{
    const size_t size_bytes = first.size_bytes + second.size_bytes + 2 + sizeof number;
    char *key = NULL;

    *mark = wf_arena_mark(checks->arena);
    key = wf_arena_take_text(checks->arena, size_bytes);
    if (key == NULL) {
        checks->is_full = true;
        return (struct wf_string){NULL, 0};
    }
    memset(key, 0, size_bytes);
    if (first.size_bytes > 0) {
        memcpy(key, first.data, first.size_bytes);
    }
    if (second.size_bytes > 0) {
        memcpy(key + first.size_bytes + 1, second.data, second.size_bytes);
    }
    wf_store_u64(key + size_bytes - sizeof number, (uint64_t)number);
    return (struct wf_string){key, size_bytes};
}

/* ---- Workflows ---- */

struct sim_workflow_track *sim_checks_workflow(struct sim_checks *checks, struct wf_string id)
{
    struct sim_workflow_track *workflow = checks->recent_workflow;

    if (id.size_bytes == 0) {
        return NULL;
    }
    /* Records of one workflow come in rows. */
    if (workflow != NULL && wf_string_equal(workflow->id, id)) {
        return workflow;
    }
    workflow = wf_map_get(&checks->workflows, id);
    if (workflow != NULL) {
        checks->recent_workflow = workflow;
        return workflow;
    }
    workflow = WF_ARENA_NEW(checks->arena, struct sim_workflow_track);
    if (workflow == NULL) {
        checks->is_full = true;
        return NULL;
    }
    workflow->id = sim_checks_keep(checks, id);
    if (!wf_map_set(&checks->workflows, workflow->id, workflow)) {
        checks->is_full = true;
        return NULL;
    }
    if (checks->last_workflow == NULL) {
        checks->first_workflow = workflow;
    } else {
        checks->last_workflow->next = workflow;
    }
    checks->last_workflow = workflow;
    return workflow;
}

static void track_run(struct sim_checks *checks, const struct sim_record *record, struct sim_workflow_track *workflow)
{
    if (record->kind == SIM_RECORD_RUN_STARTED) {
        if (!workflow->is_continued) {
            workflow->start_ns = record->time_ns;
        }
        workflow->is_continued = false;
        workflow->run_count++;
        workflow->open_count++;
        workflow->type = sim_checks_keep(checks, record->b);
        workflow->status = WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
        if (workflow->open_count == 2) {
            workflow->two_open_step = record->step;
        }
        return;
    }
    workflow->open_count -= workflow->open_count > 0 ? 1 : 0;
    workflow->is_continued = record->y != 0;
    workflow->continued_count =
        record->x == WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW ? workflow->continued_count + 1 : 0;
    if (workflow->open_count == 0) {
        workflow->status = (int32_t)record->x;
        workflow->status_text = sim_checks_keep(checks, record->a);
        workflow->close_ns = record->time_ns;
        workflow->close_step = record->step;
    }
}

/* ---- Effects ---- */

static struct sim_effect_track *find_effect(struct sim_checks *checks, struct sim_workflow_track *workflow,
                                            struct wf_string name, struct wf_string business_key)
{
    struct wf_arena_mark mark;
    const struct wf_string key = sim_checks_key(checks, &mark, name, business_key, 0);
    struct sim_effect_track *effect = key.data == NULL ? NULL : wf_map_get(&checks->effects, key);

    if (effect != NULL || key.data == NULL) {
        wf_arena_rewind(checks->arena, mark);
        return effect;
    }
    effect = WF_ARENA_NEW(checks->arena, struct sim_effect_track);
    if (effect == NULL || !wf_map_set(&checks->effects, key, effect)) {
        checks->is_full = true;
        return NULL;
    }
    effect->name = sim_checks_keep(checks, name);
    effect->key = sim_checks_keep(checks, business_key);
    effect->workflow = workflow;
    if (workflow != NULL) {
        if (workflow->last_effect == NULL) {
            workflow->effects = effect;
        } else {
            workflow->last_effect->next = effect;
        }
        workflow->last_effect = effect;
    }
    return effect;
}

/*
 * The activity whose effect it is. The scenario's models say it; where several activities have one effect, or C code has it,
 * the one started last is the best guess.
 */
static struct wf_string activity_of(const struct sim_checks *checks, const struct sim_record *record,
                                    const struct sim_workflow_track *workflow)
{
    const enum sim_effect_kind kind = record->kind == SIM_RECORD_UNDO ? SIM_EFFECT_UNDO : SIM_EFFECT_DO;
    const struct wf_string last = workflow == NULL ? (struct wf_string){NULL, 0} : workflow->last_activity;
    struct wf_string found = {NULL, 0};

    for (uint32_t i = 0; i < checks->config->activity_count; i++) {
        const struct sim_activity_model *model = &checks->config->activities[i];

        if (model->effect.kind != kind || !wf_string_equal(model->effect.name, record->a)) {
            continue;
        }
        if (wf_string_equal(model->name, last)) {
            return last;
        }
        found = found.size_bytes == 0 ? model->name : found;
    }
    return found.size_bytes > 0 ? found : last;
}

static struct sim_moment moment_of(struct sim_checks *checks, const struct sim_record *record,
                                   const struct sim_workflow_track *workflow)
{
    return (struct sim_moment){
        .time_ns = record->time_ns,
        .step = record->step,
        .workflow_id = workflow == NULL ? (struct wf_string){NULL, 0} : workflow->id,
        .node = sim_checks_keep(checks, record->node),
        .activity = activity_of(checks, record, workflow),
        .attempt = record->x,
    };
}

static struct sim_effect_track *track_effect(struct sim_checks *checks, const struct sim_record *record,
                                             struct sim_workflow_track *workflow)
{
    struct sim_effect_track *effect = find_effect(checks, workflow, record->a, record->b);

    if (effect == NULL) {
        return NULL;
    }
    if (record->kind == SIM_RECORD_EFFECT) {
        effect->last = moment_of(checks, record, workflow);
        if (effect->done_count == 0) {
            effect->first = effect->last;
        }
        effect->done_count++;
        effect->balance++;
    } else if (record->kind == SIM_RECORD_UNDO) {
        effect->last_undo = moment_of(checks, record, workflow);
        effect->undo_count++;
        effect->balance -= effect->balance > 0 ? 1 : 0;
    }
    return effect;
}

/* ---- Faults ---- */

static struct sim_fault_note *note_at(struct sim_checks *checks, uint64_t index)
{
    return &checks->notes[index % SIM_FAULT_NOTES];
}

static uint64_t oldest_note(const struct sim_checks *checks)
{
    return checks->note_count > SIM_FAULT_NOTES ? checks->note_count - SIM_FAULT_NOTES : 0;
}

/* A crash that no fault announced is one of its process all the same. */
static enum sim_fault_kind kind_of(const struct sim_record *record)
{
    if (record->kind == SIM_RECORD_FAULT || record->kind == SIM_RECORD_FAULT_END) {
        return (enum sim_fault_kind)record->x;
    }
    if (wf_string_starts_with(record->node, WF_STR("worker"))) {
        return SIM_FAULT_WORKER_CRASH;
    }
    return wf_string_is(record->node, "database") ? SIM_FAULT_DATABASE_CRASH : SIM_FAULT_SERVER_CRASH;
}

static void note_fault(struct sim_checks *checks, const struct sim_record *record)
{
    const enum sim_fault_kind kind = kind_of(record);
    const struct sim_fault_note *last = checks->note_count == 0 ? NULL : note_at(checks, checks->note_count - 1);

    /* A crash that a fault just announced is the same thing. */
    if (record->kind == SIM_RECORD_CRASH && last != NULL && last->is_crash && last->time_ns == record->time_ns &&
        wf_string_equal(last->place.node, record->node)) {
        return;
    }
    *note_at(checks, checks->note_count) = (struct sim_fault_note){
        .time_ns = record->time_ns,
        .end_ns = sim_fault_lasts(kind) ? SIM_NEVER : record->time_ns,
        .place = {.kind = kind,
                  .node = sim_checks_keep(checks, record->node),
                  .where = sim_checks_keep(checks, record->kind == SIM_RECORD_CRASH ? record->node : record->b),
                  .subject = sim_checks_keep(checks, record->subject)},
        .is_crash = sim_fault_crashes(kind),
    };
    checks->note_count++;
}

/* From now on it is known how long the fault lasted. */
static void end_fault(struct sim_checks *checks, const struct sim_record *record)
{
    for (uint64_t i = checks->note_count; i > oldest_note(checks); i--) {
        struct sim_fault_note *note = note_at(checks, i - 1);

        if (note->place.kind == kind_of(record) && wf_string_equal(note->place.where, record->b)) {
            note->end_ns = record->time_ns;
            return;
        }
    }
}

/* The heal phase ends everything that lasts. */
static void end_all_faults(struct sim_checks *checks, wf_time_ns now_ns)
{
    for (uint64_t i = oldest_note(checks); i < checks->note_count; i++) {
        struct sim_fault_note *note = note_at(checks, i);

        note->end_ns = note->end_ns == SIM_NEVER ? now_ns : note->end_ns;
    }
}

/* Above 0: how near the fault lies to the workflow; 0: it has nothing to do with it. */
static int nearness(const struct sim_fault_note *note, const struct sim_workflow_track *workflow, struct wf_string node)
{
    const struct wf_string id = workflow == NULL ? (struct wf_string){NULL, 0} : workflow->id;
    const bool hides_outcome = sim_fault_hides_outcome(note->place.kind);

    if (sim_fault_concerns(&note->place, id, node)) {
        return hides_outcome ? 4 : 3;
    }
    if (note->place.subject.size_bytes > 0 || sim_fault_reach(note->place.kind) != SIM_REACH_EVERYONE) {
        return 0;
    }
    return hides_outcome ? 2 : 1;
}

const struct sim_fault_note *sim_checks_fault_between(const struct sim_checks *checks,
                                                      const struct sim_workflow_track *workflow, struct wf_string node,
                                                      wf_time_ns from_ns, wf_time_ns to_ns)
{
    const struct sim_fault_note *best = NULL;
    int best_nearness = 0;

    for (uint64_t i = oldest_note(checks); i < checks->note_count; i++) {
        const struct sim_fault_note *note = &checks->notes[i % SIM_FAULT_NOTES];
        const bool lies_between = note->end_ns >= from_ns && note->time_ns <= to_ns;

        if (lies_between && nearness(note, workflow, node) > best_nearness) {
            best = note;
            best_nearness = nearness(note, workflow, node);
        }
    }
    return best;
}

/* ---- Every record ---- */

void sim_checks_track(struct sim_checks *checks, const struct sim_record *record, struct sim_workflow_track *workflow,
                      struct sim_effect_track **effect)
{
    *effect = NULL;
    if (record->kind == SIM_RECORD_FAULT || record->kind == SIM_RECORD_CRASH) {
        note_fault(checks, record);
    } else if (record->kind == SIM_RECORD_FAULT_END) {
        end_fault(checks, record);
    } else if (record->kind == SIM_RECORD_PHASE && wf_string_is(record->a, "heal")) {
        end_all_faults(checks, record->time_ns);
    } else if (record->kind == SIM_RECORD_EFFECT || record->kind == SIM_RECORD_UNDO) {
        *effect = track_effect(checks, record, workflow);
    }
    if (workflow == NULL) {
        return;
    }
    if (record->kind == SIM_RECORD_RUN_STARTED || record->kind == SIM_RECORD_RUN_CLOSED) {
        track_run(checks, record, workflow);
    } else if (record->kind == SIM_RECORD_ATTEMPT_STARTED) {
        workflow->last_activity = sim_checks_keep(checks, record->a);
        workflow->last_node = sim_checks_keep(checks, record->node);
        workflow->has_local = workflow->has_local || record->y == 1;
    } else if (record->kind == SIM_RECORD_TASK_GIVEN) {
        workflow->last_node = sim_checks_keep(checks, record->node);
    }
}

bool sim_check_names_effect(const struct sim_check_config *check, struct wf_string effect)
{
    for (uint32_t i = 0; i < check->effect_count; i++) {
        if (wf_string_equal(check->effects[i], effect)) {
            return true;
        }
    }
    return check->effect_count == 0;
}

/* ---- What broke ---- */

bool sim_checks_is_broken(const struct sim_checks *checks, uint32_t check, const struct sim_workflow_track *workflow)
{
    WF_ASSERT(check < checks->config->check_count);
    return workflow != NULL && (workflow->broken >> check & 1) != 0;
}

/* (check or rule, workflow type, cause class, await site, last fault kind): no ids, times or seeds. */
static void sign(struct sim_checks *checks, const struct sim_break *from, struct sim_broken_check *broken)
{
    struct wf_buffer text;

    wf_buffer_init(&text, checks->arena);
    sim_broken_print(broken, &text);
    wf_buffer_printf(&text, " | %S | %s | %S | %S", &broken->workflow_type, from->cause, &broken->await_site,
                     &broken->last_fault);
    broken->signature_text = wf_buffer_string(&text);
    broken->signature = wf_hash_bytes(broken->signature_text.data, broken->signature_text.size_bytes);
    checks->is_full = checks->is_full || text.is_full;
}

static struct wf_string await_site_of(struct sim_checks *checks, const struct sim_break *from)
{
    const struct sim_workflow_track *workflow = from->workflow;
    struct wf_buffer site;

    if (from->await_site.size_bytes > 0 || workflow == NULL) {
        return from->await_site;
    }
    if (workflow->await_site.size_bytes > 0) {
        return workflow->await_site;
    }
    if (workflow->last_activity.size_bytes == 0) {
        return (struct wf_string){NULL, 0};
    }
    wf_buffer_init(&site, checks->arena);
    wf_buffer_printf(&site, "activity %S", &workflow->last_activity);
    return wf_buffer_string(&site);
}

void sim_checks_break(struct sim_checks *checks, const struct sim_break *from)
{
    const bool is_of_scenario = from->check < SIM_CHECKS_MAX;
    struct sim_broken_check *broken = NULL;

    if (is_of_scenario && from->workflow != NULL) {
        from->workflow->broken |= UINT64_C(1) << from->check;
    }
    if (checks->broken_count == SIM_BROKEN_MAX) {
        return;
    }
    broken = &checks->broken[checks->broken_count++];
    *broken = (struct sim_broken_check){
        .check = is_of_scenario ? &checks->config->checks[from->check] : NULL,
        .diagnosis = from->diagnosis != NULL ? from->diagnosis
                                             : sim_check_diagnosis(is_of_scenario
                                                                       ? checks->config->checks[from->check].kind
                                                                       : SIM_CHECK_COUNT),
        .invariant = from->invariant,
        .sentence = from->sentence,
        .workflow_id = from->workflow == NULL ? (struct wf_string){NULL, 0} : from->workflow->id,
        .workflow_type = from->workflow == NULL ? (struct wf_string){NULL, 0} : from->workflow->type,
        .key = from->key,
        .await_site = await_site_of(checks, from),
        .last_fault = from->fault == NULL ? (struct wf_string){NULL, 0}
                                          : wf_string_of(sim_fault_name(from->fault->place.kind)),
        .time_ns = from->time_ns,
        .step = from->step,
    };
    sign(checks, from, broken);
}
