/* Children that end in every way there is, and a supervisor that goes on. */
#include "tests/support/test.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/assert.h"
#include "sim/host/contained.h"
#include "sim/host/settings.h"
#include "sim/host/stacks.h"

#define LOG_BYTES 4096

void __sanitizer_cov_trace_pc(void); /* what compiled workflow code calls at every block */

/* What an item does in its child, and what the supervisor was told, as a line of text: "0:a.
 * 1:b!call of abort." */
struct scene {
    void (*act)(struct scene *scene, uint64_t item);
    bool fails_to_start;
    uint32_t kills_at_start;
    uint64_t stop_after; /* end returns false after so many items; 0: never */
    bool refuses_frames;
    void (*on_end)(struct scene *scene, uint64_t item);
    struct wf_watch *watch;
    struct sim_child *child;
    char log[LOG_BYTES];
    size_t log_bytes;
    struct sim_crash crash; /* the last */
    char call[WF_WATCH_TEXT_BYTES];
    uint64_t frame_bytes;
    struct wf_error *err;
};

/* Of all children: their own memory tells them nothing of those before. */
static _Atomic uint32_t *kill_count;

static _Atomic uintptr_t (*killed_pages)[2]; /* likewise */

static void kill_times(uint32_t times)
{
    if (atomic_fetch_add(kill_count, 1) < times) {
        (void)kill(getpid(), SIGKILL);
    }
}

static void count_kills(void)
{
    kill_count = mmap(NULL, sizeof *kill_count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(kill_count != MAP_FAILED);
}

static void note(struct scene *scene, const char *text)
{
    const size_t size = strlen(text);

    if (scene->log_bytes + size < LOG_BYTES) {
        memcpy(scene->log + scene->log_bytes, text, size + 1);
        scene->log_bytes += size;
    }
}

static enum wf_status start(void *context, struct sim_child *child, struct wf_error *err)
{
    struct scene *scene = context;

    scene->watch = sim_child_watch(child);
    scene->child = child;
    return scene->fails_to_start ? wf_fail_status(err, WF_ERR_INVALID, "cannot start") : WF_OK;
}

static enum wf_status run(void *context, struct sim_child *child, uint64_t item,
                          struct wf_error *err)
{
    struct scene *scene = context;
    char name[8];

    scene->err = err;
    err->status = WF_OK;
    (void)snprintf(name, sizeof name, "%c", (int)('a' + item % 26));
    sim_child_send(child, wf_string_of(name));
    scene->act(scene, item);
    return err->status;
}

/* What workflow code does lies between these two, as the host writes them. */
static void enter_code(struct scene *scene)
{
    scene->watch->activation_count++;
    scene->watch->block_count = 0;
    scene->watch->event_id = 17;
    scene->watch->call = "wf_activity";
    strcpy(scene->watch->workflow_type, "OrderSaga");
    strcpy(scene->watch->workflow_id, "order-8");
    scene->watch->is_in_code = 1;
}

static void leave_code(struct scene *scene)
{
    scene->watch->is_in_code = 0;
}

static bool take_frame(void *context, uint64_t item, struct wf_string bytes)
{
    struct scene *scene = context;
    char text[64];

    scene->frame_bytes += bytes.size_bytes;
    if (bytes.size_bytes < 16) {
        (void)snprintf(text, sizeof text, "%llu:%.*s", (unsigned long long)item,
                       (int)bytes.size_bytes, bytes.data);
        note(scene, text);
    }
    return !scene->refuses_frames;
}

static bool end_item(void *context, uint64_t item, const struct sim_crash *crash)
{
    struct scene *scene = context;

    if (crash != NULL) {
        scene->crash = *crash;
        strcpy(scene->call, crash->call);
        note(scene, "!");
        note(scene, sim_crash_name(crash->kind));
    }
    note(scene, ". ");
    if (scene->on_end != NULL) {
        scene->on_end(scene, item);
    }
    return scene->stop_after == 0 || item + 1 < scene->stop_after;
}

static struct sim_outcome_of_batch contain(struct scene *scene, uint64_t item_count, uint32_t jobs)
{
    const struct sim_containment config = {
        .item_count = item_count,
        .jobs = jobs,
        .context = scene,
        .start = start,
        .run = run,
        .frame = take_frame,
        .end = end_item,
    };
    struct sim_outcome_of_batch outcome;

    sim_contain(&config, &outcome);
    return outcome;
}

static size_t descriptor_count(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

/* Whatever happened, nothing is left behind. */
static int set_up(void **state)
{
    static size_t before;

    before = descriptor_count();
    *state = &before;
    return setenv("WFSIM_WATCHDOG_SECONDS", "60", 1); /* sanitizers are slow */
}

static int tear_down(void **state)
{
    const bool has_child = waitpid(-1, NULL, WNOHANG) >= 0;

    return has_child || descriptor_count() != *(const size_t *)*state ? -1 : 0;
}

static void do_nothing(struct scene *scene, uint64_t item)
{
    (void)scene;
    (void)item;
}

/* Items end in order, each after its frames. */
static void test_containment__items_end_in_order(void **state)
{
    struct scene scene = {.act = do_nothing};

    (void)state;
    const struct sim_outcome_of_batch outcome = contain(&scene, 4, 1);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_int_equal(outcome.ended_count, 4);
    assert_string_equal(scene.log, "0:a. 1:b. 2:c. 3:d. ");
}

/* A batch without items ends at once. */
static void test_containment__no_items(void **state)
{
    struct scene scene = {.act = do_nothing};

    (void)state;
    const struct sim_outcome_of_batch outcome = contain(&scene, 0, 2);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_int_equal(outcome.ended_count, 0);
}

/* ---- Crashes ---- */

/* Not a NULL pointer: sanitizers see those first. */
static void touch_nothing(void)
{
    volatile char *volatile nowhere = (volatile char *)(uintptr_t)64;

    *nowhere = 1;
}

static void divide(void)
{
    (void)raise(SIGFPE); /* not every processor faults */
}

static void overflow(void)
{
    const struct wf_block_source *stacks = sim_stacks();
    volatile char *stack = stacks->take(stacks->context, 16384);

    assert_non_null((void *)(uintptr_t)stack);
    stack[-8] = 1; /* what a frame too many does first */
}

static void trap(void)
{
    __builtin_trap();
}

static void run_blocks_for_ever(void)
{
    for (;;) {
        __sanitizer_cov_trace_pc();
    }
}

/* As code that prints does: its budget would last for minutes. */
static void run_blocks_slowly(void)
{
    for (;;) {
        for (int i = 0; i < 100000; i++) {
            __sanitizer_cov_trace_pc();
        }
        (void)poll(NULL, 0, 20);
    }
}

/* The kernel does the work: no budget of blocks is spent in a time that anybody waits. */
static void call_system_for_ever(void)
{
    for (;;) {
        __sanitizer_cov_trace_pc();
        (void)poll(NULL, 0, 0);
    }
}

static void sleep_again_and_again(void)
{
    for (;;) {
        __sanitizer_cov_trace_pc();
        (void)poll(NULL, 0, 50);
    }
}

static void loop_for_ever(void)
{
    for (volatile uint64_t i = 0;; i++) {
    }
}

static void block_signals_and_loop(void)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    loop_for_ever();
}

static void sleep_long(void)
{
    (void)sleep(1000);
}

static void take_memory(void)
{
    const size_t piece_bytes = (size_t)1 << 20;

    for (;;) {
        volatile char *piece = malloc(piece_bytes);

        for (size_t i = 0; piece != NULL && i < piece_bytes; i += 4096) {
            piece[i] = 1;
        }
    }
}

static void block_signals_and_take_memory(void)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    take_memory();
}

