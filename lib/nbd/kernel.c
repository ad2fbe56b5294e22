/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/nbd-netlink.h>

#include "base/clock.h"
#include "nbd/kernel.h"

#define ANSWER_SECONDS 5   /* netlink usually answers at once */
#define BLOCK_SIZE     512 /* the default */
#define SYSFS_SECTOR   512
#define AWAIT_MS       1000 /* for a device to be attached or detached */
#define AWAIT_STEP_MS  10

static struct nlmsghdr *
begin_message(void *buf, uint16_t family, uint32_t sequence, uint8_t command,
    uint8_t version)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g;

	h->nlmsg_type = family;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = sequence;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->cmd = command;
	g->version = version;
	return h;
}

size_t
nbd_kernel_message(void *buf, uint16_t family, uint32_t sequence,
    const struct nbd_link *link, bool rejoin)
{
	struct nlattr *sockets, *item;
	struct nlmsghdr *h = begin_message(buf, family, sequence,
	    rejoin ? NBD_CMD_RECONFIGURE : NBD_CMD_CONNECT, NBD_GENL_VERSION);

	if (link->index >= 0)
		mnl_attr_put_u32(h, NBD_ATTR_INDEX, (uint32_t)link->index);
	if (!rejoin) {
		mnl_attr_put_u64(h, NBD_ATTR_SIZE_BYTES, link->size);
		mnl_attr_put_u64(h, NBD_ATTR_BLOCK_SIZE_BYTES,
		    link->block != 0 ? link->block : BLOCK_SIZE);
		mnl_attr_put_u64(h, NBD_ATTR_SERVER_FLAGS, link->flags);
	}
	mnl_attr_put_u64(h, NBD_ATTR_TIMEOUT, link->timeout);
	mnl_attr_put_u64(h, NBD_ATTR_DEAD_CONN_TIMEOUT, link->outage);
	mnl_attr_put_strz(h, NBD_ATTR_BACKEND_IDENTIFIER, link->identity);
	sockets = mnl_attr_nest_start(h, NBD_ATTR_SOCKETS);
	item = mnl_attr_nest_start(h, NBD_SOCK_ITEM);
	mnl_attr_put_u32(h, NBD_SOCK_FD, (uint32_t)link->socket);
	mnl_attr_nest_end(h, item);
	mnl_attr_nest_end(h, sockets);
	return h->nlmsg_len;
}

/* --- requests ---------------------------------------------------------- */

/* What we look for in an answer. */
struct answer {
	struct nbd_kernel *kernel;
	uint32_t group;
	int index;
};

/*
 * Send a request, and read messages until the kernel has acknowledged it. Drop
 * answers to an earlier request that had timed out. Returns 0, or -1 with the
 * errno of the kernel.
 */
static int
transact(struct nbd_kernel *k, struct nlmsghdr *request, mnl_cb_t on_message,
    struct answer *answer)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	const struct nlmsghdr *first = (const struct nlmsghdr *)buf;
	unsigned port = mnl_socket_get_portid(k->requests);
	ssize_t n;
	int result = 1;

	if (mnl_socket_sendto(k->requests, request, request->nlmsg_len) == -1)
		return -1;
	while (result > 0) {
		n = mnl_socket_recvfrom(k->requests, buf, sizeof(buf));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			if (errno == EAGAIN)
				errno = ETIMEDOUT;
			return -1;
		}
		if ((size_t)n >= sizeof(*first) &&
		    first->nlmsg_seq != request->nlmsg_seq)
			continue;
		result = mnl_cb_run(buf, (size_t)n, request->nlmsg_seq, port,
		    on_message, answer);
	}
	return result;
}

/* The family has one multicast group. */
static void
take_group(const struct nlattr *groups, struct answer *answer)
{
	const struct nlattr *group, *attr;

	mnl_attr_for_each_nested(group, groups)
	{
		mnl_attr_for_each_nested(attr, group)
		{
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				answer->group = mnl_attr_get_u32(attr);
		}
	}
}

static int
on_family(const struct nlmsghdr *h, void *arg)
{
	struct answer *answer = arg;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			answer->kernel->family = mnl_attr_get_u16(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			take_group(attr, answer);
	}
	return MNL_CB_OK;
}

/* The index is in the answer to CONNECT, and in the event LINK_DEAD. */
static int
on_index(const struct nlmsghdr *h, void *arg)
{
	struct answer *answer = arg;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == NBD_ATTR_INDEX)
			answer->index = (int)mnl_attr_get_u32(attr);
	}
	return MNL_CB_OK;
}

static struct mnl_socket *
open_socket(int flags)
{
	struct timeval limit = {ANSWER_SECONDS, 0};
	struct mnl_socket *s = mnl_socket_open2(NETLINK_GENERIC, flags);

	if (s == NULL)
		return NULL;
	setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVTIMEO, &limit,
	    sizeof(limit));
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == -1) {
		mnl_socket_close(s);
		return NULL;
	}
	return s;
}

