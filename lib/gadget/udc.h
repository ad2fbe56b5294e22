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
 * Find the first UDC, in the order of their numbers, that no gadget driver uses.
 * If only is not NULL, look at that one alone. A UDC counts as used if the kernel
 * does not tell within ms milliseconds. Returns 0; or -1 with errno: ENODEV if
 * there is no UDC, or no `only`; EBUSY if all are used.
 */
int udc_find_free(const char *only, char name[UDC_NAME_SIZE], int ms);

/*
 * Returns how many UDCs are free; or -1 with errno, ENODEV if there is no UDC.
 */
int udc_count_free(int ms);

/*
 * The state of the connection to the host (USB 2.0, chapter 9), in the words of
 * the kernel: "not attached", "configured", ... The kernel never waits here
 * (udc/core.c: state_show). Returns 0, or -1 with errno.
 */
int udc_state(const char *name, char state[UDC_STATE_SIZE]);

/*
 * Must the gadget not halt (stall) endpoints of this controller? On dwc2 a mass
 * storage gadget that stalls loses its host (raspberrypi/linux 7452). On dwc3 a
 * disconnection during a stall crashed the kernel.
 */
bool udc_stalls_badly(const char *name);

#endif
