/* Scenario files: what a good one becomes, and the sentence that each bad one gets. */
#include "tests/support/test.h"

#include "sim/scenario/scenario.h"

#define HEAD "wfsim: 1\ncode: {v1: saga.c}\nstart:\n  - {workflow: OrderSaga, id: order-1}\n"

static enum wf_status load(struct wf_arena *arena, const char *text, const char *setting, struct sim_scenario *scenario,
                           struct wf_error *err)
{
    const struct wf_string item = setting != NULL ? wf_string_of(setting) : (struct wf_string){NULL, 0};
    const struct sim_scenario_settings settings = {&item, setting != NULL ? 1 : 0};

    return sim_scenario_load(arena, "dir/saga.yaml", wf_string_of(text), &settings, scenario, err);
}

/* Every kind of value ends in the member that keys.def names. */
static void test_scenario__a_full_file_becomes_a_configuration(void **state)
{
    struct sim_scenario scenario;
    struct wf_error err = {0};
    static const char text[] =
        "wfsim: 1\n"
        "code: {v1: saga.c, v2: saga_v2.c}\n"
        "cluster: {servers: 5, shards: 16, workers: 4, network: {latency: {median: 1ms, p99: 9ms}}}\n"
        "start:\n"
        "  - {workflow: OrderSaga, id: \"order-${n}\", count: 20, every: {exponential: 200ms},\n"
        "     input: [\"order-${n}\", {cents: {$uniform: [500, 90000]}}], run_timeout: 1d}\n"
        "activities:\n"
        "  charge:\n"
        "    takes: {median: 80ms, p99: 3s}\n"
        "    effect: {do: charge, key: \"${input[0]}\", once_per: \"${input[0]}\"}\n"
        "    each_attempt: [{fail: Declined, chance: 3%, retryable: false}, {lose_answer: 0.5%}]\n"
        "  ship: {result: \"T-${input[0]}\"}\n"
        "clients:\n"
        "  - {at: 2d, signal: approve, to: \"order-${n}\", chance: 60%}\n"
        "  - {every: 1h, query: get_status, to: all, expect: {pending: true}, until: closed}\n"
        "operator:\n"
        "  - {at: 4h, cancel: order-3}\n"
        "  - {at: 5h, reset: order-4, back_to: first_task, reapply: signals, without: [updates, nexus]}\n"
        "  - {at: 6h, reset: order-5, back_to: 12}\n"
        "faults:\n"
        "  profile: chaos\n"
        "  for: 10m\n"
        "  without: [zombie]\n"
        "  also: cancel\n"
        "  place:\n"
        "    - {crash: worker, when: \"activity charge started\", occurrence: 2}\n"
        "    - {partition: [worker-1, server-2], from: 10s, for: 30s}\n"
        "check:\n"
        "  - at_most_once: charge\n"
        "  - neutral: {effects: [charge], when: [failed, canceled]}\n"
        "  - closes_within: {after_heal: 1h}\n"
        "sometimes:\n"
        "  over: 1000\n"
        "  reach: [{closed: completed}, {fault: worker_crash, between: [effect charge, ActivityTaskCompleted]}]\n";

    const enum wf_status status = load(*state, text, NULL, &scenario, &err);

    assert_string_equal(err.message, "");
    assert_int_equal(status, WF_OK);
    const struct sim_config *config = &scenario.config;
    test_string_is("name", config->name, "saga");
    assert_int_equal(scenario.code_count, 2);
    assert_int_equal(config->server_count, 5);
    assert_int_equal(config->network.latency.kind, SIM_LOG_NORMAL);
    assert_int_equal(config->starts[0].count, 20);
    test_string_is("input", config->starts[0].input.json, "[\"order-${n}\",{\"cents\":{\"$uniform\":[500,90000]}}]");
    assert_int_equal(config->starts[0].run_timeout_ns, 86400 * WF_NS_PER_S);
    assert_int_equal(config->activities[0].effect.kind, SIM_EFFECT_DO);
    assert_true(config->activities[0].outcomes[0].is_non_retryable);
    assert_int_equal(config->activities[0].outcomes[1].chance.numerator, 5000);
    assert_int_equal(config->activities[0].outcomes[1].chance.denominator, 1000000);
    assert_int_equal(config->client_count, 5);
    assert_int_equal(config->clients[3].reset_point, SIM_RESET_FIRST_TASK);
    assert_int_equal(config->clients[3].reapply, WF_RESET_REAPPLY_TYPE_SIGNAL);
    assert_int_equal(config->clients[3].reapply_exclude,
                     1 << WF_RESET_REAPPLY_EXCLUDE_TYPE_UPDATE | 1 << WF_RESET_REAPPLY_EXCLUDE_TYPE_NEXUS);
    assert_int_equal(config->clients[4].reset_event_id, 12);
    assert_true(config->clients[0].is_per_workflow);
    test_string_is("expect", config->clients[1].expect, "{\"pending\":true}");
    test_string_is("operator", config->clients[2].name, "operator-1");
    assert_false(config->faults.allowed[SIM_FAULT_ZOMBIE]);
    assert_true(config->faults.allowed[SIM_FAULT_CANCEL]);
    assert_false(config->faults.allowed[SIM_FAULT_TERMINATE]);
    assert_int_equal(config->faults.placed[0].kind, SIM_FAULT_WORKER_CRASH);
    assert_int_equal(config->faults.placed[0].occurrence, 2);
    test_string_is("other node", config->faults.placed[1].other_node, "server-2");
    assert_int_equal(config->checks[1].status_mask, 1 << WF_WORKFLOW_EXECUTION_STATUS_FAILED |
                                                        1 << WF_WORKFLOW_EXECUTION_STATUS_CANCELED);
    assert_int_equal(config->checks[2].limit_ns, 3600 * WF_NS_PER_S);
    test_string_is("before", config->goals[1].before, "ActivityTaskCompleted");
    assert_int_equal(config->goals_over, 1000);
}

