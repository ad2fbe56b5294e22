/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/un.h>

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

#include "nbd-client.h"

static int
connect_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, saved;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* libnbd does not hand out the flags that the server sent: ask one by one. */
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

/* The export's own words, hashed: they may tell where the image lies. */
static int
identify(struct nbd_handle *nbd, struct nbd_connection *c)
{
	unsigned char hash[br_sha256_SIZE];
	char *description = nbd_get_export_description(nbd), size[32];
	br_sha256_context sha;
	unsigned i;

	snprintf(size, sizeof(size), "\n%" PRIu64, c->size);
	br_sha256_init(&sha);
	if (description != NULL)
		br_sha256_update(&sha, description, strlen(description));
	br_sha256_update(&sha, size, strlen(size));
	br_sha256_out(&sha, hash);
	free(description);
	strcpy(c->identity, "vmedia:");
	for (i = 0; i < sizeof(hash); i++)
		sprintf(c->identity + 7 + 2 * i, "%02x", hash[i]);
	return 0;
}

/* The handshake on fd, which libnbd closes. */
static int
handshake(struct nbd_handle *nbd, int fd, struct nbd_connection *c)
{
	int64_t size;

	/* The kernel knows simple replies only, and cannot do TLS. */
	if (nbd_set_request_structured_replies(nbd, false) == -1 ||
	    nbd_set_tls(nbd, LIBNBD_TLS_DISABLE) == -1 ||
	    nbd_set_full_info(nbd, true) == -1 ||
	    nbd_set_opt_mode(nbd, true) == -1 ||
	    nbd_connect_socket(nbd, fd) == -1 || nbd_opt_go(nbd) == -1)
		return -1;
	size = nbd_get_size(nbd);
	if (size == -1)
		return -1;
	c->size = (uint64_t)size;
	c->flags = export_flags(nbd);
	return identify(nbd, c);
}

int
nbd_client_open(const char *path, int fd, struct nbd_connection *c, char *why,
    size_t why_size)
{
	struct nbd_handle *nbd = nbd_create();
	int ours, theirs = -1, error;

	ours =
	    path != NULL ? connect_socket(path) : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (ours == -1) {
		error = errno;
		snprintf(why, why_size, "%s", strerror(errno));
		goto fail;
	}
	/* libnbd closes the one that it is given: only close(2), no goodbye. */
	theirs = fcntl(ours, F_DUPFD_CLOEXEC, 0);
	if (nbd == NULL || theirs == -1 || handshake(nbd, theirs, c) == -1) {
		error = nbd_get_errno() != 0 ? nbd_get_errno() : EPROTO;
		snprintf(why, why_size, "%s", nbd_get_error());
		goto fail;
	}
	nbd_close(nbd);
	/* It leaves the shared file description non-blocking. */
	fcntl(ours, F_SETFL, fcntl(ours, F_GETFL) & ~O_NONBLOCK);
	c->socket = ours;
	return 0;
fail:
	nbd_close(nbd);
	if (ours != -1)
		close(ours);
	errno = error;
	return -1;
}
