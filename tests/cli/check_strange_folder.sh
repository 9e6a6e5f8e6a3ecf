# One strange entry of a folder does not take the others away: a link to nowhere or to itself cannot be read, a pipe is skipped, and
# links to the folder itself are not followed. A pipe that is named is read.
mkdir -p in/below
cp "$ROOT/tests/cli/data/order_closed.json" in/a.json
cp "$ROOT/tests/cli/data/order_closed.json" in/below/z.json
cp scenarios/saga.c .
ln -s nowhere in/dangling.json
ln -s round.json in/round.json
ln -s . in/loop
ln -s .. in/below/up
mkfifo in/pipe.json in/pipe
for command in check corpus "replay -w saga.c" patches "patches -w saga.c" "lint saga.c"; do
    echo "$command"
    wfsim $command in >out 2>errors; echo "exit $?"
    grep -o '[0-9][0-9]* histor[a-z]*' out | tail -n 1
    grep '^wfsim: .*in/[dp]\|^wfsim: .*in/r' errors
    grep -c 'loop\|/up' out errors
done
cat in/a.json >in/pipe.json & wfsim check in/pipe.json | tail -n 1
# A subfolder without rights; root has them all the same.
rm in/*.json
chmod 0 in/below
[ "$(id -u)" -eq 0 ] || { wfsim check in >out 2>errors; [ $? -eq 3 ] && grep -q 'in/below: Permission denied' errors; } || echo 'not said'
chmod 700 in/below