static void exit_well(void)
{
    exit(0);
}

static void exit_at_once(void)
{
    _exit(0);
}

static void raise_bus_error(void)
{
    (void)raise(SIGBUS);
}

static void kill_itself(void)
{
    (void)kill(getpid(), SIGKILL);
}

static void ring_itself(void)
{
    (void)raise(SIGALRM);
}

static void be_aborted(void)
{
    if (fork() == 0) {
        (void)kill(getppid(), SIGABRT);
        _exit(0);
    }
    (void)pause();
}

static void crash_uncaught(void)
{
    (void)signal(SIGSEGV, SIG_DFL);
    touch_nothing();
}

static const struct crash_row {
    const char *name;
    void (*act)(void);
    enum sim_crash_kind kind;
    const char *diagnosis;
    bool is_unmarked; /* the child could not say where */
    bool is_timed;    /* found by the watchdog */
} crash_rows[] = {
    {"invalid access", touch_nothing, SIM_CRASH_SEGMENTATION, "WF301", false, false},
    {"uncaught", crash_uncaught, SIM_CRASH_SEGMENTATION, "WF301", true, false},
    {"bus error", raise_bus_error, SIM_CRASH_BUS, "WF306", false, false},
    {"division", divide, SIM_CRASH_ARITHMETIC, "WF306", false, false},
    {"abort", abort, SIM_CRASH_ABORT, "WF305", false, false},
    {"trap", trap, SIM_CRASH_ILLEGAL, "WF306", false, false},
    {"overflow", overflow, SIM_CRASH_STACK, "WF302", false, false},
    {"loop over blocks", run_blocks_for_ever, SIM_CRASH_BUDGET, "WF303", false, false},
    {"loop over system calls", call_system_for_ever, SIM_CRASH_BUDGET, "WF303", false, true},
    {"loop that sleeps", sleep_again_and_again, SIM_CRASH_BUDGET, "WF303", false, true},
    {"slow loop over blocks", run_blocks_slowly, SIM_CRASH_BUDGET, "WF303", false, true},
    {"loop", loop_for_ever, SIM_CRASH_HUNG, "WF304", false, true},
    {"deaf loop", block_signals_and_loop, SIM_CRASH_HUNG, "WF304", true, true},
    {"sleep", sleep_long, SIM_CRASH_HUNG, "WF304", false, true},
    {"memory", take_memory, SIM_CRASH_MEMORY, "WF311", false, false},
    {"deaf memory", block_signals_and_take_memory, SIM_CRASH_MEMORY, "WF311", true, false},
    {"exit", exit_well, SIM_CRASH_EXIT, "WF305", false, false},
    {"_exit", exit_at_once, SIM_CRASH_EXIT, "WF305", true, false},
    {"kill", kill_itself, SIM_CRASH_KILLED, "WF305", true, false},
    {"alarm", ring_itself, SIM_CRASH_KILLED, "WF305", true, false},
    {"abort of a process that it began", be_aborted, SIM_CRASH_KILLED, "WF305", true, false},
};

static const struct crash_row *row;

static pid_t own_pid; /* of the child that ran the item before; its own memory, so 0 in a new one */

static void crash_in_second(struct scene *scene, uint64_t item)
{
    enter_code(scene);
    if (item == 1) {
        row->act();
    }
    leave_code(scene);
}

/* Under valgrind a signal may come after the next look, and then the child is killed before it says where it was. */
static bool hears_late(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

/* A crash costs one item: it ends with what the code was doing, after the frames it had sent, and
 * the batch goes on. */
static void test_containment__crash_costs_one_item(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(crash_rows); i++) {
        struct scene scene = {.act = crash_in_second};
        char expected[128];

        row = &crash_rows[i];
        (void)setenv("WFSIM_CODE_MIB", "64", 1);
        (void)setenv("WFSIM_WATCHDOG_SECONDS", row->is_timed ? "2" : "60", 1); /* a tenth of it has to see some looks */
        const struct sim_outcome_of_batch outcome = contain(&scene, 3, 1);

        (void)snprintf(expected, sizeof expected, "0:a. 1:b!%s. 2:c. ", sim_crash_name(row->kind));
        if (strcmp(scene.log, expected) != 0 || outcome.end != SIM_END_DONE) {
            fail_msg("%s: %s (end %d: %s)", row->name, scene.log, (int)outcome.end,
                     outcome.err.message);
        }
        assert_string_equal(sim_crash_diagnosis(scene.crash.kind), row->diagnosis);
        assert_false(scene.crash.is_loading);
        assert_int_equal(scene.crash.event_id, 17);
        if (row->kind != SIM_CRASH_MEMORY || !hears_late()) {
            assert_string_equal(scene.call, row->is_unmarked ? "" : "wf_activity");
        }
        assert_string_equal(scene.crash.workflow_type, "OrderSaga");
        assert_string_equal(scene.crash.workflow_id, "order-8");
    }
}

/* What code had before does not count, and neither does what we take ourselves. */
static void take_some_between(struct scene *scene, uint64_t item)
{
    static const size_t piece_bytes = (size_t)48 << 20;
    static char *pieces[2];

    (void)item;
    for (size_t i = 0; i < TEST_COUNT(pieces); i++) {
        pieces[i] = malloc(piece_bytes);
        assert_non_null(pieces[i]);
        memset(pieces[i], 1, piece_bytes);
    }
    enter_code(scene);
    (void)poll(NULL, 0, 450);
    leave_code(scene);
    free(pieces[0]);
    free(pieces[1]);
}

