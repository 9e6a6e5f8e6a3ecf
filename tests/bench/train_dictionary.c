/*
 * Prints engine/codec/dictionary.c: a zstd dictionary trained on made-up histories. Run once for a
 * dictionary; a new one gets a new id, because archives name the one they were packed with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zdict.h>

#include "engine/codec/archive_frame.h"
#include "tests/support/synthetic_history.h"
#include "tests/support/test.h"

#define SAMPLES 2000
#define DICTIONARY_BYTES                                                                           \
    8192 /* twice as much packs short histories 2% smaller, long ones not at all */

int main(void)
{
    static const uint32_t event_counts[] = {8, 11, 17, 23, 31, 44, 60, 90};
    static size_t sizes[SAMPLES];
    static unsigned char dictionary[DICTIONARY_BYTES];
    const ZDICT_params_t parameters = {.compressionLevel = 3, .dictID = WF_DICTIONARY_ID};
    struct wf_arena arena;
    struct wf_arena scratch;
    struct wf_buffer samples;
    size_t size_bytes = 0;

    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_arena_init(&scratch, wf_system_blocks(), 0);
    wf_buffer_init(&samples, &arena);
    for (size_t i = 0; i < SAMPLES; i++) {
        const size_t start = samples.size_bytes;
        struct wf_history history;

        synthetic_history(&scratch, i, event_counts[i % TEST_COUNT(event_counts)], &history);
        wf_history_write_protobuf(&history, &samples);
        sizes[i] = samples.size_bytes - start;
        wf_arena_reset(&scratch);
    }
    size_bytes = ZDICT_trainFromBuffer(dictionary, sizeof dictionary, samples.data, sizes, SAMPLES);
    if (!ZDICT_isError(size_bytes)) {
        size_bytes = ZDICT_finalizeDictionary(dictionary, sizeof dictionary, dictionary, size_bytes,
                                              samples.data, sizes, SAMPLES, parameters);
    }
    if (ZDICT_isError(size_bytes)) {
        fprintf(stderr, "%s\n", ZDICT_getErrorName(size_bytes));
        return EXIT_FAILURE;
    }
    printf("/* Printed by tests/bench/train_dictionary.c. Its id, %d, is in the bytes; never "
           "change them. */\n"
           "#include \"engine/codec/archive_frame.h\"\n\nconst unsigned char wf_dictionary[] = {",
           WF_DICTIONARY_ID);
    for (size_t i = 0; i < size_bytes; i++) {
        printf("%s0x%02x,", i % 18 == 0 ? "\n    " : " ", dictionary[i]);
    }
    printf("\n};\nconst size_t wf_dictionary_bytes = sizeof wf_dictionary;\n");
    wf_arena_deinit(&arena);
    wf_arena_deinit(&scratch);
    return EXIT_SUCCESS;
}
