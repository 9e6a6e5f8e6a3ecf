/* The head stands before the first link and after the last one, so no place is special. */
#include "engine/base/ring.h"

#include "engine/base/assert.h"

void wf_ring_init(struct wf_ring *head)
{
    head->next = head;
    head->previous = head;
}

bool wf_ring_is_empty(const struct wf_ring *head)
{
    return head->next == head;
}

static void insert(struct wf_ring *previous, struct wf_ring *link)
{
    WF_ASSERT(link->next == link);
    link->previous = previous;
    link->next = previous->next;
    previous->next->previous = link;
    previous->next = link;
}

void wf_ring_push(struct wf_ring *head, struct wf_ring *link)
{
    insert(head->previous, link);
}

void wf_ring_push_front(struct wf_ring *head, struct wf_ring *link)
{
    insert(head, link);
}

void wf_ring_remove(struct wf_ring *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    wf_ring_init(link);
}
