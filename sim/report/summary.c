/* Plain sums; signatures in the order in which seeds first show them. */
#include "sim/report/summary.h"

#include "engine/base/hash.h"
#include "engine/print.h"
#include "sim/check/check.h"
#include "sim/fault/kinds.h"
#include "sim/report/visible.h"

#define JUDGED_FROM_SEEDS 100
#define TASK_FAILS "WF505" /* code that cannot go on is a finding, as code that crashes is */
#define OUT_OF_STEPS "WF516"

static const char *const status_names[SIM_STATUS_COUNT] = {
    [WF_WORKFLOW_EXECUTION_STATUS_RUNNING] = "still open",
    [WF_WORKFLOW_EXECUTION_STATUS_COMPLETED] = "completed",
    [WF_WORKFLOW_EXECUTION_STATUS_FAILED] = "failed",
    [WF_WORKFLOW_EXECUTION_STATUS_CANCELED] = "canceled",
    [WF_WORKFLOW_EXECUTION_STATUS_TERMINATED] = "terminated",
    [WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW] = "continued as new",
    [WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT] = "timed out",
    [WF_WORKFLOW_EXECUTION_STATUS_PAUSED] = "paused",
};

const char *sim_summary_status(int32_t status)
{
    return status >= 0 && status < SIM_STATUS_COUNT ? status_names[status] : NULL;
}

void sim_summary_init(struct sim_summary *summary, struct wf_arena *arena, const struct sim_config *config,
                      const struct sim_repeat *repeat)
{
    *summary = (struct sim_summary){.arena = arena, .config = config, .repeat = *repeat};
}

static struct sim_signature *find(struct sim_summary *summary, uint64_t signature)
{
    for (uint32_t i = 0; i < summary->signature_count; i++) {
        if (summary->signatures[i].signature == signature) {
            return &summary->signatures[i];
        }
    }
    return NULL;
}

static void keep(struct sim_summary *summary, struct wf_string *string)
{
    *string = wf_string_copy(summary->arena, *string);
}

static void add_broken(struct sim_summary *summary, const struct sim_broken_check *broken, uint64_t seed)
{
    struct sim_signature *known = find(summary, broken->signature);

    if (known != NULL) {
        known->seed_count++;
        return;
    }
    if (summary->signature_count == SIM_SIGNATURES_MAX) {
        summary->dropped_signature_count++;
        return;
    }
    struct sim_signature *added = &summary->signatures[summary->signature_count++];
    *added = (struct sim_signature){broken->signature, *broken, seed, 1, {NULL, 0}};
    keep(summary, &added->first.invariant);
    keep(summary, &added->first.sentence);
    keep(summary, &added->first.workflow_id);
    keep(summary, &added->first.workflow_type);
    keep(summary, &added->first.key);
    keep(summary, &added->first.await_site);
    keep(summary, &added->first.last_fault);
    keep(summary, &added->first.signature_text);
    if (broken->diagnosis != NULL) {
        added->first.diagnosis = wf_string_copy(summary->arena, wf_string_of(broken->diagnosis)).data;
    }
}

/* The list of what did not complete is for a single seed. */
static void keep_unfinished(struct sim_summary *summary, const struct sim_run_result *result)
{
    struct sim_unfinished *kept = wf_arena_take_array(summary->arena, result->unfinished_count, sizeof *kept);

    for (uint32_t i = 0; kept != NULL && i < result->unfinished_count; i++) {
        kept[i] = result->unfinished[i];
        keep(summary, &kept[i].workflow_id);
        keep(summary, &kept[i].workflow_type);
        keep(summary, &kept[i].reason);
        if (kept[i].diagnosis != NULL) {
            kept[i].diagnosis = wf_string_copy(summary->arena, wf_string_of(kept[i].diagnosis)).data;
        }
    }
    summary->unfinished = kept;
    summary->unfinished_count = kept != NULL ? result->unfinished_count : 0;
}

