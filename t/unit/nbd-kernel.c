/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Requests to the kernel over generic netlink. The family here is "nlctrl",
 * which every kernel has; it knows none of NBD's requests.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "check.h"
#include "nbd/kernel.h"

/* Send a request that nlctrl answers with two messages, and do not read
 * them. */
static int
leave_answers(struct nbd_kernel *k)
{
	char buf[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g;

	h->nlmsg_type = GENL_ID_CTRL;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = ++k->sequence;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->cmd = CTRL_CMD_GETFAMILY;
	g->version = 1;
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, "nlctrl");
	return mnl_socket_sendto(k->requests, h, h->nlmsg_len) == -1 ? -1 : 0;
}

/* The answer to a request that was given up is not taken for the next one's. */
static void
test_late_answer(void)
{
	struct nbd_kernel k = {.family = GENL_ID_CTRL};
	int i;

	k.requests = mnl_socket_open(NETLINK_GENERIC);
	CHECK(k.requests != NULL);
	if (k.requests == NULL)
		return;
	CHECK(mnl_socket_bind(k.requests, 0, MNL_SOCKET_AUTOPID) == 0);
	for (i = 0; i < 3; i++) {
		CHECK(leave_answers(&k) == 0);
		errno = 0;
		CHECK(nbd_kernel_disconnect(&k, 0) == -1);
		CHECK(errno == EOPNOTSUPP);
	}
	mnl_socket_close(k.requests);
}

int
main(void)
{
	test_late_answer();
	return check_status();
}
