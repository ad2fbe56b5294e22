/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The fetch thread: it starts transfers in order, takes the bytes that they
 * bring, and is the only thread that calls the source (except source_ops.wake).
 */
#ifndef VM_ENGINE_FETCHER_H
#define VM_ENGINE_FETCHER_H

/* The thread's function, for pthread_create(3), with the engine as its
 * argument. It returns when the engine stops. The caller holds no lock. */
void *engine_fetch_thread(void *engine);

#endif
