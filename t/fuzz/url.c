/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz the parsing of a URL: the printed form never contains a query, a control
 * character, or the URL's password.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/url-typed.h"
#include "base/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *url = malloc(len + 1), *shown, *user, *password, *path, *made;
	struct url_parts parts;
	const char *c;

	memcpy(url, data, len);
	url[len] = '\0';
	shown = url_for_show(url);
	if (shown == NULL || strpbrk(shown, "#?\n") != NULL ||
	    strlen(shown) > strlen(url)) {
		/* '?' replaces a character that can't be printed. */
		for (c = shown; c != NULL && *c != '\0'; c++)
			if (*c == '#' || iscntrl((unsigned char)*c))
				abort();
	}
	if (url_get_user(url, &user, &password) == 0 && password != NULL &&
	    user == NULL)
		abort();
	secret_free(user);
	secret_free(password);
	made = url_from_typed(url);
	if (url_kind(url) == URL_NFS || url_kind(url) == URL_SMB) {
		if (made == NULL || strstr(made, "://") == NULL)
			abort();
	}
	if (url_split(made, &parts) == 0)
		url_parts_free(&parts);
	free(made);
	path = url_file_path(url);
	if (path != NULL && path[0] != '/')
		abort();
	free(path);
	free(shown);
	free(url);
	return 0;
}
