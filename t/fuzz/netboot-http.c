/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz what vm-netboot-http reads: a path, a range, and a line of the table of
 * neighbours. A name always names a file in one directory, and a range lies
 * within the file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netboot/neighbours.h"
#include "netboot/path.h"
#include "netboot/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_path(const char *text)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+";
	struct netboot_path p;

	netboot_path_take(text, &p);
	if (p.token[TOKEN_DIGITS] != '\0' || p.name[NAME_SIZE - 1] != '\0' ||
	    p.name[0] == '.' || p.name[strspn(p.name, allowed)] != '\0')
		abort();
	netboot_path_is_for(&p, "00112233445566778899aabbccddeeff");
}

static void
check_range(const char *text, uint64_t size)
{
	struct range r;

	switch (range_take(text, size, &r)) {
	case RANGE_WHOLE:
		if (r.begin != 0 || r.length != size)
			abort();
		break;
	case RANGE_PART:
		if (r.length == 0 || r.begin >= size ||
		    r.length > size - r.begin)
			abort();
		break;
	case RANGE_OUTSIDE:
		break;
	}
}

/* The first 8 bytes are a size. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct in_addr wanted = {0x0500000a};
	unsigned char mac[MAC_SIZE];
	struct in_addr address;
	uint64_t length;
	char *text;

	if (size < sizeof(length))
		return 0;
	memcpy(&length, data, sizeof(length));
	data += sizeof(length);
	size -= sizeof(length);
	text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	check_path(text);
	check_range(text, length);
	neighbours_address(text, &address);
	neighbours_take(text, "tap0", wanted, mac);
	free(text);
	return 0;
}
