/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "image/text.h"

#define TEXT_MAX     4096 /* bytes that are judged */
#define TEXT_MIN     16	  /* characters, if TEXT_MAX bytes are judged */
#define UNITS_MIN    4	  /* the least for UTF-16 without a byte order mark */
#define UNITS_LOOK   16
#define XHTML_SEARCH 1024 /* bytes after <?xml in which <html must come */

static const struct image_foreign html = {
    .name = "html", .reason = "it is a web page (a login page?), not an image"};
static const struct image_foreign json = {.name = "json",
    .reason = "not an image: text in JSON (an error of the server?)"};
static const struct image_foreign xml = {.name = "xml",
    .reason = "not an image: text in XML (an error of the server?)"};
static const struct image_foreign checksums = {.name = "checksums",
    .reason = "not an image: text, a list of checksums: give the URL of the "
	      "image itself"};
static const struct image_foreign vmdk = {.name = "vmdk",
    .reason = "not an image: text that describes a VMDK disk of a virtual "
	      "machine, whose data is in other files: convert it there "
	      "(qemu-img convert -O raw)"};
static const struct image_foreign text = {
    .name = "text", .reason = "not an image: text"};

/* The text to judge: a byte for each character; those beyond ASCII are 0x80. */
struct letters {
	char s[TEXT_MAX + 1];
	size_t len;
	bool binary; /* has a character that no text has */
	bool utf8;   /* is UTF-8 that is not only ASCII */
};

/* "A binary data byte", WHATWG MIME Sniffing section 3. */
static bool
is_binary(unsigned c)
{
	return c < 0x09 || c == 0x0b || (c > 0x0d && c < 0x20 && c != 0x1b);
}

static void
add(struct letters *l, unsigned c)
{
	l->binary |= is_binary(c);
	l->s[l->len++] = (char)(c < 0x80 ? c : 0x80);
}

static void
take_utf16(struct letters *l, const uint8_t *p, size_t len, bool big)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		add(l, big ? p[i] << 8 | p[i + 1] : p[i + 1] << 8 | p[i]);
	while (l->len > 0 && l->s[l->len - 1] == '\0')
		l->len--;
	for (l->binary = false, i = 0; i < l->len; i++)
		l->binary |= is_binary((unsigned char)l->s[i]);
}

/* In UTF-16 without a mark, every second byte of the first characters is 0. */
static bool
is_utf16(const uint8_t *p, size_t len, bool big)
{
	size_t units = len / 2, i;

	if (units < UNITS_MIN)
		return false;
	for (i = 0; i < units && i < UNITS_LOOK; i++) {
		if (p[2 * i + (big ? 0 : 1)] != 0)
			return false;
		if (is_binary(p[2 * i + (big ? 1 : 0)]))
			return i >= UNITS_MIN && p[2 * i + (big ? 1 : 0)] == 0;
	}
	return true;
}

/* Is it UTF-8 that is not only ASCII? The last character may be incomplete. */
static bool
is_utf8(const uint8_t *p, size_t len)
{
	size_t i = 0, rest, n = 0;

	while (i < len) {
		rest = p[i] < 0x80	       ? 0
		       : (p[i] & 0xe0) == 0xc0 ? 1
		       : (p[i] & 0xf0) == 0xe0 ? 2
		       : (p[i] & 0xf8) == 0xf0 ? 3
					       : len;
		if (rest == len)
			return false;
		n += rest > 0;
		for (i++; rest > 0 && i < len; rest--, i++)
			if ((p[i] & 0xc0) != 0x80)
				return false;
	}
	return n > 0;
}

