/* Anchors are a table of phrases: words before and after a name, and the record that such a moment makes. */
#include "sim/fault/anchor.h"

#include "engine/base/nearest.h"
#include "engine/schema.h"

/* A phrase without a name has an empty tail and is matched whole. */
static const struct {
    const char *head;
    const char *tail;
    bool has_name;
    enum sim_record_kind kind;
    const char *ending;
} phrases[] = {
    {"activity ", " started", true, SIM_RECORD_ATTEMPT_STARTED, ""},
    {"activity ", " completed", true, SIM_RECORD_ATTEMPT_ENDED, "completed"},
    {"activity ", " failed", true, SIM_RECORD_ATTEMPT_ENDED, "failed"},
    {"activity ", " ended", true, SIM_RECORD_ATTEMPT_ENDED, ""},
    {"effect ", "", true, SIM_RECORD_EFFECT, ""},
    {"undo ", "", true, SIM_RECORD_UNDO, ""},
    {"event ", "", true, SIM_RECORD_EVENT, ""},
    {"signal ", " sent", true, SIM_RECORD_SENT, ""},
    {"signal ", " handled", true, SIM_RECORD_HANDLED, ""},
    {"task started", "", false, SIM_RECORD_TASK_GIVEN, ""},
    {"task completed", "", false, SIM_RECORD_TASK_ANSWERED, ""},
    {"workflow started", "", false, SIM_RECORD_RUN_STARTED, ""},
    {"workflow closed", "", false, SIM_RECORD_RUN_CLOSED, ""},
};
#define PHRASE_COUNT (sizeof phrases / sizeof phrases[0])

static bool is_event_type(struct wf_string name)
{
    for (int32_t type = 1; type < WF_EVENT_TYPE_COUNT; type++) {
        if (wf_event_descriptors[type].name != NULL && wf_string_is(name, wf_event_descriptors[type].name)) {
            return true;
        }
    }
    return false;
}

static enum wf_status check_event_type(struct wf_string name, struct wf_error *err)
{
    struct wf_string names[WF_EVENT_TYPE_COUNT];
    size_t count = 0;
    size_t nearest = 0;

    if (is_event_type(name)) {
        return WF_OK;
    }
    for (int32_t type = 1; type < WF_EVENT_TYPE_COUNT; type++) {
        if (wf_event_descriptors[type].name != NULL) {
            names[count++] = wf_string_of(wf_event_descriptors[type].name);
        }
    }
    nearest = wf_nearest(name, names, count);
    if (nearest == count) {
        return wf_fail_status(err, WF_ERR_INVALID, "there is no event type %S", &name);
    }
    return wf_fail_status(err, WF_ERR_INVALID, "there is no event type %S; did you mean %S?", &name, &names[nearest]);
}

/* What lies between head and tail; data NULL when the text is not such a phrase. */
static struct wf_string name_between(struct wf_string text, const char *head, const char *tail)
{
    const size_t head_bytes = strlen(head);
    const size_t tail_bytes = strlen(tail);

    if (text.size_bytes <= head_bytes + tail_bytes || memcmp(text.data, head, head_bytes) != 0 ||
        memcmp(text.data + text.size_bytes - tail_bytes, tail, tail_bytes) != 0) {
        return (struct wf_string){NULL, 0};
    }
    return (struct wf_string){text.data + head_bytes, text.size_bytes - head_bytes - tail_bytes};
}

enum wf_status sim_anchor_read(struct wf_string text, struct sim_anchor *anchor, struct wf_error *err)
{
    for (size_t i = 0; i < PHRASE_COUNT; i++) {
        const struct wf_string name = name_between(text, phrases[i].head, phrases[i].tail);

        if (phrases[i].has_name ? name.data == NULL : !wf_string_is(text, phrases[i].head)) {
            continue;
        }
        *anchor = (struct sim_anchor){phrases[i].kind, name, wf_string_of(phrases[i].ending)};
        return phrases[i].kind == SIM_RECORD_EVENT ? check_event_type(name, err) : WF_OK;
    }
    if (is_event_type(text)) {
        *anchor = (struct sim_anchor){SIM_RECORD_EVENT, text, {NULL, 0}};
        return WF_OK;
    }
    return wf_fail_status(err, WF_ERR_INVALID,
                          "\"%S\" is no moment; write \"activity charge_payment started\", \"effect charge\", "
                          "\"event ActivityTaskCompleted\" or \"task started\"",
                          &text);
}

bool sim_anchor_matches(const struct sim_anchor *anchor, const struct sim_record *record)
{
    return record->kind == anchor->kind && (anchor->name.size_bytes == 0 || wf_string_equal(record->a, anchor->name)) &&
           wf_string_starts_with(record->b, anchor->ending);
}
