/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The numbers of the NBD protocol (nbd, doc/proto.md). Runs anywhere.
 */

/* 64-bit magic numbers, as two halves */
export const NBDMAGIC = [0x4e42444d, 0x41474943];
export const IHAVEOPT = [0x49484156, 0x454f5054];
export const OPTION_REPLY = [0x0003e889, 0x045565a9];
export const REQUEST = 0x25609513;
export const SIMPLE_REPLY = 0x67446698;
export const CHUNK = 0x668e33ef;

/* The handshake: flags, options, replies to them, their errors */
export const FIXED_NEWSTYLE = 1, NO_ZEROES = 2;
export const OPT = {
	EXPORT_NAME: 1, ABORT: 2, LIST: 3, INFO: 6, GO: 7, STRUCTURED: 8,
};
export const REP = { ACK: 1, SERVER: 2, INFO: 3 };
export const ERR = {
	UNSUP: 0x80000001, INVALID: 0x80000003, UNKNOWN: 0x80000006,
};
export const INFO = { EXPORT: 0, NAME: 1, DESCRIPTION: 2, BLOCK_SIZE: 3 };
export const FLAG = {
	HAS_FLAGS: 1, READ_ONLY: 2, FLUSH: 4, FUA: 8, TRIM: 32, ZEROES: 64, DF: 128,
};

/* The transmission: commands, their flags, replies, errors */
export const CMD = { READ: 0, WRITE: 1, DISC: 2, FLUSH: 3, TRIM: 4, ZEROES: 6 };
export const CMD_FLAG = { FUA: 1, NO_HOLE: 2, DF: 4 };
export const CHUNK_DONE = 1, CHUNK_DATA = 1, CHUNK_ERROR = 0x8001;
export const EPERM = 1, EIO = 5, EINVAL = 22, ENOSPC = 28;

/* The longest read or write that we accept, as announced in the handshake */
export const MOST_REQUEST = 32 << 20;