/* A seed that shows one signature several times counts once for it: only the first of equal ones is added. */
static bool is_first_of_seed(const struct sim_run_result *result, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (result->broken[i].signature == result->broken[index].signature) {
            return false;
        }
    }
    return true;
}

/* A check that a seed breaks in several ways is broken in one seed. */
static void count_broken_checks(struct sim_summary *summary, const struct sim_run_result *result)
{
    bool is_counted[SIM_CHECKS_MAX] = {false};

    for (uint32_t i = 0; i < result->broken_count; i++) {
        const struct sim_check_config *check = result->broken[i].check;

        if (check != NULL && !is_counted[check - summary->config->checks]) {
            is_counted[check - summary->config->checks] = true;
            summary->check_broken[check - summary->config->checks]++;
        }
    }
}

/* Before the seed is counted. */
static void note_seed(struct sim_summary *summary, uint64_t seed)
{
    if (summary->seed_count + summary->crash_count == 0) {
        summary->first_seed = seed;
    }
    summary->last_seed = seed;
}

static void add_refused_starts(struct sim_summary *summary, const struct sim_run_result *result)
{
    if (summary->refused_starts.count == 0 && result->refused_starts.count > 0) {
        summary->refused_starts = result->refused_starts;
        summary->refused_start_seed = result->seed;
        keep(summary, &summary->refused_starts.workflow_id);
        keep(summary, &summary->refused_starts.reason);
    } else {
        summary->refused_starts.count += result->refused_starts.count;
    }
}

void sim_summary_add(struct sim_summary *summary, const struct sim_run_result *result)
{
    const struct sim_config *config = summary->config;

    note_seed(summary, result->seed);
    if (summary->seed_count == 0) {
        summary->trace_hash = result->trace_hash;
        keep_unfinished(summary, result);
    } else {
        summary->trace_hash = wf_hash_mix(summary->trace_hash, result->trace_hash);
        summary->unfinished_count = 0;
    }
    summary->seed_count++;
    summary->step_count += result->step_count;
    summary->end_time_ns = result->end_time_ns;
    if (result->step_count > summary->longest_step_count) {
        summary->longest_step_count = result->step_count;
        summary->longest_seed = result->seed;
    }
    for (size_t i = 0; i < sizeof summary->runs_by_status / sizeof *summary->runs_by_status; i++) {
        summary->runs_by_status[i] += result->runs_by_status[i];
    }
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        summary->fault_counts[i] += result->fault_counts[i];
    }
    for (size_t i = 0; i < config->check_count; i++) {
        summary->check_conditions[i] += result->check_conditions[i];
    }
    for (size_t i = 0; i < config->goal_count; i++) {
        summary->goal_seeds[i] += result->goals_reached[i] > 0 ? 1 : 0;
    }
    for (uint32_t i = 0; i < result->broken_count; i++) {
        if (is_first_of_seed(result, i)) {
            add_broken(summary, &result->broken[i], result->seed);
        }
    }
    count_broken_checks(summary, result);
    add_refused_starts(summary, result);
    summary->broken_seed_count += result->broken_count > 0 ? 1 : 0;
    if (result->is_out_of_steps && summary->out_of_steps_count++ == 0) {
        summary->out_of_steps_seed = result->seed;
    }
    for (uint32_t i = 0; i < result->unfinished_count; i++) {
        const char *diagnosis = result->unfinished[i].diagnosis;

        if (diagnosis != NULL && wf_string_is(WF_STR(TASK_FAILS), diagnosis) && summary->failing_count++ == 0) {
            summary->failing_seed = result->seed;
        }
    }
    summary->peak_bytes = result->peak_bytes > summary->peak_bytes ? result->peak_bytes : summary->peak_bytes;
}

