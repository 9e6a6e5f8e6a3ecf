/*
 * Virtual time as 64-bit nanoseconds, and its checked conversion from and to the model's seconds and nanoseconds. Real
 * histories hold the year 1, which 64-bit nanoseconds do not reach, so the model keeps seconds.
 */
#ifndef WF_ENGINE_TIME_H
#define WF_ENGINE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/schema.h"

typedef int64_t wf_time_ns;

#define WF_NS_PER_MS INT64_C(1000000)
#define WF_NS_PER_S INT64_C(1000000000)

/* Saturates at the ends of 64-bit nanoseconds; unset is 0. */
static inline wf_time_ns wf_time_of(struct wf_timestamp timestamp)
{
    const int64_t seconds_max = INT64_MAX / WF_NS_PER_S;

    if (timestamp.seconds >= seconds_max) {
        return INT64_MAX;
    }
    if (timestamp.seconds <= -seconds_max) {
        return INT64_MIN;
    }
    return timestamp.seconds * WF_NS_PER_S + timestamp.nanos;
}

/* A Timestamp: nanos are 0..999,999,999 also before 1970. */
static inline struct wf_timestamp wf_timestamp_of(wf_time_ns time_ns)
{
    int64_t seconds = time_ns / WF_NS_PER_S;
    int64_t nanos = time_ns % WF_NS_PER_S;

    if (nanos < 0) {
        seconds -= 1;
        nanos += WF_NS_PER_S;
    }
    return (struct wf_timestamp){.seconds = seconds, .nanos = (int32_t)nanos, .is_set = true};
}

/* A Duration: nanos carry the sign of seconds. */
static inline struct wf_timestamp wf_duration_of(int64_t duration_ns)
{
    return (struct wf_timestamp){
        .seconds = duration_ns / WF_NS_PER_S, .nanos = (int32_t)(duration_ns % WF_NS_PER_S), .is_set = true};
}

/* Below, equal to or above 0; unset sorts as 0 seconds. */
static inline int wf_timestamp_compare(struct wf_timestamp left, struct wf_timestamp right)
{
    if (left.seconds != right.seconds) {
        return left.seconds < right.seconds ? -1 : 1;
    }
    return left.nanos == right.nanos ? 0 : left.nanos < right.nanos ? -1 : 1;
}

#endif
