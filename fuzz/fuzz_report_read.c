/* Reports of replays, which `merge` reads from other machines: an error with a sentence, or a report that every format writes and
 * that reads back as it was written. */
#include "engine/base/assert.h"
#include "sim/report/report.h"

#define ARENA_BYTES_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static struct wf_string written(struct wf_arena *arena, const struct sim_report *report,
                                void (*write)(const struct sim_report *report, struct wf_buffer *out))
{
    struct wf_buffer out;

    wf_buffer_init(&out, arena);
    write(report, &out);
    return wf_buffer_string(&out);
}

static void read_back(struct wf_arena *arena, const struct sim_report *report)
{
    const struct wf_string first = written(arena, report, sim_report_write_json);
    struct sim_report again;
    struct wf_error err = {0};

    sim_report_init(&again, arena, (struct wf_string){NULL, 0});
    const enum wf_status status = sim_report_read_json(&again, first, &err);
    const struct wf_string second = written(arena, &again, sim_report_write_json);

    if (!arena->is_full) {
        WF_ASSERT(status == WF_OK);
        WF_ASSERT(wf_string_equal(first, second));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct sim_report report;
    struct wf_arena arena;
    struct wf_error err = {0};

    wf_arena_init(&arena, wf_system_blocks(), ARENA_BYTES_MAX);
    sim_report_init(&report, &arena, (struct wf_string){NULL, 0});
    if (sim_report_read_json(&report, (struct wf_string){(const char *)data, size_bytes}, &err) != WF_OK) {
        WF_ASSERT(err.message[0] != '\0');
    } else {
        for (size_t i = 0; i < sim_report_writer_count; i++) {
            (void)written(&arena, &report, sim_report_writers[i].write);
        }
        read_back(&arena, &report);
    }
    wf_arena_deinit(&arena);
    return 0;
}
