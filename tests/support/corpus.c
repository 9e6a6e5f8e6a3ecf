#include "tests/support/corpus.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/test.h"

bool corpus_read_file(struct wf_arena *arena, const char *folder, const char *name,
                      struct wf_string *bytes)
{
    char path[4096];
    FILE *file = NULL;
    char *data = NULL;
    long size = 0;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
        (file = fopen(path, "rb")) == NULL) {
        return false;
    }
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0) {
        data = wf_arena_take_text(arena, (size_t)size + 1);
    }
    if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size) {
        fclose(file);
        return false;
    }
    fclose(file);
    *bytes = (struct wf_string){data, (size_t)size};
    return true;
}

/* The columns of MANIFEST.tsv begin: id, file, golden, class, expected_validity. */
int corpus_read_manifest(void **state)
{
    static struct corpus corpus;
    const char *folder = getenv("WFSIM_CORPUS");
    struct wf_string rest;

    corpus.folder = folder != NULL ? folder : "../shared/corpus";
    corpus.count = 0;
    wf_arena_init(&corpus.arena, wf_system_blocks(), 0);
    *state = &corpus;
    if (!corpus_read_file(&corpus.arena, corpus.folder, "MANIFEST.tsv", &rest)) {
        return 0;
    }
    (void)test_take_until(&rest, '\n');
    while (rest.size_bytes > 0 && corpus.count < CORPUS_FILES_MAX) {
        struct wf_string line = test_take_until(&rest, '\n');

        corpus.ids[corpus.count] = wf_string_copy(&corpus.arena, test_take_until(&line, '\t'));
        corpus.files[corpus.count] = wf_string_copy(&corpus.arena, test_take_until(&line, '\t'));
        corpus.has_golden[corpus.count] = wf_string_is(test_take_until(&line, '\t'), "ok");
        (void)test_take_until(&line, '\t');
        corpus.validity[corpus.count++] = wf_string_copy(&corpus.arena, test_take_until(&line, '\t'));
    }
    return 0;
}

int corpus_drop_manifest(void **state)
{
    struct corpus *corpus = *state;

    wf_arena_deinit(&corpus->arena);
    return 0;
}

bool corpus_skips(const struct corpus *corpus)
{
    if (corpus->count == 0) {
        print_message("skipped all histories of the corpus: none at %s\n", corpus->folder);
    }
    return corpus->count == 0;
}

/* Reads the one history of a file. */
void corpus_read_history(const struct corpus *corpus, size_t i, struct wf_arena *arena,
                              struct wf_history *history)
{
    struct wf_history_reader reader;
    struct wf_history further;
    struct wf_error err = {0};
    struct wf_string file;

    assert_true(corpus_read_file(arena, corpus->folder, corpus->files[i].data, &file));
    if (wf_history_reader_init(&reader, arena, file, CORPUS_UNPACKED_BYTES_MAX, &err) != WF_OK ||
        wf_history_reader_next(&reader, arena, history, &err) != WF_OK) {
        fail_msg("%s: %s (byte %lld, event %lld)", corpus->ids[i].data, err.message,
                 (long long)err.byte_offset, (long long)err.event_id);
    }
    assert_int_equal(wf_history_reader_next(&reader, arena, &further, &err), WF_ERR_NOT_FOUND);
}
