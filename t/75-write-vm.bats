#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What the host writes is kept: in the image itself, in an overlay; and how
# it is told where it could not be. Also: packed images, local ones, and a
# link that is renewed, through the whole column.

load helper
load column

SLOT=1

setup_file() {
	column_start
	mkdir -p /srv/images
	echo "allow_file = /srv/images" >"$VM_CONF"
	truncate -s 24M "$WWW/disk.img"
	mkfs.ext2 -q -L DISK "$WWW/disk.img"
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
setup() {
	cd "$BATS_TEST_TMPDIR" || return
}
teardown() {
	cleanup
	umount /mnt 2>/dev/null || :
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
}

# write_file NAME: the host writes a file of some MiB, and says when it is out.
write_file() {
	wait_until 30 host_has $SLOT
	mount "$(host_drive $SLOT)" /mnt
	head -c 3M /dev/urandom >"/mnt/$1"
	cp "/mnt/$1" "$BATS_TEST_TMPDIR/$1"
	umount /mnt
}
# has_file NAME: the host reads the same, over the whole column.
has_file() {
	wait_until 30 host_has $SLOT
	drop_caches
	mount -r "$(host_drive $SLOT)" /mnt
	cmp "/mnt/$1" "$BATS_TEST_TMPDIR/$1"
	umount /mnt
}

@test "without -w the host cannot write" {
	mount_image disk.img
	wait_until 30 host_has $SLOT
	[ "$(cat "/sys/block/$(basename "$(host_drive $SLOT)")/ro")" = 1 ]
	[ "$(vm-gadget status -f ro $SLOT)" = 1 ]
}

@test "-w to a local image: what the host wrote is in it after the eject" {
	cp "$WWW/disk.img" /srv/images/disk.img
	vmctl mount -w /srv/images/disk.img
	[ "$(vmctl status -j | jq '.slots[1].ro')" = false ]
	write_file one
	vmctl eject
	debugfs -R "dump one copy" /srv/images/disk.img
	cmp copy "$BATS_TEST_TMPDIR/one"
	nothing_left $SLOT
}

@test "a local image outside of allow_file is not mounted: 77" {
	cp "$WWW/disk.img" /srv/other.img
	ln -sf /srv/other.img /srv/images/link.img
	fails 77 vmctl mount /srv/other.img
	fails 77 vmctl mount /srv/images/link.img
	fails 77 vmctl mount "file:///srv/images/../other.img"
	fails 66 vmctl mount /srv/images/none.img
}

@test "--overlay keeps what the host writes, over one mount and the next" {
	cp "$WWW/disk.img" before
	mount_image disk.img --overlay "$BATS_TEST_TMPDIR/over"
	write_file one
	has_file one
	vmctl eject
	mount_image disk.img --overlay "$BATS_TEST_TMPDIR/over"
	has_file one
	vmctl eject
	cmp before "$WWW/disk.img"
	mount_image disk.img
	wait_until 30 host_has $SLOT
	mount -r "$(host_drive $SLOT)" /mnt
	[ ! -e /mnt/one ]
}

# mount_small: onto an overlay that takes less than the host will write.
mount_small() {
	mount_image disk.img --overlay "$BATS_TEST_TMPDIR/over" \
		--overlay-size 1M
	wait_until 30 host_has $SLOT
}
# fill: the host writes more than the overlay takes; it goes to this machine's
# page cache, so that its command is answered well.
fill() {
	dd if=/dev/urandom of="$(host_drive $SLOT)" bs=64k count=64 \
		oflag=direct status=none || :
}
# slot_pid [CHILD]: of the vm-slot, or of that process of its.
slot_pid() {
	cat "$VM_RUN_DIR/$SLOT/${1:+work/}pid${1:+.$1}"
}
is_gone() {
	[ ! -e "$1" ]
}

@test "what cannot be kept takes the medium from the host, and says why" {
	mount_small
	fill
	wait_until 20 grep -q failed "$VM_RUN_DIR/1/state"
	vmctl status -s 1 | grep "error .*some of what was written is lost"
	not host_has $SLOT
	nothing_left $SLOT
	# What fitted is there.
	mount_image disk.img --overlay "$BATS_TEST_TMPDIR/over"
	wait_until 30 host_has $SLOT
	cmp -i $((8 * 1048576)) "$WWW/disk.img" "$(host_drive $SLOT)"
}

@test "an eject writes out what this machine still holds" {
	cp "$WWW/disk.img" /srv/images/disk.img
	vmctl mount -w /srv/images/disk.img
	wait_until 30 host_has $SLOT
	head -c 2M /dev/urandom >data
	# Not synced: it is in the page cache of /dev/nbdN when the host is done.
	dd if=data of="$(host_drive $SLOT)" bs=64k oflag=direct status=none
	vmctl eject
	cmp -n $((2 * 1048576)) data /srv/images/disk.img
}

# hold: the host has written, and this machine holds it.
hold() {
	cp "$WWW/disk.img" /srv/images/disk.img
	vmctl mount -w /srv/images/disk.img
	wait_until 30 host_has $SLOT
	head -c 2M /dev/urandom >data
	kill -STOP "$(slot_pid writer)"
	dd if=data of="$(host_drive $SLOT)" bs=64k oflag=direct status=none
}
is_kept() {
	cmp -n $((2 * 1048576)) data /srv/images/disk.img
	nothing_left $SLOT
}
# has_ended PID: also where its parent has not looked yet.
has_ended() {
	case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) in
	Z | '') return 0 ;;
	*) return 1 ;;
	esac
}
# ask_eject: of a vm-slot that may be stopped.
ask_eject() {
	vm-slot -a eject $SLOT 3>&- &
	ASKER=$!
	wait_until 10 is_sleeping $ASKER
}
# is_sleeping PID: it has asked, and waits for the answer.
is_sleeping() {
	[ "$(cut -d ' ' -f 3 "/proc/$1/stat")" = S ] &&
		[ "$(cat "/proc/$1/comm")" = vm-slot ]
}
# eject_beside_kill: the writer is killed just before it is told to end.
eject_beside_kill() {
	local slot writer dir=$VM_RUN_DIR/$SLOT
	slot=$(slot_pid) writer=$(slot_pid writer)
	kill -STOP "$slot"
	ask_eject
	kill -KILL "$writer"
	wait_until 20 has_ended "$writer"
	kill -CONT "$slot"
	wait_until 20 is_gone "$dir/work"
}

