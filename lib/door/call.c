/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/control.h"
#include "door/call.h"

static const unsigned privileges[] = {
    [ROLE_READ_ONLY] = DOOR_LOGIN,
    [ROLE_OPERATOR] = DOOR_LOGIN | DOOR_CONFIGURE_COMPONENTS,
    [ROLE_ADMINISTRATOR] = DOOR_LOGIN | DOOR_CONFIGURE_MANAGER |
			   DOOR_CONFIGURE_USERS | DOOR_CONFIGURE_COMPONENTS,
};

void
door_result(struct door_call *c, const char *result)
{
	door_add_string(&c->answer, "result", result);
	c->is_ok = strcmp(result, "ok") == 0;
}

void
door_refuse(struct door_call *c, const char *result, const char *format, ...)
{
	char words[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	door_result(c, result);
	door_add_string(&c->answer, "message", words);
}

void
door_invalid(struct door_call *c, const char *field, const char *words)
{
	door_add_string(&c->answer, "field", field);
	door_refuse(c, "invalid", "%s", words);
}

const char *
door_field(const struct door_call *c, const char *name)
{
	const char *value = door_string(c->request, name);

	return value != NULL && *value != '\0' ? value : NULL;
}

void
door_log(const struct door_call *c, const char *format, ...)
{
	char words[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	/* The words may repeat what a server has said, and a terminal would
	 * obey control characters. */
	replace_control(words);
	fprintf(stderr, "vm-door: %s from %s: %s\n",
	    c->account != NULL ? c->account->name : "somebody", c->peer, words);
}

bool
door_may(const struct door_call *c, unsigned needed)
{
	return c->account != NULL &&
	       (privileges[c->account->role] & needed) == needed;
}
