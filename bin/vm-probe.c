/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-probe: say what an image is, and which kind of drive should show it to a
 * host.
 *
 * It reads a block device, a file, or an NBD server's Unix socket. With a
 * socket, a remote image can be judged before anything is attached.
 */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/fs.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <libnbd.h>

#include "base/options.h"
#include "base/output.h"
#include "base/clock.h"
#include "base/json.h"
#include "image/findings.h"
#include "image/probe.h"
#include "nbd/poll.h"

#define CONNECT_MS 10000 /* for an NBD server to greet us */
#define READ_MS	   60000 /* ... and to answer a read: longer than an outage */

struct source {
	const char *name;
	int fd;
	struct nbd_handle *nbd; /* used instead of fd, unless it is NULL */
	uint64_t block;		/* bytes: the socket serves whole blocks only */
	int sector; /* bytes of a block device's blocks, otherwise 0 */
};

static const char *const fields[] = {"size", "format", "label", "boot", "efi",
    "media", "sector", "summary", "warning", NULL};
static const char *const types[] = {"auto", "cd", "disk", NULL};

static void
usage(FILE *out)
{
	fprintf(out, "usage: vm-probe [-DhjOV] [-f FIELD] [-t auto|cd|disk] "
		     "DEVICE|FILE|SOCKET\n"
		     "fields: size format label boot efi media sector summary "
		     "warning\n");
}

/* --- reading ----------------------------------------------------------- */

/* Let libnbd work until done() returns true, at most for ms. Returns 0; or -1
 * with errno. */
static int
await_nbd(struct nbd_handle *nbd, int (*done)(struct nbd_handle *), int ms)
{
	if (nbd_poll_until(nbd, clock_ms() + ms, done) == 0)
		return 0;
	if (errno == 0)
		errno = nbd_get_errno() != 0 ? nbd_get_errno() : EIO;
	return -1;
}

static int
read_blocks(struct nbd_handle *nbd, void *buf, size_t len, uint64_t off)
{
	int64_t cookie =
	    nbd_aio_pread(nbd, buf, len, off, NBD_NULL_COMPLETION, 0);

	if (cookie != -1) {
		if (await_nbd(nbd, nbd_poll_is_idle, READ_MS) == -1)
			return -1;
		if (nbd_aio_command_completed(nbd, (uint64_t)cookie) == 1)
			return 0;
	}
	errno = nbd_get_errno() != 0 ? nbd_get_errno() : EIO;
	return -1;
}

static int
read_nbd(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct source *source = ctx;
	const uint64_t before = off % source->block;
	const uint64_t behind = (before + len) % source->block;
	const size_t all =
	    before + len + (behind != 0 ? source->block - behind : 0);
	char *blocks;
	int rc;

	if (all == len)
		return read_blocks(source->nbd, buf, len, off);
	blocks = malloc(all);
	if (blocks == NULL)
		return -1;
	rc = read_blocks(source->nbd, blocks, all, off - before);
	if (rc == 0)
		memcpy(buf, blocks + before, len);
	free(blocks);
	return rc;
}

static int
read_file(void *ctx, void *buf, size_t len, uint64_t off)
{
	struct source *source = ctx;
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(source->fd, (char *)buf + done, len - done,
		    (off_t)(off + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0) {
			/* The file has become shorter since we asked for its
			 * size. */
			errno = EIO;
			return -1;
		}
		done += n;
	}
	return 0;
}

static uint64_t
open_socket(struct source *source)
{
	int64_t size, block;

	source->nbd = nbd_create();
	if (source->nbd == NULL)
		errx(EX_OSERR, "unable to use libnbd: %s", nbd_get_error());
	if (nbd_aio_connect_unix(source->nbd, source->name) == -1 ||
	    await_nbd(source->nbd, nbd_aio_is_ready, CONNECT_MS) == -1)
		errx(EX_UNAVAILABLE, "unable to connect to %s: %s",
		    source->name,
		    errno == ETIMEDOUT ? "it does not answer as an NBD server"
				       : nbd_get_error());
	size = nbd_get_size(source->nbd);
	if (size == -1)
		errx(EX_PROTOCOL, "unable to get the size of %s: %s",
		    source->name, nbd_get_error());
	block = nbd_get_block_size(source->nbd, LIBNBD_SIZE_MINIMUM);
	/* A server should not ask for more (NBD protocol, "Block sizes"). */
	if (block > 65536)
		errx(EX_PROTOCOL, "unable to read %s: its blocks are too large",
		    source->name);
	source->block = block > 0 ? (uint64_t)block : 1;
	return (uint64_t)size;
}

