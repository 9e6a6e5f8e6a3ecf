# A run of a history goes on from any of its events and ends without a finding: what the history says of later steps is given
# again, and the scenario says the rest. Code that makes another decision is told at the event. The same command gives the same
# bytes.
ends() { # SCENARIO ARCHIVE ID LAST: from how many of the events 1 to LAST the run ends without a finding
    event=0
    fine=0
    while [ "$event" -lt "$4" ]; do
        event=$((event + 1))
        if wfsim run --from "$2@$event" --id "$3" "$1" --seed "$event" >words 2>&1; then fine=$((fine + 1)); else sed -n 1,9p words; fi
    done
    echo "$3: $fine of $4"
}
wfsim run scenarios/saga.yaml --seed 42 --no-faults --record saga.wfh >/dev/null
wfsim run scenarios/expense.yaml --seed 7 --no-faults --record expense.wfh >/dev/null
wfsim run scenarios/family.yaml --seed 7 --no-faults --record family.wfh >/dev/null
wfsim run scenarios/cart.yaml --seed 7 --no-faults --record cart.wfh >/dev/null
ends scenarios/saga.yaml saga.wfh order-3 21
ends scenarios/expense.yaml expense.wfh expense-2 21
ends scenarios/family.yaml family.wfh order-1 44
ends scenarios/cart.yaml cart.wfh cart-1 20
echo '-- many seeds, recorded: the history has the events that went before, and replays'
wfsim run --from saga.wfh@8 --id order-3 scenarios/saga.yaml --seeds 1..20 --record on.wfh | sed -n '1,2p'
wfsim replay -w scenarios/saga.c on.wfh | tail -n 1
wfsim check on.wfh | tail -n 1
echo '-- the same bytes twice, and with another number of processes'
wfsim run --from saga.wfh@8 --id order-3 scenarios/saga.yaml --seeds 1..20 --jobs 1 --report a.html --record a.wfh >a
wfsim run --from saga.wfh@8 --id order-3 scenarios/saga.yaml --seeds 1..20 --jobs 2 --report b.html --record b.wfh >b
cmp a b && cmp a.html b.html && cmp a.wfh b.wfh && echo same
echo '-- activities that failed later fail again, whatever the models would say'
wfsim run scenarios/saga.yaml --seed 6 --no-faults --record failed.wfh >/dev/null
wfsim run --from failed.wfh@5 --id order-4 scenarios/saga.yaml --seeds 1..30 --no-faults | sed -n 2p
echo '-- a scenario without clients gets the signals of the history'
sed '/^clients:/,/^[a-z]*:/{/^clients:/d;/^ /d}; /^check:/,$d' scenarios/expense.yaml >quiet.yaml
cp scenarios/expense.c .
wfsim run --from expense.wfh@5 --id expense-2 quiet.yaml --trace trace >words; echo "exit $?"
sed -n '/outside sends/p;/closed/p' trace | sed 's/^ *[0-9.]*s *//'
echo '-- what it waits for is told in the time of the simulation'
sed '/^clients:/,$d' scenarios/expense.yaml >silent.yaml
wfsim convert expense.wfh json/ --to json >/dev/null
for one in json/*; do wfsim run --from "$one@11" silent.yaml --stop-at 100 | sed -n 's/.*still open: //p'; done | sort | uniq -c | sed 's/^ *//'
echo '-- what came later may have any times: before the event is at the event, and what is far off does not come'
for one in json/*expense-2*; do cp "$one" plain.json; done
event_5=$(sed -n 's/^{"eventId":"5","eventTime":"\([^"]*\)".*/\1/p' plain.json)
for time in "$event_5" 0001-01-01T00:00:00Z 9999-12-31T23:59:59Z; do
    sed 's/"eventTime":"[^"]*",\("eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED"\)/"eventTime":"'"$time"'",\1/' plain.json >late.json
    cmp -s plain.json late.json && echo 'nothing was edited'
    wfsim run --from late.json@5 quiet.yaml --no-faults --trace "at-$time" >words; echo "exit $?"
done
cmp "at-$event_5" at-0001-01-01T00:00:00Z && echo same
cmp -s "at-$event_5" at-9999-12-31T23:59:59Z || echo another
echo '-- other code'
wfsim run --from saga.wfh@4 --id order-3 -w scenarios/saga_v2.c scenarios/saga.yaml --no-faults >words; echo "exit $?"
sed -n 's/.*\(TMPRL1100.*\) \[WF505\]/\1/p;/^  repeat/p' words | sed -n 1,2p
sh -c "$(sed -n 's/^  repeat *//p' words | sed -n 1p)" >again; cmp words again && echo 'the command repeats it'
wfsim run --from saga.wfh@4 --id order-3 -w scenarios/saga_v3.c scenarios/saga.yaml --no-faults | sed -n 2p
