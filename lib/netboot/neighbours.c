/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <arpa/inet.h>
#include <net/if_arp.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "netboot/neighbours.h"

#define FIELDS	  6 /* address, type, flags, MAC, mask, adapter */
#define LINE_SIZE 512

/* --- a line ----------------------------------------------------------------- */

/* Split a line in place. Returns whether it has as many words as an entry. */
static bool
split(char *line, const char *words[FIELDS])
{
	char *rest = NULL, *word = strtok_r(line, " \t\n", &rest);
	int i;

	for (i = 0; i < FIELDS && word != NULL; i++) {
		words[i] = word;
		word = strtok_r(NULL, " \t\n", &rest);
	}
	return i == FIELDS && word == NULL;
}

/* Six pairs of digits with colons between them. */
static bool
take_mac(const char *text, unsigned char mac[MAC_SIZE])
{
	int i, high, low;

	if (strlen(text) != 3 * MAC_SIZE - 1)
		return false;
	for (i = 0; i < MAC_SIZE; i++, text += 3) {
		high = hex_digit(text[0]);
		low = hex_digit(text[1]);
		if (high == -1 || low == -1 ||
		    (i < MAC_SIZE - 1 && text[2] != ':'))
			return false;
		mac[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static bool
take_hex(const char *text, unsigned long *number)
{
	char *end;

	if (strncmp(text, "0x", 2) != 0)
		return false;
	*number = strtoul(text, &end, 16);
	return end > text + 2 && *end == '\0';
}

bool
neighbours_take(const char *line, const char *adapter, struct in_addr wanted,
    unsigned char mac[MAC_SIZE])
{
	const char *words[FIELDS];
	unsigned long type, flags;
	char copy[LINE_SIZE];
	struct in_addr found;

	if (strlen(line) >= sizeof(copy) || !split(strcpy(copy, line), words))
		return false;
	if (inet_pton(AF_INET, words[0], &found) != 1 ||
	    found.s_addr != wanted.s_addr)
		return false;
	if (adapter != NULL && strcmp(words[5], adapter) != 0)
		return false;
	if (!take_hex(words[1], &type) || type != ARPHRD_ETHER)
		return false;
	/* Proxy ARP (ATF_PUBL) is our own answer, not a neighbour's. */
	if (!take_hex(words[2], &flags) || (flags & ATF_COM) == 0 ||
	    (flags & ATF_PUBL) != 0)
		return false;
	return take_mac(words[3], mac);
}

/* --- the table ---------------------------------------------------------------- */

bool
neighbours_address(const char *text, struct in_addr *address)
{
	struct in6_addr long_one;

	if (inet_pton(AF_INET, text, address) == 1)
		return true;
	if (inet_pton(AF_INET6, text, &long_one) != 1 ||
	    !IN6_IS_ADDR_V4MAPPED(&long_one))
		return false;
	memcpy(address, &long_one.s6_addr[12], sizeof(*address));
	return true;
}

/* Returns 0, or -1 with errno. */
static int
find(FILE *file, const char *adapter, struct in_addr address,
    unsigned char mac[MAC_SIZE])
{
	unsigned char other[MAC_SIZE];
	char line[LINE_SIZE];
	bool is_found = false;

	while (fgets(line, sizeof(line), file) != NULL) {
		if (!neighbours_take(line, adapter, address, other))
			continue;
		if (is_found && memcmp(mac, other, MAC_SIZE) != 0) {
			errno = ENOENT;
			return -1;
		}
		memcpy(mac, other, MAC_SIZE);
		is_found = true;
	}
	if (ferror(file))
		return -1;
	errno = ENOENT;
	return is_found ? 0 : -1;
}

int
neighbours_mac(const char *table, const char *adapter, const char *address,
    unsigned char mac[MAC_SIZE])
{
	struct in_addr wanted;
	FILE *file;
	int result, saved;

	if (!neighbours_address(address, &wanted)) {
		errno = ENOENT;
		return -1;
	}
	file = fopen(table, "re");
	if (file == NULL)
		return -1;
	result = find(file, adapter, wanted, mac);
	saved = errno;
	fclose(file);
	errno = saved;
	return result;
}
