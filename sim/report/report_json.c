/*
 * The report as JSON, which is also what shards hand to `wfsim merge`: whatever another writer needs can be read back.
 * ci/replay-report.schema.json describes it.
 */
#include "sim/report/report.h"

static void write_code(struct wf_json_writer *writer, const char *key, const char *value)
{
    wf_json_key(writer, key);
    if (value != NULL) {
        wf_json_text(writer, value);
    } else {
        wf_json_null(writer);
    }
}

/* Null when it is empty. */
static void write_optional(struct wf_json_writer *writer, const char *key, struct wf_string value)
{
    wf_json_key(writer, key);
    if (value.size_bytes > 0) {
        wf_json_string(writer, value);
    } else {
        wf_json_null(writer);
    }
}

static void write_hash(struct wf_json_writer *writer, const char *key, uint64_t hash)
{
    if (hash != 0) {
        wf_json_put_hash(writer, key, hash);
    } else {
        write_optional(writer, key, (struct wf_string){NULL, 0});
    }
}

static void write_window(struct wf_json_writer *writer, const struct sim_verdict *verdict)
{
    wf_json_put_array(writer, "window");
    for (uint32_t i = 0; i < verdict->row_count; i++) {
        wf_json_begin_object(writer);
        write_optional(writer, "history", verdict->rows[i].history);
        write_optional(writer, "code", verdict->rows[i].code);
        wf_json_put_bool(writer, "is_difference", verdict->rows[i].is_difference);
        wf_json_end_object(writer);
    }
    wf_json_end_array(writer);
}

static void write_prefixes(struct wf_json_writer *writer, const struct sim_verdict *verdict)
{
    if (verdict->cut_count == 0) {
        return;
    }
    wf_json_put_object(writer, "prefixes");
    wf_json_put_u64(writer, "count", verdict->cut_count);
    if (verdict->lived.count > 0) {
        wf_json_put_object(writer, "live");
        wf_json_put_u64(writer, "count", verdict->lived.count);
        wf_json_put_u64(writer, "ended", verdict->lived.ended);
        wf_json_put_u64(writer, "stuck", verdict->lived.stuck);
        wf_json_put_u64(writer, "unfinished", verdict->lived.unfinished);
        wf_json_end_object(writer);
    }
    wf_json_put_array(writer, "stuck");
    for (uint32_t i = 0; i < verdict->stuck_count; i++) {
        wf_json_begin_object(writer);
        wf_json_put_u64(writer, "first", (uint64_t)verdict->stuck[i].first_event_id);
        wf_json_put_u64(writer, "last", (uint64_t)verdict->stuck[i].last_event_id);
        wf_json_end_object(writer);
    }
    wf_json_end_array(writer);
    wf_json_end_object(writer);
}

void sim_verdict_json(const struct sim_verdict *verdict, struct wf_json_writer *writer)
{
    wf_json_begin_object(writer);
    wf_json_put_string(writer, "file", verdict->file);
    wf_json_put_u64(writer, "file_number", verdict->file_number);
    wf_json_put_u64(writer, "history_number", verdict->history_number);
    wf_json_put_string(writer, "workflow_id", verdict->workflow_id);
    wf_json_put_string(writer, "run_id", verdict->run_id);
    wf_json_put_string(writer, "workflow_type", verdict->workflow_type);
    write_code(writer, "verdict", wf_verdict_name(verdict->verdict));
    write_code(writer, "diagnosis", verdict->diagnosis);
    write_code(writer, "rule", verdict->rule);
    write_code(writer, "family", verdict->family);
    wf_json_put_i64(writer, "event_id", verdict->event_id);
    wf_json_put_u64(writer, "event_count", verdict->event_count);
    wf_json_put_string(writer, "message", verdict->message);
    wf_json_put_string(writer, "history", verdict->history);
    wf_json_put_string(writer, "code", verdict->code);
    write_optional(writer, "source", verdict->source);
    wf_json_put_string(writer, "waits", verdict->waits);
    write_code(writer, "cause", verdict->cause != WF_CAUSE_NONE ? wf_cause_name(verdict->cause) : NULL);
    wf_json_put_string(writer, "hint", verdict->hint);
    wf_json_put_string(writer, "official", verdict->official);
    write_window(writer, verdict);
    write_hash(writer, "signature", verdict->signature);
    write_optional(writer, "known", verdict->known);
    sim_notes_json(verdict->notes, verdict->note_count, writer);
    wf_json_put_u64(writer, "notes_dropped", verdict->notes_dropped);
    write_prefixes(writer, verdict);
    wf_json_end_object(writer);
}

