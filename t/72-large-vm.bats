#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Sizes beyond 32 bits, and beyond a CD drive; and sectors of 4096 bytes.

load helper
load column

setup_file() {
	column_start
	# A hybrid image of 5 GiB: an ISO, a partition table, and zeros, with
	# marks where 31 and 32 bits end, and at the end of the image.
	make_iso "$WWW/iso" 1 HYBRID
	cp "$WWW/iso" "$WWW/big.iso"
	truncate -s 5G "$WWW/big.iso"
	echo 'start=64, type=83' | sfdisk -q "$WWW/big.iso"
	for at in $MARKS; do
		head -c 512 /dev/urandom | dd of="$WWW/big.iso" bs=512 \
			seek=$((at / 512)) conv=notrunc status=none
	done
	cp "$WWW/iso" "$WWW/pure.iso"
	truncate -s 2500M "$WWW/pure.iso"
}
MARKS="$((3 << 30)) $((2 << 30)) $((4 << 30)) $(((4 << 30) + 4096)) $(((5 << 30) - 512))"
teardown_file() {
	column_stop
	vm-gadget teardown
}
teardown() {
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
}

@test "a hybrid image of 5 GiB is a disk of the right size and content" {
	mount_image big.iso
	[ "$(cat "$VM_RUN_DIR/1/media")" = disk ]
	wait_until 30 host_has 1
	[ "$(host_size 1)" = $((5 << 30)) ]
	drop_caches
	for at in 0 $MARKS; do
		cmp -n 512 -i "$at" "$WWW/big.iso" "$(host_drive 1)"
	done
}

@test "an ISO too large for the kernel's CD drive is refused there, never cut" {
	fails 65 mount_image pure.iso --drive kernel
	grep -q 'pure.iso' "$BATS_TEST_TMPDIR/stderr"
	nothing_left 0
	nothing_left 1
}

@test "a disk that counts in 4096-byte sectors has such blocks at the host" {
	local drive
	truncate -s 64M "$WWW/4k.img"
	# a GPT of such sectors: its header, and an entry for sectors 256 to 511
	python3 - "$WWW/4k.img" <<-'END'
		import struct, sys, zlib
		entry = bytes(range(1, 17)) + bytes(range(2, 18)) + \
		    struct.pack('<QQQ', 256, 511, 0) + bytes(72)
		entries = entry + bytes(128 * 127)
		def header(me, other):
		    h = struct.pack('<8sIIIIQQQQ16sQIII', b'EFI PART', 0x10000,
		        92, 0, 0, me, other, 6, 16377, bytes(16), 2, 128, 128,
		        zlib.crc32(entries))
		    return h[:16] + struct.pack('<I', zlib.crc32(h)) + h[20:]
		with open(sys.argv[1], 'r+b') as f:
		    f.seek(446)
		    f.write(bytes([0, 0, 2, 0, 0xee, 255, 255, 255]) +
		        struct.pack('<II', 1, 16383))
		    f.seek(510)
		    f.write(b'\x55\xaa')
		    f.seek(4096)
		    f.write(header(1, 16383))
		    f.seek(8192)
		    f.write(entries)
	END
	mount_image 4k.img
	wait_until 30 host_has 1
	drive=$(host_drive 1)
	[ "$(cat "/sys/block/${drive#/dev/}/queue/logical_block_size")" = 4096 ]
	[ "$(host_size 1)" = $((64 << 20)) ]
	wait_until 10 test -e "/sys/block/${drive#/dev/}/${drive#/dev/}1"
	drop_caches
	cmp "$WWW/4k.img" "$drive"
}
