# A redacted history says nothing of its values, replays where the code does not look at them, and the command says where it does.
cp "$ROOT/tests/cli/data/order_closed.json" .
wfsim convert order_closed.json red.json --redact; echo "exit $?"
wfsim convert - - --to json --redact <order_closed.json | cmp - red.json
wfsim convert red.json again.json --redact && cmp red.json again.json
wfsim show order_closed.json | grep -c order-3
wfsim show red.json | grep -e Scheduled -e Completed
wfsim check red.json
# Many, as files and as one archive, against code that carries values along without a look at them.
wfsim run scenarios/saga.yaml --seed 92 --record saga.wfh >/dev/null
cp scenarios/saga.c .
wfsim convert saga.wfh red/ --to json --redact -w saga.c; echo "exit $?"
wfsim convert saga.wfh red.wfh --redact -w saga.c; echo "exit $?"
wfsim convert saga.wfh plain/ --to json
grep -l '"starter"' plain/*.json | wc -l
grep -l '"starter"' red/*.json
# Inputs that agree still agree, those that do not still do not; a result that code puts together is another one.
notes() { wfsim replay -w "$1" "$2" -o jsonl | grep -o '"rule":"[a-z-]*"' | sort | uniq -c; }
notes saga.c saga.wfh
notes saga.c red.wfh
sed 's/"charge_payment", WF_ARGS(order, payment, order)/"charge_payment", WF_ARGS(order, payment, payment)/' saga.c >else.c
notes else.c saga.wfh
notes else.c red.wfh
# Code that decides by a value, and code that ends at one.
cat >choosy.c <<'END'
#include "wfsim.h"
#include <stdlib.h>

static wf_error order_saga(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const struct wf_options stock = {.start_to_close = 10 * WF_SECOND, .retry.maximum_attempts = 3};
    const struct wf_value order = wf_arg(args, 0);

    (void)state;
    (void)result;
    if (wf_as_text(wf, order)[0] != 'o') {
#ifdef ENDS
        abort();
#endif
        return wf_sleep(wf, WF_SECOND);
    }
    return wf_activity(wf, "reserve_inventory", WF_ARGS(order, order), &stock, NULL);
}

const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){
    {.name = "OrderSaga", .run = order_saga},
    {.name = NULL},
}};
END
wfsim convert "$ROOT/tests/cli/data/order_open.json" red.json --redact -w choosy.c; echo "exit $?"
{ echo '#define ENDS'; cat choosy.c; } >ends.c
wfsim convert "$ROOT/tests/cli/data/order_open.json" red.json --redact -w ends.c; echo "exit $?"
# Words that do not go together.
wfsim convert order_closed.json red.json -w saga.c; echo "exit $?"
wfsim convert - red.json --redact -w saga.c <order_closed.json; echo "exit $?"
wfsim convert order_closed.json - --to json --redact -w saga.c; echo "exit $?"
wfsim convert order_closed.json kept.json --redact -w nowhere.c; echo "exit $?"
[ ! -e kept.json ] || echo 'written all the same'
