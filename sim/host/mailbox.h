/*
 * What a child has to say, in memory that it shares with the supervisor: a ring of records with one
 * writer and one reader. What was written is there whatever becomes of the child.
 */
#ifndef WF_SIM_HOST_MAILBOX_H
#define WF_SIM_HOST_MAILBOX_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"

/* A child whose records nobody takes yet goes on until this is full. */
#define SIM_MAILBOX_BYTES ((size_t)4 << 20)

enum sim_record_kind {
    SIM_RECORD_FRAME = 1, /* of an item */
    SIM_RECORD_RESULT,    /* likewise, and the last of a history */
    SIM_RECORD_END,       /* the item is done; no bytes */
};

/* In front of a record's bytes. */
struct sim_record_header {
    uint32_t kind;
    uint32_t size_bytes;
    uint64_t item;
    uint64_t history; /* of the item, at which another child would begin that has this record behind it */
};

struct sim_mailbox {
    _Atomic uint64_t written_bytes; /* ever */
    _Atomic uint64_t taken_bytes;   /* ever */
    _Atomic bool is_writer_waiting;
    sem_t room; /* posted for a waiting writer */
    char ring[SIM_MAILBOX_BYTES];
};

/* An empty mailbox in shared memory. */
void sim_mailbox_init(struct sim_mailbox *mailbox);

/* How many bytes can be read. */
size_t sim_mailbox_size_bytes(const struct sim_mailbox *mailbox);

/*
 * Writes all the bytes, and waits while the mailbox is full.
 *
 * reader     posted before a wait: the reader sleeps on it.
 */
void sim_mailbox_write(struct sim_mailbox *mailbox, const void *bytes, size_t size_bytes,
                       sem_t *reader);

/* The next size_bytes where they lie, or NULL when they lie in two pieces. There are so many. */
const char *sim_mailbox_peek(const struct sim_mailbox *mailbox, size_t size_bytes);

/* Takes at most size_bytes, and returns how many. into may be NULL. */
size_t sim_mailbox_take(struct sim_mailbox *mailbox, void *into, size_t size_bytes);

/*
 * Sleeping. wait returns when someone posted, a signal handler ran, or the time is over; posts that
 * nobody waited for are forgotten by clear.
 */
void sim_mailbox_wait(sem_t *semaphore, int64_t timeout_ns);
void sim_mailbox_clear(sem_t *semaphore);

#endif
