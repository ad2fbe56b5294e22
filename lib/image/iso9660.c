/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The file systems of optical media: ISO 9660 (ECMA-119), El Torito 1.0 for
 * booting from it, and UDF (ECMA-167 and OSTA UDF 2.60).
 */
#include <string.h>

#include "image/internal.h"

#define VOLUMES_OFFSET	    32768 /* both, after the system area */
#define VOLUMES_MAX	    32
#define CATALOG_ENTRY_SIZE  32
#define UDF_DESCRIPTORS_MAX 64
#define UDF_ANCHOR_BLOCK    256

/* ECMA-167 3/7.2.1: the descriptors' tags. */
enum udf_tag {
	UDF_ANCHOR = 2,
	UDF_PARTITION = 5,
	UDF_LOGICAL_VOLUME = 6,
	UDF_TERMINATOR = 8,
};

/* --- ISO 9660 ---------------------------------------------------------- */

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

/* --- UDF --------------------------------------------------------------- */

/* Read the descriptor in a block; as image_read(), 0 if it is none. */
static int
read_descriptor(const struct image_reader *reader, uint8_t descriptor[512],
    uint64_t block, unsigned block_size)
{
	uint8_t sum = 0;
	int i, n;

	n = image_read(reader, descriptor, 512, block * block_size);
	if (n != 1)
		return n;
	for (i = 0; i < 16; i++)
		if (i != 4)
			sum += descriptor[i];
	return sum == descriptor[4] && le32(descriptor + 12) == block;
}

/*
 * A dstring (OSTA UDF 2.60, section 2.1.3): a byte that says 8 or 16 bits to a
 * character, the characters, and in the field's last byte how much is used.
 */
static void
parse_dstring(const uint8_t *field, size_t size, struct image_info *info)
{
	size_t used = field[size - 1], step = field[0] == 16 ? 2 : 1, i;

	if (used >= size || (field[0] != 8 && field[0] != 16))
		return;
	for (i = 1; i + step <= used; i += step)
		image_label_add(
		    info, step == 1 ? field[i] : field[i] << 8 | field[i + 1]);
	image_label_end(info);
}

/* Find the block size by its anchor, then walk the descriptors it points to. */
int
image_parse_udf(const struct image_reader *reader, struct image_info *info)
{
	static const unsigned sizes[] = {2048, 512, 4096};
	uint8_t d[512];
	unsigned block = 0;
	uint32_t first, count, i;
	int n;

	for (i = 0; i < 3 && block == 0; i++) {
		n = read_descriptor(reader, d, UDF_ANCHOR_BLOCK, sizes[i]);
		if (n == -1)
			return -1;
		if (n == 1 && le16(d) == UDF_ANCHOR)
			block = sizes[i];
	}
	if (block == 0)
		return 0;
	info->udf_block = block;
	count = le32(d + 16) / block;
	first = le32(d + 20);
	for (i = 0; i < count && i < UDF_DESCRIPTORS_MAX; i++) {
		n = read_descriptor(reader, d, (uint64_t)first + i, block);
		if (n != 1 || le16(d) == UDF_TERMINATOR)
			return n == -1 ? -1 : 0;
		if (le16(d) == UDF_PARTITION)
			image_claim(info,
			    (uint64_t)le32(d + 188) + le32(d + 192), block);
		else if (le16(d) == UDF_LOGICAL_VOLUME &&
			 info->label[0] == '\0')
			parse_dstring(d + 84, 128, info);
	}
	return 0;
}
