# A simulation goes on through quiet hours while something is planned: the actions of a schedule, an operator late in the day. And
# an update that a reset admits again is nothing that the checks find.
code=0
cat >ping.c <<EOF
#include "wfsim.h"

static bool never(const void *state)
{
    (void)state;
    return false;
}

static wf_error wait(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    (void)args;
    (void)result;
    return wf_wait(wf, never, NULL, WF_FOREVER, NULL);
}

static wf_error ping(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)wf;
    (void)state;
    (void)args;
    (void)result;
    return NULL;
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "Waits", .run = wait},
    {.name = "Ping", .run = ping},
    {.name = NULL},
}};
EOF
cat >schedule.yaml <<EOF
wfsim: 1
code: {v1: ping.c}
start: [{workflow: Waits, id: waiter}]
schedules: {daily: {action: {workflow: Ping, id: ping}, every: 3h, actions: 5}}
EOF
cat >operator.yaml <<EOF
wfsim: 1
code: {v1: ping.c}
start: [{workflow: Waits, id: waiter}]
operator: [{at: 9h50m, terminate: waiter}]
EOF
for scenario in schedule operator; do
    wfsim run "$scenario.yaml" --seed 1 >report || { code=$?; cat report; }
    sed -n '/workflows/p' report
done
cp scenarios/cart.c .
cat >again.yaml <<EOF
wfsim: 1
code: {v1: cart.c}
start: [{workflow: ShoppingCart, id: "cart-\${n}", count: 4, every: 1s, input: ["cart-\${n}"]}]
activities: {reserve_item: {takes: 50ms}, charge_card: {takes: 80ms}}
clients:
  - {at: 1s, update: add, to: "cart-\${n}", input: ["cart-\${n}", 1]}
  - {at: 20s, delay: {uniform: [0, 20s]}, update: check_out, to: "cart-\${n}"}
operator: [{at: 5s, delay: {uniform: [0, 30s]}, reset: "cart-\${n}", back_to: first_task}]
faults: {profile: chaos, for: 1m}
EOF
wfsim run again.yaml --seeds 1..40 >report || { code=$?; cat report; }
sed -n '/broken/p' report
exit $code
