/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A request for an upload goes in, its answer comes out.
 */
#ifndef VM_UPLOAD_ANSWER_H
#define VM_UPLOAD_ANSWER_H

#include "upload/upload.h"

/*
 * Answer the request u->http, whose body comes from u->in. The caller has set
 * u->idle, too; the rest of *u is zeros. `error` is 0, or the HTTP status with
 * which the caller has already refused the request.
 */
void upload_answer(struct upload *u, int error);

#endif
