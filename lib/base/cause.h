/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The cause of a failure: one word for programs, because an exit status is too
 * coarse and a message is for people. vmctl(8) describes the words, and
 * scripts/lib/cause.sh has the same list; a test compares them.
 *
 * If VM_CAUSES is 1 in its environment, a program prints a line
 * "PROGRAM: cause: WORD" on standard error before the message (output_cause()
 * in base/output.h). Without such a line, the cause is the usual one of the
 * exit status.
 */
#ifndef VM_BASE_CAUSE_H
#define VM_BASE_CAUSE_H

enum cause {
	CAUSE_USUAL, /* the cause of most failures with the same status */
	CAUSE_NAME,
	CAUSE_UNREACHABLE,
	CAUSE_TLS,
	CAUSE_CREDENTIALS,
	CAUSE_FORBIDDEN,
	CAUSE_MISSING,
	CAUSE_RANGES,
	CAUSE_SERVER,
	CAUSE_NOT_IMAGE,
	CAUSE_TOO_LARGE,
	CAUSE_TYPE,
	CAUSE_BUSY,
	CAUSE_LOCKED,
	CAUSE_TIMEOUT,
	CAUSE_CHANGED,
	CAUSE_USAGE,
	CAUSE_INTERNAL,
	CAUSES /* the number of causes */
};

/* The text between the program's name and the word in a line that tells a
 * cause. */
#define CAUSE_LINE ": cause: "

/* Returns the word for a cause; for CAUSE_USUAL, the word for the exit
 * status. */
const char *cause_word(enum cause, int status);

/* Returns the cause with that word, or CAUSE_USUAL if no cause has it. */
enum cause cause_find(const char *word);

/* Returns the cause in a line "PROGRAM: cause: WORD", or -1 for any other
 * line. */
int cause_of_line(const char *line);

#endif
