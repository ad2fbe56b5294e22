/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>

#include "fetchd/messages.h"
#include "unix/atomic-file.h"

#define MESSAGES_AT_ONCE 64

/* Tell the state of the source, by its statistics, if it has changed. */
static void
take_source(struct supervisor *s, const char *stats)
{
	static const char *const words[] = {
	    "ok", "waiting", "down", "refused", "changed"};
	char found[16], line[32];
	size_t i;

	if (sscanf(stats, "{\"source\": \"%15[a-z]\"", found) != 1 ||
	    strcmp(found, s->source) == 0)
		return;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(found, words[i]) != 0)
			continue;
		if (i > 0 || s->source[0] != '\0') {
			snprintf(line, sizeof(line), "source: %s", words[i]);
			s->say(line);
		}
		strcpy(s->source, words[i]);
	}
}

void
messages_keep_renewal(struct supervisor *s)
{
	struct parameters *a = s->parameters;
	struct failure why;

	if (renewable_keep(&a->renewable, a->argv, s->renewal, &why) == -1)
		s->say(why.text);
	explicit_bzero(s->renewal, sizeof(s->renewal));
}

/*
 * Remember validators for an nbdkit that is started again. Skip those that the
 * plugin has sent before.
 */
static void
take_adopted(struct supervisor *s, const char *lines)
{
	size_t used = strlen(s->adopted), len;
	const char *end, *p;

	for (; (end = strchr(lines, '\n')) != NULL; lines = end + 1) {
		len = (size_t)(end + 1 - lines);
		for (p = s->adopted; *p != '\0'; p = strchr(p, '\n') + 1)
			if (strncmp(p, lines, len) == 0)
				break;
		if (*p != '\0' || len >= sizeof(s->adopted) - used)
			continue;
		memcpy(s->adopted + used, lines, len);
		used += len;
		s->adopted[used] = '\0';
	}
}

/*
 * Take one message of the plugin: the image's identity, validators, or a line.
 * A line may only have printable text, because the plugin talks to the network.
 * Statistics that cannot be written are dropped.
 */
static void
take_message(struct supervisor *s, const char *text)
{
	const char *stats_path = s->parameters->stats_path;
	size_t i, len = strlen(text);

	if (strncmp(text, "url: ", 5) == 0) {
		strcpy(s->identity, text);
		return;
	}
	if (strncmp(text, ADOPTED_HEAD, sizeof(ADOPTED_HEAD) - 1) == 0) {
		take_adopted(s, text + sizeof(ADOPTED_HEAD) - 1);
		return;
	}
	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return;
	if (strncmp(text, "verifying: ", 11) == 0 ||
	    strncmp(text, "downloading: ", 13) == 0)
		s->say(text);
	else if (strncmp(text, "sha256: ", 8) == 0 && sum_is_valid(text + 8))
		memcpy(s->sum, text + 8, SUM_SIZE);
	else if (strncmp(text, "note: ", 6) == 0 ||
		 strncmp(text, "waiting: ", 9) == 0) {
		s->say(text);
		if (strcmp(text, NOTE_RENEWED) == 0)
			messages_keep_renewal(s);
	} else {
		take_source(s, text);
		if (stats_path != NULL)
			replace_file(stats_path, text, len);
	}
}

void
messages_take(struct supervisor *s)
{
	static char text[CONTROL_MAX];
	ssize_t len;
	int i;

	for (i = 0; i < MESSAGES_AT_ONCE; i++) {
		len = recv(
		    s->nbdkit->control, text, sizeof(text) - 1, MSG_DONTWAIT);
		if (len <= 0)
			return;
		text[len] = '\0';
		take_message(s, text);
	}
}
