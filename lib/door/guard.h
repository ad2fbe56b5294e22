/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What makes guessing passwords slow and right passwords cheap: failures are
 * counted for each account and each network, and a password that was right is
 * remembered for a minute. It lies in memory that vm-door shares with its children,
 * and is gone with vm-door.
 *
 * One process at a time writes (hash.lock); a reader that meets a half-written
 * entry finds only that it does not fit.
 */
#ifndef VM_DOOR_GUARD_H
#define VM_DOOR_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "door/accounts.h"

struct guard;

/* Returns NULL with errno where there is no memory. It is never freed. */
struct guard *guard_new(void);

/* Was that password right within the last minute? */
bool guard_knows(
    const struct guard *, const struct account *, const char *password);
void guard_remember(
    struct guard *, const struct account *, const char *password);

/*
 * For how many seconds nobody may try a password of that account, or from that
 * address: it doubles with each failure after the third, up to 30.
 */
unsigned guard_delay(const struct guard *, const struct accounts *,
    const char *user, const char *peer);

/* Is the account locked out, by as many failures as the rules allow? */
bool guard_is_locked(
    const struct guard *, const struct accounts *, const char *user);
void guard_unlock(struct guard *, const char *user);

/* Unlock the accounts whose names files of that directory have, and remove these. */
void guard_take_unlocks(struct guard *, const char *dir);

/* A password was wrong, or right. Networks are those of inet_peer_network(). */
void guard_failed(struct guard *, const struct accounts *, const char *user,
    const char *peer);
void guard_succeeded(struct guard *, const char *user, const char *peer);

#endif
