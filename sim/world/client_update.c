/*
 * Clients that update workflows. A call waits in the service for a while and comes back with what the update is by then; the
 * client asks again until it is what it waits for: with the same update id, so that the service knows the update again, and
 * once it is accepted only for its outcome.
 *
 * Source: engine-semantics 7.8.
 */
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/codec.h"
#include "sim/world/parts.h"

#define TOTAL_PATIENCE_NS (3600 * WF_NS_PER_S) /* of a client whose calls are answered, but not for good */

#define STAGE(name) WF_UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_##name

/* The service must answer before the caller gives up on the call. */
static int64_t wait_of(const struct sim_world *world)
{
    return world->rpc_timeout_ns / 2;
}

struct wf_svc_update_workflow *sim_update_request(struct sim_world *world, const struct sim_update_model *model)
{
    struct wf_arena *arena = &world->step_arena;
    struct wf_svc_update_workflow *body = WF_ARENA_NEW(arena, struct wf_svc_update_workflow);
    struct wf_update_request *request = WF_ARENA_NEW(arena, struct wf_update_request);
    struct wf_update_meta *meta = WF_ARENA_NEW(arena, struct wf_update_meta);
    struct wf_update_input *input = WF_ARENA_NEW(arena, struct wf_update_input);

    if (body == NULL || request == NULL || meta == NULL || input == NULL || model->arguments == NULL) {
        return NULL;
    }
    meta->update_id = model->update_id;
    meta->identity = model->identity;
    input->name = model->name;
    input->args = model->arguments;
    request->meta = meta;
    request->input = input;
    body->workflow_execution = model->execution;
    body->request = request;
    body->wait_stage = model->wait_stage == 0 ? STAGE(COMPLETED) : model->wait_stage;
    body->wait_ns = wait_of(world);
    return body;
}

void sim_update_begin(struct sim_world *world, struct sim_send *send)
{
    const struct wf_svc_request *envelope = send->content->request;
    const struct wf_svc_update_workflow *request = NULL;

    if (envelope->call_case == WF_CASE_svc_request_update_workflow) {
        request = envelope->call.update_workflow;
    } else if (envelope->call_case == WF_CASE_svc_request_update_with_start) {
        request = envelope->call.update_with_start->update;
    } else {
        return;
    }
    send->update = sim_world_take(world, sizeof *send->update);
    if (send->update != NULL) {
        send->update->request = request;
        send->update->patience_ns = world->loop.now_ns + TOTAL_PATIENCE_NS;
    }
}

static void end_polling(struct sim_world *world, struct sim_send *send)
{
    if (send->update->poll != NULL) {
        sim_content_release(world, send->update->poll);
        send->update->poll = NULL;
    }
}

void sim_update_end(struct sim_world *world, struct sim_send *send)
{
    if (send->update != NULL) {
        end_polling(world, send);
        sim_world_give(world, send->update, sizeof *send->update);
        send->update = NULL;
    }
}

static struct wf_string id_of(const struct sim_send *send)
{
    return send->update->request->request->meta->update_id;
}

/* ---- Answers ---- */

static struct wf_string text_of(const struct wf_svc_update_answer *answer)
{
    switch ((enum wf_update_verdict)answer->verdict) {
    case WF_UPDATE_VERDICT_ACCEPTED:
        return WF_STR("accepted");
    case WF_UPDATE_VERDICT_REJECTED:
        return WF_STR("rejected");
    case WF_UPDATE_VERDICT_ABORTED:
        return WF_STR("aborted");
    case WF_UPDATE_VERDICT_COMPLETED:
        return answer->outcome != NULL && answer->outcome->value_case == WF_CASE_update_outcome_failure
                   ? WF_STR("failed")
                   : WF_STR("completed");
    case WF_UPDATE_UNDECIDED:
        break;
    }
    return WF_STR("admitted");
}

uint64_t sim_update_digest(struct wf_arena *arena, const struct wf_update_outcome *outcome)
{
    struct wf_buffer bytes;

    if (outcome == NULL) {
        return 0;
    }
    wf_buffer_init(&bytes, arena);
    wf_wire_encode(&wf_type_update_outcome, outcome, &bytes);
    return wf_hash_bytes(bytes.data, bytes.size_bytes);
}