static void test_containment__only_what_code_takes_counts(void **state)
{
    struct scene scene = {.act = take_some_between};

    (void)state;
    (void)setenv("WFSIM_CODE_MIB", "64", 1);
    const struct sim_outcome_of_batch outcome = contain(&scene, 1, 1);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(scene.log, "0:a. ");
}

static void take_mib(size_t mib)
{
    const size_t piece_bytes = mib << 20;
    char *piece = malloc(piece_bytes);

    assert_non_null(piece);
    memset(piece, 1, piece_bytes); /* and it is never given back */
}

/* An activation is in code and out of it, strand after strand; a look may come at any time. */
static void wait_between_strands(struct scene *scene, uint64_t item)
{
    (void)item;
    take_mib(96);
    enter_code(scene);
    (void)poll(NULL, 0, 250);
    leave_code(scene);
    (void)poll(NULL, 0, 250);
    scene->watch->is_in_code = 1;
    (void)poll(NULL, 0, 450);
    leave_code(scene);
}

static void test_containment__a_look_between_strands_keeps_what_was_there_before(void **state)
{
    struct scene scene = {.act = wait_between_strands};

    (void)state;
    (void)setenv("WFSIM_CODE_MIB", "64", 1);
    const struct sim_outcome_of_batch outcome = contain(&scene, 1, 1);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(scene.log, "0:a. ");
}

#define A_FEW_LOOKS_MS 2000 /* also on a machine that has other things to do */

/* The first activation does not hear that it is too large: it has left code when the signal comes. */
static void be_large_twice(struct scene *scene, uint64_t item)
{
    sigset_t asked;
    int signal_number = 0;

    if (item == 1 && atomic_fetch_add(kill_count, 1) > 0) {
        return; /* the first time it was killed from outside, as far as anyone knows */
    }
    (void)sigemptyset(&asked);
    (void)sigaddset(&asked, SIM_SIGNAL_MEMORY);
    (void)sigprocmask(SIG_BLOCK, &asked, NULL);
    enter_code(scene);
    (void)poll(NULL, 0, A_FEW_LOOKS_MS);
    take_mib(96);
    assert_int_equal(sigwait(&asked, &signal_number), 0);
    leave_code(scene);
    (void)sigprocmask(SIG_UNBLOCK, &asked, NULL);
    enter_code(scene);
    (void)poll(NULL, 0, A_FEW_LOOKS_MS);
    if (item == 0) {
        take_memory();
    }
    (void)kill(getpid(), SIGKILL);
}

/* Each activation is asked for itself, and what kills the child later is not called memory for it. */
static void test_containment__every_activation_is_asked_anew(void **state)
{
    struct scene scene = {.act = be_large_twice};

    (void)state;
    (void)setenv("WFSIM_CODE_MIB", "64", 1);
    count_kills();
    const struct sim_outcome_of_batch outcome = contain(&scene, 2, 1);

    if (hears_late()) {
        assert_non_null(strstr(scene.log, "0:a!more memory taken than code may (WFSIM_CODE_MIB). 1:b"));
        return; /* no look may fall between the second one's activations */
    }
    assert_string_equal(scene.log, "0:a!more memory taken than code may (WFSIM_CODE_MIB). 1:b. ");
    assert_int_equal(outcome.end, SIM_END_DONE);
}

/* A timer of the code, another process: the supervisor alone knows of limits. */
static void raise_limits(struct scene *scene, uint64_t item)
{
    (void)item;
    enter_code(scene);
    (void)raise(SIM_SIGNAL_MEMORY);
    (void)raise(SIM_SIGNAL_HUNG);
    leave_code(scene);
}

static void spend_processor_time(struct scene *scene, uint64_t item)
{
    (void)item;
    enter_code(scene);
    (void)setrlimit(RLIMIT_CPU, &(struct rlimit){.rlim_cur = 1, .rlim_max = 60});
    loop_for_ever();
}

static void test_containment__signals_of_others_are_no_findings(void **state)
{
    struct scene scene = {.act = raise_limits};
    struct scene other = {.act = spend_processor_time};

    (void)state;
    struct sim_outcome_of_batch outcome = contain(&scene, 2, 1);
    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(scene.log, "0:a. 1:b. ");

    outcome = contain(&other, 1, 1);
    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(other.log, "0:a!its process killed twice. ");
}

/* What each of a history's activations takes is less than one may. The second item goes on until it is seen. */
static void leak_in_activations(struct scene *scene, uint64_t item)
{
    sim_child_begin_history(scene->child, 0);
    for (int i = 0; item < 2 && (i < 4 || item == 1); i++) {
        enter_code(scene);
        take_mib(24);
        (void)poll(NULL, 0, item == 1 ? 150 : 0);
        leave_code(scene);
    }
    sim_child_end_history(scene->child);
}

static void test_containment__what_a_history_leaks_counts(void **state)
{
    struct scene scene = {.act = leak_in_activations};

    (void)state;
    (void)setenv("WFSIM_CODE_MIB", "64", 1);
    const struct sim_outcome_of_batch outcome = contain(&scene, 3, 1);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(scene.log, "0:a!more memory taken than code may (WFSIM_CODE_MIB). "
                                   "1:b!more memory taken than code may (WFSIM_CODE_MIB). 2:c. ");
}

/* Each item tells the process that it ran in, and leaks. */
static void leak_and_tell(struct scene *scene, uint64_t item)
{
    char text[16];

    (void)item;
    (void)snprintf(text, sizeof text, "%c", getpid() == own_pid ? '=' : '!');
    own_pid = getpid();
    sim_child_send(scene->child, wf_string_of(text));
    enter_code(scene);
    take_mib(40);
    leave_code(scene);
}

/* The same in one item of many histories. */
static void leak_in_histories(struct scene *scene, uint64_t item)
{
    for (uint64_t i = sim_child_first_history(scene->child); i < 5; i++) {
        char text[16];

        sim_child_begin_history(scene->child, i);
        (void)snprintf(text, sizeof text, "h%llu%s", (unsigned long long)i, getpid() == own_pid ? "=" : "!");
        own_pid = getpid();
        enter_code(scene);
        take_mib(item == 0 ? 40 : 0);
        leave_code(scene);
        sim_child_end_history(scene->child);
        sim_child_send(scene->child, wf_string_of(text));
    }
}

