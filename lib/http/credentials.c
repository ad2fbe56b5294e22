/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stddef.h>

#include "http/basic.h"
#include "http/credentials.h"

bool
credentials_take(const struct cgi_request *http, struct credentials *c)
{
	if (http->auth_token != NULL && *http->auth_token != '\0')
		c->token = http->auth_token;
	else if (http->authorization != NULL)
		basic_take(http->authorization, c->basic, sizeof(c->basic),
		    &c->user, &c->password);
	return c->token != NULL || c->user != NULL;
}