int
nbd_kernel_open(struct nbd_kernel *k)
{
	char buf[NBD_KERNEL_MESSAGE_MAX];
	struct answer answer = {.kernel = k};
	struct nlmsghdr *h;

	memset(k, 0, sizeof(*k));
	k->requests = open_socket(SOCK_CLOEXEC);
	k->events = open_socket(SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (k->requests == NULL || k->events == NULL)
		goto fail;
	h = begin_message(
	    buf, GENL_ID_CTRL, ++k->sequence, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME);
	if (transact(k, h, on_family, &answer) == -1)
		goto fail;
	if (mnl_socket_setsockopt(k->events, NETLINK_ADD_MEMBERSHIP,
		&answer.group, sizeof(answer.group)) == -1)
		goto fail;
	return 0;
fail:
	nbd_kernel_close(k);
	return -1;
}

void
nbd_kernel_close(struct nbd_kernel *k)
{
	int saved = errno;

	if (k->requests != NULL)
		mnl_socket_close(k->requests);
	if (k->events != NULL)
		mnl_socket_close(k->events);
	memset(k, 0, sizeof(*k));
	errno = saved;
}

int
nbd_kernel_event_fd(const struct nbd_kernel *k)
{
	return mnl_socket_get_fd(k->events);
}

int
nbd_kernel_connect(struct nbd_kernel *k, const struct nbd_link *link)
{
	char buf[NBD_KERNEL_MESSAGE_MAX];
	struct answer answer = {.index = link->index};

	nbd_kernel_message(buf, k->family, ++k->sequence, link, false);
	if (transact(k, (struct nlmsghdr *)buf, on_index, &answer) == -1)
		return -1;
	return answer.index;
}

int
nbd_kernel_rejoin(struct nbd_kernel *k, const struct nbd_link *link)
{
	char buf[NBD_KERNEL_MESSAGE_MAX];

	nbd_kernel_message(buf, k->family, ++k->sequence, link, true);
	return transact(k, (struct nlmsghdr *)buf, NULL, NULL);
}

int
nbd_kernel_disconnect(struct nbd_kernel *k, int index)
{
	char buf[NBD_KERNEL_MESSAGE_MAX];
	struct nlmsghdr *h = begin_message(buf, k->family, ++k->sequence,
	    NBD_CMD_DISCONNECT, NBD_GENL_VERSION);

	mnl_attr_put_u32(h, NBD_ATTR_INDEX, (uint32_t)index);
	return transact(k, h, NULL, NULL);
}

int
nbd_kernel_next_dead(struct nbd_kernel *k)
{
	char buf[8192];
	struct answer answer = {.index = -1};
	ssize_t n;

	n = mnl_socket_recvfrom(k->events, buf, sizeof(buf));
	if (n == -1)
		return -1;
	mnl_cb_run(buf, (size_t)n, 0, 0, on_index, &answer);
	if (answer.index == -1)
		errno = EAGAIN;
	return answer.index;
}

/* --- sysfs ------------------------------------------------------------- */

static const char *
block_path(char *buf, size_t size, int index, const char *name)
{
	const char *sys = getenv("VM_SYS");

	snprintf(buf, size, "%s/block/nbd%d%s", sys != NULL ? sys : "/sys",
	    index, name);
	return buf;
}

bool
nbd_kernel_exists(int index)
{
	char path[256];

	return access(block_path(path, sizeof(path), index, ""), F_OK) == 0;
}

/* Read the first word of a sysfs file of the device. False: there is none. */
static bool
read_word(int index, const char *name, char word[NBD_CLIENT_IDENTITY_SIZE])
{
	char path[256];
	FILE *f = fopen(block_path(path, sizeof(path), index, name), "re");
	bool found;

	if (f == NULL)
		return false;
	found = fscanf(f, "%79s", word) == 1;
	fclose(f);
	return found;
}

static uint64_t
device_size(int index)
{
	char word[NBD_CLIENT_IDENTITY_SIZE];

	if (!read_word(index, "/size", word))
		return 0;
	return strtoull(word, NULL, 10) * SYSFS_SECTOR;
}

bool
nbd_kernel_is_attached(int index)
{
	char path[256];

	return access(block_path(path, sizeof(path), index, "/pid"), F_OK) ==
		   0 &&
	       device_size(index) > 0;
}

bool
nbd_kernel_await(int index, bool attached)
{
	int waited;

	for (waited = 0; waited < AWAIT_MS; waited += AWAIT_STEP_MS) {
		if (nbd_kernel_is_attached(index) == attached)
			return true;
		clock_sleep_ms(AWAIT_STEP_MS);
	}
	return nbd_kernel_is_attached(index) == attached;
}

int
nbd_kernel_look(
    int index, char identity[NBD_CLIENT_IDENTITY_SIZE], uint64_t *size)
{
	*size = device_size(index);
	if (*size > 0 && read_word(index, "/backend", identity))
		return 0;
	errno = ENOENT;
	return -1;
}

int
nbd_kernel_tune(int index, const char *name, unsigned value)
{
	char path[256], queue[64];
	int result;
	FILE *f;

	snprintf(queue, sizeof(queue), "/queue/%s", name);
	f = fopen(block_path(path, sizeof(path), index, queue), "we");
	if (f == NULL)
		return -1;
	result = fprintf(f, "%u", value) < 0 ? -1 : 0;
	if (fclose(f) == EOF)
		result = -1;
	return result;
}