/* A child that grew too much is replaced between items, and between the histories of one; nothing is lost. */
static void test_containment__child_that_grew_is_replaced(void **state)
{
    struct scene scene = {.act = leak_and_tell};
    struct scene other = {.act = leak_in_histories};

    (void)state;
    (void)setenv("WFSIM_CODE_MIB", "64", 1);
    own_pid = 0;
    struct sim_outcome_of_batch outcome = contain(&scene, 5, 1);
    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(scene.log, "0:a0:!. 1:b1:=. 2:c2:!. 3:d3:=. 4:e4:!. ");

    outcome = contain(&other, 2, 1);
    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(other.log, "0:a0:h0!0:h1=0:a0:h2!0:h3=0:a0:h4!. 1:b1:h0=1:h1=1:h2=1:h3=1:h4=. ");

    struct scene many = {.act = leak_and_tell};
    outcome = contain(&many, 12, 3);
    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_int_equal(outcome.ended_count, 12);
}

/* Items 0 and 1 are of one workflow type, 2 of another; the first never ends. */
static void hang_or_take_long(struct scene *scene, uint64_t item)
{
    enter_code(scene);
    if (item == 2) {
        strcpy(scene->watch->workflow_type, "Other");
    }
    (void)poll(NULL, 0, item == 0 ? -1 : item == 1 ? 10000 : 600);
    leave_code(scene);
}

/* Many histories of code that blocks do not cost the whole time each; others have it. */
static void test_containment__code_that_hung_is_waited_for_less(void **state)
{
    struct scene scene = {.act = hang_or_take_long};

    (void)state;
    (void)setenv("WFSIM_WATCHDOG_SECONDS", "2", 1);
    const struct sim_outcome_of_batch outcome = contain(&scene, 3, 1);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(scene.log, "0:a!a call that does not return. 1:b!a call that does not return. 2:c. ");
}

/* Item 0 as it is left by a child that was taken for a hanging one, and killed when it had ended it and taken the next. */
static void end_and_take_another(struct scene *scene, uint64_t item)
{
    const struct sim_record_header header = {.kind = SIM_RECORD_END, .item = item};
    struct sim_board *board = scene->child->board;

    if (item != 0) {
        return;
    }
    sim_mailbox_write(&scene->child->page->mailbox, &header, sizeof header, &board->supervisor);
    (void)atomic_fetch_add(&board->next_item, 1);
    enter_code(scene);
    block_signals_and_loop();
}

/* What a child had taken when it was killed between two items is done by another. */
static void test_containment__no_item_is_lost_between_two(void **state)
{
    (void)state;
    (void)setenv("WFSIM_WATCHDOG_SECONDS", "1", 1);
    for (uint32_t jobs = 1; jobs <= 3; jobs++) {
        struct scene scene = {.act = end_and_take_another};
        const struct sim_outcome_of_batch outcome = contain(&scene, 4, jobs);

        assert_int_equal(outcome.end, SIM_END_DONE);
        assert_string_equal(scene.log, "0:a. 1:b. 2:c. 3:d. ");
    }
}

/* A limit that cannot be read is not taken for one that was not set. */
static void test_containment__settings_are_whole_numbers(void **state)
{
    static const struct {
        const char *text;
        bool is_allowed;
    } rows[] = {{"1", true},   {"1048576", true}, {"", true},      {"0", false},
                {"-5", false}, {"1048577", false}, {"5 GB", false}, {"much", false}, {"99999999999999999999", false}};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_error err = {0};

        (void)setenv("WFSIM_CODE_MIB", rows[i].text, 1);
        if ((sim_settings_check(&err) == WF_OK) != rows[i].is_allowed) {
            fail_msg("WFSIM_CODE_MIB=%s: %s", rows[i].text, err.message);
        }
    }
    (void)setenv("WFSIM_CODE_MIB", "64", 1);
}

static void crash_always(struct scene *scene, uint64_t item)
{
    (void)item;
    enter_code(scene);
    abort();
}

/* Children are replaced as often as it takes, on every side. */
static void test_containment__every_item_may_crash(void **state)
{
    struct scene scene = {.act = crash_always};

    (void)state;
    const struct sim_outcome_of_batch outcome = contain(&scene, 4, 3);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(
        scene.log, "0:a!call of abort. 1:b!call of abort. 2:c!call of abort. 3:d!call of abort. ");
}

/* Counting blocks does nothing where there is no child. */
static void test_containment__blocks_are_counted_in_children_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        __sanitizer_cov_trace_pc();
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static enum wf_status crash_at_start(void *context, struct sim_child *child, struct wf_error *err)
{
    (void)context;
    (void)child;
    (void)err;
    touch_nothing();
    return WF_OK;
}

/* What crashes before the first item is a constructor of the module: no item can do better. */
static void test_containment__crash_while_loading_ends_the_batch(void **state)
{
    struct scene scene = {.act = do_nothing};
    const struct sim_containment config = {.item_count = 2,
                                           .jobs = 2,
                                           .context = &scene,
                                           .start = crash_at_start,
                                           .run = run,
                                           .frame = take_frame,
                                           .end = end_item};
    struct sim_outcome_of_batch outcome;

    (void)state;
    sim_contain(&config, &outcome);

    assert_int_equal(outcome.end, SIM_END_LOADING);
    assert_true(outcome.crash.is_loading);
    assert_int_equal(outcome.crash.kind, SIM_CRASH_SEGMENTATION);
    assert_int_equal(outcome.ended_count, 0);
}

/* ---- Faults of ours, and of the environment ---- */

static void hush(void)
{
    assert_non_null(freopen("/dev/null", "w", stderr));
}

static void report_panic(void *context, const char *file, int line, const char *expression)
{
    (void)context;
    (void)file;
    (void)line;
    (void)expression;
    abort();
}

static void assert_in_second(struct scene *scene, uint64_t item)
{
    enter_code(scene);
    if (item == 1) {
        wf_panic_set_reporter(report_panic, NULL);
        WF_UNREACHABLE();
    }
    leave_code(scene);
}

static void fault_in_second(struct scene *scene, uint64_t item)
{
    (void)scene;
    if (item == 1) {
        hush();
        touch_nothing();
    }
}

static void exit_in_second(struct scene *scene, uint64_t item)
{
    (void)scene;
    if (item == 1) {
        hush();
        exit(0);
    }
}

