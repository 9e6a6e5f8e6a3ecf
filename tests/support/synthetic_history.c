#include "tests/support/synthetic_history.h"

#include "tests/support/test.h"

struct maker {
    struct wf_arena *arena;
    struct wf_history *history;
    uint32_t event_count;
    uint64_t random;
    int64_t seconds;
    int32_t nanos;
    int64_t task_id;
    struct wf_string queue;
    struct wf_string identity;
    int64_t last_completed; /* the last WorkflowTaskCompleted */
};

static uint64_t draw(struct maker *maker)
{
    maker->random += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = maker->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static struct wf_string format(struct maker *maker, const char *pattern, unsigned number)
{
    struct wf_buffer text;

    wf_buffer_init(&text, maker->arena);
    wf_buffer_printf(&text, pattern, number);
    return wf_buffer_string(&text);
}

static struct wf_string pick(struct maker *maker, const char *const *texts, size_t count)
{
    return wf_string_of(texts[draw(maker) % count]);
}

#define PICK(maker, texts) pick((maker), (texts), TEST_COUNT(texts))

static struct wf_string uuid(struct maker *maker)
{
    struct wf_buffer text;
    const uint64_t high = draw(maker);
    const uint64_t low = draw(maker);

    wf_buffer_init(&text, maker->arena);
    wf_buffer_printf(&text, "%08x-%04x-%04x-%04x-%04x%08x", (unsigned)(high >> 32),
                     (unsigned)(high >> 16 & 0xffff), (unsigned)(0x4000 | (high & 0x0fff)),
                     (unsigned)(0x8000 | (low >> 48 & 0x3fff)), (unsigned)(low >> 32 & 0xffff),
                     (unsigned)low);
    return wf_buffer_string(&text);
}

static struct wf_payload payload(struct maker *maker, struct wf_string data)
{
    struct wf_payload made = {.data = data};
    struct wf_entry_string *entry = WF_LIST_APPEND(maker->arena, made.metadata);

    *entry = (struct wf_entry_string){WF_STR("encoding"), WF_STR("json/plain")};
    return made;
}

static struct wf_string json_data(struct maker *maker)
{
    static const char *const names[] = {"order_id", "customer_id", "amount_cents", "status",
                                        "tracking_number"};
    struct wf_buffer text;

    wf_buffer_init(&text, maker->arena);
    switch (draw(maker) % 5) {
    case 0:
        wf_buffer_printf(&text, "\"order-%u\"", (unsigned)(draw(maker) % 10000));
        break;
    case 1:
        wf_buffer_printf(&text, "{\"%s\":\"%s-%u\",\"attempt\":%u,\"ok\":true}",
                         names[draw(maker) % TEST_COUNT(names)],
                         names[draw(maker) % TEST_COUNT(names)], (unsigned)(draw(maker) % 100000),
                         (unsigned)(draw(maker) % 9));
        break;
    case 2:
        wf_buffer_printf(&text, "%u", (unsigned)(draw(maker) % 1000000));
        break;
    case 3:
        wf_buffer_append_text(&text, "null");
        break;
    default:
        wf_buffer_printf(&text,
                         "{\"items\":[{\"sku\":\"SKU-%u\",\"quantity\":%u},{\"sku\":\"SKU-%u\","
                         "\"quantity\":1}]}",
                         (unsigned)(draw(maker) % 1000), (unsigned)(1 + draw(maker) % 5),
                         (unsigned)(draw(maker) % 1000));
        break;
    }
    return wf_buffer_string(&text);
}

static struct wf_payloads *payloads(struct maker *maker)
{
    struct wf_payloads *made = WF_ARENA_NEW(maker->arena, struct wf_payloads);

    *(struct wf_payload *)WF_LIST_APPEND(maker->arena, made->payloads) = payload(maker,
                                                                                 json_data(maker));
    return made;
}

static struct wf_task_queue *task_queue(struct maker *maker, bool is_sticky)
{
    struct wf_task_queue *made = WF_ARENA_NEW(maker->arena, struct wf_task_queue);

    made->kind = is_sticky ? WF_TASK_QUEUE_KIND_STICKY : WF_TASK_QUEUE_KIND_NORMAL;
    made->name = maker->queue;
    if (is_sticky) {
        made->name = uuid(maker);
        made->normal_name = maker->queue;
    }
    return made;
}

static struct wf_timestamp duration(int64_t seconds)
{
    return (struct wf_timestamp){seconds, 0, true};
}

/* The next event, with attributes of the type that its number says. */
static struct wf_event *add(struct maker *maker, enum wf_event_type type)
{
    const struct wf_event_descriptor *descriptor = &wf_event_descriptors[type];
    struct wf_event *event = &maker->history->events[maker->history->event_count++];

    maker->nanos += (int32_t)(draw(maker) % 90000000);
    maker->seconds += maker->nanos / 1000000000;
    maker->nanos %= 1000000000;
    maker->task_id += 1 + (int64_t)(draw(maker) % 5);
    event->event_id = (int64_t)maker->history->event_count;
    event->event_time = (struct wf_timestamp){maker->seconds, maker->nanos, true};
    event->event_type = (int32_t)type;
    event->task_id = maker->task_id;
    event->attributes_case = descriptor->oneof_number;
    event->attributes.any = wf_message_new(maker->arena, descriptor->attributes);
    return event;
}

static void add_started(struct maker *maker)
{
    static const char *const types[] = {"OrderSaga",        "ExpenseApproval",
                                        "HarvestWorkflow",  "SubscriptionWorkflow",
                                        "ProvisionCluster", "invoice.collect"};
    struct wf_event_workflow_execution_started *started =
        add(maker, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)->attributes.workflow_execution_started;

    started->workflow_type = WF_ARENA_NEW(maker->arena, struct wf_workflow_type);
    started->workflow_type->name = PICK(maker, types);
    started->task_queue = task_queue(maker, false);
    started->input = payloads(maker);
    started->workflow_execution_timeout = duration(0);
    started->workflow_run_timeout = duration(0);
    started->workflow_task_timeout = duration(10);
    started->original_execution_run_id = uuid(maker);
    started->first_execution_run_id = started->original_execution_run_id;
    started->identity = maker->identity;
    started->attempt = 1;
    started->first_workflow_task_backoff = duration(0);
    started->header = WF_ARENA_NEW(maker->arena, struct wf_header);
    started->workflow_id = format(maker, "order-%u", (unsigned)(draw(maker) % 100000));
}

/* Scheduled, started, completed: the three events of a workflow task. */
static void add_task(struct maker *maker, bool is_sticky)
{
    struct wf_event_workflow_task_scheduled *scheduled =
        add(maker, WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED)->attributes.workflow_task_scheduled;
    struct wf_event_workflow_task_started *started = NULL;
    struct wf_event_workflow_task_completed *completed = NULL;
    const int64_t scheduled_id = (int64_t)maker->history->event_count;

    scheduled->task_queue = task_queue(maker, is_sticky);
    scheduled->start_to_close_timeout = duration(10);
    scheduled->attempt = 1;
    started = add(maker, WF_EVENT_TYPE_WORKFLOW_TASK_STARTED)->attributes.workflow_task_started;
    started->scheduled_event_id = scheduled_id;
    started->identity = maker->identity;
    started->request_id = uuid(maker);
    started->history_size_bytes = scheduled_id * 150;
    completed =
        add(maker, WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED)->attributes.workflow_task_completed;
    completed->scheduled_event_id = scheduled_id;
    completed->started_event_id = scheduled_id + 1;
    completed->identity = maker->identity;
    completed->sdk_metadata = WF_ARENA_NEW(maker->arena,
                                           struct wf_workflow_task_completed_metadata);
    completed->metering_metadata = WF_ARENA_NEW(maker->arena, struct wf_metering_metadata);
    maker->last_completed = (int64_t)maker->history->event_count;
}

static void add_activity(struct maker *maker)
{
    static const char *const names[] = {"reserve_inventory", "charge_payment", "ship_order",
                                        "send_email",        "download_data",  "parse_data"};
    struct wf_event_activity_task_scheduled *scheduled =
        add(maker, WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)->attributes.activity_task_scheduled;
    struct wf_event_activity_task_started *started = NULL;
    struct wf_event_activity_task_completed *completed = NULL;
    const int64_t scheduled_id = (int64_t)maker->history->event_count;

    scheduled->activity_id = format(maker, "%u", (unsigned)(scheduled_id % 1000));
    scheduled->activity_type = WF_ARENA_NEW(maker->arena, struct wf_activity_type);
    scheduled->activity_type->name = PICK(maker, names);
    scheduled->task_queue = task_queue(maker, false);
    scheduled->header = WF_ARENA_NEW(maker->arena, struct wf_header);
    scheduled->input = payloads(maker);
    scheduled->schedule_to_close_timeout = duration(0);
    scheduled->schedule_to_start_timeout = duration(0);
    scheduled->start_to_close_timeout = duration(30);
    scheduled->heartbeat_timeout = duration(0);
    scheduled->workflow_task_completed_event_id = maker->last_completed;
    scheduled->retry_policy = WF_ARENA_NEW(maker->arena, struct wf_retry_policy);
    scheduled->retry_policy->initial_interval = duration(1);
    scheduled->retry_policy->backoff_coefficient = UINT64_C(0x4000000000000000); /* 2.0 */
    scheduled->retry_policy->maximum_interval = duration(100);
    started = add(maker, WF_EVENT_TYPE_ACTIVITY_TASK_STARTED)->attributes.activity_task_started;
    started->scheduled_event_id = scheduled_id;
    started->identity = maker->identity;
    started->request_id = uuid(maker);
    started->attempt = 1;
    completed =
        add(maker, WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED)->attributes.activity_task_completed;
    completed->result = payloads(maker);
    completed->scheduled_event_id = scheduled_id;
    completed->started_event_id = scheduled_id + 1;
    completed->identity = maker->identity;
}

static void add_timer(struct maker *maker)
{
    struct wf_event_timer_started *started =
        add(maker, WF_EVENT_TYPE_TIMER_STARTED)->attributes.timer_started;
    struct wf_event_timer_fired *fired = NULL;
    const int64_t started_id = (int64_t)maker->history->event_count;

    started->timer_id = format(maker, "%u", (unsigned)(started_id % 1000));
    started->start_to_fire_timeout = duration(60);
    started->workflow_task_completed_event_id = maker->last_completed;
    maker->seconds += 60;
    fired = add(maker, WF_EVENT_TYPE_TIMER_FIRED)->attributes.timer_fired;
    fired->timer_id = started->timer_id;
    fired->started_event_id = started_id;
}

static void add_marker(struct maker *maker)
{
    struct wf_event_marker_recorded *marker =
        add(maker, WF_EVENT_TYPE_MARKER_RECORDED)->attributes.marker_recorded;
    struct wf_entry_payloads *entry = WF_LIST_APPEND(maker->arena, marker->details);

    marker->marker_name = WF_STR("core_patch");
    entry->key = WF_STR("patch-data");
    *(struct wf_payload *)WF_LIST_APPEND(maker->arena, entry->value.payloads) = payload(
        maker, WF_STR("{\"id\":\"my-patch\",\"deprecated\":false}"));
    marker->workflow_task_completed_event_id = maker->last_completed;
}

static void add_signal(struct maker *maker)
{
    struct wf_event_workflow_execution_signaled *signaled =
        add(maker, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
            ->attributes.workflow_execution_signaled;

    signaled->signal_name = WF_STR("approve");
    signaled->input = payloads(maker);
    signaled->identity = maker->identity;
    signaled->header = WF_ARENA_NEW(maker->arena, struct wf_header);
}

static void add_completed(struct maker *maker)
{
    struct wf_event_workflow_execution_completed *completed =
        add(maker, WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED)
            ->attributes.workflow_execution_completed;

    completed->result = payloads(maker);
    completed->workflow_task_completed_event_id = maker->last_completed;
}

void synthetic_history(struct wf_arena *arena, uint64_t seed, uint32_t event_count,
                       struct wf_history *history)
{
    static const char *const queues[] = {"orders", "payments-task-queue", "default", "harvest"};
    struct maker maker = {
        .arena = arena, .history = history, .event_count = event_count, .random = seed};

    *history = (struct wf_history){
        .events = wf_arena_take_array(arena, event_count, sizeof *history->events)};
    assert_non_null(history->events);
    assert_true(event_count >= 8);
    maker.seconds = 1700000000 + (int64_t)(draw(&maker) % 50000000);
    maker.nanos = (int32_t)(draw(&maker) % 1000000000);
    maker.task_id = 1048576 + (int64_t)(draw(&maker) % 100000);
    maker.queue = PICK(&maker, queues);
    maker.identity = format(&maker, "%u@worker-1", (unsigned)(1 + draw(&maker) % 30000));
    add_started(&maker);
    add_task(&maker, false);
    /* The rest is rounds of work and a task; the last task and the end take four events. */
    while (event_count - history->event_count > 4) {
        const uint32_t left = event_count - 4 - history->event_count;
        const uint64_t kind = draw(&maker) % 8;

        if (left >= 6 && kind < 5) {
            add_activity(&maker);
            add_task(&maker, true);
        } else if (left >= 5 && kind < 6) {
            add_timer(&maker);
            add_task(&maker, true);
        } else if (left >= 3 && kind < 7) {
            add_activity(&maker);
        } else if (kind % 2 == 0) {
            add_marker(&maker);
        } else {
            add_signal(&maker);
        }
    }
    add_task(&maker, true);
    add_completed(&maker);
    assert_int_equal(history->event_count, event_count);
    wf_history_fill_ids(history);
}
