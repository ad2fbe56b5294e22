/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include "door/request.h"

void
door_begin(struct door_message *request, const char *verb, const char *peer,
    const struct credentials *c)
{
	*request = (struct door_message){0};
	door_add_string(request, "verb", verb);
	door_add_string(request, "peer", peer);
	door_add_string(request, "token", c->token);
	door_add_string(request, "user", c->user);
	door_add_string(request, "password", c->password);
}
