/*
 * Reading and writing the markers of core SDKs. Private to the engine.
 * Source: replay-rules 3.1, 3.4, 3.5.
 */
#ifndef WF_ENGINE_WORKER_MARKER_H
#define WF_ENGINE_WORKER_MARKER_H

#include <stdbool.h>

#include "engine/base/arena.h"
#include "engine/schema.h"

#define WF_MARKER_PATCH "core_patch"
#define WF_MARKER_LOCAL_ACTIVITY "core_local_activity"
#define WF_MARKER_LOCAL_ACTIVITY_LANG "LocalActivity" /* of Go and Java */
#define WF_CHANGE_VERSION "TemporalChangeVersion"
/* A longer patch list is not upserted (replay-rules 3.1). */
#define WF_CHANGE_VERSION_BYTES_MAX 2048

struct wf_patch_marker {
    struct wf_string patch_id;
    bool is_deprecated;
};

struct wf_local_activity_marker {
    uint32_t seq;
    uint32_t attempt;
    struct wf_string activity_id;
    struct wf_string activity_type;
    struct wf_timestamp complete_time;
    struct wf_timestamp backoff;
    struct wf_timestamp original_schedule_time;
    bool has_backoff;
    struct wf_payload *result; /* NULL: none, or a failure */
};

bool wf_event_is_named_marker(const struct wf_event *event, const char *name);
bool wf_event_is_patch_marker(const struct wf_event *event);
bool wf_event_is_local_activity_marker(const struct wf_event *event);

/* An upsert whose map holds TemporalChangeVersion. */
bool wf_event_is_change_version_upsert(const struct wf_event *event);
bool wf_has_change_version(const struct wf_search_attributes *attributes);

/* False when the details cannot be read. Text is a slice of the event, or in the arena where it had
 * escapes. */
bool wf_patch_marker_read(struct wf_arena *arena, const struct wf_event *event,
                          struct wf_patch_marker *marker);
bool wf_local_activity_marker_read(struct wf_arena *arena, const struct wf_event *event,
                                   struct wf_local_activity_marker *marker);

/* Go's (replay-rules 3.3): no numbers. */
bool wf_local_activity_marker_read_go(struct wf_arena *arena, const struct wf_event *event,
                                      struct wf_local_activity_marker *marker);

/* Java's: keys of their own, times in milliseconds. */
bool wf_local_activity_marker_read_java(struct wf_arena *arena, const struct wf_event *event,
                                        struct wf_local_activity_marker *marker);

/* The first payload under a key of a marker's details, or NULL. */
struct wf_payload *wf_marker_detail(const struct wf_event_marker_recorded *marker,
                                    struct wf_string key);

/* A json/plain payload of this text, which is borrowed; type: the value of the metadata "type", or
 * NULL. False when full. */
bool wf_payload_of_json(struct wf_arena *arena, struct wf_payload *payload, struct wf_string json,
                        const char *type);

/* The details of a local activity's marker; result: NULL when it did not complete or returned nothing. False when full. */
bool wf_local_activity_marker_write(struct wf_arena *arena,
                                    const struct wf_local_activity_marker *marker,
                                    const struct wf_payload *result,
                                    struct wf_command_record_marker *command);

/* The same with Go's keys and Java's. */
bool wf_local_activity_marker_write_go(struct wf_arena *arena, const struct wf_local_activity_marker *marker,
                                       const struct wf_payload *result, struct wf_command_record_marker *command);
bool wf_local_activity_marker_write_java(struct wf_arena *arena, const struct wf_local_activity_marker *marker,
                                         const struct wf_payload *result, struct wf_command_record_marker *command);

/* The details of a patch marker. False when full. */
bool wf_patch_marker_write(struct wf_arena *arena, const struct wf_patch_marker *marker,
                           struct wf_command_record_marker *command);

#endif
