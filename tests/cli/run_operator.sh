# Two hundred seeds of the saga with an operator who cancels and terminates: cancelled orders undo what they did, whatever breaks.
wfsim run scenarios/operator.yaml --seeds 1..200 >report
code=$?
grep -E '^ *(checks|sometimes|at_most|neutral|closed|ran)' report | sed 's/: in [0-9]* seeds/: reached/; s/: held [0-9,]* times/: held/'
wfsim run scenarios/operator.yaml --seeds 1..5 --record operator.wfh >report || code=$?
wfsim replay -w scenarios/saga.c operator.wfh >verdicts || code=$?
wfsim check operator.wfh >verdicts || code=$?
exit $code
