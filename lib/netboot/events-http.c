/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "netboot/events-http.h"
#include "netboot/events-tell.h"
#include "netboot/events-text.h"

#define NAME_MAX_SHOWN 100

/* The fields of a request in the access log, in their order. */
struct request {
	const char *address;
	uint64_t status, bytes, us;
	bool is_aborted;
	const char *range; /* FIRST-LAST/SIZE; NULL: the whole file */
	const char *method;
	char name[NAME_MAX_SHOWN + 1];
};

/* lighttpd writes "-" for no bytes, and -1 if the clock was set back: both are
 * taken as 0. */
static uint64_t
number_of(const char *word)
{
	uint64_t number;

	return number_parse(word, 0, UINT64_MAX, &number) == 0 ? number : 0;
}

/*
 * Take the name in /TOKEN/NAME. The first component is left out even if it is
 * alone, because it may be a token. Our names have only the characters below.
 */
static void
take_name(char *path, char name[NAME_MAX_SHOWN + 1])
{
	static const char ours[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
	const char *at;
	char *c;

	path += strspn(path, "/");
	path += strcspn(path, "/");
	at = events_base(path);
	if (*at == '\0')
		at = "-";
	/* A token that is cut off or encoded would not be recognized. */
	if (strlen(at) > NAME_MAX_SHOWN || strchr(at, '%') != NULL)
		at = "?";
	snprintf(name, NAME_MAX_SHOWN + 1, "%s", at);
	for (c = name; *c != '\0'; c++)
		if (strchr(ours, *c) == NULL)
			*c = '?';
}

/* Take Content-Range: "-", or "bytes 0-99/1000". */
static bool
take_range(char **text, struct request *r)
{
	const char *word = events_word(text);

	r->range = NULL;
	if (strcmp(word, "-") == 0)
		return true;
	r->range = events_word(text);
	if (r->range[0] == '\0' ||
	    r->range[strspn(r->range, "0123456789-/")] != '\0')
		r->range = "?";
	return strcmp(word, "bytes") == 0;
}

static bool
parse(char *text, struct request *r)
{
	const char *end;

	r->address = events_word(&text);
	if (number_parse(events_word(&text), 100, 999, &r->status) == -1)
		return false;
	r->bytes = number_of(events_word(&text));
	r->us = number_of(events_word(&text));
	end = events_word(&text);
	if (strlen(end) != 1 || strchr("+-X", *end) == NULL)
		return false;
	r->is_aborted = *end == 'X';
	if (!take_range(&text, r))
		return false;
	/* A request that is not HTTP has neither a method nor a path. */
	r->method = events_word(&text);
	take_name(text, r->name);
	return true;
}

/* Returns NULL if there is nothing to tell: HEAD fetches no file. */
static const char *
stage_of(const struct request *r)
{
	if (r->status == 403)
		return "refused";
	if (r->is_aborted || r->status < 200 || r->status >= 300)
		return "failed";
	if (strcmp(r->method, "HEAD") == 0)
		return NULL;
	return event_stage_of_file(r->name, false);
}

void
events_http(struct events *e, char *text)
{
	char mac[EVENT_MAC_SIZE], status[24] = "";
	const char *stage;
	struct request r;

	if (!parse(text, &r) || (stage = stage_of(&r)) == NULL)
		return;
	if (r.status != 200 && r.status != 204 && r.status != 206)
		snprintf(status, sizeof(status), " %u", (unsigned)r.status);
	events_tell(e, events_mac(e, r.address, mac), stage,
	    "%s %ju %ju.%03u%s%s%s%s", r.name, (uintmax_t)r.bytes,
	    (uintmax_t)(r.us / 1000000), (unsigned)(r.us / 1000 % 1000), status,
	    r.status == 206 ? " range " : "",
	    r.status != 206   ? ""
	    : r.range != NULL ? r.range
			      : "?",
	    r.is_aborted ? " aborted" : "");
}
