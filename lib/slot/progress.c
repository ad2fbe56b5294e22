/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/ioctl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "slot/progress.h"

#define PLAIN_SECONDS 5
#define COLUMNS	      80 /* if the terminal does not tell its width */

void
progress_begin(struct progress *p)
{
	const char *term = getenv("TERM");

	p->since = clock_ms();
	p->next = PLAIN_SECONDS;
	p->plain = term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;
}

/* Returns the number of bytes of the first `room` characters of text. */
static int
length_of(const char *text, int room)
{
	const char *p = text;
	uint32_t c;
	size_t n;

	for (; *p != '\0' && room > 0; room--) {
		n = utf8_decode(p, strnlen(p, UTF8_MAX), &c);
		p += n > 0 ? n : 1;
	}
	return (int)(p - text);
}

void
progress_show(struct progress *p, const char *step)
{
	int64_t seconds = (clock_ms() - p->since) / 1000;
	struct winsize size = {0};
	int columns = COLUMNS, room;
	char end[32];

	if (p->plain) {
		if (seconds < p->next)
			return;
		p->next = seconds + PLAIN_SECONDS;
		fprintf(stderr, "%s ... %d s\n", step, (int)seconds);
		return;
	}
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	snprintf(end, sizeof(end), " ... %d s", (int)seconds);
	/* The last column stays free: some terminals begin a new line there. */
	room = columns - 1 - (int)strlen(end);
	fprintf(stderr, "\r\033[K%.*s%s", length_of(step, room), step,
	    room > 0 ? end : "");
}

void
progress_end(const struct progress *p)
{
	if (!p->plain)
		fputs("\r\033[K", stderr);
}
