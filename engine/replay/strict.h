/* Notes that a policy makes findings. Private to the engine. */
#ifndef WF_ENGINE_REPLAY_STRICT_H
#define WF_ENGINE_REPLAY_STRICT_H

#include "engine/replay.h"

/* Makes the first note that the policies call a finding the verdict, unless there is one already. */
void wf_strict_judge(struct wf_arena *arena, const uint8_t *policies, struct wf_replay_result *result);

#endif
