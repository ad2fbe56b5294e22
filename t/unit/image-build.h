/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Images that are built in memory: each call writes one structure.
 */
#ifndef VM_IMAGE_BUILD_H
#define VM_IMAGE_BUILD_H

#include <stdint.h>
#include <string.h>

#define MEMORY (1024 * 1024)
#define GIB    (UINT64_C(1) << 30)

/* Bytes after the end of the memory read as zeros, as in a sparse file. */
static uint8_t memory[MEMORY];

static void
put32(size_t at, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		memory[at + i] = value >> 8 * i & 0xff;
}

static void
put_text(size_t at, const char *text)
{
	memcpy(memory + at, text, strlen(text));
}

/* A volume of this many blocks; spaces fill up its label's field. */
static void
build_iso(const char *label, uint32_t blocks)
{
	memset(memory, 0, sizeof(memory));
	memory[16 * 2048] = 1;
	put_text(16 * 2048 + 1, "CD001");
	memset(memory + 16 * 2048 + 40, ' ', 32);
	put_text(16 * 2048 + 40, label);
	put32(16 * 2048 + 80, blocks);
	memory[16 * 2048 + 129] = 2048 >> 8;
	memory[18 * 2048] = 255;
	put_text(18 * 2048 + 1, "CD001");
}

/*
 * A FAT12 volume that begins at this byte, and has \\EFI\\BOOT\\BOOTX64.EFI; 1
 * FAT of a sector, a root directory of a sector, clusters of a sector.
 */
static void
build_fat(size_t at)
{
	static const uint8_t bpb[] = {0xeb, 0x3c, 0x90, 'm', 'k', 'f', 's', '.',
	    'f', 'a', 't', 0, 2, 1, 1, 0, 1, 16, 0, 64, 0, 0xf8, 1, 0};

	memset(memory + at, 0, 8 * 512);
	memcpy(memory + at, bpb, sizeof(bpb));
	memory[at + 510] = 0x55;
	memory[at + 511] = 0xaa;
	memset(memory + at + 512, 0xff, 12);
	put_text(at + 1024, "DATA       \x08");
	put_text(at + 1024 + 32, "EFI        \x10");
	memory[at + 1024 + 32 + 26] = 2;
	put_text(at + 1536, "BOOT       \x10");
	memory[at + 1536 + 26] = 3;
	put_text(at + 2048, "BOOTX64 EFI ");
	memory[at + 2048 + 26] = 4;
}

static void
add_el_torito(uint32_t catalog)
{
	memory[17 * 2048] = 0;
	put_text(17 * 2048 + 1, "CD001\001EL TORITO SPECIFICATION");
	put32(17 * 2048 + 0x47, catalog);
	if (catalog >= MEMORY / 2048)
		return;
	catalog *= 2048;
	memory[catalog] = 1;
	memory[catalog + 30] = 0x55;
	memory[catalog + 31] = 0xaa;
	memory[catalog + 32] = 0x88;
	memory[catalog + 40] = 21;
	memory[21 * 2048] = 0xfa;
	memory[catalog + 64] = 0x91;
	memory[catalog + 65] = 0xef;
	memory[catalog + 96] = 0x88;
	memory[catalog + 104] = 22;
	build_fat(22 * 2048);
}

static void
add_mbr(uint8_t flag, uint8_t type, uint32_t start, uint32_t count)
{
	memory[446] = flag;
	memory[450] = type;
	put32(454, start);
	put32(458, count);
	memory[510] = 0x55;
	memory[511] = 0xaa;
}

static void
add_gpt(uint32_t entries_lba, uint32_t count, uint32_t size)
{
	put_text(512, "EFI PART");
	put32(512 + 24, 1);
	put32(512 + 32, MEMORY / 512 - 1);
	put32(512 + 72, entries_lba);
	put32(512 + 80, count);
	put32(512 + 84, size);
}

/* A descriptor's tag in the block, with its checksum. */
static void
put_tag(uint32_t block, uint32_t block_size, uint8_t tag)
{
	uint8_t *d = memory + block * block_size, sum = 0;
	int i;

	d[0] = tag;
	put32(block * block_size + 12, block);
	d[4] = 0;
	for (i = 0; i < 16; i++)
		sum += d[i];
	d[4] = sum;
}

/* Descriptors at block 257; the label is a dstring of len bytes. */
static void
build_udf(uint32_t block, const char *label, uint8_t len)
{
	size_t base = (size_t)257 * block;

	memset(memory, 0, sizeof(memory));
	put_text(32769, "BEA01");
	put_text(32769 + 2048, "NSR03");
	put_text(32769 + 4096, "TEA01");
	put32((size_t)256 * block + 16, 16 * block);
	put32((size_t)256 * block + 20, 257);
	put_tag(256, block, 2);
	memcpy(memory + base + 84, label, len);
	memory[base + 84 + 127] = len;
	put_tag(257, block, 6);
	put32(base + block + 188, 300);
	put32(base + block + 192, 1000);
	put_tag(258, block, 5);
	put_tag(259, block, 8);
}

#endif
