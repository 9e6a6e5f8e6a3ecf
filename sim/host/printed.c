/*
 * Children write to a pipe, from which the supervisor takes all that comes and shows the first of it. So no write of the code fails
 * and none is cut, however much it prints: code may look at that, and what it prints must not decide what it does.
 */
#define _GNU_SOURCE /* pipe2 */
#include "sim/host/printed.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20) /* more of it means fewer waits; the system may refuse it */
#define PIECE_BYTES ((size_t)16 * 1024)
#define PIECES_MAX 256 /* at a time: code may print as fast as it is read */

/* Of this process, because standard error is: one batch may come after another. */
static size_t left_bytes = SIM_PRINTED_BYTES_MAX;
static bool is_cut;

void sim_printed_open(struct sim_printed *printed)
{
    int ends[2];

    printed->from = -1;
    printed->into = -1;
    printed->last_bytes = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return;
    }
    printed->from = ends[0];
    printed->into = ends[1];
    (void)fcntl(printed->from, F_SETFL, O_NONBLOCK);
    (void)fcntl(printed->from, F_SETPIPE_SZ, PIPE_BYTES);
}

void sim_printed_redirect(const struct sim_printed *printed)
{
    if (printed->from >= 0) {
        (void)dup2(printed->into, STDERR_FILENO);
        (void)close(printed->into);
        (void)close(printed->from);
    }
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
}

static void say_cut(void)
{
    if (!is_cut) {
        fprintf(stderr, "wfsim: workflow code prints more than %zu KiB; the rest is left out\n", SIM_PRINTED_BYTES_MAX >> 10);
    }
    is_cut = true;
}

/* The end of what is not shown may be a child's last words. */
static void keep_last(struct sim_printed *printed, const char *bytes, size_t size_bytes)
{
    const size_t new_bytes = size_bytes < SIM_PRINTED_LAST_BYTES ? size_bytes : SIM_PRINTED_LAST_BYTES;
    const size_t room_bytes = SIM_PRINTED_LAST_BYTES - new_bytes;
    const size_t kept_bytes = printed->last_bytes < room_bytes ? printed->last_bytes : room_bytes;

    memmove(printed->last, printed->last + printed->last_bytes - kept_bytes, kept_bytes);
    memcpy(printed->last + kept_bytes, bytes + size_bytes - new_bytes, new_bytes);
    printed->last_bytes = kept_bytes + new_bytes;
}

static void take(struct sim_printed *printed, const char *bytes, size_t size_bytes)
{
    const size_t shown_bytes = size_bytes < left_bytes ? size_bytes : left_bytes;

    (void)fwrite(bytes, 1, shown_bytes, stderr);
    left_bytes -= shown_bytes;
    if (shown_bytes < size_bytes) {
        say_cut();
        keep_last(printed, bytes + shown_bytes, size_bytes - shown_bytes);
    }
}

bool sim_printed_show(struct sim_printed *printed)
{
    char piece[PIECE_BYTES];
    ssize_t got = 0;
    int count = 0;

    while (count < PIECES_MAX && printed->from >= 0 && (got = read(printed->from, piece, sizeof piece)) > 0) {
        take(printed, piece, (size_t)got);
        count++;
    }
    if (count > 0) {
        (void)fflush(stderr);
    }
    return count > 0;
}

void sim_printed_close(struct sim_printed *printed, bool has_last_words)
{
    if (printed->from < 0) {
        return;
    }
    (void)sim_printed_show(printed);
    if (has_last_words) {
        (void)fwrite(printed->last, 1, printed->last_bytes, stderr);
    }
    (void)close(printed->into);
    (void)close(printed->from);
    printed->from = -1;
}
