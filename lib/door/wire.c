/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/netstring.h"
#include "door/wire.h"

#define ROOM_MIN 1024

/* --- making --------------------------------------------------------------- */

/* Make room for more bytes. realloc(3) could leave secrets behind: copy
 * and erase instead. */
static bool
make_room(struct door_message *m, size_t more)
{
	size_t room = m->room > 0 ? m->room : ROOM_MIN;
	char *bytes;

	errno = EMSGSIZE;
	if (more > DOOR_MESSAGE_MAX - m->len)
		return false;
	while (room - m->len < more)
		room *= 2;
	if (room == m->room)
		return true;
	bytes = malloc(room);
	if (bytes == NULL)
		return false;
	if (m->bytes != NULL) {
		memcpy(bytes, m->bytes, m->len);
		explicit_bzero(m->bytes, m->len);
		free(m->bytes);
	}
	m->bytes = bytes;
	m->room = room;
	return true;
}

static void
append(struct door_message *m, const char *text, size_t size)
{
	if (m->error == 0 && !make_room(m, size + NETSTRING_OVERHEAD))
		m->error = errno;
	if (m->error != 0)
		return;
	m->len +=
	    netstring_write(m->bytes + m->len, m->room - m->len, text, size);
}

void
door_add(
    struct door_message *m, const char *name, const void *value, size_t size)
{
	append(m, name, strlen(name));
	append(m, value, size);
}

void
door_add_string(struct door_message *m, const char *name, const char *value)
{
	if (value != NULL)
		door_add(m, name, value, strlen(value));
}

/* --- reading -------------------------------------------------------------- */

static bool
is_name(const char *text, size_t size)
{
	return size > 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz-") == size;
}

static const struct door_field *
find(const struct door_message *m, const char *name)
{
	unsigned i;

	for (i = 0; i < m->count; i++)
		if (strcmp(m->fields[i].name, name) == 0)
			return &m->fields[i];
	return NULL;
}

/* Cut off the next netstring, and put a NUL in the place of its comma. */
static char *
next(char **at, char *end, size_t *size)
{
	char *text;
	ssize_t n = netstring_read(
	    *at, (size_t)(end - *at), DOOR_MESSAGE_MAX, &text, size);

	if (n <= 0)
		return NULL;
	text[*size] = '\0';
	*at += n;
	return text;
}

bool
door_parse(struct door_message *m)
{
	char *at = m->bytes, *end = at + m->len, *name, *value;
	size_t name_size, size;

	for (m->count = 0; at < end; m->count++) {
		name = next(&at, end, &name_size);
		value = name != NULL ? next(&at, end, &size) : NULL;
		if (value == NULL || !is_name(name, name_size) ||
		    m->count == DOOR_FIELDS_MAX || find(m, name) != NULL)
			return false;
		m->fields[m->count] = (struct door_field){name, value, size};
	}
	return true;
}

const char *
door_string(const struct door_message *m, const char *name)
{
	const struct door_field *f = find(m, name);

	return f != NULL && strlen(f->value) == f->size ? f->value : NULL;
}

void
door_message_free(struct door_message *m)
{
	if (m->bytes != NULL)
		explicit_bzero(m->bytes, m->len);
	free(m->bytes);
	*m = (struct door_message){0};
}

/* --- the socket ----------------------------------------------------------- */

/* Wait for an event. Returns 0, or -1 with errno: ETIMEDOUT or an
 * error of poll(2). */
static int
await(int fd, short event, long long deadline)
{
	struct pollfd p = {.fd = fd, .events = event};
	int64_t left;
	int n;

	do {
		left = deadline - clock_ms();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n == -1 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0 ? 0 : -1;
}

static int
send_all(int fd, const char *bytes, size_t len, long long deadline)
{
	ssize_t n;

	while (len > 0) {
		if (await(fd, POLLOUT, deadline) == -1)
			return -1;
		n = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int
receive_all(int fd, char *bytes, size_t len, long long deadline)
{
	ssize_t n;

	while (len > 0) {
		if (await(fd, POLLIN, deadline) == -1)
			return -1;
		n = recv(fd, bytes, len, MSG_DONTWAIT);
		if (n == 0)
			errno = ENODATA;
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			return -1;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int
door_send(int fd, struct door_message *m, long long deadline)
{
	char head[NETSTRING_OVERHEAD];
	size_t len;

	errno = m->error;
	if (m->error != 0)
		return -1;
	len = netstring_head(head, m->len);
	if (send_all(fd, head, len, deadline) == -1 ||
	    send_all(fd, m->bytes, m->len, deadline) == -1)
		return -1;
	return send_all(fd, ",", 1, deadline);
}

/* Read the length byte by byte, to read nothing of what follows it. */
static int
receive_length(int fd, size_t *size, long long deadline)
{
	char digits[NETSTRING_OVERHEAD];
	size_t len = 0;
	ssize_t found;

	do {
		if (receive_all(fd, digits + len, 1, deadline) == -1)
			return -1;
		len++;
		found = netstring_length(digits, len, DOOR_MESSAGE_MAX, size);
	} while (found == 0 && len < sizeof(digits));
	errno = EPROTO;
	return found > 0 ? 0 : -1;
}

int
door_receive(int fd, struct door_message *m, long long deadline)
{
	size_t size;

	*m = (struct door_message){0};
	if (receive_length(fd, &size, deadline) == -1)
		return -1;
	m->bytes = malloc(size + 1);
	if (m->bytes == NULL)
		return -1;
	if (receive_all(fd, m->bytes, size + 1, deadline) == -1)
		return -1;
	m->len = size;
	if (m->bytes[size] == ',' && door_parse(m))
		return 0;
	errno = EPROTO;
	return -1;
}

int
door_take(int fd, struct door_message *m)
{
	ssize_t n, head;
	size_t size;

	/* Room for what may come, and for the length and the comma. */
	if (!make_room(m, NETSTRING_OVERHEAD))
		return -1;
	n = recv(fd, m->bytes + m->len, m->room - m->len - 1, MSG_DONTWAIT);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	m->len += (size_t)n;
	errno = ENODATA;
	if (n == 0)
		return -1;
	head = netstring_length(m->bytes, m->len, DOOR_MESSAGE_MAX, &size);
	if (head == 0 || (head > 0 && m->len - (size_t)head <= size))
		return 0;
	errno = EPROTO;
	if (head == -1 || m->len != (size_t)head + size + 1 ||
	    m->bytes[m->len - 1] != ',')
		return -1;
	memmove(m->bytes, m->bytes + head, size);
	m->len = size;
	return 1;
}
