/* Comparing a command event with a command as Go does. Private to the engine. Source: replay-rules 2.3. */
#ifndef WF_ENGINE_WORKER_PAIRS_H
#define WF_ENGINE_WORKER_PAIRS_H

#include "engine/worker/worker_run.h"

/* False when they differ: names then says in what; kind COMMAND_KIND when they are of different kinds. */
bool wf_pair_is_same(struct wf_run *run, const struct wf_event *event, struct wf_queued *queued, struct wf_names *names);

#endif
