/* Schedules of a scenario, and what an operator asks of them. */
#include "engine/schedules.h"
#include "sim/scenario/section.h"

enum wf_status sim_parse_overlap(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"skip",         "buffer_one",      "buffer_all", "cancel_other",
                                        "terminate_other", "allow_all", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "overlap policy", names, &index));
    *(int32_t *)target = (int32_t)(index + WF_SCHEDULE_OVERLAP_POLICY_SKIP);
    return WF_OK;
}

enum wf_status sim_parse_schedule_crons(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_schedule *schedule = target;

    return sim_parse_texts(loader, node, &schedule->crons, &schedule->cron_count);
}

static enum wf_status parse_calendars(struct sim_loader *loader, const struct sim_yaml *node, const char *what,
                                      const struct wf_schedule_calendar_spec **calendars, uint32_t *count)
{
    void *items = NULL;

    WF_TRY(sim_bind_list(loader, node, what, sim_keys_calendar, sizeof(struct wf_schedule_calendar_spec), NULL, &items,
                         count));
    *calendars = items;
    return WF_OK;
}

enum wf_status sim_parse_schedule_calendars(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_schedule *schedule = target;

    return parse_calendars(loader, node, "calendars", &schedule->calendars, &schedule->calendar_count);
}

enum wf_status sim_parse_schedule_except(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_schedule *schedule = target;

    return parse_calendars(loader, node, "except", &schedule->excluded, &schedule->excluded_count);
}

enum wf_status sim_parse_schedule_action(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const alien[] = {"count", "every", "at", "id_conflict", "signal", "signal_input", "cron", "delay"};
    struct sim_schedule *schedule = target;

    for (size_t i = 0; i < sizeof alien / sizeof *alien; i++) {
        if (sim_yaml_get(node, alien[i]) != NULL) {
            return sim_loader_fail(loader, node, "the action of a schedule has no `%s`", alien[i]);
        }
    }
    return sim_parse_start(loader, node, &schedule->action);
}

static enum wf_status read_schedule(struct sim_loader *loader, const struct sim_yaml *node,
                                    struct sim_schedule *schedule)
{
    struct wf_schedule_spec spec = {0};
    struct wf_schedule_times times = {0};
    const char *problem = NULL;

    *schedule = (struct sim_schedule){
        .place = sim_yaml_place(node), .id = schedule->id, .start_ns = SIM_NEVER, .end_ns = SIM_NEVER};
    WF_TRY(sim_bind(loader, node, "a schedule", sim_keys_schedule, schedule));
    if (schedule->action.workflow_type.size_bytes == 0) {
        return sim_loader_fail(loader, node, "a schedule needs an `action`: {workflow: Billing, id: billing}");
    }
    if (!sim_schedule_spec(loader->arena, schedule, &spec)) {
        return wf_fail_status(loader->err, WF_ERR_MEMORY, "out of memory");
    }
    problem = wf_schedule_times_read(loader->arena, &spec, &times);
    if (problem != NULL) {
        return sim_loader_fail(loader, node, "schedule `%S`: %s", &schedule->id, problem);
    }
    if (schedule->end_ns == SIM_NEVER && schedule->action_count_max == 0 &&
        times.calendar_count + times.interval_count > 0) {
        return sim_loader_fail(loader, node,
                               "schedule `%S` would never end; give it an `end`, or a number of `actions`",
                               &schedule->id);
    }
    return WF_OK;
}

enum wf_status sim_parse_schedules(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_config *config = target;

    WF_TRY(sim_expect_map(loader, node, "schedules"));
    struct sim_schedule *schedules = sim_loader_take(loader, node->count, sizeof *schedules);
    if (schedules == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        schedules[i].id = node->keys[i].text;
        WF_TRY(read_schedule(loader, &node->items[i], &schedules[i]));
    }
    config->schedules = schedules;
    config->schedule_count = node->count;
    return WF_OK;
}

/* ---- What is asked of one ---- */

static enum wf_status set_call(struct sim_loader *loader, const struct sim_yaml *node, enum wf_schedule_op op,
                               struct sim_schedule_call *call)
{
    call->op = (int32_t)op;
    return sim_parse_text(loader, node, &call->schedule_id);
}

#define OP_PARSER(name, op)                                                                                            \
    enum wf_status sim_parse_call_##name(struct sim_loader *loader, const struct sim_yaml *node, void *target)         \
    {                                                                                                                  \
        return set_call(loader, node, (op), target);                                                                   \
    }
OP_PARSER(update, WF_SCHEDULE_UPDATE)
OP_PARSER(pause, WF_SCHEDULE_PAUSE)
OP_PARSER(unpause, WF_SCHEDULE_UNPAUSE)
OP_PARSER(trigger, WF_SCHEDULE_TRIGGER)
OP_PARSER(backfill, WF_SCHEDULE_BACKFILL)
OP_PARSER(delete, WF_SCHEDULE_DELETE)
OP_PARSER(describe, WF_SCHEDULE_DESCRIBE)
#undef OP_PARSER

enum wf_status sim_parse_call_with(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_schedule_call *call = target;
    struct sim_schedule *schedule = sim_loader_take(loader, 1, sizeof *schedule);

    if (schedule == NULL) {
        return WF_ERR_MEMORY;
    }
    schedule->id = WF_STR("with");
    call->schedule = schedule;
    return read_schedule(loader, node, schedule);
}

enum wf_status sim_parse_client_schedule(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const ops[] = {"update", "pause", "unpause", "trigger", "backfill", "delete", "describe"};
    struct sim_client *client = target;
    uint32_t op_count = 0;

    client->action = SIM_CLIENT_SCHEDULE;
    client->schedule.from_ns = SIM_NEVER;
    client->schedule.until_ns = SIM_NEVER;
    WF_TRY(sim_bind(loader, node, "schedule", sim_keys_schedule_call, &client->schedule));
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        op_count += sim_yaml_get(node, ops[i]) != NULL ? 1 : 0;
    }
    if (op_count != 1) {
        return sim_loader_fail(
            loader, node, "one of update, pause, unpause, trigger, backfill, delete or describe is needed, and only one");
    }
    if ((client->schedule.op == WF_SCHEDULE_UPDATE) != (client->schedule.schedule != NULL)) {
        return sim_loader_fail(loader, node, "an update, and nothing else, needs `with`: the schedule as it will be");
    }
    if (client->schedule.op == WF_SCHEDULE_BACKFILL &&
        (client->schedule.from_ns == SIM_NEVER || client->schedule.until_ns == SIM_NEVER ||
         client->schedule.until_ns < client->schedule.from_ns)) {
        return sim_loader_fail(loader, node, "a backfill needs `from`, and an `until` that is not before it");
    }
    client->to = (struct sim_template){.text = client->schedule.schedule_id, .place = sim_yaml_place(node)};
    return WF_OK;
}