@test "... also where its vm-slot was killed" {
	hold
	kill -KILL "$(slot_pid)"
	kill -CONT "$(slot_pid writer)"
	vmctl eject -s $SLOT
	is_kept
}

@test "... and its writer, too" {
	hold
	kill -KILL "$(slot_pid)" "$(slot_pid writer)"
	vmctl eject -s $SLOT
	is_kept
}

@test "... or the writer alone, just then" {
	hold
	eject_beside_kill
	is_kept
	[ ! -e "$VM_RUN_DIR/$SLOT/error" ]
}

@test "an eject of what cannot be written out says so: 74" {
	mount_small
	local writer
	writer=$(slot_pid writer)
	kill -STOP "$writer"
	fill
	(
		exec 3>&-
		vmctl eject >out 2>&1 || echo $? >status
	) &
	wait_until 10 grep -q deactivating "$VM_RUN_DIR/$SLOT/state"
	kill -CONT "$writer"
	wait $!
	[ "$(cat status)" = 74 ]
	grep -q "is lost" out
	not grep ejected out
	nothing_left $SLOT
}

@test "what was found lost just before an eject is told, too" {
	mount_small
	local slot writer dir=$VM_RUN_DIR/$SLOT
	slot=$(slot_pid) writer=$(slot_pid writer)
	kill -STOP "$writer" "$slot"
	fill
	ask_eject
	kill -CONT "$writer"
	wait_until 20 has_ended "$writer"
	kill -CONT "$slot"
	wait_until 20 is_gone "$dir/work"
	wait_until 10 grep -q "is lost" "$dir/error"
	[ "$(cat "$dir/status")" = 74 ]
	nothing_left $SLOT
}

@test "an xz image is mounted, with a word of it" {
	head -c 5M /dev/urandom >"$WWW/raw.img"
	xz -0 --block-size=1MiB -k -f "$WWW/raw.img"
	mount_image raw.img.xz 2>words
	grep -q "note: .*is compressed (xz)" words
	wait_until 30 host_has $SLOT
	cmp "$WWW/raw.img" "$(host_drive $SLOT)"
	[ "$(vmctl status -j | jq -r '.slots[1].note')" != null ]
}

@test "renew: an expired link is replaced, the medium stays" {
	mount_image "disk.img?sig=one"
	wait_until 30 host_has $SLOT
	fails 65 vmctl renew "$URL/other.img?sig=two"
	run -0 vmctl renew "$URL/disk.img?sig=two"
	[[ $output = "slot 1: $URL/disk.img now uses the new link" ]]
	wait_until 10 grep -q "sig=two" "$VM_RUN_DIR/1/request/url"
	drop_caches
	cmp "$WWW/disk.img" "$(host_drive $SLOT)"
	tail -n 3 "$BATS_FILE_TMPDIR/nginx.log" | grep -q "sig=two"
	vmctl status -j | not grep -q sig
}