/* Not by the event id: faults move it, and the mistake is the same. */
static bool is_same_crash(const struct sim_summary_crash *a, const struct sim_summary_crash *b)
{
    return wf_string_equal(a->workflow_type, b->workflow_type) && wf_string_equal(a->ended, b->ended) &&
           wf_string_equal(a->call, b->call);
}

void sim_summary_add_crash(struct sim_summary *summary, const struct sim_summary_crash *crash)
{
    struct sim_summary_crash *added = NULL;

    note_seed(summary, crash->first_seed);
    summary->crash_count++;
    for (uint32_t i = 0; i < summary->crash_kind_count; i++) {
        if (is_same_crash(&summary->crashes[i], crash)) {
            summary->crashes[i].seed_count++;
            return;
        }
    }
    if (summary->crash_kind_count == SIM_CRASHES_MAX) {
        summary->dropped_crash_count++;
        return;
    }
    added = &summary->crashes[summary->crash_kind_count++];
    *added = *crash;
    added->seed_count = 1;
    keep(summary, &added->workflow_id);
    keep(summary, &added->workflow_type);
    keep(summary, &added->ended);
    keep(summary, &added->diagnosis);
    keep(summary, &added->call);
}

void sim_summary_tell(struct sim_summary *summary, uint64_t signature, struct wf_string story)
{
    struct sim_signature *known = find(summary, signature);

    if (known != NULL && known->story.size_bytes == 0) {
        known->story = wf_string_copy(summary->arena, story);
    }
}

/* ---- Judging ---- */

bool sim_summary_judges(const struct sim_summary *summary)
{
    const uint64_t over = summary->config->goals_over;

    return summary->seed_count >= (over > 0 ? over : JUDGED_FROM_SEEDS);
}

uint32_t sim_summary_missing_count(const struct sim_summary *summary)
{
    uint32_t count = 0;

    for (uint32_t i = 0; sim_summary_judges(summary) && i < summary->config->check_count; i++) {
        count += summary->check_conditions[i] == 0 ? 1 : 0;
    }
    for (uint32_t i = 0; sim_summary_judges(summary) && i < summary->config->goal_count; i++) {
        count += summary->goal_seeds[i] == 0 ? 1 : 0;
    }
    return count;
}

bool sim_summary_is_fine(const struct sim_summary *summary)
{
    return summary->broken_seed_count == 0 && summary->crash_count == 0 && summary->failing_count == 0 &&
           summary->out_of_steps_count == 0 &&
           sim_summary_missing_count(summary) == 0;
}

/* ---- Text ---- */

bool sim_summary_is_single(const struct sim_summary *summary)
{
    return summary->seed_count == 1 && summary->crash_count == 0;
}

void sim_repeat_print(const struct sim_repeat *repeat, uint64_t seed, struct wf_buffer *out)
{
    wf_buffer_printf(out, "%S%llu%S", &repeat->before, (unsigned long long)seed, &repeat->after);
}

/* 1234567 as 1,234,567. */
void sim_count_print(uint64_t value, struct wf_buffer *out)
{
    if (value >= 1000) {
        sim_count_print(value / 1000, out);
        wf_buffer_printf(out, ",%03u", (unsigned)(value % 1000));
    } else {
        wf_buffer_printf(out, "%u", (unsigned)value);
    }
}

static void print_number_of(struct wf_buffer *out, const char *what, uint64_t count, const char *one, const char *many)
{
    if (count > 0) {
        wf_buffer_append_text(out, what);
        sim_count_print(count, out);
        wf_buffer_append_text(out, count == 1 ? one : many);
    }
}

/* A line began at this byte: what histories and code put into it can neither break it nor move the cursor. */
static void end_line(struct wf_buffer *out, size_t start)
{
    sim_make_visible(out, start);
    wf_buffer_append_char(out, '\n');
}