void sim_report_json_summary(const struct sim_report *report, struct wf_json_writer *writer)
{
    const struct sim_report_counts *counts = &report->counts;

    wf_json_begin_object(writer);
    wf_json_put_string(writer, "code", report->code);
    wf_json_put_u64(writer, "histories", sim_report_total(counts));
    wf_json_put_u64(writer, "events", counts->events);
    wf_json_put_i64(writer, "elapsed_ns", counts->elapsed_ns);
    for (int i = WF_VERDICT_OK; i <= WF_VERDICT_SETUP; i++) {
        wf_json_put_u64(writer, wf_verdict_name((enum wf_verdict)i), counts->by_verdict[i]);
    }
    wf_json_put_u64(writer, "known", counts->known);
    wf_json_put_u64(writer, "skipped", counts->skipped);
    wf_json_put_u64(writer, "cached", counts->cached);
    wf_json_put_u64(writer, "shard", report->shard);
    wf_json_put_u64(writer, "shards", report->shard_count);
    wf_json_put_string(writer, "options", report->options);
    wf_json_put_object(writer, "batch");
    write_hash(writer, "code", report->batch.code);
    write_hash(writer, "policy", report->batch.policy);
    write_hash(writer, "inputs", report->batch.inputs);
    wf_json_put_u64(writer, "sample", report->batch.sample);
    wf_json_end_object(writer);
    write_optional(writer, "incomplete", report->incomplete);
    wf_json_end_object(writer);
}

static void write_stale(const struct sim_report *report, struct wf_json_writer *writer)
{
    wf_json_put_array(writer, "stale");
    for (uint32_t i = 0; i < report->stale_count; i++) {
        wf_json_begin_object(writer);
        wf_json_put_u64(writer, "line", report->stale[i].line);
        wf_json_put_string(writer, "entry", report->stale[i].entry);
        wf_json_put_string(writer, "reason", report->stale[i].reason);
        wf_json_end_object(writer);
    }
    wf_json_end_array(writer);
}

void sim_report_json(const struct sim_report *report, struct wf_string results, struct wf_json_writer *writer)
{
    wf_json_begin_object(writer);
    wf_json_key(writer, "summary");
    sim_report_json_summary(report, writer);
    wf_json_key(writer, "results");
    wf_json_raw(writer, results);
    write_stale(report, writer);
    wf_json_end_object(writer);
}

void sim_report_write_json(const struct sim_report *report, struct wf_buffer *out)
{
    struct wf_json_writer writer;
    struct wf_buffer results;

    wf_buffer_init(&results, out->arena);
    wf_buffer_append_char(&results, '[');
    for (uint32_t i = 0; i < report->verdict_count; i++) {
        wf_buffer_append_text(&results, i == 0 ? "\n" : ",\n"); /* a line a history: such files can be compared */
        wf_json_writer_init(&writer, &results, 0);
        sim_verdict_json(&report->verdicts[i], &writer);
    }
    wf_buffer_append_text(&results, report->verdict_count > 0 ? "\n]" : "]");
    out->is_full |= results.is_full;
    wf_json_writer_init(&writer, out, 0);
    sim_report_json(report, wf_buffer_string(&results), &writer);
    wf_buffer_append_char(out, '\n');
}

/* ---- Reading ---- */

struct reader {
    struct wf_arena *arena;
    struct wf_string object;
    struct wf_error *err;
    enum wf_status status; /* of the first member that was not as it should be */
    uint32_t result_number; /* of the result that is being read; 0: the summary */
};

static void refuse(struct reader *reader, const char *key)
{
    if (reader->status == WF_OK) {
        reader->status = wf_fail_status(reader->err, WF_ERR_INVALID,
                                        "this is not a report of `wfsim replay --json`: %s is missing or of another kind", key);
    }
}

/* The first token of a member; END when there is none. */
static struct wf_json_token member(const struct reader *reader, const char *key)
{
    struct wf_json_token token = {.kind = WF_JSON_END};
    const struct wf_string value = wf_json_member(reader->object, wf_string_of(key));
    struct wf_json_reader tokens;

