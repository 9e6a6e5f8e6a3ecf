/* Stable merge sort. */
#ifndef WF_ENGINE_BASE_SORT_H
#define WF_ENGINE_BASE_SORT_H

#include <stddef.h>

/* Below, equal to or above 0, as memcmp. */
typedef int (*wf_compare)(const void *left, const void *right, void *context);

/* Sorts in place, stable. scratch holds at least count * size_bytes bytes. */
void wf_sort(void *items, size_t count, size_t size_bytes, void *scratch, wf_compare compare, void *context);

#endif