void sim_summary_print_title(const struct sim_summary *summary, struct wf_buffer *out)
{
    wf_buffer_printf(out, "%S, ", &summary->config->name);
    if (summary->seed_count + summary->crash_count == 0) {
        wf_buffer_append_text(out, "no seed was run to its end");
    } else if (summary->first_seed == summary->last_seed) {
        wf_buffer_printf(out, "seed %llu", (unsigned long long)summary->first_seed);
    } else {
        wf_buffer_printf(out, "seeds %llu..%llu, ", (unsigned long long)summary->first_seed,
                         (unsigned long long)summary->last_seed);
        sim_count_print(summary->seed_count, out);
        wf_buffer_append_text(out, summary->crash_count == 0 ? " run" : " run to the end");
    }
}

static void print_statuses(const struct sim_summary *summary, struct wf_buffer *out)
{
    uint64_t total = 0;
    const char *separator = ": ";

    for (size_t i = 0; i < SIM_STATUS_COUNT; i++) {
        total += summary->runs_by_status[i];
    }
    wf_buffer_append_text(out, "  workflows  ");
    sim_count_print(total, out);
    for (size_t i = 0; i < SIM_STATUS_COUNT; i++) {
        if (summary->runs_by_status[i] > 0 && status_names[i] != NULL) {
            wf_buffer_append_text(out, separator);
            sim_count_print(summary->runs_by_status[i], out);
            wf_buffer_printf(out, " %s", status_names[i]);
            separator = ", ";
        }
    }
    wf_buffer_append_char(out, '\n');
}

static void print_refused_starts(const struct sim_summary *summary, struct wf_buffer *out)
{
    const struct sim_refused_starts *refused = &summary->refused_starts;
    const size_t start = out->size_bytes;

    if (refused->count == 0) {
        return;
    }
    wf_buffer_append_text(out, "  refused    ");
    sim_count_print(refused->count, out);
    wf_buffer_printf(out, refused->count == 1 ? " start, of %S" : " starts, the first of %S", &refused->workflow_id);
    if (!sim_summary_is_single(summary)) {
        wf_buffer_printf(out, " in seed %llu", (unsigned long long)summary->refused_start_seed);
    }
    wf_buffer_printf(out, ": %S", &refused->reason);
    end_line(out, start);
}

#define FAULT_COLUMNS 88

static void print_faults(const struct sim_summary *summary, struct wf_buffer *out)
{
    size_t line_start = out->size_bytes;
    bool is_first = true;

    wf_buffer_append_text(out, "  faults     ");
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        if (summary->fault_counts[i] == 0) {
            continue;
        }
        if (!is_first) {
            wf_buffer_append_text(out, ", ");
        }
        if (out->size_bytes - line_start > FAULT_COLUMNS) {
            wf_buffer_append_text(out, "\n             ");
            line_start = out->size_bytes;
        }
        wf_buffer_printf(out, "%s ", sim_fault_name((enum sim_fault_kind)i));
        sim_count_print(summary->fault_counts[i], out);
        is_first = false;
    }
    wf_buffer_append_text(out, is_first ? "none\n" : "\n");
}

void sim_summary_print_check_result(const struct sim_summary *summary, uint32_t check, struct wf_buffer *out)
{
    if (summary->check_broken[check] > 0) {
        print_number_of(out, "broken in ", summary->check_broken[check], " seed", " seeds");
    } else if (summary->check_conditions[check] > 0) {
        print_number_of(out, "held ", summary->check_conditions[check], " time", " times");
    } else {
        wf_buffer_append_text(out, sim_summary_judges(summary)
                                       ? "VACUOUS: its condition was never met; it proves nothing"
                                       : "its condition was not met here");
    }
}

static void print_checks(const struct sim_summary *summary, struct wf_buffer *out)
{
    const struct sim_config *config = summary->config;

    for (uint32_t i = 0; i < config->check_count; i++) {
        const size_t start = out->size_bytes;

        wf_buffer_printf(out, "  %s %S: ", i == 0 ? "checks    " : "          ", &config->checks[i].text);
        sim_summary_print_check_result(summary, i, out);
        end_line(out, start);
    }
}

