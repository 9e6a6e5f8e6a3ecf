/*
 * The digest of a JSON value. Arrays fold their items in order; objects add up their members, so that order does not
 * matter; strings are folded with their escapes undone, numbers by value. The digests of the open containers are a stack
 * as deep as the reader allows.
 */
#include "engine/base/hash.h"
#include "engine/base/json_text.h"
#include "engine/base/real.h"

enum salt { SALT_NULL = 1, SALT_TRUE, SALT_FALSE, SALT_INTEGER, SALT_REAL, SALT_STRING, SALT_ARRAY, SALT_OBJECT };

struct level {
    uint64_t digest;
    uint64_t key; /* of the member being read, in an object */
    bool is_object;
};

/* Byte by byte, because escapes make equal strings look different. */
static uint64_t string_digest(const struct wf_json_token *token)
{
    const char *at = token->text.data;
    const char *end = at + token->text.size_bytes;
    uint64_t digest = SALT_STRING;
    char decoded[4];
    size_t decoded_bytes = 0;

    while (at < end) {
        decoded_bytes = wf_json_decode_character(&at, end, decoded);
        for (size_t i = 0; i < decoded_bytes; i++) {
            digest = wf_hash_mix(digest, (unsigned char)decoded[i]);
        }
    }
    return digest;
}

static uint64_t number_digest(const struct wf_json_token *token)
{
    int64_t whole = 0;
    wf_double_bits bits = 0;

    if (wf_json_integer(token, &whole, NULL) == WF_OK) {
        return wf_hash_mix(SALT_INTEGER, (uint64_t)whole);
    }
    /* The reader let it through, so it is a number. */
    wf_double_read(token->text, &bits);
    return wf_hash_mix(SALT_REAL, bits);
}

static uint64_t scalar_digest(const struct wf_json_token *token)
{
    switch (token->kind) {
    case WF_JSON_NULL:
        return SALT_NULL;
    case WF_JSON_TRUE:
        return SALT_TRUE;
    case WF_JSON_FALSE:
        return SALT_FALSE;
    case WF_JSON_NUMBER:
        return number_digest(token);
    case WF_JSON_STRING:
    case WF_JSON_KEY:
        return string_digest(token);
    case WF_JSON_ARRAY_BEGIN:
    case WF_JSON_ARRAY_END:
    case WF_JSON_OBJECT_BEGIN:
    case WF_JSON_OBJECT_END:
    case WF_JSON_END:
        break;
    }
    return 0;
}

static void add_value(struct level *level, uint64_t value)
{
    if (level->is_object) {
        level->digest += wf_hash_mix(level->key, value);
    } else {
        level->digest = wf_hash_mix(level->digest, value);
    }
}

bool wf_json_digest(struct wf_string text, uint64_t *digest)
{
    struct level levels[WF_JSON_DEPTH_MAX + 1]; /* the last is for the whole text */
    struct wf_json_reader reader;
    struct wf_json_token token;
    uint32_t depth = 0;

    wf_json_reader_init(&reader, text);
    levels[0] = (struct level){0};
    do {
        if (wf_json_next(&reader, &token, NULL) != WF_OK) {
            return false;
        }
        if (token.kind == WF_JSON_OBJECT_BEGIN || token.kind == WF_JSON_ARRAY_BEGIN) {
            levels[++depth] = (struct level){.is_object = token.kind == WF_JSON_OBJECT_BEGIN};
        } else if (token.kind == WF_JSON_OBJECT_END || token.kind == WF_JSON_ARRAY_END) {
            depth--;
            add_value(&levels[depth], wf_hash_mix(levels[depth + 1].is_object ? SALT_OBJECT : SALT_ARRAY,
                                                  levels[depth + 1].digest));
        } else if (token.kind == WF_JSON_KEY) {
            levels[depth].key = string_digest(&token);
        } else if (token.kind != WF_JSON_END) {
            add_value(&levels[depth], scalar_digest(&token));
        }
    } while (token.kind != WF_JSON_END);
    *digest = levels[0].digest;
    return true;
}