    if (value.size_bytes > 0) {
        wf_json_reader_init(&tokens, value);
        if (wf_json_next(&tokens, &token, NULL) != WF_OK) {
            token.kind = WF_JSON_END;
        }
    }
    return token;
}

static struct wf_string read_text(struct reader *reader, const char *key)
{
    const struct wf_json_token token = member(reader, key);
    struct wf_string text = {NULL, 0};

    if (token.kind == WF_JSON_NULL) {
        return text;
    }
    if (token.kind != WF_JSON_STRING || wf_json_unescape(reader->arena, &token, &text, reader->err) != WF_OK) {
        refuse(reader, key);
    }
    return text;
}

/* A terminated copy; NULL for null. */
static const char *read_code(struct reader *reader, const char *key)
{
    const struct wf_string text = read_text(reader, key);

    return text.size_bytes > 0 ? wf_string_copy(reader->arena, text).data : NULL;
}

static uint64_t read_number(struct reader *reader, const char *key)
{
    const struct wf_json_token token = member(reader, key);
    int64_t value = 0;

    if (token.kind != WF_JSON_NUMBER || wf_json_integer(&token, &value, reader->err) != WF_OK || value < 0) {
        refuse(reader, key);
        return 0;
    }
    return (uint64_t)value;
}

static uint32_t read_u32(struct reader *reader, const char *key)
{
    const uint64_t value = read_number(reader, key);

    if (value > UINT32_MAX && reader->status == WF_OK) {
        reader->status = reader->result_number == 0
                             ? wf_fail_status(reader->err, WF_ERR_INVALID, "summary: %s of %llu is out of range", key,
                                              (unsigned long long)value)
                             : wf_fail_status(reader->err, WF_ERR_INVALID, "result %u: %s of %llu is out of range",
                                              (unsigned)reader->result_number, key, (unsigned long long)value);
    }
    return value > UINT32_MAX ? 0 : (uint32_t)value;
}

static uint64_t read_hash(struct reader *reader, const char *key)
{
    const struct wf_string text = read_text(reader, key);
    uint64_t hash = 0;

    if (text.size_bytes > 0 && !sim_signature_read(text, &hash)) {
        refuse(reader, key);
    }
    return hash;
}

static enum wf_verdict read_verdict(struct reader *reader)
{
    const struct wf_string name = read_text(reader, "verdict");

    for (int i = WF_VERDICT_OK; i <= WF_VERDICT_SETUP; i++) {
        if (wf_string_is(name, wf_verdict_name((enum wf_verdict)i))) {
            return (enum wf_verdict)i;
        }
    }
    refuse(reader, "verdict");
    return WF_VERDICT_OK;
}

static enum wf_cause read_cause(struct reader *reader)
{
    const struct wf_string name = read_text(reader, "cause");

    for (int i = WF_CAUSE_NONE; i <= WF_CAUSE_DETAILS_CHANGED; i++) {
        if (name.size_bytes == 0 || wf_string_is(name, wf_cause_name((enum wf_cause)i))) {
            return (enum wf_cause)i;
        }
    }
    refuse(reader, "cause");
    return WF_CAUSE_NONE;
}

/* The values of an array member, each as its JSON text. */
static struct wf_string *read_items(struct reader *reader, const char *key, uint32_t *count)
{
    const struct wf_string array = wf_json_member(reader->object, wf_string_of(key));
    const size_t item_count = member(reader, key).kind == WF_JSON_ARRAY_BEGIN ? wf_json_count(array) : 0;
    struct wf_string *items = wf_arena_take_array(reader->arena, item_count, sizeof *items);
    struct wf_json_reader tokens;
    struct wf_json_token token;

    *count = 0;
    if (item_count > UINT32_MAX || items == NULL || member(reader, key).kind != WF_JSON_ARRAY_BEGIN) {
        refuse(reader, key);
        return items;
    }
    wf_json_reader_init(&tokens, array);
    (void)wf_json_next(&tokens, &token, NULL);
    while (*count < item_count && wf_json_next(&tokens, &token, NULL) == WF_OK &&
           wf_json_skip(&tokens, &token, &items[*count], NULL) == WF_OK) {
        *count += 1;
    }
    return items;
}

