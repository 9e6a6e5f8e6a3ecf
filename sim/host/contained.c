/*
 * The child's side. Every way out of it leaves a mark in the shared page: the end of the items, an
 * error, a signal, the block budget, a call of exit. Only signals that nobody expects and _exit leave
 * none, and then the page still says what the code was doing, and of which history.
 *
 * All ends are _exit: the handlers that the supervisor registered for its own end (and what it has
 * buffered) are not for children.
 */
#include "sim/host/contained.h"

#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "engine/base/assert.h"
#include "sim/host/clock.h"
#include "sim/host/process.h"
#include "sim/host/stacks.h"

#define ALTERNATE_STACK_BYTES ((size_t)64 * 1024)
#define TRACE_DEPTH_MAX 48

#ifdef WFSIM_COVERAGE
extern void __gcov_dump(void);
#endif

/* Of this process, for the handlers and for counting; NULL in the supervisor and in tests. */
static struct sim_page *own_page;

static int own_memory = -1; /* sim_process_memory_open: it is read again and again */

void __sanitizer_cov_trace_pc(void);

/* ---- Ends ---- */

static _Noreturn void end_marked(enum sim_mark mark)
{
    own_page->mark = mark;
    _exit(0);
}

/* In this order: should the text that call points to be gone, the mark is there. */
static _Noreturn void end_crashed(enum sim_crash_kind kind)
{
    struct sim_page *page = own_page;
    const char *call = page->watch.call;

    page->crash_kind = kind;
    page->mark = SIM_MARK_CRASH;
    for (size_t i = 0; call != NULL && i + 1 < sizeof page->call && call[i] != '\0'; i++) {
        page->call[i] = call[i];
    }
    _exit(0);
}

static bool is_in_code(void)
{
    return own_page->watch.is_in_code != 0 || own_page->is_loading;
}

static void say(const char *text)
{
    (void)!write(STDERR_FILENO, text, strlen(text));
}

/* A fault outside of workflow code is ours (DESIGN section 5). A failed assertion has said where it
 * was. */
static _Noreturn void end_in_own_fault(enum sim_crash_kind kind)
{
    if (!wf_panicked()) {
        void *trace[TRACE_DEPTH_MAX];

        say("wfsim: ");
        say(sim_crash_name(kind));
        say(" outside of workflow code; this is a fault of ours; please report it\n");
        backtrace_symbols_fd(trace, backtrace(trace, TRACE_DEPTH_MAX), STDERR_FILENO);
    }
    end_marked(SIM_MARK_ASSERTION);
}

/* The code's own calls of abort and raise come from this process. */
static bool is_from_another(const siginfo_t *info)
{
    const bool is_sent = info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL;

    return is_sent && info->si_pid != getpid();
}

static void take_fault(int signal_number, siginfo_t *info, void *context)
{
    enum sim_crash_kind kind = SIM_CRASH_SEGMENTATION;

    (void)context;
    if (!wf_panicked() && is_from_another(info)) {
        own_page->killed_by = signal_number; /* in this order: what comes next may be SIGKILL */
        end_marked(SIM_MARK_KILLED);
    }
    (void)sim_crash_of_signal(signal_number, &kind);
    if (wf_panicked() || !is_in_code()) {
        end_in_own_fault(kind);
    }
    if ((kind == SIM_CRASH_SEGMENTATION || kind == SIM_CRASH_BUS) &&
        sim_stacks_is_guard(info->si_addr)) {
        kind = SIM_CRASH_STACK;
    }
    end_crashed(kind);
}

/* Only the supervisor knows of limits: timers of the code, and others, send the same signals. */
static void take_limit(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_code == SI_USER && info->si_pid == getppid() && is_in_code()) {
        end_crashed(signal_number == SIM_SIGNAL_MEMORY ? SIM_CRASH_MEMORY : SIM_CRASH_HUNG);
    }
}

/* Runs before what the supervisor registered with atexit, because it was registered later. */
static void take_exit(void)
{
    if (own_page->mark == SIM_MARK_NONE && is_in_code()) {
        end_crashed(SIM_CRASH_EXIT);
    }
    end_in_own_fault(SIM_CRASH_EXIT);
}

/* Every basic block of workflow code comes here: see the flags of the compiler in compile.c. */
void __sanitizer_cov_trace_pc(void)
{
    if (own_page != NULL && ++own_page->watch.block_count > SIM_BLOCKS_PER_ACTIVATION_MAX) {
        end_crashed(SIM_CRASH_BUDGET);
    }
}

/* ---- Beginning ---- */

static void catch_faults(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL, SIGTRAP};
    static char stack[ALTERNATE_STACK_BYTES]; /* the one in use may have overflown */
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction fault = {.sa_sigaction = take_fault};
    struct sigaction limit = {.sa_sigaction = take_limit};

    fault.sa_flags = SA_SIGINFO | SA_ONSTACK;
    limit.sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESTART;
    (void)sigemptyset(&fault.sa_mask);
    (void)sigemptyset(&limit.sa_mask);
    (void)sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        (void)sigaction(faults[i], &fault, NULL);
    }
    (void)sigaction(SIM_SIGNAL_HUNG, &limit, NULL);
    (void)sigaction(SIM_SIGNAL_MEMORY, &limit, NULL);
}

/* Ctrl-C reaches every process of the terminal; the supervisor alone decides what becomes of the
 * children, and none outlives it: it may have died before the kernel was asked to tell. */
static void depend_on(pid_t supervisor_pid)
{
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)signal(SIGCHLD, SIG_DFL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor_pid) {
        _exit(EXIT_FAILURE);
    }
}

/* What workflow code prints is not a result. */
static void move_output(const struct sim_child *child)
{
    sim_printed_redirect(child->printed);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
}

