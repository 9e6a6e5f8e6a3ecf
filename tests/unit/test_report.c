/* The writers of reports: whatever a history holds, it stays text. */
#include "tests/support/test.h"

#include "sim/report/markup.h"
#include "sim/report/report.h"

/* Text of a history that means something to every format. */
#define NASTY "</failure>]]>&amp;<script>`|@x \x01\xff\r\n::error::%0A,\xef\xbf\xbe"

static struct sim_verdict nasty_verdict(void)
{
    static const struct sim_verdict_row rows[] = {{{NASTY, sizeof(NASTY) - 1}, {NASTY, sizeof(NASTY) - 1}, true}};

    return (struct sim_verdict){
        .file = WF_STR("h/" NASTY),
        .file_number = 1,
        .history_number = 1,
        .workflow_id = WF_STR(NASTY),
        .run_id = WF_STR(NASTY),
        .workflow_type = WF_STR(NASTY),
        .verdict = WF_VERDICT_NONDETERMINISM,
        .cause = WF_CAUSE_MOVED,
        .diagnosis = "WF209",
        .rule = "act-type",
        .family = "core",
        .signature = 0xfeed,
        .event_id = 5,
        .event_count = 9,
        .message = WF_STR(NASTY),
        .official = WF_STR(NASTY),
        .hint = WF_STR(NASTY),
        .history = WF_STR(NASTY),
        .code = WF_STR(NASTY),
        .rows = rows,
        .row_count = 1,
    };
}

static void add(struct sim_report *report, struct sim_verdict verdict)
{
    sim_report_count(&report->counts, &verdict);
    assert_true(sim_report_add(report, &verdict));
}

static struct wf_string written(struct wf_arena *arena, const struct sim_report *report,
                                void (*write)(const struct sim_report *report, struct wf_buffer *out))
{
    struct wf_buffer out;

    wf_buffer_init(&out, arena);
    write(report, &out);
    assert_false(out.is_full);
    return wf_buffer_string(&out);
}

static bool holds(struct wf_string text, const char *part)
{
    const size_t size = strlen(part);

    for (size_t i = 0; i + size <= text.size_bytes; i++) {
        if (memcmp(text.data + i, part, size) == 0) {
            return true;
        }
    }
    return false;
}

