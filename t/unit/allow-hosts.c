/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <string.h>

#include "check.h"
#include "unix/allow-hosts.h"

/* Does this list allow a connection to the host at this address? */
static bool
reach(const char *list, const char *host, const char *address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	char shown[ALLOW_HOSTS_SHOWN];

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return allow_hosts_reach(list, host, (struct sockaddr *)&v4);
	CHECK(inet_pton(AF_INET6, address, &v6.sin6_addr) == 1);
	allow_hosts_show((struct sockaddr *)&v6, shown);
	CHECK(inet_pton(AF_INET6, shown, &v6.sin6_addr) == 1);
	return allow_hosts_reach(list, host, (struct sockaddr *)&v6);
}

static void
check_names(void)
{
	CHECK(allow_hosts_names("a.example", "a.example"));
	CHECK(allow_hosts_names("b, A.Example", "a.eXample."));
	CHECK(allow_hosts_names("a.example.", "a.example"));
	CHECK(!allow_hosts_names("a.example", "a.example.org"));
	CHECK(!allow_hosts_names("a.example", "ba.example"));
	CHECK(!allow_hosts_names("a.example", "a"));
	CHECK(!allow_hosts_names("", "a") && !allow_hosts_names(" ,", "a"));
	CHECK(!allow_hosts_names("*", "a"));
	CHECK(allow_hosts_names("*.example", "a.example"));
	CHECK(allow_hosts_names("*.example", "b.a.EXAMPLE"));
	CHECK(!allow_hosts_names("*.example", "example"));
	CHECK(!allow_hosts_names("*.example", ".example"));
	CHECK(!allow_hosts_names("*.example", "anexample"));
	CHECK(allow_hosts_names("::1 b", "[::1]"));
	CHECK(allow_hosts_names("[::1]", "::1"));
}

static void
check_near(void)
{
	static const char *const near[] = {"127.0.0.1", "127.9.8.7", "0.0.0.0",
	    "0.1.2.3", "169.254.0.1", "169.254.169.254", "224.0.0.1",
	    "239.255.255.250", "255.255.255.255", "240.0.0.1", "::", "::1",
	    "fe80::1", "febf::1", "ff02::1", "::ffff:127.0.0.1", "::127.0.0.1",
	    "::ffff:169.254.169.254", "64:ff9b::7f00:1",
	    "2002:7f00:1::", "::ffff:0.0.0.0"};
	static const char *const far[] = {"192.0.2.7", "10.254.253.252",
	    "128.0.0.1", "126.0.0.1", "169.253.0.1", "223.255.255.254",
	    "2001:db8::1", "fec0::1", "fd00::1", "::ffff:192.0.2.7",
	    "64:ff9b::c000:207", "2002:c000:207::"};
	size_t i;

	for (i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		CHECK(!reach("*", "a", near[i]));
		CHECK(!reach("", "a", near[i]) && !reach("b *", "a", near[i]));
		CHECK(reach(NULL, "a", near[i]) && reach("b,a", "a", near[i]));
		CHECK(!allow_hosts_ask("*", near[i]));
	}
	for (i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		CHECK(reach("*", "a", far[i]) && reach("b,*", "a", far[i]));
		CHECK(!reach("", "a", far[i]) && !reach("b", "a", far[i]));
		CHECK(allow_hosts_ask("*", far[i]));
		CHECK(!allow_hosts_ask("b", far[i]));
	}
	/* The list has the address, not the host's name. */
	CHECK(reach("127.0.0.1", "a", "127.0.0.1"));
	CHECK(!reach("127.0.0.1", "a", "127.0.0.2"));
}

static void
check_ask(void)
{
	struct sockaddr other = {.sa_family = AF_UNIX};

	CHECK(allow_hosts_ask("*", "a.example") && allow_hosts_ask(NULL, "a"));
	CHECK(!allow_hosts_ask("b", "a.example"));
	CHECK(allow_hosts_ask("b", "b") && !allow_hosts_ask("", "b"));
	CHECK(!allow_hosts_ask("*", "LocalHost."));
	CHECK(!allow_hosts_ask("*", "a.localhost"));
	CHECK(allow_hosts_ask("*", "notlocalhost"));
	CHECK(allow_hosts_ask("*,localhost", "localhost"));
	CHECK(!allow_hosts_ask("*", "[::1]"));
	CHECK(!allow_hosts_ask("*", "fe80::1%eth0"));
	CHECK(!allow_hosts_ask("*", "2130706433"));
	CHECK(!allow_hosts_ask("*", "0x7f.1") && !allow_hosts_ask("*", "0"));
	CHECK(!allow_hosts_reach("*", "a", &other));
}

int
main(void)
{
	check_names();
	check_near();
	check_ask();
	return check_status();
}
