#include "tests/support/event_shape.h"

#include "tests/support/test.h"

#define LINKS_MAX 1024

/* A value of a class, and what the other side has in its place. */
struct link {
    struct wf_string of_class; /* empty: ids of events */
    uint32_t ours;
    uint32_t theirs;
};

struct comparing {
    const char *id;
    const struct shape_tolerances *tolerances; /* NULL: nothing is tolerated */
    struct link links[LINKS_MAX];
    uint32_t link_count;
    struct wf_buffer *wrong;
};

/* ---- Lines ---- */

struct attribute {
    struct wf_string path;
    struct wf_string value; /* empty when it is free */
};

static struct attribute take_attribute(struct wf_string *rest)
{
    struct attribute attribute = {.value = test_take_until(rest, ' ')};

    attribute.path = test_take_until(&attribute.value, '=');
    return attribute;
}

/* The attribute of a line, whose event is taken off; false when there is none. */
static bool find_attribute(struct wf_string line, struct wf_string path, struct attribute *found)
{
    while (line.size_bytes > 0) {
        *found = take_attribute(&line);
        if (wf_string_equal(found->path, path)) {
            return true;
        }
    }
    return false;
}

/* ---- Tolerances ---- */

static bool is_at_or_below(struct wf_string path, const char *top)
{
    const size_t size_bytes = strlen(top);

    return wf_string_starts_with(path, wf_string_of(top)) && (path.size_bytes == size_bytes || path.data[size_bytes] == '.');
}

static bool is_tolerated(const struct comparing *comparing, enum shape_side side, struct wf_string event, struct wf_string path)
{
    const size_t count = comparing->tolerances == NULL ? 0 : comparing->tolerances->attribute_count;

    for (size_t i = 0; i < count; i++) {
        struct shape_attribute *row = &comparing->tolerances->attributes[i];

        if (row->side == side && is_at_or_below(path, row->path) && (row->event[0] == '\0' || wf_string_is(event, row->event)) &&
            wf_string_starts_with(wf_string_of(comparing->id), wf_string_of(row->id))) {
            row->use_count++;
            return true;
        }
    }
    return false;
}

/* The next event of a side that is not tolerated as that side's own; empty after the last. */
static struct wf_string next_event(const struct comparing *comparing, enum shape_side side, struct wf_string *rest,
                                   uint32_t *event_id)
{
    while (rest->size_bytes > 0) {
        const struct wf_string line = test_take_until(rest, '\n');
        bool is_skipped = false;

        ++*event_id;
        for (size_t i = 0; i < comparing->tolerances->event_count; i++) {
            struct shape_events *row = &comparing->tolerances->events[i];

            if (row->side == side && strcmp(row->id, comparing->id) == 0 && *event_id >= row->first && *event_id <= row->last) {
                row->use_count++;
                is_skipped = true;
            }
        }
        if (!is_skipped) {
            return line;
        }
    }
    return *rest;
}

/* ---- Values ---- */

/* True when the two stand for each other so far, and from now on. */
static bool join(struct comparing *comparing, struct wf_string of_class, uint32_t ours, uint32_t theirs)
{
    for (uint32_t i = 0; i < comparing->link_count; i++) {
        const struct link *link = &comparing->links[i];

        if (wf_string_equal(link->of_class, of_class) && (link->ours == ours || link->theirs == theirs)) {
            return link->ours == ours && link->theirs == theirs;
        }
    }
    assert_true(comparing->link_count < LINKS_MAX);
    comparing->links[comparing->link_count++] = (struct link){of_class, ours, theirs};
    return true;
}

/* "@5" is of the class of ids of events, "run#2" of its own; anything else is compared as it is. */
static bool read_class(struct wf_string value, struct wf_string *of_class, uint32_t *number)
{
    *of_class = test_take_until(&value, value.size_bytes > 0 && value.data[0] == '@' ? '@' : '#');
    *number = 0;
    for (size_t i = 0; i < value.size_bytes; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return false;
        }
        *number = *number * 10 + (uint32_t)(value.data[i] - '0');
    }
    return value.size_bytes > 0;
}

static bool are_values_equal(struct comparing *comparing, struct wf_string ours, struct wf_string theirs)
{
    struct wf_string our_class;
    struct wf_string their_class;
    uint32_t our_number = 0;
    uint32_t their_number = 0;

    if (read_class(ours, &our_class, &our_number) && read_class(theirs, &their_class, &their_number)) {
        return wf_string_equal(our_class, their_class) && join(comparing, our_class, our_number, their_number);
    }
    return wf_string_equal(ours, theirs);
}

/* ---- Events ---- */

/* Every attribute of the one line that the other lacks; of the engine's line those, too, that have another value there. */
static void compare_attributes(struct comparing *comparing, enum shape_side side, uint32_t event_id, struct wf_string line,
                               struct wf_string other)
{
    const struct wf_string event = test_take_until(&line, ' ');
    const char *name = side == ENGINE ? "engine" : "corpus";

