/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The parameters of InsertMedia, or a PATCH (VirtualMedia v1_6_5), and what is in
 * the slot, make one intent. All rules about them are here, those of each value by
 * itself in media-fields.h; nothing is done yet. A request that breaks one of them
 * has no effect at all.
 */
#ifndef VM_REDFISH_MEDIA_JUDGE_H
#define VM_REDFISH_MEDIA_JUDGE_H

#include "redfish/media-request.h"

/*
 * Judge the input of a POST to InsertMedia, or of a PATCH. Returns 0; or -1, when
 * messages with status 400 have been said. media_request_free() frees what is in
 * *out in both cases.
 */
int media_judge_insert(
    struct redfish *, const struct media_now *, struct media_request *out);
int media_judge_patch(
    struct redfish *, const struct media_now *, struct media_request *out);
void media_request_free(struct media_request *);

#endif
