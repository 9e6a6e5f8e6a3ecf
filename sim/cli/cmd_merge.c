/*
 * wfsim merge: the reports of shards as one report, which is the one that a single run over everything would have written.
 *
 * Every shard says which one it is, so that a shard that never came back is not taken for one that found nothing.
 */
#include "sim/cli/file.h"
#include "sim/cli/report_files.h"
#include "sim/cli/verdict_output.h"

struct merge {
    struct cli *cli;
    const struct cli_args *args;
    struct sim_report *parts; /* one an operand */
    struct sim_report whole;
    struct sim_baseline baseline;
};

static enum cli_exit read_parts(struct merge *merge)
{
    const size_t count = merge->args->operand_count;
    enum cli_exit result = CLI_EXIT_OK;

    merge->parts = wf_arena_take_array(merge->cli->arena, count, sizeof *merge->parts);
    if (merge->parts == NULL) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    for (size_t i = 0; i < count; i++) {
        const char *path = merge->args->operands[i];
        struct wf_string bytes = {NULL, 0};
        struct wf_error err = {0};
        enum cli_exit own = cli_file_read(merge->cli->arena, path, CLI_FILE_BYTES_MAX, &bytes, &err);

        sim_report_init(&merge->parts[i], merge->cli->arena, (struct wf_string){NULL, 0});
        if (own != CLI_EXIT_OK) {
            cli_complain("%s", err.message);
        } else if (sim_report_read_json(&merge->parts[i], bytes, &err) != WF_OK) {
            cli_complain("%s: %s", path, err.message);
            own = err.status == WF_ERR_MEMORY ? CLI_EXIT_ENVIRONMENT : CLI_EXIT_UNREADABLE;
        }
        result = cli_exit_worse(result, own);
    }
    return result;
}

/* What is not in the words of the options and the code. */
static enum cli_exit check_batch(const struct merge *merge, size_t i)
{
    const struct sim_report_batch *part = &merge->parts[i].batch;
    const char *const *paths = merge->args->operands;
    size_t j = 0;

    while (j < i && merge->parts[j].batch.code == 0) {
        j++; /* a report of an earlier version, which says none of it */
    }
    if (j == i || part->code == 0) {
        return CLI_EXIT_OK;
    }
    const struct sim_report_batch *first = &merge->parts[j].batch;
    if (part->code != first->code) {
        cli_complain("%s and %s are of different code: %.*s is not the same in both", paths[j], paths[i],
                     (int)merge->parts[j].code.size_bytes, merge->parts[j].code.data);
    } else if (part->policy != first->policy) {
        cli_complain("%s and %s were made with other contents of the file of --policy", paths[j], paths[i]);
    } else if (part->sample != first->sample) {
        cli_complain("%s and %s are of different samples: --sample %llu and --sample %llu (0: all)", paths[j], paths[i],
                     (unsigned long long)first->sample, (unsigned long long)part->sample);
    } else if (merge->parts[i].shard_count > 0 && part->inputs != first->inputs) {
        cli_complain("%s and %s are shards of different input: the names or sizes of its files differ", paths[j], paths[i]);
    } else {
        return CLI_EXIT_OK;
    }
    return CLI_EXIT_UNREADABLE;
}

/* Reports that do not belong together are refused. */
static enum cli_exit check_parts(const struct merge *merge)
{
    const char *const *paths = merge->args->operands;
    const struct sim_report *first = &merge->parts[0];

    for (size_t i = 1; i < merge->args->operand_count; i++) {
        const struct sim_report *part = &merge->parts[i];

        if (!wf_string_equal(part->options, first->options)) {
            cli_complain("%s and %s were made with other options: '%.*s' and '%.*s'", paths[0], paths[i],
                         (int)first->options.size_bytes, first->options.data, (int)part->options.size_bytes,
                         part->options.data);
            return CLI_EXIT_UNREADABLE;
        }
        if (!wf_string_equal(part->code, first->code)) {
            cli_complain("%s and %s are of different code: %.*s and %.*s", paths[0], paths[i],
                         (int)first->code.size_bytes, first->code.data, (int)part->code.size_bytes, part->code.data);
            return CLI_EXIT_UNREADABLE;
        }
        if (part->shard_count != first->shard_count) {
            cli_complain("%s and %s are not shards of one batch: of %u and of %u", paths[0], paths[i],
                         (unsigned)first->shard_count, (unsigned)part->shard_count);
            return CLI_EXIT_UNREADABLE;
        }
        if (check_batch(merge, i) != CLI_EXIT_OK) {
            return CLI_EXIT_UNREADABLE;
        }
        for (size_t j = 0; part->shard != 0 && j < i; j++) {
            if (merge->parts[j].shard == part->shard) {
                cli_complain("%s and %s are both shard %u/%u", paths[j], paths[i], (unsigned)part->shard,
                             (unsigned)part->shard_count);
                return CLI_EXIT_UNREADABLE;
            }
        }
    }
    return CLI_EXIT_OK;
}

static bool has_shard(const struct merge *merge, uint32_t shard)
{
    for (size_t i = 0; i < merge->args->operand_count; i++) {
        if (merge->parts[i].shard == shard) {
            return true;
        }
    }
    return false;
}

/* Says that the whole is not whole; the report holds the first reason. */
static void note_incomplete(struct merge *merge, const struct wf_buffer *reason)
{
    const struct wf_string text = wf_buffer_string(reason);

    cli_complain("%.*s", (int)text.size_bytes, text.data);
    if (merge->whole.incomplete.size_bytes == 0) {
        merge->whole.incomplete = text;
    }
}