    (void)test_take_until(&other, ' ');
    while (line.size_bytes > 0) {
        const struct attribute attribute = take_attribute(&line);
        struct attribute opposite = {0};

        if (!find_attribute(other, attribute.path, &opposite)) {
            if (!is_tolerated(comparing, side, event, attribute.path)) {
                wf_buffer_printf(comparing->wrong, "%s, event %u of the %s: only %S has %S=%S\n", comparing->id, event_id, name,
                                 &event, &attribute.path, &attribute.value);
            }
        } else if (side == ENGINE && !are_values_equal(comparing, attribute.value, opposite.value) &&
                   !is_tolerated(comparing, BOTH, event, attribute.path)) {
            wf_buffer_printf(comparing->wrong, "%s, event %u of the engine: %S has %S=%S, where the other has %S\n",
                             comparing->id, event_id, &event, &attribute.path, &attribute.value, &opposite.value);
        }
    }
}

static void compare_events(struct comparing *comparing, uint32_t event_id, struct wf_string ours, struct wf_string theirs,
                           bool is_compared[WF_EVENT_TYPE_COUNT])
{
    struct wf_string rest = ours;
    const struct wf_string event = test_take_until(&rest, ' ');
    int32_t type = WF_EVENT_TYPE_COUNT;

    do {
        type--;
    } while (!wf_string_is(event, wf_event_type_name(type)));
    is_compared[type] = true;
    compare_attributes(comparing, ENGINE, event_id, ours, theirs);
    compare_attributes(comparing, CORPUS, event_id, theirs, ours);
}

static struct wf_string event_of(struct wf_string line)
{
    return test_take_until(&line, ' ');
}

void shape_compare(const char *id, struct wf_string engine, struct wf_string corpus, const struct shape_tolerances *tolerances,
                   bool is_compared[WF_EVENT_TYPE_COUNT], struct wf_buffer *wrong)
{
    struct comparing comparing = {.id = id, .tolerances = tolerances, .wrong = wrong};
    uint32_t engine_id = 0;
    uint32_t corpus_id = 0;

    for (;;) {
        const struct wf_string ours = next_event(&comparing, ENGINE, &engine, &engine_id);
        const struct wf_string theirs = next_event(&comparing, CORPUS, &corpus, &corpus_id);
        const struct wf_string our_event = event_of(ours);
        const struct wf_string their_event = event_of(theirs);

        if (!wf_string_equal(our_event, their_event)) {
            wf_buffer_printf(wrong, "%s: event %u of the engine is %S, event %u of the corpus %S\n", id, engine_id, &our_event,
                             corpus_id, &their_event);
            return;
        }
        if (ours.size_bytes == 0) {
            return;
        }
        (void)join(&comparing, (struct wf_string){0}, engine_id, corpus_id);
        compare_events(&comparing, engine_id, ours, theirs, is_compared);
    }
}

/* Whether one of the lines is of this event. */
static bool says_event(struct wf_string lines, struct wf_string event)
{
    while (lines.size_bytes > 0) {
        if (wf_string_equal(event_of(test_take_until(&lines, '\n')), event)) {
            return true;
        }
    }
    return false;
}

void shape_compare_said(const char *id, struct wf_string engine, const char *said, bool is_compared[WF_EVENT_TYPE_COUNT],
                        struct wf_buffer *wrong)
{
    const struct wf_string lines = wf_string_of(said);
    struct comparing comparing = {.id = id, .wrong = wrong};
    struct wf_string rest = lines;

    for (uint32_t event_id = 1; engine.size_bytes > 0; event_id++) {
        const struct wf_string ours = test_take_until(&engine, '\n');
        const struct wf_string our_event = event_of(ours);

        (void)join(&comparing, (struct wf_string){0}, event_id, event_id);
        if (says_event(lines, our_event)) {
            const struct wf_string line = test_take_until(&rest, '\n');

            if (wf_string_equal(event_of(line), our_event)) {
                compare_events(&comparing, event_id, ours, line, is_compared);
            } else {
                wf_buffer_printf(wrong, "%s: event %u of the engine is %S, where the row says %S\n", id, event_id, &ours, &line);
                return;
            }
        }
    }
    if (rest.size_bytes > 0) {
        wf_buffer_printf(wrong, "%s: the engine did not write %S\n", id, &rest);
    }
}

void shape_check_used(const struct shape_tolerances *tolerances, struct wf_buffer *wrong)
{
    for (size_t i = 0; i < tolerances->attribute_count; i++) {
        const struct shape_attribute *row = &tolerances->attributes[i];

        if (row->use_count == 0) {
            wf_buffer_printf(wrong, "nothing is tolerated by \"%s\", %s %s\n", row->id, row->event, row->path);
        }
    }
    for (size_t i = 0; i < tolerances->event_count; i++) {
        const struct shape_events *row = &tolerances->events[i];

        if (row->use_count != row->last - row->first + 1) {
            wf_buffer_printf(wrong, "%s has no events %u to %u\n", row->id, row->first, row->last);
        }
    }
}
