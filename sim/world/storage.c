/* The database as a node: what befalls a request, its effect, its records, its answer. */
#include "engine/base/assert.h"
#include "sim/world/parts.h"

#define TAKEOVER_NS WF_NS_PER_S      /* longer than a new owner needs to hear of a shard and to acquire it */
#define REPEAT_MS_MAX UINT64_C(60000) /* until a task is executed again */

static struct sim_entity *entity_of(struct sim_world *world, const struct sim_envelope *envelope)
{
    return envelope->subject != NULL ? &envelope->subject->entity : &world->nodes[envelope->from].entity;
}

/* Asks for a fault that may befall this request, and records it. */
static bool is_hit(struct sim_world *world, const struct sim_envelope *envelope, enum sim_fault_kind kind,
                   struct sim_ratio rate, enum sim_site site)
{
    if (!sim_world_strikes(world, kind, rate, entity_of(world, envelope), site, envelope->subject)) {
        return false;
    }
    sim_world_record_fault(world, kind, envelope->from, envelope->subject,
                           sim_op_name(SIM_MESSAGE_STORE, envelope->op));
    return true;
}

/* ---- Fates ---- */

static enum sim_database_fate choose_fate(struct sim_world *world, const struct sim_envelope *envelope)
{
    const struct sim_rates *rates = &world->rates;

    if (!world->has_rates) {
        return SIM_DATABASE_FATE_NONE;
    }
    if (is_hit(world, envelope, SIM_FAULT_DATABASE_UNAVAILABLE, rates->database_unavailable,
               SIM_SITE_DATABASE_OUTCOME)) {
        return SIM_DATABASE_FATE_UNAVAILABLE;
    }
    if (!sim_database_is_write(envelope->content->store)) {
        return SIM_DATABASE_FATE_NONE;
    }
    if (is_hit(world, envelope, SIM_FAULT_DATABASE_TIMEOUT, rates->database_timeout, SIM_SITE_DATABASE_OUTCOME)) {
        return sim_choose(&world->choices, entity_of(world, envelope), SIM_SITE_DATABASE_OUTCOME, 2) == 0
                   ? SIM_DATABASE_FATE_NOT_WRITTEN
                   : SIM_DATABASE_FATE_WRITTEN;
    }
    if (is_hit(world, envelope, SIM_FAULT_WRITE_TORN, rates->write_torn, SIM_SITE_DATABASE_DISK)) {
        return SIM_DATABASE_FATE_TORN;
    }
    return is_hit(world, envelope, SIM_FAULT_WRITE_VANISHED, rates->write_vanished, SIM_SITE_DATABASE_DISK)
               ? SIM_DATABASE_FATE_VANISHED
               : SIM_DATABASE_FATE_NONE;
}

/* ---- Writes that come late ---- */

/* Another server is told that the shard is its own; it will have acquired it when the write comes. */
static bool move_shard(struct sim_world *world, const struct sim_envelope *envelope, int32_t shard)
{
    const uint32_t pick = (uint32_t)sim_choose(&world->choices, entity_of(world, envelope), SIM_SITE_SHARD_TAKEN,
                                               world->server_count);

    for (uint32_t i = 0; i < world->server_count; i++) {
        if (sim_world_move_shard(world, shard, world->server_first + (pick + i) % world->server_count)) {
            return true;
        }
    }
    return false;
}

/* How much later the write reaches the disk; 0: now. */
static int64_t choose_delay(struct sim_world *world, const struct sim_envelope *envelope)
{
    const struct wf_db_request *request = envelope->content->store;
    const struct sim_rates *rates = &world->rates;

    if (!world->has_rates || !sim_database_is_write(request)) {
        return 0;
    }
    if (is_hit(world, envelope, SIM_FAULT_WRITE_LATE, rates->write_late, SIM_SITE_DATABASE_DISK)) {
        return world->rpc_timeout_ns + WF_NS_PER_S;
    }
    /* With one server there is nowhere to go. */
    if (world->server_count > 1 && request->op_case == WF_CASE_db_request_write &&
        is_hit(world, envelope, SIM_FAULT_SHARD_MOVE_IN_WRITE, rates->shard_move_in_write, SIM_SITE_SHARD_TAKEN) &&
        move_shard(world, envelope, request->op.write->shard_id)) {
        return TAKEOVER_NS;
    }
    return 0;
}

