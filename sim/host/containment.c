/*
 * The supervisor's side. Children take items from a shared counter and put what they have to say
 * into mailboxes of their own, where it waits until its item is the next one in order: what came
 * early costs no memory here, and a child that is too far ahead waits by itself. A child that
 * crashed keeps its page until its item's turn has come; then a new one takes its place. One that has
 * grown too large says so between two items or histories and ends; a new one goes on at once, with the
 * same mailbox.
 *
 * Who killed a child nobody tells. So an item whose child was killed, or ended without a word, is begun once more, at the first
 * history that has no result; code that ends its process does so again in the same history, and then it is the code's crash. Kills
 * that hit something else each time cost a child each, as long as the batch goes on between them.
 *
 * The clock serves the watchdog and the progress line alone. It is read in small steps, so that a
 * machine that slept or a stopped process is not taken for a hanging child; nor does it count how long a child waits for a
 * processor, so that code on a busy machine has its time.
 */
#define _GNU_SOURCE /* MADV_DONTFORK */
#include "sim/host/containment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/time.h"
#include "sim/host/clock.h"
#include "sim/host/contained.h"
#include "sim/host/settings.h"
#include "sim/host/signals.h"
#include "sim/host/watchdog.h"

#define LOOK_NS (100 * WF_NS_PER_MS)   /* between two looks at the children */
#define PRINTING_NS WF_NS_PER_MS       /* likewise, as long as they print: they wait for us */
#define TICK_NS (250 * WF_NS_PER_MS)   /* between two calls of tick */
#define GRACE_NS (1000 * WF_NS_PER_MS) /* for a child to go by itself */
#define RECORDS_BETWEEN_LOOKS 1024
#define OWN_KILLS_MAX 2  /* in the code of one history: then it is the code */
#define IDLE_KILLS_MAX 4 /* for each of the jobs, and nothing new was said between them: whoever does it does not stop */
#define MIB_BYTES ((uint64_t)1 << 20)

enum slot_state {
    SLOT_FREE, /* no child, nothing to come */
    SLOT_RUNNING,
    SLOT_CRASHED, /* the child is gone; its item ends with crash */
    SLOT_FAILED,  /* the child is gone; its item ends the batch with the page's err */
};

struct slot {
    enum slot_state state;
    pid_t pid;
    struct sim_page *page;
    struct sim_child child;
    struct sim_crash crash;

    /* Of the record at the front of the mailbox. */
    bool has_header;
    struct sim_record_header header;
    size_t got_bytes; /* of it that are in the batch's frame buffer */

    struct sim_watchdog watchdog;
    int killed_by;        /* a signal; 0: it ended by itself, without a mark */
    uint64_t taken_count; /* items that had been begun when it was gone */
    bool was_killed_at_loading; /* its child, and none has come through since */
};

struct batch {
    const struct sim_containment *config;
    struct sim_outcome_of_batch *outcome;
    struct sim_board *board;
    struct slot *slots;
    uint64_t front_item;
    uint64_t next_history;   /* of the front item, that the caller has no result of */
    uint64_t given_count;    /* frames since, that the caller has */
    uint64_t repeated_count; /* of these, that another child still has to say again */
    uint64_t killed_history; /* of the front item */
    uint32_t own_kill_count; /* of children in the code of that history */
    uint32_t idle_kill_count;
    bool is_over;
    bool is_draining; /* every child is gone; none begins */
    char *frame;      /* a frame that did not lie in one piece */
    size_t frame_capacity_bytes;
    struct sim_watch_limits limits;
    struct sim_hung own_hung; /* should the caller keep none */
    struct sim_printed printed;
    int64_t looked_ns;
    int64_t ticked_ns;
};

/* ---- Memory ---- */

