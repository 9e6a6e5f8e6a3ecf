/* What the engine and the model came to, brought to one form and compared field by field. */
#ifndef WF_TESTS_MODEL_COMPARE_H
#define WF_TESTS_MODEL_COMPARE_H

#include "tests/model/model.h"

/* Each writes what differs into `out` and returns true when nothing does. */
bool compare_responses(struct wf_arena *arena, const struct wf_svc_response *engine,
                       const struct wf_svc_response *model, struct wf_buffer *out);
bool compare_events(struct wf_arena *arena, const struct wf_event *engine, uint32_t engine_count,
                    const struct wf_event *model, uint32_t model_count, struct wf_buffer *out);

/* The bytes of the batches, one by one, once their events are known to be the same. */
bool compare_batches(const struct wf_db_run_write *engine, const struct model_run *model, struct wf_buffer *out);

/* The state digest: what both keep of a run, without what is the engine's alone. */
bool compare_states(struct wf_arena *arena, const struct wf_state_run *engine, const struct model_run *model,
                    struct wf_buffer *out);

/* The row of a schedule, and what its write decided. */
bool compare_schedules(struct wf_arena *arena, const struct wf_db_write_schedule *engine,
                       const struct wf_db_write_schedule *model, struct wf_buffer *out);

/* Events of batches, decoded. */
struct wf_history_message compare_decode(struct wf_arena *arena, const struct wf_db_run_write *write);

#endif
