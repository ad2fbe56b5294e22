/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The cause of a failure: one word for programs, where an exit status is too
 * coarse and a message is for people. vmctl(8) describes the words, and
 * scripts/lib/cause.sh has the same list; a test compares them.
 *
 * A program tells its cause on standard error, in a line "PROGRAM: cause: WORD"
 * before the message, if VM_CAUSES in its environment is 1: output_cause() in
 * base/output.h. Without such a line, the cause is the usual one of its status.
 */
#ifndef VM_BASE_CAUSE_H
#define VM_BASE_CAUSE_H

enum cause {
	CAUSE_USUAL, /* that of most failures with the same exit status */
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
	CAUSES /* their number */
};

/* The middle of a line that tells a cause, between the program and the word. */
#define CAUSE_LINE ": cause: "

/* Returns the word of a cause, and of CAUSE_USUAL that of the exit status. */
const char *cause_word(enum cause, int status);

/* Returns the cause with that word, or CAUSE_USUAL if there is none. */
enum cause cause_find(const char *word);

/* Returns the cause that a line "PROGRAM: cause: WORD" tells, or -1 if the line
 * is another one. */
int cause_of_line(const char *line);

#endif