/* A fault outside of workflow code is ours, and so is an assertion that workflow code ran into. */
static void test_containment__own_fault_is_an_assertion(void **state)
{
    void (*const acts[])(struct scene *, uint64_t) = {assert_in_second, fault_in_second,
                                                      exit_in_second};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(acts); i++) {
        struct scene scene = {.act = acts[i]};
        const struct sim_outcome_of_batch outcome = contain(&scene, 3, 1);

        assert_int_equal(outcome.end, SIM_END_ASSERTION);
        assert_true(outcome.ended_count <= 1);
    }
}

static void say_more_and_be_killed_once(struct scene *scene, uint64_t item)
{
    sim_child_send(scene->child, WF_STR("1"));
    enter_code(scene);
    if (item == 1) {
        kill_times(1);
    }
    leave_code(scene);
    sim_child_send(scene->child, WF_STR("2"));
}

/* Who killed a child nobody tells; when another one gets through, it was not the code. What the first had said is not said twice. */
static void test_containment__killed_child_is_tried_again(void **state)
{
    (void)state;
    for (uint32_t jobs = 1; jobs <= 3; jobs++) {
        struct scene scene = {.act = say_more_and_be_killed_once};

        count_kills();
        const struct sim_outcome_of_batch outcome = contain(&scene, 3, jobs);

        assert_int_equal(outcome.end, SIM_END_DONE);
        assert_string_equal(scene.log, "0:a0:10:2. 1:b1:11:2. 2:c2:12:2. ");
    }
}

static void be_killed_outside_of_code(struct scene *scene, uint64_t item)
{
    enter_code(scene);
    leave_code(scene);
    if (item == 1) {
        (void)kill(getpid(), SIGKILL);
    }
}

static void exit_outside_of_code(struct scene *scene, uint64_t item)
{
    enter_code(scene);
    leave_code(scene);
    if (item == 1) {
        _exit(0);
    }
}

/* What code leaves behind in its process, an alarm or a thread, strikes at any time, and ends the batch at none. */
static void test_containment__code_kills_from_behind(void **state)
{
    void (*const acts[])(struct scene *, uint64_t) = {be_killed_outside_of_code, exit_outside_of_code};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(acts); i++) {
        struct scene scene = {.act = acts[i]};
        const struct sim_outcome_of_batch outcome = contain(&scene, 3, 2);

        assert_int_equal(outcome.end, SIM_END_DONE);
        assert_string_equal(scene.log, "0:a. 1:b!its process killed twice. 2:c. ");
    }
}

static void be_killed_without_code(struct scene *scene, uint64_t item)
{
    (void)scene;
    if (item == 1) {
        (void)kill(getpid(), SIGKILL);
    }
}

/* Children that ran no code prove nothing about it. */
static void test_containment__children_killed_without_code_are_lost(void **state)
{
    struct scene scene = {.act = be_killed_without_code};

    (void)state;
    const struct sim_outcome_of_batch outcome = contain(&scene, 3, 1);

    assert_int_equal(outcome.end, SIM_END_LOST);
    assert_string_equal(scene.log, "0:a. 1:b");
    assert_string_equal(outcome.err.message,
                        "child processes are killed again and again, perhaps because memory is short: Killed");
}

/* A child that is killed when it has ended an item and taken another, and one that has not taken any. */
static void end_take_another_and_be_killed(struct scene *scene, uint64_t item)
{
    const struct sim_record_header header = {.kind = SIM_RECORD_END, .item = item};
    struct sim_board *board = scene->child->board;

    if (item == 0) {
        sim_mailbox_write(&scene->child->page->mailbox, &header, sizeof header, &board->supervisor);
        (void)atomic_fetch_add(&board->next_item, 1);
        (void)kill(getpid(), SIGKILL);
    }
}

static enum wf_status be_killed_with_no_item(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct scene *scene = context;

    (void)err;
    if (item == 1 && atomic_fetch_add(kill_count, 1) == 0) {
        child->page->item = SIM_ITEM_NONE;
        (void)atomic_fetch_sub(&child->board->next_item, 1);
        (void)kill(getpid(), SIGKILL);
    }
    (void)poll(NULL, 0, item == 0 ? 300 : 0);
    sim_child_send(scene->child, item == 0 ? WF_STR("a") : WF_STR("b"));
    return WF_OK;
}

static void test_containment__no_item_is_lost_or_done_twice_by_a_kill(void **state)
{
    (void)state;
    for (uint32_t jobs = 1; jobs <= 3; jobs++) {
        struct scene scene = {.act = end_take_another_and_be_killed};
        const struct sim_outcome_of_batch outcome = contain(&scene, 4, jobs);

        assert_int_equal(outcome.end, SIM_END_DONE);
        assert_string_equal(scene.log, "0:a. 1:b. 2:c. 3:d. ");
    }

    struct scene scene = {.act = do_nothing};
    const struct sim_containment config = {.item_count = 2,
                                           .jobs = 2,
                                           .context = &scene,
                                           .start = start,
                                           .run = be_killed_with_no_item,
                                           .frame = take_frame,
                                           .end = end_item};
    struct sim_outcome_of_batch outcome;
    count_kills();
    sim_contain(&config, &outcome);
    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(scene.log, "0:a. 1:b. ");
}

/* Item 1 as it is left by a child that is killed behind it, when all the others have looked for more. */
static void be_killed_behind_the_last(struct scene *scene, uint64_t item)
{
    const struct sim_record_header header = {.kind = SIM_RECORD_END, .item = item};

    atomic_fetch_add(kill_count, item > 2);
    (void)poll(NULL, 0, item == 0 ? 600 : item == 1 ? 200 : 0);
    if (item == 0) {
        enter_code(scene);
        abort();
    }
    if (item == 1) {
        sim_mailbox_write(&scene->child->page->mailbox, &header, sizeof header, &scene->child->board->supervisor);
        (void)kill(getpid(), SIGKILL);
    }
}

/* Nobody begins an item that there is not. */
static void test_containment__no_item_is_made_up_by_a_kill(void **state)
{
    struct scene scene = {.act = be_killed_behind_the_last, .stop_after = 4};

    (void)state;
    count_kills();
    const struct sim_outcome_of_batch outcome = contain(&scene, 3, 3);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_string_equal(scene.log, "0:a!call of abort. 1:b. 2:c. ");
    assert_int_equal(*kill_count, 0);
}

