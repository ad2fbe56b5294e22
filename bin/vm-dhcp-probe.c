/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * vm-dhcp-probe: show which DHCP servers answer on an adapter's network. It
 * asks them, but takes no lease. With -w it only shows who asks there.
 */
#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "base/options.h"
#include "base/output.h"
#include "netboot/event.h"
#include "netboot/probe.h"
#include "unix/privileges.h"
#include "unix/sandbox.h"

#define SECONDS	  5  /* dnsmasq answers after 3: it first pings the address */
#define SERVERS	  64 /* repeated offers of further servers are printed */
#define EX_NOBODY 1

static void
usage(FILE *out)
{
	fputs("usage: vm-dhcp-probe [-1hV] [-a ARCHITECTURE] [-t SECONDS] "
	      "ADAPTER\n"
	      "       vm-dhcp-probe -w ADAPTER\n",
	    out);
}

/* The servers that have answered so far. */
struct seen {
	struct in_addr servers[SERVERS];
	unsigned count;
};

/* Is this the first offer of the server? */
static bool
is_new(struct seen *seen, struct in_addr server)
{
	unsigned i;

	for (i = 0; i < seen->count; i++)
		if (seen->servers[i].s_addr == server.s_addr)
			return false;
	if (seen->count < SERVERS)
		seen->servers[seen->count++] = server;
	return true;
}

static void
print_address(struct in_addr address)
{
	char text[INET_ADDRSTRLEN];

	fputs(address.s_addr != 0
		  ? inet_ntop(AF_INET, &address, text, sizeof(text))
		  : "-",
	    stdout);
	putchar('\t');
}

/* Print an offer at once: the reader may wait for the first one. */
static void
print_offer(const struct dhcp_offer *offer, int64_t after)
{
	print_address(offer->server);
	print_address(offer->address);
	print_address(offer->next);
	printf("%s\t%" PRId64 "\n", offer->file[0] != '\0' ? offer->file : "-",
	    after);
	fflush(stdout);
}

/* Give up rights and system calls before we read strangers' packets. */
static void
give_up_rights(void)
{
	if (become_user(NULL) == -1)
		err(EX_OSERR, "unable to give up root");
	if (sandbox_enter_strict() == -1 && !sandbox_is_missing(errno))
		err(EX_OSERR, "unable to enter the sandbox");
}

static int
probe(const char *adapter, int architecture, unsigned seconds, bool is_first)
{
	struct seen seen = {.count = 0};
	struct dhcp_offer offer;
	struct failure why;
	struct probe p;
	int64_t after;
	int result;

	if (probe_open(&p, adapter, architecture, &why) == -1)
		errx(why.status, "%s", why.text);
	give_up_rights();
	while ((result = probe_next(
		    &p, (int64_t)seconds * 1000, &offer, &after, &why)) == 1) {
		if (!is_new(&seen, offer.server))
			continue;
		print_offer(&offer, after);
		if (is_first)
			break;
	}
	if (result == -1)
		errx(why.status, "%s", why.text);
	probe_close(&p);
	return seen.count > 0 ? 0 : EX_NOBODY;
}

static void
print_request(const struct dhcp_request *r)
{
	char mac[EVENT_MAC_SIZE], client[EVENT_CLIENT_SIZE];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	printf("%jd.%03ld\t%s\t%s\t%s\n", (intmax_t)now.tv_sec,
	    now.tv_nsec / 1000000, event_write_mac(mac, r->mac),
	    dhcp_type_name(r->type),
	    event_client(client, r->is_firmware, r->is_ipxe, r->architecture));
	if (fflush(stdout) == EOF)
		exit(EX_IOERR);
}

/* Print requests until somebody ends us. */
static void
watch(const char *adapter)
{
	struct dhcp_request request;
	struct failure why;
	struct probe p;

	if (probe_open_watch(&p, adapter, &why) == -1)
		errx(why.status, "%s", why.text);
	give_up_rights();
	while (probe_watch(&p, &request, &why) == 0)
		print_request(&request);
	errx(why.status, "%s", why.text);
}

int
main(int argc, char **argv)
{
	uint64_t seconds = SECONDS, architecture;
	bool is_first = false, is_watch = false;
	int arch = -1, c;

	output_check_at_exit();
	while ((c = options_next(argc, argv, "1a:ht:Vw")) != -1) {
		switch (c) {
		case '1':
			is_first = true;
			break;
		case 'a':
			if (number_parse(
				optarg, 0, UINT16_MAX, &architecture) == -1)
				errx(EX_USAGE,
				    "%s is not an architecture, such as 0 or 7",
				    optarg);
			arch = (int)architecture;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 't':
			if (number_parse(optarg, 1, 3600, &seconds) == -1)
				errx(EX_USAGE,
				    "unable to wait for %s s, only for 1 to "
				    "3600",
				    optarg);
			break;
		case 'V':
			puts("vm-dhcp-probe " VERSION);
			return 0;
		case 'w':
			is_watch = true;
			break;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (argc - optind != 1) {
		usage(stderr);
		return EX_USAGE;
	}
	if (is_watch)
		watch(argv[optind]);
	return probe(argv[optind], arch, (unsigned)seconds, is_first);
}
