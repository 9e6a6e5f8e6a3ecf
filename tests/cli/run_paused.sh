# Somebody pauses an order and nobody lets it go on: the run says so.
cat >paused.yaml <<'END'
wfsim: 1
code: {v1: scenarios/reset.c}
start: [{workflow: Order, id: order-1, input: [order-1]}]
activities: {charge_payment: {takes: 1s}, refund_payment: , ship_order: }
operator: [{at: 500ms, pause: order-1}]
check: [closes_within: {after_heal: 1h}]
END
wfsim run paused.yaml --seed 1 | grep -om1 'is paused.*'
