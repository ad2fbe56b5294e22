/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "sources/http-guard.h"

#define PROXIES_MAX 5

/* --- proxies ----------------------------------------------------------- */

/* Does the proxy with that URL have this address and port? */
static bool
is_at(const char *proxy, const struct sockaddr *a, socklen_t len)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL, *i;
	char *host = NULL, *port = NULL;
	CURLU *url = curl_url();
	bool found = false;

	/* If the URL has no port, libcurl uses 1080 for a proxy. */
	if (url != NULL &&
	    curl_url_set(url, CURLUPART_URL, proxy,
		CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		curl_url_get(url, CURLUPART_PORT, &port, 0);
		if (getaddrinfo(
			host, port != NULL ? port : "1080", &hints, &all) != 0)
			all = NULL;
	}
	for (i = all; i != NULL && !found; i = i->ai_next)
		found = i->ai_addrlen == len && memcmp(i->ai_addr, a, len) == 0;
	if (all != NULL)
		freeaddrinfo(all);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	return found;
}

/* Find the proxies that may be used, by the rules of curl(1). A NULL ends the
 * list. */
static void
find_proxies(const struct source_config *config, const char *found[])
{
	static const char *const names[] = {"http_proxy", "https_proxy",
	    "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
	size_t i, n = 0;

	if (config->proxy != NULL && *config->proxy != '\0')
		found[n++] = config->proxy;
	for (i = 0; config->proxy == NULL && i < PROXIES_MAX; i++) {
		found[n] = getenv(names[i]);
		if (found[n] != NULL && *found[n] != '\0')
			n++;
	}
	found[n] = NULL;
}

static bool
has_proxy(const struct source_config *config)
{
	const char *proxies[PROXIES_MAX + 1];

	find_proxies(config, proxies);
	return proxies[0] != NULL;
}

static bool
is_proxy(const struct source_config *config, const struct curl_sockaddr *a)
{
	const char *proxies[PROXIES_MAX + 1], **proxy = proxies;

	find_proxies(config, proxies);
	while (*proxy != NULL && !is_at(*proxy, &a->addr, a->addrlen))
		proxy++;
	return *proxy != NULL;
}

/* --- hosts ------------------------------------------------------------- */

/* Returns the host of the request, for free(3), or NULL. */
static char *
asked_host(CURL *easy)
{
	char *address = NULL, *host = NULL, *bare = NULL;
	CURLU *url = curl_url();

	curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &address);
	if (url != NULL && address != NULL &&
	    curl_url_set(url, CURLUPART_URL, address, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		bare = host[0] == '['
			   ? strndup(host + 1, strcspn(host, "]") - 1)
			   : strdup(host);
	curl_free(host);
	curl_url_cleanup(url);
	return bare;
}

/* A proxy will resolve the host: may we ask the proxy for it? If not, keep the
 * name for the fault. */
static bool
may_ask(struct connection *c, const char *host)
{
	if (allow_hosts_ask(c->http->config.allow_hosts, host))
		return true;
	snprintf(c->barred, sizeof(c->barred), "%s", host);
	return false;
}

static bool
may_connect(
    struct connection *c, const char *host, const struct curl_sockaddr *a)
{
	const struct source_config *config = &c->http->config;

	if (has_proxy(config) && !may_ask(c, host))
		return false;
	if (allow_hosts_reach(config->allow_hosts, host, &a->addr) ||
	    is_proxy(config, a))
		return true;
	allow_hosts_show(&a->addr, c->barred);
	return false;
}

/* libcurl calls this for each address that it is about to connect to. */
static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct connection *c = arg;
	char *host = asked_host(c->easy);
	bool allowed = host != NULL && may_connect(c, host, a);

	(void)purpose;
	free(host);
	if (!allowed)
		return CURL_SOCKET_BAD;
	c->reached = true;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/*
 * libcurl calls this before it sends a request. It may reuse a connection to a
 * proxy that was made for another host, so that on_socket() did not check this
 * host.
 */
static int
on_request(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct connection *c = arg;
	char *host = asked_host(c->easy);
	bool allowed = host != NULL && may_ask(c, host);

	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	free(host);
	c->reached = allowed;
	return allowed ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

void
http_guard_set(struct connection *c)
{
	const struct source_config *config = &c->http->config;

	if (config->allow_hosts == NULL)
		return;
	curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETDATA, c);
	if (!has_proxy(config))
		return;
	curl_easy_setopt(c->easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(c->easy, CURLOPT_PREREQDATA, c);
}

void
http_guard_begin(struct connection *c)
{
	c->reached = false;
	c->barred[0] = '\0';
}

bool
http_guard_refused(struct connection *c)
{
	if (c->barred[0] == '\0' || c->reached)
		return false;
	c->found_fault = true;
	c->fault.kind = FAULT_REQUEST;
	c->fault.status = EX_NOPERM;
	c->fault.cause = CAUSE_FORBIDDEN;
	snprintf(c->fault.text, sizeof(c->fault.text),
	    "allow-hosts does not allow connections to %s%s", c->barred,
	    c->hop != NULL ? " (a redirect leads there)" : "");
	return true;
}
