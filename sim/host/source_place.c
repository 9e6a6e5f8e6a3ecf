/* One line of addr2line: "/a/b/saga.c:41 (discriminator 3)", or "??:0". */
#define _GNU_SOURCE /* pipe2 */
#include "sim/host/source_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "sim/host/process.h"

#define ANSWER_BYTES_MAX 4096

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

/* What addr2line prints, in answer; 0 bytes when it cannot be run. */
static size_t ask(const char *object_path, uint64_t offset, char *answer)
{
    char address[32];
    const char *const words[] = {"addr2line", "-e", object_path, address, NULL};
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    size_t size_bytes = 0;
    pid_t child = -1;
    int ends[2];

    (void)snprintf(address, sizeof address, "0x%llx", (unsigned long long)offset);
    if (nothing >= 0 && pipe2(ends, O_CLOEXEC) == 0) {
        child = sim_process_start(words, ends[1], nothing);
        (void)close(ends[1]);
        size_bytes = child > 0 ? read_all(ends[0], answer, ANSWER_BYTES_MAX) : 0;
        (void)close(ends[0]);
        (void)sim_process_wait(child);
    }
    if (nothing >= 0) {
        (void)close(nothing);
    }
    return size_bytes;
}

static struct wf_string file_name_of(struct wf_string path)
{
    size_t at = path.size_bytes;

    while (at > 0 && path.data[at - 1] != '/') {
        at--;
    }
    return (struct wf_string){path.data + at, path.size_bytes - at};
}

struct wf_string sim_source_place(struct wf_arena *arena, const char *path, const char *object_path, uint64_t offset)
{
    const struct wf_string nowhere = {NULL, 0};
    char answer[ANSWER_BYTES_MAX];
    struct wf_string line = {answer, offset == 0 ? 0 : ask(object_path, offset, answer)};
    struct wf_string file = {answer, 0};
    struct wf_buffer place;

    while (file.size_bytes < line.size_bytes && answer[file.size_bytes] != ':') {
        file.size_bytes++;
    }
    size_t end = file.size_bytes + 1;
    while (end < line.size_bytes && wf_is_digit(answer[end])) {
        end++;
    }
    if (file.size_bytes == 0 || end <= file.size_bytes + 1 || end >= line.size_bytes || answer[0] == '?') {
        return nowhere;
    }
    const struct wf_string number = {answer + file.size_bytes, end - file.size_bytes};
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
