/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * SMB as a source, through Samba's libsmbclient: a module, because the library
 * needs half of Samba.
 *
 * smb://[[DOMAIN;]USER[:PASSWORD]@]HOST[:PORT]/SHARE/PATH. SMB 2 or later is
 * used, signed if a user is given, and encrypted if the server can; no smb.conf
 * is read. The library has no call for SMB2's FLUSH (4.17): the server decides
 * when written data reaches its disk.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <libsmbclient.h>

#include "base/secret.h"
#include "base/url.h"
#include "sources/threaded-error.h"
#include "sources/threaded-ops.h"

#define CALL_MS 10000 /* for one call; after it, the server counts as down */

struct smb_file {
	SMBCCTX *smb;
	SMBCFILE *handle;
	char *user, *password; /* "": a guest */
	char *domain;	       /* NULL: none */
};

/* Fill in the fault from the errno of a call. */
static void
fault_of(const char *what, struct fault *f)
{
	static const struct blocking_error known[] = {
	    {EACCES, FAULT_REQUEST, EX_NOPERM, CAUSE_CREDENTIALS,
		"wrong user or password, or no permission"},
	    {EPERM, FAULT_REQUEST, EX_NOPERM, CAUSE_CREDENTIALS,
		"wrong user or password, or no permission"},
	    {0, FAULT_TRANSIENT, 0, CAUSE_USUAL, NULL},
	};

	blocking_fault_of(known, errno, what, strerror(errno), f);
}

/* The library calls this to get the user and the password. */
static void
tell_user(SMBCCTX *smb, const char *server, const char *share, char *workgroup,
    int workgroup_len, char *user, int user_len, char *password,
    int password_len)
{
	const struct smb_file *file = smbc_getOptionUserData(smb);

	(void)server;
	(void)share;
	if (file->domain != NULL)
		snprintf(workgroup, (size_t)workgroup_len, "%s", file->domain);
	snprintf(user, (size_t)user_len, "%s", file->user);
	snprintf(password, (size_t)password_len, "%s", file->password);
}

/* Configure the library. A guest has no key to sign with, so signing is
 * optional. */
static int
configure(SMBCCTX *smb, bool is_guest)
{
	static const char text[] = "[global]\n"
				   "client min protocol = SMB2_02\n"
				   "client max protocol = SMB3_11\n"
				   "client smb encrypt = desired\n"
				   "load printers = no\n"
				   "name resolve order = host\n"
				   "client signing = %s\n";
	char path[32];
	int fd = memfd_create("smb.conf", MFD_CLOEXEC), result;

	if (fd == -1)
		return -1;
	dprintf(fd, text, is_guest ? "if_required" : "required");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result = smbc_setConfiguration(smb, path);
	close(fd);
	return result;
}

static void
file_close(void *context, bool broken)
{
	struct smb_file *file = context;

	/* If broken, another call would wait for the server again. */
	if (file->handle != NULL && !broken)
		smbc_getFunctionClose(file->smb)(file->smb, file->handle);
	if (file->smb != NULL)
		smbc_free_context(file->smb, 1);
	secret_free(file->user);
	secret_free(file->password);
	free(file->domain);
	free(file);
}

static int
make_context(struct smb_file *file)
{
	SMBCCTX *smb;
	int result = -1;

	smb = smbc_new_context();
	if (smb != NULL) {
		smbc_setDebug(smb, 0);
		smbc_setTimeout(smb, CALL_MS);
		smbc_setOptionUserData(smb, file);
		smbc_setFunctionAuthDataWithContext(smb, tell_user);
		smbc_setOptionFullTimeNames(smb, 1);
		smbc_setOptionNoAutoAnonymousLogin(smb, file->user[0] != '\0');
		if (smbc_init_context(smb) != NULL &&
		    configure(smb, file->user[0] == '\0') == 0)
			result = 0;
	}
	file->smb = smb;
	return result;
}

/* Returns a copy of the setting, or else of the URL's text, or else of "". */
static char *
first_of(const char *setting, const char *of_url)
{
	if (setting != NULL)
		return strdup(setting);
	return strdup(of_url != NULL ? of_url : "");
}

/* Take the user from the settings, or else the URL; without both, a guest. */
static int
take_user(struct smb_file *file, const struct url_parts *url,
    const struct source_config *config)
{
	const char *user = url->user, *semicolon;

	semicolon = user != NULL ? strchr(user, ';') : NULL;
	if (config->domain != NULL)
		file->domain = strdup(config->domain);
	else if (semicolon != NULL)
		file->domain = strndup(user, (size_t)(semicolon - user));
	if (semicolon != NULL)
		user = semicolon + 1;
	file->user = first_of(config->user, user);
	file->password = first_of(config->password, url->password);
	return file->user != NULL && file->password != NULL ? 0 : -1;
}

