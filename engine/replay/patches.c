/* Markers are read by the worker's own readers. */
#include "engine/patches.h"

#include "engine/worker/marker.h"
#include "engine/worker/value_marker.h"

bool wf_patch_mention_read(struct wf_arena *arena, const struct wf_event *event, struct wf_patch_mention *mention)
{
    enum wf_sdk_value_kind kind = WF_SDK_VALUE_KIND_SIDE_EFFECT;
    struct wf_value_marker version;
    struct wf_patch_marker patch;

    if (wf_event_is_patch_marker(event)) {
        if (!wf_patch_marker_read(arena, event, &patch)) {
            return false;
        }
        *mention = (struct wf_patch_mention){.id = patch.patch_id, .is_deprecated = patch.is_deprecated};
        return true;
    }
    if (!wf_event_is_value_marker(event, &kind) || kind != WF_SDK_VALUE_KIND_VERSION ||
        !wf_value_marker_read(arena, event, &version)) {
        return false;
    }
    *mention = (struct wf_patch_mention){.id = version.id, .version = version.version, .is_version = true};
    return true;
}

struct wf_string wf_patch_names_of(const struct wf_event *event)
{
    const struct wf_search_attributes *attributes = NULL;

    if (!wf_event_is_change_version_upsert(event)) {
        return (struct wf_string){NULL, 0};
    }
    attributes = event->attributes.upsert_workflow_search_attributes->search_attributes;
    for (uint32_t i = 0; i < attributes->indexed_fields.count; i++) {
        if (wf_string_is(attributes->indexed_fields.items[i].key, WF_CHANGE_VERSION)) {
            return attributes->indexed_fields.items[i].value.data;
        }
    }
    return (struct wf_string){NULL, 0};
}

bool wf_patch_mention_of_command(const struct wf_sdk_command *command, struct wf_patch_mention *mention)
{
    if (command->variant.any == NULL) {
        return false;
    }
    if (command->variant_case == WF_CASE_sdk_command_set_patch_marker) {
        const struct wf_sdk_set_patch_marker *patch = command->variant.set_patch_marker;

        *mention = (struct wf_patch_mention){.id = patch->patch_id, .is_deprecated = patch->deprecated};
        return true;
    }
    if (command->variant_case == WF_CASE_sdk_command_record_value &&
        command->variant.record_value->kind == WF_SDK_VALUE_KIND_VERSION) {
        const struct wf_sdk_recorded_value *value = command->variant.record_value;

        *mention = (struct wf_patch_mention){.id = value->id,
                                             .version = value->seq != 0 ? value->maximum_version /* it waits for its marker */
                                                                        : value->version,
                                             .minimum = value->minimum_version,
                                             .maximum = value->maximum_version,
                                             .is_version = true};
        return true;
    }
    return false;
}
