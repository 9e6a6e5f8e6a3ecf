/*
 * wfsim explain: what a diagnosis means, what brings it about, what to do, and how it looks; what a key, fault kind or check
 * of a scenario is; and what an invariant demands.
 */
#include "engine/base/json_text.h"
#include "engine/base/nearest.h"
#include "engine/diagnosis.h"
#include "engine/replay.h"
#include "engine/rules.h"
#include "sim/check/invariants.h"
#include "sim/cli/command.h"
#include "sim/scenario/scenario.h"

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

/* ---- Invariants ---- */

/* Where it is checked, or why not, as a sentence's part. */
static const char *how_checked(const struct sim_invariant *invariant)
{
    return invariant->reason == NULL ? "checked by" : invariant->where == NULL ? "not checked" : "proved by";
}

static void append_invariant_text(struct cli_output *out, const struct sim_invariant *invariant)
{
    const struct wf_rule *rule = sim_invariant_rule(invariant);

    wf_buffer_printf(&out->text, "%s%s%s  an invariant, of %s\n", cli_style(out, CLI_STYLE_BOLD), rule->id,
                     cli_style(out, CLI_STYLE_PLAIN),
                     rule->scope == WF_RULE_HISTORY ? "one history"
                     : rule->scope == WF_RULE_RUNS  ? "the histories of several runs"
                     : rule->scope == WF_RULE_STATE ? "what is stored after a transaction"
                                                    : "what happened in a simulation");
    append_heading(out, "what must hold");
    append_paragraph(&out->text, rule->text);
    append_heading(out, how_checked(invariant));
    if (invariant->where != NULL) {
        append_paragraph(&out->text, invariant->where);
    }
    if (invariant->reason != NULL) {
        append_paragraph(&out->text, invariant->reason);
    }
    append_heading(out, "source");
    append_paragraph(&out->text, rule->source);
}

static void append_invariant(struct cli_output *out, const struct sim_invariant *invariant)
{
    const struct wf_rule *rule = sim_invariant_rule(invariant);
    struct wf_json_writer json;
    const char *const members[][2] = {{"code", rule->id},
                                      {"scope", wf_rule_scope_name(rule->scope)},
                                      {"text", rule->text},
                                      {"source", rule->source},
                                      {"where", invariant->where == NULL ? "" : invariant->where},
                                      {"reason", invariant->reason == NULL ? "" : invariant->reason}};

    if (out->format == CLI_FORMAT_TEXT) {
        append_invariant_text(out, invariant);
        return;
    }
    wf_json_writer_init(&json, &out->text, 0);
    wf_json_begin_object(&json);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        wf_json_key(&json, members[i][0]);
        wf_json_text(&json, members[i][1]);
    }
    wf_json_end_object(&json);
    wf_buffer_append_char(&out->text, '\n');
}

/* ---- Words of a scenario ---- */

struct word {
    struct wf_string name; /* "faults.profile", "worker_crash" */
    const char *kind;      /* what its value is, or what sort of word it is */
    const char *fallback;  /* "" when that says nothing */
    const char *help;
    const char *example; /* NULL: none */
};

#define WORDS_MAX 1024

static const struct word kinds[] = {
#define SIM_FAULT(name, text, help) {{text, sizeof(text) - 1}, "fault kind", "", help, NULL},
#include "sim/fault/faults.def"
#define SIM_CHECK(name, text, help) {{text, sizeof(text) - 1}, "check", "", help, NULL},
#include "sim/check/checks.def"
};

/* All words: sections, their keys by path, then fault kinds and checks. */
static size_t list_words(struct wf_arena *arena, struct word *words)
{
    const struct sim_section_help *section = NULL;
    struct sim_key_help key;
    size_t count = 0;

    for (size_t s = 0; (section = sim_scenario_section(s)) != NULL; s++) {
        if (section->path[0] != '\0' && count < WORDS_MAX) {
            words[count++] = (struct word){wf_string_of(section->path), "section", "", section->about, section->example};
        }
        for (size_t k = 0; sim_scenario_key(s, k, &key) && count < WORDS_MAX; k++) {
            struct wf_buffer path;

            wf_buffer_init(&path, arena);
            wf_buffer_printf(&path, "%s%s%s", section->path, section->path[0] == '\0' ? "" : ".", key.key);
            words[count++] =
                (struct word){wf_buffer_string(&path), key.kind, key.fallback, key.help, section->example};
        }
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && count < WORDS_MAX; i++) {
        words[count++] = kinds[i];
    }
    return count;
}

/* "activities.charge.takes" is "activities.NAME.takes", and so is "activities.takes". */
static bool is_word(struct wf_string name, struct wf_string asked)
{
    size_t i = 0;
    size_t at = 0;

    while (i < name.size_bytes) {
        const struct wf_string rest = {name.data + i, name.size_bytes - i};

        if (wf_string_starts_with(rest, WF_STR(".NAME"))) {
            const size_t end = i + 5;
            size_t next = at < asked.size_bytes ? at + 1 : at;

            while (next < asked.size_bytes && asked.data[next] != '.') {
                next++;
            }
            const struct wf_string tail = {name.data + end, name.size_bytes - end};
            const struct wf_string with_name = {asked.data + next, asked.size_bytes - next};
            const struct wf_string without_name = {asked.data + at, asked.size_bytes - at};
            return is_word(tail, with_name) || is_word(tail, without_name);
        }
        if (at >= asked.size_bytes || name.data[i] != asked.data[at]) {
            return false;
        }
        i++;
        at++;
    }
    return at == asked.size_bytes;
}

