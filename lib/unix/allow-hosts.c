/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/types.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <ifaddrs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "unix/allow-hosts.h"

#define SEPARATORS ", \t\r\n"

/* --- names ------------------------------------------------------------- */

/* Part of a text. */
struct word {
	const char *at;
	size_t len;
};

/* Take the next word of a list. Returns whether there is one. */
static bool
next_word(const char **rest, struct word *w)
{
	*rest += strspn(*rest, SEPARATORS);
	*w = (struct word){*rest, strcspn(*rest, SEPARATORS)};
	*rest += w->len;
	return w->len > 0;
}

/* Returns a host without the brackets of IPv6, or the dot that may end a
 * name. */
static struct word
bare_host(struct word w)
{
	if (w.len >= 2 && w.at[0] == '[' && w.at[w.len - 1] == ']')
		return (struct word){w.at + 1, w.len - 2};
	if (w.len > 1 && w.at[w.len - 1] == '.')
		w.len--;
	return w;
}

/* Does this word of a list name the host, which is from bare_host()? */
static bool
word_names(struct word w, struct word host)
{
	bool is_below = w.len > 2 && w.at[0] == '*' && w.at[1] == '.';

	w = bare_host(w);
	if (is_below) {
		w.at++; /* keep the dot: it must be equal, too */
		w.len--;
		if (host.len <= w.len)
			return false;
		host.at += host.len - w.len;
		host.len = w.len;
	}
	return w.len == host.len && strncasecmp(w.at, host.at, w.len) == 0;
}

bool
allow_hosts_names(const char *list, const char *host)
{
	struct word bare = bare_host((struct word){host, strlen(host)}), w;

	while (next_word(&list, &w))
		if (word_names(w, bare))
			return true;
	return false;
}

static bool
has_star(const char *list)
{
	struct word w;

	while (next_word(&list, &w))
		if (w.len == 1 && w.at[0] == '*')
			return true;
	return false;
}

/* --- addresses --------------------------------------------------------- */

static const struct in_addr *
v4_of(const struct sockaddr *a)
{
	return &((const struct sockaddr_in *)(const void *)a)->sin_addr;
}

static const struct in6_addr *
v6_of(const struct sockaddr *a)
{
	return &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
}

/* Does an interface of this machine have that address? If unknown, true. */
static bool
is_own(int family, const void *address, size_t len)
{
	struct ifaddrs *all, *i;
	const void *own;
	bool found = false;

	if (getifaddrs(&all) == -1)
		return true;
	for (i = all; i != NULL && !found; i = i->ifa_next) {
		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != family)
			continue;
		own = family == AF_INET ? (const void *)v4_of(i->ifa_addr)
					: (const void *)v6_of(i->ifa_addr);
		found = memcmp(own, address, len) == 0;
	}
	freeifaddrs(all);
	return found;
}

static bool
is_near_v4(struct in_addr address)
{
	uint32_t a = ntohl(address.s_addr);

	return a >> 24 == 0 || a >> 24 == 127 || a >> 16 == 0xa9fe ||
	       a >= 0xe0000000 || is_own(AF_INET, &address, sizeof(address));
}

/* Does an IPv6 address stand for an IPv4 address? Then set *v4. */
static bool
has_v4(const struct in6_addr *a, struct in_addr *v4)
{
	static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
	const unsigned char *from = a->s6_addr + 12;

	if (a->s6_addr[0] == 0x20 && a->s6_addr[1] == 0x02)
		from = a->s6_addr + 2;
	else if (!IN6_IS_ADDR_V4MAPPED(a) && !IN6_IS_ADDR_V4COMPAT(a) &&
		 memcmp(a->s6_addr, nat64, sizeof(nat64)) != 0)
		return false;
	memcpy(v4, from, sizeof(*v4));
	return true;
}

static bool
is_near_v6(const struct in6_addr *a)
{
	struct in_addr v4;

	return IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_LOOPBACK(a) ||
	       IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_MULTICAST(a) ||
	       (has_v4(a, &v4) && is_near_v4(v4)) ||
	       is_own(AF_INET6, a, sizeof(*a));
}

void
allow_hosts_show(const struct sockaddr *a, char shown[ALLOW_HOSTS_SHOWN])
{
	const void *address = a->sa_family == AF_INET ? (const void *)v4_of(a)
						      : (const void *)v6_of(a);

	if (inet_ntop(a->sa_family, address, shown, ALLOW_HOSTS_SHOWN) == NULL)
		strcpy(shown, "?");
}

bool
allow_hosts_reach(const char *list, const char *host, const struct sockaddr *a)
{
	char shown[ALLOW_HOSTS_SHOWN];

	if (list == NULL)
		return true;
	if (a->sa_family != AF_INET && a->sa_family != AF_INET6)
		return false;
	allow_hosts_show(a, shown);
	if (allow_hosts_names(list, host) || allow_hosts_names(list, shown))
		return true;
	if (!has_star(list))
		return false;
	return a->sa_family == AF_INET ? !is_near_v4(*v4_of(a))
				       : !is_near_v6(v6_of(a));
}

/* Parse a host that is a numeric address. Returns whether it is one. */
static bool
read_address(struct word host, struct sockaddr_storage *a)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)a;
	char text[ALLOW_HOSTS_SHOWN];

	memset(a, 0, sizeof(*a));
	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.at, host.len);
	text[host.len] = '\0';
	text[strcspn(text, "%")] = '\0'; /* the zone of a link-local address */
	a->ss_family = AF_INET;
	if (inet_aton(text, &v4->sin_addr) != 0)
		return true;
	a->ss_family = AF_INET6;
	return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

bool
allow_hosts_ask(const char *list, const char *host)
{
	static const struct word local = {"localhost", 9},
				 below = {"*.localhost", 11};
	struct word bare = bare_host((struct word){host, strlen(host)});
	struct sockaddr_storage a;

	if (list == NULL)
		return true;
	if (read_address(bare, &a))
		return allow_hosts_reach(list, host, (struct sockaddr *)&a);
	if (allow_hosts_names(list, host))
		return true;
	return has_star(list) && !word_names(local, bare) &&
	       !word_names(below, bare);
}
