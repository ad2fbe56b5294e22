/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stddef.h>
#include <string.h>

#include "base/stored.h"

#define NAME_MAX_LEN  100 /* bytes; is_name() in image-store.sh */
#define OWNER_MAX_LEN 31  /* is_owner() there */

#define SMALL	"abcdefghijklmnopqrstuvwxyz"
#define CAPITAL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= NAME_MAX_LEN &&
	       strchr(".- ", *name) == NULL && name[len - 1] != ' ' &&
	       strspn(name, SMALL CAPITAL DIGITS "._+-() ") == len;
}

static bool
is_owner(const char *owner, size_t len)
{
	return len >= 1 && len <= OWNER_MAX_LEN &&
	       strchr(DIGITS "_-", *owner) == NULL &&
	       strspn(owner, SMALL DIGITS "_-") == len;
}

bool
is_stored_image(const char *uri)
{
	const size_t len = strlen(STORED_SCHEME);
	const char *slash;

	if (strncmp(uri, STORED_SCHEME, len) != 0)
		return false;
	uri += len;
	slash = strchr(uri, '/');
	if (slash == NULL)
		return is_name(uri);
	return is_owner(uri, (size_t)(slash - uri)) && is_name(slash + 1);
}
