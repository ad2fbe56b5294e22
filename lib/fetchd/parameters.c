/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/number.h"
#include "base/secret.h"
#include "base/url-typed.h"
#include "base/url.h"
#include "fetchd/parameters.h"
#include "fetchd/spool.h"

/* How a key=value reaches the plugin ("ours": only vm-fetchd uses it). */
enum passing {
	PASS_PLAIN,	/* as it is */
	PASS_TEXT,	/* in a memory file: the text, +FILE or -FD */
	PASS_SECRET,	/* the same, but only from +FILE or -FD */
	PASS_LINES,	/* PASS_SECRET of several lines */
	PASS_FILE,	/* a file's content, in a memory file */
	PASS_PATH,	/* the same, as a path, which libcurl opens */
	PASS_URL,	/* PASS_TEXT; the URL also selects a module */
	PASS_RENEW,	/* ours: the directory of renewed values */
	PASS_STATS,	/* ours: where to write the plugin's statistics */
	PASS_ABOUT,	/* ours: where to write the file of about.h */
	PASS_OVERLAY,	/* a file, open for writing */
	PASS_SPOOL,	/* ours: the directory for the spool file */
	PASS_SPOOL_MAX, /* ours: how many bytes this file may have */
	PASS_NO_LINKS,	/* ours: refuse links in a local image's path */
	PASS_WRITABLE,	/* PASS_PLAIN; we open the image accordingly */
	PASS_REMOTE,	/* PASS_PLAIN; the image may not be local */
};

/* Whether a request, which is a directory of values, may have a parameter. */
enum asking {
	ASK,	   /* yes */
	ASK_WHOLE, /* yes, but not for a look: it is to write or to verify */
	ASK_NOT,   /* no: only the caller of vm-fetchd sets it */
};

static const struct parameter {
	const char *name;
	enum passing passing;
	enum asking asking;
} parameters[] = {
    {"about", PASS_ABOUT, ASK_NOT},
    {"allow-hosts", PASS_REMOTE, ASK},
    {"cacert", PASS_FILE, ASK},
    {"cache", PASS_PLAIN, ASK},
    {"cert", PASS_FILE, ASK},
    {"connections", PASS_PLAIN, ASK},
    {"domain", PASS_TEXT, ASK},
    {"header", PASS_LINES, ASK},
    {"insecure", PASS_PLAIN, ASK},
    {"key", PASS_FILE, ASK},
    {"limit-rate", PASS_PLAIN, ASK},
    {"netrc", PASS_PATH, ASK},
    {"no-links", PASS_NO_LINKS, ASK},
    {"noproxy", PASS_PLAIN, ASK},
    {"outage", PASS_PLAIN, ASK},
    {"overlay", PASS_OVERLAY, ASK_WHOLE},
    {"overlay-size", PASS_PLAIN, ASK_WHOLE},
    {"password", PASS_SECRET, ASK},
    {"proxy", PASS_TEXT, ASK},
    {"raw", PASS_PLAIN, ASK},
    {"renew", PASS_RENEW, ASK_NOT},
    {"sha256", PASS_PLAIN, ASK_WHOLE},
    {"size", PASS_PLAIN, ASK},
    {"spool", PASS_SPOOL, ASK},
    {"spool-max", PASS_SPOOL_MAX, ASK_NOT},
    {"stats", PASS_STATS, ASK_NOT},
    {"sums", PASS_FILE, ASK_WHOLE},
    {"sums-url", PASS_TEXT, ASK_WHOLE},
    {"timeout", PASS_PLAIN, ASK_NOT},
    {"url", PASS_URL, ASK},
    {"user", PASS_TEXT, ASK},
    {"writable", PASS_WRITABLE, ASK_WHOLE},
};

/* --- opening and reading ----------------------------------------------- */

static int
open_file(const char *name, const char *path, struct failure *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd != -1)
		return fd;
	fail_errno(why, errno == ENOENT ? EX_NOINPUT : EX_NOPERM,
	    "unable to open %s file %s", name, path);
	why->cause = CAUSE_USAGE; /* it is not the image that is missing */
	return -1;
}

