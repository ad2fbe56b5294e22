#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-probe with files that people take for images, but that are not; they are
# made by the usual tools, or have their magic number. And with file systems
# that everybody knows by name.

load helper

setup() {
	make_tree
}

# refused FILE FORMAT TEXT: vm-probe fails with 65 and one line, for each type
# of drive.
refused() {
	fails 65 vm-probe "$1"
	grep -qF -- "$3" stderr
	[ "$(cat stdout | sed -n 's/^format: //p')" = "$2" ]
	fails 65 vm-probe -t disk "$1"
	fails 65 vm-probe -t cd "$1"
}
# begins FORMAT TEXT BYTES [OFFSET]: refuses a file of 1 MiB with these bytes.
begins() {
	head -c 1M /dev/urandom >file
	printf '%b' "$3" |
		dd of=file bs=1 seek="${4:-0}" conv=notrunc status=none
	refused file "$1" "$2"
}
# says FORMAT TEXT: refuses a file that has the text of standard input.
says() {
	cat >file
	refused file "$1" "$2"
	# as from an NBD server, which pads the last sector
	truncate -s %512 file
	refused file "$1" "$2"
}

@test "text of every kind is no image" {
	printf '{"error": "no such file"}' | says json "not an image: text"
	printf '\n\n [ {"a": 1} ]' | says json "not an image: text"
	printf '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>' |
		says xml "not an image: text"
	sha256sum tree/data | says checksums "a list of checksums"
	sha256sum --tag tree/data | says checksums "a list of checksums"
	printf '{}' | says json "not an image: text"
	printf '[]\n' | says json "not an image: text"
	echo "404 page not found, and nothing else" | says text "not an image: text"
	echo "Straße gesperrt, Umleitung über Köln" | iconv -t latin1 |
		says text "not an image: text"
	echo "страница не найдена" | says text "not an image: text"
	seq 3000 >long
	says text "not an image: text" <long
}

@test "web pages are known by each tag of the WHATWG's, in any encoding" {
	local tag
	for tag in '!DOCTYPE html' html head script iframe h1 div font table a \
		style title b body br p; do
		printf '\t\r\n <%s>%600s' "$tag" '' | says html "web page"
	done
	printf '<!-- a proxy was here -->{}' | says html "web page"
	printf '\357\273\277<html>' | says html "web page"
	for tag in utf-16 utf-16le utf-16be; do
		printf '\n<!doctype html><title>Anmeldung</title>ü' |
			iconv -t "$tag" | says html "web page"
	done
	printf '{"ein": "Wert"}' | iconv -t utf-16 | says json "not an image"
	# no tag, but a word that begins like one
	printf '<address>Somewhere in particular</address>' |
		says xml "not an image: text"
}

@test "a torrent and other links to an image are no image" {
	printf 'd8:announce20:http://example.org/a13:creation datei1e4:infod6:\1\2' |
		says torrent "a torrent"
	printf 'd4:infod6:lengthi1e4:name1:x6:pieces20:%s\1\2' 1234567890 |
		says torrent "a torrent"
	begins zsync "give the URL" 'zsync: 0.6.2\nFilename: x.iso\n'
	begins jigdo "jigdo-lite" 'JigsawDownload template 1.0 '
}

@test "disks of virtual machines are refused, with what to do" {
	local format
	for format in qcow qcow2 qed vdi vmdk vhdx parallels; do
		qemu-img create -q -f $format "a.$format" 64M
		refused "a.$format" $format "qemu-img convert -O raw"
		grep -q "qemu-nbd -r" stderr
	done
	qemu-img create -q -f vpc -o subformat=dynamic a.vhd 64M
	refused a.vhd vhd "qemu-img convert -O raw"
	qemu-img create -q -f vmdk -o subformat=monolithicFlat flat.vmdk 64M
	refused flat.vmdk vmdk "convert"
	begins vmdk "convert" 'COWD'
}

