/*
 * Records: what a simulation did, as data. Every record goes into the trace hash; text is made only for a trace or a
 * report.
 */
#ifndef WF_SIM_CORE_RECORD_H
#define WF_SIM_CORE_RECORD_H

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/time.h"

enum sim_record_kind {
#define SIM_RECORD(NAME, text) SIM_RECORD_##NAME,
#include "sim/core/records.def"
    SIM_RECORD_COUNT,
};

/* Borrowed for the call that it is passed to. */
struct sim_record {
    enum sim_record_kind kind;
    wf_time_ns time_ns;
    uint64_t step;
    struct wf_string node;
    struct wf_string subject; /* a workflow id */
    struct wf_string a;
    struct wf_string b;
    int64_t x;
    int64_t y;
};

const char *sim_record_name(enum sim_record_kind kind);

/* Adds the record to a digest: kind, time, strings with their sizes, numbers. */
void sim_record_hash(const struct sim_record *record, struct wf_digest *digest);

/* Virtual seconds since the run began, right-aligned in 15 columns: "     12.345678s". */
void sim_time_print(wf_time_ns time_ns, struct wf_buffer *out);

/* "worker-1 crashes" */
void sim_record_print_text(const struct sim_record *record, struct wf_buffer *out);

/* "     12.345678s  worker-1 crashes" without a newline. */
void sim_record_print(const struct sim_record *record, struct wf_buffer *out);

#endif
