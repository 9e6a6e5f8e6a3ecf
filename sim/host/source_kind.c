/*
 * Looks at the first bytes. The order of arguments is easily mixed up, and a compiler has thousands of messages for a history.
 */
#include "sim/host/source_kind.h"

#include "engine/archive.h"

#define LOOKED_BYTES ((size_t)4096)
#define ESCAPE 0x1b /* what a comment may show colours with */

static const struct {
    const char *bytes;
    size_t size_bytes;
    const char *what;
} magics[] = {
    {"\x1f\x8b", 2, "a gzip file"},
    {"\x28\xb5\x2f\xfd", 4, "a zstd file"},
    {WF_ARCHIVE_MAGIC, sizeof WF_ARCHIVE_MAGIC - 1, "an archive of histories"},
    {"\xef\xbb\xbf{", 4, "a JSON file"},
};

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

const char *sim_source_is_other(struct wf_string source)
{
    size_t first = 0;

    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (wf_string_starts_with(source, (struct wf_string){magics[i].bytes, magics[i].size_bytes})) {
            return magics[i].what;
        }
    }
    while (first < source.size_bytes && is_space(source.data[first])) {
        first++;
    }
    /* An attribute may be the first thing in C, and a list of lists in no history. */
    if (first < source.size_bytes && (source.data[first] == '{' || (source.data[first] == '[' &&
                                                                    (first + 1 == source.size_bytes ||
                                                                     source.data[first + 1] != '[')))) {
        return "a JSON file";
    }
    for (size_t i = 0; i < source.size_bytes && i < LOOKED_BYTES; i++) {
        const unsigned char byte = (unsigned char)source.data[i];

        if (byte < ' ' && byte != ESCAPE && !is_space(source.data[i])) {
            return "binary data";
        }
    }
    return NULL;
}
