/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/number.h"
#include "door/certificates.h"
#include "unix/atomic-file.h"

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END   "-----END CERTIFICATE-----"

static void
path_of(char path[PATH_MAX], const char *dir, unsigned id)
{
	snprintf(path, PATH_MAX, "%s/%u.pem", dir, id);
}

/* Read a certificate, which the caller frees; NULL if there is none. */
static char *
read_one(const char *dir, unsigned id)
{
	char path[PATH_MAX], *text;
	FILE *f;
	size_t len = 0;

	path_of(path, dir, id);
	f = fopen(path, "re");
	if (f == NULL)
		return NULL;
	text = calloc(1, CERTIFICATE_SIZE + 1);
	if (text != NULL)
		len = fread(text, 1, CERTIFICATE_SIZE, f);
	fclose(f);
	if (len > 0)
		return text;
	free(text);
	return NULL;
}

char *
certificates_read(const char *dir)
{
	char *all = NULL, *one;
	size_t size = 0;
	FILE *out = NULL;
	unsigned id;

	for (id = 1; id <= CERTIFICATES_MAX; id++) {
		one = read_one(dir, id);
		if (one == NULL)
			continue;
		if (out == NULL)
			out = open_memstream(&all, &size);
		if (out != NULL)
			fputs(one, out);
		free(one);
	}
	if (out != NULL)
		fclose(out);
	return all;
}

void
certificates_list(const char *dir, struct json_text *out)
{
	char id_text[16], *one;
	unsigned id;

	json_begin_array(out, NULL);
	for (id = 1; id <= CERTIFICATES_MAX; id++) {
		one = read_one(dir, id);
		if (one == NULL)
			continue;
		snprintf(id_text, sizeof(id_text), "%u", id);
		json_begin_object(out, NULL);
		json_put_string(out, "id", id_text);
		json_put_string(out, "pem", one);
		json_end_object(out);
		free(one);
	}
	json_end_array(out);
}

/* In JSON a control character takes six bytes: a message has
 * no room for that. */
static bool
has_control_characters(const char *text)
{
	for (; *text != '\0'; text++)
		if (((unsigned char)*text < ' ' &&
			strchr("\t\r\n", *text) == NULL) ||
		    *text == 127)
			return true;
	return false;
}

/* Are these bytes one DER value of type SEQUENCE that begins with another
 * SEQUENCE, as a certificate does (RFC 5280 section 4.1)? */
static bool
is_sequence(const unsigned char *der, size_t size)
{
	size_t head = 2, len;

	if (size < 8 || der[0] != 0x30)
		return false;
	len = der[1];
	if (der[1] == 0x81) {
		len = der[2];
		head = 3;
	} else if (der[1] == 0x82) {
		len = (size_t)der[2] << 8 | der[3];
		head = 4;
	}
	return head + len == size && der[head] == 0x30;
}

/* Is this text, from between BEGIN and END, a certificate? */
static bool
is_certificate(const char *text, size_t len)
{
	char base64[CERTIFICATE_SIZE];
	unsigned char der[CERTIFICATE_SIZE];
	size_t count = 0;
	int size;

	for (; len > 0; text++, len--)
		if (strchr(" \t\r\n", *text) == NULL)
			base64[count++] = *text;
	size = base64_decode_bytes(der, sizeof(der), base64, count);
	return size > 0 && is_sequence(der, (size_t)size);
}

/* Is the text one certificate or more? A wrong one would make each mount
 * of the slot fail. */
static bool
is_pem(const char *text)
{
	const char *at = text, *end;
	unsigned count = 0;

	if (strlen(text) >= CERTIFICATE_SIZE || has_control_characters(text) ||
	    strstr(text, "PRIVATE KEY") != NULL)
		return false;
	for (; (at = strstr(at, BEGIN)) != NULL; at = end, count++) {
		at += strlen(BEGIN);
		end = strstr(at, END);
		if (end == NULL || !is_certificate(at, (size_t)(end - at)))
			return false;
	}
	return count > 0;
}

int
certificate_add(const char *dir, const char *pem)
{
	char path[PATH_MAX];
	unsigned id;

	if (!is_pem(pem)) {
		errno = EINVAL;
		return -1;
	}
	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return -1;
	for (id = 1; id <= CERTIFICATES_MAX; id++) {
		path_of(path, dir, id);
		if (access(path, F_OK) == 0)
			continue;
		return replace_file(path, pem, strlen(pem)) == 0 ? (int)id : -1;
	}
	errno = EDQUOT;
	return -1;
}

int
certificate_remove(const char *dir, const char *id)
{
	char path[PATH_MAX];
	uint64_t number;

	if (number_parse(id, 1, CERTIFICATES_MAX, &number) == -1) {
		errno = ENOENT;
		return -1;
	}
	path_of(path, dir, (unsigned)number);
	return unlink(path);
}
