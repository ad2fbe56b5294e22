/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 * Find the modes in a path, and run them.
 */
#include "hostile.h"

#include <string.h>

/* A mode of exactly this name takes precedence over a mode's name with a
 * suffix: reset-after is a mode of its own. */
static const struct mode *
find_mode(const char *word, enum when *when)
{
	static const char *const suffix[] = {"", "-after", "-once"};
	size_t i, len;

	for (*when = ALWAYS; *when <= ONCE; ++*when)
		for (i = 0; i < mode_count; i++) {
			len = strcspn(modes[i].name, "/?");
			if (strncmp(word, modes[i].name, len) == 0 &&
			    strcmp(word + len, suffix[*when]) == 0)
				return &modes[i];
		}
	return NULL;
}

/* Parse the arguments of c; return whether it applies to this request. */
static bool
take_args(struct exchange *x, struct call *c, enum when when, char **rest)
{
	const char *p, *last = "";
	size_t i, n = when != ALWAYS;

	for (p = c->mode->name; *p != '\0'; p++)
		n += *p == '/';
	for (i = 0; i < n; i++) {
		last = strsep(rest, "/");
		c->arg[i] = last = last != NULL ? last : "";
	}
	c->rest = *rest != NULL ? x->target + (*rest - x->path) : "";
	if (when == AFTER)
		return x->count > number(last);
	return when == ALWAYS || x->count == number(last);
}

bool
find_calls(struct exchange *x)
{
	char *rest = x->path + 1, *word;
	bool found = false;
	enum when when;
	struct call *c;

	strcpy(x->path, x->target);
	x->path[strcspn(x->path, "?")] = '\0';
	while (x->ncalls < MAX_CALLS && (word = strsep(&rest, "/")) != NULL) {
		c = &x->calls[x->ncalls];
		c->mode = find_mode(word, &when);
		if (c->mode == NULL)
			break;
		found = true;
		if (!take_args(x, c, when, &rest))
			continue;
		x->flags |= c->mode->flags & ~BEFORE;
		x->ncalls++;
		if (c->mode->bend == bend_redirect)
			break; /* the rest belongs to the next request */
	}
	return found;
}

void
run_calls(struct exchange *x, unsigned before)
{
	const struct call *c;

	for (c = x->calls; c < x->calls + x->ncalls; c++) {
		x->arg = c->arg;
		x->rest = c->rest;
		if ((c->mode->flags & BEFORE) == before &&
		    c->mode->bend != NULL)
			c->mode->bend(x);
	}
}
