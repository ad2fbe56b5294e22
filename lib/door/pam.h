/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Accounts whose passwords the system checks, by PAM (a build option: PAM=1).
 * In the file of accounts, such an account has the word `pam` in place of a
 * hash, and a role as any other account.
 */
#ifndef VM_DOOR_PAM_H
#define VM_DOOR_PAM_H

#include <stdbool.h>

#include "door/accounts.h"

#define PAM_HASH "pam"
#define PAM_NAME "vmedia" /* the file in /etc/pam.d */

/* Does the system check the password of this account? */
bool account_uses_pam(const struct account *);

/* Were we built with PAM? */
bool pam_is_built(void);

/*
 * Ask the system whether this is the user's password, and whether the user may
 * log in now (pam_authenticate(3), pam_acct_mgmt(3)). This takes as long as the
 * modules of PAM take. If we were built without PAM, the answer is no.
 */
bool pam_password_is_right(const char *user, const char *password);

#endif
