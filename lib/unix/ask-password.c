/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "unix/ask-password.h"

#define LINE_SIZE 1024

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
#define ENDING (sizeof(ending) / sizeof(ending[0]))

static volatile sig_atomic_t caught;

static void
note(int signal_number)
{
	caught = signal_number;
}

/* Read a line. A signal ends the wait. */
static char *
read_typed(int fd)
{
	char *line = calloc(1, LINE_SIZE);
	ssize_t n = line != NULL ? read(fd, line, LINE_SIZE - 1) : -1;
	int why = n == 0 ? ENODATA : errno;

	if (n > 0) {
		line[strcspn(line, "\n")] = '\0';
		return line;
	}
	free(line);
	errno = why;
	return NULL;
}

char *
ask_password(const char *prompt)
{
	struct sigaction action = {.sa_handler = note}, before[ENDING];
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), why;
	struct termios shown, hidden;
	char *line;
	size_t i;

	if (fd == -1)
		return NULL;
	if (tcgetattr(fd, &shown) == -1) {
		close(fd);
		return NULL;
	}
	caught = 0;
	for (i = 0; i < ENDING; i++)
		sigaction(ending[i], &action, &before[i]);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fd, TCSAFLUSH, &hidden);
	dprintf(fd, "%s", prompt);
	line = read_typed(fd);
	why = errno;
	tcsetattr(fd, TCSAFLUSH, &shown);
	dprintf(fd, "\n");
	close(fd);
	for (i = 0; i < ENDING; i++)
		sigaction(ending[i], &before[i], NULL);
	if (caught != 0)
		raise(caught);
	errno = why;
	return line;
}
