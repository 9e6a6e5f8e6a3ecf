/* What is read of a compiled object; an object that lies costs an error, whatever it says. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/host/compile.h"
#include "sim/host/lint_calls.h"
#include "sim/host/object.h"

#define SOURCE                                                                                                         \
    "#include \"wfsim.h\"\n#include <time.h>\n"                                                                        \
    "int counter = 1;\nstatic const char *const names[] = {\"a\", \"b\"};\n"                                            \
    "static wf_error run(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)\n"                  \
    "{ (void)state; (void)args; *result = wf_text(wf, \"%s\", names[(time(NULL) + counter++) % 2]); return NULL; }\n"  \
    "const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){"                           \
    "{.name = \"W\", .run = run}, {.name = NULL}}};\n"

struct fixture {
    struct wf_arena arena;
    struct wf_error err;
    struct sim_object object;
    char *bytes; /* of a compiled module */
    size_t size_bytes;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    char folder[] = "/tmp/wfsim-test-object-XXXXXX";
    char path[64];
    char command[64];
    struct sim_compiled compiled;
    FILE *file = NULL;

    memset(&fixture, 0, sizeof fixture);
    wf_arena_init(&fixture.arena, wf_system_blocks(), 0);
    *state = &fixture;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/w.c", folder);
    assert_int_equal(setenv("WFSIM_CACHE", folder, 1), 0);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(SOURCE, file) >= 0 && fclose(file) == 0);
    assert_int_equal(sim_compile(&fixture.arena, path, &compiled, &fixture.err), SIM_COMPILE_OK);
    file = fopen(compiled.object_path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    fixture.size_bytes = (size_t)ftell(file);
    fixture.bytes = malloc(fixture.size_bytes);
    rewind(file);
    assert_int_equal(fread(fixture.bytes, 1, fixture.size_bytes, file), fixture.size_bytes);
    (void)fclose(file);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    wf_arena_deinit(&fixture->arena);
    free(fixture->bytes);
    return 0;
}

static enum wf_status read_bytes(struct fixture *fixture, const char *bytes, size_t size_bytes)
{
    wf_arena_reset(&fixture->arena);
    return sim_object_read(&fixture->arena, (struct wf_string){bytes, size_bytes}, &fixture->object, &fixture->err);
}

static const struct sim_import *find_import(const struct sim_object *object, const char *name)
{
    for (uint32_t i = 0; i < object->imports.count; i++) {
        if (wf_string_is(object->imports.items[i].name, name)) {
            return &object->imports.items[i];
        }
    }
    return NULL;
}

/* A call has its place and the slot that the linker fills; a table that never changes is no variable. */
static void test_object__imports_and_globals_are_found(void **state)
{
    struct fixture *fixture = *state;
    const struct sim_import *clock = NULL;

    assert_int_equal(read_bytes(fixture, fixture->bytes, fixture->size_bytes), WF_OK);
    clock = find_import(&fixture->object, "time");

    assert_non_null(clock);
    assert_int_equal(clock->places.count, 1);
    assert_int_equal(clock->slots.count, 1);
    assert_true(clock->slots.items[0] > 0 && clock->places.items[0] > 0);
    assert_non_null(find_import(&fixture->object, "wf_text"));
    assert_null(find_import(&fixture->object, "rand"));
    assert_true(fixture->object.has_module && fixture->object.has_symbols);
    assert_int_equal(fixture->object.globals.count, 1);
    const struct sim_global *counter = &fixture->object.globals.items[0];
    assert_true(wf_string_is(counter->name, "counter"));
    assert_int_equal(counter->size_bytes, sizeof(int));
    assert_ptr_equal(sim_object_global_at(&fixture->object, counter->offset + 3), counter);
    assert_null(sim_object_global_at(&fixture->object, counter->offset + 4));
}

/* A file that ends too early is refused, or has less in it; nothing behind its end is looked at. */
static void test_object__a_cut_object_is_no_crash(void **state)
{
    struct fixture *fixture = *state;

    for (size_t size = 0; size < fixture->size_bytes; size += 1 + size / 16) {
        char *cut = malloc(size + 1);

        memcpy(cut, fixture->bytes, size);
        assert_int_not_equal(read_bytes(fixture, cut, size), WF_OK); /* the section headers stand at its end */
        free(cut);
    }
}

/* Offsets, sizes and indexes that point anywhere. */
static void test_object__a_damaged_object_is_no_crash(void **state)
{
    struct fixture *fixture = *state;
    const size_t headers = (size_t)wf_load_u64(fixture->bytes + 40);
    uint32_t refused_count = 0;

    for (size_t at = 16; at < fixture->size_bytes; at = at == 63 ? headers : at + 1) {
        const char was = fixture->bytes[at];

        fixture->bytes[at] = (char)~was;
        refused_count += read_bytes(fixture, fixture->bytes, fixture->size_bytes) != WF_OK;
        fixture->bytes[at] = was;
    }
    assert_true(refused_count > 0);
}

/* The compiler's and the library's variants of a name are the name; what is in no row is noted. */
static void test_lint_calls__variants_of_a_name(void **state)
{
    static const struct {
        const char *symbol;
        int level;     /* -1: never asked for */
        int diagnosis; /* of a call that is not pure */
    } rows[] = {
        {"time", SIM_CALL_FORBIDDEN, 321},      {"__printf_chk", SIM_CALL_FORBIDDEN, 324}, {"_exit", SIM_CALL_FORBIDDEN, 327},
        {"_Exit", SIM_CALL_FORBIDDEN, 327},     {"fopen64", SIM_CALL_FORBIDDEN, 324},      {"__xstat64", SIM_CALL_FORBIDDEN, 324},
        {"__sigsetjmp", SIM_CALL_FORBIDDEN, 329}, {"__isoc99_scanf", SIM_CALL_FORBIDDEN, 324}, {"_IO_putc", SIM_CALL_FORBIDDEN, 324},
        {"__isoc23_strtol", SIM_CALL_PURE, 0},  {"__memcpy_chk", SIM_CALL_PURE, 0},        {"__errno_location", SIM_CALL_PURE, 0},
        {"__stack_chk_fail", SIM_CALL_PURE, 0}, {"malloc", SIM_CALL_NOTED, 333},           {"tim", SIM_CALL_NOTED, 334},
        {"times64x", SIM_CALL_NOTED, 334},      {"", SIM_CALL_NOTED, 334},                 {"wf_now", -1, 0},
        {"__asan_init", -1, 0},                 {"__sanitizer_cov_trace_pc", -1, 0},   {"wf_unsafe_is_replaying", SIM_CALL_NOTED, 335},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct sim_call_rule *rule = sim_call_rule_of(wf_string_of(rows[i].symbol));
        const bool is_right = rule == NULL ? rows[i].level == -1
                                           : (int)rule->level == rows[i].level && (int)rule->diagnosis == rows[i].diagnosis;

        if (!is_right) {
            fail_msg("%s", rows[i].symbol);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_object__imports_and_globals_are_found),
        cmocka_unit_test(test_object__a_cut_object_is_no_crash),
        cmocka_unit_test(test_object__a_damaged_object_is_no_crash),
        cmocka_unit_test(test_lint_calls__variants_of_a_name),
    };

    return cmocka_run_group_tests_name("object", tests, set_up, tear_down);
}