static void *map_shared(size_t size_bytes)
{
    void *pages = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

static size_t slots_bytes(const struct batch *batch)
{
    return batch->config->jobs * sizeof *batch->slots;
}

static bool reserve(struct batch *batch)
{
    const struct wf_block_source *blocks = wf_system_blocks();

    batch->board = map_shared(sizeof *batch->board);
    batch->slots = blocks->take(blocks->context, slots_bytes(batch));
    if (batch->slots != NULL) {
        memset(batch->slots, 0, slots_bytes(batch));
    }
    if (batch->board == NULL || batch->slots == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < batch->config->jobs; i++) {
        batch->slots[i].page = map_shared(sizeof(struct sim_page));
        if (batch->slots[i].page == NULL) {
            return false;
        }
    }
    batch->board->supervisor_pid = getpid();
    atomic_store(&batch->board->next_item, 0);
    atomic_store(&batch->board->front_item, 0);
    return sem_init(&batch->board->supervisor, 1, 0) == 0;
}

static void release(struct batch *batch)
{
    const struct wf_block_source *blocks = wf_system_blocks();

    for (uint32_t i = 0; batch->slots != NULL && i < batch->config->jobs; i++) {
        if (batch->slots[i].page != NULL) {
            (void)munmap(batch->slots[i].page, sizeof(struct sim_page));
        }
    }
    if (batch->slots != NULL) {
        blocks->give(blocks->context, batch->slots, slots_bytes(batch));
    }
    if (batch->frame != NULL) {
        blocks->give(blocks->context, batch->frame, batch->frame_capacity_bytes);
    }
    if (batch->board != NULL) {
        (void)munmap(batch->board, sizeof *batch->board);
    }
}

/* ---- Ends of the batch ---- */

/* The first end counts. */
static void finish(struct batch *batch, enum sim_end end)
{
    if (!batch->is_over) {
        batch->is_over = true;
        batch->outcome->end = end;
    }
}

static void finish_lost(struct batch *batch, const char *what, const char *why)
{
    if (!batch->is_over) {
        (void)wf_fail_status(&batch->outcome->err, WF_ERR_NOT_FOUND, "%s: %s", what, why);
        finish(batch, SIM_END_LOST);
    }
}

static void finish_setup(struct batch *batch, const struct sim_page *page)
{
    if (!batch->is_over) {
        batch->outcome->err = page->err;
        batch->outcome->err.message[sizeof page->err.message - 1] = '\0';
        finish(batch, SIM_END_SETUP);
    }
}

/* ---- Children begin ---- */

/* In the child: what it does not need, workflow code cannot overwrite, and a process that workflow
 * code forks off has nothing to go on with. */
static void keep_own_memory(const struct batch *batch, const struct slot *own)
{
    for (uint32_t i = 0; i < batch->config->jobs; i++) {
        if (&batch->slots[i] != own) {
            (void)munmap(batch->slots[i].page, sizeof(struct sim_page));
        }
    }
    (void)madvise(own->page, sizeof *own->page, MADV_DONTFORK);
    (void)madvise(batch->board, sizeof *batch->board, MADV_DONTFORK);
}

/* With a page and a mailbox that are as they should be. */
static void fork_child(struct batch *batch, struct slot *slot)
{
    sigset_t all;
    sigset_t before;

    slot->page->is_loading = true;
    slot->child = (struct sim_child){
        .config = batch->config, .board = batch->board, .page = slot->page, .printed = &batch->printed, .code_bytes_max = batch->limits.code_bytes_max};
    slot->state = SLOT_RUNNING;
    slot->watchdog = (struct sim_watchdog){0};
    (void)fflush(NULL); /* or the child would print it again */
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before); /* no handler of ours runs in the child */
    slot->pid = fork();
    if (slot->pid == 0) {
        keep_own_memory(batch, slot);
        sim_child_live(&slot->child, &before);
    }
    const int reason = errno;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (slot->pid < 0) {
        slot->pid = 0;
        slot->state = SLOT_FREE;
        finish_lost(batch, "cannot start another process", strerror(reason));
    }
}

