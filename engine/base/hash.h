/*
 * Hashes: XXH3 for checksums, digests and keyed choices; SipHash-1-3 for the workflow randomness seed.
 */
#ifndef WF_ENGINE_BASE_HASH_H
#define WF_ENGINE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3-64 with seed 0 of bytes. */
uint64_t wf_hash_bytes(const void *data, size_t size_bytes);

/* XXH3-64 with a seed. */
uint64_t wf_hash_seeded(uint64_t seed, const void *data, size_t size_bytes);

/* Mixes a number into a running digest: order matters, endianness does not. */
uint64_t wf_hash_mix(uint64_t digest, uint64_t value);

/* A running digest over many pieces; equal to no one-shot hash, but stable. */
struct wf_digest {
    uint64_t value;
    uint64_t count;
};
void wf_digest_init(struct wf_digest *digest);
void wf_digest_add(struct wf_digest *digest, const void *data, size_t size_bytes);
void wf_digest_add_u64(struct wf_digest *digest, uint64_t value);
uint64_t wf_digest_value(const struct wf_digest *digest);

/* SipHash-1-3. */
uint64_t wf_siphash13(uint64_t key0, uint64_t key1, const void *data, size_t size_bytes);

/* The seed of a run's random numbers: SipHash-1-3, zero key, of the run id and one byte 0xFF (replay-rules 1.10). */
uint64_t wf_randomness_seed(const char *run_id, size_t size_bytes);

#endif
