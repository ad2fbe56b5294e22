/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "bot/bot.h"

#define COMMAND_SIGNATURE 0x43425355 /* "USBC" */
#define STATUS_SIGNATURE  0x53425355 /* "USBS" */

#define FLAG_IN 0x80 /* bmCBWFlags, bit 7 */

static uint32_t
get32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static void
put32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
	at[2] = (uint8_t)(value >> 16);
	at[3] = (uint8_t)(value >> 24);
}

/*
 * The reserved bits of the flags, the LUN and the length are not compared with 0:
 * BOT 6.2.2 would have it so, and hosts that set them are served by other drives.
 */
bool
bot_take_command(
    struct bot_command *c, const void *packet, size_t size, uint8_t max_lun)
{
	const uint8_t *at = packet;

	if (size != BOT_COMMAND_SIZE || get32(at) != COMMAND_SIGNATURE)
		return false;
	memset(c, 0, sizeof(*c));
	c->tag = get32(at + 4);
	c->length = get32(at + 8);
	if (c->length > 0)
		c->direction = at[12] & FLAG_IN ? BOT_IN : BOT_OUT;
	c->lun = at[13] & 0x0f;
	c->cdb_length = at[14] & 0x1f;
	if (c->lun > max_lun || c->cdb_length == 0 ||
	    c->cdb_length > BOT_CDB_MAX)
		return false;
	memcpy(c->cdb, at + 15, c->cdb_length);
	return true;
}

void
bot_plan(const struct bot_command *c, enum bot_direction direction,
    uint32_t length, struct bot_plan *plan)
{
	bool same = length == 0 || direction == c->direction;
	uint32_t moved = length < c->length ? length : c->length;

	memset(plan, 0, sizeof(*plan));
	if (length == 0)
		direction = BOT_NONE;
	/* Cases 2, 3, 8 and 10: the host expects something else. Cases 7 and 13:
	 * it expects less, and a command that gets a part of its data would do
	 * something that nobody meant. */
	plan->is_refused = !same || (direction == BOT_OUT && length > moved);
	if (!plan->is_refused && direction == BOT_IN)
		plan->send = moved;
	if (!plan->is_refused && direction == BOT_OUT)
		plan->take = moved;
	if (c->direction == BOT_OUT)
		plan->discard = c->length - plan->take;
	plan->is_short = c->direction == BOT_IN && plan->send < c->length;
	plan->residue = c->length - plan->send - plan->take;
	if (!same || length > moved)
		plan->status = BOT_PHASE_ERROR;
}

void
bot_fail(const struct bot_command *c, uint32_t moved, uint32_t come,
    struct bot_plan *plan)
{
	plan->residue = c->length - moved;
	plan->is_short = c->direction == BOT_IN && moved < c->length;
	plan->discard = c->direction == BOT_OUT ? c->length - come : 0;
	plan->send = plan->take = moved;
	if (c->direction == BOT_IN)
		plan->take = 0;
	else
		plan->send = 0;
	if (plan->status == BOT_PASSED)
		plan->status = BOT_FAILED;
}

void
bot_put_status(uint8_t packet[BOT_STATUS_SIZE], uint32_t tag, uint32_t residue,
    enum bot_status status)
{
	put32(packet, STATUS_SIGNATURE);
	put32(packet + 4, tag);
	put32(packet + 8, residue);
	packet[12] = (uint8_t)status;
}
