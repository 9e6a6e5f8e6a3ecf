/*
 * What is common to all machines: their tables as data, finding them by number and by event, and
 * feeding them. A step goes through the machine's own switch, made from its table; the tables as
 * data serve messages and tests.
 */
#include "engine/worker/machine.h"

#include "engine/base/assert.h"
#include "engine/worker/worker_run.h"

#define WF_MACHINE(MACHINE, name, official_name, official_type, what)                              \
    static const char *const states_##name[] = {
#define WF_STATE(MACHINE, STATE, official_state) [WF_##MACHINE##_##STATE] = official_state,
#define WF_MACHINE_ROWS(MACHINE)                                                                   \
    }                                                                                              \
    ;
#include "engine/worker/machines.def"

#define WF_MACHINE(MACHINE, name, official_name, official_type, what)                              \
    static const struct wf_transition rows_##name[] = {
#define WF_ON_EVENT(MACHINE, FROM, EVENT, TO, action)                                              \
    {WF_##MACHINE##_##FROM, WF_EVENT_TYPE_##EVENT, WF_##MACHINE##_##TO},
#define WF_ON_REQUEST(MACHINE, FROM, REQUEST, TO, action)                                          \
    {WF_##MACHINE##_##FROM, WF_REQUEST_##REQUEST, WF_##MACHINE##_##TO},
#define WF_MACHINE_END(MACHINE)                                                                    \
    }                                                                                              \
    ;
#include "engine/worker/machines.def"

#define WF_MACHINE(MACHINE, name, official_name, official_type, what)                              \
    static const uint64_t events_##name = 0
#define WF_ON_EVENT(MACHINE, FROM, EVENT, TO, action) | (UINT64_C(1) << WF_EVENT_TYPE_##EVENT)
#define WF_MACHINE_END(MACHINE) ;
#include "engine/worker/machines.def"

const struct wf_machine_type wf_machine_types[WF_MACHINE_KIND_COUNT] = {
#define WF_MACHINE(MACHINE, name, official_name, official_type, what)                              \
    [WF_MACHINE_##MACHINE] = {official_name, official_type,                                        \
                              what,          states_##name,                                        \
                              rows_##name,   sizeof rows_##name / sizeof rows_##name[0],           \
                              events_##name},
#include "engine/worker/machines.def"
};

bool wf_machine_step(struct wf_run *run, struct wf_machine *machine,
                     const struct wf_machine_input *in)
{
    switch ((enum wf_machine_kind)machine->kind) {
#define WF_MACHINE(MACHINE, name, official_name, official_type, what)                              \
    case WF_MACHINE_##MACHINE:                                                                     \
        return wf_machine_step_##name(run, machine, in);
#include "engine/worker/machines.def"
    }
    WF_UNREACHABLE();
}

void wf_machine_event(struct wf_run *run, struct wf_machine *machine, const struct wf_event *event,
                      struct wf_queued *queued)
{
    const struct wf_machine_input in = {
        .input = event->event_type, .event = event, .queued = queued};
    const uint64_t bit = UINT64_C(1) << (unsigned)event->event_type;

    WF_ASSERT(event->event_type > 0 && event->event_type < WF_EVENT_TYPE_COUNT);
    if (wf_machine_step(run, machine, &in)) {
        return;
    }
    /* An event of another kind of machine is nondeterminism; one of this kind at a wrong moment is
     * Fatal (replay-rules 2.1). */
    if ((wf_machine_types[machine->kind].events & bit) == 0) {
        wf_diverge_kind(run, machine, event, queued);
    } else {
        wf_diverge_state(run, machine, event, queued);
    }
}

void wf_action_remember_origin(struct wf_run *run, struct wf_machine *machine,
                               const struct wf_machine_input *in)
{
    (void)run;
    machine->origin = in->event;
}

/* ---- Finding machines ---- */

static bool index_by_seq(struct wf_run *run, struct wf_machine *machine)
{
    struct wf_machine ***table = &run->by_seq[machine->kind];
    void *items = *table;

    if (machine->seq >= run->by_seq_capacity[machine->kind] &&
        !wf_run_grow(run, &items, &run->by_seq_capacity[machine->kind], machine->seq + 1,
                     sizeof **table)) {
        return false;
    }
    *table = items;
    (*table)[machine->seq] = machine;
    return true;
}

struct wf_machine *wf_run_add_machine(struct wf_run *run, enum wf_machine_kind kind, uint32_t seq)
{
    const bool is_keyed = kind < WF_MACHINE_KEYED_COUNT;
    struct wf_machine *machine = NULL;

    if (is_keyed && (seq > WF_SEQ_MAX || wf_run_machine(run, kind, seq) != NULL)) {
        wf_diverge_code(run, "the code used number %u for %s %s", seq, wf_machine_types[kind].what,
                        seq > WF_SEQ_MAX ? "and numbers go up by one" : "twice");
        return NULL;
    }
    machine = WF_RUN_NEW(run, struct wf_machine);
    if (machine == NULL) {
        return NULL;
    }
    machine->kind = (uint8_t)kind;
    machine->seq = seq;
    return is_keyed && !index_by_seq(run, machine) ? NULL : machine;
}

struct wf_machine *wf_run_machine(const struct wf_run *run, enum wf_machine_kind kind, uint32_t seq)
{
    WF_ASSERT(kind < WF_MACHINE_KEYED_COUNT);
    return seq < run->by_seq_capacity[kind] ? run->by_seq[kind][seq] : NULL;
}

struct wf_machine *wf_run_owner(const struct wf_run *run, int64_t event_id)
{
    return event_id > 0 && event_id < run->by_event_capacity ? run->by_event[event_id] : NULL;
}

void wf_run_set_owner(struct wf_run *run, int64_t event_id, struct wf_machine *machine)
{
    WF_ASSERT(event_id > 0 && event_id < UINT32_MAX);
    if (event_id >= run->by_event_capacity) {
        uint32_t capacity = (uint32_t)run->by_event_capacity;
        void *items = run->by_event;

        if (!wf_run_grow(run, &items, &capacity, (uint32_t)event_id + 1, sizeof *run->by_event)) {
            return;
        }
        run->by_event = items;
        run->by_event_capacity = capacity;
    }
    run->by_event[event_id] = machine;
}
