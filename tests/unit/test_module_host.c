/* Workflow code from its source to a loaded module: the cache, what the compiler refuses, and
 * writable memory. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/wfsim.h"
#include "sim/host/compile.h"
#include "sim/host/module.h"

#define PREAMBLE "#include \"wfsim.h\"\n"
#define MODULE(run)                                                                                \
    "const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){"       \
    "{.name = \"W\", .run = " run "}, {.name = NULL}}};\n"

/* Writes how often it was called, as its globals know it, to its state. */
#define COUNTING(initial)                                                                          \
    PREAMBLE "static int counts[300] = {" initial "};\nstatic int zeroed;\n"                       \
             "static wf_error run(struct wf *wf, void *state, struct wf_args args, struct "        \
             "wf_value *result)\n"                                                                 \
             "{ (void)wf; (void)args; (void)result; zeroed++; *(int *)state = ++counts[0] * 10 + " \
             "zeroed; return NULL; }\n" MODULE("run")

/* Calls the interface, so that the loader must find it in this program. */
#define CALLING                                                                                    \
    PREAMBLE "static wf_error run(struct wf *wf, void *state, struct wf_args args, struct "        \
             "wf_value *result)\n"                                                                 \
             "{ (void)state; return wf_activity(wf, \"a\", args, NULL, result); }\n" MODULE("run")

struct fixture {
    struct wf_arena arena;
    struct wf_error err;
    struct sim_compiled compiled;
    struct sim_code code;
    char folder[64];
    char start[4096];
};

/* Every test works inside a folder of its own, with a cache of its own. */
static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof fixture);
    wf_arena_init(&fixture.arena, wf_system_blocks(), 0);
    strcpy(fixture.folder, "/tmp/wfsim-test-module-XXXXXX");
    *state = &fixture;
    (void)unsetenv("CC");
    return getcwd(fixture.start, sizeof fixture.start) == NULL || mkdtemp(fixture.folder) == NULL ||
                   chdir(fixture.folder) != 0 || setenv("WFSIM_CACHE", "cache", 1) != 0
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];

    wf_arena_deinit(&fixture->arena);
    (void)snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
    return chdir(fixture->start) == 0 ? system(command) : -1;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static enum sim_compile_end compile(struct fixture *fixture, const char *path)
{
    return sim_compile(&fixture->arena, path, &fixture->compiled, &fixture->err);
}