static void clear_page(struct slot *slot)
{
    memset(slot->page, 0, offsetof(struct sim_page, mailbox));
    slot->page->item = SIM_ITEM_NONE;
    sim_mailbox_init(&slot->page->mailbox);
    slot->has_header = false;
}

static void begin_child(struct batch *batch, struct slot *slot)
{
    clear_page(slot);
    fork_child(batch, slot);
}

/* With an item that has been taken. */
static void begin_child_at(struct batch *batch, struct slot *slot, uint64_t item, uint64_t first_history)
{
    clear_page(slot);
    slot->page->item = item;
    slot->page->first_history = first_history;
    slot->page->is_resumed = true;
    fork_child(batch, slot);
}

/* In the place of a child that grew: what that one said is still in the mailbox, and comes first. */
static void go_on_in_another_child(struct batch *batch, struct slot *slot)
{
    struct sim_page *page = slot->page;
    const uint64_t item = page->item;
    const uint64_t first_history = page->first_history;
    const bool is_resumed = page->is_resumed;

    if (batch->is_over || (!is_resumed && atomic_load(&batch->board->next_item) >= batch->config->item_count)) {
        return;
    }
    memset(page, 0, offsetof(struct sim_page, mailbox));
    page->item = item;
    page->first_history = first_history;
    page->is_resumed = is_resumed;
    fork_child(batch, slot);
}

/* ---- Children end ---- */

static void copy_text(char to[WF_WATCH_TEXT_BYTES], const char from[WF_WATCH_TEXT_BYTES])
{
    memcpy(to, from, WF_WATCH_TEXT_BYTES);
    to[WF_WATCH_TEXT_BYTES - 1] = '\0';
}

static void take_crash(struct batch *batch, struct slot *slot, enum sim_crash_kind kind)
{
    struct sim_page *page = slot->page;
    const bool is_hung = kind == SIM_CRASH_HUNG;

    kind = is_hung ? sim_watchdog_hung_kind(&slot->watchdog, &batch->limits) : kind;
    page->call[sizeof page->call - 1] = '\0';
    slot->crash = (struct sim_crash){
        .kind = kind,
        .is_loading = page->is_loading,
        .event_id = page->watch.event_id,
        .call = page->call,
    };
    copy_text(slot->crash.workflow_type, page->watch.workflow_type);
    copy_text(slot->crash.workflow_id, page->watch.workflow_id);
    slot->state = SLOT_CRASHED;
    slot->taken_count = atomic_load(&batch->board->next_item);
    if (is_hung) {
        memcpy(batch->limits.hung->workflow_type, slot->crash.workflow_type, sizeof slot->crash.workflow_type);
    }
    if (page->is_loading) {
        slot->crash.call = "";
        batch->outcome->crash = slot->crash;
        finish(batch, SIM_END_LOADING);
    }
}

/* Nothing says that the code does it: it was not in one history each time, or there is no code at all. */
static void finish_killed(struct batch *batch, const struct slot *slot)
{
    if (slot->killed_by == 0) {
        finish(batch, SIM_END_ASSERTION);
        return;
    }
    finish_lost(batch,
                slot->killed_by == SIGKILL ? "child processes are killed again and again, perhaps because memory is short"
                                           : "child processes are killed again and again",
                strsignal(slot->killed_by));
}

/* The first time, another child tries; when it is killed while it loads, at once. */
static void take_killed(struct batch *batch, struct slot *slot, int signal_number)
{
    slot->killed_by = signal_number;
    batch->idle_kill_count++;
    if (batch->idle_kill_count > IDLE_KILLS_MAX * batch->config->jobs) {
        finish_killed(batch, slot);
    } else if (!slot->page->is_loading) {
        take_crash(batch, slot, SIM_CRASH_KILLED);
    } else if (!slot->was_killed_at_loading) {
        slot->was_killed_at_loading = true;
        go_on_in_another_child(batch, slot);
    } else if (batch->config->start == NULL) {
        finish_killed(batch, slot);
    } else {
        take_crash(batch, slot, SIM_CRASH_KILLED);
    }
}

