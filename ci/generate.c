/*
 * Writes what is made from the tables: the reference pages of events and commands, of scenario keys and of invariants, the
 * fuzz dictionaries, the manual page and the shell completions. `generate WHAT` prints one of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/map.h"
#include "engine/schema.h"
#include "sim/check/invariants.h"
#include "sim/cli/command.h"
#include "sim/fault/kinds.h"
#include "sim/scenario/scenario.h"

static const char *kind_name(const struct wf_field *field)
{
    switch (field->kind) {
    case WF_KIND_STRING:
        return "string";
    case WF_KIND_BYTES:
        return "bytes";
    case WF_KIND_BOOL:
        return "bool";
    case WF_KIND_INT32:
        return "int32";
    case WF_KIND_INT64:
        return "int64";
    case WF_KIND_UINT32:
        return "uint32";
    case WF_KIND_UINT64:
        return "uint64";
    case WF_KIND_FLOAT:
        return "float";
    case WF_KIND_DOUBLE:
        return "double";
    case WF_KIND_ENUM:
        return field->enumeration->name;
    case WF_KIND_MESSAGE:
        return strrchr(field->message->name, '.') == NULL ? field->message->name
                                                          : strrchr(field->message->name, '.') + 1;
    case WF_KIND_TIMESTAMP:
        return "Timestamp";
    case WF_KIND_DURATION:
        return "Duration";
    }
    return NULL;
}

static void print_fields(const struct wf_message_type *type)
{
    static const char *const labels[] = {
        [WF_LABEL_ONE] = "", [WF_LABEL_LIST] = "list of ", [WF_LABEL_MAP] = "map of "};

    if (type->field_count == 0) {
        printf("No fields.\n\n");
        return;
    }
    printf("| number | field | type |\n| ---: | --- | --- |\n");
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct wf_field *field = &type->fields[i];

        printf("| %u | %s%s | %s%s |\n", field->number, field->json_name, field->case_offset == 0 ? "" : " (oneof)",
               labels[field->label], kind_name(field));
    }
    printf("\n");
}

static const char *buffering_text(enum wf_buffering buffering)
{
    switch (buffering) {
    case WF_BUFFERING_NONE:
        return "";
    case WF_BUFFERING_I:
        return "Gets its id at once.";
    case WF_BUFFERING_B:
        return "Is buffered while a workflow task runs.";
    case WF_BUFFERING_L:
        return "Is buffered while a workflow task runs, and comes last when the buffer is flushed.";
    }
    return NULL;
}

static void print_events(void)
{
    printf("# Events and commands\n\nMade from the tables of `engine/model/` by `make docs`; do not edit. "
           "Numbers are Temporal's.\n\n## Events\n\n");
    for (uint32_t i = 1; i < WF_EVENT_TYPE_COUNT; i++) {
        const struct wf_event_descriptor *event = &wf_event_descriptors[i];

        if (event->name != NULL) {
            printf("### %u %s\n\n%s\n\n", i, event->name, buffering_text(event->buffering));
            print_fields(event->attributes);
        }
    }
    printf("## Commands\n\n");
    for (uint32_t i = 1; i < WF_COMMAND_TYPE_COUNT; i++) {
        const struct wf_command_descriptor *command = &wf_command_descriptors[i];

        if (command->name == NULL) {
            continue;
        }
        printf("### %u %s\n\n", i, command->name);
        if (command->event != WF_EVENT_TYPE_UNSPECIFIED) {
            printf("Becomes event %d, %s.\n\n", (int)command->event, wf_event_descriptors[command->event].name);
        }
        print_fields(command->attributes);
    }
}

static const char *invariant_kind(enum wf_rule_scope scope)
{
    switch (scope) {
    case WF_RULE_HISTORY:
        return "H";
    case WF_RULE_RUNS:
        return "X";
    case WF_RULE_STATE:
        return "S";
    case WF_RULE_TRACE:
        return "T";
    case WF_RULE_REPLAY:
    case WF_RULE_SERVICE:
        return "";
    }
    return "";
}

static void count_invariants(void)
{
    static const enum wf_rule_scope scopes[] = {WF_RULE_HISTORY, WF_RULE_RUNS, WF_RULE_STATE, WF_RULE_TRACE};

    printf("| kind | checked | proved by a test of the whole | not checked |\n| --- | ---: | ---: | ---: |\n");
    for (size_t scope = 0; scope < sizeof scopes / sizeof scopes[0]; scope++) {
        size_t counts[3] = {0};

        for (size_t i = 0; i < sim_invariant_count; i++) {
            if (sim_invariant_rule(&sim_invariants[i])->scope == scopes[scope]) {
                counts[sim_invariants[i].reason == NULL ? 0 : sim_invariants[i].where != NULL ? 1 : 2]++;
            }
        }
        printf("| %s | %zu | %zu | %zu |\n", invariant_kind(scopes[scope]), counts[0], counts[1], counts[2]);
    }
}

static void print_invariants(void)
{
    printf("# Invariants\n\nMade from `engine/model/rules.def` and `sim/check/invariants.def` by `make docs`; do not edit. "
           "Kinds: **H** is decided by one history, **X** by those of several runs, **S** by what is stored after a "
           "transaction, **T** by what happened in a simulation. `wfsim check` looks for H and X in any history; all that "
           "is checked is on in every simulation, but for I10, which `wfsim check` alone looks for.\n\n"
           "Two things no event tells: whether an operator changed options of activities, and how far apart the clocks were. A "
           "simulation knows both, and its archive (`.wfh`) says them. Of any other history, also one that was converted to another "
           "format, nothing is judged by the options of an activity (the bound in I41, and I44), and times may disagree by five "
           "minutes (I23, I27, I43, I51, I54, I83).\n\n"
           "The cost is what the checking file, for all its invariants together, takes of the instructions of a simulation of "
           "the saga; what files share counts for the total alone. `make costs` counts and writes `sim/check/costs.def`; "
           "`make check-costs` prints shares to the hundredth, also those of all checks and of the trace hash.\n\n");
    count_invariants();
    printf("\n| | kind | what must hold | where it is checked | the test that plants it | cost |\n"
           "| --- | --- | --- | --- | --- | ---: |\n");
    for (size_t i = 0; i < sim_invariant_count; i++) {
        const struct sim_invariant *invariant = &sim_invariants[i];
        const struct wf_rule *rule = sim_invariant_rule(invariant);
        const char *cost = sim_invariant_cost(invariant);

        printf("| %s | %s | %s | ", rule->id, invariant_kind(rule->scope), rule->text);
        if (invariant->reason == NULL) {
            printf("`%s` | `%s` | %s |\n", invariant->where, invariant->test, cost == NULL ? "none" : cost);
        } else if (invariant->where != NULL) {
            printf("`%s`: %s | | none |\n", invariant->where, invariant->reason);
        } else {
            printf("not checked: %s | | none |\n", invariant->reason);
        }
    }
}

/* Prints a dictionary entry the first time that it is met. */
static void print_entry(struct wf_map *seen, struct wf_arena *arena, const char *text, size_t size_bytes)
{
    static char mark;
    const struct wf_string entry = wf_string_copy(arena, (struct wf_string){text, size_bytes});

    if (wf_map_get(seen, entry) != NULL) {
        return;
    }
    if (!wf_map_set(seen, entry, &mark)) {
        abort();
    }
    printf("\"");
    for (size_t i = 0; i < entry.size_bytes; i++) {
        const unsigned char byte = (unsigned char)entry.data[i];

        if (byte == '"' || byte == '\\') {
            printf("\\%c", byte);
        } else if (byte >= 0x20 && byte < 0x7F) {
            printf("%c", byte);
        } else {
            printf("\\x%02X", byte);
        }
    }
    printf("\"\n");
}

