/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A clock that never jumps: it measures durations, not the time of day.
 */
#ifndef VM_BASE_CLOCK_H
#define VM_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds and microseconds since an unspecified moment
 * (CLOCK_MONOTONIC). */
int64_t clock_ms(void);
int64_t clock_us(void);

/* Sleep for this many milliseconds, or until a signal arrives. */
void clock_sleep_ms(int ms);

#endif