static _Noreturn void end_well(enum sim_mark mark)
{
    (void)fflush(NULL);
#ifdef WFSIM_COVERAGE
    __gcov_dump();
#endif
    end_marked(mark);
}

static void try(enum wf_status status)
{
    if (status != WF_OK) {
        end_marked(SIM_MARK_SETUP);
    }
}

static void write_record(struct sim_child *child, enum sim_record_kind kind, struct wf_string bytes)
{
    struct sim_mailbox *mailbox = &child->page->mailbox;
    sem_t *supervisor = &child->board->supervisor;
    const struct sim_record_header header = {
        .kind = kind,
        .size_bytes = (uint32_t)bytes.size_bytes,
        .item = child->page->item,
        .history = child->next_history,
    };

    sim_mailbox_write(mailbox, &header, sizeof header, supervisor);
    sim_mailbox_write(mailbox, bytes.data, bytes.size_bytes, supervisor);
    if (kind == SIM_RECORD_END && atomic_load(&child->board->front_item) == header.item) {
        (void)sem_post(supervisor);
    }
}

/* ---- Items ---- */

/* Asking the system takes longer than replaying a short history. Memory that is new is not filled faster than this: while less than
 * an eighth of what code may take can have come since the last look, that one will do. */
#define NEW_BYTES_A_NS_MAX 64

static bool has_looked_lately(const struct sim_child *child)
{
    const uint64_t passed_ns = (uint64_t)(sim_host_clock_ns() - child->looked_ns);

    return child->looked_ns != 0 && passed_ns < child->code_bytes_max / 8 / NEW_BYTES_A_NS_MAX;
}

/* How much more memory the process has than at the last look; 0 when the system does not tell. */
static uint64_t look_for_growth(struct sim_child *child)
{
    const uint64_t before_bytes = child->memory_bytes;
    uint64_t grown_bytes = 0;

    child->memory_bytes = sim_process_memory_read(own_memory);
    child->looked_ns = sim_host_clock_ns();
    if (before_bytes != 0 && child->memory_bytes > before_bytes) {
        grown_bytes = child->memory_bytes - before_bytes;
    }
    child->taken_bytes += child->has_unseen_history ? grown_bytes : 0;
    child->has_unseen_history = false;
    return grown_bytes;
}

static void run_item(struct sim_child *child)
{
    struct sim_page *page = child->page;

    child->first_history = child->next_history = page->first_history;
    page->activations_before = page->watch.activation_count;
    try(child->config->run(child->config->context, child, page->item, &page->err));
    write_record(child, SIM_RECORD_END, WF_STR(""));
    page->is_resumed = false;
    page->first_history = 0;
    page->history_bytes = 0;
    const uint64_t most_bytes = child->ready_bytes + child->code_bytes_max;
    if (!has_looked_lately(child) || child->memory_bytes > most_bytes) {
        (void)look_for_growth(child);
    }
    if (child->memory_bytes > most_bytes) {
        end_well(SIM_MARK_GROWN);
    }
}

_Noreturn void sim_child_live(struct sim_child *child, const sigset_t *unblocked)
{
    const struct sim_containment *config = child->config;
    struct sim_page *page = child->page;

    own_page = page;
    page->watch.call = "";
    depend_on(child->board->supervisor_pid);
    catch_faults();
    (void)sigprocmask(SIG_SETMASK, unblocked, NULL);
    move_output(child);
    if (atexit(take_exit) != 0) {
        try(wf_fail_status(&page->err, WF_ERR_MEMORY, "out of memory"));
    }
    if (config->start != NULL) {
        try(config->start(config->context, child, &page->err));
    }
    page->is_loading = false;
    page->watch.block_count = 0;
    own_memory = sim_process_memory_open(getpid());
    (void)look_for_growth(child);
    child->ready_bytes = child->memory_bytes;
    if (page->is_resumed) {
        run_item(child);
    }
    for (;;) {
        const uint64_t item = atomic_fetch_add(&child->board->next_item, 1);

        if (item >= config->item_count) {
            end_well(SIM_MARK_DONE);
        }
        page->item = item;
        run_item(child);
    }
}

void sim_child_send(struct sim_child *child, struct wf_string bytes)
{
    WF_ASSERT(bytes.size_bytes <= SIM_FRAME_BYTES_MAX);
    write_record(child, SIM_RECORD_FRAME, bytes);
}

void sim_child_send_result(struct sim_child *child, struct wf_string bytes)
{
    WF_ASSERT(bytes.size_bytes <= SIM_FRAME_BYTES_MAX);
    child->next_history++;
    write_record(child, SIM_RECORD_RESULT, bytes);
}

uint64_t sim_child_first_history(const struct sim_child *child)
{
    return child->first_history;
}

void sim_child_begin_history(struct sim_child *child, uint64_t index)
{
    struct sim_page *page = child->page;

    page->activations_before = page->watch.activation_count;
    page->first_history = index;
    child->next_history = index;
    if (child->taken_bytes > child->code_bytes_max) {
        page->is_resumed = true;
        end_well(SIM_MARK_GROWN);
    }
    if (!has_looked_lately(child)) {
        (void)look_for_growth(child);
    }
    page->history_bytes = child->memory_bytes;
}

void sim_child_end_history(struct sim_child *child)
{
    const bool is_known = child->page->history_bytes != 0;

    child->page->history_bytes = 0;
    if (child->page->watch.activation_count == 0 || !is_known) {
        return; /* nor has a command without code any that took it */
    }
    child->has_unseen_history = true;
    if (!has_looked_lately(child) && look_for_growth(child) > child->code_bytes_max) {
        end_crashed(SIM_CRASH_MEMORY);
    }
}

struct wf_watch *sim_child_watch(struct sim_child *child)
{
    return &child->page->watch;
}
