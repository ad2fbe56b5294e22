/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "door/check.h"
#include "door/client.h"
#include "http/basic.h"
#include "http/headers.h"
#include "unix/fd-passing.h"

#define ANSWER_MS  9000 /* vm-ws-proxy waits for 10 s */
#define BASIC_SIZE 1024 /* bytes of a user, a colon and a password */
#define TOKEN_LEN  40	/* hex digits of a session's token */

static const char *
take_header(void *known, const char *name, const char *value)
{
	return http_header_take(known, name, value);
}

/* The digit of the slot in /vm/N, /nbd/N and /vm/0/0; NUL for
 * any other path. */
static char
slot_of(const char *path)
{
	const char *at = strncmp(path, "/vm/", 4) == 0	  ? path + 4
			 : strncmp(path, "/nbd/", 5) == 0 ? path + 5
							  : "";

	if (strcmp(path, "/vm/0/0") == 0)
		return '0';
	return at[0] >= '0' && at[0] <= '7' && at[1] == '\0' ? at[0] : '\0';
}

/* Find a token among the subprotocols that a page offers. */
static bool
find_token(const char *offers, char token[TOKEN_LEN + 1])
{
	const char *word;
	size_t len;

	while (
	    offers != NULL && (word = http_list_next(&offers, &len)) != NULL) {
		if (len > 6 && strncmp(word, "token.", 6) == 0) {
			word += 6;
			len -= 6;
		}
		if (len == TOKEN_LEN &&
		    strspn(word, "0123456789abcdef") >= TOKEN_LEN) {
			snprintf(token, TOKEN_LEN + 1, "%s", word);
			return true;
		}
	}
	return false;
}

/* Add the user and the password of Basic authentication. */
static void
add_basic(struct door_message *request, const char *header)
{
	const char *user, *password;
	char basic[BASIC_SIZE];

	if (header == NULL)
		return;
	if (basic_take(header, basic, sizeof(basic), &user, &password)) {
		door_add_string(request, "user", user);
		door_add_string(request, "password", password);
	}
	explicit_bzero(basic, sizeof(basic));
}

/* The descriptor to which vm-ws-proxy wants us to pass the connection to
 * vm-door (vm-ws-proxy(1), option -A); -1 if it does not. */
static int
watcher(void)
{
	const char *fd = getenv("VM_WS_WATCH");

	return fd != NULL && strcmp(fd, "3") == 0 ? 3 : -1;
}

static int
ask(struct door_message *request)
{
	int fd, to = watcher(), status = EX_UNAVAILABLE;
	struct door_message answer;
	const char *result;

	if (to != -1)
		door_add_string(request, "watch", "yes");
	fd = door_ask_and_watch(request, &answer, clock_ms() + ANSWER_MS);
	if (fd != -1) {
		result = door_string(&answer, "result");
		status =
		    result != NULL && strcmp(result, "ok") == 0 ? 0 : EX_NOPERM;
		/* Without the connection, the WebSocket would
		 * outlive its session. */
		if (status == 0 && to != -1 &&
		    pass_send(to, "w", 1, &fd, 1) == -1)
			status = EX_OSERR;
		close(fd);
	}
	door_message_free(request);
	door_message_free(&answer);
	return status;
}

int
door_check_request(char *head, size_t len, const char *path, const char *peer)
{
	const char *token = NULL, *authorization = NULL, *offers = NULL;
	const struct http_header known[] = {{"X-Auth-Token", &token},
	    {"Authorization", &authorization},
	    {"Sec-WebSocket-Protocol", &offers}, {NULL, NULL}};
	struct door_message request = {.len = 0};
	char *at = head, *end = head + len, offered[TOKEN_LEN + 1];
	char slot[2] = {slot_of(path), '\0'};

	if (slot[0] == '\0' || http_line_next(&at, end) == NULL ||
	    http_headers_each(at, end, take_header, (void *)known) != NULL)
		return EX_PROTOCOL;
	door_add_string(&request, "verb", "check");
	door_add_string(&request, "slot", slot);
	door_add_string(&request, "peer", peer);
	if (token != NULL || find_token(offers, offered))
		door_add_string(
		    &request, "token", token != NULL ? token : offered);
	else
		add_basic(&request, authorization);
	return ask(&request);
}
