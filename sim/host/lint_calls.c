/* The rows are few and an object imports few names, so a name is looked for from the first row to the last. */
#include "sim/host/lint_calls.h"

static const struct sim_call_rule rules[] = {
#define SIM_CALLS(DIAGNOSIS, instead, names) {SIM_CALL_FORBIDDEN, WF_DIAGNOSIS_##DIAGNOSIS, instead, names},
#define SIM_NOTED(DIAGNOSIS, instead, names) {SIM_CALL_NOTED, WF_DIAGNOSIS_##DIAGNOSIS, instead, names},
#define SIM_PURE(list) {.level = SIM_CALL_PURE, .names = list},
#include "sim/host/lint_calls.def"
};

static const struct sim_call_rule unknown = {SIM_CALL_NOTED, WF_DIAGNOSIS_CALL_UNKNOWN,
                                             "it only if it gives the same for the same arguments, on every machine", ""};

static struct wf_string without(struct wf_string name, const char *prefix, const char *suffix)
{
    const struct wf_string begin = wf_string_of(prefix);
    const struct wf_string end = wf_string_of(suffix);

    if (wf_string_starts_with(name, begin)) {
        name = (struct wf_string){name.data + begin.size_bytes, name.size_bytes - begin.size_bytes};
    }
    if (end.size_bytes > 0 && wf_string_ends_with(name, end)) {
        name.size_bytes -= end.size_bytes;
    }
    return name;
}

/* Whether names, which blanks separate, has the name. */
static bool lists(const char *names, struct wf_string name)
{
    while (*names != '\0') {
        const struct wf_string word = {names, strcspn(names, " ")};

        if (wf_string_equal(word, name)) {
            return true;
        }
        names += word.size_bytes + (names[word.size_bytes] == ' ' ? 1 : 0);
    }
    return false;
}

static const struct sim_call_rule *find(struct wf_string name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (lists(rules[i].names, name)) {
            return &rules[i];
        }
    }
    return NULL;
}

/* The API, of which few are rows, and what compilers and sanitizers put in by themselves. */
static bool is_no_call(struct wf_string symbol)
{
    static const char *const prefixes[] = {"wf_", "__asan_", "__ubsan_", "__sanitizer_", "__sancov_", "__gcov_"};

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (wf_string_starts_with(symbol, wf_string_of(prefixes[i]))) {
            return true;
        }
    }
    return false;
}

const struct sim_call_rule *sim_call_rule_of(struct wf_string symbol)
{
    struct wf_string name = symbol;
    const struct sim_call_rule *rule = NULL;

    if (is_no_call(symbol)) {
        return find(symbol);
    }
    while (name.size_bytes > 0 && name.data[0] == '_') {
        name = (struct wf_string){name.data + 1, name.size_bytes - 1};
    }
    name = without(without(name, "isoc99_", ""), "isoc23_", "_chk");
    rule = find(name);
    if (rule == NULL) {
        rule = find(without(name, "", "64"));
    }
    return rule == NULL ? &unknown : rule;
}