static void print_quoted(struct wf_map *seen, struct wf_arena *arena, const char *name)
{
    char text[256];
    const int size = snprintf(text, sizeof(text), "\"%s\"", name);

    print_entry(seen, arena, text, (size_t)size);
}

static void print_enum(struct wf_map *seen, struct wf_arena *arena, const struct wf_enum_type *type)
{
    for (uint32_t i = 0; i < type->value_count; i++) {
        print_quoted(seen, arena, type->values[i].name);
    }
}

/* Our own messages never stand in a file that a stranger hands us, and change more often. */
static bool is_public(const struct wf_message_type *type)
{
    return wf_string_starts_with(wf_string_of(type->name), WF_STR("temporal.api."));
}

static void print_json_dictionary(struct wf_map *seen, struct wf_arena *arena)
{
    static const char *const words[] = {"null", "true", "false", "{\"events\":[", "\\u0000", "\\ud800", "1e3", "1.0",
                                        "\"0001-01-01T00:00:00Z\"", "\"1.500s\"", "anyUnknown"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        print_entry(seen, arena, words[i], strlen(words[i]));
    }
    print_enum(seen, arena, &wf_enum_type_event_type);
    for (size_t i = 0; i < wf_message_type_count; i++) {
        const struct wf_message_type *type = wf_message_types[i];

        for (uint32_t j = 0; is_public(type) && j < type->field_count; j++) {
            print_quoted(seen, arena, type->fields[j].json_name);
            if (type->fields[j].enumeration != NULL) {
                print_enum(seen, arena, type->fields[j].enumeration);
            }
        }
    }
}

