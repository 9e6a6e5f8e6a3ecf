# Ctrl-C in the middle of a batch: what was done is printed, and the program ends by the signal: 130, 143 for SIGTERM, 129 for SIGHUP. The
# report files are written, and say that they are not whole.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine Sleep
ln -s "$ROOT/tests/cli/data/crashing.c" .
# interrupt SIGNAL JOBS: sends the signal when the first result is there.
interrupt() {
    { sh -c 'echo $$ >pid; exec wfsim replay -w crashing.c h -o jsonl --no-cache --junit r.xml --jobs '"$2"; echo "exit $?" >&2; } 2>words |
        { read -r first; kill -"$1" "$(cat pid)"; echo "$first"; cat; } | sed 's/"elapsed_ns":[0-9]*/"elapsed_ns":0/; s/"batch":{[^}]*}/"batch":{}/'
    grep -E '^(wfsim|exit)' words >&2
}
interrupt INT 1
interrupt TERM 2
interrupt HUP 1
grep -A1 "the whole batch" r.xml
