/*
 * The fields in which two messages of one type differ.
 */
#ifndef WF_ENGINE_DIFF_H
#define WF_ENGINE_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/print.h"
#include "engine/schema.h"

#define WF_DIFFERENCES_MAX 64 /* listed, unless the options say otherwise; further ones are counted only */

/* One field that differs. Texts are as wf_print_value writes them; {NULL, 0} on the side that does not have it. */
struct wf_difference {
    struct wf_string path; /* `retryPolicy.maximumAttempts`, `input[1]`, `header.fields["trace"]` */
    struct wf_string left;
    struct wf_string right;
};

struct wf_differences {
    struct wf_difference *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t dropped_count; /* found past the limit */
};

struct wf_diff_options {
    /*
     * Fields to leave out, with all that is in them: a JSON name wherever it occurs ("identity"), or the end of a path
     * ("retryPolicy.maximumAttempts"). Indexes and keys do not count.
     */
    const char *const *ignored;
    size_t ignored_count;
    uint32_t count_max; /* 0: WF_DIFFERENCES_MAX */
    struct wf_print_options print;
};

/*
 * Appends what differs, in the order of the schema, to zeroed or earlier differences. Payloads of JSON are compared as
 * values: members in any order, 1.0 as 1. Maps are compared by key. Everything appended lives in the arena.
 *
 * options    may be NULL.
 * Returns false when the arena is full.
 */
bool wf_diff_messages(struct wf_arena *arena, const struct wf_message_type *type, const void *left, const void *right,
                      const struct wf_diff_options *options, struct wf_differences *differences);

/* True when both payloads stand for the same value: same encoding, and data equal, as JSON values when it is JSON. */
bool wf_payload_equal(const struct wf_payload *left, const struct wf_payload *right);

#endif
