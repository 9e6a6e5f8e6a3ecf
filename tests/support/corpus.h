/*
 * Real histories of other people. They are not part of this repository: $WFSIM_CORPUS or ../shared/corpus, else a test that
 * needs them says that it skipped them.
 */
#ifndef WF_TESTS_SUPPORT_CORPUS_H
#define WF_TESTS_SUPPORT_CORPUS_H

#include "engine/history.h"

#define CORPUS_FILES_MAX 1024
#define CORPUS_UNPACKED_BYTES_MAX ((size_t)256 << 20)

struct corpus {
    const char *folder;
    struct wf_arena arena; /* of the list */
    struct wf_string ids[CORPUS_FILES_MAX];
    struct wf_string files[CORPUS_FILES_MAX];
    struct wf_string validity[CORPUS_FILES_MAX];
    bool has_golden[CORPUS_FILES_MAX]; /* official tools read it */
    size_t count;
};

/* Set-up and tear-down of a group of tests, whose state is the corpus. */
int corpus_read_manifest(void **state);
int corpus_drop_manifest(void **state);

/* True, and says so, when there is no corpus here. */
bool corpus_skips(const struct corpus *corpus);

/* Reads a file into the arena; false when there is none. */
bool corpus_read_file(struct wf_arena *arena, const char *folder, const char *name, struct wf_string *bytes);

/* Reads the one history of a file; fails the test when it cannot be read. */
void corpus_read_history(const struct corpus *corpus, size_t i, struct wf_arena *arena, struct wf_history *history);

#endif