/* Where a history's child is killed; told is what comes of three histories when it is. */
static const struct kill_row {
    const char *name;
    bool is_every_time; /* or the first */
    bool is_behind_the_result;
    uint32_t histories; /* that are hit, a bit each */
    const char *told;
} kill_rows[] = {
    {"each history once", false, false, 7, "0:x0:r0:x0:r0:x0:r. "},
    {"behind a result", true, true, 2, "0:x0:r0:x0:r0:x0:r. "},
    {"always the second", true, false, 2, "0:x0:r0:x!its process killed twice. "},
};

static const struct kill_row *kill_row;

static enum wf_status be_killed_in_histories(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct scene *scene = context;

    (void)child;
    (void)item;
    (void)err;
    for (uint64_t i = sim_child_first_history(scene->child); i < 3; i++) {
        const uint32_t bit = UINT32_C(1) << i;

        sim_child_begin_history(scene->child, i);
        sim_child_send(scene->child, WF_STR("x"));
        enter_code(scene);
        (void)snprintf(scene->watch->workflow_id, WF_WATCH_TEXT_BYTES, "order-%llu", (unsigned long long)i);
        const bool is_hit = (kill_row->histories & bit) != 0 &&
                            ((atomic_fetch_or(kill_count, bit) & bit) == 0 || kill_row->is_every_time);
        if (is_hit && !kill_row->is_behind_the_result) {
            (void)kill(getpid(), SIGKILL);
        }
        leave_code(scene);
        sim_child_end_history(scene->child);
        sim_child_send_result(scene->child, WF_STR("r"));
        if (is_hit) {
            (void)kill(getpid(), SIGKILL);
        }
    }
    return WF_OK;
}

/* Kills that hit another history each time are nobody's doing; what hits the same one twice is that one's, and nothing is said
 * twice. */
static void test_containment__kills_are_counted_by_history(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(kill_rows); i++) {
        struct scene scene = {.act = do_nothing};
        const struct sim_containment config = {.item_count = 1,
                                               .jobs = 1,
                                               .context = &scene,
                                               .start = start,
                                               .run = be_killed_in_histories,
                                               .frame = take_frame,
                                               .end = end_item};
        struct sim_outcome_of_batch outcome;

        kill_row = &kill_rows[i];
        count_kills();
        sim_contain(&config, &outcome);

        if (outcome.end != SIM_END_DONE || strcmp(scene.log, kill_row->told) != 0) {
            fail_msg("%s: %s (end %d: %s)", kill_row->name, scene.log, (int)outcome.end, outcome.err.message);
        }
        assert_string_equal(scene.crash.workflow_id, strchr(kill_row->told, '!') != NULL ? "order-1" : "");
    }
}

/* It could write why it ends, and no more. */
static void be_aborted_and_killed(struct scene *scene, uint64_t item)
{
    (void)item;
    scene->child->page->killed_by = SIGABRT;
    scene->child->page->mark = SIM_MARK_KILLED;
    (void)kill(getpid(), SIGKILL);
}

static void test_containment__the_first_signal_is_said(void **state)
{
    struct scene scene = {.act = be_aborted_and_killed};

    (void)state;
    const struct sim_outcome_of_batch outcome = contain(&scene, 1, 1);

    assert_int_equal(outcome.end, SIM_END_LOST);
    assert_string_equal(outcome.err.message, "child processes are killed again and again: Aborted");
}

/* The first child of each of two slots. */
static enum wf_status be_killed_at_each_first_start(void *context, struct sim_child *child, struct wf_error *err)
{
    const enum wf_status status = start(context, child, err);
    const uintptr_t own = (uintptr_t)child->page;

    for (size_t i = 0; i < TEST_COUNT(*killed_pages); i++) {
        uintptr_t page = 0;

        if (atomic_compare_exchange_strong(&(*killed_pages)[i], &page, own)) {
            (void)kill(getpid(), SIGKILL);
        }
        if (page == own) {
            break;
        }
    }
    return status;
}

