#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Sizes beyond 32 bits, and beyond a CD drive.

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

@test "an ISO too large for a CD drive is refused, never cut" {
	fails 65 mount_image pure.iso
	grep -q 'pure.iso' "$BATS_TEST_TMPDIR/stderr"
	nothing_left 0
	nothing_left 1
}
