/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bearssl.h>
#include <libnbd.h>
#include <linux/nbd.h>

#include "base/clock.h"
#include "base/hex.h"
#include "unix/socket.h"
#include "nbd/client.h"
#include "nbd/poll.h"

#define CONTENT_SIZE  (1024 * 1024) /* hashed at either end of the image */
#define CONTENT_PIECE (128 * 1024)  /* as in the requests of the kernel */

/* libnbd has no function that returns all flags. */
static uint64_t
export_flags(struct nbd_handle *nbd)
{
	uint64_t flags = NBD_FLAG_HAS_FLAGS;

	if (nbd_is_read_only(nbd) != 0)
		flags |= NBD_FLAG_READ_ONLY;
	if (nbd_can_flush(nbd) == 1)
		flags |= NBD_FLAG_SEND_FLUSH;
	if (nbd_can_fua(nbd) == 1)
		flags |= NBD_FLAG_SEND_FUA;
	if (nbd_can_trim(nbd) == 1)
		flags |= NBD_FLAG_SEND_TRIM;
	if (nbd_can_multi_conn(nbd) == 1)
		flags |= NBD_FLAG_CAN_MULTI_CONN;
	return flags;
}

/* --- identity ---------------------------------------------------------- */

/* Read len bytes at offset. All requests are sent before the first answer is
 * awaited. */
static int
read_content(struct nbd_handle *nbd, unsigned char *buf, size_t len,
    uint64_t offset, int64_t end)
{
	int64_t cookies[CONTENT_SIZE / CONTENT_PIECE];
	size_t at, piece, n = 0, i;

	for (at = 0; at < len; at += piece) {
		piece = len - at < CONTENT_PIECE ? len - at : CONTENT_PIECE;
		cookies[n] = nbd_aio_pread(
		    nbd, buf + at, piece, offset + at, NBD_NULL_COMPLETION, 0);
		if (cookies[n++] == -1)
			return -1;
	}
	if (nbd_poll_until(nbd, end, nbd_poll_is_idle) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (nbd_aio_command_completed(nbd, (uint64_t)cookies[i]) != 1)
			return -1;
	return 0;
}

/* Hash the beginning and the end of an image without a description. */
static int
hash_content(struct nbd_handle *nbd, const struct nbd_connection *c,
    br_sha256_context *sha, unsigned char *buf, int64_t end)
{
	size_t len = c->size < CONTENT_SIZE ? (size_t)c->size : CONTENT_SIZE;

	if (read_content(nbd, buf, len, 0, end) == -1)
		return -1;
	br_sha256_update(sha, buf, len);
	if (read_content(nbd, buf, len, c->size - len, end) == -1)
		return -1;
	br_sha256_update(sha, buf, len);
	return 0;
}

/* Hash the description instead of showing it: it may tell the image's place. */
static int
identify(struct nbd_handle *nbd, struct nbd_connection *c,
    unsigned char *content, int64_t end)
{
	unsigned char hash[br_sha256_SIZE];
	char *description = nbd_get_export_description(nbd), size[32];
	br_sha256_context sha;

	snprintf(size, sizeof(size), "\n%" PRIu64, c->size);
	br_sha256_init(&sha);
	c->is_vague =
	    description == NULL && (c->flags & NBD_FLAG_READ_ONLY) == 0;
	if (description != NULL)
		br_sha256_update(&sha, description, strlen(description));
	else if (!c->is_vague && hash_content(nbd, c, &sha, content, end) == -1)
		return -1;
	br_sha256_update(&sha, size, strlen(size));
	br_sha256_out(&sha, hash);
	free(description);
	strcpy(c->identity, "vmedia:");
	hex_encode(c->identity + 7, hash, sizeof(hash));
	return 0;
}

/* --- the connection ---------------------------------------------------- */

/* Use blocks of 4096 bytes only if the description asks for them: they would
 * hide a partition table with 512-byte sectors. */
static unsigned
find_block(struct nbd_handle *nbd, uint64_t size)
{
	char *description = nbd_get_export_description(nbd);
	bool big = description != NULL && size % 4096 == 0 &&
		   strstr(description, "\n" NBD_SECTOR_4096) != NULL;

	free(description);
	return big ? 4096 : 512;
}

/* Do the handshake on fd, which libnbd closes. */
static int
handshake(struct nbd_handle *nbd, int fd, const struct nbd_wish *wish,
    struct nbd_connection *c, unsigned char *content)
{
	int64_t end = wish->limit > 0 ? clock_ms() + wish->limit * 1000 : 0;
	int64_t size;

	/* The kernel knows simple replies only, and cannot do TLS. */
	if (nbd_set_request_structured_replies(nbd, false) == -1 ||
	    nbd_set_tls(nbd, LIBNBD_TLS_DISABLE) == -1 ||
	    nbd_set_full_info(nbd, true) == -1 ||
	    nbd_aio_connect_socket(nbd, fd) == -1 ||
	    nbd_poll_until(nbd, end, nbd_aio_is_ready) == -1)
		return -1;
	size = nbd_get_size(nbd);
	if (size == -1)
		return -1;
	c->size = (uint64_t)size;
	c->block = find_block(nbd, c->size);
	c->flags = export_flags(nbd);
	if (wish->read_only)
		c->flags |= NBD_FLAG_READ_ONLY;
	if (wish->identity == NULL)
		return identify(nbd, c, content, end);
	snprintf(c->identity, sizeof(c->identity), "%s", wish->identity);
	c->is_vague = false;
	return 0;
}

int
nbd_client_open(const char *path, int fd, const struct nbd_wish *wish,
    struct nbd_connection *c, char *why, size_t why_size)
{
	struct nbd_handle *nbd = nbd_create();
	unsigned char *content = malloc(CONTENT_SIZE);
	int ours, theirs = -1, error;

	ours =
	    path != NULL ? connect_unix(path) : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (ours == -1 || nbd == NULL || content == NULL) {
		error = errno;
		snprintf(why, why_size, "%s", strerror(error));
		goto fail;
	}
	/* libnbd closes the descriptor that it gets, without a goodbye. */
	theirs = fcntl(ours, F_DUPFD_CLOEXEC, 0);
	if (theirs == -1 || handshake(nbd, theirs, wish, c, content) == -1) {
		error = errno;
		if (error != ETIMEDOUT)
			error = nbd_get_errno() != 0 ? nbd_get_errno() : EPROTO;
		snprintf(why, why_size, "%s",
		    error == ETIMEDOUT ? "it does not answer as an NBD server"
				       : nbd_get_error());
		goto fail;
	}
	nbd_close(nbd);
	free(content);
	/* libnbd has made the shared file description non-blocking. */
	fcntl(ours, F_SETFL, fcntl(ours, F_GETFL) & ~O_NONBLOCK);
	c->socket = ours;
	return 0;
fail:
	nbd_close(nbd); /* before free(): libnbd may read into content */
	free(content);
	if (ours != -1)
		close(ours);
	errno = error;
	return -1;
}
