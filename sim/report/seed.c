/* In the order of the structs' members: encode and decode below read as one list. */
#include "sim/report/seed.h"

#include "sim/report/pack.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void pack_broken(const struct sim_config *config, const struct sim_broken_check *broken, struct wf_buffer *out)
{
    sim_pack_number(out, broken->check != NULL ? (uint64_t)(broken->check - config->checks) + 1 : 0);
    sim_pack_code(out, broken->diagnosis);
    sim_pack_text(out, broken->invariant);
    sim_pack_text(out, broken->sentence);
    sim_pack_text(out, broken->workflow_id);
    sim_pack_text(out, broken->workflow_type);
    sim_pack_text(out, broken->key);
    sim_pack_text(out, broken->await_site);
    sim_pack_text(out, broken->last_fault);
    sim_pack_number(out, (uint64_t)broken->time_ns);
    sim_pack_number(out, broken->step);
    sim_pack_number(out, broken->signature);
    sim_pack_text(out, broken->signature_text);
}

void sim_seed_encode(const struct sim_config *config, const struct sim_run_result *result, struct wf_buffer *out)
{
    sim_pack_number(out, result->seed);
    sim_pack_number(out, result->trace_hash);
    sim_pack_number(out, result->step_count);
    sim_pack_number(out, (uint64_t)result->end_time_ns);
    for (size_t i = 0; i < COUNT(result->runs_by_status); i++) {
        sim_pack_number(out, result->runs_by_status[i]);
    }
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        sim_pack_number(out, result->fault_counts[i]);
    }
    for (size_t i = 0; i < config->check_count && i < COUNT(result->check_conditions); i++) {
        sim_pack_number(out, result->check_conditions[i]);
    }
    for (size_t i = 0; i < config->goal_count && i < COUNT(result->goals_reached); i++) {
        sim_pack_number(out, result->goals_reached[i]);
    }
    sim_pack_number(out, result->broken_count);
    for (uint32_t i = 0; i < result->broken_count; i++) {
        pack_broken(config, &result->broken[i], out);
    }
    sim_pack_number(out, result->unfinished_count);
    for (uint32_t i = 0; i < result->unfinished_count; i++) {
        const struct sim_unfinished *unfinished = &result->unfinished[i];

        sim_pack_text(out, unfinished->workflow_id);
        sim_pack_text(out, unfinished->workflow_type);
        sim_pack_number(out, (uint64_t)unfinished->status);
        sim_pack_text(out, unfinished->reason);
        sim_pack_code(out, unfinished->diagnosis);
    }
    sim_pack_number(out, result->refused_starts.count);
    sim_pack_text(out, result->refused_starts.workflow_id);
    sim_pack_text(out, result->refused_starts.reason);
    sim_pack_number(out, result->is_out_of_steps);
    sim_pack_number(out, result->peak_bytes);
}

static void unpack_broken(struct sim_unpacker *unpacker, const struct sim_config *config, struct sim_broken_check *broken)
{
    const uint64_t check = sim_unpack_number(unpacker);

    broken->check = check >= 1 && check <= config->check_count ? &config->checks[check - 1] : NULL;
    broken->diagnosis = sim_unpack_code(unpacker);
    broken->invariant = sim_unpack_text(unpacker);
    broken->sentence = sim_unpack_text(unpacker);
    broken->workflow_id = sim_unpack_text(unpacker);
    broken->workflow_type = sim_unpack_text(unpacker);
    broken->key = sim_unpack_text(unpacker);
    broken->await_site = sim_unpack_text(unpacker);
    broken->last_fault = sim_unpack_text(unpacker);
    broken->time_ns = (wf_time_ns)sim_unpack_number(unpacker);
    broken->step = sim_unpack_number(unpacker);
    broken->signature = sim_unpack_number(unpacker);
    broken->signature_text = sim_unpack_text(unpacker);
}

bool sim_seed_decode(struct wf_arena *arena, const struct sim_config *config, struct wf_string bytes,
                     struct sim_run_result *result)
{
    struct sim_unpacker unpacker = {.arena = arena, .rest = bytes};

    *result = (struct sim_run_result){0};
    result->seed = sim_unpack_number(&unpacker);
    result->trace_hash = sim_unpack_number(&unpacker);
    result->step_count = sim_unpack_number(&unpacker);
    result->end_time_ns = (wf_time_ns)sim_unpack_number(&unpacker);
    for (size_t i = 0; i < COUNT(result->runs_by_status); i++) {
        result->runs_by_status[i] = (uint32_t)sim_unpack_number(&unpacker);
    }
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        result->fault_counts[i] = sim_unpack_number(&unpacker);
    }
    for (size_t i = 0; i < config->check_count && i < COUNT(result->check_conditions); i++) {
        result->check_conditions[i] = (uint32_t)sim_unpack_number(&unpacker);
    }
    for (size_t i = 0; i < config->goal_count && i < COUNT(result->goals_reached); i++) {
        result->goals_reached[i] = (uint32_t)sim_unpack_number(&unpacker);
    }
    struct sim_broken_check *broken = sim_unpack_array(&unpacker, &result->broken_count, sizeof *broken, 13);
    for (uint32_t i = 0; i < result->broken_count; i++) {
        unpack_broken(&unpacker, config, &broken[i]);
    }
    result->broken = broken;
    struct sim_unfinished *unfinished = sim_unpack_array(&unpacker, &result->unfinished_count, sizeof *unfinished, 5);
    for (uint32_t i = 0; i < result->unfinished_count; i++) {
        unfinished[i].workflow_id = sim_unpack_text(&unpacker);
        unfinished[i].workflow_type = sim_unpack_text(&unpacker);
        unfinished[i].status = (int32_t)sim_unpack_number(&unpacker);
        unfinished[i].reason = sim_unpack_text(&unpacker);
        unfinished[i].diagnosis = sim_unpack_code(&unpacker);
    }
    result->unfinished = unfinished;
    result->refused_starts.count = sim_unpack_number(&unpacker);
    result->refused_starts.workflow_id = sim_unpack_text(&unpacker);
    result->refused_starts.reason = sim_unpack_text(&unpacker);
    result->is_out_of_steps = sim_unpack_number(&unpacker) != 0;
    result->peak_bytes = (size_t)sim_unpack_number(&unpacker);
    return sim_unpack_is_whole(&unpacker);
}
