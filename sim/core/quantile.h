/* Quantiles of duration distributions in integer arithmetic. */
#ifndef WF_SIM_CORE_QUANTILE_H
#define WF_SIM_CORE_QUANTILE_H

#include <stdint.h>

#include "sim/config.h"

/*
 * The duration below which position / 2^32 of all durations lie; ascending in position. Saturates at INT64_MAX.
 *
 * distribution  of kind SIM_EXPONENTIAL or SIM_LOG_NORMAL; a mean or median of 0 or less gives 0, a 99th percentile that is
 *               not above the median makes it constant.
 */
int64_t sim_quantile_ns(const struct sim_distribution *distribution, uint32_t position);

/* The high and low half of a product, shifted right: left * right / 2^shift, saturating. shift is 1 to 63. */
uint64_t sim_multiply_shift(uint64_t left, uint64_t right, unsigned shift);

#endif
