/* What the verifiers of one history share: its events, what is known of them, and how to say what is wrong. */
#ifndef WF_SIM_CHECK_HISTORY_FACTS_H
#define WF_SIM_CHECK_HISTORY_FACTS_H

#include "engine/base/map.h"
#include "engine/time.h"
#include "sim/check/check_history.h"

#define SIM_CLOCK_DIGIT_NS WF_NS_PER_MS /* what every comparison of two times allows */

/* A set of event types. */
typedef uint64_t sim_event_types;
#define SIM_TYPE(NAME) (UINT64_C(1) << WF_EVENT_TYPE_##NAME)

struct sim_history_facts {
    struct wf_arena *arena;
    const struct wf_event *events; /* events[id - 1] once the ids are known to be 1 to n */
    uint32_t count;
    bool is_foreign;
    bool verifies_encoding;
    bool has_other_options;
    int64_t tolerance_ns; /* of times: the clocks' last digit, and how far apart they may be */
    bool is_reset;      /* made by a reset: copies break the turns of tasks and request ids */
    bool is_paused;     /* was paused at some time */
    bool *is_sound;     /* by index: attributes of the event's type, and every reference right */
    uint32_t *block_of; /* by index: the WorkflowTaskCompleted whose command block it lies in, + 1; 0: none */
    struct sim_history_findings *findings;
    bool is_full;
};

/* Adds a finding: "I36", the event, and a sentence in the form of wf_buffer_printf. */
void sim_history_find(struct sim_history_facts *facts, const char *invariant, uint32_t index, const char *format, ...);

static inline bool sim_event_is_one_of(const struct wf_event *event, sim_event_types types)
{
    return event->event_type > 0 && event->event_type < WF_EVENT_TYPE_COUNT && (types >> event->event_type & 1) != 0;
}

/* "event 12 ActivityTaskCompleted" is printed with "event %lld %s" and these two. */
#define SIM_EVENT_ARGS(facts, index)                                                                                   \
    (long long)(facts)->events[index].event_id, wf_event_type_name((facts)->events[index].event_type)

/* The index of the next event of the types at or after index; count when there is none. */
uint32_t sim_history_next(const struct sim_history_facts *facts, uint32_t index, sim_event_types types);

/* Left minus right in nanoseconds, saturating. */
int64_t sim_time_difference(struct wf_timestamp left, struct wf_timestamp right);

/* check_history_tasks.c: I13 to I15, I18 to I22, I30 to I33, I35. */
void sim_history_check_tasks(struct sim_history_facts *facts);
/* check_history_steps.c: I36 to I43, I50 to I52, I60, I63, I64. */
void sim_history_check_steps(struct sim_history_facts *facts);
/* check_history_messages.c: I55, I59, I71, I72. */
void sim_history_check_messages(struct sim_history_facts *facts);
/* check_history_times.c: I23, I26, I27, I44, I49, I54. */
void sim_history_check_times(struct sim_history_facts *facts);
/* check_history_run.c: I10, I12, I58, I80, I83, I100. */
void sim_history_check_run(struct sim_history_facts *facts);
/* check_history_versions.c: I103. */
void sim_history_check_versions(struct sim_history_facts *facts);

#endif
