/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * 10,000 requests to vm-redfish with bytes changed, left out, doubled and cut.
 * The seed is 1, or the number on the command line; so they are the same each
 * time.
 */
#include <stdint.h>
#include <stdio.h>

#include "check.h"
#include "redfish-fake.h"

#define REQUESTS 10000
#define SIZE	 4096

#define HEAD(method, path)                                          \
	"REQUEST_METHOD\n" method "\nREQUEST_URI\n/redfish" path    \
	"\nCONTENT_TYPE\napplication/json\nHTTP_HOST\nbmc\n"        \
	"HTTP_ORIGIN\nhttps://bmc\nHTTP_X_AUTH_TOKEN\n0123456789\n" \
	"HTTP_IF_MATCH\n*\nREMOTE_ADDR\n::1\nSERVER_PORT\n443\n\1"

static const char *const seeds[] = {
    HEAD("GET", ""),
    HEAD("HEAD", "/v1/?only&x=1"),
    HEAD("GET", "/v1/$metadata"),
    HEAD("GET", "/v1/Registries/Vmedia.1.0/Vmedia.1.0.0.json"),
    HEAD("POST", "/v1/SessionService/Sessions") "{\"UserName\":\"root\","
						"\"Password\":\"secret\"}",
    HEAD("DELETE", "/v1/SessionService/Sessions/1"),
    HEAD("PATCH", "/v1/AccountService") "{\"MinPasswordLength\":8}",
    HEAD("POST", "/v1/AccountService/Accounts") "{\"UserName\":\"ann\",\"Pass"
						"word\":\"secret-one\","
						"\"RoleId\":\"Operator\"}",
    HEAD("PATCH", "/v1/AccountService/Accounts/root") "{\"Enabled\":true,"
						      "\"@odata.id\":[{}]}",
    HEAD("GET", "/v1/Systems/system"),
    HEAD("PATCH", "/v1/Systems/system") "{\"Boot\":{"
					"\"BootSourceOverrideTarget\":\"Cd\"}}",
    HEAD("GET", "/v1/Managers/bmc/VirtualMedia/Slot_0"),
    HEAD("POST", "/v1/Systems/system/VirtualMedia/Slot_0/Actions/"
		 "VirtualMedia.InsertMedia") "{\"Image\":\"https://u:p@h/a.iso"
					     "?x=1\",\"Inserted\":true}",
    HEAD("PATCH", "/v1/Systems/system/VirtualMedia/Slot_1") "{\"Image\":null,"
							    "\"EjectTimeout\":"
							    "\"PT5M\"}",
    "REQUEST_METHOD\nGET\nREQUEST_URI\n/redfish/v1/AccountService\n"
    "HTTP_AUTHORIZATION\nBasic cm9vdDowcGVuQm1j\nHTTP_IF_NONE_MATCH\n"
    "W/\"0\", *\nHTTP_ODATA_VERSION\n4.0\n",
};

static uint32_t chance = 1;

static uint32_t
next(uint32_t below)
{
	chance = chance * 1664525u + 1013904223u;
	return (chance >> 8) % below;
}

/* Spoil a request at one place. Returns its length now. */
static size_t
spoil(char *bytes, size_t len)
{
	static const char spoilers[] = "\n\1\"\\{}[]:,%/*$\r\t\xff\xc3 \177";
	size_t at = next((uint32_t)len), n = next(32) + 1;

	switch (next(5)) {
	case 0:
		bytes[at] = spoilers[next(sizeof(spoilers))];
		return len;
	case 1:
		bytes[at] ^= (char)(1u << next(8));
		return len;
	case 2: /* leave some out */
		n = n < len - at ? n : len - at;
		memmove(bytes + at, bytes + at + n, len - at - n);
		return len - n > 0 ? len - n : 1;
	case 3: /* double some */
		n = n < len - at ? n : len - at;
		if (len + n > SIZE)
			return len;
		memmove(bytes + at + n, bytes + at, len - at);
		return len + n;
	default:
		return at > 0 ? at : 1;
	}
}

int
main(int argc, char **argv)
{
	const size_t count = sizeof(seeds) / sizeof(seeds[0]);
	char bytes[SIZE];
	uint32_t i, times;
	size_t len;

	if (argc > 1)
		chance = (uint32_t)strtoul(argv[1], NULL, 10);
	for (i = 0; i < count; i++)
		CHECK(fake_request(seeds[i], strlen(seeds[i])));
	for (i = 0; i < REQUESTS && check_failures == 0; i++) {
		len = strlen(seeds[i % count]);
		memcpy(bytes, seeds[i % count], len);
		for (times = next(4) + 1; times > 0; times--)
			len = spoil(bytes, len);
		CHECK(fake_request(bytes, len));
	}
	return check_status();
}
