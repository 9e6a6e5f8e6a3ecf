/*
 * A version of workflow code, loaded. The loader (sim/host) fills it; the world runs it. Writable memory of the module is
 * swapped for every simulated worker and reset to the pristine image by a worker's crash (DESIGN section 5 "Modules").
 */
#ifndef WF_SIM_CODE_H
#define WF_SIM_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"

struct wf_module;
struct wf_watch;

/* One writable stretch of the module's memory, outside what the dynamic linker made read-only. */
struct sim_segment {
    void *live;           /* where the code reads and writes it */
    const void *pristine; /* as it was when loaded */
    size_t size_bytes;
};

#define SIM_SEGMENTS_MAX 8

struct sim_code {
    struct wf_string version; /* the name in the scenario: "v1" */
    struct wf_string path;    /* as the user gave it, for messages only */
    const struct wf_module *module;
    uint64_t digest; /* of the source or object: recorded in archives */
    uintptr_t base;  /* where it was loaded */
    struct sim_segment segments[SIM_SEGMENTS_MAX];
    size_t segment_count;
    const struct wf_block_source *stacks; /* of its coroutines, with guard pages; NULL: of the world's memory, without */
    struct wf_watch *watch; /* where hosts of this code report what it does (wf_host_config); NULL: nowhere */
};

#endif
