/*
 * A history's events are read in one pass, straight from the wrapping they lie in. Before that, the
 * shape of the text is found by a look at its beginning: the tokens up to the first event, and the
 * members of that event.
 */
#include "engine/codec/json_history.h"

#include "engine/codec/json_decoder.h"

#define WRAPPINGS_MAX 4 /* {"history": {"history": ...}}: nobody nests deeper */
#define MEMBERS_NAMED 6

/* ---- What the first event says about who wrote it ---- */

struct event_signs {
    bool is_event;
    bool has_time;             /* eventTime */
    bool has_timestamp;        /* timestamp, which has been eventTime since Temporal 1.0 */
    bool has_decision;         /* decision tasks are workflow tasks since then */
    bool has_task_list;        /* task lists are task queues */
    bool has_cadence_timeout;  /* executionStartToCloseTimeoutSeconds: Cadence alone */
    bool has_temporal_timeout; /* workflowRunTimeoutSeconds: Temporal before 1.0 alone */
    bool has_ui_attributes;    /* the web UI's own copy of the attributes */
    bool has_ui_names;
};

static bool is_attributes_name(struct wf_string name)
{
    return wf_string_ends_with(name, WF_STR("EventAttributes")) ||
           wf_string_ends_with(name, WF_STR("_event_attributes"));
}

static void note_attribute(struct event_signs *signs, struct wf_string name)
{
    signs->has_task_list |= wf_string_is(name, "taskList");
    signs->has_cadence_timeout |= wf_string_is(name, "executionStartToCloseTimeoutSeconds");
    signs->has_temporal_timeout |= wf_string_is(name, "workflowExecutionTimeoutSeconds") ||
                                   wf_string_is(name, "workflowRunTimeoutSeconds");
}

static void note_event_member(struct event_signs *signs, struct wf_string name)
{
    signs->is_event |= wf_string_is(name, "eventId") || wf_string_is(name, "event_id") ||
                       wf_string_is(name, "eventType") || wf_string_is(name, "event_type") ||
                       is_attributes_name(name);
    signs->has_time |= wf_string_is(name, "eventTime") || wf_string_is(name, "event_time");
    signs->has_timestamp |= wf_string_is(name, "timestamp");
    signs->has_decision |= wf_string_starts_with(name, WF_STR("decisionTask"));
    signs->has_ui_attributes |= wf_string_is(name, "attributes");
    signs->has_ui_names |= wf_string_is(name, "category") || wf_string_is(name, "classification");
}

/* Reads the members of an event, and the names of its attributes. The text is one well-formed
 * object. */
static enum wf_status read_signs(struct wf_string text, struct event_signs *signs,
                                 struct wf_error *err)
{
    struct wf_json_reader reader;
    struct wf_json_token token;
    bool is_in_attributes = false;

    *signs = (struct event_signs){false, false, false, false, false, false, false, false, false};
    wf_json_reader_init(&reader, text);
    WF_TRY(wf_json_next(&reader, &token, err));
    for (;;) {
        struct wf_string name;

        WF_TRY(wf_json_next(&reader, &token, err));
        if (token.kind == WF_JSON_OBJECT_END) {
            if (!is_in_attributes) {
                return WF_OK;
            }
            is_in_attributes = false;
            continue;
        }
        name = token.text;
        if (is_in_attributes) {
            note_attribute(signs, name);
        } else {
            note_event_member(signs, name);
        }
        WF_TRY(wf_json_next(&reader, &token, err));
        if (token.kind == WF_JSON_OBJECT_BEGIN && !is_in_attributes && is_attributes_name(name)) {
            is_in_attributes = true;
            continue;
        }
        WF_TRY(wf_json_skip(&reader, &token, NULL, err));
    }
}

static enum wf_status refuse_foreign_event(const struct event_signs *signs, int64_t byte_offset,
                                           struct wf_error *err)
{
    if (signs->has_ui_attributes && signs->has_ui_names) {
        return wf_fail_at(err, WF_ERR_UNSUPPORTED, byte_offset,
                          "events of the Temporal web UI's own form (attributes, category): their "
                          "payloads were decoded "
                          "for reading, so the bytes that a replay needs are lost; download the "
                          "history undecoded, or "
                          "use temporal workflow show --output json");
    }
    if (!(signs->has_timestamp && !signs->has_time) && !signs->has_decision &&
        !signs->has_task_list) {
        return WF_OK;
    }
    if (signs->has_cadence_timeout) {
        return wf_fail_at(err, WF_ERR_UNSUPPORTED, byte_offset,
                          "a Cadence history (task lists, decision tasks, "
                          "executionStartToCloseTimeoutSeconds): only "
                          "Temporal histories can be read");
    }
    if (signs->has_temporal_timeout) {
        return wf_fail_at(err, WF_ERR_UNSUPPORTED, byte_offset,
                          "a history from before Temporal 1.0 (task lists, decision tasks, "
                          "workflowRunTimeoutSeconds): "
                          "its messages changed with 1.0, and no released SDK replays it");
    }
    return wf_fail_at(err, WF_ERR_UNSUPPORTED, byte_offset,
                      "a history of Cadence or from before Temporal 1.0 (timestamps as numbers, "
                      "task lists, decision "
                      "tasks): only histories of Temporal 1.0 and later can be read");
}

