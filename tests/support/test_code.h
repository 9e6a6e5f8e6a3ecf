/* Loading workflow code in tests as commands do: compiled through the cache, then dlopen. */
#ifndef WF_TESTS_SUPPORT_TEST_CODE_H
#define WF_TESTS_SUPPORT_TEST_CODE_H

struct wf_module;

/* The module of a C source, path from the repository's root. Fails the test when it does not compile or load. */
const struct wf_module *test_load_code(const char *path);

#endif
