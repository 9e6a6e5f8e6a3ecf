/* In a frame: the verdict, and for one that is not ok the code of its diagnosis and its message. */
#include "sim/cli/replayed.h"

void cli_replayed_pack(struct wf_buffer *frame, enum wf_verdict verdict, const char *diagnosis, struct wf_string message)
{
    sim_pack_number(frame, verdict);
    if (verdict != WF_VERDICT_OK) {
        sim_pack_code(frame, diagnosis);
        sim_pack_text(frame, message);
    }
}

enum wf_verdict cli_replayed_take(struct cli_replayed *replayed, const char *path, struct wf_string workflow_id,
                                  struct sim_unpacker *frame)
{
    const enum wf_verdict verdict = (enum wf_verdict)sim_unpack_number(frame);

    if (verdict > WF_VERDICT_SETUP) {
        frame->has_failed = true;
        return WF_VERDICT_SETUP;
    }
    replayed->counts.by_verdict[verdict]++;
    if (verdict == WF_VERDICT_OK) {
        return verdict;
    }
    const char *diagnosis = sim_unpack_code(frame);
    const struct wf_string message = sim_unpack_text(frame);
    if (replayed->counts.by_verdict[verdict] == 1) {
        cli_complain("%s: %.*s does not replay: %s [%s]: %.*s", path, (int)workflow_id.size_bytes, workflow_id.data,
                     wf_verdict_name(verdict), diagnosis == NULL ? "no diagnosis" : diagnosis, (int)message.size_bytes, message.data);
    }
    return verdict;
}

uint64_t cli_replayed_none(const struct cli_replayed *replayed)
{
    return replayed->counts.by_verdict[WF_VERDICT_BAD_HISTORY] + replayed->counts.by_verdict[WF_VERDICT_SETUP];
}

uint64_t cli_replayed_part(const struct cli_replayed *replayed)
{
    return replayed->counts.by_verdict[WF_VERDICT_NONDETERMINISM] + replayed->counts.by_verdict[WF_VERDICT_CODE_FAILED];
}
