# A run may have more timers than the service lets it have of anything else.
cat >many.yaml <<'END'
wfsim: 1
code: {v1: many_timers.c}
start:
  - {workflow: ManyTimers, id: m, input: [4500]}
END
ln -s "$ROOT/tests/cli/data/many_timers.c" .
wfsim run many.yaml --no-faults