/* A child that left no mark: killed, or ended by _exit. */
static void take_unmarked_end(struct batch *batch, struct slot *slot, int status)
{
    const bool is_in_code = slot->page->watch.is_in_code != 0 || slot->page->is_loading;
    const int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    enum sim_crash_kind kind = SIM_CRASH_EXIT;

    if (signal_number != 0 && sim_watchdog_has_ended(&slot->watchdog, signal_number, &kind)) {
        take_crash(batch, slot, kind);
    } else if (is_in_code && (signal_number == 0 || sim_crash_of_signal(signal_number, &kind))) {
        take_crash(batch, slot, kind);
    } else {
        take_killed(batch, slot, signal_number);
    }
}

static void take_end(struct batch *batch, struct slot *slot, int status)
{
    slot->pid = 0;
    slot->state = SLOT_FREE;
    slot->was_killed_at_loading &= slot->page->is_loading;
    switch (slot->page->mark) {
    case SIM_MARK_DONE:
        return;
    case SIM_MARK_GROWN:
        go_on_in_another_child(batch, slot);
        return;
    case SIM_MARK_SETUP:
        slot->state = SLOT_FAILED;
        if (slot->page->is_loading) {
            finish_setup(batch, slot->page);
        }
        return;
    case SIM_MARK_ASSERTION:
        finish(batch, SIM_END_ASSERTION);
        return;
    case SIM_MARK_CRASH:
        take_crash(batch, slot, slot->page->crash_kind);
        return;
    case SIM_MARK_KILLED:
        take_killed(batch, slot, slot->page->killed_by);
        return;
    case SIM_MARK_NONE:
        take_unmarked_end(batch, slot, status);
        return;
    }
}

/* Returns whether a child is left. */
static bool reap(struct batch *batch)
{
    bool is_one_left = false;

    for (uint32_t i = 0; i < batch->config->jobs; i++) {
        struct slot *slot = &batch->slots[i];
        int status = 0;

        if (slot->pid != 0 && waitpid(slot->pid, &status, WNOHANG) == slot->pid) {
            take_end(batch, slot, status);
        }
        is_one_left |= slot->pid != 0;
    }
    return is_one_left;
}

/* ---- What children say ---- */

static bool make_room(struct batch *batch, size_t size_bytes)
{
    const struct wf_block_source *blocks = wf_system_blocks();

    if (size_bytes <= batch->frame_capacity_bytes) {
        return true;
    }
    if (batch->frame != NULL) {
        blocks->give(blocks->context, batch->frame, batch->frame_capacity_bytes);
    }
    batch->frame = blocks->take(blocks->context, size_bytes);
    batch->frame_capacity_bytes = batch->frame == NULL ? 0 : size_bytes;
    return batch->frame != NULL;
}

static void give_frame(struct batch *batch, struct slot *slot, const char *data)
{
    const struct wf_string bytes = {data, slot->header.size_bytes};

    slot->has_header = false;
    if (slot->header.history != batch->next_history) {
        batch->next_history = slot->header.history;
        batch->given_count = 0;
        batch->repeated_count = 0;
    }
    if (batch->repeated_count > 0) {
        batch->repeated_count--;
        return;
    }
    batch->given_count += slot->header.kind == SIM_RECORD_FRAME;
    batch->idle_kill_count = 0;
    if (!batch->config->frame(batch->config->context, batch->front_item, bytes)) {
        finish(batch, SIM_END_STOPPED);
    }
}

/* Gives the frame at the front of the mailbox to the caller, when it is whole. Returns whether it
 * moved on. */