/* Two kills of two children say nothing of the code that they were about to load. */
static void test_containment__kills_while_loading_are_counted_by_slot(void **state)
{
    struct scene scene = {.act = do_nothing};
    const struct sim_containment config = {.item_count = 9,
                                           .jobs = 2,
                                           .context = &scene,
                                           .start = be_killed_at_each_first_start,
                                           .run = run,
                                           .frame = take_frame,
                                           .end = end_item};
    struct sim_outcome_of_batch outcome;

    (void)state;
    killed_pages = mmap(NULL, sizeof *killed_pages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(killed_pages != MAP_FAILED);
    sim_contain(&config, &outcome);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_int_equal(outcome.ended_count, 9);
}

static enum wf_status be_killed_at_start(void *context, struct sim_child *child, struct wf_error *err)
{
    const enum wf_status status = start(context, child, err);

    kill_times(((struct scene *)context)->kills_at_start);
    return status;
}

/* Loading is tried again, too; code that ends its process there has none of its items done. */
static void test_containment__killed_while_loading(void **state)
{
    (void)state;
    for (uint32_t kills = 1; kills <= 2; kills++) {
        struct scene scene = {.act = do_nothing, .kills_at_start = kills};
        const struct sim_containment config = {.item_count = 2,
                                               .jobs = 1,
                                               .context = &scene,
                                               .start = be_killed_at_start,
                                               .run = run,
                                               .frame = take_frame,
                                               .end = end_item};
        struct sim_outcome_of_batch outcome;

        count_kills();
        sim_contain(&config, &outcome);
        assert_int_equal(outcome.end, kills == 1 ? SIM_END_DONE : SIM_END_LOADING);
        assert_string_equal(scene.log, kills == 1 ? "0:a. 1:b. " : "");
    }
}

static void fail_in_second(struct scene *scene, uint64_t item)
{
    if (item == 1) {
        (void)wf_fail_status(scene->err, WF_ERR_INVALID, "item %u is bad", (unsigned)item);
    }
}

/* An error of start or run ends the batch, with the error, after the items before it. */
static void test_containment__errors_end_the_batch(void **state)
{
    struct scene scene = {.act = fail_in_second};
    struct scene other = {.act = do_nothing, .fails_to_start = true};

    (void)state;
    struct sim_outcome_of_batch outcome = contain(&scene, 9, 3);
    assert_int_equal(outcome.end, SIM_END_SETUP);
    assert_string_equal(outcome.err.message, "item 1 is bad");
    assert_int_equal(outcome.ended_count, 1);

    outcome = contain(&other, 9, 3);
    assert_int_equal(outcome.end, SIM_END_SETUP);
    assert_string_equal(outcome.err.message, "cannot start");
    assert_int_equal(outcome.ended_count, 0);
}

/* ---- Stopping ---- */

/* A caller may end the batch after an item or in the middle of one. */
static void test_containment__caller_stops_the_batch(void **state)
{
    struct scene scene = {.act = do_nothing, .stop_after = 2};
    struct scene other = {.act = do_nothing, .refuses_frames = true};

    (void)state;
    struct sim_outcome_of_batch outcome = contain(&scene, 1000, 4);
    assert_int_equal(outcome.end, SIM_END_STOPPED);
    assert_int_equal(outcome.ended_count, 2);
    assert_string_equal(scene.log, "0:a. 1:b. ");

    outcome = contain(&other, 1000, 4);
    assert_int_equal(outcome.end, SIM_END_STOPPED);
    assert_int_equal(outcome.ended_count, 0);
    assert_string_equal(other.log, "0:a");
}

static void wait_in_third(struct scene *scene, uint64_t item)
{
    (void)scene;
    if (item >= 2) {
        (void)sleep(1000);
    }
}

static void interrupt_after_second(struct scene *scene, uint64_t item)
{
    (void)scene;
    if (item == 1) {
        (void)raise(SIGINT);
    }
}

static volatile sig_atomic_t previous_came;

static void note_previous(int signal_number)
{
    previous_came = signal_number;
}

/* Ctrl-C ends the batch with what is complete; the handler that was there before hears of it too.
 */
static void test_containment__interrupt_keeps_what_is_complete(void **state)
{
    struct scene scene = {.act = wait_in_third, .on_end = interrupt_after_second};
    struct sigaction present;

    (void)state;
    previous_came = 0;
    (void)signal(SIGINT, note_previous);
    const struct sim_outcome_of_batch outcome = contain(&scene, 100, 2);

    assert_int_equal(outcome.end, SIM_END_INTERRUPTED);
    assert_int_equal(outcome.ended_count, 2);
    assert_int_equal(strncmp(scene.log, "0:a. 1:b. ", 10), 0);
    assert_int_equal(previous_came, SIGINT);
    (void)sigaction(SIGINT, NULL, &present);
    assert_true(present.sa_handler == SIG_DFL);
}

/* A supervisor that is killed takes its children with it: nobody runs on who cannot be asked. */
static void test_containment__children_die_with_the_supervisor(void **state)
{
    struct scene scene = {.act = wait_in_third};
    struct pollfd held = {.events = POLLIN};
    int ends[2];
    int status = 0;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    const pid_t supervisor = fork();
    assert_true(supervisor >= 0);
    if (supervisor == 0) {
        (void)contain(&scene, 100, 3); /* each of them holds the pipe open */
        _exit(0);
    }
    (void)close(ends[1]);
    (void)usleep(50000);
    assert_int_equal(kill(supervisor, SIGKILL), 0);
    assert_int_equal(waitpid(supervisor, &status, 0), supervisor);

    held.fd = ends[0];
    assert_int_equal(poll(&held, 1, 20000), 1);
    assert_int_equal(read(ends[0], &status, 1), 0);
    (void)close(ends[0]);
}

/* ---- Size ---- */

#define MANY 10000

struct many {
    uint64_t next_item;
    bool is_in_order;
    uint64_t sum;
};

static enum wf_status run_many(void *context, struct sim_child *child, uint64_t item,
                               struct wf_error *err)
{
    const uint64_t square = item * item;

    (void)context;
    (void)err;
    sim_child_send(child, (struct wf_string){(const char *)&square, sizeof square});
    return WF_OK;
}

static bool take_many(void *context, uint64_t item, struct wf_string bytes)
{
    struct many *many = context;
    uint64_t square = 0;

    memcpy(&square, bytes.data, sizeof square);
    many->is_in_order &= item == many->next_item && square == item * item;
    many->sum += square;
    return true;
}

static bool end_many(void *context, uint64_t item, const struct sim_crash *crash)
{
    struct many *many = context;

    many->is_in_order &= item == many->next_item && crash == NULL;
    many->next_item++;
    return true;
}

/* The order does not depend on the number of children. */
static void test_containment__many_items_over_children_stay_in_order(void **state)
{
    static const uint32_t jobs[] = {1, 2, 4, 9};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(jobs); i++) {
        struct many many = {.is_in_order = true};
        const struct sim_containment config = {.item_count = MANY,
                                               .jobs = jobs[i],
                                               .context = &many,
                                               .run = run_many,
                                               .frame = take_many,
                                               .end = end_many};
        struct sim_outcome_of_batch outcome;

        sim_contain(&config, &outcome);

        assert_int_equal(outcome.end, SIM_END_DONE);
        assert_int_equal(outcome.ended_count, MANY);
        assert_true(many.is_in_order);
        assert_int_equal(many.sum, (uint64_t)(MANY - 1) * MANY * (2 * MANY - 1) / 6);
    }
}

/* Frames of an item: every byte tells where it belongs, so that a lost or doubled piece is seen. */
static enum wf_status run_large(void *context, struct sim_child *child, uint64_t item,
                                struct wf_error *err)
{
    const size_t *sizes = context;
    char *bytes = malloc(sizes[item] + 1);

    if (bytes == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < sizes[item]; i++) {
        bytes[i] = (char)((i * 31 + item) >> 3);
    }
    sim_child_send(child, (struct wf_string){bytes, sizes[item]});
    free(bytes);
    return WF_OK;
}

static bool take_large(void *context, uint64_t item, struct wf_string bytes)
{
    const size_t *sizes = context;
    bool is_same = bytes.size_bytes == sizes[item];

    for (size_t i = 0; is_same && i < bytes.size_bytes; i++) {
        is_same = bytes.data[i] == (char)((i * 31 + item) >> 3);
    }
    return is_same;
}

static bool end_large(void *context, uint64_t item, const struct sim_crash *crash)
{
    (void)context;
    (void)item;
    return crash == NULL;
}

/* A frame may be larger than what fits between a child and its supervisor, also in children that
 * are far ahead. */
