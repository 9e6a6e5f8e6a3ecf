/* Names of verdicts and causes. */
#include "engine/finding.h"

#include "engine/base/assert.h"

const char *wf_verdict_name(enum wf_verdict verdict)
{
    switch (verdict) {
    case WF_VERDICT_OK:
        return "ok";
    case WF_VERDICT_NONDETERMINISM:
        return "nondeterminism";
    case WF_VERDICT_CODE_FAILED:
        return "code_failed";
    case WF_VERDICT_BAD_HISTORY:
        return "bad_history";
    case WF_VERDICT_SETUP:
        return "setup";
    }
    WF_UNREACHABLE();
}

const char *wf_cause_name(enum wf_cause cause)
{
    switch (cause) {
    case WF_CAUSE_NONE:
        return "none";
    case WF_CAUSE_INSERTED:
        return "inserted";
    case WF_CAUSE_REMOVED:
        return "removed";
    case WF_CAUSE_MOVED:
        return "moved";
    case WF_CAUSE_RENAMED:
        return "renamed";
    case WF_CAUSE_KIND_CHANGED:
        return "kind changed";
    case WF_CAUSE_PATCH_MISSING:
        return "patch missing";
    case WF_CAUSE_CLOSED_EARLY:
        return "closed early";
    case WF_CAUSE_DETAILS_CHANGED:
        return "details changed";
    }
    WF_UNREACHABLE();
}
