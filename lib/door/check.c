/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/syscall.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "door/check.h"
#include "door/client.h"
#include "http/basic.h"
#include "http/headers.h"

#define ANSWER_MS  9000 /* vm-ws-proxy waits for 10 s */
#define BASIC_SIZE 1024 /* bytes of a user, a colon and a password */
#define TOKEN_LEN  40	/* hex digits of a session's token */

static const char *
take_header(void *known, const char *name, const char *value)
{
	return http_header_take(known, name, value);
}

/* The slot of /vm/N, /nbd/N and /vm/0/0; NUL: of none. */
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

/* Is our parent the monitor of a WebSocket, and not, say, a person's shell? */
static bool
is_monitor(pid_t parent)
{
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)parent);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	if (fgets(name, sizeof(name), f) == NULL)
		name[0] = '\0';
	fclose(f);
	return strcmp(name, "vm-ws-proxy\n") == 0;
}

/* Wait for the end of the session, or of the monitor, which we end then: it closes
 * the WebSocket. */
static void
guard_websocket(int session, int monitor)
{
	struct pollfd p[2] = {{.fd = session, .events = POLLIN},
	    {.fd = monitor, .events = POLLIN}};

	while (poll(p, 2, -1) == -1)
		;
	if (p[1].revents == 0)
		syscall(SYS_pidfd_send_signal, monitor, SIGTERM, NULL, 0);
}

/* A process of its own for that, since vm-ws-proxy waits for our end. */
static int
start_guard(int session, int monitor)
{
	pid_t pid = fork();
	int null;

	if (pid != 0)
		return pid != -1 ? 0 : -1;
	setsid();
	/* Whoever reads what we say must not wait for this process. */
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	guard_websocket(session, monitor);
	_exit(0);
}

static int
ask(struct door_message *request)
{
	pid_t parent = getppid();
	int monitor =
	    is_monitor(parent) ? (int)syscall(SYS_pidfd_open, parent, 0) : -1;
	struct door_message answer;
	int status = EX_UNAVAILABLE, fd;
	const char *result;

	if (monitor != -1)
		door_add_string(request, "watch", "yes");
	fd = door_ask_and_watch(request, &answer, clock_ms() + ANSWER_MS);
	if (fd != -1) {
		result = door_string(&answer, "result");
		status =
		    result != NULL && strcmp(result, "ok") == 0 ? 0 : EX_NOPERM;
		/* Without a guard, the WebSocket would outlive its session. */
		if (status == 0 && monitor != -1 &&
		    start_guard(fd, monitor) == -1)
			status = EX_OSERR;
		close(fd);
	}
	if (monitor != -1)
		close(monitor);
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
