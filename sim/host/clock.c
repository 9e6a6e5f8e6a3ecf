/* The system's monotonic clock. */
#include "sim/host/clock.h"

#include <time.h>

#include "engine/time.h"

int64_t sim_host_clock_ns(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * WF_NS_PER_S + now.tv_nsec;
}
