/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Bulk-only transport: wrappers, and the thirteen cases of BOT 6.7.
 */
#include <string.h>

#include "bot/bot.h"
#include "check.h"

/* READ(10) of one block of 2048 bytes, as Linux sends it. */
static const uint8_t read10[BOT_COMMAND_SIZE] = {'U', 'S', 'B', 'C', 0x11, 0x22,
    0x33, 0x44, 0x00, 0x08, 0, 0, 0x80, 0, 10, 0x28, 0, 0, 0, 0, 16, 0, 0, 1};

static bool
take(size_t at, uint8_t byte, size_t size)
{
	struct bot_command c;
	uint8_t packet[BOT_COMMAND_SIZE + 1] = {0};

	memcpy(packet, read10, sizeof(read10));
	packet[at] = byte;
	return bot_take_command(&c, packet, size, 0);
}

static void
test_command(void)
{
	struct bot_command c;

	CHECK(bot_take_command(&c, read10, sizeof(read10), 0));
	CHECK(c.tag == 0x44332211 && c.length == 2048);
	CHECK(c.direction == BOT_IN && c.lun == 0 && c.cdb_length == 10);
	CHECK(c.cdb[0] == 0x28 && c.cdb[8] == 1);
}

static void
test_invalid_commands(void)
{
	CHECK(take(0, 'U', BOT_COMMAND_SIZE));
	CHECK(!take(0, 'U', BOT_COMMAND_SIZE - 1));
	CHECK(!take(0, 'U', BOT_COMMAND_SIZE + 1));
	CHECK(!take(0, 'U', 0));
	CHECK(!take(3, 'S', BOT_COMMAND_SIZE)); /* of a status wrapper */
	CHECK(!take(13, 1, BOT_COMMAND_SIZE));	/* no such logical unit */
	CHECK(!take(14, 0, BOT_COMMAND_SIZE));
	CHECK(take(14, 1, BOT_COMMAND_SIZE));
	CHECK(take(14, 16, BOT_COMMAND_SIZE));
	CHECK(!take(14, 17, BOT_COMMAND_SIZE));
}

/* Bytes after the command's length do not belong to the command. */
static void
test_short_cdb(void)
{
	struct bot_command c;
	uint8_t packet[BOT_COMMAND_SIZE];

	memcpy(packet, read10, sizeof(packet));
	packet[14] = 6;
	CHECK(bot_take_command(&c, packet, sizeof(packet), 0));
	CHECK(c.cdb_length == 6 && c.cdb[8] == 0);
}

static void
test_status(void)
{
	static const uint8_t wanted[BOT_STATUS_SIZE] = {
	    'U', 'S', 'B', 'S', 0x11, 0x22, 0x33, 0x44, 0x00, 0x02, 0, 0, 1};
	uint8_t packet[BOT_STATUS_SIZE];

	bot_put_status(packet, 0x44332211, 512, BOT_FAILED);
	CHECK(memcmp(packet, wanted, sizeof(packet)) == 0);
}

/* The host wants to move `host` bytes in a direction, and the device wants to
 * move `device` bytes. */
static const struct a_case {
	int number; /* of BOT 6.7, table 6.1 */
	enum bot_direction direction;
	uint32_t host;
	enum bot_direction device_direction;
	uint32_t device;
	struct bot_plan plan; /* send, take, discard, short, refused, residue */
} cases[] = {
    {1, BOT_NONE, 0, BOT_NONE, 0, {0, 0, 0, false, false, 0, BOT_PASSED}},
    {2, BOT_NONE, 0, BOT_IN, 512, {0, 0, 0, false, true, 0, BOT_PHASE_ERROR}},
    {3, BOT_NONE, 0, BOT_OUT, 512, {0, 0, 0, false, true, 0, BOT_PHASE_ERROR}},
    {4, BOT_IN, 512, BOT_NONE, 0, {0, 0, 0, true, false, 512, BOT_PASSED}},
    {5, BOT_IN, 512, BOT_IN, 36, {36, 0, 0, true, false, 476, BOT_PASSED}},
    {6, BOT_IN, 512, BOT_IN, 512, {512, 0, 0, false, false, 0, BOT_PASSED}},
    {7, BOT_IN, 36, BOT_IN, 512, {36, 0, 0, false, false, 0, BOT_PHASE_ERROR}},
    {8, BOT_IN, 36, BOT_OUT, 512, {0, 0, 0, true, true, 36, BOT_PHASE_ERROR}},
    {9, BOT_OUT, 512, BOT_NONE, 0, {0, 0, 512, false, false, 512, BOT_PASSED}},
    {10, BOT_OUT, 512, BOT_IN, 36,
	{0, 0, 512, false, true, 512, BOT_PHASE_ERROR}},
    {11, BOT_OUT, 1024, BOT_OUT, 512,
	{0, 512, 512, false, false, 512, BOT_PASSED}},
    {12, BOT_OUT, 512, BOT_OUT, 512, {0, 512, 0, false, false, 0, BOT_PASSED}},
    {13, BOT_OUT, 512, BOT_OUT, 1024,
	{0, 0, 512, false, true, 512, BOT_PHASE_ERROR}},
    /* A direction without data counts as no direction. */
    {4, BOT_IN, 512, BOT_OUT, 0, {0, 0, 0, true, false, 512, BOT_PASSED}},
};

static void
test_case(const struct a_case *a)
{
	struct bot_command c = {
	    .length = a->host, .direction = (uint8_t)a->direction};
	struct bot_plan plan;

	bot_plan(&c, a->device_direction, a->device, &plan);
	if (memcmp(&plan, &a->plan, sizeof(plan)) != 0)
		printf("case %d\n", a->number);
	CHECK(memcmp(&plan, &a->plan, sizeof(plan)) == 0);
}

static void
test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		test_case(&cases[i]);
}

/* The source fails in the middle of a read, and of a write. */
static void
test_failures(void)
{
	struct bot_command c = {.length = 4096, .direction = BOT_IN};
	struct bot_plan plan;

	bot_plan(&c, BOT_IN, 4096, &plan);
	bot_fail(&c, 1024, 1024, &plan);
	CHECK(plan.send == 1024 && plan.is_short && plan.residue == 3072 &&
	      plan.discard == 0 && plan.status == BOT_FAILED);
	c.direction = BOT_OUT;
	bot_plan(&c, BOT_OUT, 4096, &plan);
	bot_fail(&c, 0, 0, &plan);
	CHECK(plan.take == 0 && plan.discard == 4096 && !plan.is_short &&
	      plan.residue == 4096 && plan.status == BOT_FAILED);
	/* Received bytes need no discarding, but they were not kept: they count
	 * as residue. */
	bot_plan(&c, BOT_OUT, 4096, &plan);
	bot_fail(&c, 0, 1024, &plan);
	CHECK(plan.discard == 3072 && plan.residue == 4096);
	/* A failure does not change a phase error's status. */
	bot_plan(&c, BOT_IN, 4096, &plan);
	bot_fail(&c, 0, 0, &plan);
	CHECK(plan.status == BOT_PHASE_ERROR);
}

int
main(void)
{
	test_command();
	test_invalid_commands();
	test_short_cdb();
	test_status();
	test_cases();
	test_failures();
	return check_status();
}