static bool take_frame(struct batch *batch, struct slot *slot)
{
    struct sim_mailbox *mailbox = &slot->page->mailbox;
    const size_t size_bytes = slot->header.size_bytes;

    if (slot->got_bytes == 0 && sim_mailbox_size_bytes(mailbox) >= size_bytes) {
        const char *data = sim_mailbox_peek(mailbox, size_bytes);
        if (data != NULL) {
            give_frame(batch, slot, data);
            (void)sim_mailbox_take(mailbox, NULL, size_bytes);
            return true;
        }
    }
    if (!make_room(batch, size_bytes)) {
        finish_lost(batch, "cannot take a child's results", "out of memory");
        return false;
    }
    const size_t took_bytes = sim_mailbox_take(mailbox, batch->frame + slot->got_bytes,
                                               size_bytes - slot->got_bytes);
    slot->got_bytes += took_bytes;
    if (slot->got_bytes == size_bytes) {
        give_frame(batch, slot, batch->frame);
        return true;
    }
    return took_bytes > 0;
}

static void end_item(struct batch *batch, const struct sim_crash *crash)
{
    const uint64_t item = batch->front_item++;

    batch->next_history = 0;
    batch->given_count = 0;
    batch->repeated_count = 0;
    batch->killed_history = 0;
    batch->own_kill_count = 0;
    batch->idle_kill_count = 0;
    atomic_store(&batch->board->front_item, batch->front_item);
    batch->outcome->ended_count = batch->front_item;
    if (!batch->config->end(batch->config->context, item, crash)) {
        finish(batch, SIM_END_STOPPED);
    }
}

/* Reads the next record's header, if it is there. Workflow code gone wild may have written over it.
 */
static bool see_header(struct batch *batch, struct slot *slot)
{
    struct sim_mailbox *mailbox = &slot->page->mailbox;
    struct sim_record_header *header = &slot->header;

    if (slot->has_header || sim_mailbox_size_bytes(mailbox) < sizeof *header) {
        return slot->has_header;
    }
    (void)sim_mailbox_take(mailbox, header, sizeof *header);
    slot->has_header = true;
    slot->got_bytes = 0;
    if (header->kind < SIM_RECORD_FRAME || header->kind > SIM_RECORD_END ||
        header->size_bytes > SIM_FRAME_BYTES_MAX || header->item < batch->front_item) {
        finish_lost(batch, "a child's results cannot be read",
                    "workflow code has overwritten them");
        return false;
    }
    return true;
}

/* Whether the child is about to say which item it has: it came to the end of one, or has not had any. */
static bool is_behind(const struct slot *slot, uint64_t item)
{
    return slot->page->item == SIM_ITEM_NONE || slot->page->item < item;
}

/* Whether another child has the item, or is about to say which it has. */
static bool may_be_taken(const struct batch *batch, const struct slot *own, uint64_t item)
{
    for (uint32_t i = 0; i < batch->config->jobs; i++) {
        const struct slot *slot = &batch->slots[i];

        if (slot != own && slot->pid != 0 && (is_behind(slot, item) || slot->page->item == item)) {
            return true;
        }
    }
    return false;
}

/* Whether the mailboxes hold more of the item. */
static bool is_told_of(struct batch *batch, uint64_t item)
{
    for (uint32_t i = 0; i < batch->config->jobs; i++) {
        if (see_header(batch, &batch->slots[i]) && batch->slots[i].header.item == item) {
            return true;
        }
    }
    return false;
}

/*
 * A child may be killed when it has ended its item: it came out of the code while it was. Nothing crashed then, but it may have
 * taken another item and not yet said so; that one nobody else has when its turn comes, and a new child begins it.
 */
static bool replace_killed_between(struct batch *batch, struct slot *slot)
{
    if (batch->is_over || batch->is_draining || slot->state != SLOT_CRASHED || !is_behind(slot, batch->front_item)) {
        return false;
    }
    const uint64_t item_count = batch->config->item_count; /* children that find no item left count on */
    if (batch->front_item >= slot->taken_count || batch->front_item >= item_count) { /* it had taken none, or that was the last */
        slot->state = SLOT_FREE;
        if (atomic_load(&batch->board->next_item) < item_count) {
            begin_child(batch, slot);
        }
        return true;
    }
    if (may_be_taken(batch, slot, batch->front_item)) {
        return false;
    }
    if (is_told_of(batch, batch->front_item)) { /* its child ended it, and said so, since the mailboxes were looked at */
        return true;
    }
    if (!batch->is_over) {
        begin_child_at(batch, slot, batch->front_item, 0);
    }
    return true;
}

