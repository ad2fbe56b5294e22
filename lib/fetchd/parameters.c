/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/openat2.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "fetchd/parameters.h"
#include "base/number.h"
#include "base/secret.h"
#include "base/url.h"

#define XZ_BLOCKS    1 /* in memory at once, of each client */
#define XZ_CLIENTS   2
#define XZ_BLOCK_MAX (512ULL << 20)
#define PLUGIN	     "nbdkit-vm-fetchd-plugin.so"

/* How a key=value reaches the plugin. */
enum passing {
	PASS_PLAIN,    /* as it is */
	PASS_TEXT,     /* in a memory file: the text, +FILE or -FD */
	PASS_SECRET,   /* the same, but never the text itself */
	PASS_FILE,     /* a file's content, in a memory file */
	PASS_PATH,     /* the same, for one that wants a path to open */
	PASS_URL,      /* PASS_TEXT, and it decides on more */
	PASS_STATS,    /* it is ours: where to write what the plugin tells */
	PASS_OVERLAY,  /* a file, open for writing */
	PASS_NO_LINKS, /* it is ours: a local image's path has none */
	PASS_WRITABLE, /* PASS_PLAIN, but we want to know */
};

static const struct parameter {
	const char *name;
	enum passing passing;
} parameters[] = {
    {"cacert", PASS_FILE},
    {"cache", PASS_PLAIN},
    {"cert", PASS_FILE},
    {"connections", PASS_PLAIN},
    {"domain", PASS_TEXT},
    {"insecure", PASS_PLAIN},
    {"key", PASS_FILE},
    {"limit-rate", PASS_PLAIN},
    {"netrc", PASS_PATH},
    {"no-links", PASS_NO_LINKS},
    {"noproxy", PASS_PLAIN},
    {"outage", PASS_PLAIN},
    {"overlay", PASS_OVERLAY},
    {"overlay-size", PASS_PLAIN},
    {"password", PASS_SECRET},
    {"proxy", PASS_TEXT},
    {"stats", PASS_STATS},
    {"url", PASS_URL},
    {"user", PASS_TEXT},
    {"writable", PASS_WRITABLE},
};

/* Have one argument for nbdkit at a place, printf(3)-wise. */
static void __attribute__((format(printf, 3, 4)))
insert_argument(struct fetchd_args *a, int place, const char *format, ...)
{
	va_list ap;
	char *text;

	if (a->argc == FETCHD_ARGUMENTS_MAX)
		errx(EX_USAGE, "unable to take so many parameters");
	va_start(ap, format);
	if (vasprintf(&text, format, ap) == -1)
		err(EX_OSERR, "unable to start nbdkit");
	va_end(ap);
	memmove(&a->argv[place + 1], &a->argv[place],
	    (size_t)(a->argc - place) * sizeof(a->argv[0]));
	a->argv[place] = text;
	a->argc++;
}

#define add_argument(a, ...) insert_argument(a, (a)->argc, __VA_ARGS__)

int
fetchd_args_inherit(int fd)
{
	int high = fcntl(fd, F_DUPFD, FETCHD_LISTEN_FD + 1);

	if (high == -1)
		err(EX_OSERR, "unable to pass a descriptor");
	close(fd);
	return high;
}

/* --- opening and reading ----------------------------------------------- */

/* The status that a file deserves which can't be opened. */
static int
status_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return EX_NOINPUT;
	case EACCES:
	case EPERM:
	case EROFS:
		return EX_NOPERM;
	default:
		return EX_IOERR;
	}
}

static int
open_file(const char *name, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		err(errno == ENOENT ? EX_NOINPUT : EX_NOPERM,
		    "unable to open %s file %s", name, path);
	return fd;
}

/*
 * Open a file that lies beside us, as built and as installed. By now we may
 * still enter every directory; nbdkit's user may not.
 */
