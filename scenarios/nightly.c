/*
 * A report every night, by a cron schedule, of a workflow that is tried again when it fails. Each run tells the next one how
 * far it came; a failure before it says why. What a night's report is called comes from the night, not from the run: a retry
 * must not send it twice.
 */
#include "wfsim.h"

static const struct wf_options source = {.start_to_close = 5 * WF_MINUTE, .retry = {.maximum_attempts = 2}};
static const struct wf_options mailer = {.start_to_close = WF_MINUTE};

/* What went before this run. */
static struct wf_value before(struct wf *wf)
{
    const struct wf_info *info = wf_info(wf);

    if (info->last_failure != NULL) {
        return wf_text(wf, "%s after %s", info->attempt > 1 ? "tried again" : "a new night",
                       wf_caused_by(info->last_failure, WF_APPLICATION, "BadFigures") ? "bad figures" : "trouble");
    }
    return wf_text(wf, wf_kind_of(info->last_result) == WF_VALUE_ABSENT ? "the first night" : "a new night");
}

static wf_error nightly_report(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const long long night = (long long)(wf_now(wf) / WF_DAY);
    const struct wf_value name = wf_text(wf, "report-%lld", night);
    const struct wf_child_options delivery = {
        .workflow_id = wf_as_text(wf, wf_text(wf, "delivery-%lld", night)),
        .id_reuse = WF_ID_REUSE_AFTER_FAILURE, /* a night that was delivered is not delivered again */
        .retry = {.initial_interval = WF_MINUTE, .maximum_attempts = 5},
        .parent_close = WF_CHILD_GOES_ON};
    struct wf_value figures;
    wf_error error;

    (void)state;
    (void)args;
    wf_memo_set(wf, WF_PAIRS({"night", wf_integer(wf, night)}));
    error = wf_activity(wf, "collect", WF_ARGS(name), &source, &figures);
    if (!error) {
        error = wf_child(wf, "Delivery", WF_ARGS(name, figures), &delivery, NULL);
        if (wf_caused_by(error, WF_APPLICATION, "WorkflowAlreadyStarted")) {
            error = NULL;
        }
    }
    if (error) {
        return wf_caused_by(error, WF_APPLICATION, "BadFigures") ? wf_fail(wf, "BadFigures", error, "for the auditors")
                                                                 : error;
    }
    *result = before(wf);
    return NULL;
}

/* Fails as a whole until the mail is out: its retry policy is its parent's choice. */
static wf_error delivery(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    struct wf_options once = mailer;

    (void)state;
    (void)result;
    once.retry.maximum_attempts = 1;
    return wf_activity(wf, "send_report", args, &once, NULL);
}

/* Lives for two days; a child with a schedule of its own cleans up until then, and ends with it. */
static wf_error office(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_child_options every_six_hours = {.workflow_id = "cleaner", .cron_schedule = "@every 6h"};
    struct wf_future *cleaner = wf_child_start(wf, "Cleaner", WF_NO_ARGS, &every_six_hours);
    wf_error error = wf_child_started(wf, cleaner, NULL);

    (void)state;
    (void)args;
    if (!error) {
        error = wf_sleep(wf, 2 * WF_DAY);
    }
    *result = wf_memo(wf, "city");
    return error;
}

static wf_error cleaner(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const int64_t round = wf_as_integer(wf_info(wf)->last_result, 0) + 1;

    (void)state;
    (void)args;
    *result = wf_integer(wf, round);
    return wf_activity(wf, "clean", WF_ARGS(*result), &mailer, NULL);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "NightlyReport", .run = nightly_report},
    {.name = "Delivery", .run = delivery},
    {.name = "Office", .run = office},
    {.name = "Cleaner", .run = cleaner},
    {.name = NULL}}};
