/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Tickets: a ticket is a secret word that lets its bearer in, once or for a
 * while, for some paths. Each is a file in a directory, named by the SHA-256 of
 * the word in hexadecimal digits: the names do not give the words away.
 *
 *     expires 12345        this machine's uptime (proc(5)) when it expires
 *     path /vm/0           it is good for this path; any number of them
 *     once yes             its first use removes it; `no`: it stays
 *     resume yes           it was made of its bearer's `resume` word; `held`:
 *                          the bearer has had no session yet
 *     ended 0 why          its session has ended, with that status of
 *                          sysexits(3): it lets its bearer in to be told so
 *
 * `vmctl ticket` (scripts/lib/ticket.sh) makes them and says how long they are
 * good; `vmctl attach` prolongs the ticket of a client that has a medium.
 */
#ifndef VM_WS_MONITOR_TICKET_CHECK_H
#define VM_WS_MONITOR_TICKET_CHECK_H

#include <stdbool.h>

#define TICKET_WORD_MIN 20 /* bytes, of an alphabet of 64: 120 bits */

#define TICKET_ENDED_MAX 256 /* bytes of the line `ended`, and a NUL */
#define TICKET_NAME_SIZE 65  /* bytes of a ticket's file name, and a NUL */

/* What a used ticket says. */
struct ticket_grant {
	char ended[TICKET_ENDED_MAX];  /* text of that line; "": none */
	char resume[TICKET_NAME_SIZE]; /* file name of the ticket with which the
					* bearer may come back; "": none */
	bool is_back; /* a ticket to come back: the bearer was here before */
};

/*
 * Is word now a ticket of that directory for path? If so, a ticket for one use
 * is removed, and the file of any other ticket gets the time of this use.
 *
 * `resume` (NULL: none) is another secret word of the bearer's. It becomes a
 * ticket for the same paths, for any number of uses within five minutes. The
 * program that gives the bearer a session prolongs this ticket. The program
 * that ends the session removes it, or makes it a ticket for one use with the
 * line `ended`.
 */
bool ticket_use(const char *dir, const char *word, const char *path,
    const char *resume, struct ticket_grant *);

#endif
