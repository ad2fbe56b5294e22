/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "image/internal.h"
#include "image/iso9660.h"

#define VOLUMES_OFFSET	   32768 /* after the system area */
#define VOLUMES_MAX	   32
#define CATALOG_ENTRY_SIZE 32

bool
image_is_iso9660(const void *head, size_t len)
{
	return len >= VOLUMES_OFFSET + 6 &&
	       memcmp((const char *)head + VOLUMES_OFFSET + 1, "CD001", 5) == 0;
}

/* ECMA-119 section 8.4. */
static void
parse_primary(const uint8_t *volume, struct image_info *info)
{
	uint16_t block = le16(volume + 128);
	int i;

	if (block == 512 || block == 1024 || block == 2048)
		image_claim(info, le32(volume + 80), block);
	/* Letters beyond ASCII come in whatever the author's set was. */
	for (i = 40; i < 72 && volume[i] != '\0'; i++)
		image_label_add(info, volume[i] < 0x80 ? volume[i] : '?');
	image_label_end(info);
}

/*
 * The boot catalog (El Torito section 2): a validation entry, the initial
 * entry, then sections, each a header and its entries. One block holds 64 of
 * them, more than anybody makes.
 */
static int
parse_catalog(
    const struct image_reader *reader, uint32_t block, struct image_info *info)
{
	uint8_t catalog[IMAGE_CD_BLOCK], platform, *entry;
	int n;

	n = image_read(
	    reader, catalog, sizeof(catalog), (uint64_t)block * IMAGE_CD_BLOCK);
	if (n != 1)
		return n;
	if (catalog[0] != 0x01 || le16(catalog + 30) != 0xaa55)
		return 0;
	platform = catalog[1];
	for (entry = catalog + CATALOG_ENTRY_SIZE;
	     entry < catalog + sizeof(catalog); entry += CATALOG_ENTRY_SIZE) {
		if (entry[0] == 0x90 || entry[0] == 0x91)
			platform = entry[1];
		else if (entry[0] == 0x88 && platform == 0x00)
			info->boot |= IMAGE_BOOT_CD_BIOS;
		else if (entry[0] == 0x88 && platform == 0xef)
			info->boot |= IMAGE_BOOT_CD_EFI;
	}
	return 0;
}

static int
parse_iso_volume(const struct image_reader *reader, const uint8_t *volume,
    struct image_info *info)
{
	static const char el_torito[] = "EL TORITO SPECIFICATION";

	if (volume[0] == 1 && info->label[0] == '\0')
		parse_primary(volume, info);
	else if (volume[0] == 0 &&
		 memcmp(volume + 7, el_torito, strlen(el_torito)) == 0)
		return parse_catalog(reader, le32(volume + 0x47), info);
	return 0;
}

int
image_parse_volumes(const struct image_reader *reader, struct image_info *info,
    bool *iso9660, bool *udf)
{
	uint8_t volume[IMAGE_CD_BLOCK];
	const char *id = (const char *)volume + 1;
	int i, n;

	*iso9660 = *udf = false;
	for (i = 0; i < VOLUMES_MAX; i++) {
		n = image_read(reader, volume, sizeof(volume),
		    VOLUMES_OFFSET + (uint64_t)i * sizeof(volume));
		if (n != 1)
			return n;
		if (memcmp(id, "CD001", 5) == 0) {
			*iso9660 |= i == 0;
			if (parse_iso_volume(reader, volume, info) == -1)
				return -1;
		} else if (memcmp(id, "NSR02", 5) == 0 ||
			   memcmp(id, "NSR03", 5) == 0) {
			*udf = true;
		} else if (memcmp(id, "BEA01", 5) != 0 &&
			   memcmp(id, "BOOT2", 5) != 0 &&
			   memcmp(id, "TEA01", 5) != 0) {
			break;
		}
	}
	return 0;
}
