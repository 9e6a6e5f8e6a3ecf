/* A summary as the members of one JSON object, in a fixed order. */
#include "sim/check/check.h"
#include "sim/fault/kinds.h"
#include "sim/report/summary.h"

static void write_repeat(const struct sim_summary *summary, const char *key, uint64_t seed,
                         struct wf_json_writer *writer)
{
    struct wf_buffer command;

    wf_buffer_init(&command, summary->arena);
    sim_repeat_print(&summary->repeat, seed, &command);
    wf_json_put_string(writer, key, wf_buffer_string(&command));
}

static void write_counts(const struct sim_summary *summary, struct wf_json_writer *writer)
{
    wf_json_put_object(writer, "workflows");
    for (int32_t i = 0; i < SIM_STATUS_COUNT; i++) {
        if (summary->runs_by_status[i] > 0 && sim_summary_status(i) != NULL) {
            wf_json_put_u64(writer, sim_summary_status(i), summary->runs_by_status[i]);
        }
    }
    wf_json_end_object(writer);
    wf_json_put_object(writer, "faults");
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        wf_json_put_u64(writer, sim_fault_name((enum sim_fault_kind)i), summary->fault_counts[i]);
    }
    wf_json_end_object(writer);
    wf_json_put_array(writer, "checks");
    for (uint32_t i = 0; i < summary->config->check_count; i++) {
        wf_json_begin_object(writer);
        wf_json_put_string(writer, "check", summary->config->checks[i].text);
        wf_json_put_u64(writer, "conditions", summary->check_conditions[i]);
        wf_json_put_u64(writer, "broken_seeds", summary->check_broken[i]);
        wf_json_end_object(writer);
    }
    wf_json_end_array(writer);
    wf_json_put_array(writer, "goals");
    for (uint32_t i = 0; i < summary->config->goal_count; i++) {
        wf_json_begin_object(writer);
        wf_json_put_string(writer, "goal", summary->config->goals[i].text);
        wf_json_put_u64(writer, "seeds", summary->goal_seeds[i]);
        wf_json_end_object(writer);
    }
    wf_json_end_array(writer);
}

static void write_crashes(const struct sim_summary *summary, struct wf_json_writer *writer)
{
    wf_json_put_array(writer, "crashes");
    for (uint32_t i = 0; i < summary->crash_kind_count; i++) {
        const struct sim_summary_crash *crash = &summary->crashes[i];

        wf_json_begin_object(writer);
        wf_json_put_string(writer, "diagnosis", crash->diagnosis);
        wf_json_put_string(writer, "ended", crash->ended);
        wf_json_put_string(writer, "workflow_id", crash->workflow_id);
        wf_json_put_string(writer, "workflow_type", crash->workflow_type);
        wf_json_put_i64(writer, "event_id", crash->event_id);
        wf_json_put_string(writer, "call", crash->call);
        wf_json_put_u64(writer, "first_seed", crash->first_seed);
        wf_json_put_u64(writer, "seeds", crash->seed_count);
        write_repeat(summary, "repeat", crash->first_seed, writer);
        wf_json_end_object(writer);
    }
    wf_json_end_array(writer);
    wf_json_put_u64(writer, "crashes_left_out", summary->dropped_crash_count);
}

static void write_refused_starts(const struct sim_summary *summary, struct wf_json_writer *writer)
{
    const struct sim_refused_starts *refused = &summary->refused_starts;

    wf_json_put_object(writer, "refused_starts");
    wf_json_put_u64(writer, "count", refused->count);
    if (refused->count > 0) {
        wf_json_put_string(writer, "workflow_id", refused->workflow_id);
        wf_json_put_string(writer, "reason", refused->reason);
        wf_json_put_u64(writer, "first_seed", summary->refused_start_seed);
    }
    wf_json_end_object(writer);
}

static void write_failures(const struct sim_summary *summary, struct wf_json_writer *writer)
{
    wf_json_put_array(writer, "failures");
    for (uint32_t i = 0; i < summary->signature_count; i++) {
        const struct sim_signature *signature = &summary->signatures[i];
        const struct sim_broken_check *broken = &signature->first;

        wf_json_begin_object(writer);
        wf_json_put_string(writer, "check", sim_broken_name(broken));
        wf_json_key(writer, "diagnosis");
        wf_json_text(writer, broken->diagnosis != NULL ? broken->diagnosis : "");
        wf_json_put_string(writer, "sentence", broken->sentence);
        wf_json_put_string(writer, "workflow_id", broken->workflow_id);
        wf_json_put_string(writer, "workflow_type", broken->workflow_type);
        wf_json_put_string(writer, "key", broken->key);
        wf_json_put_hash(writer, "signature", signature->signature);
        wf_json_put_string(writer, "signature_text", broken->signature_text);
        wf_json_put_u64(writer, "first_seed", signature->first_seed);
        wf_json_put_u64(writer, "seeds", signature->seed_count);
        wf_json_put_u64(writer, "step", broken->step);
        wf_json_put_i64(writer, "time_ns", broken->time_ns);
        write_repeat(summary, "repeat", signature->first_seed, writer);
        wf_json_end_object(writer);
    }
    wf_json_end_array(writer);
    wf_json_put_u64(writer, "failures_left_out", summary->dropped_signature_count);
}

void sim_summary_json(const struct sim_summary *summary, struct wf_json_writer *writer)
{
    wf_json_put_string(writer, "scenario", summary->config->name);
    wf_json_put_u64(writer, "first_seed", summary->first_seed);
    wf_json_put_u64(writer, "last_seed", summary->last_seed);
    wf_json_put_u64(writer, "seeds", summary->seed_count);
    wf_json_put_bool(writer, "fine", sim_summary_is_fine(summary));
    wf_json_put_u64(writer, "steps", summary->step_count);
    wf_json_put_u64(writer, "given_up", summary->out_of_steps_count);
    if (summary->out_of_steps_count > 0) {
        write_repeat(summary, "given_up_repeat", summary->out_of_steps_seed, writer);
    }
    wf_json_put_u64(writer, "crashed", summary->crash_count);
    wf_json_put_u64(writer, "failing", summary->failing_count);
    if (summary->failing_count > 0) {
        write_repeat(summary, "failing_repeat", summary->failing_seed, writer);
    }
    wf_json_put_u64(writer, "missing", sim_summary_missing_count(summary));
    wf_json_put_hash(writer, "trace_hash", summary->trace_hash);
    write_counts(summary, writer);
    write_refused_starts(summary, writer);
    write_crashes(summary, writer);
    write_failures(summary, writer);
}