/* Append text to a URL, with the characters encoded that the library could
 * misread. Returns the end of the URL. */
static char *
encode(char *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~/";

	for (; *text != '\0'; text++)
		if (strchr(plain, *text) != NULL)
			*out++ = *text;
		else
			out += sprintf(out, "%%%02X", (unsigned char)*text);
	*out = '\0';
	return out;
}

/*
 * Returns the URL for the library, without a user. The library does not accept
 * an IPv6 address in brackets, but accepts its Windows name (ipv6-literal.net).
 */
static char *
make_url(const struct url_parts *url)
{
	size_t len = strlen(url->host);
	bool is_ipv6 = strchr(url->host, ':') != NULL;
	char *text = malloc(3 * (len + strlen(url->path)) + 64), *out, *p;

	if (text == NULL)
		return NULL;
	out = stpcpy(text, "smb://");
	p = out;
	out = stpcpy(out, url->host);
	if (is_ipv6) {
		for (; *p != '\0'; p++)
			*p = *p == ':' ? '-' : *p == '%' ? 's' : *p;
		out = stpcpy(out, ".ipv6-literal.net");
	}
	if (url->port != 0)
		out += sprintf(out, ":%u", url->port);
	encode(out, url->path);
	return text;
}

/* If a server supports only SMB 1, the library reports only ECONNABORTED. */
static void
fault_of_open(struct fault *why)
{
	if (errno != ECONNABORTED) {
		fault_of("open it", why);
		return;
	}
	blocking_fault(why, FAULT_TRANSIENT, EX_UNAVAILABLE,
	    "the server ends the connection at once (does it know SMB 1 "
	    "only?)");
	why->cause = CAUSE_SERVER;
}

static void *
file_open(const struct source_config *config, struct fault *why)
{
	struct smb_file *file = NULL;
	struct url_parts url;
	char *text = NULL;

	if (blocking_take_url(config, &url, why) == -1)
		return NULL;
	file = calloc(1, sizeof(*file));
	text = make_url(&url);
	if (file == NULL || text == NULL ||
	    take_user(file, &url, config) == -1 || make_context(file) == -1) {
		blocking_fault(why, FAULT_REQUEST, EX_OSERR, "out of memory");
		goto fail;
	}
	errno = 0;
	file->handle = smbc_getFunctionOpen(file->smb)(
	    file->smb, text, config->writable ? O_RDWR : O_RDONLY, 0);
	if (file->handle == NULL) {
		fault_of_open(why);
		goto fail;
	}
	free(text);
	url_parts_free(&url);
	return file;
fail:
	free(text);
	url_parts_free(&url);
	if (file != NULL)
		file_close(file, true);
	return NULL;
}

static int
file_stat(void *context, struct blocking_file *found, struct fault *why)
{
	struct smb_file *file = context;
	struct stat st;

	if (smbc_getFunctionFstat(file->smb)(file->smb, file->handle, &st) ==
	    -1) {
		fault_of("look at the file", why);
		return -1;
	}
	found->size = (uint64_t)st.st_size;
	found->seconds = st.st_mtim.tv_sec;
	found->nanoseconds = st.st_mtim.tv_nsec;
	return 0;
}

static ssize_t
file_read(
    void *context, void *buf, size_t len, uint64_t offset, struct fault *why)
{
	struct smb_file *file = context;
	ssize_t n = -1;

	if (smbc_getFunctionLseek(file->smb)(
		file->smb, file->handle, (off_t)offset, SEEK_SET) != -1)
		n = smbc_getFunctionRead(file->smb)(
		    file->smb, file->handle, buf, len);
	if (n == -1)
		fault_of("read", why);
	return n;
}

static ssize_t
file_write(void *context, const void *bytes, size_t len, uint64_t offset,
    struct fault *why)
{
	struct smb_file *file = context;
	ssize_t n = -1;

	if (smbc_getFunctionLseek(file->smb)(
		file->smb, file->handle, (off_t)offset, SEEK_SET) != -1)
		n = smbc_getFunctionWrite(file->smb)(
		    file->smb, file->handle, bytes, len);
	if (n == -1)
		fault_of("write", why);
	return n;
}

/*
 * Use one context, because the library is not thread-safe: 4.17 declares
 * smbc_thread_posix() but does not export it, and two busy contexts crash. With
 * only one context, reads must be long.
 */
const struct blocking_ops module_ops = {
    .renews = true,
    .contexts_max = 1,
    .piece = 4 * 1024 * 1024,
    .open = file_open,
    .stat = file_stat,
    .read = file_read,
    .write = file_write,
    .close = file_close,
};
