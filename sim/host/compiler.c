/*
 * The compiler is another's program and the source is anybody's: an include of a device never ends, and one wrong character can be
 * worth thousands of messages. So it gets limits, a group of its own that is killed as a whole, nothing to read, and a pipe, of
 * which the first lines are passed on.
 */
#define _GNU_SOURCE /* pipe2, sigtimedwait */
#include "sim/host/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/bytes.h"
#include "engine/time.h"
#include "sim/host/clock.h"

#define LINES_MAX 60 /* of what the compiler says, and */
#define BYTES_MAX ((size_t)64 * 1024)
#define LOOK_MS 100
#define MIB_BYTES ((rlim_t)1 << 20)
#define WORDS_BYTES 4096

struct compiler {
    pid_t pid;
    pid_t guard;
    int words; /* what it says comes here */
    int status;
    bool has_ended;
    bool is_late;
    uint64_t line_count;
    uint64_t passed_count; /* lines of these that were passed on */
    size_t passed_bytes;
    struct rusage used;
};

/* ---- Which ---- */

static const char *find_in_path(struct wf_arena *arena, const char *name)
{
    const char *folders = getenv("PATH");

    if (strchr(name, '/') != NULL) {
        return access(name, X_OK) == 0 ? name : NULL;
    }
    while (folders != NULL && *folders != '\0') {
        const size_t length = strcspn(folders, ":");
        const struct wf_string folder = {folders, length};
        struct wf_buffer candidate;

        wf_buffer_init(&candidate, arena);
        wf_buffer_printf(&candidate, "%S/%s", &folder, name);
        wf_buffer_append_char(&candidate, '\0');
        if (!candidate.is_full && access(candidate.data, X_OK) == 0) {
            return candidate.data;
        }
        folders += length + (folders[length] == ':' ? 1 : 0);
    }
    return NULL;
}

const char *sim_compiler_find(struct wf_arena *arena)
{
    static const char *const names[] = {"cc", "gcc", "clang"};
    const char *wanted = getenv("CC");

    if (wanted != NULL && *wanted != '\0' && strchr(wanted, ' ') == NULL) {
        return find_in_path(arena, wanted);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *found = find_in_path(arena, names[i]);

        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

/* ---- In the child ---- */

/* At most so much, and never more than was allowed before. */
static struct rlimit lower(struct rlimit now, rlim_t most)
{
    now.rlim_max = now.rlim_max < most ? now.rlim_max : most;
    now.rlim_cur = now.rlim_cur < now.rlim_max ? now.rlim_cur : now.rlim_max;
    return now;
}

static void take_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CPU, &limit) == 0) {
        limit = lower(limit, SIM_COMPILER_SECONDS);
        (void)setrlimit(RLIMIT_CPU, &limit);
    }
    if (getrlimit(RLIMIT_DATA, &limit) == 0) {
        limit = lower(limit, SIM_COMPILER_MIB * MIB_BYTES);
        (void)setrlimit(RLIMIT_DATA, &limit);
    }
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0) {
        limit = lower(limit, SIM_COMPILER_MIB * MIB_BYTES);
        (void)setrlimit(RLIMIT_FSIZE, &limit);
    }
}

static _Noreturn void become(const char *const *words, int out, const sigset_t *mask)
{
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)setpgid(0, 0);
    take_limits();
    (void)dup2(nothing, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    (void)execvp(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
}

/* What the compiler started goes with it when `parent` is killed: the system tells only its children of that. */
static _Noreturn void guard(pid_t parent, pid_t group)
{
    sigset_t orphaned;
    int number = 0;

    (void)setpgid(0, group); /* as long as it is in it, nobody else's group has this number */
    (void)sigemptyset(&orphaned);
    (void)sigaddset(&orphaned, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &orphaned, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent) {
        (void)sigwait(&orphaned, &number);
    }
    (void)kill(-group, SIGKILL);
    _exit(0);
}

/* ---- What it says ---- */

static void pass_on(struct compiler *compiler, const char *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes;) {
        const char *end = memchr(bytes + i, '\n', size_bytes - i);
        const size_t length = end != NULL ? (size_t)(end - (bytes + i)) + 1 : size_bytes - i;

        if (compiler->line_count < LINES_MAX && compiler->passed_bytes < BYTES_MAX) {
            (void)fwrite(bytes + i, 1, length, stderr);
            compiler->passed_bytes += length;
            compiler->passed_count += end != NULL ? 1 : 0;
        }
        compiler->line_count += end != NULL ? 1 : 0;
        i += length;
    }
}

