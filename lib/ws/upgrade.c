/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <strings.h>

#include "ws/upgrade.h"

/* A subprotocol must be a token (RFC 6455 section 4.1). */
static bool
is_list_of_tokens(const char *list)
{
	const char *element;
	size_t len, count = 0;

	while ((element = http_list_next(&list, &len)) != NULL) {
		count++;
		if (!http_is_token(element, len))
			return false;
	}
	return count > 0;
}

static const char *
take_header(void *ctx, const char *name, const char *value)
{
	struct ws_upgrade *u = ctx;

	if (strcasecmp(name, "Upgrade") == 0) {
		u->has_websocket =
		    u->has_websocket || http_list_has(value, "websocket");
		return NULL;
	}
	if (strcasecmp(name, "Connection") == 0) {
		u->has_upgrade =
		    u->has_upgrade || http_list_has(value, "upgrade");
		return NULL;
	}
	/* Each proxy may add one. The last is from the proxy next to us. */
	if (strcasecmp(name, "X-Forwarded-For") == 0) {
		if (u->forwarded != NULL)
			*u->forwarded = value;
		return NULL;
	}
	if (strcasecmp(name, "Sec-WebSocket-Protocol") != 0)
		return http_header_take(u->known, name, value);
	if (u->protocol_count == WS_PROTOCOLS_MAX || !is_list_of_tokens(value))
		return "an invalid Sec-WebSocket-Protocol";
	u->protocols[u->protocol_count++] = value;
	return NULL;
}

const char *
ws_upgrade_take(struct ws_upgrade *u, char *at, const char *end)
{
	return http_headers_each(at, end, take_header, u);
}
