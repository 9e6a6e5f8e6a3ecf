/* Text streams; the results of -o json are kept until the summary, which stands before them. */
#include "sim/cli/verdict_output.h"

#include "sim/cli/report_files.h"

void cli_verdict_output_init(struct cli_verdict_output *output, struct cli *cli, const struct sim_report *report)
{
    *output = (struct cli_verdict_output){.out = cli->out, .report = report};
    wf_buffer_init(&output->results, cli->arena);
    wf_json_writer_init(&output->writer, &output->results, 0);
    wf_json_begin_array(&output->writer);
}

/* One change of the code shows in every history alike: said once, it can be read. */
static bool was_shown(struct cli_verdict_output *output, uint64_t signature)
{
    for (uint32_t i = 0; i < output->shown_count; i++) {
        if (output->shown[i] == signature) {
            return true;
        }
    }
    if (output->shown_count < CLI_SHOWN_MAX) {
        output->shown[output->shown_count++] = signature;
    }
    return false;
}

static bool is_new_note(void *context, uint64_t signature)
{
    struct cli_verdict_output *output = context;

    output->note_count++;
    return !was_shown(output, signature);
}

static void write_text(struct cli_verdict_output *output, const struct sim_verdict *verdict)
{
    struct cli_output *out = output->out;

    if (verdict->known.size_bytes > 0) {
        sim_verdict_print_known(verdict, &out->text);
    } else if (verdict->verdict == WF_VERDICT_NONDETERMINISM && was_shown(output, verdict->signature)) {
        sim_verdict_print_again(verdict, &out->text);
    } else if (verdict->verdict != WF_VERDICT_OK) {
        sim_verdict_print(verdict, out->width, &out->text);
        wf_buffer_append_text(&out->text, "  repeat: ");
        sim_report_print_repeat(output->report, verdict, &out->text);
        wf_buffer_append_text(&out->text, "\n\n");
    }
    sim_verdict_print_notes(verdict, is_new_note, output, &out->text);
}

void cli_verdict_output_write(struct cli_verdict_output *output, const struct sim_verdict *verdict)
{
    struct cli_output *out = output->out;
    struct wf_json_writer line;

    switch (out->format) {
    case CLI_FORMAT_TEXT:
        write_text(output, verdict);
        break;
    case CLI_FORMAT_JSON:
        sim_verdict_json(verdict, &output->writer);
        break;
    case CLI_FORMAT_JSONL:
        wf_json_writer_init(&line, &out->text, 0);
        sim_verdict_json(verdict, &line);
        wf_buffer_append_char(&out->text, '\n');
        break;
    }
    cli_output_flush_some(out);
}

static void print_note_count(struct cli_verdict_output *output)
{
    struct wf_buffer *out = &output->out->text;

    if (output->note_count == 0) {
        return;
    }
    wf_buffer_printf(out, "%llu %s on what official replayers do not look at, each kind said once",
                     (unsigned long long)output->note_count, output->note_count == 1 ? "note" : "notes");
    wf_buffer_append_text(out, output->report->options.size_bytes == 0 ? "; --strict makes them findings\n" : "\n");
}

void cli_verdict_output_end(struct cli_verdict_output *output)
{
    struct cli_output *out = output->out;
    struct wf_json_writer writer;

    wf_json_writer_init(&writer, &out->text, 0);
    switch (out->format) {
    case CLI_FORMAT_TEXT:
        /* Nothing was replayed and the batch is not whole: why is on standard error. */
        if (sim_report_total(&output->report->counts) > 0 || output->report->incomplete.size_bytes == 0) {
            cli_report_print_summary(output->report, &out->text);
        }
        print_note_count(output);
        return;
    case CLI_FORMAT_JSON:
        wf_json_end_array(&output->writer);
        sim_report_json(output->report, wf_buffer_string(&output->results), &writer);
        break;
    case CLI_FORMAT_JSONL:
        wf_json_begin_object(&writer);
        wf_json_key(&writer, "summary");
        sim_report_json_summary(output->report, &writer);
        wf_json_end_object(&writer);
        break;
    }
    wf_buffer_append_char(&out->text, '\n');
}
