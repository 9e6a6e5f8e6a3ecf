/*
 * A doubly linked list through a member of each item; the head is a link too. A link alone is a
 * ring of one.
 */
#ifndef WF_ENGINE_BASE_RING_H
#define WF_ENGINE_BASE_RING_H

#include <stdbool.h>

struct wf_ring {
    struct wf_ring *next;
    struct wf_ring *previous;
};

/* An empty list, or a link in none. */
void wf_ring_init(struct wf_ring *head);

bool wf_ring_is_empty(const struct wf_ring *head);

/* Puts a link that is alone at the end, or at the front. */
void wf_ring_push(struct wf_ring *head, struct wf_ring *link);
void wf_ring_push_front(struct wf_ring *head, struct wf_ring *link);

/* Leaves the link alone; it may have been so before. */
void wf_ring_remove(struct wf_ring *link);

#endif
