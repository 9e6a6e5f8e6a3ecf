/* The table of rules, and finding one in it. Lookups happen once a finding, so they walk the table. */
#include "engine/rules.h"

#include "engine/base/assert.h"

const struct wf_rule wf_rules[] = {
#define WF_RULE(id, scope, level, text, source) {id, WF_RULE_##scope, WF_RULE_##level, text, source},
#include "engine/model/rules.def"
};

const size_t wf_rule_count = sizeof wf_rules / sizeof wf_rules[0];

const struct wf_rule *wf_rule_find(struct wf_string id)
{
    for (size_t i = 0; i < wf_rule_count; i++) {
        if (wf_string_is(id, wf_rules[i].id)) {
            return &wf_rules[i];
        }
    }
    return NULL;
}

const char *wf_rule_scope_name(enum wf_rule_scope scope)
{
    switch (scope) {
    case WF_RULE_REPLAY:
        return "replay";
    case WF_RULE_SERVICE:
        return "service";
    case WF_RULE_HISTORY:
        return "history";
    case WF_RULE_RUNS:
        return "runs";
    case WF_RULE_STATE:
        return "state";
    case WF_RULE_TRACE:
        return "trace";
    }
    WF_UNREACHABLE();
}

const char *wf_rule_level_name(enum wf_rule_level level)
{
    switch (level) {
    case WF_RULE_ERROR:
        return "error";
    case WF_RULE_WARNING:
        return "warning";
    case WF_RULE_INFO:
        return "info";
    }
    WF_UNREACHABLE();
}
