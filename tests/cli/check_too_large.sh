# What would take all memory is refused before it does: a few bytes that unpack to hundreds of megabytes, and millions of events in
# no bytes at all. The rest of the batch is read. Exit code 3.
head -c 280000000 /dev/zero | gzip -1 >bomb.json.gz
printf '\n\0' >empty
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do
    cat empty empty >twice && mv twice empty
done
mv empty events.pb
wfsim run scenarios/saga.yaml --seed 42 --record saga.wfh >/dev/null
if sh -c 'ulimit -v 700000; wfsim --version; exit $?' >/dev/null 2>&1; then # sanitizers need more
    ulimit -v 700000
fi
wfsim check bomb.json.gz events.pb saga.wfh
echo "exit $?"
