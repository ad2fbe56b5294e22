/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/url-typed.h"
#include "base/url.h"
#include "fetchd/renewal.h"
#include "sources/threaded-error.h"
#include "sources/threaded-renew.h"

#define IDLE_MS 15000 /* for the worker to end its transfer */

/* --- configurations ---------------------------------------------------- */

struct kept_config {
	struct kept_config *next;
	struct source_config config;
};

/* Returns whether there was memory. */
static bool
copy(const char **text)
{
	if (*text == NULL)
		return true;
	*text = strdup(*text);
	return *text != NULL;
}

static void
free_config(struct kept_config *k)
{
	secret_free((char *)(uintptr_t)k->config.url);
	secret_free((char *)(uintptr_t)k->config.user);
	secret_free((char *)(uintptr_t)k->config.password);
	secret_free((char *)(uintptr_t)k->config.domain);
	free(k);
}

const struct source_config *
blocking_keep_config(struct blocking *b, const struct source_config *config)
{
	struct kept_config *k = calloc(1, sizeof(*k));
	bool copied;

	if (k == NULL)
		return NULL;
	k->config = *config;
	copied = copy(&k->config.url);
	copied = copy(&k->config.user) && copied;
	copied = copy(&k->config.password) && copied;
	copied = copy(&k->config.domain) && copied;
	if (!copied) {
		free_config(k);
		return NULL;
	}
	k->next = b->configs;
	b->configs = k;
	return &k->config;
}

static void
drop_newest(struct blocking *b)
{
	struct kept_config *k = b->configs;

	b->configs = k->next;
	free_config(k);
}

void
blocking_free_configs(struct blocking *b)
{
	while (b->configs != NULL)
		drop_newest(b);
}

/* --- a renewal --------------------------------------------------------- */

/* Take the fields of message, which is cut up; the config's texts point into
 * it. */
static void
take_fields(struct source_config *config, char *message)
{
	const char *name, *value;

	while (renewal_next(&message, &name, &value)) {
		if (strcmp(name, "url") == 0)
			config->url = value;
		else if (strcmp(name, "user") == 0)
			config->user = value;
		else if (strcmp(name, "password") == 0)
			config->password = value;
	}
}

/* Let the first worker do the trial. Returns 0, or -1 with *why. */
static int
run_trial(struct blocking *b, struct trial *trial, struct fault *why)
{
	int64_t give_up = clock_ms() + IDLE_MS;
	struct worker *w = &b->workers[0];

	while (w->transfer != NULL && clock_ms() < give_up)
		b->source.ops->poll(&b->source, 100);
	if (w->transfer != NULL) {
		blocking_fault(why, FAULT_TRANSIENT, EX_TEMPFAIL,
		    "the server does not answer");
		return -1;
	}
	pthread_mutex_lock(&w->lock);
	w->trial = trial;
	w->ended = false;
	worker_start(w);
	pthread_cond_broadcast(&w->changed);
	while (!w->ended)
		pthread_cond_wait(&w->changed, &w->lock);
	*why = w->fault;
	w->trial = NULL;
	w->ended = false;
	pthread_mutex_unlock(&w->lock);
	return why->status == 0 ? 0 : -1;
}

/* Try the new config, and use it from now on. Returns 0, or -1 with *why. */
static int
replace(struct blocking *b, const struct source_config *kept, struct fault *why)
{
	struct trial trial = {.config = kept};

	if (url_kind(kept->url) != url_kind(b->config->url)) {
		blocking_fault(why, FAULT_REQUEST, EX_USAGE,
		    "it must be a URL of the same kind as before");
		return -1;
	}
	if (run_trial(b, &trial, why) == -1)
		return -1;
	pthread_mutex_lock(&b->lock);
	b->renewed = trial.file;
	b->doubted = memcmp(&b->renewed, &b->file, sizeof(b->file)) != 0;
	pthread_mutex_unlock(&b->lock);
	b->config = kept;
	return 0;
}

int
blocking_renew(struct source *s, const char *text, struct fault *why)
{
	struct blocking *b = (struct blocking *)s;
	struct source_config config = *b->config;
	const struct source_config *kept = NULL;
	char *message = strdup(text);
	int result = -1;

	if (message != NULL) {
		take_fields(&config, message);
		kept = blocking_keep_config(b, &config);
		explicit_bzero(message, strlen(text));
		free(message);
	}
	if (kept == NULL) {
		blocking_fault(why, FAULT_REQUEST, EX_OSERR, "out of memory");
		return -1;
	}
	result = replace(b, kept, why);
	if (result == -1)
		drop_newest(b);
	return result;
}

void
blocking_adopt(struct source *s)
{
	struct blocking *b = (struct blocking *)s;

	pthread_mutex_lock(&b->lock);
	b->file = b->renewed;
	b->doubted = false;
	pthread_mutex_unlock(&b->lock);
	blocking_show_file(&b->file, b->adopted);
	strcat(b->adopted, "\n");
	s->info.adopted = b->adopted;
}
