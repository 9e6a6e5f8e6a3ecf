/*
 * wfsim lint: what workflow code must not do and does. Its object is read, not run: what it imports is looked up in a table, what
 * it can write to is a finding. No difference is made between workflows and activities of a module: both are replayed by the
 * simulator, and a helper may serve either. Histories that stand behind CODE are replayed in other worlds (sim/host/hunt.h): there
 * is nothing else that lint could do with one, so no option asks for it.
 */
#include "sim/cli/file.h"
#include "sim/cli/lint_findings.h"
#include "sim/cli/lint_hunt.h"
#include "sim/host/lint_calls.h"
#include "sim/host/object.h"
#include "sim/host/source_place.h"

#define OBJECT_BYTES_MAX ((size_t)256 << 20)

/* The linker imports a variable of a library under each of its names; the code says one of them: environ, not __environ. */
static bool is_other_name(const struct sim_object *object, const struct sim_import *import)
{
    const struct wf_string prefix = WF_STR("__");
    const struct wf_string plain = {import->name.data + prefix.size_bytes, import->name.size_bytes - prefix.size_bytes};

    if (import->places.count > 0 || !wf_string_starts_with(import->name, prefix)) {
        return false;
    }
    for (uint32_t i = 0; i < object->imports.count; i++) {
        if (wf_string_equal(object->imports.items[i].name, plain)) {
            return true;
        }
    }
    return false;
}

static void add_import(struct cli_lint_findings *findings, const struct sim_object *object, const struct sim_import *import)
{
    const struct sim_call_rule *rule = sim_call_rule_of(import->name);
    struct cli_lint_finding finding = {.symbol = import->name};

    if (rule == NULL || rule->level == SIM_CALL_PURE || is_other_name(object, import)) {
        return;
    }
    finding.diagnosis = rule->diagnosis;
    finding.is_note = rule->level == SIM_CALL_NOTED;
    finding.instead = rule->instead;
    if (import->places.count == 0) {
        cli_lint_add(findings, &finding);
    }
    for (uint32_t i = 0; i < import->places.count; i++) {
        const struct wf_string source =
            sim_source_place(findings->arena, findings->code->path, findings->code->object, import->places.items[i]);

        if (i == 0 || !wf_string_equal(source, finding.source)) {
            finding.source = source;
            cli_lint_add(findings, &finding);
        }
    }
}

static void add_global(struct cli_lint_findings *findings, const struct sim_global *global)
{
    const struct cli_lint_finding finding = {
        .diagnosis = WF_DIAGNOSIS_HAS_GLOBAL,
        .symbol = global->name,
        .source = sim_source_of_symbol(findings->arena, findings->code->path, findings->code->object, global->name),
        .instead = "the state of the run, or make it const",
    };

    cli_lint_add(findings, &finding);
}

static enum cli_exit read_object(struct cli *cli, const struct cli_code *code, struct sim_object *object)
{
    struct wf_string bytes = {NULL, 0};
    struct wf_error err = {0};
    const enum cli_exit result = cli_file_read(cli->arena, code->object, OBJECT_BYTES_MAX, &bytes, &err);

    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return result;
    }
    if (sim_object_read(cli->arena, bytes, object, &err) != WF_OK) {
        cli_complain("%s: %s", code->path, err.message);
        return err.status == WF_ERR_MEMORY ? CLI_EXIT_ENVIRONMENT : CLI_EXIT_UNREADABLE;
    }
    if (!object->has_module) {
        cli_complain("%s: has no wf_module; define `const struct wf_module wf_module = {WF_API, ...};`", code->path);
        return CLI_EXIT_UNREADABLE;
    }
    if (!object->has_symbols) {
        cli_complain("%s: it is stripped, so its variables have no names and are not looked at; give the source, or link without -s",
                     code->path);
    }
    return CLI_EXIT_OK;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    struct cli_code code = {0};
    struct cli_lint_findings findings = {.arena = cli->arena, .code = &code};
    struct sim_object object;
    enum cli_exit result = cli_code_prepare(cli, args->operands[0], &code);

    if (result == CLI_EXIT_OK) {
        result = read_object(cli, &code, &object);
    }
    if (result != CLI_EXIT_OK) {
        return result;
    }
    for (uint32_t i = 0; i < object.imports.count; i++) {
        add_import(&findings, &object, &object.imports.items[i]);
    }
    for (uint32_t i = 0; i < object.globals.count; i++) {
        add_global(&findings, &object.globals.items[i]);
    }
    if (args->operand_count > 1) {
        result = cli_lint_hunt(cli, args, &object, &findings);
    }
    cli_lint_print(cli, &findings);
    if (findings.is_short_of_memory) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    return cli_exit_worse(result, findings.finding_count > 0 ? CLI_EXIT_FINDING : CLI_EXIT_OK);
}

static const struct cli_option options[] = {
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_lint = {
    .name = "lint",
    .operands = "CODE [HISTORY...]",
    .operand_count_min = 1,
    .operand_count_max = UINT32_MAX,
    .summary = "calls that workflow code must not make",
    .description = "Says which calls and variables of workflow code in C give another answer in a replay: clocks,\n"
                   "randomness, the environment, files, sockets, threads, processes, signals, the locale, and\n"
                   "variables that outlive a run; with the line of the call, and what to use instead. A helper\n"
                   "function of the module counts as the code that calls it.\n"
                   "\n"
                   "With histories it also hunts: each is replayed again with code and memory at other addresses,\n"
                   "other bytes in fresh memory, another environment, clock and chance. A command that differs, or a\n"
                   "variable of the module that changed, is a finding with its task, variable and line.",
    .options = options,
    .example = "wfsim lint scenarios/saga.c histories/",
    .run = run,
};