static void append_word(struct cli_output *out, const struct word *word)
{
    const char *const members[][2] = {
        {"type", word->kind}, {"default", word->fallback}, {"help", word->help}, {"example", word->example}};
    struct wf_json_writer json;

    if (out->format == CLI_FORMAT_TEXT) {
        wf_buffer_printf(&out->text, "%s%S%s  %s%s%s\n", cli_style(out, CLI_STYLE_BOLD), &word->name,
                         cli_style(out, CLI_STYLE_PLAIN), word->kind, word->fallback[0] == '\0' ? "" : "; default: ",
                         word->fallback);
        append_paragraph(&out->text, word->help);
        if (word->example != NULL) {
            append_heading(out, "example");
            append_lines(&out->text, word->example);
        }
        return;
    }
    wf_json_writer_init(&json, &out->text, 0);
    wf_json_begin_object(&json);
    wf_json_key(&json, "name");
    wf_json_string(&json, word->name);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        wf_json_key(&json, members[i][0]);
        wf_json_text(&json, members[i][1] == NULL ? "" : members[i][1]);
    }
    wf_json_end_object(&json);
    wf_buffer_append_char(&out->text, '\n');
}

/* ---- Rules that give notes ---- */

#define RULE_COLUMNS 28
#define LEVEL_COLUMNS 9

static void append_cells(struct wf_buffer *text, const char *rule, const char *level, const char *what)
{
    wf_buffer_printf(text, "  %s", rule);
    cli_append_repeated(text, " ", RULE_COLUMNS - strlen(rule));
    wf_buffer_append_text(text, level);
    cli_append_repeated(text, " ", LEVEL_COLUMNS - strlen(level));
    wf_buffer_printf(text, "%s\n", what);
}

static void append_rule(struct cli_output *out, struct wf_json_writer *json, const struct wf_rule *rule)
{
    const char *const members[][2] = {{"rule", rule->id}, {"level", wf_rule_level_name(rule->level)}, {"text", rule->text}};

    if (out->format == CLI_FORMAT_TEXT) {
        append_cells(&out->text, rule->id, wf_rule_level_name(rule->level), rule->text);
        return;
    }
    if (out->format == CLI_FORMAT_JSONL) {
        wf_json_writer_init(json, &out->text, 0);
    }
    wf_json_begin_object(json);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        wf_json_key(json, members[i][0]);
        wf_json_text(json, members[i][1]);
    }
    wf_json_end_object(json);
    wf_buffer_append_text(&out->text, out->format == CLI_FORMAT_JSONL ? "\n" : "");
}

/* All that a policy may name, with what is compared. */
static void append_policy(struct cli_output *out)
{
    struct wf_json_writer json;

    wf_json_writer_init(&json, &out->text, 0);
    if (out->format == CLI_FORMAT_TEXT) {
        wf_buffer_append_text(&out->text,
                              "A line of a file of `replay --policy` is a rule, then finding, note or ignore; `#` begins a\n"
                              "comment. What it does not name stays a note. --strict makes findings of all but info.\n\n");
        append_cells(&out->text, "rule", "level", "what is so when nothing is noted");
    } else if (out->format == CLI_FORMAT_JSON) {
        wf_json_begin_array(&json);
    }
    for (size_t i = 0; i < wf_rule_count; i++) {
        if (wf_rule_gives_notes(&wf_rules[i])) {
            append_rule(out, &json, &wf_rules[i]);
        }
    }
    if (out->format == CLI_FORMAT_JSON) {
        wf_json_end_array(&json);
        wf_buffer_append_char(&out->text, '\n');
    }
}

static enum cli_exit explain_word(struct cli *cli, const char *asked)
{
    struct word words[WORDS_MAX];
    struct wf_string names[WORDS_MAX];
    const size_t count = list_words(cli->arena, words);

    for (size_t i = 0; i < count; i++) {
        names[i] = words[i].name;
        if (is_word(words[i].name, wf_string_of(asked))) {
            append_word(cli->out, &words[i]);
            return CLI_EXIT_OK;
        }
    }
    const size_t nearest = wf_nearest(wf_string_of(asked), names, count);
    if (nearest < count) {
        cli_complain("no key, fault or check of a scenario is called '%s'; did you mean %.*s?", asked,
                     (int)names[nearest].size_bytes, names[nearest].data);
    } else {
        cli_complain("no diagnosis has the code '%s', and no key, fault or check of a scenario is called so; `wfsim explain` "
                     "lists the codes, scenarios/KEYS.md the keys", asked);
    }
    return CLI_EXIT_USAGE;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    const struct wf_diagnosis *diagnosis = NULL;
    const struct sim_invariant *invariant = NULL;

    if (args->operand_count == 0) {
        append_all(cli->out);
        return CLI_EXIT_OK;
    }
    if (strcmp(args->operands[0], "policy") == 0) {
        append_policy(cli->out);
        return CLI_EXIT_OK;
    }
    invariant = sim_invariant_find(wf_string_of(args->operands[0]));
    if (invariant != NULL) {
        append_invariant(cli->out, invariant);
        return CLI_EXIT_OK;
    }
    diagnosis = wf_diagnosis_find(wf_string_of(args->operands[0]));
    if (diagnosis == NULL) {
        return explain_word(cli, args->operands[0]);
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
    .operands = "[WF###|I###|KEY|policy]",
    .operand_count_min = 0,
    .operand_count_max = 1,
    .summary = "a diagnosis, or a key of a scenario",
    .description = "Explains a code that a report names: what is wrong, what brings it about, what to do, and an\n"
                   "example. Also takes Temporal's own codes, such as TMPRL1100, invariants, such as I36, and what\n"
                   "a scenario may say: a key (faults.profile), a fault (worker_crash), a check (neutral). `policy`:\n"
                   "the rules that a file of `replay --policy` may name. Without a code: all codes.",
    .options = options,
    .example = "wfsim explain WF203",
    .run = run,
};
