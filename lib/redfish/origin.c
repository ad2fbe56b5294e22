/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>
#include <strings.h>

#include "redfish/origin.h"

/* Is this the Host of the request? Debian's nginx cuts the port off the Host,
 * and sends its own port as well. */
static bool
is_own_host(const char *host, const struct cgi_request *http)
{
	size_t len;

	if (http->host == NULL)
		return false;
	if (strcasecmp(host, http->host) == 0)
		return true;
	len = strlen(http->host);
	return http->port != NULL && strncasecmp(host, http->host, len) == 0 &&
	       host[len] == ':' && strcmp(host + len + 1, http->port) == 0;
}

/*
 * Browsers send remembered passwords with any site's form, and name that site
 * as the Origin. Only pages of this service itself may make changes. Over HTTP,
 * anybody on the way can pretend to be this host: to a request over TLS, a page
 * that came over HTTP is another site's.
 */
bool
redfish_is_foreign(const struct cgi_request *http)
{
	const char *host =
	    http->origin != NULL ? strstr(http->origin, "://") : NULL;

	if (http->origin == NULL)
		return false;
	if (host == NULL || !is_own_host(host + 3, http))
		return true;
	return http->is_tls && strncasecmp(http->origin, "https://", 8) != 0;
}