/* The text that "TEXT", "+FILE", "-FD" or "-" (standard input) stands for. */
static char *
read_text(const struct parameter *p, const char *value, struct failure *why)
{
	uint64_t number = STDIN_FILENO;
	int fd;
	char *text;

	if (value[0] == '+') {
		fd = open_file(p->name, value + 1, why);
		if (fd == -1)
			return NULL;
	} else if (value[0] == '-') {
		if (value[1] != '\0' &&
		    number_parse(value + 1, 0, INT_MAX, &number) == -1) {
			fail(why, EX_USAGE,
			    "unable to use %s=%s: not a descriptor", p->name,
			    value);
			return NULL;
		}
		fd = (int)number;
	} else if (p->passing == PASS_SECRET || p->passing == PASS_LINES) {
		fail(why, EX_USAGE,
		    "unable to take a %s from the command line: "
		    "give +FILE or -FD",
		    p->name);
		return NULL;
	} else {
		text = strdup(value);
		if (text == NULL)
			fail_errno(why, EX_OSERR, "unable to read %s", p->name);
		return text;
	}
	text = p->passing == PASS_LINES ? secret_read(fd, NULL)
					: secret_read_line(fd);
	if (text == NULL)
		fail_errno(why, EX_NOINPUT, "unable to read %s", p->name);
	if (fd != STDIN_FILENO)
		close(fd);
	return text;
}

static char *
read_file(const char *name, const char *path, size_t *len, struct failure *why)
{
	int fd = open_file(name, path, why);
	char *text;

	if (fd == -1)
		return NULL;
	text = secret_read(fd, len);
	if (text == NULL)
		fail_errno(
		    why, EX_NOINPUT, "unable to read %s file %s", name, path);
	close(fd);
	/* With an empty CA file libcurl would use the system's CAs. */
	if (text != NULL && *len == 0) {
		fail_because(why, CAUSE_USAGE, EX_DATAERR,
		    "unable to use %s file %s: empty", name, path);
		secret_free(text);
		return NULL;
	}
	return text;
}

/* --- parameters -------------------------------------------------------- */

/* Returns the path of a local image, for free(3); NULL for another URL. */
static char *
local_path(const char *url)
{
	if (url_kind(url) != URL_FILE)
		return NULL;
	return url[0] == '/' ? strdup(url) : url_file_path(url);
}

/* Add a module that has a package of its own, vmedia-NAME. */
static int
add_source(struct parameters *a, const char *name, struct failure *why)
{
	char file[32];

	snprintf(file, sizeof(file), "vm-source-%s.so", name);
	errno = 0;
	if (nbdkit_argv_add_module(a->argv, file, why) == 0)
		return 0;
	return errno != ENOENT ? -1
			       : fail(why, EX_UNAVAILABLE,
				     "unable to open %s: install vmedia-%s",
				     a->shown_url, name);
}

/* Add the module that the URL's scheme needs. */
static int
take_url(struct parameters *a, const char *url, const char *value,
    struct failure *why)
{
	enum url_kind kind = url_kind(url);

	a->shown_url = url_for_show(url);
	if (a->shown_url == NULL)
		return fail_errno(why, EX_OSERR, "unable to read url");
	a->renewable.url_file = value[0] == '+' ? value + 1 : NULL;
	a->image = local_path(url);
	if (a->image != NULL)
		return nbdkit_argv_add_module(
		    a->argv, "vm-source-file.so", why);
	if (kind == URL_NFS)
		return add_source(a, "nfs", why);
	if (kind == URL_SMB)
		return add_source(a, "smb", why);
	return 0;
}

static const struct parameter *
find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		if (strlen(parameters[i].name) == len &&
		    memcmp(parameters[i].name, name, len) == 0)
			return &parameters[i];
	return NULL;
}

static bool
takes_descriptor(const struct parameter *p)
{
	return p->passing == PASS_TEXT || p->passing == PASS_SECRET ||
	       p->passing == PASS_LINES || p->passing == PASS_URL;
}

/* Returns the URL that the typed text means, and frees the text. */
static char *
made_url(char *typed, struct failure *why)
{
	char *url = url_from_typed(typed);

	if (url == NULL)
		fail_errno(why, EX_OSERR, "unable to read url");
	secret_free(typed);
	return url;
}

/* A parameter that the plugin reads from a memory file. */
static int
take_text(struct parameters *a, const struct parameter *p, const char *value,
    struct failure *why)
{
	bool is_file = p->passing == PASS_FILE || p->passing == PASS_PATH;
	size_t len = 0;
	char *text = is_file ? read_file(p->name, value, &len, why)
			     : read_text(p, value, why);
	int fd;

	if (text == NULL)
		return -1;
	if (p->passing == PASS_URL) {
		if (take_url(a, text, value, why) == -1) {
			secret_free(text);
			return -1;
		}
		text = made_url(text, why);
		if (text == NULL)
			return -1;
	}
	if (!is_file)
		len = strlen(text);
	fd = nbdkit_argv_add_text(
	    a->argv, p->name, p->passing == PASS_PATH, text, len, why);
	if (fd == -1)
		return -1;
	renewable_note(&a->renewable, p->name, fd);
	return 0;
}

int
parameters_take(struct parameters *a, const char *name, const char *value,
    struct failure *why)
{
	const struct parameter *p = find(name, strlen(name));
	char *shown;