/* XML 1.0 has no way to write a control character; an attribute loses line ends that are not references. */
static void test_markup__text_stays_text(void **state)
{
    static const struct {
        const char *name;
        void (*append)(struct wf_buffer *out, struct wf_string text);
        const char *text;
        const char *expected;
    } rows[] = {
        {"text", sim_markup_text, "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"},
        {"text: lines", sim_markup_text, "a\n\tb\r", "a\n\tb&#13;"},
        {"text: controls", sim_markup_text, "\x01\x1b[\x7f", "\xef\xbf\xbd\xef\xbf\xbd[\xef\xbf\xbd"},
        {"text: turned around", sim_markup_text, "a\xe2\x80\xae" "b", "a\xef\xbf\xbd" "b"},
        {"markdown: turned around", sim_markup_markdown, "a\xe2\x81\xa7" "b", "a\xef\xbf\xbd" "b"},
        {"text: bad UTF-8", sim_markup_text, "\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"text: noncharacter", sim_markup_text, "\xef\xbf\xbf", "\xef\xbf\xbd"},
        {"text: other letters", sim_markup_text, "größe 😀", "größe 😀"},
        {"attribute: lines", sim_markup_attribute, "a\n\tb", "a&#10;&#9;b"},
        {"markdown", sim_markup_markdown, "a_b*c`[x](y)|#1 <i> & @me", "a\\_b\\*c\\`\\[x\\]\\(y\\)\\|\\#1 &lt;i&gt; &amp; &#64;me"},
        {"markdown: lines", sim_markup_markdown, "a\nb", "a b"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_buffer out;

        wf_buffer_init(&out, *state);
        rows[i].append(&out, wf_string_of(rows[i].text));
        test_string_is(rows[i].name, wf_buffer_string(&out), rows[i].expected);
    }
}

/* Code that holds a fence gets a longer one. */
static void test_markup__a_block_ends_where_it_should(void **state)
{
    struct wf_buffer out;

    wf_buffer_init(&out, *state);
    sim_markup_markdown_block(&out, "text", WF_STR("a\n````\nb"));

    test_string_is("block", wf_buffer_string(&out), "`````text\na\n````\nb\n`````\n");
}

/* No writer lets a history say something of its own: open a tag, end a fence, begin a workflow command. */
static void test_report__nothing_of_a_history_is_markup(void **state)
{
    struct sim_report report;

    sim_report_init(&report, *state, WF_STR("code.c"));
    add(&report, nasty_verdict());
    report.incomplete = WF_STR(NASTY);
    const struct wf_string junit = written(*state, &report, sim_report_write_junit);
    const struct wf_string html = written(*state, &report, sim_report_write_html);
    const struct wf_string github = written(*state, &report, sim_report_write_github);

    assert_false(holds(junit, "<script>"));
    assert_false(holds(junit, "\x01"));
    assert_true(holds(junit, "message=\"&lt;/failure&gt;]]&gt;&amp;amp;&lt;script&gt;`|@x \xef\xbf\xbd\xef\xbf\xbd&#13;&#10;::"));
    assert_false(holds(html, "<script>"));
    assert_false(holds(github, "\n::error::%0A"));
    assert_true(holds(github, "file=h/</failure>]]>&amp;<script>`|@x ?\xff%0D%0A%3A%3Aerror%3A%3A%250A%2C"));
}

/* Two results of one signature are one section for people, and two test cases for machines. */
static void test_report__equal_findings_are_grouped(void **state)
{
    struct sim_report report;
    struct sim_verdict other = {.file = WF_STR("x.json"), .file_number = 3, .history_number = 1,
                                .verdict = WF_VERDICT_BAD_HISTORY, .message = WF_STR("cut")};
    uint32_t count = 0;

    sim_report_init(&report, *state, WF_STR("code.c"));
    add(&report, nasty_verdict());
    add(&report, (struct sim_verdict){.file = WF_STR("ok.json"), .verdict = WF_VERDICT_OK});
    add(&report, other);
    add(&report, nasty_verdict());
    add(&report, other);
    const struct sim_report_group *groups = sim_report_group(&report, *state, &count);

    assert_int_equal(count, 3); /* what has no signature stands for itself */
    assert_int_equal(groups[0].other_count, 1);
    assert_int_equal(groups[0].others[0], 3);
    assert_int_equal(groups[1].other_count, 0);
    assert_int_equal(report.counts.by_verdict[WF_VERDICT_BAD_HISTORY], 2);
}

/* What is written as JSON reads back as the same report. */
static void test_report__json_reads_back(void **state)
{
    const struct sim_report_stale stale = {3, WF_STR("feed"), WF_STR("why")};
    struct sim_report report;
    struct sim_report again;
    struct wf_error err = {0};

    sim_report_init(&report, *state, WF_STR("code.c"));
    add(&report, nasty_verdict());
    add(&report, (struct sim_verdict){.file = WF_STR("ok.json"), .file_number = 2, .history_number = 7});
    report.verdicts[0].known = WF_STR("accepted");
    report.counts = (struct sim_report_counts){.by_verdict = {1, 0, 0, 0, 0}, .known = 1, .events = 9, .skipped = 4,
                                               .cached = 1, .elapsed_ns = 17};
    report.shard = 2;
    report.shard_count = 3;
    report.incomplete = WF_STR("interrupted");
    const struct wf_string first = written(*state, &report, sim_report_write_json);
    sim_report_init(&again, *state, (struct wf_string){NULL, 0});

    assert_int_equal(sim_report_read_json(&again, first, &err), WF_OK);
    assert_int_equal(again.counts.known, 1);
    /* Bad UTF-8 became U+FFFD in the first; from there on nothing changes. */
    test_string_is("again", written(*state, &again, sim_report_write_json), wf_string_copy(*state, first).data);
    report.stale = &stale;
    report.stale_count = 1;
    assert_true(holds(written(*state, &report, sim_report_write_json), "\"stale\":[{\"line\":3,\"entry\":\"feed\",\"reason\":\"why\"}]"));
}

/* Whatever else a file holds, it is refused with one sentence. */
static void test_report__what_is_no_report_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "{", "[]", "{}", "{\"summary\":{},\"results\":[]}", "{\"events\":[]}", "null",
        "{\"summary\":{\"code\":\"c\",\"elapsed_ns\":0,\"skipped\":0,\"cached\":0,\"shard\":3,\"shards\":2,\"incomplete\":null},"
        "\"results\":[]}",
        "{\"summary\":{\"code\":\"c\",\"elapsed_ns\":0,\"skipped\":0,\"cached\":0,\"shard\":0,\"shards\":0,\"incomplete\":null},"
        "\"results\":[{\"file\":1}]}",
        "{\"summary\":{\"code\":\"c\",\"elapsed_ns\":0,\"skipped\":0,\"cached\":0,\"shard\":0,\"shards\":0,\"incomplete\":null},"
        "\"results\":[7]}",
    };

    for (size_t i = 0; i < TEST_COUNT(texts); i++) {
        struct sim_report report;
        struct wf_error err = {0};

        sim_report_init(&report, *state, (struct wf_string){NULL, 0});
        if (sim_report_read_json(&report, wf_string_of(texts[i]), &err) == WF_OK || err.message[0] == '\0') {
            fail_msg("accepted: %s", texts[i]);
        }
    }
}

