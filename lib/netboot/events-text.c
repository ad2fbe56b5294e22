/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "netboot/events-text.h"

bool
events_skip(char **text, const char *words)
{
	const size_t len = strlen(words);

	if (strncmp(*text, words, len) != 0)
		return false;
	*text += len;
	return true;
}

char *
events_word(char **text)
{
	char *word = *text + strspn(*text, " ");
	char *end = word + strcspn(word, " ");

	*text = end;
	if (*end != '\0')
		*(*text)++ = '\0';
	return word;
}

char *
events_base(char *path)
{
	char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}
