/*
 * What the program prints: results to standard output through a buffer, diagnostics to standard error, and a progress line
 * for people at a terminal.
 */
#ifndef SIM_CLI_OUTPUT_H
#define SIM_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"

enum cli_format { CLI_FORMAT_TEXT, CLI_FORMAT_JSON, CLI_FORMAT_JSONL };

enum cli_style {
    CLI_STYLE_PLAIN,
    CLI_STYLE_BOLD,
    CLI_STYLE_DIM,
    CLI_STYLE_RED,
    CLI_STYLE_GREEN,
    CLI_STYLE_YELLOW,
    CLI_STYLE_CYAN,
};

/* Standard output. Commands append to `text` and flush at the ends of records. */
struct cli_output {
    struct wf_buffer text;
    enum cli_format format;
    bool is_terminal;
    bool has_color;      /* a terminal, and NO_COLOR is not set */
    uint32_t width;      /* columns of the terminal; 0: not a terminal, lines are never cut */
    int write_error;     /* errno of the first write that failed; 0: none */
};

/* The text grows in the arena. */
void cli_output_init(struct cli_output *out, struct wf_arena *arena);

/* Writes when enough has gathered, so that a long result streams and a short one is written once. */
void cli_output_flush_some(struct cli_output *out);

/* Writes everything. */
void cli_output_flush(struct cli_output *out);

/* The escape that begins a style (CLI_STYLE_PLAIN ends one); empty without colour. Printed with %s. */
const char *cli_style(const struct cli_output *out, enum cli_style style);

void cli_append_repeated(struct wf_buffer *text, const char *piece, size_t count);

/* One diagnostic line on standard error, after "wfsim: ". Results that are still buffered are not flushed first. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void cli_complain(const char *format, ...);

/*
 * A progress line, rewritten in place, on standard error and only when that is a terminal: "1,234 of 10,000 seeds, 512/s,
 * 17 s left". Nothing that it prints can reach a result.
 */
struct cli_progress {
    const char *noun; /* "seeds" */
    uint64_t total;   /* 0: not known */
    int64_t began_ns;
    int64_t shown_ns; /* when the line was last written */
    bool is_on;
};
void cli_progress_begin(struct cli_progress *progress, const char *noun, uint64_t total);
/* Rewrites the line, and prints above it the results that are ready: nobody waits for a buffer to fill. */
void cli_progress_update(struct cli_progress *progress, struct cli_output *out, uint64_t done);
/* Takes the line away. */
void cli_progress_end(struct cli_progress *progress);

#endif