/* Wire types of protobuf: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
static uint32_t wire_type(const struct wf_field *field)
{
    if (field->label != WF_LABEL_ONE) {
        return 2;
    }
    switch (field->kind) {
    case WF_KIND_BOOL:
    case WF_KIND_INT32:
    case WF_KIND_INT64:
    case WF_KIND_UINT32:
    case WF_KIND_UINT64:
    case WF_KIND_ENUM:
        return 0;
    case WF_KIND_DOUBLE:
        return 1;
    case WF_KIND_FLOAT:
        return 5;
    case WF_KIND_STRING:
    case WF_KIND_BYTES:
    case WF_KIND_MESSAGE:
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        return 2;
    }
    return 2;
}

static void print_protobuf_dictionary(struct wf_map *seen, struct wf_arena *arena)
{
    for (size_t i = 0; i < wf_message_type_count; i++) {
        const struct wf_message_type *type = wf_message_types[i];

        for (uint32_t j = 0; is_public(type) && j < type->field_count; j++) {
            uint32_t tag = type->fields[j].number << 3 | wire_type(&type->fields[j]);
            char bytes[5];
            size_t size = 0;

            while (tag >= 0x80) {
                bytes[size++] = (char)(tag | 0x80);
                tag >>= 7;
            }
            bytes[size++] = (char)tag;
            print_entry(seen, arena, bytes, size);
        }
    }
}

static void print_manual(void)
{
    printf(".TH WFSIM 1 \"\" \"wfsim %s\" \"User Commands\"\n.SH NAME\nwfsim \\- simulate durable workflows under faults "
           "and replay their histories\n.SH SYNOPSIS\n.B wfsim\n.I COMMAND\n.RI [ OPTION... ]\n.SH COMMANDS\n",
           WFSIM_VERSION);
    for (size_t i = 0; i < cli_commands_count; i++) {
        const struct cli_command *command = cli_commands[i];

        printf(".SS \"wfsim %s %s\"\n%s\n", command->name, command->operands, command->description);
        for (const struct cli_option *option = command->options; option->name != NULL; option++) {
            printf(".TP\n.BR \\%s%s%s\n%s.\n", option->name, option->value == NULL ? "" : " \" \" ",
                   option->value == NULL ? "" : option->value, option->help);
        }
        printf(".PP\nExample:\n.RS\n.nf\n%s\n.fi\n.RE\n", command->example);
    }
    printf(".SH EXIT STATUS\n.TP\n0\nfine\n.TP\n1\na finding\n.TP\n2\nthe command line is wrong\n.TP\n3\na history or "
           "scenario cannot be read, or a module does not compile or load\n.TP\n4\nthe environment: no compiler, a full "
           "disk, a lost child\n.SH ENVIRONMENT\n.TP\n.B NO_COLOR\nset and not empty: no colour on a terminal\n.TP\n"
           ".B WFSIM_CACHE\nwhere compiled workflow code and verdicts are kept\n.TP\n"
           ".B WFSIM_CODE_MIB\nhow many MiB workflow code may take; 512 when not set\n");
}

static void print_bash(void)
{
    printf("# bash completion for wfsim\n_wfsim()\n{\n    local word=${COMP_WORDS[COMP_CWORD]}\n    local words=\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='");
    for (size_t i = 0; i < cli_commands_count; i++) {
        printf("%s ", cli_commands[i]->name);
    }
    printf("--help --version'\n    else\n        case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < cli_commands_count; i++) {
        printf("        %s) words='", cli_commands[i]->name);
        for (const struct cli_option *option = cli_commands[i]->options; option->name != NULL; option++) {
            printf("%s ", option->name);
        }
        printf("--help' ;;\n");
    }
    printf("        esac\n    fi\n    case $word in\n    -*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\") ;;\n"
           "    *)\n        if [ \"$COMP_CWORD\" -eq 1 ]; then\n            mapfile -t COMPREPLY < <(compgen -W \"$words\" "
           "-- \"$word\")\n        else\n            mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n        fi\n"
           "        ;;\n    esac\n}\ncomplete -o filenames -F _wfsim wfsim\n");
}

static void print_fish(void)
{
    printf("# fish completion for wfsim\n");
    for (size_t i = 0; i < cli_commands_count; i++) {
        const struct cli_command *command = cli_commands[i];

        printf("complete -c wfsim -n __fish_use_subcommand -a %s -d \"%s\"\n", command->name, command->summary);
        for (const struct cli_option *option = command->options; option->name != NULL; option++) {
            const bool is_long = option->name[1] == '-';

            printf("complete -c wfsim -n '__fish_seen_subcommand_from %s' %s %s%s -d \"%s\"\n", command->name,
                   is_long ? "-l" : "-s", option->name + (is_long ? 2 : 1), option->value == NULL ? "" : " -r",
                   option->help);
        }
    }
}

static void print_zsh(void)
{
    printf("#compdef wfsim\n_wfsim() {\n    if (( CURRENT == 2 )); then\n        local -a commands=(\n");
    for (size_t i = 0; i < cli_commands_count; i++) {
        printf("            \"%s:%s\"\n", cli_commands[i]->name, cli_commands[i]->summary);
    }
    printf("        )\n        _describe command commands\n        return\n    fi\n    case $words[2] in\n");
    for (size_t i = 0; i < cli_commands_count; i++) {
        printf("    %s) _values -w option", cli_commands[i]->name);
        for (const struct cli_option *option = cli_commands[i]->options; option->name != NULL; option++) {
            printf(" %s", option->name);
        }
        printf(" --help; _files ;;\n");
    }
    printf("    esac\n}\n_wfsim \"$@\"\n");
}

/* ---- The keys of a scenario ---- */

