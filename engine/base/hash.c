/*
 * XXH3 comes from its library, compiled in so that short inputs cost no call. SipHash-1-3 is written out: one compression
 * round a word, three at the end, as Rust's DefaultHasher.
 */
#include "engine/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/bytes.h"

/* Odd constants with well spread bits: the first two primes of XXH64. */
#define MIX_PRIME_1 UINT64_C(0x9E3779B185EBCA87)
#define MIX_PRIME_2 UINT64_C(0xC2B2AE3D27D4EB4F)

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

uint64_t wf_hash_bytes(const void *data, size_t size_bytes)
{
    return XXH3_64bits(data, size_bytes);
}

uint64_t wf_hash_seeded(uint64_t seed, const void *data, size_t size_bytes)
{
    return XXH3_64bits_withSeed(data, size_bytes, seed);
}

uint64_t wf_hash_mix(uint64_t digest, uint64_t value)
{
    uint64_t mixed = rotate_left(digest, 27) * MIX_PRIME_1 + value;

    mixed = (mixed ^ mixed >> 29) * MIX_PRIME_2;
    return mixed ^ mixed >> 32;
}

void wf_digest_init(struct wf_digest *digest)
{
    *digest = (struct wf_digest){0, 0};
}

void wf_digest_add(struct wf_digest *digest, const void *data, size_t size_bytes)
{
    wf_digest_add_u64(digest, wf_hash_bytes(data, size_bytes));
}

void wf_digest_add_u64(struct wf_digest *digest, uint64_t value)
{
    digest->value = wf_hash_mix(digest->value, value);
    digest->count++;
}

uint64_t wf_digest_value(const struct wf_digest *digest)
{
    return wf_hash_mix(digest->value, digest->count);
}

struct siphash {
    uint64_t v0;
    uint64_t v1;
    uint64_t v2;
    uint64_t v3;
};

static void siphash_round(struct siphash *state)
{
    state->v0 += state->v1;
    state->v1 = rotate_left(state->v1, 13) ^ state->v0;
    state->v0 = rotate_left(state->v0, 32);
    state->v2 += state->v3;
    state->v3 = rotate_left(state->v3, 16) ^ state->v2;
    state->v0 += state->v3;
    state->v3 = rotate_left(state->v3, 21) ^ state->v0;
    state->v2 += state->v1;
    state->v1 = rotate_left(state->v1, 17) ^ state->v2;
    state->v2 = rotate_left(state->v2, 32);
}

static void siphash_word(struct siphash *state, uint64_t word)
{
    state->v3 ^= word;
    siphash_round(state);
    state->v0 ^= word;
}

/* Hashes data followed by suffix_size_bytes (0 or 1) of suffix, so that nobody has to join them in memory. */
static uint64_t siphash(const uint64_t key[2], const void *data, size_t size_bytes, uint8_t suffix,
                        size_t suffix_size_bytes)
{
    struct siphash state = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                            key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    const unsigned char *byte = data;
    uint64_t tail = 0;
    unsigned tail_bits = 0;

    for (size_t i = 0; i < size_bytes / 8; i++) {
        siphash_word(&state, wf_load_u64(byte + i * 8));
    }
    for (size_t i = size_bytes / 8 * 8; i < size_bytes; i++) {
        tail |= (uint64_t)byte[i] << tail_bits;
        tail_bits += 8;
    }
    if (suffix_size_bytes == 1) {
        tail |= (uint64_t)suffix << tail_bits;
        tail_bits += 8;
    }
    if (tail_bits == 64) {
        siphash_word(&state, tail);
        tail = 0;
    }
    siphash_word(&state, tail | (uint64_t)(size_bytes + suffix_size_bytes) << 56);
    state.v2 ^= 0xFF;
    siphash_round(&state);
    siphash_round(&state);
    siphash_round(&state);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

uint64_t wf_siphash13(uint64_t key0, uint64_t key1, const void *data, size_t size_bytes)
{
    return siphash((const uint64_t[2]){key0, key1}, data, size_bytes, 0, 0);
}

uint64_t wf_randomness_seed(const char *run_id, size_t size_bytes)
{
    /* replay-rules 1.10: Rust hashes a str as its bytes and then 0xFF. */
    return siphash((const uint64_t[2]){0, 0}, run_id, size_bytes, 0xFF, 1);
}