/* `text` with the first `from` made `to`. */
static struct wf_string changed(struct wf_arena *arena, struct wf_string text, const char *from, const char *to)
{
    const char *copy = wf_string_copy(arena, text).data;
    const char *place = strstr(copy, from);
    struct wf_buffer out;

    assert_non_null(place);
    wf_buffer_init(&out, arena);
    wf_buffer_append(&out, copy, (size_t)(place - copy));
    wf_buffer_append_text(&out, to);
    wf_buffer_append_text(&out, place + strlen(from));
    return wf_buffer_string(&out);
}

/* Numbers that do not fit, and a summary that its results do not make, are damage: refused, with the place. */
static void test_report__damaged_numbers_are_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *error; /* part of it */
    } rows[] = {
        {"\"shards\":3", "\"shards\":4294967298", "summary: shards of 4294967298 is out of range"},
        {"\"shard\":2", "\"shard\":4294967298", "summary: shard of 4294967298 is out of range"},
        {"\"elapsed_ns\":17", "\"elapsed_ns\":-17", "elapsed_ns is missing or of another kind"},
        {"\"elapsed_ns\":17", "\"elapsed_ns\":9223372036854775808", "elapsed_ns is missing or of another kind"},
        {"\"file_number\":2", "\"file_number\":4294967298", "result 1: file_number of 4294967298 is out of range"},
        {"\"history_number\":7", "\"history_number\":4294967303", "result 1: history_number of 4294967303 is out of range"},
        {"\"event_count\":9", "\"event_count\":4294967305", "result 1: event_count of 4294967305 is out of range"},
        {"\"event_count\":9", "\"event_count\":8", "its summary says events 9, its results make 8"},
        {"\"histories\":1", "\"histories\":2", "its summary says histories 2, its results make 1"},
        {"\"ok\":1", "\"ok\":0", "its summary says ok 0, its results make 1"},
        {"\"setup\":0", "\"setup\":1", "its summary says setup 1, its results make 0"},
        {"\"known\":0", "\"known\":1", "its summary says known 1, its results make 0"},
    };
    struct sim_report report;

    sim_report_init(&report, *state, WF_STR("code.c"));
    add(&report, (struct sim_verdict){.file = WF_STR("ok.json"), .file_number = 2, .history_number = 7, .event_count = 9});
    report.counts = (struct sim_report_counts){.by_verdict = {1, 0, 0, 0, 0}, .events = 9, .elapsed_ns = 17};
    report.shard = 2;
    report.shard_count = 3;
    const struct wf_string whole = written(*state, &report, sim_report_write_json);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_report again;
        struct wf_error err = {0};

        sim_report_init(&again, *state, (struct wf_string){NULL, 0});
        assert_int_equal(sim_report_read_json(&again, changed(*state, whole, rows[i].from, rows[i].to), &err), WF_ERR_INVALID);
        if (strstr(err.message, rows[i].error) == NULL) {
            fail_msg("%s: %s", rows[i].to, err.message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_markup__text_stays_text),
        TEST_IN_ARENA(test_markup__a_block_ends_where_it_should),
        TEST_IN_ARENA(test_report__nothing_of_a_history_is_markup),
        TEST_IN_ARENA(test_report__equal_findings_are_grouped),
        TEST_IN_ARENA(test_report__json_reads_back),
        TEST_IN_ARENA(test_report__what_is_no_report_is_refused),
        TEST_IN_ARENA(test_report__damaged_numbers_are_refused),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