/* Durations are integers of nanoseconds, exact also with a fraction. */
static void test_scenario__durations_are_exact(void **state)
{
    static const struct {
        const char *text;
        int64_t expected_ns;
    } rows[] = {
        {"0", 0},           {"200ms", 200 * WF_NS_PER_MS},      {"1.5h", 5400 * WF_NS_PER_S},
        {"7ns", 7},         {"1h30m", 5400 * WF_NS_PER_S},      {"0.000000001s", 1},
        {"30us", 30000},    {"0.1ms", 100000},                  {"7d", 7 * 86400 * WF_NS_PER_S},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_scenario scenario;
        struct wf_error err = {0};
        char text[256];

        strcpy(text, HEAD "end_after: ");
        strcat(text, rows[i].text);
        assert_int_equal(load(*state, text, NULL, &scenario, &err), WF_OK);
        assert_int_equal(scenario.config.end_after_ns, rows[i].expected_ns);
    }
}

/* Text in single quotes: a doubled quote is one, lines are folded (YAML 1.2.2, 7.3.2). libfyaml leaks on doubled quotes. */
static void test_scenario__text_in_single_quotes_is_read_as_yaml_says(void **state)
{
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        {"'plain'", "plain"},
        {"'it''s'", "it's"},
        {"''''''", "''"},
        {"'a''''''''''''''''b'", "a''''''''b"},
        {"'a \n     b'", "a b"},
        {"'a\n\n \r\n     b'", "a\n\nb"},
        {"'a\n     '", "a "},
        {"' a '", " a "},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_scenario scenario;
        struct wf_error err = {0};
        char text[256];

        strcpy(text, HEAD "clients:\n  - {at: 1s, to: a, signal: ");
        strcat(text, rows[i].text);
        strcat(text, "}");
        assert_int_equal(load(*state, text, NULL, &scenario, &err), WF_OK);
        test_string_is(rows[i].text, scenario.config.clients[0].name_of, rows[i].expected);
    }
}

