/* SPDX-License-Identifier: MIT */
/*
 * What virtual clocks show. Every one of them moves with the world's time; none begins at 0, so that a
 * program's "0 is no time at all" does not meet a real time. CPU-time clocks show virtual time too: the only
 * kind there is that is the same in every run.
 */
#ifndef API_CALLS_CLOCKS_H
#define API_CALLS_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "sim/clock/clock.h"
#include "sim/task/task.h"

/* CLOCK_MONOTONIC and kin when the world begins: the host has been up for a thousand seconds. */
#define SIM_CLOCK_START_NS (1000 * SIM_NS_PER_S)
/* CPU time that was used before the world began. */
#define SIM_CLOCK_CPU_NS (10 * SIM_NS_PER_MS)

/*
 * Who shows the wall clock: told what it is to show, leaves what it shows. NULL: the gate itself, which is
 * the same.
 */
extern void (*sim_wall_clock)(struct timespec *ts);

/* What a clock is good for. */
#define SIM_CLOCK_IS_ONE   0x1u /* there is a clock of that number */
#define SIM_CLOCK_SLEEPS   0x2u /* clock_nanosleep(2) and timer_create(2) take it */
#define SIM_CLOCK_COARSE   0x4u
#define SIM_CLOCK_IS_ALARM 0x8u /* CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM */
unsigned sim_clock_traits(int clock);

/* A time of that clock, which there is, in the world's time of the task's host; may have passed. */
int64_t sim_clock_when(const struct sim_task *t, int clock, const struct timespec *at);
/* A span from now on. Both: what lies past the end of time is far away still, and never SIM_NEVER_NS. */
int64_t sim_clock_after(const struct sim_task *t, const struct timespec *span);

/* timespec64_valid() of the kernel, and a span in nanoseconds. */
bool sim_timespec_is_valid(const struct timespec *ts);
int64_t sim_timespec_ns(const struct timespec *ts);
struct timespec sim_timespec_of(int64_t ns);

#endif
