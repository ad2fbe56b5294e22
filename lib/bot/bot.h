/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The device's side of USB mass storage's bulk-only transport, without input and
 * output: what a command wrapper says, and what the device moves and answers when
 * it and the host do not mean the same transfer.
 *
 * Source: Universal Serial Bus Mass Storage Class, Bulk-Only Transport, revision
 * 1.0 ("BOT"); where it leaves a choice, drivers/usb/gadget/function/f_mass_storage.c
 * of Linux, which hosts know. Numbers on the wire are little-endian.
 *
 * Only vm-drive uses this folder. It knows nothing of SCSI but the length of a
 * command, and nothing of FunctionFS.
 */
#ifndef VM_BOT_BOT_H
#define VM_BOT_BOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOT_COMMAND_SIZE 31 /* bytes of a command block wrapper (BOT 5.1) */
#define BOT_STATUS_SIZE	 13 /* bytes of a command status wrapper (BOT 5.2) */
#define BOT_CDB_MAX	 16

#define BOT_GET_MAX_LUN 0xfe /* bRequest (BOT 3.2) */
#define BOT_RESET	0xff /* bRequest (BOT 3.1) */

/* bCSWStatus (BOT 5.2, table 5.3). */
enum bot_status {
	BOT_PASSED = 0,
	BOT_FAILED = 1,
	BOT_PHASE_ERROR = 2
};

/* What the host wants, or what the device intends: bytes come in to the host, or
 * go out to the device. */
enum bot_direction {
	BOT_NONE,
	BOT_IN,
	BOT_OUT
};

/* A command of the host. Plain data: it may lie in shared memory. */
struct bot_command {
	uint32_t tag;
	uint32_t length;   /* bytes that the host wants to move */
	uint8_t direction; /* enum bot_direction; BOT_NONE if length is 0 */
	uint8_t lun;
	uint8_t cdb_length; /* 1 to BOT_CDB_MAX */
	uint8_t cdb[BOT_CDB_MAX];
};

/*
 * Read a command block wrapper. Returns false if it is not valid or not meaningful
 * (BOT 6.2): the device then halts both endpoints until the host has reset it (BOT
 * 6.6.1). The highest logical unit is max_lun.
 */
bool bot_take_command(
    struct bot_command *, const void *packet, size_t size, uint8_t max_lun);

/*
 * What follows a command. The device does it in this order: sends `send` bytes or
 * takes `take`, takes and forgets `discard`, halts, and answers with a status
 * wrapper.
 */
struct bot_plan {
	uint32_t send;	  /* bytes of the device's answer */
	uint32_t take;	  /* bytes that the command gets */
	uint32_t discard; /* bytes that the host sends beyond these */
	bool is_short;	  /* the host waits for more than `send` bytes */
	bool is_refused;  /* the command must not be carried out */
	uint32_t residue; /* dCSWDataResidue if all goes well */
	uint8_t status;	  /* enum bot_status if all goes well */
};

/*
 * Compare what the host wants with what the device intends to move, and choose by
 * the thirteen cases (BOT 6.7). A command that failed at once moves nothing: its
 * direction is BOT_NONE. The status is BOT_PASSED or BOT_PHASE_ERROR.
 */
void bot_plan(const struct bot_command *, enum bot_direction, uint32_t length,
    struct bot_plan *);

/*
 * The command has failed after `moved` bytes of its data, sent or taken: change the
 * plan for what remains. The bus has brought `come` bytes of the host; the rest of
 * what the host sends is discarded.
 */
void bot_fail(const struct bot_command *, uint32_t moved, uint32_t come,
    struct bot_plan *);

/* Write a command status wrapper (BOT 5.2). */
void bot_put_status(uint8_t packet[BOT_STATUS_SIZE], uint32_t tag,
    uint32_t residue, enum bot_status);

#endif