/* A setting of the command line is read as if it stood in the file, and checked as strictly. */
static void test_scenario__settings_replace_and_add(void **state)
{
    struct sim_scenario scenario;
    struct wf_error err = {0};

    assert_int_equal(load(*state, HEAD, "cluster.workers=7", &scenario, &err), WF_OK);
    assert_int_equal(scenario.config.worker_count, 7);
    assert_int_equal(load(*state, HEAD, "start.0.count=3", &scenario, &err), WF_OK);
    assert_int_equal(scenario.config.starts[0].count, 3);
    assert_int_equal(load(*state, HEAD, "code.v1=other.c", &scenario, &err), WF_OK);
    test_string_is("code", scenario.codes[0].path, "other.c");
    assert_int_equal(load(*state, HEAD, "cluster.workrs=7", &scenario, &err), WF_ERR_INVALID);
    assert_non_null(strstr(err.message, "did you mean `workers`?"));
    assert_int_equal(load(*state, HEAD, "nonsense", &scenario, &err), WF_ERR_INVALID);
    assert_int_equal(load(*state, HEAD, "cluster.workers=", &scenario, &err), WF_ERR_INVALID);
    assert_string_equal(err.message, "--set cluster.workers=: the value is missing behind the =");
}

/* Each mistake gets one sentence with file, line, column and the way out. */
static void test_scenario__a_mistake_is_named_with_its_place(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        const char *message;
    } rows[] = {
        {"empty", "", "dir/saga.yaml: the file is empty"},
        {"not yaml", "a: [1, 2", "dir/saga.yaml:"},
        {"a list", "[1]", "dir/saga.yaml:1:2: a scenario must be a map"},
        {"unknown key", HEAD "chek: []", "dir/saga.yaml:5:1: unknown key of a scenario `chek`; did you mean `check`?"},
        {"unknown key inside", HEAD "cluster: {server: 3}",
         "dir/saga.yaml:5:11: unknown key of cluster `server`; did you mean `servers`?"},
        {"wrong type", HEAD "cluster: {servers: many}", "dir/saga.yaml:5:20: `many` is not a whole number"},
        {"list for a map", HEAD "cluster: [3]", "cluster must be a map"},
        {"negative duration", HEAD "end_after: -5s", "dir/saga.yaml:5:12: `-5s` is negative"},
        {"no unit", HEAD "end_after: 5", "`5` is not a duration; write 200ms"},
        {"too long a duration", HEAD "end_after: 999999999999999d", "is not a duration"},
        {"too sure", HEAD "activities: {a: {each_attempt: [{fail: X, chance: 101%}]}}", "is more than always"},
        {"two outcomes", HEAD "activities: {a: {each_attempt: [{fail: X, never: 1%}]}}", "and only one"},
        {"unknown fault", HEAD "faults: {without: [worker_crsh]}", "did you mean `worker_crash`?"},
        {"unknown check", HEAD "check: [{at_most_twice: charge}]", "did you mean `at_most_once`?"},
        {"unknown effect", HEAD "activities: {a: {effect: {do: charge, key: k}}}\ncheck: [{at_most_once: charg}]",
         "unknown effect `charg`; did you mean `charge`?"},
        {"unknown activity", HEAD "activities: {refund: {}}\nsometimes: {reach: [{ran: refnd}]}",
         "unknown activity `refnd`; did you mean `refund`?"},
        {"twice", HEAD "end_after: 1s\nend_after: 2s",
         "dir/saga.yaml:6:1: `end_after` is given twice; the first is in line 5"},
        {"activity twice", HEAD "activities:\n  a: {}\n  b: {}\n  'a': {}",
         "dir/saga.yaml:8:4: `a` is given twice; the first is in line 6"},
        {"quotes twice", HEAD "'''''''''''''''': 1\n'''''''''''''''': 2", "dir/saga.yaml:6:2: `'''''''` is given twice"},
        {"only quotes", "'''''''''''''''' ", "dir/saga.yaml:1:2: a scenario must be a map"},
        {"alias", HEAD "about: &a x\nplant: *a", "anchors and aliases"},
        {"placeholder", HEAD "clients: [{at: 1s, signal: s, to: \"a-${m}\"}]", "dir/saga.yaml:5:36: \"${m}\" is not known"},
        {"input outside", HEAD "clients: [{at: 1s, signal: s, to: b, input: [\"${input[0]}\"]}]", "there is no input here"},
        {"not text", "a: \xe1\xff", "dir/saga.yaml:1:4: this is not UTF-8 text"},
        {"control character", "a: \x01", "dir/saga.yaml:1:4: a control character"},
        {"directive", "%YAML 1.2\n---\na: 1", "dir/saga.yaml:1:1: YAML directives"},
        {"no code", "wfsim: 1\nstart: [{workflow: A, id: b}]", "`code` is missing"},
        {"nothing to run", "wfsim: 1\ncode: {v1: a.c}", "`start` is missing"},
        {"newer language", "wfsim: 2", "this program reads version 1"},
        {"client without time", HEAD "clients: [{signal: s, to: all}]", "when is it sent?"},
        {"operation without service", HEAD "nexus: {bank: {send: {async: true}}}", "is named `service.operation`"},
        {"reset to nowhere", HEAD "operator: [{at: 1s, reset: a, back_to: frst_task}]", "did you mean `first_task`?"},
        {"back to without reset", HEAD "operator: [{at: 1s, cancel: a, back_to: 3}]", "`back_to` belongs to a reset"},
        {"placed without moment", HEAD "faults: {place: [{crash: worker}]}", "when does it strike?"},
        {"bad moment", HEAD "faults: {place: [{crash: worker, when: noon}]}", "\"noon\" is no moment"},
        {"drawn value", HEAD "clients: [{at: 1s, signal: s, to: a, input: [{$unifrm: [1, 2]}]}]",
         "did you mean `$uniform`?"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_scenario scenario;
        struct wf_error err = {0};

        if (load(*state, rows[i].text, NULL, &scenario, &err) == WF_OK ||
            strstr(err.message, rows[i].message) == NULL) {
            fail_msg("%s: got `%s`, not `%s`", rows[i].name, err.message, rows[i].message);
        }
    }
}

