/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/control.h"
#include "fetchd/report.h"

int
report_send(int fd, int status, enum cause cause, const char *text)
{
	const char *word =
	    cause != CAUSE_USUAL ? cause_word(cause, status) : "-";
	char line[REPORT_MAX];
	size_t len;

	snprintf(line, sizeof(line) - 1, "%d %s %s", status, word, text);
	replace_control(line);
	len = strlen(line);
	line[len++] = '\n';
	/* Less than PIPE_BUF: written whole or not at all (pipe(7)). */
	return write(fd, line, len) == (ssize_t)len ? 0 : -1;
}

int
report_receive(int fd, enum cause *cause, char text[REPORT_MAX])
{
	char line[REPORT_MAX];
	char *end, *word;
	long status;
	ssize_t n;

	do
		n = read(fd, line, sizeof(line));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -1;
	if (n == 0) {
		errno = EPIPE;
		return -1;
	}
	/* Our plugin writes a whole line at once; it did not send this. */
	errno = EPROTO;
	if (line[n - 1] != '\n')
		return -1;
	line[n - 1] = '\0';
	status = strtol(line, &end, 10);
	if (end == line || *end != ' ' || status < 0 || status > 255)
		return -1;
	word = end + 1;
	end = strchr(word, ' ');
	if (end == NULL)
		return -1;
	*end = '\0';
	*cause = cause_find(word);
	snprintf(text, REPORT_MAX, "%s", end + 1);
	return (int)status;
}
