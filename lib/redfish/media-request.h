/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What a client wants of a slot, and the state of the slot by which this is
 * judged.
 */
#ifndef VM_REDFISH_MEDIA_REQUEST_H
#define VM_REDFISH_MEDIA_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "image/probe.h"
#include "redfish/media-image.h"
#include "redfish/redfish.h"

/* The slot as it is, by which a request is judged. */
struct media_now {
	enum image_media drive;	  /* of the slot, as configured */
	int disk_slot;		  /* the first slot that can write; -1: none */
	bool is_in;		  /* an image is in the drive */
	bool is_writable;	  /* ... and the host may write to it */
	const char *image;	  /* as a GET shows it; NULL: none */
	const char *eject_policy; /* NULL: Persistent */
	int64_t expires;	  /* EjectTimeout in seconds; 0: none */
	bool verifies;		  /* VerifyCertificate */
};

enum media_intent {
	MEDIA_NOTHING, /* nothing to do, or only settings change */
	MEDIA_MOUNT,
	MEDIA_EJECT,
	MEDIA_RENEW, /* the same image by another link */
};

struct media_request {
	enum media_intent intent;
	struct media_image image; /* to mount, or the link to renew by */
	bool replaces;		  /* an image that is in the slot, if any */
	bool is_inserted; /* false: keep the image without inserting it */
	bool is_writable;
	/* Credentials and settings. NULL or -1: the request has none. "" or,
	 * for `expires`, 0: remove the value. */
	const char *user, *password; /* in the input, or in image */
	const char *protocol;	     /* TransferProtocolType */
	int verify;		     /* VerifyCertificate */
	const char *eject_policy;    /* Persistent OnPowerOff Timed */
	int64_t expires;	     /* EjectTimeout in seconds */
};

#endif
