/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The property Image: where an image lies, as Redfish clients write it.
 *
 * It is a URL with http, https, nfs, smb or cifs (the same as smb); HOST:/PATH
 * for NFS; //HOST/SHARE/PATH or \\HOST\SHARE\PATH for CIFS; or image:NAME or
 * image:OWNER/NAME of the image store. It is never another file of this
 * machine: a client that may mount must not read what root can read.
 */
#ifndef VM_REDFISH_MEDIA_IMAGE_H
#define VM_REDFISH_MEDIA_IMAGE_H

#include <stdbool.h>

#define MEDIA_IMAGE_MAX 2000 /* bytes of an Image */

/* media_image_free() erases and frees the strings. NULL: there is none. */
struct media_image {
	char *image; /* as sent, without user and password: to be shown */
	char *url;   /* as a URL with http, https, nfs or smb, or image: */
	char *user, *password; /* those in the Image */
	const char *protocol;  /* TransferProtocolType: HTTP, NFS, OEM, ... */
};

/*
 * Parse an Image. Returns NULL, or a constant text that says what is wrong. In
 * both cases media_image_free() frees what is in *out.
 */
const char *media_image_take(struct media_image *out, const char *text);
void media_image_free(struct media_image *);

/* Do both name the same image, apart from the query of a signed link? */
bool media_image_is_renewal(const char *image, const char *other);

/* The name of an image: the last part of its path, which the caller frees; NULL
 * if there is no memory. */
char *media_image_name(const char *image);

#endif