	if (p == NULL) { /* name may be a URL with secrets: do not show those */
		shown = url_for_show(name);
		fail(why, EX_USAGE, "unable to use %s=: no such parameter",
		    shown != NULL ? shown : "it");
		free(shown);
		return -1;
	}
	switch (p->passing) {
	case PASS_WRITABLE:
		a->writable = strcmp(value, "1") == 0;
		return nbdkit_argv_add(a->argv, why, "%s=%s", name, value);
	case PASS_REMOTE:
		a->remote_only = true;
		/* FALLTHROUGH */
	case PASS_PLAIN:
		return nbdkit_argv_add(a->argv, why, "%s=%s", name, value);
	case PASS_RENEW:
		a->renewable.dir = value;
		return 0;
	case PASS_ABOUT:
		a->about_path = value;
		return nbdkit_argv_add(a->argv, why, "tell-sum=1");
	case PASS_STATS:
		a->stats_path = value;
		return 0;
	case PASS_SPOOL:
		return spool_choose(value, why);
	case PASS_SPOOL_MAX:
		return spool_limit(value, why);
	case PASS_OVERLAY:
		a->overlay = value;
		return 0;
	case PASS_NO_LINKS:
		a->no_links = strcmp(value, "1") == 0;
		return 0;
	default:
		return take_text(a, p, value, why);
	}
}

int
parameters_take_words(struct parameters *a, char **words, struct failure *why)
{
	char *equals, *shown;
	int result;

	for (; *words != NULL; words++) {
		equals = strchr(*words, '=');
		if (equals == NULL) {
			shown = url_for_show(*words);
			fail(why, EX_USAGE, "unable to use %s: not key=value",
			    shown != NULL ? shown : "it");
			free(shown);
			return -1;
		}
		*equals = '\0';
		result = parameters_take(a, *words, equals + 1, why);
		*equals = '='; /* the process list shows the words */
		if (result == -1)
			return -1;
	}
	return 0;
}

/* --- a request ----------------------------------------------------------- */

/* Returns the first line of the file at path, for secret_free(). */
static char *
read_plain(const struct parameter *p, const char *path, struct failure *why)
{
	int fd = open_file(p->name, path, why);
	char *text;

	if (fd == -1)
		return NULL;
	text = secret_read_line(fd);
	if (text == NULL)
		fail_errno(why, EX_NOINPUT, "unable to read %s", p->name);
	close(fd);
	return text;
}

/* Take a parameter of the request, which is in the file at path. */
static int
take_asked(struct parameters *a, const struct parameter *p, const char *path,
    struct failure *why)
{
	char word[PATH_MAX + 1], *value;
	int result;

	if (takes_descriptor(p)) {
		snprintf(word, sizeof(word), "+%s", path);
		return parameters_take(a, p->name, word, why);
	}
	if (p->passing == PASS_FILE || p->passing == PASS_PATH)
		return parameters_take(a, p->name, path, why);
	value = read_plain(p, path, why);
	if (value == NULL)
		return -1;
	result = parameters_take(a, p->name, value, why);
	if (p->passing != PASS_OVERLAY) /* a->overlay points to it */
		secret_free(value);
	return result;
}

int
parameters_take_request(
    struct parameters *a, const char *dir, bool look, struct failure *why)
{
	const struct parameter *p = parameters;
	const struct parameter *end = p + sizeof(parameters) / sizeof(*p);
	char path[PATH_MAX];

	a->renewable.dir = dir;
	for (; p < end; p++) {
		if (p->asking == ASK_NOT || (look && p->asking == ASK_WHOLE))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, p->name);
		if (p->passing != PASS_URL && access(path, F_OK) == -1)
			continue;
		/* With an overlay, which is earlier in the table, the image
		 * itself is not written. */
		if (p->passing == PASS_WRITABLE && a->overlay != NULL)
			continue;
		if (take_asked(a, p, path, why) == -1)
			return -1;
	}
	a->renewable.url_file = NULL; /* it is renewed from dir */
	return 0;
}

/* --- descriptors ---------------------------------------------------------- */

int
parameters_check(char **words, struct failure *why)
{
	const struct parameter *p;
	const char *value;
	uint64_t fd;

	for (; *words != NULL; words++) {
		value = strchr(*words, '=');
		p = value != NULL ? find(*words, (size_t)(value - *words))
				  : NULL;
		if (p == NULL || !takes_descriptor(p) || value[1] != '-' ||
		    value[2] == '\0')
			continue;
		if (number_parse(value + 2, 0, INT_MAX, &fd) == 0 &&
		    fcntl((int)fd, F_GETFD) == -1)
			return fail(why, EX_NOINPUT,
			    "unable to read %s: there is no descriptor %s",
			    p->name, value + 2);
	}
	return 0;
}
