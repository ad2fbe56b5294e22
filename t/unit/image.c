/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Images built in memory, valid and broken. VM_SEED repeats a fuzz run.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "image-build.h"
#include "image/boot.h"
#include "image/probe.h"

#define FUZZ_ROUNDS 20000

static struct image_reader reader;
static struct image_info info;
static enum image_media media;
static unsigned reads;

static int
read_memory(void *ctx, void *buf, size_t len, uint64_t off)
{
	const struct image_reader *self = ctx;

	reads++;
	CHECK(off <= self->size && len <= self->size - off);
	memset(buf, 0, len);
	if (off < MEMORY)
		memcpy(buf, memory + off,
		    len < MEMORY - off ? len : (size_t)(MEMORY - off));
	return 0;
}

static int
read_nothing(void *ctx, void *buf, size_t len, uint64_t off)
{
	(void)ctx, (void)buf, (void)len, (void)off;
	errno = EIO;
	return -1;
}

static void
probe(uint64_t size)
{
	reader = (struct image_reader){.pread = read_memory, .ctx = &reader};
	reader.size = size;
	reads = 0;
	CHECK(image_probe(&reader, &info) == 0);
	CHECK(reads < 300);
}

/* --- formats ----------------------------------------------------------- */

static void
test_iso9660(void)
{
	build_iso("GRML \x1b[31m \"x\"\xe9", 400);
	probe(MEMORY);
	CHECK(info.format == IMAGE_ISO9660 && info.boot == 0);
	CHECK(strcmp(info.label, "GRML ?[31m \"x\"?") == 0);
	CHECK(info.claimed == 400 * 2048 && info.size == MEMORY);
	build_iso("0123456789ABCDEF0123456789ABCDEF", 1);
	probe(MEMORY);
	CHECK(strlen(info.label) == 32);
	build_iso("", 0xffffffff);
	probe(MEMORY);
	CHECK(*info.label == '\0');
	CHECK(info.claimed == UINT64_C(0xffffffff) * 2048);
	memory[16 * 2048 + 129] = 3;
	probe(MEMORY);
	CHECK(info.claimed == 0);
	memmove(memory + 17 * 2048, memory + 16 * 2048, 2048);
	put_text(16 * 2048 + 1, "BEA01");
	probe(MEMORY);
	CHECK(info.format == IMAGE_RAW);
}

static void
test_el_torito(void)
{
	build_iso("BOOT", 1);
	add_el_torito(20);
	probe(MEMORY);
	CHECK(info.boot == (IMAGE_BOOT_CD_BIOS | IMAGE_BOOT_CD_EFI));
	CHECK(info.cd_arch == IMAGE_ARCH_X64 && info.disk_arch == 0);
	CHECK(image_media_boot(&info, IMAGE_DISK) == 0);
	memory[20 * 2048 + 32] = 0;
	probe(MEMORY);
	CHECK(info.boot == IMAGE_BOOT_CD_EFI);
	/* no boot loader in the FAT, and no code in the boot sector */
	memory[22 * 2048 + 2048] = 'X';
	memory[20 * 2048 + 32] = 0x88;
	memory[21 * 2048] = 0;
	probe(MEMORY);
	CHECK(info.boot == 0);
	add_el_torito(20);
	memory[20 * 2048 + 31] = 0;
	probe(MEMORY);
	CHECK(info.boot == 0);
	add_el_torito(0xffffffff);
	probe(MEMORY);
	CHECK(info.boot == 0 && info.format == IMAGE_ISO9660);
}

static void
test_hybrid(void)
{
	build_iso("H", 1);
	add_mbr(0x80, 0x00, 0, 4);
	probe(MEMORY);
	CHECK(info.format == IMAGE_HYBRID && info.boot == 0);
	add_mbr(0, 0x0c, 100, 64);
	build_fat(100 * 512);
	memory[0] = 0x90;
	probe(MEMORY);
	CHECK(info.boot == (IMAGE_BOOT_DISK_BIOS | IMAGE_BOOT_DISK_EFI));
	CHECK(info.disk_arch == IMAGE_ARCH_X64 && info.cd_arch == 0);
	add_mbr(0x80, 0x17, 0, 0);
	probe(MEMORY);
	CHECK(info.format == IMAGE_ISO9660);
	build_iso("H", 1);
	add_gpt(2, 128, 128);
	probe(MEMORY);
	CHECK(info.format == IMAGE_HYBRID && info.claimed == MEMORY);
}

