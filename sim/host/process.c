/* Fork and exec: what is buffered is written first, or both would write it. */
#include "sim/host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t sim_process_start(const char *const *words, int out, int err)
{
    pid_t child = 0;

    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(err, STDERR_FILENO);
        (void)execvp(words[0], (char *const *)(uintptr_t)words);
        _exit(127);
    }
    return child;
}

int sim_process_wait(pid_t child)
{
    int status = 0;

    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int sim_process_memory_open(pid_t process)
{
    char path[48];

    (void)snprintf(path, sizeof path, "/proc/%ld/statm", (long)process);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Linux: pages in all, then those in memory. */
uint64_t sim_process_memory_read(int opened)
{
    char text[96];
    const ssize_t size = pread(opened, text, sizeof text - 1, 0);
    const char *resident = NULL;

    text[size > 0 ? size : 0] = '\0';
    resident = strchr(text, ' ');
    return resident == NULL ? 0 : strtoull(resident, NULL, 10) * (unsigned long)sysconf(_SC_PAGESIZE);
}

uint64_t sim_process_memory_bytes(pid_t process)
{
    const int opened = sim_process_memory_open(process);
    const uint64_t bytes = sim_process_memory_read(opened);

    if (opened >= 0) {
        (void)close(opened);
    }
    return bytes;
}

/* Linux: on a processor, then waiting for one, both in nanoseconds. */
int64_t sim_process_waited_ns(pid_t process)
{
    char path[48];
    char text[96];
    long long waited_ns = 0;

    (void)snprintf(path, sizeof path, "/proc/%ld/schedstat", (long)process);
    const int opened = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = opened >= 0 ? read(opened, text, sizeof text - 1) : 0;
    if (opened >= 0) {
        (void)close(opened);
    }
    text[size > 0 ? size : 0] = '\0';
    return sscanf(text, "%*s %lld", &waited_ns) == 1 ? waited_ns : 0;
}