/* The child of the front item was killed. Whether it is the code's doing: it hit the same history's code before. */
static bool count_kill(struct batch *batch, const struct sim_page *page)
{
    const bool is_begun = page->first_history >= batch->next_history; /* or it was killed behind a result */
    const uint64_t history = is_begun ? page->first_history : batch->next_history;

    if (history != batch->killed_history) {
        batch->killed_history = history;
        batch->own_kill_count = 0;
    }
    batch->own_kill_count += is_begun && page->watch.activation_count != page->activations_before;
    return batch->own_kill_count >= OWN_KILLS_MAX;
}

/* All that was said of histories before this one the caller has. */
static void begin_front_again(struct batch *batch, struct slot *slot)
{
    if (batch->next_history != batch->killed_history) {
        batch->next_history = batch->killed_history;
        batch->given_count = 0;
    }
    batch->repeated_count = batch->given_count;
    begin_child_at(batch, slot, batch->front_item, batch->killed_history);
}

/* An item whose child is gone ends with what became of it, after all that the child had said. */
static bool settle(struct batch *batch, struct slot *slot)
{
    if (batch->is_over || (slot->state != SLOT_CRASHED && slot->state != SLOT_FAILED) ||
        slot->page->item != batch->front_item) {
        return false;
    }
    if (slot->state == SLOT_FAILED) {
        finish_setup(batch, slot->page);
        return false;
    }
    if (slot->crash.kind == SIM_CRASH_KILLED) {
        if (batch->is_draining) {
            return false; /* whose doing it was stays open */
        }
        if (!count_kill(batch, slot->page)) {
            begin_front_again(batch, slot);
            return true;
        }
    }
    slot->state = SLOT_FREE;
    end_item(batch, &slot->crash);
    if (!batch->is_over && !batch->is_draining &&
        atomic_load(&batch->board->next_item) < batch->config->item_count) {
        begin_child(batch, slot);
    }
    return true;
}

/* One record or end of the item that is the next in order. Returns whether there was any. */
static bool take_next(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->config->jobs; i++) {
        struct slot *slot = &batch->slots[i];

        if (!see_header(batch, slot) || slot->header.item != batch->front_item) {
            if (settle(batch, slot)) {
                return true;
            }
        } else if (slot->header.kind == SIM_RECORD_END) {
            slot->has_header = false;
            end_item(batch, NULL);
            return true;
        } else {
            /* A frame that is cut off was being written when its child was killed. */
            return take_frame(batch, slot) || settle(batch, slot);
        }
    }
    for (uint32_t i = 0; i < batch->config->jobs; i++) {
        if (replace_killed_between(batch, &batch->slots[i])) {
            return true;
        }
    }
    return false;
}

/* ---- The loop ---- */

static void look(struct batch *batch)
{
    const int64_t now_ns = sim_host_clock_ns();
    int64_t step_ns = now_ns - batch->looked_ns;

    if (step_ns >= LOOK_NS) {
        batch->looked_ns = now_ns;
        step_ns = step_ns < 2 * LOOK_NS ? step_ns : 2 * LOOK_NS;
        (void)reap(batch); /* should SIGCHLD be blocked */
        for (uint32_t i = 0; i < batch->config->jobs; i++) {
            if (batch->slots[i].pid != 0) {
                sim_watchdog_look(&batch->slots[i].watchdog, &batch->limits, batch->slots[i].pid, batch->slots[i].page, step_ns);
            }
        }
    }
    if (now_ns - batch->ticked_ns >= TICK_NS && batch->config->tick != NULL) {
        batch->ticked_ns = now_ns;
        batch->config->tick(batch->config->context, batch->front_item);
    }
}