static int
open_beside(const char *name)
{
	char path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	int fd;

	if (n == -1)
		err(EX_OSERR, "unable to find %s", name);
	path[n] = '\0';
	snprintf(strrchr(path, '/'), 64, "/../lib/vmedia/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		err(EX_UNAVAILABLE, "unable to open %s", path);
	return fetchd_args_inherit(fd);
}

/* The text behind "TEXT", "+FILE", "-FD" or "-" (standard input). */
static char *
read_text(const struct parameter *p, const char *value)
{
	uint64_t fd = STDIN_FILENO;
	char *text;

	if (value[0] != '+' && value[0] != '-') {
		if (p->passing == PASS_SECRET)
			errx(EX_USAGE,
			    "unable to take a %s from the command line: "
			    "give +FILE or -FD",
			    p->name);
		text = strdup(value);
	} else {
		if (value[0] == '+') {
			fd = (uint64_t)open_file(p->name, value + 1);
		} else if (value[1] != '\0' &&
			   number_parse(value + 1, 0, INT_MAX, &fd) == -1) {
			errx(EX_USAGE, "unable to use %s=%s: not a descriptor",
			    p->name, value);
		}
		text = secret_read_line((int)fd);
		if (fd != STDIN_FILENO)
			close((int)fd);
	}
	if (text == NULL)
		err(EX_NOINPUT, "unable to read %s", p->name);
	return text;
}

static char *
read_file(const char *name, const char *path, size_t *len)
{
	int fd = open_file(name, path);
	char *text = secret_read(fd, len);

	if (text == NULL)
		err(EX_NOINPUT, "unable to read %s file %s", name, path);
	close(fd);
	/* No CA at all would become those of the system. */
	if (*len == 0)
		errx(EX_DATAERR, "unable to use %s file %s: empty", name, path);
	return text;
}

/* --- parameters -------------------------------------------------------- */

/* The path of a local image, for free(3); NULL where the URL is another's. */
static char *
local_path(const char *url)
{
	return url[0] == '/' ? strdup(url) : url_file_path(url);
}

/* What the URL's scheme needs beside the plugin itself. */
static void
take_url(struct fetchd_args *a, const char *url, const char *value)
{
	static const struct {
		const char *scheme, *name;
	} modules[] = {
	    {"nfs://", "vm-source-nfs.so"},
	    {"smb://", "vm-source-smb.so"},
	};
	size_t i;

	a->shown_url = url_for_show(url);
	a->url_file = value[0] == '+' ? value + 1 : NULL;
	a->image = local_path(url);
	if (a->image != NULL)
		add_argument(a, "module=/proc/self/fd/%d",
		    open_beside("vm-source-file.so"));
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (strncasecmp(
			url, modules[i].scheme, strlen(modules[i].scheme)) == 0)
			add_argument(a, "module=/proc/self/fd/%d",
			    open_beside(modules[i].name));
}

/* Hand over a text in a memory file, and forget it. */
static void
add_text(
    struct fetchd_args *a, const struct parameter *p, char *text, size_t len)
{
	int fd = fetchd_args_inherit(secret_to_fd(text, len));

	secret_free(text);
	if (p->passing == PASS_PATH)
		add_argument(a, "%s=/proc/self/fd/%d", p->name, fd);
	else
		add_argument(a, "%s=-%d", p->name, fd);
	if (p->passing == PASS_URL)
		a->url_text = fd;
	a->texts[a->text_count++] = fd;
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
	       p->passing == PASS_URL;
}

void
fetchd_args_add(struct fetchd_args *a, const char *name, const char *value)
{
	const struct parameter *p = find(name, strlen(name));
	char *text;
	size_t len;

	/* It may be a second URL. */
	if (p == NULL)
		errx(EX_USAGE, "unable to use %s=: no such parameter",
		    url_for_show(name));
	switch (p->passing) {
	case PASS_WRITABLE:
		a->writable = strcmp(value, "1") == 0;
		/* FALLTHROUGH */
	case PASS_PLAIN:
		add_argument(a, "%s=%s", name, value);
		return;
	case PASS_STATS:
		a->stats_path = value;
		return;
	case PASS_OVERLAY:
		a->overlay = value;
		return;
	case PASS_NO_LINKS:
		a->no_links = strcmp(value, "1") == 0;
		return;
	case PASS_FILE:
	case PASS_PATH:
		text = read_file(name, value, &len);
		break;
	default:
		text = read_text(p, value);
		len = strlen(text);
	}
	if (p->passing == PASS_URL)
		take_url(a, text, value);
	add_text(a, p, text, len);
}

void
fetchd_args_add_words(struct fetchd_args *a, char **words)
{
	char *equals;

	for (; *words != NULL; words++) {
		equals = strchr(*words, '=');
		if (equals == NULL)
			errx(EX_USAGE, "unable to use %s: not key=value",
			    url_for_show(*words));
		*equals = '\0';
		fetchd_args_add(a, *words, equals + 1);
		*equals = '='; /* as the process list shows it */
	}
}

void
fetchd_args_check(char **words)
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
			errx(EX_NOINPUT,
			    "unable to read %s: there is no descriptor %s",
			    p->name, value + 2);
	}
}

/* --- the whole --------------------------------------------------------- */

void
fetchd_args_begin(struct fetchd_args *a, int report_fd, int control_fd)
{
	add_argument(a, "nbdkit");
	add_argument(a, "--foreground");
	add_argument(a, "--exit-with-parent");
	add_argument(a, "--log=stderr");
	add_argument(a, "/proc/self/fd/%d", open_beside(PLUGIN));
	add_argument(a, "control-fd=%d", control_fd);
	add_argument(a, "report-fd=%d", report_fd);
}

