#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-probe on real images, made by the usual tools.

load helper

setup() {
	make_tree
}

# make_iso FILE [OPTION...]
make_iso() {
	local out=$1
	shift
	xorriso -as mkisofs -quiet -V GRML -J -R -o "$out" "$@" tree
}

# is FILE LINE...: does vm-probe print these lines about FILE?
is() {
	local file=$1
	shift
	diff <(vm-probe "$file") <(printf '%s\n' "$@") >&2
}

# with_nbd FILE: serves FILE on the socket "sock".
with_nbd() {
	background nbdkit -f -U sock "$@"
	wait_until 5 test -S sock
}

@test "a plain ISO 9660 image is a CD that does not boot" {
	make_iso plain.iso
	is plain.iso "size: $(stat -c %s plain.iso)" "format: iso9660" \
		"label: GRML" "boot: none" "media: cd" \
		"summary: nothing bootable found"
}

@test "grub-mkrescue's hybrid is a CD, and as a disk it boots too" {
	grub-mkrescue -d /usr/lib/grub/i386-pc -o hybrid.iso tree -- -volid "A HYBRID" >log 2>&1 ||
		{ cat log >&2; return 1; }
	is hybrid.iso "size: $(stat -c %s hybrid.iso)" "format: hybrid" \
		"label: A HYBRID" "boot: bios" "media: cd" \
		"summary: boots by BIOS only"
	[ "$(vm-probe -t disk -f boot hybrid.iso)" = bios ]
}

@test "a UDF image is a CD, but with a disk's block size it is a disk" {
	truncate -s 8M dvd.udf disk.udf
	mkudffs -b 2048 -l "Grüße" dvd.udf >log
	mkudffs -b 512 disk.udf >log
	is dvd.udf "size: 8388608" "format: udf" "label: Grüße" \
		"boot: none" "media: cd" "summary: nothing bootable found"
	[ "$(vm-probe -f media disk.udf)" = disk ]
}

@test "data in which nothing is recognised is a raw disk, with a warning" {
	local warning="warning: nothing is recognised in it"
	truncate -s 1M raw.img
	vm-probe raw.img >out
	head -n 5 out | diff - <(printf '%s\n' "size: 1048576" "format: raw" \
		"boot: none" "media: disk" "summary: nothing bootable found")
	[[ $(tail -n +6 out) == "$warning"* ]]
	[ "$(vm-probe -j raw.img | jq '.warnings | length')" = 1 ]
}

@test "an ISO larger than a CD is refused, but fits a DVD, or a disk if asked for" {
	make_iso big.iso
	truncate -s 3G big.iso
	fails 65 vm-probe big.iso
	grep -q "DVD patch" stderr
	fails 65 vm-probe -t cd big.iso
	[ "$(vm-probe -D -f media big.iso)" = cd ]
	[ "$(vm-probe -t disk -f media big.iso)" = disk ]
}

@test "the largest CD is 2359293952 bytes" {
	make_iso edge.iso
	truncate -s 2359293952 edge.iso
	[ "$(vm-probe -f media edge.iso)" = cd ]
	truncate -s +1 edge.iso
	fails 65 vm-probe edge.iso
}

@test "a hybrid larger than a CD becomes a disk, never a cut CD" {
	make_iso big.iso
	printf '1,100,17,*\n' | sfdisk -q -W never -w never big.iso
	truncate -s 3G big.iso
	[ "$(vm-probe -f media big.iso)" = disk ]
	fails 65 vm-probe -t cd big.iso
}

@test "an ISO under 300 blocks is refused with what to do" {
	rm tree/data
	make_iso tiny.iso
	fails 65 vm-probe tiny.iso
	grep -q "614400" stderr
	truncate -s 614400 tiny.iso
	vm-probe tiny.iso
}

@test "a truncated download is reported" {
	make_iso cut.iso
	truncate -s 700K cut.iso
	vm-probe -f warning cut.iso | grep -q "shorter than its own volume"
	[ "$(vm-probe -j cut.iso | jq '.missing > 0')" = true ]
	[ "$(vm-probe -f media cut.iso)" = cd ]
}

