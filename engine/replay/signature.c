/* What stays the same when the same mistake shows in another run: kinds and names of steps, words, no ids and no values. */
#include "engine/base/hash.h"
#include "engine/finding.h"
#include "engine/history.h"
#include "engine/replay/identity.h"
#include "engine/replay/scrub.h"

static uint64_t mix_text(uint64_t digest, struct wf_string text)
{
    return wf_hash_mix(digest, wf_hash_bytes(text.data, text.size_bytes));
}

static uint64_t mix_code(uint64_t digest, const char *code)
{
    return mix_text(digest, wf_string_of(code != NULL ? code : ""));
}

static uint64_t mix_step(uint64_t digest, struct wf_identity identity)
{
    return mix_text(wf_hash_mix(digest, (uint64_t)identity.event_type), identity.name);
}

/* Not the stack: it moves with every change of the code. */
static uint64_t mix_failure(struct wf_arena *arena, uint64_t digest, const struct wf_failure *failure,
                            const struct wf_history *history)
{
    const struct wf_string ids[] = {history->workflow_id, history->run_id};

    for (; failure != NULL; failure = failure->cause) {
        struct wf_buffer text;

        wf_buffer_init(&text, arena);
        wf_scrub(failure->message, ids, sizeof ids / sizeof ids[0], &text);
        digest = mix_text(digest, wf_buffer_string(&text));
        if (failure->failure_info_case == WF_CASE_failure_application_failure_info) {
            digest = mix_text(digest, failure->failure_info.application_failure_info->type);
        }
    }
    return digest;
}

uint64_t wf_finding_signature(struct wf_arena *arena, const struct wf_finding *finding, const struct wf_history *history)
{
    const struct wf_identity nothing = {0};
    uint64_t digest = mix_text(0, history->workflow_type);

    /* Names, not numbers of ours: people keep signatures in files. */
    digest = mix_code(digest, wf_verdict_name(finding->verdict));
    digest = mix_code(digest, wf_cause_name(finding->cause));
    digest = mix_code(digest, finding->diagnosis);
    digest = mix_code(digest, finding->rule);
    digest = mix_step(digest, finding->event != NULL ? wf_identity_of_event(arena, finding->event) : nothing);
    digest = mix_step(digest, finding->command != NULL ? wf_identity_of_command(arena, finding->command) : nothing);
    digest = mix_failure(arena, digest, finding->failure, history);
    return digest != 0 ? digest : 1;
}
