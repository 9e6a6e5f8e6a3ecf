/*
 * What a run says of the versions of its code: patch markers of core SDKs, version markers of Go and Java, and the search
 * attribute that lists both.
 */
#ifndef WF_ENGINE_PATCHES_H
#define WF_ENGINE_PATCHES_H

#include "engine/base/arena.h"
#include "engine/schema.h"

struct wf_patch_mention {
    struct wf_string id;
    int64_t version;    /* of a version: recorded, or what a call of the code was given */
    int64_t minimum;    /* that a call of the code supports, and the highest; in history 0 */
    int64_t maximum;
    bool is_version;    /* of Go and Java, else a patch */
    bool is_deprecated; /* a patch whose old way the code no longer had */
};

/*
 * Reads what a marker records. False when the event is no such marker, or cannot be read. Text is a slice of the event, or in the
 * arena.
 * Source: replay-rules 3.1, 3.2.
 */
bool wf_patch_mention_read(struct wf_arena *arena, const struct wf_event *event, struct wf_patch_mention *mention);

/* The JSON array of names that the event puts into TemporalChangeVersion ("audit", "pricing-2"); empty: it puts none there. */
struct wf_string wf_patch_names_of(const struct wf_event *event);

/* The same of a command that the code gave, in a completion. */
bool wf_patch_mention_of_command(const struct wf_sdk_command *command, struct wf_patch_mention *mention);

#endif
