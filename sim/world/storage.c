/* The database as a node: what befalls a request, its effect, its records, its answer. */
#include "engine/base/assert.h"
#include "sim/world/parts.h"

static enum sim_database_fate choose_fate(struct sim_world *world, const struct sim_envelope *envelope)
{
    struct sim_entity *entity =
        envelope->subject != NULL ? &envelope->subject->entity : &world->nodes[envelope->from].entity;
    const struct wf_string where = sim_op_name(SIM_MESSAGE_STORE, envelope->op);

    if (!world->has_rates) {
        return SIM_DATABASE_FATE_NONE;
    }
    if (sim_world_strikes(world, SIM_FAULT_DATABASE_UNAVAILABLE, world->rates.database_unavailable, entity,
                          SIM_SITE_DATABASE_OUTCOME, envelope->subject)) {
        sim_world_record_fault(world, SIM_FAULT_DATABASE_UNAVAILABLE, envelope->from, envelope->subject, where);
        return SIM_DATABASE_FATE_UNAVAILABLE;
    }
    if (!sim_database_is_write(envelope->content->store) ||
        !sim_world_strikes(world, SIM_FAULT_DATABASE_TIMEOUT, world->rates.database_timeout, entity,
                           SIM_SITE_DATABASE_OUTCOME, envelope->subject)) {
        return SIM_DATABASE_FATE_NONE;
    }
    sim_world_record_fault(world, SIM_FAULT_DATABASE_TIMEOUT, envelope->from, envelope->subject, where);
    return sim_choose(&world->choices, entity, SIM_SITE_DATABASE_OUTCOME, 2) == 0 ? SIM_DATABASE_FATE_NOT_WRITTEN
                                                                                  : SIM_DATABASE_FATE_WRITTEN;
}

static struct wf_string outcome_text(int32_t status, bool is_committed)
{
    switch ((enum wf_database_status)status) {
    case WF_DATABASE_OK:
        return WF_STR("ok");
    case WF_DATABASE_CONDITION_FAILED:
        return WF_STR("condition failed");
    case WF_DATABASE_SHARD_LOST:
        return WF_STR("shard lost");
    case WF_DATABASE_NOT_FOUND:
        return WF_STR("not found");
    case WF_DATABASE_UNKNOWN:
        return is_committed ? WF_STR("unknown, written") : WF_STR("unknown, not written");
    case WF_DATABASE_UNAVAILABLE:
        return WF_STR("unavailable");
    }
    WF_UNREACHABLE();
}

/* In commit order, so that fencing can be checked from the records. */
static void record_outcome(struct sim_world *world, const struct sim_envelope *envelope,
                           const struct wf_db_reply *reply, bool is_committed)
{
    const struct wf_db_request *request = envelope->content->store;
    const struct wf_string node = world->nodes[envelope->from].name;

    if (request->op_case == WF_CASE_db_request_acquire_shard && is_committed) {
        const int32_t shard_id = request->op.acquire_shard->shard_id;

        sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_SHARD_ACQUIRED,
                                                    .node = node,
                                                    .x = shard_id,
                                                    .y = world->database.shards[shard_id].range_id});
    }
    if (request->op_case == WF_CASE_db_request_write) {
        sim_world_record(world,
                         (struct sim_record){
                             .kind = SIM_RECORD_WRITE,
                             .node = node,
                             .subject = envelope->subject == NULL ? (struct wf_string){0} : envelope->subject->id,
                             .a = outcome_text(reply->status, is_committed),
                             .x = request->op.write->shard_id,
                             .y = request->op.write->range_id,
                         });
    }
}

void sim_storage_apply(struct sim_world *world, const struct sim_envelope *envelope)
{
    const enum sim_database_fate fate = choose_fate(world, envelope);
    struct wf_db_reply reply = {0};
    bool is_committed = false;

    if (!sim_database_apply(&world->database, envelope->content->store, fate, &world->step_arena, &reply,
                            &is_committed)) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for the database");
        return;
    }
    record_outcome(world, envelope, &reply, is_committed);
    if (is_committed && envelope->content->store->op_case == WF_CASE_db_request_write) {
        sim_commit_write(world, envelope->from, envelope->content->store->op.write);
    }
    sim_network_reply(world, envelope, &reply);
}