static int
open_status(void)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return EX_NOINPUT;
	return errno == EACCES ? EX_NOPERM : EX_IOERR;
}

static uint64_t
open_file(struct source *source)
{
	struct stat st;
	off_t size;

	/* O_NONBLOCK: a FIFO would wait here for a writer. */
	source->fd = open(source->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (source->fd == -1 || fstat(source->fd, &st) == -1)
		err(open_status(), "unable to open %s", source->name);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		errx(EX_NOINPUT,
		    "unable to read %s: neither a file, a block device "
		    "nor a socket",
		    source->name);
	if (S_ISBLK(st.st_mode) &&
	    ioctl(source->fd, BLKSSZGET, &source->sector) == -1)
		err(EX_IOERR, "unable to get the block size of %s",
		    source->name);
	size = lseek(source->fd, 0, SEEK_END);
	if (size == -1)
		err(EX_IOERR, "unable to get the size of %s", source->name);
	return (uint64_t)size;
}

/* The source behind an NBD server or a block device of vmedia has gone. */
static void __attribute__((noreturn)) fail_to_read(const char *name)
{
	int error = errno;

	output_cause(CAUSE_UNREACHABLE, EX_IOERR);
	errno = error;
	err(EX_IOERR, "unable to read %s", name);
}

/* *sector becomes the block size of a block device in bytes, otherwise 0. */
static void
probe(const char *name, struct image_info *info, unsigned *sector)
{
	struct source source = {.name = name, .fd = -1};
	struct image_reader reader = {.ctx = &source};
	struct stat st = {0};

	if (stat(name, &st) == 0 && S_ISSOCK(st.st_mode)) {
		reader.pread = read_nbd;
		reader.size = open_socket(&source);
	} else {
		reader.pread = read_file;
		reader.size = open_file(&source);
	}
	if (image_probe(&reader, info) == -1)
		fail_to_read(name);
	*sector = (unsigned)source.sector;
	if (source.nbd != NULL) {
		nbd_close(source.nbd);
		return;
	}
	/* Drop our reads, so that the next reader's reads reach the device and
	 * count. */
	if (S_ISBLK(st.st_mode))
		posix_fadvise(source.fd, 0, 0, POSIX_FADV_DONTNEED);
	close(source.fd);
}

/* --- printing ---------------------------------------------------------- */

/* Print one line, or only the value if just this field was asked for. */
static void __attribute__((format(printf, 3, 4)))
print_value(const char *only, const char *field, const char *format, ...)
{
	va_list ap;

	if (only != NULL && strcmp(only, field) != 0)
		return;
	if (only == NULL)
		printf("%s: ", field);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

static void
print_text(const struct image_findings *found, const char *only)
{
	static const char *const boot[] = {"none", "bios", "efi", "bios efi"};
	const struct image_info *info = &found->info;
	unsigned i;

	print_value(only, "size", "%" PRIu64, info->size);
	print_value(only, "format", "%s", info->name);
	if (info->label[0] != '\0')
		print_value(only, "label", "%s", info->label);
	print_value(only, "boot", "%s", boot[found->bios + 2 * found->efi]);
	if (found->efi)
		print_value(only, "efi", "%s", found->arch);
	if (info->sector != IMAGE_DISK_BLOCK || only != NULL)
		print_value(only, "sector", "%u", info->sector);
	if (found->media != NULL) {
		print_value(only, "media", "%s", found->media);
		print_value(only, "summary", "%s", found->summary);
	}
	for (i = 0; i < found->warning_count; i++)
		print_value(only, "warning", "%s", found->warnings[i]);
}

/* Print the names of the processors as strings of a JSON array. */
static void
print_array(const char *words)
{
	size_t len;

	for (; *words != '\0'; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		printf("\"%.*s\"%s", (int)len, words,
		    words[len] == ' ' ? ", " : "");
	}
}

static void
print_json(const struct image_findings *found)
{
	char text[JSON_QUOTED_SIZE(IMAGE_WARNING_SIZE)];
	const struct image_info *info = &found->info;
	unsigned i;

	printf("{\"schema\": 1, \"size\": %" PRIu64 ", \"format\": \"%s\", "
	       "\"label\": %s, \"boot\": {\"bios\": %s, \"efi\": %s, "
	       "\"arch\": [",
	    info->size, info->name,
	    info->label[0] == '\0' ? "null" : json_quote(text, info->label),
	    found->bios ? "true" : "false", found->efi ? "true" : "false");
	print_array(found->arch);
	if (found->media == NULL)
		printf("]}, \"media\": null, \"summary\": null");
	else
		printf("]}, \"media\": \"%s\", \"summary\": \"%s\"",
		    found->media, found->summary);
	printf(", \"sector\": %u, \"missing\": %" PRIu64 ", \"hidden\": %u, "
	       "\"warnings\": [",
	    info->sector, found->missing, found->hidden);
	for (i = 0; i < found->warning_count; i++)
		printf("%s%s", i > 0 ? ", " : "",
		    json_quote(text, found->warnings[i]));
	printf("]}\n");
}

/* --- options ----------------------------------------------------------- */

static int
is_one_of(const char *word, const char *const *words)
{
	while (*words != NULL && strcmp(word, *words) != 0)
		words++;
	return *words != NULL;
}

/* Choose the kind of drive. Returns NULL; or the reason why there is none, and
 * then the cause. sector is that of probe(). */
static const char *
choose(const struct image_info *info, const char *type, uint64_t cd_max,
    unsigned sector, enum image_media *media, enum cause *cause)
{
	const char *reason;

	*cause = CAUSE_USUAL;
	if (strcmp(type, "auto") == 0) {
		reason = image_media_choose(info, cd_max, media);
	} else {
		*media = strcmp(type, "cd") == 0 ? IMAGE_CD : IMAGE_DISK;
		reason = image_media_fits(info, *media, cd_max);
	}
	if (reason != NULL && image_media_is_too_large(info, cd_max))
		*cause = CAUSE_TOO_LARGE;
	if (reason == NULL && *media == IMAGE_DISK && sector != 0 &&
	    sector != info->sector && info->sector != IMAGE_DISK_BLOCK)
		return "its sectors have 4096 bytes, and this block device's "
		       "do not: attach it by vmctl mount";
	return reason;
}

int
main(int argc, char *argv[])
{
	const char *field = NULL, *type = "auto", *reason;
	enum image_media media = IMAGE_DISK;
	uint64_t cd_max = IMAGE_CD_MAX;
	struct image_findings found = {0};
	bool json = false, wrong = false, any_size = false;
	enum cause cause;
	unsigned sector;
	int c;

	output_check_at_exit();
	while ((c = options_next(argc, argv, "Df:hjOt:V")) != -1) {
		switch (c) {
		case 'D':
			cd_max = IMAGE_DVD_MAX;
			break;
		case 'O':
			any_size = true;
			break;
		case 'f':
			field = optarg;
			wrong |= !is_one_of(field, fields);
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'j':
			json = true;
			break;
		case 't':
			type = optarg;
			wrong |= !is_one_of(type, types);
			break;
		case 'V':
			printf("vm-probe %s\n", VERSION);
			return 0;
		default:
			wrong = true;
		}
	}
	if (wrong || argc - optind != 1 || (json && field != NULL)) {
		usage(stderr);
		return EX_USAGE;
	}
	probe(argv[optind], &found.info, &sector);
	reason = choose(&found.info, type, cd_max, sector, &media, &cause);
	if (cause == CAUSE_TOO_LARGE && any_size)
		reason = choose(
		    &found.info, type, IMAGE_OWN_MAX, sector, &media, &cause);
	image_judge(&found, reason, media);
	if (json)
		print_json(&found);
	else
		print_text(&found, field);
	if (reason == NULL)
		return 0;
	output_cause(cause, EX_DATAERR);
	errx(EX_DATAERR, "unable to use %s: %s", argv[optind], reason);
}
