/* SPDX-License-Identifier: MIT */
/*
 * What virtual clocks show. Every one of them moves with the world's time; none begins at 0, so that a
 * program's "0 is no time at all" does not meet a real time. CPU-time clocks show virtual time too: the only
 * kind there is that is the same in every run.
 */
#ifndef API_CALLS_CLOCKS_H
#define API_CALLS_CLOCKS_H

#include <stdint.h>
#include <time.h>

#include "sim/clock/clock.h"

/* CLOCK_MONOTONIC and kin when the world begins: the host has been up for a thousand seconds. */
#define SIM_CLOCK_START_NS (1000 * SIM_NS_PER_S)
/* CLOCK_REALTIME when the world begins: 2030-01-01T00:00:00Z, and what the host's clock is off by. */
#define SIM_CLOCK_EPOCH_NS (INT64_C(1893456000) * SIM_NS_PER_S)
/* CPU time that was used before the world began. */
#define SIM_CLOCK_CPU_NS (10 * SIM_NS_PER_MS)

/*
 * Who shows the wall clock: told what it is to show, leaves what it shows. NULL: the gate itself, which is
 * the same.
 */
extern void (*sim_wall_clock)(struct timespec *ts);

#endif
