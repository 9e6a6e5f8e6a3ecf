/*
 * What clients make of results, and what a query's answer is made of, for the checks: what the worker had applied of the run when it answered, and whether the
 * service process that passed the answer on was the shard's owner then. The simulated processes know nothing of this.
 */
#include "engine/base/json_text.h"
#include "sim/world/parts.h"

static struct sim_asked *find(struct sim_world *world, struct wf_string query_id)
{
    for (uint64_t i = world->asked_count; i > 0 && i + SIM_ASKED_MAX > world->asked_count; i--) {
        struct sim_asked *asked = &world->asked[(i - 1) % SIM_ASKED_MAX];

        if (query_id.size_bytes > 0 &&
            wf_string_equal((struct wf_string){asked->query_id, asked->query_id_bytes}, query_id)) {
            return asked;
        }
    }
    return NULL;
}

void sim_query_ran(struct sim_world *world, struct wf_string query_id, const struct wf_run_view *view)
{
    struct sim_asked *asked = find(world, query_id);

    if (query_id.size_bytes == 0 || query_id.size_bytes > sizeof asked->query_id) {
        return;
    }
    if (asked == NULL) {
        asked = &world->asked[world->asked_count++ % SIM_ASKED_MAX];
    }
    *asked = (struct sim_asked){.query_id_bytes = query_id.size_bytes,
                                .signal_count = view->signal_count,
                                .update_count = view->update_count};
    memcpy(asked->query_id, query_id.data, query_id.size_bytes);
}

void sim_query_passed(struct sim_world *world, int32_t shard_id, int64_t range_id, const struct wf_svc_response *response)
{
    struct sim_asked *asked = response->answer_case == WF_CASE_svc_response_query_answer
                                  ? find(world, response->answer.query_answer->query_id)
                                  : NULL;

    if (asked != NULL) {
        asked->is_from_owner = range_id == world->database.shards[shard_id].range_id;
    }
}

/* Every member that is expected must be there with the same text. */
static bool is_as_expected(struct wf_string result, struct wf_string expected)
{
    struct wf_json_reader reader;
    struct wf_json_token token = {0};

    wf_json_reader_init(&reader, expected);
    if (wf_json_next(&reader, &token, NULL) != WF_OK || token.kind != WF_JSON_OBJECT_BEGIN) {
        return wf_string_equal(result, expected);
    }
    while (wf_json_next(&reader, &token, NULL) == WF_OK && token.kind == WF_JSON_KEY) {
        const struct wf_string key = token.text;
        struct wf_string wanted = {0};

        if (wf_json_next(&reader, &token, NULL) != WF_OK ||
            wf_json_skip(&reader, &token, &wanted, NULL) != WF_OK ||
            !wf_string_equal(wf_json_member(result, key), wanted)) {
            return false;
        }
    }
    return true;
}

void sim_client_judge(struct sim_world *world, const struct sim_send *send, struct wf_string result)
{
    if (send->client != NULL && send->client->expect.size_bytes > 0 &&
        !is_as_expected(result, send->client->expect)) {
        sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_QUERY_WRONG,
                                                    .node = world->nodes[send->node].name,
                                                    .subject = send->workflow->id,
                                                    .a = send->name,
                                                    .b = result});
    }
}

static void judge_query(struct sim_world *world, const struct sim_send *send, const struct wf_svc_query_answer *answer)
{
    const struct wf_string result = answer->result == NULL || answer->result->payloads.count == 0
                                        ? WF_STR("null")
                                        : answer->result->payloads.items[0].data;

    sim_client_judge(world, send, result);
}

void sim_query_heard(struct sim_world *world, const struct sim_send *send, const struct wf_svc_query_answer *answer)
{
    const struct sim_asked *asked = find(world, answer->query_id);

    judge_query(world, send, answer);
    if (asked != NULL && asked->is_from_owner) {
        sim_world_record(world, (struct sim_record){
                                    .kind = SIM_RECORD_QUERIED,
                                    .node = world->nodes[send->node].name,
                                    .subject = send->workflow->id,
                                    .a = send->name,
                                    .x = (int64_t)send->number,
                                    .y = (int64_t)((uint64_t)asked->signal_count << 32 | asked->update_count)});
    }
}
