/*
 * Runs a command several times, one after the other, and prints what it took seen from outside: the medians of wall-clock and
 * processor time in microseconds, and the most memory in KiB. The first run is not counted: it fills caches of files and compiled code.
 *
 *   measure RUNS COMMAND [ARGUMENT...]
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 99

extern char **environ;

static int64_t now_us(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int64_t us_of(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

/* False when it cannot be run or does not end with 0. */
static bool run(char **words, int64_t *time_us, int64_t *processor_us, long *peak_kib)
{
    posix_spawn_file_actions_t files;
    struct rusage usage;
    pid_t child = 0;
    int status = -1;

    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    *time_us = now_us();
    if (posix_spawnp(&child, words[0], &files, NULL, words, environ) == 0) {
        (void)wait4(child, &status, 0, &usage);
        *peak_kib = usage.ru_maxrss;
        *processor_us = us_of(usage.ru_utime) + us_of(usage.ru_stime);
    }
    *time_us = now_us() - *time_us;
    (void)posix_spawn_file_actions_destroy(&files);
    return status == 0;
}

static int compare(const void *left, const void *right)
{
    const int64_t difference = *(const int64_t *)left - *(const int64_t *)right;

    return (difference > 0) - (difference < 0);
}

int main(int argc, char **argv)
{
    const int runs = argc > 2 ? atoi(argv[1]) : 0;
    int64_t times_us[RUNS_MAX + 1];
    int64_t processor_us[RUNS_MAX + 1];
    long peak_kib = 0;

    if (runs < 1 || runs > RUNS_MAX) {
        (void)fprintf(stderr, "usage: measure RUNS COMMAND [ARGUMENT...], RUNS from 1 to %d\n", RUNS_MAX);
        return 2;
    }
    for (int i = 0; i <= runs; i++) {
        long kib = 0;

        if (!run(argv + 2, &times_us[i], &processor_us[i], &kib)) {
            (void)fprintf(stderr, "measure: %s fails\n", argv[2]);
            return 1;
        }
        peak_kib = kib > peak_kib ? kib : peak_kib;
    }
    qsort(times_us + 1, (size_t)runs, sizeof *times_us, compare);
    qsort(processor_us + 1, (size_t)runs, sizeof *processor_us, compare);
    (void)printf("%lld %lld %ld\n", (long long)times_us[1 + runs / 2], (long long)processor_us[1 + runs / 2], peak_kib);
    return 0;
}