/* How a call that was sent again was taken: as new, what the service had known of it was lost; or recognised. */
static int64_t recognition_of(const struct sim_send *send, const struct wf_svc_update_answer *answer)
{
    if (send->tries == 0 || send->update->poll != NULL) {
        return SIM_UPDATE_FIRST;
    }
    return answer->source == WF_UPDATE_WAS_STORED       ? SIM_UPDATE_STORED
           : answer->source == WF_UPDATE_WAS_REGISTERED ? SIM_UPDATE_JOINED
                                                        : SIM_UPDATE_AGAIN;
}

static void record_answer(struct sim_world *world, const struct sim_send *send,
                          const struct wf_svc_update_answer *answer)
{
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_UPDATE,
                                                .node = world->nodes[send->node].name,
                                                .subject = send->workflow->id,
                                                .a = id_of(send),
                                                .b = text_of(answer),
                                                .x = (int64_t)sim_update_digest(&world->step_arena, answer->outcome),
                                                .y = recognition_of(send, answer)});
}

static void judge(struct sim_world *world, const struct sim_send *send, const struct wf_svc_update_answer *answer)
{
    const bool has_result = answer->outcome != NULL && answer->outcome->value_case == WF_CASE_update_outcome_success &&
                            answer->outcome->value.success->payloads.count > 0;
    const struct wf_string result = has_result ? answer->outcome->value.success->payloads.items[0].data
                                               : WF_STR("null");

    if (answer->verdict == WF_UPDATE_VERDICT_COMPLETED && send->client != NULL) {
        sim_client_judge(world, send, result);
    }
}

/* From now on only the outcome is asked for, of the run that has the update. */
static void begin_polling(struct sim_world *world, struct sim_send *send, struct wf_string run_id)
{
    struct wf_workflow_execution execution = {.workflow_id = send->workflow->id, .run_id = run_id};
    struct wf_svc_poll_update body = {.workflow_execution = &execution,
                                      .update_id = id_of(send),
                                      .wait_stage = send->update->request->wait_stage,
                                      .wait_ns = wait_of(world)};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_poll_update,
                                           .call = {.poll_update = &body}};

    if (send->update->poll == NULL) {
        send->update->poll = sim_content_new(world, SIM_MESSAGE_REQUEST, &request);
    }
}

static void take_answer(struct sim_world *world, struct sim_send *send, const struct wf_svc_response *response)
{
    const struct wf_svc_update_answer *answer = response->answer.update_answer;

    record_answer(world, send, answer);
    send->tries = 0;
    if (answer->stage >= send->update->request->wait_stage) {
        judge(world, send, answer);
        sim_client_end(world, send, text_of(answer), response);
    } else if (world->loop.now_ns >= send->update->patience_ns) {
        sim_client_end(world, send, WF_STR("unknown"), response);
    } else {
        send->give_up_ns = world->loop.now_ns + SIM_SEND_PATIENCE_NS;
        if (answer->stage >= STAGE(ACCEPTED)) {
            begin_polling(world, send, answer->run_id);
        }
        sim_client_try(world, send);
    }
}

void sim_update_answered(struct sim_world *world, struct sim_send *send, const struct wf_svc_response *response,
                         int64_t backoff_ns)
{
    if (response->status == WF_CALL_OK && response->answer_case == WF_CASE_svc_response_update_answer) {
        take_answer(world, send, response);
    } else if (wf_call_is_retried(response->status)) {
        sim_client_try_later(world, send, response, backoff_ns);
    } else if (response->status == WF_CALL_NOT_FOUND && send->update->poll != NULL) {
        /* An owner from the past may say so; the update itself is asked for once more. */
        end_polling(world, send);
        sim_client_try_later(world, send, response, backoff_ns);
    } else {
        sim_client_end(world, send, response->status == WF_CALL_NOT_FOUND ? WF_STR("not found") : WF_STR("refused"),
                       response);
    }
}
