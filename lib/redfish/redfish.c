/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>

#include "redfish/redfish.h"

void
redfish_free(struct redfish *r)
{
	json_decref(r->input);
	door_message_free(&r->kept);
	json_text_free(&r->body);
	json_text_free(&r->messages);
	free(r->xml);
	explicit_bzero(r, sizeof(*r));
}
