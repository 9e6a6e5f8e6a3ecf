/*
 * Two counters that only grow, one written by each side. Whoever is about to sleep says so first
 * and then looks again, and whoever changes a counter looks afterwards whether the other sleeps;
 * with sequentially consistent atomics one of the two sees the other, so no wake-up is lost.
 */
#define _GNU_SOURCE /* sem_clockwait */
#include "sim/host/mailbox.h"

#include <string.h>
#include <time.h>

#include "engine/time.h"

void sim_mailbox_init(struct sim_mailbox *mailbox)
{
    atomic_store(&mailbox->written_bytes, 0);
    atomic_store(&mailbox->taken_bytes, 0);
    atomic_store(&mailbox->is_writer_waiting, false);
    (void)sem_init(&mailbox->room, 1, 0);
}

size_t sim_mailbox_size_bytes(const struct sim_mailbox *mailbox)
{
    const uint64_t there = atomic_load(&mailbox->written_bytes) -
                           atomic_load(&mailbox->taken_bytes);

    /* More than the ring holds is what workflow code gone wild wrote over the counters. */
    return there < SIM_MAILBOX_BYTES ? (size_t)there : SIM_MAILBOX_BYTES;
}

static void wait_for_room(struct sim_mailbox *mailbox, sem_t *reader)
{
    atomic_store(&mailbox->is_writer_waiting, true);
    if (sim_mailbox_size_bytes(mailbox) == SIM_MAILBOX_BYTES) {
        (void)sem_post(reader);
        (void)sem_wait(&mailbox->room); /* the caller looks again, whatever ended the wait */
    }
}

void sim_mailbox_write(struct sim_mailbox *mailbox, const void *bytes, size_t size_bytes,
                       sem_t *reader)
{
    const char *from = bytes;

    while (size_bytes > 0) {
        const uint64_t written_bytes = atomic_load(&mailbox->written_bytes);
        const size_t at = (size_t)(written_bytes % SIM_MAILBOX_BYTES);
        size_t piece = SIM_MAILBOX_BYTES - sim_mailbox_size_bytes(mailbox);

        if (piece == 0) {
            wait_for_room(mailbox, reader);
            continue;
        }
        piece = piece < size_bytes ? piece : size_bytes;
        piece = piece < SIM_MAILBOX_BYTES - at ? piece : SIM_MAILBOX_BYTES - at;
        memcpy(mailbox->ring + at, from, piece);
        atomic_store(&mailbox->written_bytes, written_bytes + piece);
        from += piece;
        size_bytes -= piece;
    }
}

const char *sim_mailbox_peek(const struct sim_mailbox *mailbox, size_t size_bytes)
{
    const size_t at = (size_t)(atomic_load(&mailbox->taken_bytes) % SIM_MAILBOX_BYTES);

    return size_bytes <= SIM_MAILBOX_BYTES - at ? mailbox->ring + at : NULL;
}

/* A waiting writer is woken when half of the ring is free, not for every few bytes. */
static void wake_writer(struct sim_mailbox *mailbox)
{
    if (sim_mailbox_size_bytes(mailbox) <= SIM_MAILBOX_BYTES / 2 &&
        atomic_exchange(&mailbox->is_writer_waiting, false)) {
        (void)sem_post(&mailbox->room);
    }
}

size_t sim_mailbox_take(struct sim_mailbox *mailbox, void *into, size_t size_bytes)
{
    const size_t there = sim_mailbox_size_bytes(mailbox);
    const uint64_t taken_bytes = atomic_load(&mailbox->taken_bytes);
    const size_t at = (size_t)(taken_bytes % SIM_MAILBOX_BYTES);

    size_bytes = size_bytes < there ? size_bytes : there;
    if (into != NULL && size_bytes > 0) {
        const size_t first = SIM_MAILBOX_BYTES - at < size_bytes ? SIM_MAILBOX_BYTES - at
                                                                 : size_bytes;
        memcpy(into, mailbox->ring + at, first);
        memcpy((char *)into + first, mailbox->ring, size_bytes - first);
    }
    atomic_store(&mailbox->taken_bytes, taken_bytes + size_bytes);
    wake_writer(mailbox);
    return size_bytes;
}

void sim_mailbox_wait(sem_t *semaphore, int64_t timeout_ns)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    timeout_ns += until.tv_nsec;
    until.tv_sec += (time_t)(timeout_ns / WF_NS_PER_S);
    until.tv_nsec = (long)(timeout_ns % WF_NS_PER_S);
    (void)sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
}

void sim_mailbox_clear(sem_t *semaphore)
{
    while (sem_trywait(semaphore) == 0) {
    }
}