/* ---- The shape of the text ---- */

/* What tools write beside histories, by its first members; NULL: something else. */
static const char *report_of(struct wf_string names)
{
    static const struct {
        const char *names;
        const char *what;
    } reports[] = {
        {"summary, results", "the report of a replay"},
        {"$schema, version, runs", "a report in SARIF"},
        {"scenario, first_seed", "the report of a simulation"},
    };

    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        if (wf_string_starts_with(names, wf_string_of(reports[i].names))) {
            return reports[i].what;
        }
    }
    return NULL;
}

/* Names the members of an object that holds no history, so that the reader knows which file this
 * is. */
static enum wf_status refuse_object(struct wf_string text, int64_t byte_offset,
                                    struct wf_error *err)
{
    char names[WF_ERROR_MESSAGE_BYTES / 2];
    struct wf_buffer out;
    struct wf_json_reader reader;
    struct wf_json_token token;
    uint32_t count = 0;

    wf_buffer_init_fixed(&out, names, sizeof names);
    wf_json_reader_init(&reader, text);
    WF_TRY(wf_json_next(&reader, &token, err));
    for (;; count++) {
        WF_TRY(wf_json_next(&reader, &token, err));
        if (token.kind == WF_JSON_OBJECT_END || count == MEMBERS_NAMED) {
            break;
        }
        wf_buffer_printf(&out, "%s%S", count == 0 ? "" : ", ", &token.text);
        WF_TRY(wf_json_next(&reader, &token, err));
        WF_TRY(wf_json_skip(&reader, &token, NULL, err));
    }
    {
        const struct wf_string list = wf_buffer_string(&out);
        const char *report = report_of(list);

        if (report != NULL) {
            return wf_fail_at(err, WF_ERR_INVALID, byte_offset, "JSON without a history in it: %s; keep reports elsewhere", report);
        }
        return wf_fail_at(
            err, WF_ERR_INVALID, byte_offset,
            "JSON without a history in it: an object with no list of events, but with %S%s", &list,
            count == 0               ? "no members"
            : count == MEMBERS_NAMED ? ", ..."
                                     : "");
    }
}

/* A value that may hold a history. */
struct candidate {
    bool has_events;           /* an object with a list of events in it */
    struct wf_string first;    /* the first event there, if any */
    int64_t first_byte_offset; /* of it */
};

/* After the `[` of a list of events: notes the first. */
static enum wf_status look_at_events(struct wf_json_reader *reader, struct candidate *candidate,
                                     struct wf_error *err)
{
    struct wf_json_token token;

    candidate->has_events = true;
    WF_TRY(wf_json_next(reader, &token, err));
    if (token.kind == WF_JSON_OBJECT_BEGIN) {
        candidate->first_byte_offset = token.byte_offset;
        WF_TRY(wf_json_skip(reader, &token, &candidate->first, err));
    }
    return WF_OK;
}

/* After the `{` of an object: finds the list of events in it, in its `events` or under its
 * `history`. */
static enum wf_status look_at_object(struct wf_json_reader *reader, struct candidate *candidate,
                                     struct wf_error *err)
{
    const uint32_t outer_depth = reader->depth - 1;
    struct wf_json_token token;

    for (;;) {
        bool is_events = false;
        bool is_history = false;

        WF_TRY(wf_json_next(reader, &token, err));
        if (token.kind == WF_JSON_OBJECT_END) {
            if (reader->depth == outer_depth) {
                return WF_OK;
            }
            continue;
        }
        is_events = wf_json_token_is(&token, WF_STR("events"));
        is_history = wf_json_token_is(&token, WF_STR("history"));
        WF_TRY(wf_json_next(reader, &token, err));
        if ((is_events || is_history) && token.kind == WF_JSON_ARRAY_BEGIN) {
            return look_at_events(reader, candidate, err);
        }
        if (is_history && token.kind == WF_JSON_OBJECT_BEGIN &&
            reader->depth - outer_depth < WRAPPINGS_MAX) {
            continue;
        }
        WF_TRY(wf_json_skip(reader, &token, NULL, err));
    }
}