static void supervise(struct batch *batch)
{
    while (!batch->is_over) {
        bool took = true;

        sim_mailbox_clear(&batch->board->supervisor);
        for (int i = 0; took && !batch->is_over && i < RECORDS_BETWEEN_LOOKS; i++) {
            took = take_next(batch);
        }
        if (batch->front_item >= batch->config->item_count) {
            finish(batch, SIM_END_DONE);
        }
        if (sim_signals_interrupted()) {
            finish(batch, SIM_END_INTERRUPTED);
        }
        const bool has_news = sim_signals_child_ended();
        if (has_news) {
            (void)reap(batch);
        }
        look(batch);
        const bool has_printed = sim_printed_show(&batch->printed);
        if (!took && !has_news && !batch->is_over) {
            sim_mailbox_wait(&batch->board->supervisor, has_printed ? PRINTING_NS : LOOK_NS);
        }
    }
}

/* After the last item the children go by themselves. */
static void wait_for_children(struct batch *batch)
{
    const int64_t began_ns = sim_host_clock_ns();

    while (reap(batch) && sim_host_clock_ns() - began_ns < GRACE_NS) {
        sim_mailbox_clear(&batch->board->supervisor);
        const bool has_printed = sim_printed_show(&batch->printed);
        if (!sim_signals_child_ended()) {
            sim_mailbox_wait(&batch->board->supervisor, has_printed ? PRINTING_NS : LOOK_NS);
        }
    }
}

static void kill_children(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->config->jobs; i++) {
        if (batch->slots[i].pid != 0) {
            (void)kill(batch->slots[i].pid, SIGKILL);
        }
    }
    for (uint32_t i = 0; i < batch->config->jobs; i++) {
        struct slot *slot = &batch->slots[i];

        while (slot->pid != 0 && waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        slot->pid = 0;
    }
}

/* Ctrl-C leaves a caller with everything that was complete. */
static void take_complete(struct batch *batch)
{
    batch->is_draining = true;
    batch->is_over = false;
    while (!batch->is_over && batch->front_item < batch->config->item_count && take_next(batch)) {
    }
    batch->is_over = true;
    batch->outcome->end = SIM_END_INTERRUPTED;
}

void sim_contain(const struct sim_containment *config, struct sim_outcome_of_batch *outcome)
{
    struct batch batch = {.config = config, .outcome = outcome};

    batch.limits = (struct sim_watch_limits){
        .activation_ns = sim_setting_watchdog_seconds() * WF_NS_PER_S,
        .code_bytes_max = (uint64_t)sim_setting_code_mib() * MIB_BYTES,
        .hung = config->hung != NULL ? config->hung : &batch.own_hung,
    };
    WF_ASSERT(config->jobs >= 1 && config->jobs <= SIM_JOBS_MAX);
    *outcome = (struct sim_outcome_of_batch){.end = SIM_END_DONE, .crash = {.call = ""}};
    if (!reserve(&batch)) {
        finish_lost(&batch, "cannot share memory with children", strerror(errno));
        release(&batch);
        return;
    }
    sim_printed_open(&batch.printed);
    sim_signals_catch(&batch.board->supervisor);
    batch.looked_ns = sim_host_clock_ns();
    batch.ticked_ns = batch.looked_ns;
    for (uint32_t i = 0; i < config->jobs && i < config->item_count && !batch.is_over; i++) {
        begin_child(&batch, &batch.slots[i]);
    }
    supervise(&batch);
    if (outcome->end == SIM_END_DONE) {
        wait_for_children(&batch);
    }
    kill_children(&batch);
    if (outcome->end == SIM_END_INTERRUPTED) {
        take_complete(&batch);
    }
    sim_signals_restore();
    sim_printed_close(&batch.printed, outcome->end == SIM_END_ASSERTION);
    release(&batch);
}