/* Where the path is told to have no links, it has none that came since. */
static int
open_image(const struct fetchd_args *a, int flags)
{
	/* open(2) adds O_LARGEFILE by itself on 32 bits; a syscall does not. */
	struct open_how how = {
	    .flags = (unsigned)(flags | O_NONBLOCK | O_LARGEFILE),
	    .resolve = a->no_links ? RESOLVE_NO_SYMLINKS : 0};
	struct stat st;
	int fd;

	/* O_NONBLOCK: a FIFO would wait here for its other end. */
	fd = (int)syscall(SYS_openat2, AT_FDCWD, a->image, &how, sizeof(how));
	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		fd = open(a->image,
		    flags | O_NONBLOCK | (a->no_links ? O_NOFOLLOW : 0));
	if (fd == -1 && errno != EISDIR)
		err(status_of(errno), "unable to open %s", a->shown_url);
	if (fd == -1 || fstat(fd, &st) == -1 ||
	    (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		errx(EX_DATAERR,
		    "unable to open %s: it is neither a file nor a block "
		    "device",
		    a->shown_url);
	return fd;
}

static int
open_overlay(struct fetchd_args *a)
{
	int flags = O_RDWR | O_CLOEXEC | O_NONBLOCK;
	int fd = open(a->overlay, flags | O_CREAT | O_EXCL, 0600);

	a->made_overlay = fd != -1;
	if (fd == -1 && errno == EEXIST)
		fd = open(a->overlay, flags);
	if (fd == -1)
		err(EX_CANTCREAT, "unable to open overlay %s", a->overlay);
	return fd;
}

void
fetchd_args_end(struct fetchd_args *a)
{
	const char *smb = "smb://";
	int flags = (a->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC;

	if (a->writable && strncasecmp(a->shown_url, smb, strlen(smb)) == 0)
		warnx("note: when what is written is on its disk, the SMB "
		      "server decides");
	if (a->image != NULL)
		add_argument(
		    a, "file-fd=%d", fetchd_args_inherit(open_image(a, flags)));
	if (a->overlay != NULL)
		add_argument(
		    a, "overlay-fd=%d", fetchd_args_inherit(open_overlay(a)));
}

void
fetchd_args_undo(const struct fetchd_args *a)
{
	struct stat st;

	if (a->made_overlay && stat(a->overlay, &st) == 0 && st.st_size == 0)
		unlink(a->overlay);
}

static void
rewind_texts(const struct fetchd_args *a)
{
	int i;

	/* nbdkit has read them by our common position. */
	for (i = 0; i < a->text_count; i++)
		lseek(a->texts[i], 0, SEEK_SET);
}

/* The filter keeps whole blocks in memory: a quarter of the machine's. */
static unsigned long long
xz_block_max(void)
{
	unsigned long long bytes = (unsigned long long)sysconf(_SC_PHYS_PAGES) *
				   (unsigned long long)sysconf(_SC_PAGESIZE) /
				   4 / XZ_BLOCKS / XZ_CLIENTS;

	return bytes < XZ_BLOCK_MAX ? bytes : XZ_BLOCK_MAX;
}

void
fetchd_args_unpack(struct fetchd_args *a, const char *filter)
{
	/* The outermost first: what is unpacked has whole sectors again. */
	insert_argument(a, 1, "--filter=%s", filter);
	insert_argument(a, 1, "--filter=truncate");
	add_argument(a, "round-up=512");
	add_argument(a, "unpacked=1");
	if (strcmp(filter, "xz") == 0) {
		/* It keeps blocks for each client: the kernel, and a spare. */
		insert_argument(a, 1, "--filter=limit");
		insert_argument(a, 1, "--filter=multi-conn");
		add_argument(a, "limit=%d", XZ_CLIENTS);
		add_argument(a, "multi-conn-mode=disable");
		add_argument(a, "xz-max-block=%llu", xz_block_max());
		add_argument(a, "xz-max-depth=%d", XZ_BLOCKS);
	}
	rewind_texts(a);
}

void
fetchd_args_again(struct fetchd_args *a, const char *identity)
{
	static const struct parameter p = {"identity", PASS_TEXT};
	char *text;

	if (!a->has_identity) {
		text = strdup(identity);
		if (text == NULL)
			err(EX_OSERR, "unable to start nbdkit");
		add_text(a, &p, text, strlen(text));
		a->has_identity = true;
	}
	rewind_texts(a);
}

char *
fetchd_args_read_url(const struct fetchd_args *a)
{
	char *text = NULL, *shown;
	struct stat st;
	int fd;

	if (a->url_file == NULL) {
		warnx("unable to renew the URL: it did not come from a file");
		return NULL;
	}
	/* Not to wait for whoever writes to it. */
	fd = open(a->url_file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1) {
		errno = EINVAL;
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			text = secret_read_line(fd);
		close(fd);
	}
	if (text == NULL) {
		warn("unable to read the URL from %s", a->url_file);
		return NULL;
	}
	shown = url_for_show(text);
	if (shown != NULL && strcmp(shown, a->shown_url) == 0) {
		free(shown);
		/* For an nbdkit that is started later. */
		if (ftruncate(a->url_text, 0) == 0 &&
		    pwrite(a->url_text, text, strlen(text), 0) == -1)
			warn("unable to keep the URL");
		return text;
	}
	warnx("unable to renew the URL: it is not %s", a->shown_url);
	free(shown);
	secret_free(text);
	return NULL;
}
