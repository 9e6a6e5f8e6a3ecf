/*
 * Undo lists: activities that take back what a run did, registered before the calls that they undo and run newest first when
 * it fails. A step that fails does not keep the older ones from being tried, and what failed is told with the failure.
 */
#include "engine/workflow/workflow_run.h"

#include <string.h>

struct undo_step {
    const char *activity;
    struct wf_args args;
    struct wf_options options;
    struct undo_step *older;
};

struct wf_undo {
    struct wf *wf;
    struct undo_step *newest;
};

struct wf_undo *wf_undo_new(struct wf *wf)
{
    struct wf_undo *undo = NULL;

    (void)wf_call(wf, "wf_undo_new");
    undo = wf_take(wf, 1, sizeof *undo);
    undo->wf = wf;
    return undo;
}

static const char *copy_optional(struct wf *wf, const char *text)
{
    return text == NULL ? NULL : wf_copy_text(wf, wf_string_of(text));
}

/* Options point to strings and lists that may be the caller's own. */
static struct wf_options copy_options(struct wf *wf, const struct wf_options *options)
{
    struct wf_options copy = *options;
    const char *const *types = options->retry.non_retryable_error_types;
    const char **copied = NULL;
    size_t count = 0;

    copy.task_queue = copy_optional(wf, options->task_queue);
    copy.activity_id = copy_optional(wf, options->activity_id);
    while (types != NULL && types[count] != NULL) {
        count++;
    }
    if (types != NULL) {
        copied = wf_take(wf, count + 1, sizeof *copied);
        for (size_t i = 0; i < count; i++) {
            copied[i] = wf_copy_text(wf, wf_string_of(types[i]));
        }
        copy.retry.non_retryable_error_types = copied;
    }
    return copy;
}

void wf_undo_add(struct wf_undo *undo, const char *activity, struct wf_args args, const struct wf_options *options)
{
    struct wf *wf = undo->wf;
    struct wf_value *items = NULL;
    struct undo_step *step = NULL;

    (void)wf_call_step(wf, "wf_undo_add");
    if (activity == NULL || options == NULL) {
        wf_run_break(wf, "wf_undo_add needs an activity and its options");
    }
    step = wf_take(wf, 1, sizeof *step);
    items = wf_take(wf, args.count, sizeof *items);
    if (args.count > 0) {
        memcpy(items, args.items, args.count * sizeof *items);
    }
    step->activity = wf_copy_text(wf, wf_string_of(activity));
    step->args = (struct wf_args){items, args.count};
    step->options = copy_options(wf, options);
    step->older = undo->newest;
    undo->newest = step;
}

void wf_undo_clear(struct wf_undo *undo)
{
    (void)wf_call(undo->wf, "wf_undo_clear");
    undo->newest = NULL;
}

/* The innermost message says what happened; the outer ones that an activity failed. */
static const char *root_message(struct wf *wf, wf_error error)
{
    while (wf_error_cause(error) != NULL) {
        error = wf_error_cause(error);
    }
    return wf_error_message(wf, error);
}

/* Puts the failed steps before details that `why` carries already. */
static struct wf_args add_details(struct wf *wf, wf_error why, struct wf_value failed)
{
    const struct wf_payloads *details = why == NULL ? NULL : wf_failure_details(why);
    const size_t older_count = details == NULL ? 0 : details->payloads.count;
    struct wf_value *items = wf_take(wf, older_count + 1, sizeof *items);

    items[0] = failed;
    for (size_t i = 0; i < older_count; i++) {
        items[i + 1] = wf_value_of_payload(&details->payloads.items[i]);
    }
    return (struct wf_args){items, older_count + 1};
}

static wf_error tell(struct wf *wf, wf_error why, struct wf_value failed)
{
    struct wf_failure *told = NULL;

    if (why == NULL || (wf_error_kind(why) != WF_APPLICATION && !wf_failure_is_cancellation(why))) {
        return wf_fail_with(
            wf, &(struct wf_failure_options){.type = "UndoIncomplete", .cause = why, .details = {&failed, 1}},
            "%zu undo steps failed", wf_count(failed));
    }
    told = wf_failure_share(wf, why);
    if (wf_error_kind(why) == WF_APPLICATION) {
        told->failure_info.application_failure_info = wf_take(wf, 1, sizeof(struct wf_application_failure_info));
        *told->failure_info.application_failure_info = *why->failure_info.application_failure_info;
        told->failure_info.application_failure_info->details = wf_details_new(wf, add_details(wf, why, failed));
        return told;
    }
    /* A cancellation stays one, so that the run still closes as canceled. */
    told = wf_canceled_new(wf, "Workflow canceled");
    told->failure_info.canceled_failure_info->details = wf_details_new(
        wf, add_details(wf, wf_error_kind(why) == WF_CANCELED ? why : wf_error_cause(why), failed));
    return told;
}

wf_error wf_undo_run(struct wf_undo *undo, wf_error why)
{
    struct wf *wf = undo->wf;
    size_t step_count = 0;
    size_t failed_count = 0;
    struct wf_value *failed = NULL;

    (void)wf_call_step(wf, "wf_undo_run");
    for (const struct undo_step *step = undo->newest; step != NULL; step = step->older) {
        step_count++;
    }
    failed = wf_take(wf, step_count, sizeof *failed);
    wf_shield_begin(wf);
    while (undo->newest != NULL) {
        struct undo_step *step = undo->newest;
        wf_error error = NULL;

        undo->newest = step->older; /* taken off first, so that no step is ever run twice */
        error = wf_activity(wf, step->activity, step->args, &step->options, NULL);
        if (error != NULL) {
            failed[failed_count++] = wf_object(wf, WF_PAIRS({"activity", wf_text(wf, "%s", step->activity)},
                                                            {"message", wf_text(wf, "%s", root_message(wf, error))}));
        }
    }
    wf_shield_end(wf);
    return failed_count == 0 ? why : tell(wf, why, wf_list(wf, failed, failed_count));
}
