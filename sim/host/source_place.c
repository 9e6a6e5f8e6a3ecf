/* addr2line prints one line, "/a/b/saga.c:41 (discriminator 3)" or "??:0"; nm one for each symbol, with its place behind a tab. */
#define _GNU_SOURCE /* pipe2 */
#include "sim/host/source_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/host/process.h"

#define ANSWER_BYTES_MAX ((size_t)4096)
#define SYMBOLS_BYTES_MAX ((size_t)4 << 20)

static size_t read_all(int from, char *answer, size_t capacity)
{
    size_t size_bytes = 0;
    ssize_t count = 0;

    while (size_bytes < capacity && (count = read(from, answer + size_bytes, capacity - size_bytes)) != 0) {
        if (count < 0 && errno != EINTR) {
            break;
        }
        size_bytes += count > 0 ? (size_t)count : 0;
    }
    return size_bytes;
}

/* What a program prints, in answer; empty when it cannot be run. words ends with a NULL. */
static struct wf_string ask(const char *const *words, char *answer, size_t capacity)
{
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct wf_string printed = {answer, 0};
    pid_t child = -1;
    int ends[2];

    if (answer != NULL && nothing >= 0 && pipe2(ends, O_CLOEXEC) == 0) {
        child = sim_process_start(words, ends[1], nothing);
        (void)close(ends[1]);
        printed.size_bytes = child > 0 ? read_all(ends[0], answer, capacity) : 0;
        (void)close(ends[0]);
        (void)sim_process_wait(child);
    }
    if (nothing >= 0) {
        (void)close(nothing);
    }
    return printed;
}

static struct wf_string file_name_of(struct wf_string path)
{
    size_t at = path.size_bytes;

    while (at > 0 && path.data[at - 1] != '/') {
        at--;
    }
    return (struct wf_string){path.data + at, path.size_bytes - at};
}

/* "FILE:LINE" at the start of a line of text, as the user knows the file; empty for another text. */
static struct wf_string place_in(struct wf_arena *arena, const char *path, struct wf_string line)
{
    const struct wf_string nowhere = {NULL, 0};
    struct wf_string file = {line.data, 0};
    struct wf_buffer place;

    while (file.size_bytes < line.size_bytes && line.data[file.size_bytes] != ':') {
        file.size_bytes++;
    }
    size_t end = file.size_bytes + 1;
    while (end < line.size_bytes && wf_is_digit(line.data[end])) {
        end++;
    }
    if (file.size_bytes == 0 || end <= file.size_bytes + 1 || end >= line.size_bytes || line.data[0] == '?') {
        return nowhere;
    }
    const struct wf_string number = {line.data + file.size_bytes, end - file.size_bytes};
    if (wf_string_is(number, ":0")) {
        return nowhere;
    }
    if (wf_string_equal(file_name_of(file), file_name_of(wf_string_of(path)))) {
        file = wf_string_of(path);
    }
    wf_buffer_init(&place, arena);
    wf_buffer_append_string(&place, file);
    wf_buffer_append_string(&place, number);
    return place.is_full ? nowhere : wf_buffer_string(&place);
}

struct wf_string sim_source_place(struct wf_arena *arena, const char *path, const char *object_path, uint64_t offset)
{
    char answer[ANSWER_BYTES_MAX];
    char address[32];
    const char *const words[] = {"addr2line", "-e", object_path, address, NULL};

    if (offset == 0) {
        return (struct wf_string){NULL, 0};
    }
    (void)snprintf(address, sizeof address, "0x%llx", (unsigned long long)offset);
    return place_in(arena, path, ask(words, answer, sizeof answer));
}

/* The place in a line of nm, "0000000000004018 d table\t/a/b/saga.c:6", when it is the symbol's; empty otherwise. */
static struct wf_string place_of_symbol(struct wf_string line, struct wf_string symbol)
{
    size_t tab = 0;

    while (tab < line.size_bytes && line.data[tab] != '\t') {
        tab++;
    }
    const struct wf_string named = {line.data, tab};
    const bool is_it = tab < line.size_bytes && tab > symbol.size_bytes && wf_string_ends_with(named, symbol) &&
                       line.data[tab - symbol.size_bytes - 1] == ' ';
    return is_it ? (struct wf_string){line.data + tab + 1, line.size_bytes - tab - 1} : (struct wf_string){NULL, 0};
}

struct wf_string sim_source_of_symbol(struct wf_arena *arena, const char *path, const char *object_path,
                                      struct wf_string symbol)
{
    const char *const words[] = {"nm", "-l", "--", object_path, NULL};
    const struct wf_arena_mark mark = wf_arena_mark(arena);
    struct wf_string rest = ask(words, wf_arena_take_text(arena, SYMBOLS_BYTES_MAX), SYMBOLS_BYTES_MAX);
    struct wf_string found = {NULL, 0};
    char answer[ANSWER_BYTES_MAX];

    while (found.size_bytes == 0 && rest.size_bytes > 0) {
        struct wf_string line = {rest.data, 0};
        while (line.size_bytes < rest.size_bytes && line.data[line.size_bytes] != '\n') {
            line.size_bytes++;
        }
        found = place_of_symbol(line, symbol);
        line.size_bytes += line.size_bytes < rest.size_bytes ? 1 : 0;
        rest = (struct wf_string){rest.data + line.size_bytes, rest.size_bytes - line.size_bytes};
    }
    found.size_bytes = found.size_bytes < sizeof answer ? found.size_bytes : 0;
    if (found.size_bytes > 0) {
        memcpy(answer, found.data, found.size_bytes);
        answer[found.size_bytes++] = '\n';
    }
    wf_arena_rewind(arena, mark);
    return place_in(arena, path, (struct wf_string){answer, found.size_bytes});
}
