/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Answer a call: find its verb, ask whether the client may use it, and run it.
 */
#ifndef VM_DOOR_ANSWER_H
#define VM_DOOR_ANSWER_H

#include "door/call.h"

/*
 * Answer a call. Returns false if the call needs a process of its own, and
 * c->may_wait is not set.
 */
bool door_answer(struct door_call *c);

#endif