static void
take(struct letters *l, const uint8_t *p, size_t len)
{
	size_t i;

	if (len > TEXT_MAX)
		len = TEXT_MAX;
	if (len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) ||
			    (p[0] == 0xfe && p[1] == 0xff))) {
		take_utf16(l, p + 2, len - 2, p[0] == 0xfe);
		return;
	}
	if (is_utf16(p, len, false) || is_utf16(p, len, true)) {
		take_utf16(l, p, len, p[0] == 0);
		return;
	}
	while (len > 0 && p[len - 1] == 0)
		len--;
	l->utf8 = is_utf8(p, len);
	i = len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	for (; i < len; i++)
		add(l, p[i]);
}

/*
 * Text is UTF-8 beyond ASCII, or text in any character set with ASCII letters
 * or digits, and an eighth of it ASCII. A disk full of FF is not text.
 */
static bool
is_text(const struct letters *l, size_t len)
{
	size_t ascii = 0, words = 0, i;

	if (l->binary || l->len == 0 || (l->len < TEXT_MIN && len >= TEXT_MAX))
		return false;
	for (i = 0; i < l->len; i++) {
		ascii += (unsigned char)l->s[i] < 0x80;
		words += isalnum((unsigned char)l->s[i]) || l->s[i] == '{' ||
			 l->s[i] == '[';
	}
	return l->utf8 || (words > 0 && ascii >= l->len / 8);
}

/* --- kinds of text ----------------------------------------------------- */

static const char *
skip_space(const char *s)
{
	return s + strspn(s, "\t\n\f\r ");
}

static bool
starts_with(const char *s, const char *word)
{
	return strncasecmp(s, word, strlen(word)) == 0;
}

/* WHATWG MIME Sniffing section 7.1: a tag ends with a space or ">". */
static bool
is_html(const char *s)
{
	static const char *const tags[] = {"<!doctype html", "<html", "<head",
	    "<script", "<iframe", "<h1", "<div", "<font", "<table", "<a",
	    "<style", "<title", "<b", "<body", "<br", "<p", "<meta", "<center"};
	size_t i, n;

	if (starts_with(s, "<!--"))
		return true;
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		n = strlen(tags[i]);
		if (starts_with(s, tags[i]) &&
		    (s[n] == '>' || isspace((unsigned char)s[n])))
			return true;
	}
	if (!starts_with(s, "<?xml"))
		return false;
	for (n = 0; n < XHTML_SEARCH && s[n] != '\0'; n++)
		if (starts_with(s + n, "<html"))
			return true;
	return false;
}

static bool
is_json(const char *s)
{
	const char *next;

	if (*s != '{' && *s != '[')
		return false;
	next = skip_space(s + 1);
	if (*s == '{')
		return *next == '"' || *next == '}';
	return *next != '\0' && strchr("{[\"]-0123456789", *next) != NULL;
}

/* "HEX  NAME" of sha256sum(1), or "SHA256 (NAME) = HEX" of BSD. */
static bool
is_checksums(const char *s)
{
	static const char *const names[] = {
	    "MD5 (", "SHA1 (", "SHA224 (", "SHA256 (", "SHA384 (", "SHA512 ("};
	size_t n = strspn(s, "0123456789abcdefABCDEF"), i;

	if (n == 32 || n == 40 || n == 56 || n == 64 || n == 96 || n == 128)
		return s[n] == '\0' || isspace((unsigned char)s[n]);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (starts_with(s, names[i]))
			return true;
	return starts_with(s, "-----BEGIN PGP SIGNED MESSAGE");
}

const struct image_foreign *
image_text(const void *head, size_t len)
{
	struct letters l = {.len = 0};
	const char *s;

	take(&l, head, len);
	l.s[l.len] = '\0';
	s = skip_space(l.s);
	if (is_html(s))
		return &html;
	if (!is_text(&l, len))
		return NULL;
	if (starts_with(s, "<?xml") ||
	    (*s == '<' && (isalpha((unsigned char)s[1]) || s[1] == '!')))
		return &xml;
	if (starts_with(s, "# Disk DescriptorFile"))
		return &vmdk;
	if (is_json(s))
		return &json;
	return is_checksums(s) ? &checksums : &text;
}
