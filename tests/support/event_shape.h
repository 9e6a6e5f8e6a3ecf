/*
 * The shape of a history: types of events in their order, the attributes that each has, and those values that code and semantics
 * determine. As text it is a line an event: its type, and for each attribute its path and how its value is shown:
 *
 *     startToCloseTimeout=5s      the value
 *     input=json/plain            of payloads their encodings
 *     scheduledEventId=@5         the id of an event
 *     runId=run#2                 free, but the same wherever the same number of its class stands
 *     identity                    free
 */
#ifndef WF_TESTS_SUPPORT_EVENT_SHAPE_H
#define WF_TESTS_SUPPORT_EVENT_SHAPE_H

#include "engine/base/bytes.h"
#include "engine/schema.h"

enum shape_side { ENGINE, CORPUS, BOTH };

/* What one side alone has, or both have otherwise, and why that is right. */
struct shape_attribute {
    const char *id; /* of rows whose id begins so; "": of all */
    enum shape_side side;
    const char *event; /* "": of any */
    const char *path;  /* and what is below it */
    const char *reason;
    uint32_t use_count;
};

/* Events that one side alone has, by their ids there, and why that is right. */
struct shape_events {
    const char *id;
    enum shape_side side;
    uint32_t first;
    uint32_t last;
    const char *reason;
    uint32_t use_count;
};

struct shape_tolerances {
    struct shape_attribute *attributes;
    size_t attribute_count;
    struct shape_events *events;
    size_t event_count;
};

/* Appends the shape of a history. The arena is scratch. */
void shape_append(struct wf_buffer *out, struct wf_arena *arena, const struct wf_event *events, uint32_t event_count);

/* Compares the shape of what the engine wrote with another server's. A line for each difference goes to wrong; each type of event
 * that was compared becomes true in is_compared. */
void shape_compare(const char *id, struct wf_string engine, struct wf_string corpus, const struct shape_tolerances *tolerances,
                   bool is_compared[WF_EVENT_TYPE_COUNT], struct wf_buffer *wrong);

/* Compares with lines written by hand: the engine has an event for each of them, in their order, and no others of their types. */
void shape_compare_said(const char *id, struct wf_string engine, const char *said, bool is_compared[WF_EVENT_TYPE_COUNT],
                        struct wf_buffer *wrong);

/* A line for each tolerance that nothing needed. */
void shape_check_used(const struct shape_tolerances *tolerances, struct wf_buffer *wrong);

#endif
