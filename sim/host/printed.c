/*
 * Children write to a file in memory, the supervisor passes on what is new in it at each look. All descriptors of the file share
 * one position, which is where the next child writes and how much there is. The file cannot grow beyond what is shown and some
 * room behind it, in which the position is put back at each look: writes of code that floods it fail then, and take no memory.
 */
#define _GNU_SOURCE /* memfd_create */
#include "sim/host/printed.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROOM_BYTES ((size_t)64 * 1024) /* a write that does not fit is cut at a page */
#define PIECE_BYTES 4096

/* Of this process, because standard error is: one batch may come after another. */
static size_t left_bytes = SIM_PRINTED_BYTES_MAX;
static bool is_cut;

void sim_printed_open(struct sim_printed *printed)
{
    *printed = (struct sim_printed){.file = memfd_create("workflow code's output", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (printed->file >= 0 && (ftruncate(printed->file, (off_t)(SIM_PRINTED_BYTES_MAX + ROOM_BYTES)) != 0 ||
                               fcntl(printed->file, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)) {
        (void)close(printed->file);
        printed->file = -1;
    }
}

void sim_printed_redirect(const struct sim_printed *printed)
{
    if (printed->file >= 0) {
        (void)dup2(printed->file, STDERR_FILENO);
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

void sim_printed_show(struct sim_printed *printed)
{
    const off_t end = printed->file >= 0 ? lseek(printed->file, 0, SEEK_CUR) : 0;
    char piece[PIECE_BYTES];

    while (end > 0 && printed->shown_bytes < (size_t)end) {
        const size_t new_bytes = (size_t)end - printed->shown_bytes;
        const size_t want_bytes = new_bytes < left_bytes ? new_bytes : left_bytes;
        const ssize_t got = pread(printed->file, piece, want_bytes < sizeof piece ? want_bytes : sizeof piece,
                                  (off_t)printed->shown_bytes);

        if (got <= 0) {
            if (left_bytes == 0) {
                say_cut();
            }
            break;
        }
        (void)fwrite(piece, 1, (size_t)got, stderr);
        printed->shown_bytes += (size_t)got;
        left_bytes -= (size_t)got;
    }
    if (end > (off_t)SIM_PRINTED_BYTES_MAX) {
        (void)lseek(printed->file, (off_t)SIM_PRINTED_BYTES_MAX, SEEK_SET);
    }
    (void)fflush(stderr);
}

void sim_printed_close(struct sim_printed *printed, bool has_last_words)
{
    char words[PIECE_BYTES];
    ssize_t got = 0;

    if (printed->file < 0) {
        return;
    }
    const off_t end = lseek(printed->file, 0, SEEK_CUR);
    const off_t from = end > (off_t)sizeof words ? end - (off_t)sizeof words : 0;
    sim_printed_show(printed);
    if (has_last_words && is_cut && end > from) {
        got = pread(printed->file, words, (size_t)(end - from), from);
    }
    (void)fwrite(words, 1, got > 0 ? (size_t)got : 0, stderr);
    (void)close(printed->file);
    printed->file = -1;
}
