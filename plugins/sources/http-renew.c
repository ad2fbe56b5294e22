/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/secret.h"
#include "fetchd/renewal.h"
#include "sources/http-renew.h"

#define TRIAL_BYTES 4096 /* that a trial reads */

static int
refuse(struct fault *why, int status, const char *text)
{
	why->kind = FAULT_REQUEST;
	why->status = status;
	snprintf(why->text, sizeof(why->text), "%s", text);
	return -1;
}

/* Put copies of the new values into config; owned has them, to free them. */
static int
take_fields(struct source_config *config, struct http_renewed *owned,
    const char *text, struct fault *why)
{
	const struct {
		const char *name, **line;
		struct source_blob *blob;
		char **copy;
	} fields[] = {{"url", &config->url, NULL, &owned->texts[0]},
	    {"user", &config->user, NULL, &owned->texts[1]},
	    {"password", &config->password, NULL, &owned->texts[2]},
	    {"header", &config->headers, NULL, &owned->texts[3]},
	    {"cert", NULL, &config->cert, &owned->texts[4]},
	    {"key", NULL, &config->key, &owned->texts[5]}};
	char *message = strdup(text), *rest = message;
	const char *name, *value;
	size_t i;

	if (message == NULL)
		return refuse(why, EX_OSERR, "out of memory");
	while (renewal_next(&rest, &name, &value))
		for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
			if (strcmp(fields[i].name, name) != 0)
				continue;
			secret_free(*fields[i].copy);
			*fields[i].copy = strdup(value);
			if (*fields[i].copy == NULL)
				continue;
			if (fields[i].line != NULL)
				*fields[i].line = *fields[i].copy;
			else
				*fields[i].blob = (struct source_blob){
				    *fields[i].copy, strlen(value)};
		}
	/* renewal_next() has cut the text up, so use the original length. */
	explicit_bzero(message, strlen(text));
	free(message);
	return 0;
}

/* Does the new link lead to this image? */
static int
try(const struct http *h, const struct source_config *config, struct fault *why)
{
	struct source_config once = *config;
	unsigned char first[TRIAL_BYTES];
	struct source *trial;
	uint64_t size;
	size_t got;

	once.connections = 1;
	once.patience = 1; /* readers wait during the trial */
	once.waits = NULL;
	trial = h->open(&once, first, sizeof(first), &got, why);
	if (trial == NULL)
		return -1;
	size = trial->info.size;
	trial->ops->close(trial);
	if (size == h->source.info.size)
		return 0;
	refuse(why, EX_DATAERR, "");
	snprintf(why->text, sizeof(why->text),
	    "it is another image, of %" PRIu64 " bytes and not %" PRIu64, size,
	    h->source.info.size);
	return -1;
}

static void
forget(struct http_renewed *owned)
{
	size_t i;

	for (i = 0; i < sizeof(owned->texts) / sizeof(owned->texts[0]); i++)
		secret_free(owned->texts[i]);
	memset(owned, 0, sizeof(*owned));
}

/* Use the new link and credentials from now on. */
static int
adopt(struct http *h, const struct source_config *config, struct fault *why)
{
	struct http_url url = {.display = NULL};
	unsigned i;

	if (http_url_set(&url, config, why) == -1) {
		http_url_free(&url);
		return -1;
	}
	http_url_replace(&h->url, &url);
	for (i = 0; i < h->count; i++)
		http_set_identity(h->connections[i].easy, config);
	return 0;
}

int
http_renew(struct source *s, const char *text, struct fault *why)
{
	struct http *h = (struct http *)s;
	struct source_config config = h->config;
	struct http_renewed owned = {.texts = {NULL}};
	size_t i;

	if (take_fields(&config, &owned, text, why) == -1 ||
	    try(h, &config, why) == -1 || adopt(h, &config, why) == -1) {
		forget(&owned);
		return -1;
	}
	/* Keep those values of an earlier renewal that this one does not
	 * replace. */
	for (i = 0; i < sizeof(owned.texts) / sizeof(owned.texts[0]); i++)
		if (owned.texts[i] == NULL) {
			owned.texts[i] = h->renewed.texts[i];
			h->renewed.texts[i] = NULL;
		}
	forget(&h->renewed);
	h->renewed = owned;
	h->config = config;
	return 0;
}

void
http_renew_free(struct http *h)
{
	forget(&h->renewed);
}
