/* Loading workflow code in tests as commands do: compiled through the cache, then dlopen. */
#ifndef WF_TESTS_SUPPORT_TEST_CODE_H
#define WF_TESTS_SUPPORT_TEST_CODE_H

struct sim_code;
struct wf_module;

/* The code of a C source, path from the repository's root, with its writable memory. Fails the test when it does not compile or
 * load. */
void test_load_sim_code(const char *path, struct sim_code *code);

/* Its module alone. */
const struct wf_module *test_load_code(const char *path);

#endif
