/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * USB device controllers (UDCs): the ports by which this machine is a device
 * of a host. By /sys/class/udc (Documentation/ABI/stable/sysfs-class-udc);
 * VM_SYS in the environment stands for /sys.
 */
#ifndef VM_GADGET_UDC_H
#define VM_GADGET_UDC_H

#include <stdbool.h>

#define UDC_NAME_SIZE  64
#define UDC_STATE_SIZE 32

/*
 * The first UDC, in the order of their numbers, that no gadget driver uses.
 * only, if not NULL, is the one that it must be. One whose driver is not told
 * within ms milliseconds is not free. Returns 0; or -1 with errno: ENODEV if
 * there is none at all, or no `only`; EBUSY if others use them.
 */
int udc_find_free(const char *only, char name[UDC_NAME_SIZE], int ms);

/*
 * How many UDCs are free, in the same way. Returns -1 with errno, ENODEV if
 * there is none.
 */
int udc_count_free(int ms);

/*
 * The state of its connection by USB 2.0 chapter 9, as the kernel words it:
 * "not attached", "configured", ... The kernel never waits here
 * (udc/core.c: state_show). Returns 0, or -1 with errno.
 */
int udc_state(const char *name, char state[UDC_STATE_SIZE]);

/*
 * Is the controller one that halts (stalls) an endpoint badly? On dwc2 a
 * mass-storage gadget that stalls loses its host (raspberrypi/linux 7452), on
 * dwc3 a disconnection during a stall crashed the kernel.
 */
bool udc_stalls_badly(const char *name);

#endif