static enum wf_status check_first_event(const struct candidate *candidate, struct wf_error *err)
{
    struct event_signs signs;

    if (candidate->first.size_bytes == 0) {
        return WF_OK;
    }
    WF_TRY(read_signs(candidate->first, &signs, err));
    return refuse_foreign_event(&signs, candidate->first_byte_offset, err);
}

/* The first item of a list tells whether it is a list of events or of histories. */
static enum wf_status shape_of_list(struct wf_json_reader *reader, enum wf_json_shape *shape,
                                    struct wf_error *err)
{
    struct candidate candidate = {.has_events = false};
    struct event_signs signs;
    struct wf_json_reader item;
    struct wf_json_token token;
    struct wf_string raw;
    int64_t byte_offset = 0;

    WF_TRY(wf_json_next(reader, &token, err));
    if (token.kind == WF_JSON_ARRAY_END) {
        return wf_fail_at(err, WF_ERR_INVALID, token.byte_offset,
                          "JSON without a history in it: an empty list");
    }
    if (token.kind != WF_JSON_OBJECT_BEGIN) {
        return wf_fail_at(err, WF_ERR_INVALID, token.byte_offset,
                          "JSON without a history in it: a list whose first item is not an object");
    }
    item = *reader;
    WF_TRY(look_at_object(&item, &candidate, err));
    if (candidate.has_events) {
        *shape = WF_JSON_SHAPE_HISTORIES;
        return check_first_event(&candidate, err);
    }
    byte_offset = token.byte_offset;
    WF_TRY(wf_json_skip(reader, &token, &raw, err));
    WF_TRY(read_signs(raw, &signs, err));
    if (!signs.is_event) {
        return refuse_object(raw, byte_offset, err);
    }
    *shape = WF_JSON_SHAPE_EVENTS;
    return refuse_foreign_event(&signs, byte_offset, err);
}

enum wf_status wf_json_history_shape(struct wf_string text, enum wf_json_shape *shape,
                                     struct wf_error *err)
{
    struct candidate candidate = {.has_events = false};
    struct wf_json_reader reader;
    struct wf_json_reader object;
    struct wf_json_token token;
    struct wf_string raw;

    wf_json_reader_init(&reader, text);
    WF_TRY(wf_json_next(&reader, &token, err));
    if (token.kind == WF_JSON_ARRAY_BEGIN) {
        return shape_of_list(&reader, shape, err);
    }
    if (token.kind != WF_JSON_OBJECT_BEGIN) {
        return wf_fail_at(err, WF_ERR_INVALID, token.byte_offset,
                          "JSON without a history in it: neither an object nor a list");
    }
    object = reader;
    WF_TRY(look_at_object(&object, &candidate, err));
    if (candidate.has_events) {
        *shape = WF_JSON_SHAPE_VALUES;
        return check_first_event(&candidate, err);
    }
    WF_TRY(wf_json_skip(&reader, &token, &raw, err));
    return refuse_object(raw, token.byte_offset, err);
}

/* ---- Reading a history ---- */

/* What a history object and its wrappings hold for us. */
struct parts {
    struct wf_history_message message;
    bool has_events;
};

static enum wf_status read_text(struct wf_json_decoder *decoder, const struct wf_json_token *value,
                                struct wf_string *text)
{
    if (value->kind == WF_JSON_STRING) {
        return wf_json_decoder_text(decoder, value, text);
    }
    return wf_json_decoder_skip(decoder, value, NULL);
}

static enum wf_status read_events(struct wf_json_decoder *decoder, struct parts *parts,
                                  const struct wf_json_token *value)
{
    parts->has_events = true;
    return wf_json_decoder_member(decoder, &wf_type_history_message.fields[0], &parts->message,
                                  value);
}

/*
 * After a `{`: reads events, and ids beside them. Objects under `history`, and those that hold ids
 * alone, are read by the same loop; the rest of a wrapping is not part of the history and is
 * skipped.
 */
static enum wf_status read_object(struct wf_json_decoder *decoder, struct wf_history *history,
                                  struct parts *parts)
{
    const uint32_t outer_depth = decoder->reader.depth - 1;