/* The reference page shows every key in an example, and each example is read. */
static void test_scenario__examples_of_the_reference_are_read(void **state)
{
    static const struct {
        const char *key;
        const char *lines;
    } needed[] = {
        {"\nwfsim:", "wfsim: 1\n"},
        {"\ncode:", "code: {v1: saga.c}\n"},
        {"\nstart:", "start: [{workflow: OrderSaga, id: order-1}]\n"},
        {"\nactivities:", "activities: {charge_payment: {effect: {do: charge, key: k}}, refund_payment: {}}\n"},
    };
    const struct sim_section_help *section = NULL;
    struct sim_key_help key;

    for (size_t s = 0; (section = sim_scenario_section(s)) != NULL; s++) {
        struct sim_scenario scenario;
        struct wf_error err = {0};
        char text[4096];

        strcpy(text, "\n");
        strcat(text, section->example);
        for (size_t i = 0; i < TEST_COUNT(needed); i++) {
            strcat(text, strstr(text, needed[i].key) != NULL ? "" : needed[i].lines);
        }
        if (load(*state, text, NULL, &scenario, &err) != WF_OK) {
            fail_msg("example of `%s`: %s\n%s", section->path, err.message, text);
        }
        for (size_t k = 0; sim_scenario_key(s, k, &key); k++) {
            if (strstr(section->example, key.key) == NULL) {
                fail_msg("`%s` is not in the example of `%s`", key.key, section->path);
            }
            assert_true(key.kind[0] != '\0' && key.fallback[0] != '\0' && key.help[0] != '\0');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_scenario__a_full_file_becomes_a_configuration),
        TEST_IN_ARENA(test_scenario__durations_are_exact),
        TEST_IN_ARENA(test_scenario__text_in_single_quotes_is_read_as_yaml_says),
        TEST_IN_ARENA(test_scenario__settings_replace_and_add),
        TEST_IN_ARENA(test_scenario__examples_of_the_reference_are_read),
        TEST_IN_ARENA(test_scenario__a_mistake_is_named_with_its_place),
    };

    return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