static void
test_mbr(void)
{
	memset(memory, 0, sizeof(memory));
	add_mbr(0x80, 0x83, 1, MEMORY / 512 - 1);
	probe(MEMORY);
	CHECK(info.format == IMAGE_MBR && info.claimed == MEMORY);
	CHECK(info.boot == 0);
	add_mbr(0x80, 0x83, 0xffffffff, 0xffffffff);
	probe(MEMORY);
	CHECK(info.claimed == UINT64_C(0x1fffffffe) * 512);
	add_mbr(0x80, 0xee, 1, 0xffffffff);
	probe(MEMORY);
	CHECK(info.format == IMAGE_MBR && info.claimed == 0);
	/* A FAT volume's boot code is not a partition table. */
	memcpy(memory, "\xeb\0\xfa", 3);
	add_mbr('N', 'o', 0x20202020, 0x6b736964);
	probe(MEMORY);
	CHECK(info.format == IMAGE_RAW && info.claimed == 0);
	CHECK(info.boot == IMAGE_BOOT_DISK_BIOS);
	/* Code that only says that there is nothing to start does not count. */
	memcpy(memory, "\xeb\x3c\xcd\x10\xcd\x16\xcd\x19", 8);
	memcpy(memory + 62, "\xcd\x10\xcd\x16\xcd\x19", 6);
	probe(MEMORY);
	CHECK(info.boot == 0);
	memcpy(memory + 62, "\xcd\x13\xcd\x16\xcd\x19", 6);
	probe(MEMORY);
	CHECK(info.boot == IMAGE_BOOT_DISK_BIOS);
}

/* Make this entry, of `size` bytes, a partition of some type at this sector. */
static void
put_gpt_entry(uint32_t i, uint32_t size, uint32_t sector)
{
	memory[1024 + i * size] = 0xa2;
	put32(1024 + i * size + 32, sector);
	put32(1024 + i * size + 40, sector + 64);
}

static void
test_gpt(void)
{
	memset(memory, 0, sizeof(memory));
	add_mbr(0, 0xee, 1, 0xffffffff);
	add_gpt(2, 128, 128);
	put_gpt_entry(127, 128, 100);
	build_fat(100 * 512);
	probe(MEMORY);
	CHECK(info.format == IMAGE_GPT && info.boot == IMAGE_BOOT_DISK_EFI);
	CHECK(info.sector == 512);
	probe(MEMORY - 512);
	CHECK(info.claimed == info.size + 512);
	add_gpt(2, 127, 128);
	probe(MEMORY);
	CHECK(info.format == IMAGE_GPT && info.boot == 0);
	/* The entries' size is not a power of two; otherwise the second entry
	 * would be wrong. */
	put_gpt_entry(1, 384, 100);
	add_gpt(2, 2, 384);
	probe(MEMORY);
	CHECK(info.format == IMAGE_GPT && info.boot == 0);
	add_gpt(2, 128, 0);
	probe(MEMORY);
	CHECK(info.format == IMAGE_GPT && info.boot == 0);
	add_gpt(0xffffffff, 0xffffffff, 128);
	put32(512 + 32, 0xffffffff);
	put32(512 + 36, 0xffffffff);
	put32(512 + 76, 0xffffffff);
	probe(MEMORY);
	CHECK(info.format == IMAGE_GPT && info.claimed == UINT64_MAX);
	/* sectors of 4096 bytes */
	memmove(memory + 4096, memory + 512, 512);
	memset(memory + 512, 0, 512);
	probe(MEMORY);
	CHECK(info.format == IMAGE_GPT && info.sector == 4096);
}

static void
test_udf(void)
{
	uint32_t block;

	build_udf(2048, "\x08Gr\xfc\xdf", 5);
	probe(MEMORY);
	CHECK(info.format == IMAGE_UDF && info.udf_block == 2048);
	CHECK(strcmp(info.label, "Gr\xc3\xbc\xc3\x9f") == 0);
	CHECK(info.claimed == 1300 * 2048);
	build_udf(
	    512, "\x10\x20\x2e\x65\xe5\xd8\x00\x00\x41\xd8\x3d\xde\x00", 13);
	probe(MEMORY);
	CHECK(info.format == IMAGE_UDF && info.udf_block == 512);
	CHECK(strcmp(info.label, "?\xe6\x97\xa5?A\xf0\x9f\x98\x80") == 0);
	build_udf(2048, "\x08long", 5);
	memory[257 * 2048 + 84 + 127] = 255;
	probe(MEMORY);
	CHECK(info.format == IMAGE_UDF && *info.label == '\0');
	/* More descriptors than any valid image has. */
	build_udf(2048, "\x08U", 2);
	put32(256 * 2048 + 16, 0xffffffff);
	put_tag(256, 2048, 2);
	for (block = 259; block < MEMORY / 2048; block++)
		put_tag(block, 2048, 4);
	probe(MEMORY);
	CHECK(info.format == IMAGE_UDF);
	/* A bridge disc: ISO 9660 counts, and UDF gives the label. */
	build_udf(2048, "\x08U", 2);
	memmove(memory + 34817 + 2048, memory + 32769, 3 * 2048);
	memory[32768] = 1;
	put_text(32769, "CD001");
	put_text(32768 + 40, "I");
	memory[34816] = 255;
	put_text(34817, "CD001");
	probe(MEMORY);
	CHECK(info.format == IMAGE_ISO9660 && strcmp(info.label, "U") == 0);
	CHECK(info.claimed == 1300 * 2048);
}

