# A history that goes on in a simulation can neither move the cursor nor begin a line, which a CI may read as a command: not in the
# summary, not in the story of a failure, not in the trace.
wfsim run scenarios/saga.yaml --seed 42 --no-faults --record saga.wfh >/dev/null
wfsim convert saga.wfh all/ --to json
sed 's/"order-3"/"id\\u001b[2J\\r\\n::error::x\\u202e\\u0000"/' all/*-order-3.json >hostile.json
wfsim run --from hostile.json@8 -w scenarios/saga_v2.c scenarios/saga.yaml --no-faults --trace trace >words
echo "exit $?"
sed -n '/^not completed/,/^$/p; /^broken: closes/,/^$/p; /starts (/p; /signature/p' words
sed -n '/outside starts/p' trace
for file in words trace; do
    grep -c -e '^::' -e "$(printf '[\001-\010\013-\037\177]')" -e "$(printf '\342\200\256')" $file
done
sed 's/"OrderSaga"/"Or\\u001b[31m\\u0007\\u202eder\\n<b>"/' hostile.json >typed.json
wfsim run --from typed.json@8 scenarios/saga.yaml --no-faults; echo "exit $?"
