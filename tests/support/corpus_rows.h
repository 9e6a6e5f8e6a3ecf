/* The histories of other people, which are not part of this repository: $WFSIM_CORPUS or ../shared/corpus. */
#ifndef WF_TESTS_SUPPORT_CORPUS_ROWS_H
#define WF_TESTS_SUPPORT_CORPUS_ROWS_H

#include "engine/base/arena.h"
#include "engine/history.h"

struct corpus_rows {
    struct wf_arena arena;
    const char *folder;
};

/* cmocka's fixture: the state is a struct corpus_rows. */
int corpus_rows_set_up(void **state);
int corpus_rows_tear_down(void **state);

/* A file below histories/; false when it is not there. */
bool corpus_rows_read(struct corpus_rows *corpus, const char *name, struct wf_string *bytes);

/* Its first history, with its ids. */
void corpus_rows_history(struct corpus_rows *corpus, struct wf_string file, struct wf_history *history);

#endif
