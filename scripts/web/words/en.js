/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Every sentence of the page, in English. A translation needs a file and a
 * folder like these. Runs anywhere.
 */

export * from './en/console.js';
export * from './en/labels.js';
export * from './en/library.js';
export * from './en/serve.js';
export * from './en/worker.js';
