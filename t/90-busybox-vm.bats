#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# All programs on a system that has only busybox: a root directory with its
# applets, our programs, nbdkit, and the libraries that these need.

load helper
load column

setup_file() {
	column_start
	make_iso "$WWW/one.iso" 4 ONE
	export ROOT=/tmp/bmc
	mkdir -p $ROOT/bin $ROOT/usr/lib $ROOT/usr/bin $ROOT/etc/ssl \
		$ROOT/proc $ROOT/sys $ROOT/dev $ROOT/run $ROOT/tmp $ROOT/vmedia
	cp "$(command -v busybox)" $ROOT/bin
	chroot $ROOT /bin/busybox --install -s /bin
	ln -s usr/lib $ROOT/lib
	ln -s usr/lib64 $ROOT/lib64
	mount --rbind /usr/lib $ROOT/usr/lib
	mkdir -p $ROOT/usr/lib64
	mount --bind /usr/lib64 $ROOT/usr/lib64
	cp "$(PATH=/usr/sbin:/usr/bin command -v nbdkit)" $ROOT/usr/bin
	cp /etc/passwd /etc/group /etc/hosts /etc/nsswitch.conf $ROOT/etc
	cp "$CA" $ROOT/etc/ca.pem
	cp -rL "$BUILD/bin" $ROOT/vmedia/bin
	cp -rL "$BUILD/lib" $ROOT/vmedia/lib
	for dir in proc sys dev run; do
		mount --rbind /$dir $ROOT/$dir
	done
}
teardown_file() {
	column_stop
	bmc vm-gadget teardown
}

# bmc COMMAND...: runs it in that root directory.
bmc() {
	chroot $ROOT /bin/env -i PATH=/vmedia/bin:/bin:/usr/bin "$@"
}
teardown() {
	bmc vmctl eject -f -s 0
}

@test "mount, status and eject, with busybox only" {
	[ "$(ls $ROOT/usr/bin)" = nbdkit ]
	bmc vmctl mount --cacert /etc/ca.pem "$URL/one.iso"
	wait_until 30 host_has 0
	drop_caches
	cmp "$WWW/one.iso" "$(host_drive 0)"
	bmc vmctl status -j | jq -e '.slots[0].state == "active"'
	bmc vmctl list | grep -q 'cd    active'
	bmc vmctl eject
	nothing_left
}

@test "an error is reported, with busybox only" {
	fails 66 bmc vmctl mount -s 0 --cacert /etc/ca.pem "$URL/none.iso"
	nothing_left
}

@test "a killed vm-slot is cleaned up, with busybox only" {
	bmc vmctl mount --cacert /etc/ca.pem "$URL/one.iso"
	kill -KILL "$(cat "$VM_RUN_DIR/0/pid")"
	fails 75 bmc vmctl mount -s 0 --cacert /etc/ca.pem "$URL/two.iso"
	grep -q "still holds $URL/one.iso" "$BATS_TEST_TMPDIR/stderr"
	bmc vmctl eject -s 0
	nothing_left
}

# store: gives the root directory an image store.
store() {
	mkdir -p $ROOT/etc/vmedia
	echo "store = /var/lib/vmedia" >$ROOT/etc/vmedia/vmedia.conf
}

@test "an image of the store is mounted with the network down, with busybox only" {
	store
	bmc vmctl image put - "x (1).iso" <"$WWW/one.iso"
	ip link set lo down
	bmc vmctl mount "image:x (1).iso"
	wait_until 30 host_has 0
	drop_caches
	cmp "$WWW/one.iso" "$(host_drive 0)"
	fails 75 bmc vmctl image rm "x (1).iso"
	grep "x (1).iso is in slot 0" "$BATS_TEST_TMPDIR/stderr"
	bmc vmctl eject
	ip link set lo up
	bmc vmctl image verify "x (1).iso"
	bmc vmctl image rm "x (1).iso"
	[ -z "$(bmc vmctl image ls)" ]
	nothing_left
}

@test "an image of the store that the host writes to, with busybox only" {
	store
	truncate -s 8M "$BATS_TEST_TMPDIR/disk"
	mkfs.vfat "$BATS_TEST_TMPDIR/disk"
	bmc vmctl image put - disk.img <"$BATS_TEST_TMPDIR/disk"
	bmc vmctl mount -w image:disk.img
	wait_until 30 host_has 1
	echo "written by the host" | dd of="$(host_drive 1)" bs=512 seek=9000 conv=sync,fsync
	bmc vmctl image ls | grep "was written to: no checksum, in slot 1"
	bmc vmctl eject -s 1
	bmc vmctl image get disk.img - >"$BATS_TEST_TMPDIR/after"
	grep -q "written by the host" "$BATS_TEST_TMPDIR/after"
	bmc vmctl image verify disk.img
	bmc vmctl image ls | grep unverified
	bmc vmctl image rm disk.img
	nothing_left 1
}
