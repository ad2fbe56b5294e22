/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <ctype.h>
#include <string.h>

#include "image/foreign.h"
#include "image/internal.h"
#include "image/text.h"

#define TAIL_SIZE (2 * IMAGE_DISK_BLOCK)
#define TAR_SUM	  148 /* POSIX ustar: the header's checksum, in octal */

#define UNPACK(command) "it is compressed: decompress it first (" command ")"
#define ARCHIVE(kind, command) \
	"it is " kind " and no image: unpack it first (" command ")"
#define MACHINE(kind)                                                  \
	"it is a " kind " disk of a virtual machine: serve it with "   \
	"qemu-nbd -r and vmctl attach, or convert it first (qemu-img " \
	"convert -O raw)"
#define OTHER(kind)	    "it is " kind " and no image"
#define NEEDS(kind, remedy) OTHER(kind) ": " remedy

struct magic {
	struct image_foreign kind;
	unsigned at; /* bytes from the beginning */
	size_t len;  /* of the magic number */
	const char *magic;
};

/* A file with one of these is no image, or not one that a host can read. */
static const struct magic magics[] = {
    /* compressed files */
    {{"xz", UNPACK("xz -d"), true}, 0, 6, "\xfd\x37\x7a\x58\x5a\x00"},
    {{"gz", UNPACK("gzip -d"), true}, 0, 3, "\x1f\x8b\x08"},
    {{"zst", UNPACK("zstd -d"), true}, 0, 4, "\x28\xb5\x2f\xfd"},
    {{"bz2", UNPACK("bzip2 -d"), true}, 0, 3, "BZh"},
    {{"zip", ARCHIVE("a zip archive", "unzip"), true}, 0, 4, "PK\x03\x04"},
    {{"zip", ARCHIVE("a zip archive", "unzip"), false}, 0, 4, "PK\x05\x06"},
    {{"zip", ARCHIVE("a zip archive", "unzip"), false}, 0, 4, "PK\x07\x08"},
    {{"lz4", UNPACK("lz4 -d"), false}, 0, 4, "\x04\x22\x4d\x18"},
    {{"lz4", UNPACK("lz4 -d"), false}, 0, 4, "\x02\x21\x4c\x18"},
    {{"lzip", UNPACK("lzip -d"), false}, 0, 4, "LZIP"},
    {{"lzop", UNPACK("lzop -d"), false}, 0, 8, "\x89LZO\x00\x0d\x0a\x1a"},
    {{"lrzip", UNPACK("lrzip -d"), false}, 0, 4, "LRZI"},
    {{"compress", UNPACK("gzip -d"), false}, 0, 3, "\x1f\x9d\x90"},
    {{"snappy", UNPACK("snzip -d"), false}, 0, 10, "\xff\x06\x00\x00sNaPpY"},
    /* archives */
    {{"7z", ARCHIVE("a 7z archive", "7z x"), false}, 0, 6,
	"7z\xbc\xaf\x27\x1c"},
    {{"rar", ARCHIVE("a rar archive", "unrar x"), false}, 0, 6, "Rar!\x1a\x07"},
    {{"tar", ARCHIVE("a tar archive", "tar -x"), false}, 257, 5, "ustar"},
    {{"cpio", ARCHIVE("a cpio archive", "cpio -i"), false}, 0, 5, "07070"},
    {{"deb", ARCHIVE("an archive of ar or a Debian package", "ar x"), false}, 0,
	8, "!<arch>\n"},
    {{"rpm", OTHER("an RPM package"), false}, 0, 4, "\xed\xab\xee\xdb"},
    {{"cab", ARCHIVE("a cabinet file", "7z x"), false}, 0, 8, "MSCF\0\0\0\0"},
    {{"ace", ARCHIVE("an ACE archive", "unace x"), false}, 7, 7, "**ACE**"},
    {{"xar", ARCHIVE("a xar archive", "7z x"), false}, 0, 4, "xar!"},
    {{"lha", ARCHIVE("an LHA archive", "7z x"), false}, 2, 3, "-lh"},
    {{"zpaq", ARCHIVE("a zpaq archive", "zpaq x"), false}, 0, 3, "zPQ"},
    {{"wim",
	 OTHER("a Windows image file (WIM), whose files go into a file "
	       "system (wimapply)"),
	 false},
	0, 8, "MSWIM\0\0\0"},
    {{"wim",
	 OTHER("a Windows image file (WIM), whose files go into a file "
	       "system (wimapply)"),
	 false},
	0, 8, "WLPWM\0\0\0"},
    /* disks of virtual machines */
    {{"qcow", MACHINE("qcow"), false}, 0, 8, "QFI\xfb\0\0\0\1"},
    {{"qcow2", MACHINE("qcow2"), false}, 0, 4, "QFI\xfb"},
    {{"qed", MACHINE("QED"), false}, 0, 4, "QED\0"},
    {{"vmdk", MACHINE("VMDK"), false}, 0, 4, "KDMV"},
    {{"vmdk", MACHINE("VMDK"), false}, 0, 4, "COWD"},
    {{"vmdk", MACHINE("VMDK"), false}, 0, 8, "\xbe\xba\xfe\xca\0\0\0\0"},
    {{"vhdx", MACHINE("VHDX"), false}, 0, 8, "vhdxfile"},
    {{"vhd", MACHINE("dynamic VHD"), false}, 0, 8, "conectix"},
    {{"vdi", MACHINE("VDI"), false}, 64, 4, "\x7f\x10\xda\xbe"},
    {{"parallels", MACHINE("Parallels"), false}, 0, 16, "WithoutFreeSpace"},
    {{"parallels", MACHINE("Parallels"), false}, 0, 16, "WithouFreSpacExt"},
    {{"bochs", MACHINE("Bochs"), false}, 0, 16, "Bochs Virtual HD"},
    {{"cow", MACHINE("COW"), false}, 0, 8, "OOOM\0\0\0\2"},
    {{"cloop", MACHINE("cloop"), false}, 0, 17, "#!/bin/sh\n#V2.0 F"},
    {{"vmstate", OTHER("the memory of a virtual machine"), false}, 0, 4,
	"QEVM"},
    /* images that are not for a drive */
    {{"sparse", NEEDS("an Android sparse image", "convert it first (simg2img)"),
	 false},
	0, 4, "\x3a\xff\x26\xed"},
    {{"bootimg", OTHER("a boot image of Android"), false}, 0, 8, "ANDROID!"},
    {{"bootimg", OTHER("a boot image of Android"), false}, 0, 8, "VNDRBOOT"},
    {{"payload", OTHER("an Android update (payload-dumper extracts it)"),
	 false},
	0, 4, "CrAU"},
    {{"ubi", OTHER("a UBI image for raw flash"), false}, 0, 4, "UBI#"},
    {{"bin",
	 NEEDS("a raw CD of 2352-byte sectors (BIN, MDF)",
	     "convert it to ISO first (bchunk, iat)"),
	 false},
	0, 12, "\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0"},
    {{"cso", NEEDS("a compressed ISO (CSO)", "decompress it first (ciso)"),
	 false},
	0, 4, "CISO"},
    {{"isz", NEEDS("a compressed ISO (ISZ)", "convert it to ISO first (iat)"),
	 false},
	0, 4, "IsZ!"},
    {{"daa",
	 NEEDS("a compressed CD (DAA)", "convert it to ISO first (daa2iso)"),
	 false},
	0, 4, "DAA\0"},
    {{"daa",
	 NEEDS("a compressed CD (GBI)", "convert it to ISO first (daa2iso)"),
	 false},
	0, 4, "GBI\0"},
    {{"ecm", NEEDS("a CD packed by ECM", "unpack it first (unecm)"), false}, 0,
	4, "ECM\0"},
    {{"chd", NEEDS("a MAME CHD", "extract it first (chdman)"), false}, 0, 8,
	"MComprHD"},
    {{"mds", NEEDS("the description of a CD", "its data is in the MDF file"),
	 false},
	0, 16, "MEDIA DESCRIPTOR"},
    {{"dmg",
	 NEEDS("an encrypted image of macOS",
	     "convert it first (hdiutil convert -format UDTO)"),
	 false},
	0, 8, "encrcdsa"},
    {{"dmg",
	 NEEDS("a sparse image of macOS",
	     "convert it first (hdiutil convert -format UDTO)"),
	 false},
	0, 4, "sprs"},
    {{"partclone",
	 NEEDS("a backup of partclone",
	     "restore it to a disk image first (partclone.restore)"),
	 false},
	0, 15, "partclone-image"},
    {{"partimage",
	 NEEDS("a backup of partimage", "restore it to a disk image first"),
	 false},
	0, 15, "PaRtImAgE-VoLuM"},
    {{"ntfsclone",
	 NEEDS("a backup of ntfsclone",
	     "restore it to a disk image first (ntfsclone -r)"),
	 false},
	0, 16, "\0ntfsclone-image"},
    {{"fsarchiver",
	 NEEDS("a backup of fsarchiver",
	     "restore it to a disk image first (fsarchiver restfs)"),
	 false},
	0, 7, "FsArCh_"},
    {{"ewf", NEEDS("an EnCase image (E01)", "export it first (ewfexport)"),
	 false},
	0, 8, "EVF\x09\x0d\x0a\xff\0"},
    {{"wbfs", OTHER("a WBFS image"), false}, 0, 4, "WBFS"},
    {{"jigdo",
	 NEEDS("a template of jigdo", "make the image first (jigdo-lite)"),
	 false},
	0, 24, "JigsawDownload template "},
    {{"zsync",
	 NEEDS("a control file of zsync", "give the URL of the image itself"),
	 false},
	0, 7, "zsync: "},
    {{"uimage", OTHER("a U-Boot image of a kernel"), false}, 0, 4,
	"\x27\x05\x19\x56"},
    {{"dtb", OTHER("a device tree"), false}, 0, 4, "\xd0\x0d\xfe\xed"},
    /* programs, documents, pictures */
    {{"elf", OTHER("a program (ELF)"), false}, 0, 4,
	"\x7f"
	"ELF"},
    {{"macho", OTHER("a program of macOS"), false}, 0, 4, "\xcf\xfa\xed\xfe"},
    {{"class", OTHER("a program in Java"), false}, 0, 4, "\xca\xfe\xba\xbe"},
    {{"wasm", OTHER("a program in WebAssembly"), false}, 0, 4, "\0asm"},
    {{"pdf", OTHER("a PDF document"), false}, 0, 5, "%PDF-"},
    {{"ole", OTHER("a document or a package of Windows (OLE)"), false}, 0, 8,
	"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
    {{"png", OTHER("a PNG picture"), false}, 0, 8, "\x89PNG\r\n\x1a\n"},
    {{"jpeg", OTHER("a JPEG picture"), false}, 0, 3, "\xff\xd8\xff"},
    {{"gif", OTHER("a GIF picture"), false}, 0, 5, "GIF87"},
    {{"gif", OTHER("a GIF picture"), false}, 0, 5, "GIF89"},
    {{"tiff", OTHER("a TIFF picture"), false}, 0, 4, "II*\0"},
    {{"tiff", OTHER("a TIFF picture"), false}, 0, 4, "MM\0*"},
    {{"riff", OTHER("a sound, a film or a picture (RIFF)"), false}, 0, 4,
	"RIFF"},
    {{"mp4", OTHER("a film or a picture (MP4, HEIC)"), false}, 4, 4, "ftyp"},
    {{"mkv", OTHER("a film (Matroska)"), false}, 0, 4, "\x1a\x45\xdf\xa3"},
    {{"ogg", OTHER("a sound (Ogg)"), false}, 0, 4, "OggS"},
    {{"flac", OTHER("a sound (FLAC)"), false}, 0, 4, "fLaC"},
    {{"mp3", OTHER("a sound (MP3)"), false}, 0, 3, "ID3"},
    {{"sqlite", OTHER("a database (SQLite)"), false}, 0, 15, "SQLite format 3"},
};

static const struct image_foreign lzma = {"lzma", UNPACK("xz -d"), false};
static const struct image_foreign zstd = {"zst", UNPACK("zstd -d"), true};
static const struct image_foreign lz4 = {"lz4", UNPACK("lz4 -d"), false};
static const struct image_foreign tar = {
    "tar", ARCHIVE("a tar archive", "tar -x"), false};
static const struct image_foreign cpio = {
    "cpio", ARCHIVE("a cpio archive", "cpio -i"), false};
static const struct image_foreign torrent = {"torrent",
    NEEDS("a torrent", "download the image with it first, or give the URL of "
		       "the image itself"),
    false};
static const struct image_foreign exe = {"exe", OTHER("a program"), false};
static const struct image_foreign kernel = {
    "kernel", NEEDS("a Linux kernel", "put it into an image first"), false};

/* --- by the beginning -------------------------------------------------- */

/* .lzma has no magic number: check as xz's lzma_alone_decoder.c does. */
static bool
is_lzma(const uint8_t *head, size_t len)
{
	uint64_t size;
	uint32_t dict, power;
	unsigned i;

	if (len < 14 || head[0] != 0x5d || head[13] != 0)
		return false;
	dict = le32(head + 1);
	size = le64(head + 5);
	/* 2^n, or 2^n + 2^(n-1) */
	power = dict - 1;
	for (i = 2; i <= 16; i += i < 4 ? 1 : i)
		power |= power >> i;
	if (dict < 4096 || power + 1 != dict)
		return false;
	return size == UINT64_MAX || (size > 0 && size >> 38 == 0);
}

/* zstd (RFC 8878 section 3.1.2) and lz4 may begin with skippable frames. */
static const struct image_foreign *
skippable(const uint8_t *head, size_t len)
{
	size_t at = 0;

	while (len - at >= 8 && (le32(head + at) & 0xfffffff0) == 0x184d2a50) {
		if (le32(head + at + 4) > len - at - 8)
			return &zstd;
		at += 8 + le32(head + at + 4);
	}
	if (at == 0)
		return NULL;
	return len - at >= 4 && le32(head + at) == 0x184d2204 ? &lz4 : &zstd;
}

/* A tar header from before POSIX has no magic number, only a checksum. */
static bool
is_tar(const uint8_t *head, size_t len)
{
	unsigned sum = 0, said = 0, i;

	if (len < 512 || head[0] == 0)
		return false;
	for (i = 0; i < 512; i++)
		sum += i >= TAR_SUM && i < TAR_SUM + 8 ? ' ' : head[i];
	for (i = TAR_SUM; i < TAR_SUM + 8 && head[i] == ' '; i++)
		;
	if (i == TAR_SUM + 8 || head[i] < '0' || head[i] > '7')
		return false;
	for (; i < TAR_SUM + 8 && head[i] >= '0' && head[i] <= '7'; i++)
		said = said * 8 + (head[i] - '0');
	return said == sum;
}

/* Is it the default format of cpio(1), in either byte order? */
static bool
is_cpio(const uint8_t *head, size_t len)
{
	bool little = len >= 26 && le16(head) == 0x71c7;
	size_t name;
	unsigned type;

	if (!little && (len < 26 || le16(head) != 0xc771))
		return false;
	type = head[little ? 7 : 6] & 0xf0;
	name = little ? le16(head + 20) : head[20] << 8 | head[21];
	return (type == 0x40 || type == 0x80 || type == 0xa0) && name > 1 &&
	       name < len - 26 && head[26 + name - 1] == '\0';
}

/* BEP 3: a torrent is a dictionary. Its first key is a word. */
static bool
is_torrent(const uint8_t *head, size_t len)
{
	size_t n = 0, at, i;

	if (len < 8 || head[0] != 'd')
		return false;
	for (at = 1; at < 4 && isdigit(head[at]); at++)
		n = n * 10 + (head[at] - '0');
	if (at == 1 || head[at++] != ':' || n < 2 || n > 64 || n >= len - at)
		return false;
	for (i = 0; i < n; i++)
		if (!islower(head[at + i]) && head[at + i] != ' ' &&
		    head[at + i] != '-' && head[at + i] != '_')
			return false;
	at += n;
	return isdigit(head[at]) || head[at] == 'd' || head[at] == 'i' ||
	       head[at] == 'l';
}

/* A Linux kernel for x86 (Documentation/arch/x86/boot.rst), arm64 or RISC-V. */
static bool
is_kernel(const uint8_t *head, size_t len)
{
	return (len >= 0x206 && memcmp(head + 0x202, "HdrS", 4) == 0) ||
	       (len >= 0x3c && memcmp(head + 0x38, "ARM\x64", 4) == 0) ||
	       (len >= 0x3c && memcmp(head + 0x38, "RSC\x05", 4) == 0);
}

/* A program of Windows or UEFI: a boot sector may begin with "MZ", too. */
static bool
is_exe(const uint8_t *head, size_t len)
{
	uint32_t at;

	if (len < 64 || memcmp(head, "MZ", 2) != 0)
		return false;
	at = le32(head + 0x3c);
	return at < len && len - at >= 4 && memcmp(head + at, "PE\0\0", 4) == 0;
}

const struct image_foreign *
image_foreign_head(const void *head, size_t len)
{
	const struct image_foreign *found = skippable(head, len);
	size_t i;

	if (found != NULL)
		return found;
	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (len >= magics[i].at + magics[i].len &&
		    memcmp((const char *)head + magics[i].at, magics[i].magic,
			magics[i].len) == 0)
			return &magics[i].kind;
	if (is_lzma(head, len))
		return &lzma;
	if (is_tar(head, len))
		return &tar;
	if (is_cpio(head, len))
		return &cpio;
	if (is_torrent(head, len))
		return &torrent;
	if (is_kernel(head, len))
		return &kernel;
	if (is_exe(head, len))
		return &exe;
	return image_text(head, len);
}

/* --- by other places --------------------------------------------------- */

static const struct place {
	struct image_foreign kind;
	size_t at; /* bytes before the end of the file */
	const char *magic;
} trailers[] = {
    {{"dmg",
	 NEEDS("an image of macOS (UDIF)",
	     "convert it first (dmg2img, or hdiutil convert -format UDTO)"),
	 false},
	512, "koly"},
    {{"dmg",
	 NEEDS("an encrypted image of macOS",
	     "convert it first (hdiutil convert -format UDTO)"),
	 false},
	276, "cdsaencr"},
    {{"nrg", NEEDS("an image of Nero", "convert it to ISO first (nrg2iso)"),
	 false},
	12, "NER5"},
    {{"nrg", NEEDS("an image of Nero", "convert it to ISO first (nrg2iso)"),
	 false},
	8, "NERO"},
    {{"uif", NEEDS("an image of MagicISO", "convert it to ISO first (uif2iso)"),
	 false},
	64, "bbis"},
};

/* ISO 9660 at places where no drive looks for it. */
static const struct shifted {
	struct image_foreign kind;
	uint64_t at; /* bytes from the beginning */
} shifted[] = {
    /* after a pregap of 150 sectors */
    {{"nrg",
	 NEEDS("a CD with a pregap (NRG)",
	     "convert it to ISO first (nrg2iso, iat)"),
	 false},
	150 * 2048 + 32769},
    /* in sectors of 2336 bytes, each with 8 bytes before its data */
    {{"bin",
	 NEEDS("a raw CD of 2336-byte sectors (BIN, MDF)",
	     "convert it to ISO first (iat)"),
	 false},
	16 * 2336 + 8 + 1},
};

/* Skips zeros at the end: an NBD server may have padded the last sector. */
static const struct image_foreign *
find_trailer(const uint8_t tail[TAIL_SIZE])
{
	size_t end, i;

	for (end = TAIL_SIZE; end > TAIL_SIZE - IMAGE_DISK_BLOCK; end--) {
		for (i = 0; i < sizeof(trailers) / sizeof(trailers[0]); i++)
			if (memcmp(tail + end - trailers[i].at,
				trailers[i].magic,
				strlen(trailers[i].magic)) == 0)
				return &trailers[i].kind;
		if (tail[end - 1] != 0)
			break;
	}
	return NULL;
}

int
image_foreign_places(
    const struct image_reader *reader, const struct image_foreign **foreign)
{
	uint8_t tail[TAIL_SIZE];
	size_t i;
	int n;

	*foreign = NULL;
	if (reader->size < TAIL_SIZE)
		return 0;
	if (image_read(reader, tail, TAIL_SIZE, reader->size - TAIL_SIZE) == -1)
		return -1;
	*foreign = find_trailer(tail);
	for (i = 0; i < sizeof(shifted) / sizeof(shifted[0]); i++) {
		if (*foreign != NULL)
			break;
		n = image_read(reader, tail, 5, shifted[i].at);
		if (n == -1)
			return -1;
		if (n == 1 && memcmp(tail, "CD001", 5) == 0)
			*foreign = &shifted[i].kind;
	}
	return 0;
}
