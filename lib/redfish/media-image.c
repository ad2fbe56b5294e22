/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/control.h"
#include "base/secret.h"
#include "base/stored.h"
#include "base/url-typed.h"
#include "base/url.h"
#include "redfish/media-image.h"

static const char not_understood[] =
    "use http://, https://, nfs:// or smb://, HOST:/PATH, or "
    "//HOST/SHARE/PATH, or image:NAME",
		  no_memory[] = "there is no memory";

/* A copy without "user:password@", but otherwise unchanged. */
static char *
without_user(const char *text)
{
	const char *host = strstr(text, "://"), *end, *at;
	size_t head;
	char *copy;

	copy = strdup(text);
	if (copy == NULL || host == NULL)
		return copy;
	host += 3;
	end = host + strcspn(host, "/?#");
	for (at = end; at > host && at[-1] != '@'; at--)
		continue;
	head = (size_t)(host - text);
	if (at > host)
		strcpy(copy + head, at);
	return copy;
}

/* The URL of what a client wrote. A text that begins with // is for
 * SMB, even if this machine has such a file, for which url_from_typed()
 * would make a path. */
static char *
url_of(const char *image)
{
	char *typed = strdup(image), *url;

	if (typed == NULL)
		return NULL;
	if (strncmp(typed, "//", 2) == 0)
		memset(typed, '\\', 2);
	url = url_from_typed(typed);
	free(typed);
	return url;
}

static const char *
protocol_of(const char *url)
{
	switch (url_kind(url)) {
	case URL_HTTP:
		return strncmp(url, "https:", 6) == 0 ? "HTTPS" : "HTTP";
	case URL_NFS:
		return "NFS";
	case URL_SMB:
		return "CIFS";
	default:
		return NULL;
	}
}

/* Take an image of the store. The standard has no protocol for it. */
static const char *
take_stored(struct media_image *out, const char *text)
{
	out->image = strdup(text);
	out->url = strdup(text);
	out->protocol = "OEM";
	return out->image != NULL && out->url != NULL ? NULL : no_memory;
}

const char *
media_image_take(struct media_image *out, const char *text)
{
	struct url_parts parts;
	bool has_place;

	*out = (struct media_image){NULL, NULL, NULL, NULL, NULL};
	if (strlen(text) > MEDIA_IMAGE_MAX)
		return "it is too long";
	if (has_control(text))
		return "it has control characters";
	if (is_stored_image(text))
		return take_stored(out, text);
	out->image = without_user(text);
	out->url = out->image != NULL ? url_of(out->image) : NULL;
	if (out->url == NULL || url_get_user(text, &out->user, &out->password))
		return no_memory;
	out->protocol = protocol_of(out->url);
	if (out->protocol == NULL || url_split(out->url, &parts) == -1)
		return not_understood;
	has_place = parts.host != NULL && *parts.host != '\0' &&
		    parts.path != NULL && *parts.path != '\0';
	url_parts_free(&parts);
	if (has_place && strstr(text, "://") != NULL && url_is_ambiguous(text))
		return URL_AMBIGUOUS_HINT;
	return has_place ? NULL : not_understood;
}

void
media_image_free(struct media_image *image)
{
	secret_free(image->image);
	secret_free(image->url);
	secret_free(image->user);
	secret_free(image->password);
	*image = (struct media_image){NULL, NULL, NULL, NULL, NULL};
}

bool
media_image_is_renewal(const char *image, const char *other)
{
	size_t len = strcspn(image, "?#");

	return len == strcspn(other, "?#") && strncmp(image, other, len) == 0;
}

char *
media_image_name(const char *image)
{
	size_t len = strcspn(image, "?#"), from;

	if (is_stored_image(image) && strchr(image, '/') == NULL)
		return strdup(image + strlen(STORED_SCHEME));
	while (len > 0 && strchr("/\\", image[len - 1]) != NULL)
		len--;
	for (from = len; from > 0 && strchr("/\\", image[from - 1]) == NULL;)
		from--;
	return strndup(image + from, len - from);
}
