/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/sums.h"

#define DIGITS (SUM_SIZE - 1)

/* The fields of one line of the text. */
struct line {
	const char *sum, *name; /* name is NULL if the line has none */
	size_t name_len;
};

static bool
are_digits(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && isxdigit((unsigned char)text[i]); i++)
		continue;
	return len == DIGITS && i == len;
}

bool
sum_is_valid(const char *text)
{
	return are_digits(text, strlen(text));
}

/* Parse HEX; or HEX, a blank, blanks or asterisks, and a name. */
static bool
take_gnu(const char *text, size_t len, struct line *out)
{
	/* GNU marks a line with a backslash if the name has one. */
	if (len > 0 && text[0] == '\\') {
		text++;
		len--;
	}
	if (len < DIGITS || !are_digits(text, DIGITS))
		return false;
	*out = (struct line){.sum = text};
	text += DIGITS;
	len -= DIGITS;
	if (len == 0)
		return true;
	if (len < 2 || (text[0] != ' ' && text[0] != '\t'))
		return false;
	text++;
	len--;
	while (len > 0 && (*text == ' ' || *text == '*')) {
		text++;
		len--;
	}
	out->name = text;
	out->name_len = len;
	return len > 0;
}

/* Returns the length of text without `last` at its end and blanks before that,
 * or 0 if the text does not end with `last`. */
static size_t
without(const char *text, size_t len, char last)
{
	if (len == 0 || text[len - 1] != last)
		return 0;
	for (len--; len > 0 && text[len - 1] == ' '; len--)
		continue;
	return len;
}

/* Parse SHA256 (NAME) = HEX. OpenSSL writes fewer blanks, and SHA2-256. */
static bool
take_bsd(const char *text, size_t len, struct line *out)
{
	static const char *const heads[] = {"SHA256 (", "SHA256(", "SHA2-256("};
	size_t i, head = 0;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]) && head == 0; i++)
		if (strncmp(text, heads[i], strlen(heads[i])) == 0)
			head = strlen(heads[i]);
	if (head == 0 || len < head + DIGITS ||
	    !are_digits(text + len - DIGITS, DIGITS))
		return false;
	out->sum = text + len - DIGITS;
	len = without(text, len - DIGITS, ' ');
	len = without(text, len, '=');
	if (len <= head || text[len - 1] != ')')
		return false;
	out->name = text + head;
	out->name_len = len - 1 - head;
	return true;
}

/* Does the line name this file, in any directory? */
static bool
is_for(const struct line *l, const char *name)
{
	size_t len = strlen(name);
	const char *tail = l->name + l->name_len - len;

	return l->name_len >= len && strncmp(tail, name, len) == 0 &&
	       (tail == l->name || tail[-1] == '/');
}

/* Returns 0, or -1 if a different sum was found before. */
static int
take_sum(char sum[SUM_SIZE], const char *digits)
{
	char lower[SUM_SIZE] = "";
	size_t i;

	for (i = 0; i < DIGITS; i++)
		lower[i] = (char)tolower((unsigned char)digits[i]);
	if (sum[0] != '\0' && strcmp(sum, lower) != 0)
		return -1;
	strcpy(sum, lower);
	return 0;
}

int
sums_find(const char *text, const char *name, char sum[SUM_SIZE])
{
	const char *only = NULL;
	size_t len, whole;
	unsigned lines = 0;
	struct line l;

	sum[0] = '\0';
	/* Windows editors write a byte order mark. */
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (; *text != '\0'; text += whole + (text[whole] == '\n')) {
		text += strspn(text, " \t");
		len = whole = strcspn(text, "\n");
		while (len > 0 && strchr("\r \t", text[len - 1]) != NULL)
			len--;
		if (!take_gnu(text, len, &l) && !take_bsd(text, len, &l))
			continue;
		lines++;
		if (l.name == NULL)
			only = l.sum;
		else if (is_for(&l, name) && take_sum(sum, l.sum) == -1) {
			errno = EEXIST;
			return -1;
		}
	}
	if (sum[0] == '\0' && lines == 1 && only != NULL)
		take_sum(sum, only);
	errno = ENOENT;
	return sum[0] != '\0' ? 0 : -1;
}
