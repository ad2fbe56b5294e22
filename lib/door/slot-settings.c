/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/secret.h"
#include "door/certificates.h"
#include "door/slot-settings.h"
#include "unix/atomic-file.h"

#define LOCK_PAUSE_MS 100

static void
path_of(const struct door_call *c, unsigned slot, const char *name,
    char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/slots/%u/%s", c->settings->state_dir, slot,
	    name);
}

int
slot_of_call(struct door_call *c)
{
	const char *text = door_field(c, "slot");
	char path[PATH_MAX];
	uint64_t slot;

	if (text == NULL || number_parse(text, 0, DOOR_SLOTS, &slot) == -1 ||
	    slot >= c->settings->slots) {
		door_invalid(c, "slot", "there is no such slot");
		return -1;
	}
	snprintf(path, sizeof(path), "%s/slots", c->settings->state_dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/slots/%u", c->settings->state_dir,
	    (unsigned)slot);
	if (mkdir(path, 0700) == -1 && errno != EEXIST) {
		door_refuse(c, "unavailable", "unable to make %s: %s", path,
		    strerror(errno));
		return -1;
	}
	return (int)slot;
}

char *
setting_get(const struct door_call *c, unsigned slot, const char *name)
{
	char path[PATH_MAX], *value = calloc(1, SETTING_MAX);
	size_t len = 0;
	FILE *f;

	path_of(c, slot, name, path);
	f = fopen(path, "re");
	if (f != NULL && value != NULL)
		len = fread(value, 1, SETTING_MAX - 1, f);
	if (f != NULL)
		fclose(f);
	if (len > 0 && value[len - 1] == '\n')
		value[--len] = '\0';
	if (len > 0)
		return value;
	free(value);
	return NULL;
}

int
setting_put(const struct door_call *c, unsigned slot, const char *name,
    const char *value)
{
	char path[PATH_MAX];

	path_of(c, slot, name, path);
	if (value != NULL)
		return replace_file(path, value, strlen(value));
	return unlink(path) == 0 || errno == ENOENT ? 0 : -1;
}

void
settings_clear(const struct door_call *c, unsigned slot)
{
	static const char *const names[] = {SETTING_IMAGE, SETTING_NEXT,
	    SETTING_URL, SETTING_USER, SETTING_PASSWORD, SETTING_SERVER,
	    SETTING_PROTOCOL, SETTING_VERIFY, SETTING_POLICY, SETTING_EXPIRES};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		setting_put(c, slot, names[i], NULL);
}

char *
slot_url(const struct door_call *c, unsigned slot)
{
	char path[PATH_MAX], *text = calloc(1, SETTING_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%u/request/url", c->settings->run_dir,
	    slot);
	f = fopen(path, "re");
	if (f == NULL || text == NULL || fgets(text, SETTING_MAX, f) == NULL) {
		free(text);
		text = NULL;
	} else {
		text[strcspn(text, "\n")] = '\0';
	}
	if (f != NULL)
		fclose(f);
	return text;
}

void
settings_forget_ejected(const struct door_call *c, unsigned slot)
{
	char *mounted = setting_get(c, slot, SETTING_URL);
	char *now = slot_url(c, slot);

	if (mounted != NULL && now == NULL)
		settings_clear(c, slot);
	secret_free(mounted);
	secret_free(now);
}

/* The scheme and authority of a URL (RFC 3986 section 3), which
 * the caller frees. */
static char *
server_of(const char *url)
{
	const char *authority = strstr(url, "://");

	authority = authority != NULL ? authority + 3 : url;
	return strndup(
	    url, (size_t)(authority - url) + strcspn(authority, "/?#"));
}

int
settings_keep_login(const struct door_call *c, unsigned slot, const char *url)
{
	char *was = setting_get(c, slot, SETTING_SERVER);
	char *server = server_of(url);
	int rc = -1;

	if (server == NULL)
		goto out;
	if (was != NULL && strcmp(was, server) != 0 &&
	    (setting_put(c, slot, SETTING_USER, NULL) == -1 ||
		setting_put(c, slot, SETTING_PASSWORD, NULL) == -1))
		goto out;
	rc = setting_put(c, slot, SETTING_SERVER, server);
out:
	secret_free(was);
	secret_free(server);
	return rc;
}

/* --- the lock ------------------------------------------------------------- */

static int
open_lock(const struct door_call *c, unsigned slot)
{
	char path[PATH_MAX];

	path_of(c, slot, "lock", path);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

int
slot_lock(const struct door_call *c, unsigned slot, int64_t deadline)
{
	int fd = open_lock(c, slot);

	while (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (clock_ms() >= deadline) {
			close(fd);
			errno = ETIMEDOUT;
			return -1;
		}
		clock_sleep_ms(LOCK_PAUSE_MS);
	}
	return fd;
}

bool
slot_is_changing(const struct door_call *c, unsigned slot)
{
	int fd = open_lock(c, slot);
	bool is_free = fd == -1 || flock(fd, LOCK_SH | LOCK_NB) == 0;

	if (fd != -1)
		close(fd);
	return !is_free;
}

char *
slot_certificates(const struct door_call *c, unsigned slot)
{
	char dir[PATH_MAX];

	path_of(c, slot, "certificates", dir);
	return certificates_read(dir);
}
