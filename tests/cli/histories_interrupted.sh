# Ctrl-C while histories are read: how far it came is said, what was read is shown, nothing is left half written, and the program ends
# by the signal. The second file is a pipe into which nobody writes.
mkdir h
cp "$ROOT/tests/cli/data/order_closed.json" h/a.json
cp scenarios/saga.c scenarios/saga_v3.c .
mkfifo h/b
signal=HUP # the first; SIGTERM for all others
for command in "convert h/* out.wfh" "convert h/* out/ --to json" "check h/*" "corpus h/*" "replay --matrix saga.c saga_v3.c h/*"; do
    echo "$command"
    # Not by the shell: it is the program that makes files of `h/*`.
    { sh -fc 'echo $$ >pid; exec wfsim $0' "$command" >out.txt 2>errors; echo "exit $?"; } 2>/dev/null &
    exec 3>h/b # when it has opened it
    sleep 0.3  # and reads
    kill "-$signal" "$(cat pid)"
    wait $!
    exec 3>&-
    grep "^wfsim" errors
    grep -o '^[0-9]* histor[a-z]*' out.txt
    signal=TERM
done
ls -A
ls out