/* The items of an array member, each read by `read_item`. NULL, and a count of 0, when the arena is full. */
static void *read_array(struct reader *reader, const char *key, size_t item_size_bytes,
                        void (*read_item)(struct reader *item, void *to), uint32_t *count)
{
    const struct wf_string *items = read_items(reader, key, count);
    char *values = wf_arena_take_array(reader->arena, *count, item_size_bytes);

    for (uint32_t i = 0; values != NULL && i < *count; i++) {
        struct reader item = {reader->arena, items[i], reader->err, reader->status, reader->result_number};

        read_item(&item, values + i * item_size_bytes);
        reader->status = item.status;
    }
    *count = values != NULL ? *count : 0;
    return values;
}

static void read_row(struct reader *reader, void *to)
{
    struct sim_verdict_row *row = to;

    row->history = read_text(reader, "history");
    row->code = read_text(reader, "code");
    row->is_difference = member(reader, "is_difference").kind == WF_JSON_TRUE;
}

static void read_note(struct reader *reader, void *to)
{
    struct sim_note *note = to;

    note->rule = read_code(reader, "rule");
    if (note->rule == NULL || !sim_note_level_read(read_text(reader, "level"), &note->level)) {
        refuse(reader, note->rule == NULL ? "rule" : "level");
    }
    note->signature = read_hash(reader, "signature");
    note->event_id = (int64_t)read_number(reader, "event_id");
    note->field = read_text(reader, "field");
    note->history = read_text(reader, "history");
    note->code = read_text(reader, "code");
    note->message = read_text(reader, "message");
}

static void read_range(struct reader *reader, void *to)
{
    struct wf_cut_range *range = to;

    range->first_event_id = (int64_t)read_number(reader, "first");
    range->last_event_id = (int64_t)read_number(reader, "last");
}

/* A report of a batch without --live has none. */
static struct sim_lived read_lived(struct reader *reader)
{
    struct reader live = *reader;
    struct sim_lived lived = {0};

    live.object = wf_json_member(reader->object, WF_STR("live"));
    if (live.object.size_bytes > 0) {
        lived.count = read_u32(&live, "count");
        lived.ended = read_u32(&live, "ended");
        lived.stuck = read_u32(&live, "stuck");
        lived.unfinished = read_u32(&live, "unfinished");
        reader->status = live.status;
    }
    return lived;
}

/* Nor does one without --prefixes have these. */
static void read_prefixes(struct reader *reader, struct sim_verdict *verdict)
{
    struct reader prefixes = *reader;

    prefixes.object = wf_json_member(reader->object, WF_STR("prefixes"));
    if (prefixes.object.size_bytes > 0) {
        verdict->cut_count = read_u32(&prefixes, "count");
        verdict->lived = read_lived(&prefixes);
        verdict->stuck = read_array(&prefixes, "stuck", sizeof *verdict->stuck, read_range, &verdict->stuck_count);
        reader->status = prefixes.status;
    }
}

static void read_result(struct reader *reader, struct sim_verdict *verdict)
{
    *verdict = (struct sim_verdict){0};
    verdict->file = read_text(reader, "file");
    verdict->file_number = read_u32(reader, "file_number");
    verdict->history_number = read_u32(reader, "history_number");
    verdict->workflow_id = read_text(reader, "workflow_id");
    verdict->run_id = read_text(reader, "run_id");
    verdict->workflow_type = read_text(reader, "workflow_type");
    verdict->verdict = read_verdict(reader);
    verdict->cause = read_cause(reader);
    verdict->diagnosis = read_code(reader, "diagnosis");
    verdict->rule = read_code(reader, "rule");
    verdict->family = read_code(reader, "family");
    verdict->signature = read_hash(reader, "signature");
    verdict->event_id = (int64_t)read_number(reader, "event_id");
    verdict->event_count = read_u32(reader, "event_count");
    verdict->message = read_text(reader, "message");
    verdict->official = read_text(reader, "official");
    verdict->hint = read_text(reader, "hint");
    verdict->history = read_text(reader, "history");
    verdict->code = read_text(reader, "code");
    verdict->source = read_text(reader, "source");
    verdict->waits = read_text(reader, "waits");
    verdict->known = read_text(reader, "known");
    verdict->rows = read_array(reader, "window", sizeof *verdict->rows, read_row, &verdict->row_count);
    verdict->notes = read_array(reader, "notes", sizeof *verdict->notes, read_note, &verdict->note_count);
    verdict->notes_dropped = read_u32(reader, "notes_dropped");
    read_prefixes(reader, verdict);
}

