/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>
#include <strings.h>

#include "image/internal.h"
#include "image/packed.h"

/* --- xz ---------------------------------------------------------------- */

#define XZ_FOOTER    12
#define XZ_HEADER    12
#define XZ_PIECE     4096
#define XZ_INDEX_MAX (1u << 20) /* bytes: for a hundred thousand blocks */

/* The index, which is read piece by piece. */
struct index {
	const struct image_reader *reader;
	uint64_t at, end;
	uint8_t piece[XZ_PIECE];
	size_t used, have;
	int error; /* 0: the index is invalid; -1: unable to read it */
};

static bool
next_byte(struct index *x, uint8_t *byte)
{
	if (x->used == x->have) {
		x->have = x->end - x->at < XZ_PIECE ? (size_t)(x->end - x->at)
						    : XZ_PIECE;
		x->used = 0;
		if (x->have == 0)
			return false;
		x->error = image_read(x->reader, x->piece, x->have, x->at);
		if (x->error != 1) {
			x->have = 0;
			return false;
		}
		x->error = 0;
		x->at += x->have;
	}
	*byte = x->piece[x->used++];
	return true;
}

/* Section 1.2: a number has at most 63 bits, 7 in each byte. */
static bool
next_number(struct index *x, uint64_t *number)
{
	uint8_t byte;
	int i;

	*number = 0;
	for (i = 0; i < 9; i++) {
		if (!next_byte(x, &byte))
			return false;
		*number |= (uint64_t)(byte & 0x7f) << 7 * i;
		if ((byte & 0x80) == 0)
			return true;
	}
	return false;
}

/* Section 4: the index has the packed and the unpacked size of each block. */
static bool
parse_index(struct index *x, struct image_xz *xz, uint64_t *packed)
{
	uint64_t i, size, unpacked;
	uint8_t indicator;

	*packed = 0;
	if (!next_byte(x, &indicator) || indicator != 0 ||
	    !next_number(x, &xz->blocks))
		return false;
	for (i = 0; i < xz->blocks; i++) {
		if (!next_number(x, &size) || !next_number(x, &unpacked))
			return false;
		size = (size + 3) & ~(uint64_t)3;
		if (size > x->end - *packed || unpacked > INT64_MAX - xz->size)
			return false;
		*packed += size;
		xz->size += unpacked;
		if (unpacked > xz->largest)
			xz->largest = unpacked;
	}
	return true;
}

int
image_parse_xz(const struct image_reader *reader, struct image_xz *xz)
{
	struct index x = {.reader = reader};
	uint8_t footer[XZ_FOOTER];
	uint64_t size, packed;
	int n;

	memset(xz, 0, sizeof(*xz));
	if (reader->size < XZ_HEADER + XZ_FOOTER)
		return 0;
	n = image_read(reader, footer, XZ_FOOTER, reader->size - XZ_FOOTER);
	if (n != 1)
		return n;
	size = ((uint64_t)le32(footer + 4) + 1) * 4;
	if (memcmp(footer + 10, "YZ", 2) != 0 || size > XZ_INDEX_MAX ||
	    size > reader->size - XZ_HEADER - XZ_FOOTER)
		return 0;
	x.end = reader->size - XZ_FOOTER;
	x.at = x.end - size;
	if (!parse_index(&x, xz, &packed))
		return x.error;
	/* Otherwise there is another stream before this one. */
	return packed == reader->size - XZ_HEADER - XZ_FOOTER - size;
}

/* --- zip --------------------------------------------------------------- */

#define END_SIZE       22     /* of the record at the end of the archive */
#define END_PIECE      1024   /* bytes that are searched at once */
#define COMMENT_MAX    0xffff /* bytes of a comment after it */
#define LOCATOR_SIZE   20
#define END64_SIZE     56
#define ENTRY_SIZE     46
#define LOCAL_SIZE     30
#define ENTRIES_MAX    1000
#define NAME_SIZE      256
#define EXTRA_MAX      1024
#define FLAG_ENCRYPTED 0x1

