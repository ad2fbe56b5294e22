#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A machine with 256 MiB: an image larger than its memory goes through a cache
# of 16 MiB, while the kernel needs memory to read it.
# vm-run: -m 256

load helper
load column

MIB=${SMALL_MIB:-300}

setup_file() {
	column_start
	# The image is on the disk, not in this machine's memory.
	export IMAGE=$TOP/build/small.img
	head -c "${MIB}M" /dev/urandom >"$IMAGE"
	ln -s "$IMAGE" "$WWW/small.img"
	# A directory that other users may enter.
	mkdir -p /srv/build
	mount --bind "$TOP/build" /srv/build
	ln -sf /srv/build/small.img "$WWW/small.img"
	echo "cache = 16M" >"$VM_CONF"
}
teardown_file() {
	column_stop
	vm-gadget teardown
	rm -f "$TOP/build/small.img"
}
teardown() {
	vmctl eject -f -s 1 || :
}

@test "all bytes right, nothing killed, and the cache as configured" {
	mount_image small.img
	wait_until 30 host_has 1
	drop_caches
	dd if="$(host_drive 1)" bs=1M iflag=direct status=none | cmp - "$IMAGE"
	dmesg | not grep -i 'out of memory\|oom-kill\|I/O error\|page allocation failure'
	local pid locked
	pid=$(pgrep -x nbdkit)
	grep -E 'VmRSS|VmLck' "/proc/$pid/status"
	locked=$(awk '/^VmLck:/ { print $2 }' "/proc/$pid/status")
	[ "$locked" = $((16 * 1024)) ]
	[ "$(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")" -lt $((40 * 1024)) ]
}
