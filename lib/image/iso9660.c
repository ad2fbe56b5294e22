/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/boot.h"
#include "image/internal.h"
#include "image/iso9660.h"

#define VOLUMES_OFFSET	   32768 /* after the system area */
#define VOLUMES_MAX	   32
#define EMPTY_MAX	   3 /* between descriptors in blocks of 8192 bytes */
#define CATALOG_ENTRY_SIZE 32
#define CATALOG_LOOKS	   8  /* entries that are looked into */
#define JOLIET_LABEL	   16 /* characters */

/* --- El Torito --------------------------------------------------------- */

/*
 * The boot catalog (El Torito section 2) has a validation entry, the initial
 * entry, then sections, each a header and its entries. Read only its first
 * block: this has 64 entries, more than any known image.
 */
static int
parse_catalog(const struct image_reader *reader, uint32_t block,
    struct image_info *info, unsigned *reads)
{
	uint8_t catalog[IMAGE_CD_BLOCK], platform, *entry;
	int n, looks = 0;

	n = image_read(
	    reader, catalog, sizeof(catalog), (uint64_t)block * IMAGE_CD_BLOCK);
	if (n != 1)
		return n;
	if (catalog[0] != 0x01 || le16(catalog + 30) != 0xaa55)
		return 0;
	platform = catalog[1];
	for (entry = catalog + CATALOG_ENTRY_SIZE;
	     entry < catalog + sizeof(catalog) && looks < CATALOG_LOOKS;
	     entry += CATALOG_ENTRY_SIZE) {
		if (entry[0] == 0x90 || entry[0] == 0x91)
			platform = entry[1];
		if (entry[0] != 0x88 || (platform != 0x00 && platform != 0xef))
			continue;
		looks++;
		if (image_parse_cd_boot(reader,
			(uint64_t)le32(entry + 8) * IMAGE_CD_BLOCK,
			platform == 0xef, info, reads) == -1)
			return -1;
	}
	return 0;
}

/* --- volume descriptors ------------------------------------------------ */

struct volumes {
	const struct image_reader *reader;
	struct image_info *info;
	unsigned *reads;
	bool has_primary, has_joliet, has_boot;
	size_t length; /* characters of the primary volume's label */
};

/* ECMA-119 section 8.4. */
static void
parse_primary(struct volumes *v, const uint8_t *volume)
{
	struct image_info *info = v->info;
	uint16_t block = le16(volume + 128);
	int i;

	v->has_primary = true;
	if (block == 512 || block == 1024 || block == 2048)
		image_claim(info, le32(volume + 80), block);
	/* Letters beyond ASCII are in a character set that is not known. */
	for (i = 40; i < 72 && volume[i] != '\0'; i++)
		image_label_add(
		    info->label, volume[i] < 0x80 ? volume[i] : '?');
	image_label_end(info->label);
	v->length = strlen(info->label);
}

/*
 * Joliet (its specification, section 3) has the label in UTF-16, with at most
 * half as many characters. Use its label if that has letters beyond ASCII, or
 * is not shorter than the primary volume's.
 */
static void
parse_joliet(struct volumes *v, const uint8_t *volume)
{
	char label[IMAGE_LABEL_SIZE];
	size_t i;

	if (volume[88] != '%' || volume[89] != '/' ||
	    (volume[90] != '@' && volume[90] != 'C' && volume[90] != 'E'))
		return;
	v->has_joliet = true;
	image_label_utf16(label, volume + 40, 2 * JOLIET_LABEL, true);
	for (i = 0; (unsigned char)label[i] - 1u < 0x7f; i++)
		;
	if (label[i] != '\0' || (*label != '\0' && i >= v->length))
		memcpy(v->info->label, label, sizeof(label));
}

static int
parse_iso_volume(struct volumes *v, const uint8_t *volume)
{
	static const char el_torito[] = "EL TORITO SPECIFICATION";

	if (volume[0] == 1 && !v->has_primary) {
		parse_primary(v, volume);
	} else if (volume[0] == 2 && !v->has_joliet) {
		parse_joliet(v, volume);
	} else if (volume[0] == 0 && !v->has_boot &&
		   memcmp(volume + 7, el_torito, strlen(el_torito)) == 0) {
		v->has_boot = true;
		return parse_catalog(
		    v->reader, le32(volume + 0x47), v->info, v->reads);
	}
	return 0;
}

/*
 * A descriptor takes 2048 bytes, or one block if blocks are larger (ECMA-167
 * 2/8.4): in UDF with 4096-byte blocks, every second place is empty.
 */
int
image_parse_volumes(const struct image_reader *reader, struct image_info *info,
    bool *iso9660, bool *udf, unsigned *reads)
{
	struct volumes v = {.reader = reader, .info = info, .reads = reads};
	uint8_t volume[IMAGE_CD_BLOCK];
	const char *id = (const char *)volume + 1;
	int i, n, empty = 0;

	*iso9660 = *udf = false;
	for (i = 0; i < VOLUMES_MAX && empty <= EMPTY_MAX; i++) {
		n = image_read(reader, volume, sizeof(volume),
		    VOLUMES_OFFSET + (uint64_t)i * sizeof(volume));
		if (n != 1)
			return n;
		empty = 0;
		if (memcmp(id, "CD001", 5) == 0) {
			*iso9660 |= i == 0;
			if (parse_iso_volume(&v, volume) == -1)
				return -1;
		} else if (memcmp(id, "NSR02", 5) == 0 ||
			   memcmp(id, "NSR03", 5) == 0) {
			*udf = true;
		} else if (i > 0 && memcmp(id, "\0\0\0\0\0", 5) == 0) {
			empty++;
		} else if (memcmp(id, "BEA01", 5) != 0 &&
			   memcmp(id, "BOOT2", 5) != 0 &&
			   memcmp(id, "TEA01", 5) != 0) {
			break;
		}
	}
	return 0;
}
