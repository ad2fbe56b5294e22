/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "base/base64.h"
#include "tus/checksum.h"

static const struct {
	const char *name;
	const br_hash_class *algorithm;
} known[] = {{"sha1", &br_sha1_vtable}, {"sha256", &br_sha256_vtable}};

static size_t
digest_size(const br_hash_class *algorithm)
{
	return algorithm->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
}

const char *
tus_checksum_take(const char *header, struct tus_checksum *c)
{
	size_t name = strcspn(header, " "), i;
	const char *value = header + name + 1;
	int size;

	c->algorithm = NULL;
	if (header[name] == '\0')
		return "Upload-Checksum must be a name, a space and base64.";
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == name &&
		    memcmp(known[i].name, header, name) == 0)
			c->algorithm = known[i].algorithm;
	if (c->algorithm == NULL)
		return "Upload-Checksum must be of sha1 or sha256.";
	size = base64_decode_bytes(
	    c->digest, sizeof(c->digest), value, strlen(value));
	if (size == -1 || (size_t)size != digest_size(c->algorithm)) {
		c->algorithm = NULL;
		return "Upload-Checksum is no base64 of a checksum's length.";
	}
	return NULL;
}

void
tus_sum_begin(struct tus_sum *s, const struct tus_checksum *c)
{
	c->algorithm->init(&s->context.vtable);
}

void
tus_sum_add(struct tus_sum *s, const void *bytes, size_t len)
{
	s->context.vtable->update(&s->context.vtable, bytes, len);
}

bool
tus_sum_fits(const struct tus_sum *s, const struct tus_checksum *c)
{
	unsigned char digest[TUS_DIGEST_SIZE];

	c->algorithm->out(&s->context.vtable, digest);
	return memcmp(digest, c->digest, digest_size(c->algorithm)) == 0;
}
