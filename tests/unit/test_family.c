/* Whose rules a history follows: names before markers, markers before ids (families.def). */
#include "tests/support/test.h"

#include "engine/worker/worker_run.h"
#include "tests/support/history_builder.h"

static const struct {
    const char *name;
    const char *sdk_name;
    const char *history;
    enum wf_family family;
    const char *reason;
} rows[] = {
    {"python", "temporal-python", "started, task, completed, timer 5", WF_FAMILY_CORE,
     "sdk_metadata names temporal-python"},
    {"typescript", "temporal-typescript", "started, task, completed", WF_FAMILY_CORE,
     "sdk_metadata names temporal-typescript"},
    {"swift", "swift-temporal", "started, task, completed", WF_FAMILY_CORE,
     "sdk_metadata names swift-temporal"},
    {"ours", "wfsim", "started, task, completed", WF_FAMILY_CORE, "sdk_metadata names wfsim"},
    {"go", "temporal-go", "started, task, completed, patch", WF_FAMILY_GO,
     "sdk_metadata names temporal-go"},
    {"java", "temporal-java", "started, task, completed", WF_FAMILY_JAVA,
     "sdk_metadata names temporal-java"},
    {"a patch of core", "", "started, task, completed, timer 5, patch", WF_FAMILY_CORE,
     "marker core_patch"},
    {"a local activity of core", "", "started, task, completed, local 1", WF_FAMILY_CORE,
     "marker core_local_activity"},
    {"a version of Go", "", "started, task, completed, marker Version change-id", WF_FAMILY_GO,
     "marker Version with change-id"},
    {"a version of Java", "", "started, task, completed, marker Version changeId", WF_FAMILY_JAVA,
     "marker Version with changeId"},
    {"a side effect of Go", "", "started, task, completed, marker SideEffect side-effect-id",
     WF_FAMILY_GO, "marker SideEffect with side-effect-id"},
    {"a side effect of Java", "", "started, task, completed, marker SideEffect data",
     WF_FAMILY_JAVA, "marker SideEffect with data"},
    {"a mutable side effect of Go", "",
     "started, task, completed, marker MutableSideEffect side-effect-id", WF_FAMILY_GO,
     "marker MutableSideEffect with side-effect-id"},
    {"a mutable side effect of Java", "",
     "started, task, completed, marker MutableSideEffect skipCount", WF_FAMILY_JAVA,
     "marker MutableSideEffect with skipCount"},
    {"a local activity of Go", "", "started, task, completed, marker LocalActivity data",
     WF_FAMILY_GO, "marker LocalActivity with data"},
    {"a local activity of Java", "", "started, task, completed, marker LocalActivity activityId",
     WF_FAMILY_JAVA, "marker LocalActivity with activityId"},
    {"an id that Go predicted", "", "started, task, completed, timer 5", WF_FAMILY_GO,
     "an id that is the number of its own event"},
    {"an id that Java made", "",
     "started, task, completed, activity 18f4950f-53d3-32cc-bcf5-ab59dd722c67 A", WF_FAMILY_JAVA,
     "an id that is a version-3 UUID"},
    {"an id that anyone may choose", "",
     "started, task, completed, activity 18f4950f-53d3-42cc-bcf5-ab59dd722c67 A", WF_FAMILY_CORE,
     "nothing in it says otherwise"},
    {"small decimal ids", "", "started, task, completed, timer 1, activity 2", WF_FAMILY_CORE,
     "nothing in it says otherwise"},
    {"an unknown name decides nothing", "someone-elses",
     "started, task, completed, marker Version change-id", WF_FAMILY_GO,
     "marker Version with change-id"},
};

static void test_family__names_before_markers_before_ids(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct wf_event *events[16];
        struct history_builder history;
        const char *reason = NULL;

        history_init(&history, *state);
        history.sdk_name = rows[i].sdk_name;
        history_add(&history, rows[i].history);
        for (uint32_t at = 0; at < history.count; at++) {
            events[at] = &history.events[at];
        }

        assert_int_equal(wf_family_detect(events, history.count, &reason), rows[i].family);
        test_string_is(rows[i].name, wf_string_of(reason), rows[i].reason);
    }
}

/* The names are those of the command line. */
static void test_family__names(void **state)
{
    (void)state;
    assert_string_equal(wf_family_name(WF_FAMILY_AUTO), "auto");
    assert_string_equal(wf_family_name(WF_FAMILY_CORE), "core");
    assert_string_equal(wf_family_name(WF_FAMILY_GO), "go");
    assert_string_equal(wf_family_name(WF_FAMILY_JAVA), "java");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_family__names_before_markers_before_ids),
        cmocka_unit_test(test_family__names),
    };

    return cmocka_run_group_tests_name("family", tests, NULL, NULL);
}