/* A label fits into its buffer, even if its characters take many bytes. */
static void
test_label_room(void)
{
	char label[127];
	int i;

	memset(label, 0xe9, sizeof(label));
	label[0] = 8;
	build_udf(2048, label, sizeof(label));
	probe(MEMORY);
	CHECK(strlen(info.label) == 2 * 126);
	label[0] = 16;
	for (i = 1; i < 127; i++)
		label[i] = 0x65;
	build_udf(2048, label, sizeof(label));
	probe(MEMORY);
	CHECK(strlen(info.label) == 3 * 63);
}

static void
test_small(void)
{
	uint64_t size;

	memset(memory, 0, sizeof(memory));
	for (size = 0; size < 1030; size++) {
		probe(size);
		CHECK(info.format == IMAGE_RAW);
		CHECK((image_media_choose(&info, IMAGE_CD_MAX, &media) ==
			  NULL) == (size >= 512));
	}
	reader.pread = read_nothing;
	CHECK(image_probe(&reader, &info) == -1 && errno == EIO);
}

/* The first MiB is enough to recognize the image. */
static void
test_head(void)
{
	build_iso("X", 1);
	image_probe_head(memory, MEMORY, 10 * GIB, &info);
	CHECK(info.format == IMAGE_ISO9660 && info.size == 10 * GIB);
	image_probe_head(memory, 32774, 32774, &info);
	CHECK(info.format == IMAGE_RAW);
	image_probe_head(memory, 0, 0, &info);
	CHECK(info.format == IMAGE_RAW && info.size == 0);
}

static void
test_filesystems(void)
{
	memset(memory, 0, sizeof(memory));
	build_fat(0);
	probe(MEMORY);
	CHECK(info.format == IMAGE_FILESYSTEM &&
	      info.boot == IMAGE_BOOT_DISK_EFI);
	CHECK(strcmp(info.name, "fat") == 0 && strcmp(info.label, "DATA") == 0);
	CHECK(info.claimed == 64 * 512);
	/* a chain of clusters that has no end */
	memset(memory + 1536, 0xe5, 512);
	memory[512 + 3] = 0x02;
	memory[512 + 4] = 0xf0;
	probe(MEMORY);
	CHECK(info.boot == 0);
	memset(memory, 0, sizeof(memory));
	memcpy(memory + 0x10040, "_BHRfS_M", 8);
	put_text(0x1012b, "B\xe2\x80\xaeX\xff");
	probe(MEMORY);
	CHECK(
	    strcmp(info.name, "btrfs") == 0 && strcmp(info.label, "B?X?") == 0);
}

/* --- hostile ----------------------------------------------------------- */

/* The places of the fields that a parser follows. */
static const struct {
	size_t at, len;
} targets[] = {{0, 1024}, {51200, 64}, {52224, 64}, {52736, 64}, {1024, 256},
    {32768, 256}, {34816, 256}, {36864, 64}, {40960, 128}, {256 * 2048, 64},
    {257 * 2048, 256}, {258 * 2048, 256}};

static void
mutate(void)
{
	size_t i, n = 1 + random() % 8, target;

	for (i = 0; i < n; i++) {
		target = random() % (sizeof(targets) / sizeof(targets[0]));
		memory[targets[target].at + random() % targets[target].len] =
		    random() % 3 ? random() & 0xff : 0xff;
	}
	/* Fix the tag's checksum, which would otherwise stop most runs. */
	if (random() % 2) {
		put_tag(256, 2048, 2);
		put_tag(257, 2048, random() % 2 ? 5 : 6);
	}
}

/* A label must be safe to print, and must end within its buffer. */
static int
is_clean(const char *label)
{
	const char *end = memchr(label, '\0', IMAGE_LABEL_SIZE), *p;

	for (p = label; end != NULL && p < end; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return 0;
	return end != NULL;
}

static void
test_fuzz(void)
{
	const char *given = getenv("VM_SEED");
	unsigned seed =
	    given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	int i;

	printf("seed %u\n", seed);
	srandom(seed);
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		if (i % 16 == 0) {
			build_udf(2048, "\x08X", 2);
			memmove(memory + 36865, memory + 32769, 3 * 2048);
			memory[32768] = 1;
			put_text(32769, "CD001");
			add_el_torito(20);
			add_mbr(0x80, 0xef, 1, 9);
			add_gpt(2, 128, 128);
			put_gpt_entry(0, 128, 100);
			build_fat(100 * 512);
		}
		mutate();
		probe(random() % 4 ? (uint64_t)MEMORY
				   : (uint64_t)random() % MEMORY);
		CHECK(is_clean(info.label));
		(void)image_media_choose(&info, IMAGE_CD_MAX, &media);
		CHECK(*info.name != '\0');
	}
}

int
main(void)
{
	test_iso9660();
	test_el_torito();
	test_hybrid();
	test_mbr();
	test_gpt();
	test_udf();
	test_label_room();
	test_filesystems();
	test_small();
	test_head();
	test_fuzz();
	return check_status();
}