static const char values_of_keys[] =
    "## Values\n\n"
    "| type | how it is written |\n| --- | --- |\n"
    "| count | a whole number of 1 or more |\n"
    "| duration | `0`, `30us`, `200ms`, `1.5s`, `5m`, `1h30m`, `7d`; a number without a unit is refused |\n"
    "| distribution | a duration alone is constant; `{uniform: [1s, 5s]}`; `{exponential: 200ms}` with that mean; "
    "`{median: 80ms, p99: 3s}` is log-normal |\n"
    "| chance | `3%`, `0.5%`, `1/1000` |\n"
    "| text | a name; in quotes when it holds `: `, `#`, `{` or begins with `*` |\n"
    "| template | a text with placeholders: `${n}` is the number of the start, from 1. In an activity `${input[0]}` is its "
    "first argument, `${input[1].cents}` a member of the second; `${input[2]?}` is empty when there is none, without the "
    "`?` that is an error. A template with `${...}` stands in quotes |\n"
    "| value | anything that JSON can say. Texts in it are templates, and one that is a placeholder alone keeps its type. "
    "`{$uniform: [500, 90000]}` draws a whole number, `{$choice: [a, b, c]}` one of a list |\n"
    "| moment | `activity X started`, `activity X completed`, `activity X failed`, `activity X ended`, `effect X`, `undo X`, "
    "`event ActivityTaskCompleted` (any [event type](../engine/EVENTS.md)), `signal X sent`, `signal X handled`, "
    "`task started`, `task completed`, `workflow started`, `workflow closed` |\n"
    "| status | `completed`, `failed`, `canceled`, `terminated`, `continued_as_new`, `timed_out` |\n"
    "| fault kind | one of the table below |\n\n"
    "An attempt of an activity takes these steps, and a fault may strike between any two of them: an outcome of "
    "`each_attempt` is drawn; it waits for the time of `takes`, with a heartbeat every `heartbeat`; `fail` fails here; "
    "`effect` happens and enters the ledger; `fail_after` fails here; it returns `result`. With `lose_answer` it does all "
    "of it and the answer never arrives; with `never` it never ends. An activity that the code calls needs an entry; "
    "`notify:` alone takes no time and returns null.\n\n";

static void print_keys(void)
{
    const struct sim_section_help *section = NULL;
    struct sim_key_help key;

    printf("# The keys of a scenario\n\nMade from `sim/scenario/keys.def`, `sim/fault/faults.def` and "
           "`sim/check/checks.def` by `make docs`; do not edit. `wfsim explain faults.profile` prints one entry, "
           "`wfsim run SCENARIO --dry-run` reads a scenario without running it, `--set cluster.workers=3` replaces a "
           "value. Paths of code are relative to the scenario's folder.\n\n%s", values_of_keys);
    for (size_t s = 0; (section = sim_scenario_section(s)) != NULL; s++) {
        printf("## %s%s%s\n\n%c%s.\n\n| key | type | default | what it says |\n| --- | --- | --- | --- |\n",
               section->path[0] == '\0' ? "The file" : "`", section->path, section->path[0] == '\0' ? "" : "`",
               section->about[0] - 'a' + 'A', section->about + 1);
        for (size_t k = 0; sim_scenario_key(s, k, &key); k++) {
            printf("| `%s` | %s | %s | %s |\n", key.key, key.kind, key.fallback, key.help);
        }
        printf("\n```yaml\n%s```\n\n", section->example);
    }
}

