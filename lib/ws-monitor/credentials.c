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
#include "ws-monitor/arguments.h"

#define SYSTEM_ANCHORS "/etc/ssl/certs/ca-certificates.crt"

/* NULL with errno where it can't be. */
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

/*
 * Use a certificate and its key; of two, for one is at work meanwhile, and
 * holds pointers into itself. Returns NULL, or why they can't be used.
 */
static const char *
use_identity(struct ws_options *o, const char *chain, size_t chain_len,
    const char *key, size_t key_len)
{
	static struct tls_identity identities[2];
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
take_identity(struct ws_args *a)
{
	size_t chain_len, key_len;
	char *chain = read_file(a->chain, &chain_len);
	char *key = read_file(a->key, &key_len);
	const char *why =
	    use_identity(&a->options, chain, chain_len, key, key_len);

	if (why != NULL)
		errx(EX_CONFIG, "unable to use %s: %s", a->chain, why);
	secret_free(chain);
	secret_free(key);
}

void
ws_files_reload(struct ws_args *a)
{
	size_t chain_len, key_len;
	char *chain, *key;
	const char *why = "it, or its key, can't be read";

	if (a->chain == NULL)
		return;
	chain = try_file(a->chain, &chain_len);
	key = try_file(a->key, &key_len);
	if (chain != NULL && key != NULL)
		why = use_identity(&a->options, chain, chain_len, key, key_len);
	if (why != NULL)
		warnx("unable to use %s: %s", a->chain, why);
	secret_free(chain);
	secret_free(key);
}

static void
take_anchors(struct ws_args *a)
{
	static struct tls_anchors anchors;
	const char *path = a->anchors != NULL ? a->anchors : SYSTEM_ANCHORS;
	const char *why;
	size_t len;
	char *text = read_file(path, &len);

	if (tls_anchors_take(&anchors, text, len, &why) == -1)
		errx(EX_CONFIG, "unable to use %s: %s", path, why);
	secret_free(text);
	a->options.anchors = &anchors;
}

/* --- what a client sends -------------------------------------------------- */

/* Lines of HTTP, each ended as it wants them (RFC 9112 section 2.1). */
static void
take_headers(struct ws_args *a)
{
	size_t len, n = 0;
	char *text = read_file(a->headers, &len), *line, *rest;
	char *lines = malloc(2 * len + 3);

	if (lines == NULL)
		err(EX_OSERR, "unable to take %s", a->headers);
	lines[0] = '\0';
	for (line = strtok_r(text, "\r\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		if (strchr(line, ':') == NULL)
			errx(EX_CONFIG, "unable to use %s: no NAME: VALUE",
			    a->headers);
		n += (size_t)sprintf(lines + n, "%s\r\n", line);
	}
	secret_free(text);
	a->options.headers = lines;
}

/* Subprotocols that are secrets; they stay in memory. */
static void
take_secret_protocols(struct ws_args *a)
{
	size_t len;
	char *text = read_file(a->secret_protocols, &len), *line, *rest;

	for (line = strtok_r(text, "\r\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\r\n", &rest))
		ws_args_add(&a->options.protocols, line);
}

void
ws_files_take(struct ws_args *a)
{
	const struct ws_options *o = &a->options;

	if (a->chain != NULL)
		take_identity(a);
	if (o->is_client && o->is_secure && o->pin == NULL)
		take_anchors(a);
	if (a->headers != NULL)
		take_headers(a);
	if (a->secret_protocols != NULL)
		take_secret_protocols(a);
}
