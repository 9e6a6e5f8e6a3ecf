/*
 * Where a run waits, in words: one line a strand.
 */
#include "engine/workflow/workflow_run.h"

static void append_duration(struct wf_buffer *out, wf_duration_ns duration)
{
    static const struct {
        const char *name;
        wf_duration_ns unit;
    } units[] = {
        {"day", WF_DAY}, {"hour", WF_HOUR}, {"minute", WF_MINUTE}, {"second", WF_SECOND}, {"ms", WF_MILLISECOND}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (duration >= units[i].unit && duration % units[i].unit == 0) {
            const wf_duration_ns count = duration / units[i].unit;
            const bool is_plural = count != 1 && units[i].unit != WF_MILLISECOND;

            wf_buffer_printf(out, "%lld %s%s", (long long)count, units[i].name, is_plural ? "s" : "");
            return;
        }
    }
    wf_buffer_printf(out, "%lld ns", (long long)duration);
}

static void append_timeout(struct wf_buffer *out, wf_duration_ns timeout)
{
    if (timeout != WF_FOREVER) {
        wf_buffer_append_text(out, " (timeout in ");
        append_duration(out, timeout);
        wf_buffer_append_text(out, ")");
    }
}

static void append_future(struct wf_buffer *out, const struct wf_future *future)
{
    switch (future->kind) {
    case FUTURE_TIMER:
        wf_buffer_printf(out, "timer %u (", future->seq);
        append_duration(out, future->duration);
        wf_buffer_append_text(out, ")");
        break;
    case FUTURE_ACTIVITY:
        wf_buffer_printf(out, "%s %S", future->is_local ? "local activity" : "activity", &future->label);
        break;
    case FUTURE_CHILD:
        wf_buffer_printf(out, "child workflow %S %S", &future->label, &future->child_id);
        break;
    case FUTURE_SIGNAL_EXTERNAL:
        wf_buffer_printf(out, "delivery of signal %S", &future->label);
        break;
    case FUTURE_CANCEL_EXTERNAL:
        wf_buffer_printf(out, "delivery of a cancel request to %S", &future->label);
        break;
    case FUTURE_VALUE:
        wf_buffer_append_text(out, "a recorded value");
        break;
    case FUTURE_NEXUS:
        wf_buffer_printf(out, "Nexus operation %S", &future->label);
        break;
    case FUTURE_CHILD_START:
    case FUTURE_NEXUS_START:
    case FUTURE_SPAWNED:
        wf_buffer_append_text(out, "a spawned function");
        break;
    }
}

static void append_wait(struct wf_buffer *out, const struct wf_strand *strand)
{
    switch (strand->wait) {
    case WAIT_NOTHING:
        wf_buffer_append_text(out, "ready");
        break;
    case WAIT_FUTURE:
        append_future(out, strand->waits_for);
        break;
    case WAIT_FUTURES:
        wf_buffer_printf(out, "%zu steps", strand->wait_count);
        append_timeout(out, strand->wait_timeout);
        break;
    case WAIT_CONDITION:
        wf_buffer_append_text(out, "condition");
        append_timeout(out, strand->wait_timeout);
        break;
    case WAIT_HANDLERS:
        wf_buffer_append_text(out, "the end of all handlers");
        break;
    case WAIT_CHILD_START:
        wf_buffer_printf(out, "start of %s %S",
                         strand->waits_for->kind == FUTURE_NEXUS ? "Nexus operation" : "child workflow",
                         &strand->waits_for->label);
        break;
    case WAIT_ANSWER:
        wf_buffer_append_text(out, "the simulator");
        break;
    }
}

static void append_strand(struct wf_buffer *out, const struct wf_strand *strand)
{
    const struct wf_signal *signal = strand->handler;
    const struct wf_update *update = strand->handler;

    switch (strand->kind) {
    case STRAND_SIGNAL:
        wf_buffer_printf(out, "signal handler %s: ", signal->name);
        break;
    case STRAND_UPDATE:
        wf_buffer_printf(out, "update handler %s: ", update->name);
        break;
    case STRAND_SPAWNED:
        wf_buffer_append_text(out, "spawned: ");
        break;
    case STRAND_MAIN:
    case STRAND_QUERY:
    case STRAND_ATTEMPT:
        break;
    }
    append_wait(out, strand);
    wf_buffer_append_char(out, '\n');
}

void wf_run_describe(const struct wf *wf, struct wf_buffer *out)
{
    for (const struct wf_strand *strand = wf->oldest; strand != NULL; strand = strand->newer) {
        if (strand->kind != STRAND_QUERY) {
            append_strand(out, strand);
        }
    }
}

void wf_instance_describe(const struct wf_instance *instance, struct wf_buffer *out)
{
    wf_run_describe(&instance->run, out);
}