@test "a fixed VHD is a disk with a footer, and usable" {
	truncate -s 8M disk
	printf ',,L\n' | sfdisk -q disk
	qemu-img convert -f raw -O vpc -o subformat=fixed,force_size=on disk a.vhd
	[ "$(vm-probe -f format a.vhd)" = mbr ]
}

@test "compressed files and archives are refused, with what to do" {
	local command
	for command in gzip:gz xz:xz bzip2:bz2 zstd:zst lz4:lz4 lzma:lzma \
		lzip:lzip lzop:lzop; do
		"${command%:*}" -c tree/data >file
		refused file "${command#*:}" "decompress it first"
	done
	lz4 -l -c tree/data >file
	refused file lz4 "lz4 -d"
	{ printf '\120\052\115\030\004\0\0\0abcd'; zstd -c tree/data; } >file
	refused file zst "zstd -d"
	{ printf '\120\052\115\030\004\0\0\0abcd'; lz4 -c tree/data; } >file
	refused file lz4 "lz4 -d"
	zip -q a.zip tree/data
	refused a.zip zip "unzip"
	7zz a -bd a.7z tree/data >/dev/null
	refused a.7z 7z "7z x"
	for command in ustar pax gnu v7; do
		tar -c -H $command -f file tree
		refused file tar "tar -x"
	done
	for command in bin newc odc; do
		find tree | cpio -o -H $command >file 2>/dev/null
		refused file cpio "cpio -i"
	done
	begins rar "unrar" 'Rar!\x1a\x07\x01\0'
	begins rar "unrar" 'Rar!\x1a\x07\0'
}

@test "images for other tools than a drive are refused" {
	wimcapture tree a.wim >/dev/null 2>&1
	refused a.wim wim "WIM"
	truncate -s 8M disk
	img2simg disk sparse
	refused sparse sparse "it is an Android sparse image and no image: convert it first (simg2img)"
	begins bootimg "a boot image of Android" 'ANDROID!'
	begins ntfsclone "ntfsclone -r" '\0ntfsclone-image'
	begins fsarchiver "fsarchiver restfs" 'FsArCh_002'
	# UDIF has its magic number at the end
	head -c 70000 /dev/urandom >a.dmg
	{ printf 'koly\0\0\0\4'; head -c 504 /dev/zero; } >>a.dmg
	refused a.dmg dmg "UDIF"
	truncate -s %512 a.dmg
	refused a.dmg dmg "UDIF"
	xorriso -as mkisofs -quiet -V X -o a.iso tree
	# sectors of 2352 bytes, in which a header comes before the data
	python3 - <<-'END'
		data = open('a.iso', 'rb').read()
		sync = b'\0' + b'\xff' * 10 + b'\0'
		with open('a.bin', 'wb') as out:
		    for i in range(0, len(data), 2048):
		        out.write(sync + bytes(4) + data[i:i + 2048] + bytes(288))
	END
	refused a.bin bin "bchunk"
	{ head -c 307200 /dev/zero; cat a.iso; printf 'NER5\0\0\0\0\0\1\0\0'; } >a.nrg
	refused a.nrg nrg "nrg2iso"
}

@test "programs, documents and pictures are no image" {
	refused /bin/true elf "a program"
	begins pdf "PDF" '%PDF-1.7\n'
	begins jpeg "picture" '\xff\xd8\xff\xe0\0\x10JFIF'
	begins png "picture" '\x89PNG\r\n\x1a\n'
	begins sqlite "database" 'SQLite format 3\0'
	begins kernel "kernel" 'HdrS' 514
	begins mp4 "film" 'ftyp' 4
}

@test "what is filled with one byte, or random, is a disk with a warning" {
	local fill
	for fill in '\0' '\377' '\366' '\125'; do
		head -c 1M /dev/zero | tr '\0' "$fill" >file
		[ "$fill" != '\125' ] || printf '\1' |
			dd of=file conv=notrunc status=none
		vm-probe -f warning file | grep -q "nothing is recognised"
		[ "$(vm-probe -f media file)" = disk ]
	done
	head -c 1M /dev/urandom >file
	vm-probe -f warning file | grep -q "nothing is recognised"
}

