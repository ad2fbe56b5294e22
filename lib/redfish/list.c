/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "redfish/ask.h"
#include "redfish/answer.h"
#include "redfish/input.h"
#include "redfish/list.h"
#include "redfish/message.h"

json_t *
redfish_list(struct redfish *r, const char *verb)
{
	struct door_message request, answer;
	const char *text;
	json_t *list;

	ask_begin(r, &request, verb);
	text =
	    ask_do(r, &request, &answer) ? door_string(&answer, "list") : NULL;
	list = text != NULL ? json_loads(text, 0, NULL) : NULL;
	door_message_free(&answer);
	if (json_is_array(list))
		return list;
	json_decref(list);
	if (r->status == 0)
		redfish_say(r, 500, MSG_INTERNAL_ERROR, NULL, NULL);
	return NULL;
}

const json_t *
redfish_list_find(const json_t *list, const char *member, const char *value)
{
	const json_t *item;
	const char *text;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		item = json_array_get(list, i);
		text = input_string(item, member);
		if (text != NULL && strcmp(text, value) == 0)
			return item;
	}
	return NULL;
}

void
redfish_put_list(
    struct redfish *r, const char *name, const json_t *list, const char *member)
{
	size_t i, count = json_array_size(list);
	const char *id;

	answer_begin_collection(r, name, (unsigned)count);
	for (i = 0; i < count; i++) {
		id = input_string(json_array_get(list, i), member);
		answer_member(r, id != NULL ? id : "");
	}
	answer_end_collection(r);
}
