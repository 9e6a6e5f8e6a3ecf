#include "tests/support/corpus_rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/test.h"

#define UNPACKED_BYTES_MAX ((size_t)64 << 20)

int corpus_rows_set_up(void **state)
{
    struct corpus_rows *corpus = calloc(1, sizeof *corpus);
    const char *folder = getenv("WFSIM_CORPUS");

    corpus->folder = folder != NULL ? folder : "../shared/corpus";
    wf_arena_init(&corpus->arena, wf_system_blocks(), 0);
    *state = corpus;
    return 0;
}

int corpus_rows_tear_down(void **state)
{
    struct corpus_rows *corpus = *state;

    wf_arena_deinit(&corpus->arena);
    free(corpus);
    return 0;
}

bool corpus_rows_read(struct corpus_rows *corpus, const char *name, struct wf_string *bytes)
{
    char path[4096];
    FILE *file = NULL;
    char *data = NULL;
    long size = 0;

    (void)snprintf(path, sizeof path, "%s/histories/%s", corpus->folder, name);
    file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    data = wf_arena_take_text(&corpus->arena, (size_t)size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)size, file), (size_t)size);
    (void)fclose(file);
    *bytes = (struct wf_string){data, (size_t)size};
    return true;
}

void corpus_rows_history(struct corpus_rows *corpus, struct wf_string file, struct wf_history *history)
{
    struct wf_history_reader reader;
    struct wf_error err;

    if (wf_history_reader_init(&reader, &corpus->arena, file, UNPACKED_BYTES_MAX, &err) != WF_OK ||
        wf_history_reader_next(&reader, &corpus->arena, history, &err) != WF_OK) {
        fail_msg("%s", err.message);
    }
    wf_history_fill_ids(history);
}