# names IMAGE FORMAT LABEL: vm-probe prints them without a warning.
names() {
	[ "$(vm-probe -f format "$1")" = "$2" ]
	[ "$(vm-probe -f label "$1")" = "$3" ]
	[ "$(vm-probe -f media "$1")" = disk ]
	[ -z "$(vm-probe -f warning "$1")" ]
}

@test "file systems have a format and a label" {
	local bits
	for bits in 12 16 32; do
		truncate -s 64M fs
		mkfs.fat -F $bits -s 1 -n "MY FAT" fs >log 2>&1 ||
			mkfs.fat -F $bits -n "MY FAT" fs >log
		names fs fat "MY FAT"
		rm fs
	done
	truncate -s 16M fs
	mkfs.fat fs >log
	names fs fat ""
	mformat -v TOOLS -i fs ::
	names fs fat TOOLS
	mkfs.exfat -L "Größe 1" fs >log
	names fs exfat "Größe 1"
	mkntfs -q -F -L "Daten für alle" fs >log 2>&1
	names fs ntfs "Daten für alle"
	for bits in 2 3 4; do
		mkfs.ext$bits -q -F -L "räuber" fs
		names fs ext "räuber"
	done
	truncate -s 400M fs
	mkfs.xfs -q -f -L xlabel fs
	names fs xfs xlabel
	rm fs
	truncate -s 128M fs
	mkfs.btrfs -q -f -L "b label" fs
	names fs btrfs "b label"
	mksquashfs tree sq -quiet -no-progress >log
	names sq squashfs ""
	[ -z "$(vm-probe -f warning sq)" ]
	truncate -s 65536 sq
	vm-probe -f warning sq | grep -q "shorter than its own volume"
}

@test "UDF has blocks of 512 to 8192 bytes, and a label of its own" {
	local block
	for block in 512 1024 2048 4096 8192; do
		truncate -s 20M fs
		mkudffs -b $block -l "Größe $block" fs >log
		[ "$(vm-probe -f format fs)" = udf ]
		[ "$(vm-probe -f label fs)" = "Größe $block" ]
		[ "$(vm-probe -f media fs)" = \
			"$([ $block = 2048 ] && echo cd || echo disk)" ]
		[ -z "$(vm-probe -f warning fs)" ]
		rm fs
	done
}

@test "labels are UTF-8: Joliet's, and UDF's before ISO 9660's" {
	genisoimage -quiet -input-charset utf-8 -J -r -V "Prüfung" -o j.iso tree
	[ "$(vm-probe -f label j.iso)" = "Prüfung" ]
	# Joliet has only 16 characters
	genisoimage -quiet -J -r -V "A_LABEL_OF_24_CHARACTERS" -o long.iso tree
	[ "$(vm-probe -f label long.iso)" = "A_LABEL_OF_24_CHARACTERS" ]
	genisoimage -quiet -udf -J -V "BOTH" -o both.iso tree
	[ "$(vm-probe -f format both.iso)" = iso9660 ]
	[ "$(vm-probe -f label both.iso)" = BOTH ]
	# UDF's volume name is in 8-bit characters at block 33, 84 bytes in
	local at
	at=$(LC_ALL=C grep -aobP '\x08BOTH' both.iso | head -n 20 | cut -d: -f1)
	for at in $at; do
		printf 'UDF!' | dd of=both.iso bs=1 seek=$((at + 1)) \
			conv=notrunc status=none
	done
	[ "$(vm-probe -f label both.iso)" = "UDF!" ]
}

@test "a label cannot turn the direction of a line, nor control a terminal" {
	truncate -s 16M fs
	mkfs.ext4 -q -F -L "$(printf 'a\342\200\256b\302\233c\342\201\246')" fs
	[ "$(vm-probe -f label fs)" = 'a?b?c?' ]
}
