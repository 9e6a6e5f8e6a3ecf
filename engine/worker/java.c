#include "engine/worker/worker_run.h"
const struct wf_family_rules wf_rules_java = {.name = "java", .next_chunk = wf_chunk_next_java};
