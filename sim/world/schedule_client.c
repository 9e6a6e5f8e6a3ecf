/*
 * Schedules of a scenario: what an operator asks of them, and what the database's rows say of them in the trace.
 */
#include "engine/base/assert.h"
#include "engine/schedules.h"
#include "sim/world/parts.h"

/* ---- The specification ---- */

static bool put_texts(struct wf_arena *arena, const struct sim_schedule *schedule, struct wf_schedule_spec *spec)
{
    for (uint32_t i = 0; i < schedule->cron_count; i++) {
        struct wf_string *cron = WF_LIST_APPEND(arena, spec->cron_string);

        if (cron == NULL) {
            return false;
        }
        *cron = schedule->crons[i];
    }
    for (uint32_t i = 0; i < schedule->calendar_count; i++) {
        struct wf_schedule_calendar_spec *calendar = WF_LIST_APPEND(arena, spec->calendar);

        if (calendar == NULL) {
            return false;
        }
        *calendar = schedule->calendars[i];
    }
    for (uint32_t i = 0; i < schedule->excluded_count; i++) {
        struct wf_schedule_calendar_spec *calendar = WF_LIST_APPEND(arena, spec->exclude_calendar);

        if (calendar == NULL) {
            return false;
        }
        *calendar = schedule->excluded[i];
    }
    return true;
}

static struct wf_timestamp time_or_none(int64_t time_ns)
{
    return time_ns == SIM_NEVER ? (struct wf_timestamp){0} : wf_timestamp_of(SIM_EPOCH_NS + time_ns);
}

bool sim_schedule_spec(struct wf_arena *arena, const struct sim_schedule *schedule, struct wf_schedule_spec *spec)
{
    *spec = (struct wf_schedule_spec){.start_time = time_or_none(schedule->start_ns),
                                      .end_time = time_or_none(schedule->end_ns),
                                      .jitter = wf_duration_of(schedule->jitter_ns),
                                      .timezone_name = schedule->time_zone};
    if (schedule->every_ns > 0) {
        struct wf_schedule_interval_spec *interval = WF_LIST_APPEND(arena, spec->interval);

        if (interval == NULL) {
            return false;
        }
        interval->interval = wf_duration_of(schedule->every_ns);
        interval->phase = wf_duration_of(schedule->offset_ns);
    }
    return put_texts(arena, schedule, spec);
}

/* ---- Requests ---- */

static struct wf_schedule *message_of(struct sim_world *world, const struct sim_schedule *schedule,
                                      struct sim_workflow *owner)
{
    struct wf_arena *arena = &world->step_arena;
    struct wf_schedule *message = WF_ARENA_NEW(arena, struct wf_schedule);
    struct wf_schedule_spec *spec = WF_ARENA_NEW(arena, struct wf_schedule_spec);
    struct wf_schedule_policies *policies = WF_ARENA_NEW(arena, struct wf_schedule_policies);
    struct wf_schedule_state *state = WF_ARENA_NEW(arena, struct wf_schedule_state);
    const struct sim_template_values values = {.n = 1};

    if (message == NULL || spec == NULL || policies == NULL || state == NULL ||
        !sim_schedule_spec(arena, schedule, spec)) {
        return NULL;
    }
    *policies = (struct wf_schedule_policies){.overlap_policy = schedule->overlap,
                                              .catchup_window = wf_duration_of(schedule->catchup_ns),
                                              .pause_on_failure = schedule->pauses_on_failure,
                                              .keep_original_workflow_id = schedule->keeps_id};
    *state = (struct wf_schedule_state){.notes = schedule->note,
                                        .paused = schedule->is_paused,
                                        .limited_actions = schedule->action_count_max > 0,
                                        .remaining_actions = schedule->action_count_max};
    message->spec = spec;
    message->policies = policies;
    message->state = state;
    message->action = sim_start_message(world, &schedule->action, owner, 1);
    if (message->action == NULL ||
        !sim_world_expand(world, schedule->action.workflow_id, &values, &message->action->workflow_id)) {
        return NULL;
    }
    return message;
}