static void print_kinds(void)
{
    static const char *const faults[][2] = {
#define SIM_FAULT(name, text, help) {text, help},
#include "sim/fault/faults.def"
    };
    static const char *const checks[][2] = {
#define SIM_CHECK(name, text, help) {text, help},
#include "sim/check/checks.def"
    };

    printf("## Fault kinds\n\nProfile `chaos` has all but `cancel` and `terminate`; each seed draws its own of them and how "
           "often they strike. In `faults.place` the value of the kind is a node: `worker-1`, `server-2`, `database`, or "
           "`worker` for the one concerned; `crash: worker` is short for `worker_crash: worker`.\n\n"
           "| kind | what it does | profiles |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < SIM_FAULT_COUNT; i++) {
        const bool is_calm = sim_profile_has("calm", (enum sim_fault_kind)i);
        const bool is_chaos = sim_profile_has("chaos", (enum sim_fault_kind)i);

        printf("| `%s` | %s | %s |\n", faults[i][0], faults[i][1],
               is_calm ? "chaos, calm" : is_chaos ? "chaos" : "none: name it in `also`");
    }
    printf("\n## Checks\n\nWhat the engine itself must keep is always checked. A check whose condition was never met in a "
           "batch is vacuous, and fails it.\n\n| check | what must hold | short form |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < SIM_CHECK_COUNT; i++) {
        printf("| `%s` | %s | %s |\n", checks[i][0], checks[i][1], sim_check_short_form((enum sim_check_kind)i));
    }
}

/* ---- Faults ---- */

static void print_kind_of_entry(enum sim_fault_kind kind, bool is_first)
{
    printf("%s`%s`", is_first ? "" : ", ", sim_fault_name(kind));
}

static void print_faults(void)
{
    bool is_named[SIM_FAULT_COUNT] = {false};
    bool is_first = true;
    const char *end = "";

    printf("# What a service suffers\n\nMade from `sim/fault/catalogue.def` and `sim/fault/faults.def` by `make docs`; do not "
           "edit. The entries are those of the failure catalogue in the semantics of the engine; every kind is drawn by "
           "profile `chaos` or can be named in `also`, can be placed by hand (`faults.place`), and counts how often it "
           "fired. `ci/fault-kinds` fails when a kind never fires. What each does stands in "
           "[the keys of a scenario](../../scenarios/KEYS.md#fault-kinds); what it changes in a trace, in "
           "`tests/unit/test_faults.c`.\n\n| what happens | what must come of it | kinds |\n| --- | --- | --- |\n");
#define SIM_SUFFERED(what, must)                                                                                       \
    printf("%s| %s | %s | ", end, (what), (must));                                                                     \
    end = " |\n";                                                                                                      \
    is_first = true;
#define SIM_BY(KIND)                                                                                                   \
    print_kind_of_entry(SIM_FAULT_##KIND, is_first);                                                                   \
    is_named[SIM_FAULT_##KIND] = true;                                                                                 \
    is_first = false;
#include "sim/fault/catalogue.def"
    printf("%s| everything else that breaks, or that people do | what the checks of every run demand | ", end);
    is_first = true;
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        if (!is_named[kind]) {
            print_kind_of_entry((enum sim_fault_kind)kind, is_first);
            is_first = false;
        }
    }
    printf(" |\n");
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    struct wf_arena arena;
    struct wf_map seen;

    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_map_init(&seen, &arena);
    if (strcmp(what, "events") == 0) {
        print_events();
    } else if (strcmp(what, "keys") == 0) {
        print_keys();
        print_kinds();
    } else if (strcmp(what, "invariants") == 0) {
        print_invariants();
    } else if (strcmp(what, "faults") == 0) {
        print_faults();
    } else if (strcmp(what, "json-dictionary") == 0) {
        print_json_dictionary(&seen, &arena);
    } else if (strcmp(what, "protobuf-dictionary") == 0) {
        print_protobuf_dictionary(&seen, &arena);
    } else if (strcmp(what, "manual") == 0) {
        print_manual();
    } else if (strcmp(what, "bash") == 0) {
        print_bash();
    } else if (strcmp(what, "fish") == 0) {
        print_fish();
    } else if (strcmp(what, "zsh") == 0) {
        print_zsh();
    } else {
        fputs("usage: generate events|keys|invariants|faults|json-dictionary|protobuf-dictionary|manual|bash|fish|zsh\n", stderr);
        return 2;
    }
    wf_arena_deinit(&arena);
    return fflush(stdout) == 0 ? 0 : 1;
}
