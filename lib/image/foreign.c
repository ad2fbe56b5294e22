/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "image/foreign.h"

#define XHTML_SEARCH 1024 /* bytes after <?xml in which <html must come */

/* What begins with these bytes is no image, or none that a host can read. */
static const struct {
	enum image_format format;
	size_t len;
	const char *magic;
} foreign[] = {
    {IMAGE_XZ, 6, "\xfd\x37\x7a\x58\x5a\x00"},
    {IMAGE_GZIP, 3, "\x1f\x8b\x08"},
    {IMAGE_ZSTD, 4, "\x28\xb5\x2f\xfd"},
    {IMAGE_BZIP2, 3, "BZh"},
    {IMAGE_ZIP, 4, "PK\x03\x04"},
    {IMAGE_QCOW2, 4, "QFI\xfb"},
    {IMAGE_VMDK, 4, "KDMV"},
    {IMAGE_VHDX, 8, "vhdxfile"},
};

static bool
starts_with(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && strncasecmp(s, word, n) == 0;
}

bool
image_is_html(const void *head, size_t len)
{
	static const char *const signs[] = {"<!doctype html", "<html", "<head",
	    "<body", "<script", "<title", "<!--"};
	const char *s = head, *end = s + len;
	size_t i;

	if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		s += 3;
	while (s < end && (*s == ' ' || (*s >= '\t' && *s <= '\r')))
		s++;
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (starts_with(s, end - s, signs[i]))
			return true;
	if (!starts_with(s, end - s, "<?xml"))
		return false;
	if (end - s > XHTML_SEARCH)
		end = s + XHTML_SEARCH;
	for (; s < end; s++)
		if (starts_with(s, end - s, "<html"))
			return true;
	return false;
}

enum image_format
image_foreign_format(const void *head, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (len >= foreign[i].len &&
		    memcmp(head, foreign[i].magic, foreign[i].len) == 0)
			return foreign[i].format;
	return image_is_html(head, len) ? IMAGE_HTML : IMAGE_RAW;
}