static const char damaged[] = "unable to decompress it as zip: it is damaged";

struct directory {
	uint64_t at, count;
};

/* Find the record at the end (section 4.3.16). Returns as image_read(). */
static int
find_end(const struct image_reader *reader, uint64_t *at)
{
	uint8_t piece[END_PIECE];
	uint64_t to = reader->size, first = 0;
	size_t len = END_PIECE, i;
	int n;

	if (to > END_SIZE + COMMENT_MAX)
		first = to - END_SIZE - COMMENT_MAX;
	for (; len == END_PIECE; to -= END_PIECE - END_SIZE + 1) {
		if (to - first < END_PIECE)
			len = (size_t)(to - first);
		if (len < END_SIZE)
			return 0;
		n = image_read(reader, piece, len, to - len);
		if (n != 1)
			return n;
		for (i = len - END_SIZE + 1; i-- > 0;) {
			*at = to - len + i;
			if (memcmp(piece + i, "PK\5\6", 4) == 0)
				return 1;
		}
	}
	return 0;
}

/* Find the directory (sections 4.3.14 to 4.3.16). Returns as image_read(). */
static int
find_directory(const struct image_reader *reader, struct directory *d)
{
	uint8_t end[END_SIZE], locator[LOCATOR_SIZE], end64[END64_SIZE];
	uint64_t at;
	int n;

	n = find_end(reader, &at);
	if (n == 1)
		n = image_read(reader, end, END_SIZE, at);
	if (n != 1)
		return n;
	d->count = le16(end + 10);
	d->at = le32(end + 16);
	if (d->at != UINT32_MAX && d->count != UINT16_MAX)
		return 1;
	if (at < LOCATOR_SIZE)
		return 0;
	n = image_read(reader, locator, LOCATOR_SIZE, at - LOCATOR_SIZE);
	if (n != 1 || memcmp(locator, "PK\6\7", 4) != 0)
		return n == -1 ? -1 : 0;
	n = image_read(reader, end64, sizeof(end64), le64(locator + 8));
	if (n != 1 || memcmp(end64, "PK\6\6", 4) != 0)
		return n == -1 ? -1 : 0;
	d->count = le64(end64 + 32);
	d->at = le64(end64 + 48);
	return 1;
}

/* Section 4.5.3: sizes and place of a file that do not fit into 32 bits. */
static void
take_zip64(const uint8_t *extra, size_t len, const uint8_t *entry,
    struct image_zip *zip, uint64_t *local)
{
	size_t at = 0, end;

	while (at + 4 <= len && le16(extra + at) != 1)
		at += 4u + le16(extra + at + 2);
	if (at + 4 > len || le16(extra + at + 2) > len - at - 4)
		return;
	end = at + 4 + le16(extra + at + 2);
	at += 4;
	if (le32(entry + 24) == UINT32_MAX && at + 8 <= end) {
		zip->size = le64(extra + at);
		at += 8;
	}
	if (le32(entry + 20) == UINT32_MAX && at + 8 <= end) {
		zip->packed = le64(extra + at);
		at += 8;
	}
	if (le32(entry + 42) == UINT32_MAX && at + 8 <= end)
		*local = le64(extra + at);
}

static bool
is_image_name(const char *name)
{
	static const char *const ends[] = {
	    ".img", ".iso", ".raw", ".bin", ".dd", ".vfd", ".ima", ".udf"};
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcasecmp(dot, ends[i]) == 0)
			return true;
	return false;
}

/* What is found among the files of the archive. */
struct search {
	const struct image_reader *reader;
	struct image_zip zip;
	uint64_t local;		/* where the header of the found file is */
	unsigned flags;		/* of the found file */
	unsigned files, images; /* how many there are */
};

/* Take the directory's entry at *at (section 4.3.12), and move *at to the next
 * one. Returns as image_read(). */
