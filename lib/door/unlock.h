/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * How vm-user ends a lockout after wrong passwords. Only the memory of vm-door
 * has the lockout: vm-user therefore makes a file with the account's name in a
 * directory of vm-door, which only root can enter. guard_take_unlocks() takes
 * it from there.
 */
#ifndef VM_DOOR_UNLOCK_H
#define VM_DOOR_UNLOCK_H

#define DOOR_UNLOCKS "unlocks" /* in the directory of vm-door's state */

/* Ask vm-door to forget the failures of an account. state_dir is the directory
 * of its state. Returns 0, also if the directory does not exist because vm-door
 * never ran; or -1 with errno. */
int unlock_ask(const char *state_dir, const char *name);

#endif
