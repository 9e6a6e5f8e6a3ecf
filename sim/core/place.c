/* The message moves to the stack, because it is written again where it stands. */
#include "sim/core/place.h"

#include "engine/base/bytes.h"

enum wf_status sim_error_place(struct wf_error *err, const struct sim_config *config, struct sim_place place)
{
    struct wf_error sentence = *err;

    if (place.line == 0 || config->file.size_bytes == 0) {
        return err->status;
    }
    return wf_fail_status(err, sentence.status, "%S:%u:%u: %s", &config->file, place.line, place.column,
                          sentence.message);
}
