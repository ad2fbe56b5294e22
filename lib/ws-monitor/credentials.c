/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/secret.h"
#include "http/headers.h"
#include "tls/pem.h"
#include "ws-monitor/credentials.h"

#define SYSTEM_ANCHORS "/etc/ssl/certs/ca-certificates.crt"

/* Returns a file's text, to be freed by secret_free(); or NULL with errno. */
static char *
try_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	char *text = fd != -1 ? secret_read(fd, len) : NULL;

	saved = errno;
	if (fd != -1)
		close(fd);
	errno = saved;
	return text;
}

static char *
read_file(const char *path, size_t *len)
{
	char *text = try_file(path, len);

	if (text == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_NOPERM,
		    "unable to read %s", path);
	return text;
}

/* --- certificates --------------------------------------------------------- */

/* There are two places for a certificate and its key: the old ones stay in use
 * until the new ones were checked. */
static struct tls_identity identities[2];

/* Use a certificate and its key. Returns NULL; or why they can't be used. */
static const char *
use_identity(struct ws_options *o, const char *chain, size_t chain_len,
    const char *key, size_t key_len)
{
	struct tls_identity *fresh = &identities[o->identity == &identities[0]];
	const char *why;

	tls_identity_free(fresh);
	if (tls_identity_take(fresh, chain, chain_len, key, key_len, &why) ==
	    -1)
		return why;
	o->identity = fresh;
	return NULL;
}

static void
load_identity(const struct ws_credentials *c, struct ws_options *o)
{
	size_t chain_len, key_len;
	char *chain = read_file(c->chain, &chain_len);
	char *key = read_file(c->key, &key_len);
	const char *why = use_identity(o, chain, chain_len, key, key_len);

	if (why != NULL)
		errx(EX_CONFIG, "unable to use %s: %s", c->chain, why);
	secret_free(chain);
	secret_free(key);
}

void
ws_credentials_reload(const struct ws_credentials *c, struct ws_options *o)
{
	size_t chain_len, key_len;
	char *chain, *key;
	const char *why = "the file, or its key's, can't be read";

	if (c->chain == NULL)
		return;
	chain = try_file(c->chain, &chain_len);
	key = try_file(c->key, &key_len);
	if (chain != NULL && key != NULL)
		why = use_identity(o, chain, chain_len, key, key_len);
	if (why != NULL)
		warnx("unable to use %s: %s", c->chain, why);
	secret_free(chain);
	secret_free(key);
}

/* The calls before may have left parts of a key on the stack. */
static void __attribute__((noinline)) erase_stack(void)
{
	unsigned char below[64 * 1024];

	explicit_bzero(below, sizeof(below));
}

void
ws_credentials_forget_keys(void)
{
	erase_stack();
	tls_identity_forget_key(&identities[0]);
	tls_identity_forget_key(&identities[1]);
}

static void
load_anchors(const struct ws_credentials *c, struct ws_options *o)
{
	static struct tls_anchors anchors;
	const char *path = c->anchors != NULL ? c->anchors : SYSTEM_ANCHORS;
	const char *why;
	size_t len;
	char *text = read_file(path, &len);

	if (tls_anchors_take(&anchors, text, len, &why) == -1)
		errx(EX_CONFIG, "unable to use %s: %s", path, why);
	secret_free(text);
	o->anchors = &anchors;
}

/* --- what a client sends -------------------------------------------------- */

/* Give each line the end that HTTP wants (RFC 9112 section 2.1). */
static void
load_headers(const struct ws_credentials *c, struct ws_options *o)
{
	size_t len, n = 0;
	char *text = read_file(c->headers, &len), *line, *rest;
	char *lines = malloc(2 * len + 3);

	if (lines == NULL)
		err(EX_OSERR, "unable to use %s", c->headers);
	lines[0] = '\0';
	for (line = strtok_r(text, "\r\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		if (strchr(line, ':') == NULL)
			errx(EX_CONFIG,
			    "unable to use %s: a line is not NAME: "
			    "VALUE",
			    c->headers);
		n += (size_t)sprintf(lines + n, "%s\r\n", line);
	}
	secret_free(text);
	o->headers = lines;
}

/* No message shows a subprotocol, because it is a secret. The text stays in
 * memory: the list points into it. */
static void
load_protocols(const struct ws_credentials *c, struct ws_options *o)
{
	size_t len;
	char *text = read_file(c->secret_protocols, &len), *line, *rest;

	for (line = strtok_r(text, "\r\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		if (!http_is_token(line, strlen(line)))
			errx(EX_USAGE,
			    "unable to use %s: a line is not a "
			    "subprotocol",
			    c->secret_protocols);
		if (!ws_list_add(&o->protocols, line))
			errx(EX_USAGE,
			    "unable to use %s: more than %d "
			    "subprotocols",
			    c->secret_protocols, WS_LIST_MAX);
	}
}

void
ws_credentials_load(const struct ws_credentials *c, struct ws_options *o)
{
	if (c->chain != NULL)
		load_identity(c, o);
	if (o->is_client && o->is_secure && o->pin == NULL)
		load_anchors(c, o);
	if (c->headers != NULL)
		load_headers(c, o);
	if (c->secret_protocols != NULL)
		load_protocols(c, o);
}
