/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Durations as Redfish has them (DSP0266 section 9.4.6; ISO 8601): "PT1H30M".
 */
#ifndef VM_REDFISH_DURATION_H
#define VM_REDFISH_DURATION_H

#include <stdint.h>

#define DURATION_SIZE 40

/* Parse a duration. Returns its seconds, without fractions; or -1 if the
 * text is no duration, is longer than a year, or has years or months,
 * whose length varies. */
int64_t duration_parse(const char *text);

/* Write a duration to buf, as days, hours, minutes and seconds. Returns buf. */
const char *duration_format(int64_t seconds, char buf[DURATION_SIZE]);

#endif
