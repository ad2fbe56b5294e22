/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A request for an upload goes in, its answer comes out.
 */
#ifndef VM_UPLOAD_ANSWER_H
#define VM_UPLOAD_ANSWER_H

#include "upload/upload.h"

/*
 * Answer the request of u->http, whose body comes from u->in; the rest of *u but
 * u->idle is zeros. `error` is 0, or the HTTP status that refuses it already.
 */
void upload_answer(struct upload *u, int error);

#endif