static int
take_entry(struct search *s, uint64_t *at)
{
	uint8_t entry[ENTRY_SIZE], extra[EXTRA_MAX];
	char name[NAME_SIZE] = "";
	size_t name_len, extra_len, cut;
	uint64_t next;
	bool image;
	int n;

	n = image_read(s->reader, entry, ENTRY_SIZE, *at);
	if (n != 1 || memcmp(entry, "PK\1\2", 4) != 0)
		return n == -1 ? -1 : 0;
	name_len = le16(entry + 28);
	extra_len = le16(entry + 30);
	*at += ENTRY_SIZE;
	next = *at + name_len + extra_len + le16(entry + 32);
	/* The end of a long name tells what it is; and zip64 comes first. */
	cut = name_len >= NAME_SIZE ? name_len - (NAME_SIZE - 1) : 0;
	name_len -= cut;
	*at += cut;
	if (extra_len > EXTRA_MAX)
		extra_len = EXTRA_MAX;
	n = image_read(s->reader, name, name_len, *at);
	if (n == 1 && extra_len > 0)
		n = image_read(s->reader, extra, extra_len, *at + name_len);
	if (n != 1)
		return n;
	*at = next;
	/* Skip directories, and the files that macOS adds. */
	if (name_len == 0 || name[name_len - 1] == '/' ||
	    strncmp(name, "__MACOSX/", 9) == 0)
		return 1;
	image = is_image_name(name);
	s->files++;
	s->images += image;
	if (s->files > 1 && (!image || s->images > 1))
		return 1;
	s->flags = le16(entry + 8);
	s->local = le32(entry + 42);
	s->zip = (struct image_zip){.method = le16(entry + 10),
	    .crc = le32(entry + 16),
	    .packed = le32(entry + 20),
	    .size = le32(entry + 24)};
	take_zip64(extra, extra_len, entry, &s->zip, &s->local);
	return 1;
}

/* Section 4.3.7: the data of a file follows a local header. */
static const char *
find_data(struct search *s, bool *failed)
{
	uint8_t local[LOCAL_SIZE];
	int n;

	if ((s->flags & FLAG_ENCRYPTED) != 0)
		return "the image in the zip archive is encrypted";
	if (s->zip.method != IMAGE_ZIP_STORED &&
	    s->zip.method != IMAGE_ZIP_DEFLATE)
		return "the zip archive is packed in a way that only unzip "
		       "knows: unpack it first (unzip)";
	n = image_read(s->reader, local, LOCAL_SIZE, s->local);
	*failed = n == -1;
	if (n != 1 || memcmp(local, "PK\3\4", 4) != 0)
		return damaged;
	s->zip.at = s->local + LOCAL_SIZE + le16(local + 26) + le16(local + 28);
	if (s->zip.at > s->reader->size ||
	    s->zip.packed > s->reader->size - s->zip.at ||
	    (s->zip.method == IMAGE_ZIP_STORED && s->zip.packed != s->zip.size))
		return damaged;
	return NULL;
}

const char *
image_parse_zip(
    const struct image_reader *reader, struct image_zip *zip, bool *failed)
{
	struct search s = {.reader = reader};
	struct directory d;
	const char *reason;
	uint64_t i;
	int n;

	*failed = false;
	n = find_directory(reader, &d);
	if (n == 1 && d.count > ENTRIES_MAX)
		return "the zip archive holds more than 1000 files: unpack it "
		       "first (unzip)";
	for (i = 0; n == 1 && i < d.count; i++)
		n = take_entry(&s, &d.at);
	*failed = n == -1;
	if (n != 1)
		return damaged;
	if (s.files == 0)
		return "the zip archive holds no file";
	if (s.files > 1 && s.images != 1)
		return "the zip archive holds several files, and not one of "
		       "them is clearly the image: unpack it first (unzip)";
	reason = find_data(&s, failed);
	*zip = s.zip;
	return reason;
}
