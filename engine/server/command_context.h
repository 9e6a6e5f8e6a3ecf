/* One command of a completed workflow task under judgement, for the files that apply commands. */
#ifndef WF_ENGINE_SERVER_COMMAND_CONTEXT_H
#define WF_ENGINE_SERVER_COMMAND_CONTEXT_H

#include "engine/server/change.h"

#define CAUSE(name) WF_WORKFLOW_TASK_FAILED_CAUSE_##name

struct wf_command_context {
    struct wf_change *change;
    const struct wf_command *command;
    int64_t completed_event_id;
    struct wf_string identity;
    const struct wf_svc_respond_workflow_task_completed *request;
    struct wf_command_outcome *outcome;
};

/* ---- apply_commands.c ---- */

void wf_command_refuse(struct wf_command_context *context, int32_t cause, const char *why);

/* 2.2 rule 7: ids and names are bounded, and not empty. */
bool wf_command_id_is_valid(const struct wf_command_context *context, struct wf_string id);

/* 2.2 rule 4: what is too large ends the workflow. */
bool wf_command_is_too_large(struct wf_command_context *context, size_t size_bytes, int32_t cause,
                             const char *why);

/* 2.2 rule 2: what the code said about the command goes on to its event. */
void wf_command_annotate(struct wf_command_context *context);

/* ---- apply_properties.c: memo and search attributes ---- */

void wf_command_upsert_search_attributes(struct wf_command_context *context);
void wf_command_modify_properties(struct wf_command_context *context);

/* Those of a run that a command begins, either of which may be NULL: true when they are wrong, and the command is refused. */
bool wf_command_properties_are_refused(struct wf_command_context *context, const struct wf_memo *memo,
                                       const struct wf_search_attributes *attributes, int32_t memo_cause);

/* ---- apply_relations.c: commands about other workflows ---- */

void wf_command_start_child(struct wf_command_context *context);
void wf_command_signal_external(struct wf_command_context *context);
void wf_command_request_cancel_external(struct wf_command_context *context);

/* ---- update_messages.c ---- */

void wf_command_protocol_message(struct wf_command_context *context);

/* apply_nexus.c */
void wf_command_schedule_nexus(struct wf_command_context *context);
void wf_command_request_cancel_nexus(struct wf_command_context *context);

#endif
