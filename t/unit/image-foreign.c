/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Files that are not images, recognized by their bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "image/probe.h"

#define MEMORY (1024 * 1024)

static uint8_t memory[MEMORY];
static struct image_info info;

static void
put_text(size_t at, const char *text)
{
	memcpy(memory + at, text, strlen(text));
}

static void
probe(void)
{
	image_probe_head(memory, MEMORY, MEMORY, &info);
}

static void
test_foreign(void)
{
	static const struct {
		const char *head, *name;
	} cases[] = {{"\xfd"
		      "7zXZ",
			 "xz"},
	    {"\x1f\x8b\x08", "gz"}, {"\x28\xb5\x2f\xfd", "zst"},
	    {"\x50\x2a\x4d\x18\x01", "zst"}, {"BZh9", "bz2"},
	    {"PK\x03\x04", "zip"}, {"QFI\xfb", "qcow2"}, {"KDMV", "vmdk"},
	    {"vhdxfile", "vhdx"}, {"conectix", "vhd"}, {"QED", "qed"},
	    {"\x3a\xff\x26\xed", "sparse"}, {"Rar!\x1a\x07", "rar"},
	    {"<html>", "html"}, {"d8:announce3:x:/", "torrent"}};
	enum image_media media;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(memory, 0, sizeof(memory));
		put_text(0, cases[i].head);
		/* bytes that happen to look like a partition table */
		memory[450] = memory[454] = memory[458] = 0x83;
		memory[510] = 0x55;
		memory[511] = 0xaa;
		probe();
		CHECK(info.format == IMAGE_FOREIGN && info.boot == 0);
		CHECK(strcmp(info.name, cases[i].name) == 0);
		CHECK(image_media_choose(&info, IMAGE_CD_MAX, &media) != NULL);
		CHECK(
		    image_media_fits(&info, IMAGE_DISK, IMAGE_CD_MAX) != NULL);
	}
}

/* Marks that are not at the beginning, also if a server padded the last
 * sector. */
static void
test_trailers(void)
{
	memset(memory, 0, sizeof(memory));
	put_text(MEMORY - 512 - 100, "koly");
	probe();
	CHECK(info.format == IMAGE_FOREIGN && strcmp(info.name, "dmg") == 0);
	memset(memory, 0, sizeof(memory));
	put_text(MEMORY - 12, "NER5");
	memory[MEMORY - 1] = 1;
	probe();
	CHECK(info.format == IMAGE_FOREIGN && strcmp(info.name, "nrg") == 0);
	memory[MEMORY - 12] = 'M';
	put_text(307200 + 32769, "CD001");
	probe();
	CHECK(info.format == IMAGE_FOREIGN && strcmp(info.name, "nrg") == 0);
	memory[307200 + 32769] = 'X';
	probe();
	CHECK(info.format == IMAGE_RAW);
}

/* The kind of the text, as the probe names it; "" if it is not a text. */
static const char *
text_kind(const char *text, size_t len)
{
	const struct image_foreign *found = image_foreign_head(text, len);

	return found == NULL ? "" : found->name;
}

static void
test_text(void)
{
#define KIND(text, name) \
	CHECK(strcmp(text_kind(text, sizeof(text) - 1), name) == 0)
	char late[2048] = "<?xml version='1.0'?>", full[8192];
	size_t i;

	KIND("<!DocType HTML PUBLIC", "html");
	KIND("\xef\xbb\xbf\r\n\t <HTML>", "html");
	KIND("<head>", "html");
	KIND("<A href=x>", "html");
	KIND("<!-- proxy --><html>", "html");
	KIND("\xff\xfe<\0h\0t\0m\0l\0>\0", "html");
	KIND("\xfe\xff\0<\0p\0>\0x", "html");
	KIND("<\0t\0a\0b\0l\0e\0>\0", "html");
	KIND("<?xml version='1.0'?>\n<!DOCTYPE x><html xmlns=", "html");
	KIND("<?xml version='1.0'?><svg/>", "xml");
	KIND("<Error><Code>AccessDenied</Code>", "xml");
	KIND("", "");
	KIND("  ", "");
	KIND("\xef\xbb", "");
	KIND("<htm", "xml");
	KIND("text <html>", "text");
	KIND(" \n{\"error\": 1}\0\0\0\0", "json");
	KIND("[{\"a\": 1}]", "json");
	KIND("[section]\n", "text");
	KIND("d41d8cd98f00b204e9800998ecf8427e  x\n", "checksums");
	KIND("SHA256 (x) = 0\n", "checksums");
	KIND("# Disk DescriptorFile\n", "vmdk");
	KIND("Gr\xfc\xdf Gott: nicht gefunden", "text");
	KIND("text \x01", "");
	memcpy(late + 2000, "<html>", 6);
	CHECK(strcmp(text_kind(late, sizeof(late)), "html") != 0);
	/* Bytes that fill a disk are not text. */
	memset(full, 0xff, sizeof(full));
	CHECK(*text_kind(full, sizeof(full)) == '\0');
	memset(full, 0, sizeof(full));
	memcpy(full, "hello", 5);
	CHECK(*text_kind(full, sizeof(full)) == '\0');
	for (i = 0; i < 4096; i++)
		full[i] = "a text. "[i % 8];
	full[5000] = 1;
	CHECK(strcmp(text_kind(full, sizeof(full)), "text") == 0);
#undef KIND
}

int
main(void)
{
	test_foreign();
	test_trailers();
	test_text();
	return check_status();
}
