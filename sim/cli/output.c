/*
 * Results gather in a buffer and are written in large pieces. A failed write is remembered, not reported at once: main
 * says it once, at the end, and exits accordingly.
 */
#include "sim/cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/assert.h"
#include "sim/host/clock.h"
#include "sim/report/visible.h"

#define COMPLAINT_BYTES 8192 /* a longer one is cut */
#define ESCAPE_BYTES 4       /* \x1b */
#define OUTPUT_BYTES_BUFFERED ((size_t)64 * 1024)
#define PROGRESS_INTERVAL_NS INT64_C(100000000)

void cli_output_init(struct cli_output *out, struct wf_arena *arena)
{
    const char *no_color = getenv("NO_COLOR");
    struct winsize size = {0};

    *out = (struct cli_output){.format = CLI_FORMAT_TEXT, .is_terminal = isatty(STDOUT_FILENO) == 1};
    wf_buffer_init(&out->text, arena);
    /* https://no-color.org: set and not empty turns colour off. */
    out->has_color = out->is_terminal && (no_color == NULL || no_color[0] == '\0');
    if (out->is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        out->width = size.ws_col;
    }
}

void cli_output_flush_some(struct cli_output *out)
{
    if (out->text.size_bytes >= OUTPUT_BYTES_BUFFERED) {
        cli_output_flush(out);
    }
}

void cli_output_flush(struct cli_output *out)
{
    const char *next = out->text.data;
    size_t left = out->text.size_bytes;

    if (out->text.is_full) {
        out->write_error = ENOMEM;
    }
    while (left > 0 && out->write_error == 0) {
        const ssize_t written = write(STDOUT_FILENO, next, left);

        if (written >= 0) {
            next += written;
            left -= (size_t)written;
        } else if (errno != EINTR) {
            out->write_error = errno;
        }
    }
    wf_buffer_reset(&out->text);
}

const char *cli_style(const struct cli_output *out, enum cli_style style)
{
    if (!out->has_color) {
        return "";
    }
    switch (style) {
    case CLI_STYLE_PLAIN:
        return "\033[0m";
    case CLI_STYLE_BOLD:
        return "\033[1m";
    case CLI_STYLE_DIM:
        return "\033[2m";
    case CLI_STYLE_RED:
        return "\033[31m";
    case CLI_STYLE_GREEN:
        return "\033[32m";
    case CLI_STYLE_YELLOW:
        return "\033[33m";
    case CLI_STYLE_CYAN:
        return "\033[36m";
    }
    WF_UNREACHABLE();
}

void cli_append_repeated(struct wf_buffer *text, const char *piece, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wf_buffer_append_text(text, piece);
    }
}

void cli_complain(const char *format, ...)
{
    va_list arguments;

    char text[COMPLAINT_BYTES];
    char line[COMPLAINT_BYTES * ESCAPE_BYTES];
    struct wf_buffer visible;
    const char *rest = text;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fputs("wfsim: ", stderr);
    /* What is complained about may be a name out of a file: no line of it may be taken for one of a command to a CI. */
    for (;;) {
        const struct wf_string words = {rest, strcspn(rest, "\n\t")};

        wf_buffer_init_fixed(&visible, line, sizeof line);
        (void)sim_append_visible(&visible, words, 0);
        (void)fwrite(visible.data, 1, visible.size_bytes, stderr);
        rest += words.size_bytes;
        if (*rest == '\0') {
            break;
        }
        fputs(*rest == '\n' ? "\n  " : "\t", stderr);
        rest++;
    }
    fputc('\n', stderr);
}

void cli_progress_begin(struct cli_progress *progress, const char *noun, uint64_t total)
{
    *progress = (struct cli_progress){
        .noun = noun, .total = total, .began_ns = sim_host_clock_ns(), .is_on = isatty(STDERR_FILENO) == 1};
    progress->shown_ns = progress->began_ns;
}

static void hide_progress(const struct cli_progress *progress)
{
    if (progress->is_on && progress->shown_ns != progress->began_ns) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}

void cli_progress_update(struct cli_progress *progress, struct cli_output *out, uint64_t done)
{
    const int64_t time_ns = progress->is_on ? sim_host_clock_ns() : 0;
    const uint64_t elapsed_ms = (uint64_t)(time_ns - progress->began_ns) / 1000000;

    if (out->text.size_bytes > 0) {
        hide_progress(progress);
        cli_output_flush(out);
    }
    if (!progress->is_on || time_ns - progress->shown_ns < PROGRESS_INTERVAL_NS) {
        return;
    }
    progress->shown_ns = time_ns;
    fprintf(stderr, "\r\033[K%llu", (unsigned long long)done);
    if (progress->total > 0) {
        fprintf(stderr, " of %llu", (unsigned long long)progress->total);
    }
    fprintf(stderr, " %s", progress->noun);
    if (elapsed_ms > 0) {
        fprintf(stderr, ", %llu/s", (unsigned long long)(done * 1000 / elapsed_ms));
    }
    if (done > 0 && progress->total > done) {
        fprintf(stderr, ", %llu s left", (unsigned long long)((progress->total - done) * elapsed_ms / done / 1000));
    }
    fflush(stderr);
}

void cli_progress_end(struct cli_progress *progress)
{
    hide_progress(progress);
    progress->is_on = false;
}
