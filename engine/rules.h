/*
 * The rules by id: what findings, notes and broken invariants cite.
 */
#ifndef WF_ENGINE_RULES_H
#define WF_ENGINE_RULES_H

#include <stddef.h>

#include "engine/base/bytes.h"

/* What a rule is about, and so what is needed to decide it. */
enum wf_rule_scope {
    WF_RULE_REPLAY,  /* one history and one version of the code */
    WF_RULE_SERVICE, /* a request to the service */
    WF_RULE_HISTORY, /* one history */
    WF_RULE_RUNS,    /* the histories of several runs */
    WF_RULE_STATE,   /* stored state at an instant */
    WF_RULE_TRACE,   /* the trace of a simulation */
};

/* What a breach is by default. */
enum wf_rule_level {
    WF_RULE_ERROR, /* a finding */
    WF_RULE_WARNING,
    WF_RULE_INFO,
};

struct wf_rule {
    const char *id;     /* "act-type", "I36" */
    enum wf_rule_scope scope;
    enum wf_rule_level level;
    const char *text;   /* what holds, as a clause: "event ids count from 1 without a gap" */
    const char *source; /* "replay-rules 2.1" */
};

extern const struct wf_rule wf_rules[];
extern const size_t wf_rule_count;

/* The rule with this id, or NULL. */
const struct wf_rule *wf_rule_find(struct wf_string id);

/* "replay", "service", "history", ... and "error", "warning", "info". */
const char *wf_rule_scope_name(enum wf_rule_scope scope);
const char *wf_rule_level_name(enum wf_rule_level level);

#endif
