/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unix/socket.h"
#include "base/number.h"
#include "unix/inet.h"

static bool
is_loopback(const struct sockaddr *a)
{
	const struct sockaddr_in *v4 =
	    (const struct sockaddr_in *)(const void *)a;
	const struct sockaddr_in6 *v6 =
	    (const struct sockaddr_in6 *)(const void *)a;

	if (a->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* Split "ADDR:PORT". Returns whether the text has that form. */
static bool
split(const char *where, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(where, ':'), *from = where;
	uint64_t number; /* getaddrinfo(3) truncates a large one */
	size_t len;

	if (colon == NULL || number_parse(colon + 1, 0, 65535, &number) == -1)
		return false;
	len = (size_t)(colon - where);
	if (len >= 2 && where[0] == '[' && colon[-1] == ']') {
		from++;
		len -= 2;
	} else if (memchr(where, ':', len) != NULL) {
		return false;
	}
	if (len >= size)
		return false;
	memcpy(host, from, len);
	host[len] = '\0';
	*port = colon + 1;
	return true;
}

static int
listen_at(const struct addrinfo *a)
{
	const int yes = 1;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), saved;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Write where the socket listens, with the port that was chosen for it. Returns
 * 0, or -1. */
static int
show(int fd, char *shown, size_t size)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	char host[INET_PEER_SIZE], port[8];

	if (getsockname(fd, (struct sockaddr *)&a, &len) == -1 ||
	    getnameinfo((struct sockaddr *)&a, len, host, sizeof(host), port,
		sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return -1;
	snprintf(shown, size, a.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
	    host, port);
	return 0;
}

static int
listen_inet(const char *where, bool *is_local, char *shown, size_t size)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *a;
	char host[INET_PEER_SIZE];
	const char *port;
	int fd, saved;

	if (!split(where, host, sizeof(host), &port) ||
	    getaddrinfo(*host != '\0' ? host : NULL, port, &hints, &a) != 0) {
		errno = EINVAL;
		return -1;
	}
	fd = listen_at(a);
	saved = errno;
	*is_local = is_loopback(a->ai_addr);
	freeaddrinfo(a);
	errno = saved;
	if (fd == -1 || show(fd, shown, size) == 0)
		return fd;
	close(fd);
	errno = EADDRNOTAVAIL;
	return -1;
}

int
inet_listen(const char *where, bool *is_local, char *shown, size_t size)
{
	if (where[0] != '/')
		return listen_inet(where, is_local, shown, size);
	*is_local = true;
	snprintf(shown, size, "%s", where);
	return listen_unix(where);
}

bool
inet_is_local(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &len) == 0 &&
	       (a.ss_family == AF_UNIX ||
		   is_loopback((const struct sockaddr *)&a));
}

void
inet_peer_name(int fd, char name[INET_PEER_SIZE])
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	strcpy(name, "local");
	if (getpeername(fd, (struct sockaddr *)&a, &len) == -1 ||
	    a.ss_family == AF_UNIX ||
	    getnameinfo((struct sockaddr *)&a, len, name, INET_PEER_SIZE, NULL,
		0, NI_NUMERICHOST) != 0)
		return;
	/* An IPv4 peer of an IPv6 socket (RFC 4291 section 2.5.5.2). */
	if (strncmp(name, "::ffff:", 7) == 0)
		memmove(name, name + 7, strlen(name + 7) + 1);
}

void
inet_peer_network(const char *peer, char network[INET_PEER_SIZE])
{
	struct in6_addr a;
	char plain[INET_PEER_SIZE];
	size_t len = strcspn(peer, "%"); /* the zone of a link-local address */

	snprintf(network, INET_PEER_SIZE, "%s", peer);
	snprintf(plain, sizeof(plain), "%.*s", (int)len, peer);
	if (inet_is_this_machine(peer) || inet_pton(AF_INET6, plain, &a) != 1)
		return;
	if (IN6_IS_ADDR_V4MAPPED(&a)) {
		inet_ntop(AF_INET, a.s6_addr + 12, network, INET_PEER_SIZE);
		return;
	}
	memset(a.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &a, network, INET_PEER_SIZE);
}

bool
inet_is_this_machine(const char *peer)
{
	return strcmp(peer, "local") == 0 || strcmp(peer, "::1") == 0 ||
	       strncmp(peer, "127.", 4) == 0;
}
