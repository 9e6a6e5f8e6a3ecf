# A signal in the middle of a compile ends what the compiler has started, too, and leaves nothing of it in the cache. Who is killed
# cannot tidy, but its compiler goes with it.
mkfifo alive
cat >compiler <<'END'
#!/bin/sh
(echo begun; sleep 20; echo 'still there') >alive &
wait
END
chmod +x compiler
cp scenarios/saga.c code.c
# interrupt SIGNAL: sends it when what the compiler started is there, and reads to the end of that.
interrupt() {
    { sh -c 'echo $$ >pid; CC=$PWD/compiler WFSIM_CACHE=$PWD/cache exec wfsim lint code.c'; echo "exit $?" >exit; } 2>/dev/null |
        { { read -r first; kill -"$1" "$(cat pid)"; cat; } <alive; cat; }
    cat exit
}
for signal in HUP INT TERM; do
    interrupt $signal
    ls cache | grep -v '^include-'
done
interrupt KILL