@test "bytes after the last block are reported" {
	truncate -s 1000 odd.img
	vm-probe -f warning odd.img | grep -q "last 488 bytes"
}

@test "a login page is not an image" {
	printf '\n<!doctype HTML>\n<title>Log in</title>%600s' '' >page.iso
	fails 65 vm-probe page.iso
	grep -q "web page" stderr
	grep -qx "format: html" stdout
}

@test "a compressed image is named, with what to do" {
	make_iso a.iso
	gzip -k a.iso
	xz -k a.iso
	fails 65 vm-probe a.iso.gz
	grep -q "gzip -d" stderr
	fails 65 vm-probe -t disk a.iso.xz
	grep -q "xz -d" stderr
	[ "$(vm-probe -f format a.iso.xz 2>/dev/null || :)" = xz ]
}

@test "an empty file and one of a single byte are refused" {
	: >empty
	printf x >byte
	fails 65 vm-probe empty
	fails 65 vm-probe byte
	[ "$(vm-probe -j empty 2>/dev/null | jq -r .media)" = null ]
}

@test "a label can neither control a terminal nor add a line" {
	make_iso evil.iso
	printf 'a\033[31m\nmedia: \\"disk"' |
		dd of=evil.iso bs=1 seek=$((32768 + 40)) conv=notrunc status=none
	[ "$(vm-probe -f label evil.iso)" = 'a?[31m?media: \"disk"' ]
	[ "$(vm-probe evil.iso | grep -c ^media:)" = 1 ]
	[ "$(vm-probe -j evil.iso | jq -r .label)" = 'a?[31m?media: \"disk"' ]
}

@test "-j prints one object with its schema" {
	make_iso plain.iso
	vm-probe -j plain.iso >out
	[ "$(wc -l <out)" = 1 ]
	[ "$(jq -c '[.schema, .format, .label, .boot, .media, .missing]' out)" = \
		'[1,"iso9660","GRML",{"bios":false,"efi":false,"arch":[]},"cd",0]' ]
}

@test "an NBD server's socket is read like a file" {
	make_iso plain.iso
	with_nbd file plain.iso
	diff <(vm-probe sock) <(vm-probe plain.iso)
	[ "$(vm-probe -f size sock)" = "$(stat -c %s plain.iso)" ]
}

@test "a block device is read like a file" {
	requires_root
	make_iso plain.iso
	local loop
	loop=$(losetup -r -f --show plain.iso) || skip "needs a loop device"
	diff <(vm-probe "$loop") <(vm-probe plain.iso) || local bad=1
	losetup -d "$loop"
	[ -z "${bad:-}" ]
}

@test "a read error of the server is an I/O error" {
	with_nbd --filter=error memory 1M error-pread-rate=100%
	fails 74 vm-probe sock
}

@test "a socket without a server is refused" {
	make_iso plain.iso
	with_nbd file plain.iso
	kill -9 "${STARTED[0]}"
	wait "${STARTED[0]}" || :
	fails 69 vm-probe sock
}

@test "an NBD server that never speaks is given up" {
	listen_silently "$PWD/sock"
	fails 69 timeout 60 vm-probe sock
	grep -q 'it does not answer as an NBD server' stderr
}

@test "a missing file, a directory or a FIFO is refused" {
	mkfifo fifo
	fails 66 vm-probe nothing
	fails 66 vm-probe .
	fails 66 vm-probe fifo
}

@test "wrong usage exits 64 with the usage" {
	local args
	for args in "" "a b" "-t dvd a" "-f colour a" "-j -f size a" -x; do
		# shellcheck disable=SC2086 # several words
		run -64 vm-probe $args
		[[ $output == *"usage: vm-probe"* ]]
	done
	[ -z "$(vm-probe 2>/dev/null || :)" ]
}

@test "a full disk is reported" {
	truncate -s 1M raw.img
	run -74 sh -c 'vm-probe raw.img >/dev/full'
}