/* Reports that are older than this member lack it: then nothing is known, and nothing can differ. */
static void read_batch(struct reader *reader, struct sim_report_batch *batch)
{
    struct reader own = *reader;

    own.object = wf_json_member(reader->object, WF_STR("batch"));
    if (member(reader, "batch").kind == WF_JSON_OBJECT_BEGIN) {
        batch->code = read_hash(&own, "code");
        batch->policy = read_hash(&own, "policy");
        batch->inputs = read_hash(&own, "inputs");
        batch->sample = read_number(&own, "sample");
        reader->status = own.status;
    } else if (own.object.size_bytes > 0) {
        refuse(reader, "batch");
    }
}

static void read_summary(struct reader *reader, struct sim_report *report)
{
    report->code = read_text(reader, "code");
    report->counts.elapsed_ns = (int64_t)read_number(reader, "elapsed_ns");
    report->counts.skipped = read_number(reader, "skipped");
    report->counts.cached = read_number(reader, "cached");
    report->shard = read_u32(reader, "shard");
    report->shard_count = read_u32(reader, "shards");
    report->options = read_text(reader, "options");
    read_batch(reader, &report->batch);
    report->incomplete = read_text(reader, "incomplete");
    if (report->shard > report->shard_count || (report->shard == 0) != (report->shard_count == 0)) {
        refuse(reader, "shard");
    }
}

static void check_count(struct reader *summary, const char *key, uint64_t found)
{
    const uint64_t said = read_number(summary, key);

    if (summary->status == WF_OK && said != found) {
        summary->status = wf_fail_status(summary->err, WF_ERR_INVALID,
                                         "the report is damaged: its summary says %s %llu, its results make %llu", key,
                                         (unsigned long long)said, (unsigned long long)found);
    }
}

/* A report that lost results, or was put together of two, does not add up. */
static void check_counts(struct reader *summary, const struct sim_report_counts *counts)
{
    check_count(summary, "histories", sim_report_total(counts));
    check_count(summary, "events", counts->events);
    for (int i = WF_VERDICT_OK; i <= WF_VERDICT_SETUP; i++) {
        check_count(summary, wf_verdict_name((enum wf_verdict)i), counts->by_verdict[i]);
    }
    check_count(summary, "known", counts->known);
}

/* The readers of members take what they find; that the whole is JSON is asked once, here. */
static enum wf_status check_text(struct wf_string bytes, struct wf_error *err)
{
    struct wf_json_reader tokens;
    struct wf_json_token token;

    wf_json_reader_init(&tokens, bytes);
    do {
        WF_TRY(wf_json_next(&tokens, &token, err));
    } while (token.kind != WF_JSON_END);
    return WF_OK;
}

enum wf_status sim_report_read_json(struct sim_report *report, struct wf_string bytes, struct wf_error *err)
{
    struct reader reader = {.arena = report->arena, .object = bytes, .err = err};
    struct reader part = {.arena = report->arena, .err = err};
    const struct wf_string *items = NULL;
    uint32_t count = 0;

    WF_TRY(check_text(bytes, err));
    const struct wf_string summary = wf_json_member(bytes, WF_STR("summary"));
    part.object = summary;
    read_summary(&part, report);
    items = read_items(&reader, "results", &count);
    reader.status = part.status != WF_OK ? part.status : reader.status;
    for (uint32_t i = 0; i < count && reader.status == WF_OK; i++) {
        struct sim_verdict verdict;

        part.object = items[i];
        part.result_number = i + 1;
        read_result(&part, &verdict);
        reader.status = part.status;
        if (reader.status == WF_OK) {
            sim_report_count(&report->counts, &verdict);
            if (!sim_report_add(report, &verdict)) {
                return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
            }
        }
    }
    if (reader.status == WF_OK) {
        part.object = summary;
        part.result_number = 0;
        check_counts(&part, &report->counts);
        reader.status = part.status;
    }
    return reader.status;
}
