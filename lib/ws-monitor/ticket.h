/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Tickets: a secret word that lets its bearer in, once, for a while, for some
 * paths. Each is a file of a directory, named by the SHA-256 of the word in
 * hexadecimal digits, so that who reads the directory can't use them:
 *
 *     expires 12345        seconds of this machine's uptime (proc(5)) when it ends
 *     path /vm/0           it is good for this path; any number of them
 *     once yes             it goes when it is used; `no`: it stays
 *     resume yes           it was made of what its bearer had beside another
 *     ended 0 why          what it was for has ended, with that status of
 *                          sysexits(3): it lets one in to be told so
 */
#ifndef VM_WS_MONITOR_TICKET_H
#define VM_WS_MONITOR_TICKET_H

#include <stdbool.h>

#define TICKET_WORD_MIN 20 /* bytes, of an alphabet of 64: 120 bits */

#define TICKET_ENDED_MAX 256 /* bytes of how it ended, and a NUL */

/*
 * Is word a ticket of that directory for path, now? One that is for one use
 * is used up by a yes. With `resume` (NULL: none), another secret word of its
 * bearer's, a yes makes that a ticket for the same paths, for any number of
 * uses within a week: whoever ends what it was for removes it, or has it say so
 * once, in *ended ("": it has not). The file of a ticket that stays is as new as
 * its last use.
 */
bool ticket_use(const char *dir, const char *word, const char *path,
    const char *resume, char ended[TICKET_ENDED_MAX]);

#endif
