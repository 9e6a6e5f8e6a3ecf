/* Numbers are variable-length as in protobuf; a text is its length and its bytes. */
#include "sim/report/pack.h"

void sim_pack_number(struct wf_buffer *out, uint64_t value)
{
    while (value >= 0x80) {
        wf_buffer_append_char(out, (char)(value | 0x80));
        value >>= 7;
    }
    wf_buffer_append_char(out, (char)value);
}

void sim_pack_text(struct wf_buffer *out, struct wf_string text)
{
    sim_pack_number(out, text.size_bytes);
    wf_buffer_append_string(out, text);
}

void sim_pack_code(struct wf_buffer *out, const char *code)
{
    sim_pack_text(out, code != NULL ? wf_string_of(code) : (struct wf_string){NULL, 0});
}

uint64_t sim_unpack_number(struct sim_unpacker *unpacker)
{
    uint64_t value = 0;

    for (uint32_t shift = 0; shift < 64 && unpacker->rest.size_bytes > 0; shift += 7) {
        const unsigned char byte = (unsigned char)unpacker->rest.data[0];

        unpacker->rest = (struct wf_string){unpacker->rest.data + 1, unpacker->rest.size_bytes - 1};
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    unpacker->has_failed = true;
    return 0;
}

struct wf_string sim_unpack_text(struct sim_unpacker *unpacker)
{
    const uint64_t size_bytes = sim_unpack_number(unpacker);

    if (size_bytes > unpacker->rest.size_bytes) {
        unpacker->has_failed = true;
        return (struct wf_string){NULL, 0};
    }
    const struct wf_string text = {unpacker->rest.data, (size_t)size_bytes};
    unpacker->rest =
        (struct wf_string){unpacker->rest.data + size_bytes, unpacker->rest.size_bytes - (size_t)size_bytes};
    return text;
}

const char *sim_unpack_code(struct sim_unpacker *unpacker)
{
    const struct wf_string text = sim_unpack_text(unpacker);

    return text.size_bytes > 0 ? wf_string_copy(unpacker->arena, text).data : NULL;
}

void *sim_unpack_array(struct sim_unpacker *unpacker, uint32_t *count, size_t size_bytes, size_t item_bytes_min)
{
    const uint64_t claimed = sim_unpack_number(unpacker);
    void *items = NULL;

    if (claimed <= unpacker->rest.size_bytes / item_bytes_min) {
        items = wf_arena_take_array(unpacker->arena, (size_t)claimed, size_bytes);
    }
    unpacker->has_failed |= items == NULL;
    *count = items != NULL ? (uint32_t)claimed : 0;
    return items;
}

bool sim_unpack_is_whole(const struct sim_unpacker *unpacker)
{
    return !unpacker->has_failed && unpacker->rest.size_bytes == 0;
}