static void test_containment__frames_of_every_size(void **state)
{
    static size_t sizes[] = {0,       1,       SIM_FRAME_BYTES_MAX,
                             5 << 20, 4 << 20, 3 << 20,
                             3 << 20, 3 << 20, 9 << 20,
                             9 << 20, 7,       0,
                             1 << 20, 1 << 20, 1 << 20,
                             1 << 20};
    const struct sim_containment config = {.item_count = TEST_COUNT(sizes),
                                           .jobs = 3,
                                           .context = sizes,
                                           .run = run_large,
                                           .frame = take_large,
                                           .end = end_large};
    struct sim_outcome_of_batch outcome;

    (void)state;
    sim_contain(&config, &outcome);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_int_equal(outcome.ended_count, TEST_COUNT(sizes));
}

static void print(struct scene *scene, uint64_t item)
{
    (void)scene;
    if (item == 0) {
        hush();
        (void)dup2(fileno(stderr), STDOUT_FILENO);
        (void)printf("workflow code prints\n");
    }
}

/* What is in the supervisor's buffers is printed once, by the supervisor. */
static void test_containment__buffered_output_is_not_doubled(void **state)
{
    struct scene scene = {.act = print};
    char read_back[64] = "";
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    assert_true(fputs("once", file) >= 0);
    (void)contain(&scene, 3, 2);
    rewind(file);
    const size_t size = fread(read_back, 1, sizeof read_back - 1, file);
    (void)fclose(file);

    assert_int_equal(size, 4);
    assert_string_equal(read_back, "once");
}

/* Three times as much as is shown, from every item. */
static void print_without_end(struct scene *scene, uint64_t item)
{
    static const char line[] = "workflow code prints again and again\n";

    (void)scene;
    (void)item;
    for (size_t bytes = 0; bytes < 3 * SIM_PRINTED_BYTES_MAX; bytes += sizeof line - 1) {
        (void)printf("%s", line);
    }
}

/* What code prints is shown up to a limit, then said to be cut, once; later batches print no more. Behind the tests that print. */
static void test_containment__what_code_prints_is_bounded(void **state)
{
    static const char cut[] = "the rest is left out\n";
    struct scene scene = {.act = print_without_end};
    struct scene again = {.act = print_without_end};
    char end[sizeof cut] = "";
    FILE *file = tmpfile();
    const int before = dup(STDERR_FILENO);

    (void)state;
    assert_non_null(file);
    (void)dup2(fileno(file), STDERR_FILENO);
    const struct sim_outcome_of_batch outcome = contain(&scene, 3, 2);
    const long size = lseek(fileno(file), 0, SEEK_END);
    (void)contain(&again, 1, 1);
    const long size_again = lseek(fileno(file), 0, SEEK_END);
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    (void)pread(fileno(file), end, sizeof end - 1, size - (long)sizeof end + 1);
    (void)fclose(file);

    assert_int_equal(outcome.end, SIM_END_DONE);
    assert_true(size > (long)SIM_PRINTED_BYTES_MAX / 2);
    assert_true(size < (long)SIM_PRINTED_BYTES_MAX + 200);
    assert_int_equal(size_again, size);
    assert_string_equal(end, cut);
}

/* However much code prints, no write of it fails or is cut: code that looks at that decides the same. */
static void print_and_look(struct scene *scene, uint64_t item)
{
    static char line[1000];
    bool is_short = false;

    (void)item;
    enter_code(scene);
    memset(line, 'x', sizeof line);
    for (size_t bytes = 0; bytes < 3 * SIM_PRINTED_BYTES_MAX; bytes += 2 * sizeof line) {
        is_short |= printf("%.*s\n", (int)sizeof line - 1, line) != (int)sizeof line;
        is_short |= write(STDERR_FILENO, line, sizeof line) != (ssize_t)sizeof line;
    }
    leave_code(scene);
    sim_child_send(scene->child, is_short ? WF_STR("short") : WF_STR("whole"));
}

static void test_containment__no_write_of_code_fails(void **state)
{
    (void)state;
    for (uint32_t jobs = 1; jobs <= 2; jobs++) {
        struct scene scene = {.act = print_and_look};
        const struct sim_outcome_of_batch outcome = contain(&scene, 2, jobs);

        assert_int_equal(outcome.end, SIM_END_DONE);
        assert_string_equal(scene.log, "0:a0:whole. 1:b1:whole. ");
    }
}

#define CONTAINED(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONTAINED(test_containment__items_end_in_order),
        CONTAINED(test_containment__no_items),
        CONTAINED(test_containment__crash_costs_one_item),
        CONTAINED(test_containment__only_what_code_takes_counts),
        CONTAINED(test_containment__a_look_between_strands_keeps_what_was_there_before),
        CONTAINED(test_containment__every_activation_is_asked_anew),
        CONTAINED(test_containment__signals_of_others_are_no_findings),
        CONTAINED(test_containment__what_a_history_leaks_counts),
        CONTAINED(test_containment__child_that_grew_is_replaced),
        CONTAINED(test_containment__code_that_hung_is_waited_for_less),
        CONTAINED(test_containment__every_item_may_crash),
        CONTAINED(test_containment__no_item_is_lost_between_two),
        CONTAINED(test_containment__settings_are_whole_numbers),
        CONTAINED(test_containment__blocks_are_counted_in_children_alone),
        CONTAINED(test_containment__crash_while_loading_ends_the_batch),
        CONTAINED(test_containment__own_fault_is_an_assertion),
        CONTAINED(test_containment__killed_child_is_tried_again),
        CONTAINED(test_containment__code_kills_from_behind),
        CONTAINED(test_containment__children_killed_without_code_are_lost),
        CONTAINED(test_containment__no_item_is_lost_or_done_twice_by_a_kill),
        CONTAINED(test_containment__no_item_is_made_up_by_a_kill),
        CONTAINED(test_containment__kills_are_counted_by_history),
        CONTAINED(test_containment__the_first_signal_is_said),
        CONTAINED(test_containment__killed_while_loading),
        CONTAINED(test_containment__kills_while_loading_are_counted_by_slot),
        CONTAINED(test_containment__errors_end_the_batch),
        CONTAINED(test_containment__caller_stops_the_batch),
        CONTAINED(test_containment__interrupt_keeps_what_is_complete),
        CONTAINED(test_containment__children_die_with_the_supervisor),
        CONTAINED(test_containment__many_items_over_children_stay_in_order),
        CONTAINED(test_containment__frames_of_every_size),
        CONTAINED(test_containment__buffered_output_is_not_doubled),
        CONTAINED(test_containment__what_code_prints_is_bounded),
        CONTAINED(test_containment__no_write_of_code_fails),
    };

    return cmocka_run_group_tests_name("containment", tests, NULL, NULL);
}
