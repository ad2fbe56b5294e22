/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Finds out what a client wants, from the parameters of InsertMedia or the
 * properties of a PATCH (VirtualMedia v1_6_5), and from what is in the slot.
 * The rules about several values are here, and those about one value in
 * media-fields.h. Nothing is changed yet: a request that breaks a rule has no
 * effect at all.
 */
#ifndef VM_REDFISH_MEDIA_JUDGE_H
#define VM_REDFISH_MEDIA_JUDGE_H

#include "redfish/media-request.h"

/*
 * Judge the input of a POST to InsertMedia, or of a PATCH. Returns 0; or -1 if
 * *r has messages, with status 400. media_request_free() frees what is in *out
 * in both cases.
 */
int media_judge_insert(
    struct redfish *, const struct media_now *, struct media_request *out);
int media_judge_patch(
    struct redfish *, const struct media_now *, struct media_request *out);
void media_request_free(struct media_request *);

#endif