    while (decoder->reader.depth > outer_depth) {
        struct wf_json_token key;
        struct wf_json_token value;
        bool is_wrapping = false;

        WF_TRY(wf_json_decoder_next(decoder, &key));
        if (key.kind == WF_JSON_OBJECT_END) {
            continue;
        }
        WF_TRY(wf_json_decoder_next(decoder, &value));
        if (wf_json_token_is(&key, WF_STR("events")) ||
            (wf_json_token_is(&key, WF_STR("history")) && value.kind == WF_JSON_ARRAY_BEGIN)) {
            WF_TRY(read_events(decoder, parts, &value));
            continue;
        }
        if (wf_json_token_is(&key, WF_STR("workflowId")) ||
            wf_json_token_is(&key, WF_STR("workflow_id"))) {
            WF_TRY(read_text(decoder, &value, &history->workflow_id));
            continue;
        }
        if (wf_json_token_is(&key, WF_STR("runId")) || wf_json_token_is(&key, WF_STR("run_id"))) {
            WF_TRY(read_text(decoder, &value, &history->run_id));
            continue;
        }
        is_wrapping = wf_json_token_is(&key, WF_STR("history")) ||
                      wf_json_token_is(&key, WF_STR("info")) ||
                      wf_json_token_is(&key, WF_STR("execution")) ||
                      wf_json_token_is(&key, WF_STR("workflowExecution"));
        if (!is_wrapping || value.kind != WF_JSON_OBJECT_BEGIN ||
            decoder->reader.depth - outer_depth > WRAPPINGS_MAX) {
            WF_TRY(wf_json_decoder_skip(decoder, &value, NULL));
        }
    }
    return WF_OK;
}

static enum wf_status read_value(struct wf_json_decoder *decoder, enum wf_json_shape shape,
                                 struct wf_history *history)
{
    struct parts parts = {.has_events = false};
    struct wf_json_token token;

    WF_TRY(wf_json_decoder_next(decoder, &token));
    if (shape == WF_JSON_SHAPE_EVENTS) {
        WF_TRY(read_events(decoder, &parts, &token));
    } else if (token.kind == WF_JSON_OBJECT_BEGIN) {
        WF_TRY(read_object(decoder, history, &parts));
    }
    if (!parts.has_events) {
        return wf_fail_at(decoder->err, WF_ERR_INVALID, decoder->base_offset + token.byte_offset,
                          "a value without a list of events where a history should be");
    }
    history->events = parts.message.events.items;
    history->event_count = parts.message.events.count;
    return WF_OK;
}

static size_t skip_blanks(struct wf_string text, size_t at)
{
    while (at < text.size_bytes && (text.data[at] == ' ' || text.data[at] == '\n' ||
                                    text.data[at] == '\r' || text.data[at] == '\t')) {
        at++;
    }
    return at;
}

static enum wf_status check_end(struct wf_string text, size_t at, struct wf_error *err)
{
    at = skip_blanks(text, at);
    if (at < text.size_bytes) {
        return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)at, "text after the end of the history");
    }
    return WF_ERR_NOT_FOUND;
}

/* In a list of histories: moves to the next item, over the bracket or comma before it. */
static enum wf_status next_in_list(struct wf_string text, size_t *at, struct wf_error *err)
{
    const bool is_first = *at == 0;

    *at = skip_blanks(text, *at);
    if (*at < text.size_bytes && text.data[*at] == (is_first ? '[' : ',')) {
        *at += 1;
        return WF_OK;
    }
    if (!is_first && *at < text.size_bytes && text.data[*at] == ']') {
        return check_end(text, *at + 1, err);
    }
    return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)*at,
                      "JSON text has no comma or ] after a history of a list");
}

enum wf_status wf_json_history_next(struct wf_string text, enum wf_json_shape shape, size_t *next,
                                    struct wf_arena *arena, struct wf_history *history,
                                    struct wf_error *err)
{
    struct wf_json_decoder decoder;
    size_t at = *next;

    if (shape == WF_JSON_SHAPE_HISTORIES) {
        WF_TRY(next_in_list(text, &at, err));
    } else if (shape == WF_JSON_SHAPE_EVENTS && at > 0) {
        return check_end(text, at, err);
    }
    at = skip_blanks(text, at);
    if (at == text.size_bytes && at > 0 && shape == WF_JSON_SHAPE_VALUES) {
        return WF_ERR_NOT_FOUND;
    }
    wf_json_decoder_init(&decoder, arena, (struct wf_string){text.data + at, text.size_bytes - at},
                         (int64_t)at, &history->notes, err);
    decoder.is_one_of_many = *next > 0;
    WF_TRY(read_value(&decoder, shape, history));
    *next = at + (size_t)(decoder.reader.next - decoder.reader.start);
    return WF_OK;
}