void sim_summary_print_goal(const struct sim_summary *summary, uint32_t goal, struct wf_buffer *out)
{
    const struct sim_goal *config = &summary->config->goals[goal];

    wf_buffer_append_string(out, config->text);
    if (config->after.size_bytes > 0) {
        wf_buffer_printf(out, " between %S and %S", &config->after, &config->before);
    }
}

void sim_summary_print_goal_result(const struct sim_summary *summary, uint32_t goal, struct wf_buffer *out)
{
    if (summary->goal_seeds[goal] > 0 && !sim_summary_is_single(summary)) {
        print_number_of(out, "in ", summary->goal_seeds[goal], " seed", " seeds");
    } else if (summary->goal_seeds[goal] > 0) {
        wf_buffer_append_text(out, "reached");
    } else {
        wf_buffer_append_text(out, sim_summary_judges(summary) ? "NEVER reached" : "not reached here");
    }
}

static void print_goals(const struct sim_summary *summary, struct wf_buffer *out)
{
    for (uint32_t i = 0; i < summary->config->goal_count; i++) {
        const size_t start = out->size_bytes;

        wf_buffer_append_text(out, i == 0 ? "  sometimes  " : "             ");
        sim_summary_print_goal(summary, i, out);
        wf_buffer_append_text(out, ": ");
        sim_summary_print_goal_result(summary, i, out);
        end_line(out, start);
    }
}

static void print_end(const struct sim_summary *summary, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "  steps      ");
    sim_count_print(summary->step_count, out);
    if (sim_summary_is_single(summary)) {
        wf_buffer_append_text(out, ", ");
        wf_print_duration(out, wf_duration_of(summary->end_time_ns));
        wf_buffer_append_text(out, " of virtual time\n");
    } else if (summary->seed_count > 0) {
        wf_buffer_append_text(out, ", at most ");
        sim_count_print(summary->longest_step_count, out);
        wf_buffer_printf(out, " in seed %llu\n", (unsigned long long)summary->longest_seed);
    } else {
        wf_buffer_append_char(out, '\n');
    }
    wf_buffer_printf(out, "  trace      %016llx\n", (unsigned long long)summary->trace_hash);
}

static void print_unfinished(const struct sim_summary *summary, struct wf_buffer *out)
{
    if (summary->unfinished_count > 0) {
        wf_buffer_append_text(out, "not completed\n");
    }
    for (uint32_t i = 0; i < summary->unfinished_count; i++) {
        const struct sim_unfinished *unfinished = &summary->unfinished[i];
        const char *status = sim_summary_status(unfinished->status);
        const size_t start = out->size_bytes;

        wf_buffer_printf(out, "  %S %s: %S", &unfinished->workflow_id, status != NULL ? status : "unknown",
                         &unfinished->reason);
        if (unfinished->diagnosis != NULL) {
            wf_buffer_printf(out, " [%s]", unfinished->diagnosis);
        }
        end_line(out, start);
    }
}

static void print_ended(const struct sim_summary *summary, struct wf_buffer *out)
{
    print_statuses(summary, out);
    print_refused_starts(summary, out);
    print_faults(summary, out);
    print_checks(summary, out);
    print_goals(summary, out);
    print_end(summary, out);
    if (sim_summary_is_single(summary)) {
        print_unfinished(summary, out);
    }
}

void sim_summary_print(const struct sim_summary *summary, struct wf_buffer *out)
{
    const size_t start = out->size_bytes;

    sim_summary_print_title(summary, out);
    end_line(out, start);
    if (summary->seed_count > 0) {
        print_ended(summary, out);
    }
    print_number_of(out, "code failed in ", summary->crash_count, " seed\n", " seeds\n");
}

static void print_repeat_line(const struct sim_summary *summary, uint64_t seed, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "  repeat     ");
    sim_repeat_print(&summary->repeat, seed, out);
    wf_buffer_append_char(out, '\n');
}