/* ---- Tasks that are executed again ---- */

static struct sim_repeat *copy_task(struct sim_world *world, int32_t shard_id, const struct wf_db_task *task)
{
    size_t size_bytes = sizeof(struct sim_repeat) + 256;
    struct sim_repeat *repeat = NULL;

    for (;; size_bytes *= 2) {
        struct wf_arena rest;

        repeat = sim_world_take(world, size_bytes);
        if (repeat == NULL) {
            return NULL;
        }
        wf_arena_init_fixed(&rest, repeat + 1, size_bytes - sizeof *repeat);
        repeat->task = wf_message_copy(&rest, &wf_type_db_task, task);
        if (repeat->task != NULL) {
            repeat->shard_id = shard_id;
            repeat->size_bytes = size_bytes;
            return repeat;
        }
        sim_world_give(world, repeat, size_bytes);
    }
}

/* Each task of a committed write may be executed again at any time, also when what it is about is long over. */
static void repeat_tasks(struct sim_world *world, const struct sim_envelope *envelope)
{
    const struct wf_db_write *write = envelope->content->store->op.write;

    for (uint32_t i = 0; world->has_rates && i < write->tasks.count; i++) {
        const struct wf_db_task *task = &write->tasks.items[i];
        const bool is_timer = task->category == WF_TASK_TIMER;
        struct sim_repeat *repeat = NULL;
        int64_t wait_ns = 0;

        if (!is_hit(world, envelope, is_timer ? SIM_FAULT_TIMER_TASK_REPEATED : SIM_FAULT_TRANSFER_TASK_REPEATED,
                    is_timer ? world->rates.timer_task_repeated : world->rates.transfer_task_repeated,
                    SIM_SITE_TASK_REPEAT)) {
            continue;
        }
        wait_ns = (int64_t)sim_choose(&world->choices, entity_of(world, envelope), SIM_SITE_TASK_REPEAT,
                                      REPEAT_MS_MAX) * WF_NS_PER_MS;
        repeat = copy_task(world, write->shard_id, task);
        if (repeat != NULL) {
            (void)sim_world_push(world, world->loop.now_ns + wait_ns, SIM_NO_NODE, SIM_EVENT_REPEAT, repeat);
        }
    }
}

/* ---- Performing ---- */

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
        sim_ring_note_acquired(world, (uint32_t)shard_id, envelope->from);
    }
    if (request->op_case == WF_CASE_db_request_write || request->op_case == WF_CASE_db_request_write_schedule) {
        const bool is_schedule = request->op_case == WF_CASE_db_request_write_schedule;

        sim_world_record(
            world, (struct sim_record){
                       .kind = SIM_RECORD_WRITE,
                       .node = node,
                       .subject = envelope->subject == NULL ? (struct wf_string){0} : envelope->subject->id,
                       .a = outcome_text(reply->status, is_committed),
                       .x = is_schedule ? request->op.write_schedule->shard_id : request->op.write->shard_id,
                       .y = is_schedule ? request->op.write_schedule->range_id : request->op.write->range_id,
                   });
    }
}

void sim_storage_apply(struct sim_world *world, const struct sim_envelope *envelope)
{
    const int64_t delay_ns = choose_delay(world, envelope);
    const enum sim_database_fate fate = delay_ns > 0 ? SIM_DATABASE_FATE_NONE : choose_fate(world, envelope);
    struct wf_db_reply reply = {0};
    bool is_committed = false;

    if (delay_ns > 0) {
        sim_network_postpone(world, envelope, delay_ns);
        return;
    }
    if (!sim_database_apply(&world->database, envelope->content->store, fate, &world->step_arena, &reply,
                            &is_committed)) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for the database");
        return;
    }
    record_outcome(world, envelope, &reply, is_committed);
    if (is_committed && envelope->content->store->op_case == WF_CASE_db_request_write) {
        sim_commit_write(world, envelope);
        repeat_tasks(world, envelope);
    }
    if (is_committed && envelope->content->store->op_case == WF_CASE_db_request_write_schedule) {
        sim_commit_schedule(world, envelope->from, envelope->content->store->op.write_schedule);
    }
    sim_network_reply(world, envelope, &reply);
}
