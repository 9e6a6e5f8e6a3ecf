# A signal that comes when a crash has ended a round of the batch, and the next one did not begin, is an interruption as any other:
# the report says that it is not whole, and nothing is called stale. The signal is raised as soon as the program knows that a child
# has ended.
cat >raise.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>

pid_t waitpid(pid_t pid, int *status, int options)
{
    const pid_t ended = ((pid_t (*)(pid_t, int *, int))dlsym(RTLD_NEXT, "waitpid"))(pid, status, options);

    if (ended > 0 && (options & WNOHANG) != 0) {
        raise(SIGTERM);
    }
    return ended;
}
END
cc -shared -fPIC -o raise.so raise.c -ldl || exit 1
if ! LD_PRELOAD=$PWD/raise.so wfsim --version >/dev/null 2>&1; then
    echo 'no library can be loaded before the program' >&2
    exit 77
fi
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Abort Fine Nowhere
ln -s "$ROOT/tests/cli/data/crashing.c" .
echo '0123456789abcdef gone since the last release' >known.txt
wfsim replay -w crashing.c h/Fine.json --no-cache >/dev/null # compiles it
{
    LD_PRELOAD=$PWD/raise.so wfsim replay -w crashing.c h --no-cache --jobs 1 --baseline known.txt --json r.json >/dev/null
    echo "exit $?"
} 2>words
grep '^wfsim' words
grep -o '"histories":[0-9]*\|"incomplete":[^,}]*\|"stale":.*' r.json