bool sim_schedule_fill(struct sim_world *world, const struct sim_client *client, uint32_t node,
                       struct sim_workflow *schedule, struct wf_svc_request *request)
{
    const struct sim_schedule_call *call = &client->schedule;
    struct wf_svc_schedule_call *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_schedule_call);

    if (body == NULL) {
        return false;
    }
    *body = (struct wf_svc_schedule_call){
        .schedule_id = schedule->id,
        .op = call->op,
        .schedule = call->schedule == NULL ? NULL : message_of(world, call->schedule, schedule),
        .note = call->note,
        .overlap_policy = call->overlap,
        .request_id = sim_request_id(world, node),
        .identity = world->nodes[node].name,
    };
    if (call->op == WF_SCHEDULE_BACKFILL) {
        body->start_time = time_or_none(call->from_ns);
        body->end_time = time_or_none(call->until_ns);
    }
    request->call_case = WF_CASE_svc_request_schedule_call;
    request->call.schedule_call = body;
    return call->schedule == NULL || body->schedule != NULL;
}

struct wf_string sim_schedule_op_name(int32_t op)
{
    switch ((enum wf_schedule_op)op) {
    case WF_SCHEDULE_CREATE:
        return WF_STR("create");
    case WF_SCHEDULE_UPDATE:
        return WF_STR("update");
    case WF_SCHEDULE_PAUSE:
        return WF_STR("pause");
    case WF_SCHEDULE_UNPAUSE:
        return WF_STR("unpause");
    case WF_SCHEDULE_TRIGGER:
        return WF_STR("trigger");
    case WF_SCHEDULE_BACKFILL:
        return WF_STR("backfill");
    case WF_SCHEDULE_DELETE:
        return WF_STR("delete");
    case WF_SCHEDULE_DESCRIBE:
        return WF_STR("describe");
    }
    WF_UNREACHABLE();
}

bool sim_schedules_init(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->scenario->schedule_count; i++) {
        const struct sim_schedule *schedule = &world->scenario->schedules[i];
        struct sim_client *client = WF_ARENA_NEW(&world->arena, struct sim_client);

        if (client == NULL) {
            return false;
        }
        *client = (struct sim_client){.name = world->nodes[world->operator_node].name,
                                      .action = SIM_CLIENT_SCHEDULE,
                                      .to = {.text = schedule->id, .place = schedule->place},
                                      .at_ns = schedule->at_ns,
                                      .schedule = {.op = WF_SCHEDULE_CREATE, .schedule = schedule}};
        sim_client_plan(world, client, NULL, 0);
    }
    return true;
}

/* ---- Records ---- */

static const char *verb_of(int32_t kind)
{
    switch ((enum wf_schedule_step)kind) {
    case WF_SCHEDULE_STEP_CREATE:
        return "is created at";
    case WF_SCHEDULE_STEP_CHANGE:
        return "changes at";
    case WF_SCHEDULE_STEP_DELETE:
        return "is deleted at";
    case WF_SCHEDULE_STEP_TAKE:
        return "takes";
    case WF_SCHEDULE_STEP_MISS:
        return "misses";
    case WF_SCHEDULE_STEP_SKIP:
        return "skips";
    case WF_SCHEDULE_STEP_DROP:
        return "drops";
    case WF_SCHEDULE_STEP_BEGIN:
        return "begins";
    case WF_SCHEDULE_STEP_STOP:
        return "stops";
    case WF_SCHEDULE_STEP_REFUSE:
        return "could not start";
    case WF_SCHEDULE_STEP_CLOSE:
        return "sees the end of";
    }
    WF_UNREACHABLE();
}

static void record_note(struct sim_world *world, struct wf_string schedule_id, const struct wf_schedule_note *note)
{
    char time[WF_TIME_TEXT_BYTES];
    struct wf_buffer text = {0};

    wf_time_write(time, note->nominal_ns / WF_NS_PER_S);
    wf_buffer_init(&text, &world->step_arena);
    wf_buffer_printf(&text, "%s %S", verb_of(note->kind), &(struct wf_string){time, sizeof time});
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_SCHEDULE,
                                                .subject = note->workflow_id,
                                                .a = wf_buffer_string(&text),
                                                .b = schedule_id,
                                                .x = note->nominal_ns,
                                                .y = note->kind});
}

void sim_commit_schedule(struct sim_world *world, uint32_t writer_node, const struct wf_db_write_schedule *write)
{
    for (uint32_t i = 0; i < write->notes.count; i++) {
        record_note(world, write->schedule_id, &write->notes.items[i]);
    }
    if (world->config.commit_observer != NULL) {
        world->config.commit_observer(world->config.observer_context,
                                      &(struct sim_commit){.time_ns = world->loop.now_ns,
                                                           .step = world->loop.step_count,
                                                           .clock_ns = sim_node_clock(world, writer_node),
                                                           .node = world->nodes[writer_node].name,
                                                           .schedule = write});
    }
}
