/*
 * Versions and side effects in histories of core, which are ours: core's languages have neither. The markers are Go's. A
 * version's marker is passed over with its upsert when the code does not ask for it, as in Go; a side effect's is matched in
 * the queue. A command of the code says what the call went on with; it makes a marker when the value is new, or when history
 * has the marker of this very call.
 * Source: replay-rules 3.2, 3.3; ARCHITECTURE, "Versions and side effects".
 */
#include "engine/base/assert.h"
#include "engine/base/json_text.h"
#include "engine/worker/value_marker.h"
#include "engine/worker/worker_run.h"

/* ---- Ahead ---- */

void wf_run_notify_value(struct wf_run *run, const struct wf_value_marker *marker)
{
    struct wf_sdk_recorded_value *job = WF_RUN_NEW(run, struct wf_sdk_recorded_value);

    if (job != NULL) {
        job->kind = (int32_t)marker->kind;
        job->id = marker->id;
        job->call = marker->call;
        job->version = marker->version;
        if (marker->value != NULL) {
            job->value = WF_RUN_NEW(run, struct wf_payload);
        }
        if (job->value != NULL) {
            *job->value = *marker->value;
        }
    }
    wf_jobs_push(run, WF_JOB_PATCH, WF_CASE_sdk_job_notify_value, job);
}

void wf_run_see_value(struct wf_run *run, const struct wf_event *event)
{
    struct wf_value_marker marker;

    if (!wf_value_marker_read(&run->arena, event, &marker)) {
        wf_diverge_event(run, event, "is a marker that cannot be read");
        return;
    }
    if (marker.kind == WF_SDK_VALUE_KIND_VERSION && !wf_run_remember_version(run, marker.id, marker.version)) {
        return;
    }
    wf_run_notify_value(run, &marker);
}

/* ---- The list of changes that the search attribute holds (replay-rules 3.1, 3.2) ---- */

bool wf_run_remember_version(struct wf_run *run, struct wf_string change_id, int64_t version)
{
    struct wf_string *name = WF_RUN_NEW(run, struct wf_string);
    const struct wf_string key = wf_run_copy_text(run, change_id);
    struct wf_buffer text;

    wf_buffer_init(&text, &run->arena);
    wf_buffer_printf(&text, "%S-%lld", &change_id, (long long)version);
    if (name == NULL || text.is_full || run->is_full || !wf_map_set(&run->versions, key, name)) {
        run->is_full = true;
        return false;
    }
    *name = wf_buffer_string(&text);
    return true;
}

static void insert_sorted(struct wf_string *names, uint32_t count, struct wf_string name)
{
    uint32_t at = count;

    for (; at > 0 && wf_string_compare(name, names[at - 1]) < 0; at--) {
        names[at] = names[at - 1];
    }
    names[at] = name;
}

struct wf_string wf_run_change_list(struct wf_run *run)
{
    struct wf_string *names = wf_run_take_step(run, (run->patches.count + run->versions.count + 1) * sizeof *names);
    struct wf_map_entry *entry = NULL;
    struct wf_buffer json;
    uint32_t count = 0;

    for (uint32_t index = 0; names != NULL && (entry = wf_map_next(&run->patches, &index)) != NULL;) {
        const struct wf_patch *patch = entry->value;

        if (patch->has_command) {
            insert_sorted(names, count++, patch->id);
        }
    }
    for (uint32_t index = 0; names != NULL && (entry = wf_map_next(&run->versions, &index)) != NULL;) {
        insert_sorted(names, count++, *(const struct wf_string *)entry->value);
    }
    wf_buffer_init(&json, &run->arena);
    for (uint32_t i = 0; i < count; i++) {
        wf_buffer_append_char(&json, i == 0 ? '[' : ',');
        wf_json_write_string(&json, names[i]);
    }
    wf_buffer_append_char(&json, ']');
    run->is_full = run->is_full || json.is_full;
    return json.size_bytes >= WF_CHANGE_VERSION_BYTES_MAX ? (struct wf_string){NULL, 0} : wf_buffer_string(&json);
}

/* ---- What the code went on with ---- */

struct wf_queued *wf_run_push_value(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_recorded_value *value = command->variant.record_value;
    struct wf_machine *machine = wf_run_add_machine(run, WF_MACHINE_VALUE, value->call);
    struct wf_queued *queued = machine == NULL ? NULL
                                               : wf_queue_push(run, machine, WF_COMMAND_TYPE_RECORD_MARKER, command);

    if (queued != NULL) {
        machine->value_kind = (uint8_t)value->kind;
        machine->id = wf_run_copy_text(run, value->id);
        machine->type = wf_string_of(wf_value_marker_name((enum wf_sdk_value_kind)value->kind));
    }
    return queued;
}

/* Only what is new makes commands: the markers of history are passed over (replay-rules 3.2). */
void wf_run_record_version(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_recorded_value *value = command->variant.record_value;
    struct wf_string list = {NULL, 0};
    struct wf_queued *queued = NULL;

    if (!value->is_fresh) {
        return;
    }
    queued = wf_run_push_value(run, command);
    if (queued == NULL || !wf_run_remember_version(run, value->id, value->version)) {
        return;
    }
    list = wf_run_change_list(run);
    queued->machine->has_upsert = list.size_bytes > 0;
    if (list.size_bytes > 0) {
        wf_run_push_upsert(run, list);
    }
}

bool wf_run_check_version(struct wf_run *run, const struct wf_sdk_recorded_value *value)
{
    const bool is_in_range = value->version >= value->minimum_version &&
                             value->version <= value->maximum_version;

    if (!is_in_range) {
        wf_diverge_version(run, value);
    }
    return is_in_range;
}

bool wf_run_check_value(struct wf_run *run, const struct wf_sdk_recorded_value *value)
{
    if (value->value == NULL) {
        wf_diverge_value_missing(run, value);
    }
    return value->value != NULL;
}

void wf_run_record_value(struct wf_run *run, const struct wf_sdk_command *command)
{
    const struct wf_sdk_recorded_value *value = command->variant.record_value;

    if (value->kind == WF_SDK_VALUE_KIND_VERSION) {
        if (wf_run_check_version(run, value)) {
            wf_run_record_version(run, command);
        }
        return;
    }
    if (!wf_run_check_value(run, value)) {
        return;
    }
    if (value->kind == WF_SDK_VALUE_KIND_SIDE_EFFECT || value->is_fresh || value->is_recorded) {
        wf_run_push_value(run, command);
    }
}
