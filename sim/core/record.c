/* Records: hashed as numbers and strings, printed from the texts of records.def. */
#include "sim/core/record.h"

#include "engine/base/assert.h"

#define NS_PER_US 1000
#define US_PER_S 1000000

static const struct {
    const char *name;
    const char *text;
} descriptors[SIM_RECORD_COUNT] = {
#define SIM_RECORD(NAME, text) {#NAME, (text)},
#include "sim/core/records.def"
};

const char *sim_record_name(enum sim_record_kind kind)
{
    WF_ASSERT((unsigned)kind < SIM_RECORD_COUNT);
    return descriptors[kind].name;
}

/* A piece of the bytes that are hashed: most records fit into one, which is hashed by one call. */
#define PIECE_BYTES 512

struct piece {
    struct wf_digest *digest;
    size_t size_bytes;
    unsigned char bytes[PIECE_BYTES];
};

static void flush(struct piece *piece)
{
    wf_digest_add(piece->digest, piece->bytes, piece->size_bytes);
    piece->size_bytes = 0;
}

static void put_number(struct piece *piece, uint64_t number)
{
    if (PIECE_BYTES - piece->size_bytes < sizeof number) {
        flush(piece);
    }
    wf_store_u64(piece->bytes + piece->size_bytes, number);
    piece->size_bytes += sizeof number;
}

static void put_string(struct piece *piece, struct wf_string string)
{
    put_number(piece, string.size_bytes);
    if (string.size_bytes > PIECE_BYTES) {
        flush(piece);
        wf_digest_add(piece->digest, string.data, string.size_bytes);
        return;
    }
    if (PIECE_BYTES - piece->size_bytes < string.size_bytes) {
        flush(piece);
    }
    if (string.size_bytes > 0) {
        memcpy(piece->bytes + piece->size_bytes, string.data, string.size_bytes);
        piece->size_bytes += string.size_bytes;
    }
}

void sim_record_hash(const struct sim_record *record, struct wf_digest *digest)
{
    struct piece piece;

    piece.digest = digest;
    piece.size_bytes = 0;
    put_number(&piece, (uint64_t)record->kind);
    put_number(&piece, (uint64_t)record->time_ns);
    put_number(&piece, (uint64_t)record->x);
    put_number(&piece, (uint64_t)record->y);
    put_string(&piece, record->node);
    put_string(&piece, record->subject);
    put_string(&piece, record->a);
    put_string(&piece, record->b);
    flush(&piece);
}

/* Appends the field that a placeholder names: "{x}" and so on; `name` starts after the brace. */
static void print_field(const struct sim_record *record, struct wf_string name, struct wf_buffer *out)
{
    if (wf_string_is(name, "node")) {
        wf_buffer_append_string(out, record->node);
    } else if (wf_string_is(name, "subject")) {
        wf_buffer_append_string(out, record->subject);
    } else if (wf_string_is(name, "a")) {
        wf_buffer_append_string(out, record->a);
    } else if (wf_string_is(name, "b")) {
        wf_buffer_append_string(out, record->b);
    } else if (wf_string_is(name, "x")) {
        wf_buffer_printf(out, "%lld", (long long)record->x);
    } else if (wf_string_is(name, "y")) {
        wf_buffer_printf(out, "%lld", (long long)record->y);
    } else {
        WF_UNREACHABLE();
    }
}

void sim_record_print_text(const struct sim_record *record, struct wf_buffer *out)
{
    const char *next = NULL;

    WF_ASSERT((unsigned)record->kind < SIM_RECORD_COUNT);
    next = descriptors[record->kind].text;
    while (*next != '\0') {
        const char *literal = next;
        const char *name = NULL;

        while (*next != '\0' && *next != '{') {
            next++;
        }
        wf_buffer_append(out, literal, (size_t)(next - literal));
        if (*next == '\0') {
            break;
        }
        name = ++next;
        while (*next != '}') {
            WF_ASSERT(*next != '\0');
            next++;
        }
        print_field(record, (struct wf_string){name, (size_t)(next - name)}, out);
        next++;
    }
}

void sim_time_print(wf_time_ns time_ns, struct wf_buffer *out)
{
    const int64_t us = time_ns / NS_PER_US;

    WF_ASSERT(time_ns >= 0);
    wf_buffer_printf(out, "%7lld.%06llds", (long long)(us / US_PER_S), (long long)(us % US_PER_S));
}

void sim_record_print(const struct sim_record *record, struct wf_buffer *out)
{
    sim_time_print(record->time_ns, out);
    wf_buffer_append_text(out, "  ");
    sim_record_print_text(record, out);
}
