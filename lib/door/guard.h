/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * This makes guessing passwords slow and right passwords cheap: failures are
 * counted for each account and each network, and a password that was right is
 * remembered for a minute. The data is in memory that vm-door shares with its
 * children, and is gone when vm-door ends.
 *
 * One process at a time writes (hash.lock). A reader that meets a half-written
 * entry only finds that it does not match.
 */
#ifndef VM_DOOR_GUARD_H
#define VM_DOOR_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "door/accounts.h"

struct guard;

/* Returns NULL with errno if there is no memory. The memory is never freed. */
struct guard *guard_new(void);

/* Was that password right within the last minute? */
bool guard_knows(
    const struct guard *, const struct account *, const char *password);
void guard_remember(
    struct guard *, const struct account *, const char *password);

/*
 * The number of seconds for which nobody may try a password of that account, or
 * from that address. It doubles with each failure after the third, up to 30.
 */
unsigned guard_delay(const struct guard *, const struct accounts *,
    const char *user, const char *peer);

/* Is the account locked, after as many failures as the rules allow? */
bool guard_is_locked(
    const struct guard *, const struct accounts *, const char *user);
void guard_unlock(struct guard *, const char *user);

/* Unlock each account for which that directory has a file of the account's
 * name, and remove these files. */
void guard_take_unlocks(struct guard *, const char *dir);

/* Count a wrong password, or forget the failures after a right one. Networks
 * are those of inet_peer_network(). */
void guard_failed(struct guard *, const struct accounts *, const char *user,
    const char *peer);
void guard_succeeded(struct guard *, const char *user, const char *peer);

#endif