/* A shard that is missing, or that ended early, is a child that was lost. */
static enum cli_exit check_whole(struct merge *merge)
{
    struct wf_buffer reason;

    for (size_t i = 0; i < merge->args->operand_count; i++) {
        if (merge->parts[i].incomplete.size_bytes > 0) {
            wf_buffer_init(&reason, merge->cli->arena);
            wf_buffer_printf(&reason, "%s: %S", merge->args->operands[i], &merge->parts[i].incomplete);
            note_incomplete(merge, &reason);
        }
    }
    for (uint32_t shard = 1; shard <= merge->parts[0].shard_count; shard++) {
        if (!has_shard(merge, shard)) {
            wf_buffer_init(&reason, merge->cli->arena);
            wf_buffer_printf(&reason, "the report of shard %u/%u is missing", shard, merge->parts[0].shard_count);
            note_incomplete(merge, &reason);
            if (merge->args->operand_count + 8 < merge->parts[0].shard_count) {
                break; /* one is enough to say that most are */
            }
        }
    }
    return merge->whole.incomplete.size_bytes == 0 ? CLI_EXIT_OK : CLI_EXIT_ENVIRONMENT;
}

/* A sum of what others wrote stays at the largest number. */
static int64_t add_up(int64_t left, int64_t right)
{
    int64_t sum = 0;

    return wf_add_i64(left, right, &sum) ? sum : INT64_MAX;
}

static bool fold(struct merge *merge)
{
    for (size_t i = 0; i < merge->args->operand_count; i++) {
        const struct sim_report *part = &merge->parts[i];

        merge->whole.counts.elapsed_ns = add_up(merge->whole.counts.elapsed_ns, part->counts.elapsed_ns);
        merge->whole.counts.skipped =
            (uint64_t)add_up((int64_t)merge->whole.counts.skipped, (int64_t)part->counts.skipped);
        merge->whole.counts.cached = (uint64_t)add_up((int64_t)merge->whole.counts.cached, (int64_t)part->counts.cached);
        for (uint32_t j = 0; j < part->verdict_count; j++) {
            struct sim_verdict *verdict = &part->verdicts[j];

            sim_baseline_judge(&merge->baseline, verdict);
            sim_report_count(&merge->whole.counts, verdict);
            if (!sim_report_add(&merge->whole, verdict)) {
                return false;
            }
        }
    }
    return merge->parts[0].shard_count == 0 || sim_report_sort(&merge->whole);
}

static enum cli_exit write_whole(struct merge *merge)
{
    struct cli_verdict_output *output = wf_arena_take(merge->cli->arena, sizeof *output);
    enum cli_exit result = CLI_EXIT_OK;

    if (output == NULL || !fold(merge)) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    if (merge->whole.incomplete.size_bytes == 0 && merge->whole.counts.skipped == 0) {
        result = cli_baseline_report_stale(&merge->baseline, merge->args, &merge->whole);
    }
    cli_verdict_output_init(output, merge->cli, &merge->whole);
    for (uint32_t i = 0; i < merge->whole.verdict_count; i++) {
        cli_verdict_output_write(output, &merge->whole.verdicts[i]);
    }
    cli_verdict_output_end(output);
    return cli_exit_worse(result, cli_report_write(merge->cli, merge->args, &merge->whole));
}

static enum cli_exit run_merge(struct cli *cli, const struct cli_args *args)
{
    struct merge merge = {.cli = cli, .args = args};
    enum cli_exit result = cli_report_check(cli, args);

    result = result == CLI_EXIT_OK ? cli_report_check_input(cli, args, cli_args_text(args, "--baseline", NULL)) : result;
    for (size_t i = 0; result == CLI_EXIT_OK && i < args->operand_count; i++) {
        result = cli_report_check_input(cli, args, args->operands[i]);
    }
    result = result == CLI_EXIT_OK ? cli_baseline_read(cli, args, &merge.baseline) : result;
    result = result == CLI_EXIT_OK ? read_parts(&merge) : result;
    result = result == CLI_EXIT_OK ? check_parts(&merge) : result;
    if (result != CLI_EXIT_OK) {
        return result;
    }
    sim_report_init(&merge.whole, cli->arena, merge.parts[0].code);
    merge.whole.program = wf_string_of(cli->program);
    merge.whole.options = merge.parts[0].options;
    merge.whole.batch = merge.parts[0].batch;
    result = check_whole(&merge);
    result = cli_exit_worse(result, write_whole(&merge));
    return cli_exit_worse(result, cli_report_judge(&merge.whole.counts));
}

static const struct cli_option options[] = {
    CLI_OPTION_BASELINE,
    CLI_OPTION_OUTPUT,
#define SIM_REPORT_WRITER(name, flag, target, help) CLI_REPORT_OPTION(flag, target, help)
#include "sim/report/writers.def"
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_merge = {
    .name = "merge",
    .operands = "REPORT...",
    .operand_count_min = 1,
    .operand_count_max = UINT32_MAX,
    .summary = "fold the reports of shards into one",
    .description = "Reads what `wfsim replay --shard I/N --json` wrote on N machines, in any order, and reports it as one run\n"
                   "over everything would have: same results, same exit code. A shard that is missing is an error (4).\n"
                   "Shards of different batches are refused (3): another N, other code, options or files.",
    .options = options,
    .example = "wfsim merge shard-*.json --junit replay.xml",
    .run = run_merge,
};
