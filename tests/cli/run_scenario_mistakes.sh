# What shows only when a run begins or goes on names its place in the scenario too, and every run of it ends with 3 or a hint.
cp scenarios/saga.c .
head='wfsim: 1
code: {v1: saga.c}'
start='start:
  - {workflow: OrderSaga, id: "order-${n}", input: ["order-${n}", {cents: 5}]}'
activities='activities:
  reserve_inventory: {effect: {do: reserve, key: "${input[0]}"}}
  charge_payment:
  ship_order:'
try() { # NAME TEXT...: one text a line
    name=$1
    shift
    printf '%s\n' "$@" >"$name.yaml"
    wfsim run "$name.yaml" --seed 1 >/dev/null
    echo "$name: exit $?"
}
try workflow_nobody_registers "$head" 'start:' '  - {workflow: OrderSga, id: a}' "$activities"
try client_starts_it "$head" "$start" "$activities" 'clients:' '  - {at: 1s, start: {workflow: Nope, id: x}}'
try activity_without_model "$head" "$start" 'activities:' '  reserve_inventory:'
try activity_not_in_c "$head" "$start" 'activities:' '  reserve_inventory: {in_c: true}'
try result_of_nothing "$head" "$start" 'activities:' '  reserve_inventory: {result: "${input[7]}"}'
try key_of_nothing "$head" "$start" 'activities:' '  reserve_inventory: {effect: {do: reserve, key: "${input[5]}"}}'
try no_such_node "$head" "$start" "$activities" 'faults:' '  place:' '    - {crash: worker-9, at: 1s}'
try no_such_event "$head" "$start" "$activities" 'faults:' '  place:' '    - {crash: worker, when: event TimerStated}'
try moment_never_comes "$head" "$start" "$activities" 'faults:' '  place:' \
    '    - {crash: worker, when: "activity chrge_payment started"}'
try effect_never_comes "$head" "$start" "$activities" 'faults:' '  place:' '    - {crash: worker, when: effect resrve}'
try goal_between_nothing "$head" "$start" "$activities" 'sometimes:' \
    '  reach: [{fault: worker_crash, between: [effct reserve, TimerStarted]}]'
try no_such_queue "$head" 'start: [{workflow: OrderSaga, id: a, queue: nowhere}]' "$activities"
try no_such_file 'wfsim: 1' 'code: {v1: nope.c}' "$start"
schedule() { # NAME TEXT: one schedule, and what it is made of
    try "$1" "$head" "schedules: {hourly: {action: {workflow: OrderSaga, id: a, input: [a, 5]}, $2}}" "$activities"
}
schedule schedule_in_berlin 'every: 1h, end: 1d, timezone: Europe/Berlin'
schedule schedule_without_end 'every: 1h'
schedule schedule_of_no_such_hour 'calendars: [{hour: 25}], end: 1d'
schedule schedule_of_four_fields 'cron: "* * * *", end: 1d'
schedule schedule_with_unknown_overlap 'every: 1h, end: 1d, overlap: bufer_one'
try schedule_without_action "$head" 'schedules: {hourly: {every: 1h, end: 1d}}' "$activities"
try schedule_of_unknown_type "$head" 'schedules: {hourly: {action: {workflow: Nope, id: a}, every: 1h, end: 1d}}' "$activities"
try schedule_action_with_count "$head" 'schedules: {hourly: {action: {workflow: OrderSaga, id: a, count: 3}, every: 1h, end: 1d}}' "$activities"
try backfill_without_until "$head" "$start" "$activities" 'operator:' '  - {at: 1s, schedule: {backfill: hourly, from: 0}}'
try two_calls_of_a_schedule "$head" "$start" "$activities" 'operator:' '  - {at: 1s, schedule: {pause: a, trigger: b}}'
rollout() { # NAME STEPS...: two versions of the code, and a rollout
    name=$1
    shift
    try "$name" 'wfsim: 1' 'code: {v1: saga.c, v2: saga.c}' "$start" "$activities" 'versioning:' '  rollout:' "$@"
}
rollout rollout_to_nowhere '    - {at: 1s, current: v3}'
rollout rollout_of_two_things '    - {at: 1s, current: v2, retire: v1}'
rollout rollout_of_nothing '    - {at: 1s}'
rollout ramp_without_a_share '    - {at: 1s, ramp: v2}'
rollout rollout_out_of_order '    - {at: 2s, ramp: v2, percent: 20%}' '    - {at: 1s, current: v2}'
rollout retire_the_current '    - {at: 1s, retire: v1}'
try unknown_behavior "$head" "$start" "$activities" 'versioning: {behavior: {OrderSaga: pined}}'
try deploy_of_versions "$head" "$start" "$activities" 'versioning:' 'faults:' '  place:' '    - {rolling_deploy: , at: 1s}'
try goal_of_no_version "$head" "$start" "$activities" 'sometimes: {reach: [{version: v1}]}'
try goal_while_nothing "$head" "$start" "$activities" 'sometimes: {reach: [{closed: completed, while: v1}]}'
