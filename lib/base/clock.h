/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A clock that nobody sets: it measures durations, not the time of day.
 */
#ifndef VM_BASE_CLOCK_H
#define VM_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds, and microseconds, since some moment (CLOCK_MONOTONIC). */
int64_t clock_ms(void);
int64_t clock_us(void);

/* Do nothing for this long, or until a signal comes. */
void clock_sleep_ms(int ms);

#endif
