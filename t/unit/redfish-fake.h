/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A vm-door that allows everything; and a function that makes a request from
 * any bytes, and checks that the answer is HTTP and JSON. For the fuzzer, and
 * for the unit test of malformed requests.
 */
#ifndef VM_REDFISH_FAKE_H
#define VM_REDFISH_FAKE_H

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "door/client.h"
#include "redfish/rules.h"
#include "redfish/write.h"

#define BODY_MARK '\1' /* stands between the variables and the body */

int
door_ask(
    struct door_message *request, struct door_message *answer, int64_t deadline)
{
	(void)deadline;
	*answer = (struct door_message){0};
	door_add_string(
	    answer, "result", request->len % 7 != 0 ? "ok" : "busy");
	door_add_string(answer, "user", "root");
	door_add_string(answer, "role", "Administrator");
	door_add_string(answer, "session", "1");
	door_add_string(answer, "token", "0123456789");
	door_add_string(answer, "session-timeout", "1800");
	door_add_string(answer, "list",
	    "[{\"name\":\"root\",\"role\":\"Administrator\",\"enabled\":true,"
	    "\"id\":\"1\",\"user\":\"root\",\"peer\":\"::1\",\"created\":1}]");
	return door_parse(answer) ? 0 : -1;
}

/* The fake door watches nothing. */
int
door_ask_and_watch(
    struct door_message *request, struct door_message *answer, int64_t deadline)
{
	(void)request;
	(void)deadline;
	*answer = (struct door_message){0};
	errno = ECONNREFUSED;
	return -1;
}

/* Are these header lines, each of printable bytes with a colon, and an end?
 * Returns where the body begins; NULL if not. */
static inline const char *
fake_check_head(const char *text)
{
	const char *end;

	if (strncmp(text, "Status: ", 8) != 0 || atoi(text + 8) < 200)
		return NULL;
	for (; (end = strstr(text, "\r\n")) != NULL; text = end + 2) {
		if (end == text)
			return end + 2;
		if (memchr(text, ':', (size_t)(end - text)) == NULL)
			return NULL;
		for (; text < end; text++)
			if (iscntrl((unsigned char)*text))
				return NULL;
	}
	return NULL;
}

/* Is this an answer that a web server and a client can read? */
static inline bool
fake_check_answer(const char *text)
{
	const char *body = fake_check_head(text);
	json_t *json;
	bool is_right;

	if (body == NULL)
		return false;
	if (*body == '\0' || strstr(text, "application/json") == NULL)
		return true;
	json = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
	is_right = json_is_object(json);
	json_decref(json);
	return is_right;
}

/*
 * Answer the request in these bytes: names and values of variables, each with a
 * newline behind it, BODY_MARK, and the body. Returns whether the answer is
 * right.
 */
static inline bool
fake_request(const char *bytes, size_t size)
{
	static const struct redfish_settings settings = {
	    .slots = 2, .drives = {IMAGE_CD, IMAGE_DISK}};
	char *head = malloc(size + 1), *mark, *text = NULL, *at;
	struct cgi_request http;
	struct redfish r = {.settings = &settings,
	    .http = &http,
	    .deadline = clock_ms() + 1000};
	int error = 400;
	bool is_right;

	memcpy(head, bytes, size);
	head[size] = '\0';
	mark = memchr(head, BODY_MARK, size);
	if (mark == NULL)
		mark = head + size;
	for (at = head; at < mark; at++)
		if (*at == '\n')
			*at = '\0';
	if (cgi_take_scgi(&http, head, (size_t)(mark - head)) == NULL) {
		error = 0;
		http.length =
		    mark < head + size ? (size_t)(head + size - mark) - 1 : 0;
		http.body = calloc(1, http.length + 1);
		if (http.length > 0)
			memcpy(http.body, mark + 1, http.length);
	}
	redfish_answer(&r, error);
	is_right = redfish_write(&r, &text) > 0 && fake_check_answer(text);
	if (!is_right && text != NULL)
		fputs(text, stderr);
	free(text);
	redfish_free(&r);
	cgi_request_free(&http);
	free(head);
	return is_right;
}

#endif
