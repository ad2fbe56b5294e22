/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The property Image: where an image lies, as Redfish clients write it.
 *
 * Understood are URLs with http, https, nfs, smb and cifs (the same as smb), and
 * HOST:/PATH for NFS, //HOST/SHARE/PATH and \\HOST\SHARE\PATH for CIFS; and
 * image:NAME and image:OWNER/NAME of the image store. Another file of this machine
 * is never an image: whoever may mount must not read what root can.
 */
#ifndef VM_REDFISH_MEDIA_IMAGE_H
#define VM_REDFISH_MEDIA_IMAGE_H

#include <stdbool.h>

#define MEDIA_IMAGE_MAX 2000 /* bytes of an Image */

/* All strings are for secret_free(); NULL where there is none. */
struct media_image {
	char *image; /* as sent, without user and password: to be shown */
	char *url;   /* as a URL with http, https, nfs or smb, or image: */
	char *user, *password; /* those that it held */
	const char *protocol;  /* TransferProtocolType: HTTP, NFS, OEM, ... */
};

/*
 * Take an Image. Returns NULL, or a constant text that says what is wrong. In
 * both cases media_image_free() frees what is in *out.
 */
const char *media_image_take(struct media_image *out, const char *text);
void media_image_free(struct media_image *);

/* Do both name the same image, but for the query of a signed link? */
bool media_image_is_renewal(const char *image, const char *other);

/* The name of an image: the last part of its path, for free(3); NULL: no memory. */
char *media_image_name(const char *image);

#endif
