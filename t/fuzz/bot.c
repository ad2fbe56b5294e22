/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Fuzz the bulk-only transport: a command wrapper of the host, the transfer
 * that the device intends, and a failure in the middle. The device never moves
 * more than the host announced, and the residue is the part that it did not
 * move.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bot/bot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct bot_command *c, const struct bot_plan *plan)
{
	uint64_t moved = (uint64_t)plan->send + plan->take;

	if (moved > c->length || plan->residue != c->length - moved ||
	    (plan->send > 0 && c->direction != BOT_IN) ||
	    (plan->take > 0 && c->direction != BOT_OUT) ||
	    (c->direction == BOT_OUT &&
		(uint64_t)plan->take + plan->discard != c->length) ||
	    (c->direction != BOT_OUT && plan->discard > 0) ||
	    plan->is_short !=
		(c->direction == BOT_IN && plan->send < c->length) ||
	    (plan->is_refused && plan->status != BOT_PHASE_ERROR))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t packet[BOT_STATUS_SIZE];
	struct bot_command c;
	struct bot_plan plan;
	uint32_t words[2];

	if (size < sizeof(words) + 1)
		return 0;
	memcpy(words, data, sizeof(words));
	data += sizeof(words);
	size -= sizeof(words);
	if (!bot_take_command(&c, data + 1, size - 1, data[0] & 0x0f))
		return 0;
	if (c.cdb_length == 0 || c.cdb_length > BOT_CDB_MAX)
		abort();
	bot_plan(&c, data[0] >> 4 & 3, words[0], &plan);
	check(&c, &plan);
	if (words[1] <= plan.send + plan.take) {
		bot_fail(&c, words[1], words[1], &plan);
		check(&c, &plan);
	}
	bot_put_status(packet, c.tag, plan.residue, plan.status);
	return 0;
}
