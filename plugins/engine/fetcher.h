/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The fetch thread: it starts transfers in their order, takes what they bring,
 * and is the only one that calls the source.
 */
#ifndef VM_ENGINE_FETCHER_H
#define VM_ENGINE_FETCHER_H

/* For pthread_create(3), with the engine; ends once it is stopping. No lock. */
void *engine_fetch_thread(void *engine);

#endif
