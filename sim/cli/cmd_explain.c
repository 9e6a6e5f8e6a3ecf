/* wfsim explain: what a diagnosis means, what brings it about, what to do, and how it looks. */
#include "engine/base/json_text.h"
#include "engine/diagnosis.h"
#include "sim/cli/command.h"

#define TEXT_COLUMNS 88

/* Appends a paragraph indented by two, broken between words. */
static void append_paragraph(struct wf_buffer *text, const char *paragraph)
{
    size_t column = 0;

    while (*paragraph != '\0') {
        const char *space = strchr(paragraph, ' ');
        const size_t size = space == NULL ? strlen(paragraph) : (size_t)(space - paragraph);

        if (column > 0 && column + 1 + size > TEXT_COLUMNS) {
            wf_buffer_append_char(text, '\n');
            column = 0;
        }
        wf_buffer_append_text(text, column == 0 ? "  " : " ");
        wf_buffer_append(text, paragraph, size);
        column += size + (column == 0 ? 2 : 1);
        paragraph += size + (space == NULL ? 0 : 1);
    }
    wf_buffer_append_char(text, '\n');
}

/* Appends lines as they are, indented by two. */
static void append_lines(struct wf_buffer *text, const char *lines)
{
    while (*lines != '\0') {
        const char *end = strchr(lines, '\n');
        const size_t size = end == NULL ? strlen(lines) : (size_t)(end - lines);

        wf_buffer_append_text(text, size == 0 ? "" : "  ");
        wf_buffer_append(text, lines, size);
        wf_buffer_append_char(text, '\n');
        lines += size + (end == NULL ? 0 : 1);
    }
}

static void append_heading(struct cli_output *out, const char *heading)
{
    wf_buffer_printf(&out->text, "\n%s%s%s\n", cli_style(out, CLI_STYLE_BOLD), heading,
                     cli_style(out, CLI_STYLE_PLAIN));
}

static void append_text(struct cli_output *out, const struct wf_diagnosis *diagnosis)
{
    struct wf_buffer *text = &out->text;

    wf_buffer_printf(text, "%s%s%s  %s", cli_style(out, CLI_STYLE_BOLD), diagnosis->code,
                     cli_style(out, CLI_STYLE_PLAIN), diagnosis->title);
    if (diagnosis->also[0] != '\0') {
        wf_buffer_printf(text, " (Temporal's %s)", diagnosis->also);
    }
    wf_buffer_append_char(text, '\n');
    append_heading(out, "cause");
    append_paragraph(text, diagnosis->cause);
    append_heading(out, "fix");
    append_paragraph(text, diagnosis->fix);
    append_heading(out, "example");
    append_lines(text, diagnosis->example);
}

static void append_json(struct wf_json_writer *json, const struct wf_diagnosis *diagnosis)
{
    const char *const members[][2] = {{"code", diagnosis->code},   {"title", diagnosis->title},
                                      {"also", diagnosis->also},   {"cause", diagnosis->cause},
                                      {"fix", diagnosis->fix},     {"example", diagnosis->example}};

    wf_json_begin_object(json);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        wf_json_key(json, members[i][0]);
        wf_json_text(json, members[i][1]);
    }
    wf_json_end_object(json);
}

static void append_one(struct cli_output *out, const struct wf_diagnosis *diagnosis)
{
    struct wf_json_writer json;

    if (out->format == CLI_FORMAT_TEXT) {
        append_text(out, diagnosis);
        return;
    }
    wf_json_writer_init(&json, &out->text, 0);
    append_json(&json, diagnosis);
    wf_buffer_append_char(&out->text, '\n');
}

static void append_all(struct cli_output *out)
{
    struct wf_json_writer json;

    switch (out->format) {
    case CLI_FORMAT_TEXT:
        for (size_t i = 0; i < wf_diagnosis_count; i++) {
            wf_buffer_printf(&out->text, "%s  %s\n", wf_diagnoses[i].code, wf_diagnoses[i].title);
        }
        break;
    case CLI_FORMAT_JSON:
        wf_json_writer_init(&json, &out->text, 0);
        wf_json_begin_array(&json);
        for (size_t i = 0; i < wf_diagnosis_count; i++) {
            append_json(&json, &wf_diagnoses[i]);
        }
        wf_json_end_array(&json);
        wf_buffer_append_char(&out->text, '\n');
        break;
    case CLI_FORMAT_JSONL:
        for (size_t i = 0; i < wf_diagnosis_count; i++) {
            append_one(out, &wf_diagnoses[i]);
        }
        break;
    }
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    const struct wf_diagnosis *diagnosis = NULL;

    if (args->operand_count == 0) {
        append_all(cli->out);
        return CLI_EXIT_OK;
    }
    diagnosis = wf_diagnosis_find(wf_string_of(args->operands[0]));
    if (diagnosis == NULL) {
        cli_complain("no diagnosis has the code '%s'; `wfsim explain` lists them", args->operands[0]);
        return CLI_EXIT_USAGE;
    }
    append_one(cli->out, diagnosis);
    return CLI_EXIT_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_explain = {
    .name = "explain",
    .operands = "[WF###]",
    .operand_count_min = 0,
    .operand_count_max = 1,
    .summary = "cause, fix and example of a diagnosis",
    .description = "Explains a code that a report names: what is wrong, what brings it about, what to do, and an\n"
                   "example. Also takes Temporal's own codes, such as TMPRL1100. Without a code: all of them.",
    .options = options,
    .example = "wfsim explain WF203",
    .run = run,
};