/* As compile; what is said on standard error goes to a file. */
static enum sim_compile_end compile_quietly(struct fixture *fixture, const char *path,
                                            const char *words)
{
    const int saved = dup(STDERR_FILENO);
    const int file = open(words, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(saved >= 0 && file >= 0);
    assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
    const enum sim_compile_end end = compile(fixture, path);
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    (void)close(file);
    (void)close(saved);
    return end;
}

static void compile_and_load(struct fixture *fixture, const char *path)
{
    assert_int_equal(compile(fixture, path), SIM_COMPILE_OK);
    if (sim_module_load(&fixture->arena, path, fixture->compiled.object_path, &fixture->code,
                        &fixture->err) != WF_OK) {
        fail_msg("%s", fixture->err.message);
    }
}

static int call(const struct sim_code *code)
{
    int count = 0;

    assert_null(code->module->workflows[0].run(NULL, &count, (struct wf_args){0}, NULL));
    return count;
}

/* A source is compiled once, from wherever it is named; what archives record of it stays the same.
 */
static void test_module_host__source_is_compiled_once(void **state)
{
    struct fixture *fixture = *state;

    write_file("a.c", CALLING);
    assert_int_equal(compile(fixture, "a.c"), SIM_COMPILE_OK);
    assert_false(fixture->compiled.is_cached);
    const struct sim_compiled first = fixture->compiled;

    assert_int_equal(compile(fixture, "./a.c"), SIM_COMPILE_OK);
    assert_true(fixture->compiled.is_cached);
    assert_string_equal(fixture->compiled.object_path, first.object_path);
    assert_int_equal(fixture->compiled.digest, first.digest);

    write_file("b.c", CALLING);
    assert_int_equal(compile(fixture, "b.c"), SIM_COMPILE_OK);
    assert_false(fixture->compiled.is_cached);
    assert_int_equal(fixture->compiled.digest, first.digest);
    assert_int_equal(system("ls cache | grep -c so$ | grep -qx 2"), 0);
}

/* Whatever happened to a file of the cache, the code is what it was: compiled again when it has to be. */
static void test_module_host__damaged_cache_is_mended(void **state)
{
    struct fixture *fixture = *state;
    static const char *const damages[] = {
        "for f in cache/*.so; do : >$f; done",
        "for f in cache/*.so; do head -c 4000 $f >cut && cat cut >$f; done",
        "for f in cache/*.so; do head -c -1 $f >cut && cat cut >$f; done",
        "for f in cache/*.so; do printf X | dd of=$f bs=1 seek=5000 conv=notrunc 2>/dev/null; done",
        "for f in cache/*.so; do echo more >>$f; done",
        "for f in cache/*.so; do echo text >$f; done",
        "rm cache/*.so",
        "for f in cache/*.deps; do echo /nowhere >$f; done",
        "rm cache/*.so; for f in cache/include-*/wfsim.h; do echo '#error damaged' >$f; done",
    };

    write_file("own.h", "#define OWN 1\n");
    write_file("a.c", "#include \"own.h\"\n" CALLING);
    assert_int_equal(compile(fixture, "a.c"), SIM_COMPILE_OK);
    const struct sim_compiled first = fixture->compiled;
    for (size_t i = 0; i < TEST_COUNT(damages); i++) {
        assert_int_equal(system(damages[i]), 0);
        if (compile(fixture, "a.c") != SIM_COMPILE_OK || fixture->compiled.is_cached) {
            fail_msg("after `%s`: %s", damages[i], fixture->err.message);
        }
        assert_string_equal(fixture->compiled.object_path, first.object_path);
        assert_int_equal(fixture->compiled.digest, first.digest);
        assert_int_equal(compile(fixture, "a.c"), SIM_COMPILE_OK);
        assert_true(fixture->compiled.is_cached);
    }
    compile_and_load(fixture, "a.c");
    assert_int_equal(system("ls cache | grep -c . | grep -qx 3"), 0); /* nothing else is left */
}

/* Processes that mend one cache at once all get code that loads. */
static void test_module_host__processes_share_a_cache(void **state)
{
    struct fixture *fixture = *state;
    enum { PROCESS_COUNT = 4 };
    pid_t children[PROCESS_COUNT];

    write_file("a.c", CALLING);
    for (int i = 0; i < PROCESS_COUNT; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            const bool is_loaded = compile(fixture, "a.c") == SIM_COMPILE_OK &&
                                   sim_module_load(&fixture->arena, "a.c", fixture->compiled.object_path,
                                                   &fixture->code, &fixture->err) == WF_OK;
            _exit(is_loaded ? 0 : 1);
        }
        assert_true(children[i] > 0);
    }
    for (int i = 0; i < PROCESS_COUNT; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(system("ls cache | grep -c . | grep -qx 3"), 0);
}

/* A changed file that the source includes is a changed source, also through another one, and in a
 * folder with a space. */
static void test_module_host__changed_include_compiles_again(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(mkdir("my code", 0777), 0);
    write_file("my code/inner.h", "#define NAME \"one\"\n");
    write_file("my code/outer.h", "#include \"inner.h\"\n");
    write_file("my code/a.c", "#include \"outer.h\"\n" CALLING
                              "static const char *name = NAME;\nconst char **use = &name;\n");
    assert_int_equal(compile(fixture, "my code/a.c"), SIM_COMPILE_OK);
    const struct sim_compiled first = fixture->compiled;
    assert_int_equal(compile(fixture, "my code/a.c"), SIM_COMPILE_OK);
    assert_true(fixture->compiled.is_cached);

    write_file("my code/inner.h", "#define NAME \"two\"\n");
    assert_int_equal(compile(fixture, "my code/a.c"), SIM_COMPILE_OK);
    assert_false(fixture->compiled.is_cached);
    assert_int_not_equal(fixture->compiled.digest, first.digest);

    write_file("my code/inner.h", "#define NAME \"one\"\n");
    assert_int_equal(compile(fixture, "my code/a.c"), SIM_COMPILE_OK);
    assert_true(fixture->compiled.is_cached);
    assert_string_equal(fixture->compiled.object_path, first.object_path);
}

/* The compiler's words reach the user as they are; nothing of the attempt stays. */
static void test_module_host__compiler_refuses(void **state)
{
    struct fixture *fixture = *state;

    write_file("a.c", PREAMBLE "int x = ;\n");
    assert_int_equal(compile_quietly(fixture, "a.c", "words"), SIM_COMPILE_REFUSED);
    assert_string_equal(fixture->err.message,
                        "a.c: does not compile; the compiler's message is above");
    assert_int_equal(system("grep -q '^a.c:2:9: error: ' words"), 0);
    assert_int_equal(system("test -z \"$(ls cache | grep -v include)\""), 0);
}

static const struct {
    const char *name;
    const char *path;
    const char *variable;
    const char *value;
    enum sim_compile_end end;
    const char *message;
} refusals[] = {
    {"no file", "none.c", NULL, NULL, SIM_COMPILE_ABSENT, "none.c: No such file or directory"},
    {"a folder", ".", NULL, NULL, SIM_COMPILE_ABSENT, ".: this is a folder, not workflow code"},
    {"no compiler", "a.c", "CC", "/nowhere/cc", SIM_COMPILE_ENVIRONMENT,
     "a.c: there is no C compiler; install gcc or clang, or set CC"},
    {"no cache", "a.c", "WFSIM_CACHE", "a.c/cache", SIM_COMPILE_ENVIRONMENT,
     "a.c: the compiled code cannot be stored in a.c/cache: Not a directory; set WFSIM_CACHE to a folder "
     "that can be written"},
};

/* Everything else that can be in the way has a sentence of its own. */
static void test_module_host__what_is_in_the_way_is_named(void **state)
{
    struct fixture *fixture = *state;

    write_file("a.c", CALLING);
    for (size_t i = 0; i < TEST_COUNT(refusals); i++) {
        if (refusals[i].variable != NULL) {
            (void)setenv(refusals[i].variable, refusals[i].value, 1);
        }
        const enum sim_compile_end end = compile(fixture, refusals[i].path);
        (void)unsetenv("CC");
        (void)setenv("WFSIM_CACHE", "cache", 1);
        if (end != refusals[i].end || strcmp(fixture->err.message, refusals[i].message) != 0) {
            fail_msg("%s: %d, %s", refusals[i].name, (int)end, fixture->err.message);
        }
    }
}

/* What loads must be workflow code, and must find what it calls. */
static void test_module_host__loading_says_what_is_missing(void **state)
{
    struct fixture *fixture = *state;

    write_file("a.c", "int nothing;\n");
    assert_int_equal(compile(fixture, "a.c"), SIM_COMPILE_OK);
    assert_int_equal(sim_module_load(&fixture->arena, "a.c", fixture->compiled.object_path,
                                     &fixture->code, &fixture->err),
                     WF_ERR_INVALID);
    assert_non_null(strstr(fixture->err.message, "a.c: has no wf_module"));

    write_file("b.c", PREAMBLE
               "void nobody_has_this(void);\nstatic wf_error run(struct wf *wf, void *state, "
               "struct wf_args "
               "args, struct wf_value *result)\n{ (void)wf; (void)state; (void)args; (void)result; "
               "nobody_has_this(); return NULL; }\n" MODULE("run"));
    assert_int_equal(compile(fixture, "b.c"), SIM_COMPILE_OK);
    assert_int_equal(sim_module_load(&fixture->arena, "b.c", fixture->compiled.object_path,
                                     &fixture->code, &fixture->err),
                     WF_ERR_INVALID);
    assert_non_null(strstr(fixture->err.message, "b.c: cannot be loaded: "));
    assert_non_null(strstr(fixture->err.message, "nobody_has_this"));
}

/* Code finds the interface in the program, and the program the code's tables. */
static void test_module_host__module_is_loaded(void **state)
{
    struct fixture *fixture = *state;

    write_file("a.c", CALLING);
    compile_and_load(fixture, "a.c");

    assert_int_equal(fixture->code.module->api, WF_API);
    assert_string_equal(fixture->code.module->workflows[0].name, "W");
    assert_true(wf_string_is(fixture->code.path, "a.c"));
}

/* A shared object is taken as it is. */
static void test_module_host__object_is_taken_as_it_is(void **state)
{
    struct fixture *fixture = *state;

    write_file("a.c", COUNTING("4"));
    assert_int_equal(compile(fixture, "a.c"), SIM_COMPILE_OK);
    assert_int_equal(rename(fixture->compiled.object_path, "a.so"), 0);
    compile_and_load(fixture, "a.so");

    assert_int_equal(call(&fixture->code), 51);
}

/* Two loads of one object, and two versions of one source, have globals of their own. */
static void test_module_host__versions_live_side_by_side(void **state)
{
    struct fixture *fixture = *state;
    struct sim_code first;
    struct sim_code second;

    write_file("a.c", COUNTING("1"));
    compile_and_load(fixture, "a.c");
    first = fixture->code;
    compile_and_load(fixture, "a.c");
    second = fixture->code;
    write_file("a.c", COUNTING("5"));
    compile_and_load(fixture, "a.c");

    assert_int_equal(call(&first), 21);
    assert_int_equal(call(&first), 32);
    assert_int_equal(call(&second), 21);
    assert_int_equal(call(&fixture->code), 61);
    assert_int_equal(call(&first), 43);
}

static void copy_segments(const struct sim_code *code, char *to, bool is_saving)
{
    for (size_t i = 0; i < code->segment_count; i++) {
        if (is_saving) {
            memcpy(to, code->segments[i].live, code->segments[i].size_bytes);
        } else {
            memcpy(code->segments[i].live, to, code->segments[i].size_bytes);
        }
        to += code->segments[i].size_bytes;
    }
}

/* The stretches of memory are all that code can change: saved and put back, it goes on where it
 * was; pristine, it begins anew. Data and zeroed data both count. */
static void test_module_host__segments_are_all_that_code_changes(void **state)
{
    struct fixture *fixture = *state;
    const struct sim_code *code = &fixture->code;
    char saved[65536];
    size_t size_bytes = 0;

    write_file("a.c", COUNTING("7"));
    compile_and_load(fixture, "a.c");
    for (size_t i = 0; i < code->segment_count; i++) {
        size_bytes += code->segments[i].size_bytes;
    }
    assert_true(size_bytes >= 301 * sizeof(int));
    assert_true(size_bytes <= sizeof saved);

    assert_int_equal(call(code), 81);
    copy_segments(code, saved, true);
    assert_int_equal(call(code), 92);
    for (size_t i = 0; i < code->segment_count; i++) {
        memcpy(code->segments[i].live, code->segments[i].pristine, code->segments[i].size_bytes);
    }
    assert_int_equal(call(code), 81);
    assert_int_equal(call(code), 92);
    copy_segments(code, saved, false);
    assert_int_equal(call(code), 92);
}

#define MODULE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MODULE_TEST(test_module_host__source_is_compiled_once),
        MODULE_TEST(test_module_host__damaged_cache_is_mended),
        MODULE_TEST(test_module_host__processes_share_a_cache),
        MODULE_TEST(test_module_host__changed_include_compiles_again),
        MODULE_TEST(test_module_host__compiler_refuses),
        MODULE_TEST(test_module_host__what_is_in_the_way_is_named),
        MODULE_TEST(test_module_host__loading_says_what_is_missing),
        MODULE_TEST(test_module_host__module_is_loaded),
        MODULE_TEST(test_module_host__object_is_taken_as_it_is),
        MODULE_TEST(test_module_host__versions_live_side_by_side),
        MODULE_TEST(test_module_host__segments_are_all_that_code_changes),
    };

    return cmocka_run_group_tests_name("module_host", tests, NULL, NULL);
}