/* "  seeds      2 of 50, the first is 17", when there are several, and the command. */
static void print_where(const struct sim_summary *summary, uint64_t seed_count, uint64_t first_seed,
                        struct wf_buffer *out)
{
    const uint64_t total = summary->seed_count + summary->crash_count;

    if (total > 1) {
        wf_buffer_append_text(out, "  seeds      ");
        sim_count_print(seed_count, out);
        wf_buffer_append_text(out, " of ");
        sim_count_print(total, out);
        wf_buffer_printf(out, ", the first is %llu\n", (unsigned long long)first_seed);
    }
    print_repeat_line(summary, first_seed, out);
}

static void print_signature(const struct sim_summary *summary, const struct sim_signature *signature,
                            struct wf_buffer *out)
{
    const struct sim_broken_check *broken = &signature->first;
    size_t start = out->size_bytes;

    wf_buffer_append_text(out, "broken: ");
    sim_broken_print(broken, out);
    if (broken->diagnosis != NULL) {
        wf_buffer_printf(out, " [%s]", broken->diagnosis);
    }
    end_line(out, start);
    start = out->size_bytes;
    wf_buffer_printf(out, "  %S", &broken->sentence);
    end_line(out, start);
    if (signature->story.size_bytes > 0) {
        wf_buffer_append_char(out, '\n');
        wf_buffer_append_string(out, signature->story);
        wf_buffer_append_char(out, '\n');
    }
    if (broken->signature_text.size_bytes > 0) {
        start = out->size_bytes;
        wf_buffer_printf(out, "  signature  %016llx: %S", (unsigned long long)signature->signature,
                         &broken->signature_text);
        end_line(out, start);
    }
    print_where(summary, signature->seed_count, signature->first_seed, out);
}

static void print_crash(const struct sim_summary *summary, const struct sim_summary_crash *crash,
                        struct wf_buffer *out)
{
    size_t start = out->size_bytes;

    wf_buffer_printf(out, "code failed: the code of %S (%S) ended with: %S [%S]", &crash->workflow_type,
                     &crash->workflow_id, &crash->ended, &crash->diagnosis);
    end_line(out, start);
    start = out->size_bytes;
    wf_buffer_printf(out, "  having seen event %lld", (long long)crash->event_id);
    if (crash->call.size_bytes > 0) {
        wf_buffer_printf(out, ", in or after its call of %S", &crash->call);
    }
    end_line(out, start);
    print_where(summary, crash->seed_count, crash->first_seed, out);
}

void sim_summary_print_findings(const struct sim_summary *summary, struct wf_buffer *out)
{
    if (summary->failing_count > 0) {
        print_number_of(out, "\ncode that fails its workflow task until the end: ", summary->failing_count,
                        " workflow [" TASK_FAILS "]\n", " workflows [" TASK_FAILS "]\n");
        print_repeat_line(summary, summary->failing_seed, out);
    }
    if (summary->out_of_steps_count > 0) {
        print_number_of(out, "\ngiven up after too many steps: ", summary->out_of_steps_count,
                        " seed [" OUT_OF_STEPS "]\n", " seeds [" OUT_OF_STEPS "]\n");
        print_repeat_line(summary, summary->out_of_steps_seed, out);
    }
    for (uint32_t i = 0; i < summary->crash_kind_count; i++) {
        wf_buffer_append_char(out, '\n');
        print_crash(summary, &summary->crashes[i], out);
    }
    print_number_of(out, "\nand ", summary->dropped_crash_count, " seed that crashed otherwise\n",
                    " seeds that crashed otherwise\n");
    for (uint32_t i = 0; i < summary->signature_count; i++) {
        wf_buffer_append_char(out, '\n');
        print_signature(summary, &summary->signatures[i], out);
    }
    print_number_of(out, "\nand ", summary->dropped_signature_count, " failure of another signature\n",
                    " failures of further signatures\n");
}