/* Returns whether there may be more. */
static bool hear(struct compiler *compiler, int timeout_ms)
{
    struct pollfd ready = {.fd = compiler->words, .events = POLLIN};
    char bytes[WORDS_BYTES];

    if (poll(&ready, 1, timeout_ms) <= 0) {
        return timeout_ms > 0;
    }
    const ssize_t size = read(compiler->words, bytes, sizeof bytes);
    pass_on(compiler, bytes, size > 0 ? (size_t)size : 0);
    return size > 0;
}

/* ---- Its end ---- */

static void kill_group(struct compiler *compiler)
{
    (void)kill(-compiler->pid, SIGKILL);
    (void)kill(compiler->pid, SIGKILL); /* should it not have come to its group yet */
}

static void wait_for(struct compiler *compiler, int options)
{
    if (!compiler->has_ended && wait4(compiler->pid, &compiler->status, options, &compiler->used) == compiler->pid) {
        compiler->has_ended = true;
    }
}

/* Ctrl-C reaches us alone: the compiler has a group of its own. Then it ends first. */
static void take_interrupt(struct compiler *compiler, struct sim_held_signals *held)
{
    const struct timespec at_once = {0, 0};
    const int number = held->taken == 0 ? sigtimedwait(&held->numbers, NULL, &at_once) : 0;

    if (number > 0) {
        held->taken = number;
        kill_group(compiler);
    }
}

static void follow(struct compiler *compiler, struct sim_held_signals *held)
{
    const int64_t late_ns = sim_host_clock_ns() + SIM_COMPILER_WALL_SECONDS * WF_NS_PER_S;
    bool is_open = true;

    while (!compiler->has_ended) {
        if (is_open) {
            is_open = hear(compiler, LOOK_MS);
        }
        wait_for(compiler, is_open ? WNOHANG : 0);
        if (!compiler->has_ended) {
            take_interrupt(compiler, held);
        }
        if (!compiler->is_late && sim_host_clock_ns() > late_ns) {
            compiler->is_late = true;
            kill_group(compiler);
        }
    }
    while (is_open && hear(compiler, 0)) {
    }
    if (compiler->line_count > compiler->passed_count) {
        fprintf(stderr, "... %llu more lines of the compiler\n",
                (unsigned long long)(compiler->line_count - compiler->passed_count));
    }
}

static bool has_taken_much(const struct compiler *compiler)
{
    const uint64_t mib = (uint64_t)compiler->used.ru_maxrss / 1024;
    const int64_t seconds = compiler->used.ru_utime.tv_sec + compiler->used.ru_stime.tv_sec;

    /* A buffer that is made twice as large does not come near the limit before it fails. */
    return mib >= SIM_COMPILER_MIB / 4 || seconds >= SIM_COMPILER_SECONDS - 1;
}

static enum sim_compiler_end end_of(const struct compiler *compiler)
{
    const bool is_well = WIFEXITED(compiler->status) && WEXITSTATUS(compiler->status) == 0;

    if (is_well) {
        return SIM_COMPILER_DONE;
    }
    if (compiler->is_late || has_taken_much(compiler)) {
        return SIM_COMPILER_TOO_MUCH;
    }
    return WIFEXITED(compiler->status) && WEXITSTATUS(compiler->status) != 127 ? SIM_COMPILER_REFUSED : SIM_COMPILER_LOST;
}

void sim_signals_hold(struct sim_held_signals *held)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

    held->taken = 0;
    (void)sigemptyset(&held->numbers);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction action;

        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
            (void)sigaddset(&held->numbers, numbers[i]);
        }
    }
    (void)sigprocmask(SIG_BLOCK, &held->numbers, &held->mask);
}

void sim_signals_release(const struct sim_held_signals *held)
{
    (void)sigprocmask(SIG_SETMASK, &held->mask, NULL);
    if (held->taken > 0) {
        (void)raise(held->taken);
    }
}

enum sim_compiler_end sim_compiler_run(const char *const *words, struct sim_held_signals *held)
{
    const pid_t self = getpid();
    struct compiler compiler = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return SIM_COMPILER_LOST;
    }
    (void)fflush(NULL);
    compiler.words = ends[0];
    compiler.pid = fork();
    if (compiler.pid == 0) {
        become(words, ends[1], &held->mask);
    }
    (void)close(ends[1]);
    if (compiler.pid > 0) {
        (void)setpgid(compiler.pid, compiler.pid); /* whoever of both is first: the guard needs it */
        compiler.guard = fork();
        if (compiler.guard == 0) {
            guard(self, compiler.pid);
        }
        follow(&compiler, held);
    }
    if (compiler.guard > 0) {
        (void)kill(compiler.guard, SIGKILL);
        (void)waitpid(compiler.guard, NULL, 0);
    }
    (void)close(ends[0]);
    return compiler.pid > 0 ? end_of(&compiler) : SIM_COMPILER_LOST;
}
