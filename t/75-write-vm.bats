#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The host's writes are kept, in the image itself or in an overlay; a write that
# could not be kept is reported. Also compressed images, local images, and a
# renewed link; always through all programs.

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

# write_file NAME: the host writes a file of some MiB, and syncs it.
write_file() {
	wait_until 30 host_has $SLOT
	mount "$(host_drive $SLOT)" /mnt
	head -c 3M /dev/urandom >"/mnt/$1"
	cp "/mnt/$1" "$BATS_TEST_TMPDIR/$1"
	umount /mnt
}
# has_file NAME: the host reads the same file back, through all programs.
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

@test "-w to a local image: the host's writes are in it after the eject" {
	cp "$WWW/disk.img" /srv/images/disk.img
	vmctl mount -w /srv/images/disk.img
	[ "$(vmctl status -j | jq '.slots[1].ro')" = false ]
	write_file one
	vmctl eject
	debugfs -R "dump one copy" /srv/images/disk.img
	cmp copy "$BATS_TEST_TMPDIR/one"
	nothing_left $SLOT
}

@test "a local image outside allow_file is not mounted: 77" {
	cp "$WWW/disk.img" /srv/other.img
	ln -sf /srv/other.img /srv/images/link.img
	fails 77 vmctl mount /srv/other.img
	fails 77 vmctl mount /srv/images/link.img
	fails 77 vmctl mount "file:///srv/images/../other.img"
	fails 66 vmctl mount /srv/images/none.img
}

@test "--overlay keeps the host's writes from one mount to the next" {
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

# mount_small: mounts with an overlay that is too small for the host's writes.
mount_small() {
	mount_image disk.img --overlay "$BATS_TEST_TMPDIR/over" \
		--overlay-size 1M
	wait_until 30 host_has $SLOT
}
# fill: the host writes more than fits into the overlay. The host's command
# succeeds, because this machine's page cache takes the data.
fill() {
	dd if=/dev/urandom of="$(host_drive $SLOT)" bs=64k count=64 \
		oflag=direct status=none || :
}
# slot_pid [CHILD]: prints the pid of vm-slot, or of its child CHILD.
slot_pid() {
	cat "$VM_RUN_DIR/$SLOT/${1:+work/}pid${1:+.$1}"
}
is_gone() {
	[ ! -e "$1" ]
}

@test "writes that cannot be kept eject the medium, with the reason" {
	mount_small
	fill
	wait_until 20 grep -q failed "$VM_RUN_DIR/1/state"
	vmctl status -s 1 | grep "error .*some of the written data is lost"
	not host_has $SLOT
	nothing_left $SLOT
	# The writes that fitted are kept.
	mount_image disk.img --overlay "$BATS_TEST_TMPDIR/over"
	wait_until 30 host_has $SLOT
	cmp -i $((8 * 1048576)) "$WWW/disk.img" "$(host_drive $SLOT)"
}

@test "an eject writes out the data in this machine's memory" {
	cp "$WWW/disk.img" /srv/images/disk.img
	vmctl mount -w /srv/images/disk.img
	wait_until 30 host_has $SLOT
	head -c 2M /dev/urandom >data
	# Not synced: after the host's write, the data is in the page cache of
	# /dev/nbdN.
	dd if=data of="$(host_drive $SLOT)" bs=64k oflag=direct status=none
	vmctl eject
	cmp -n $((2 * 1048576)) data /srv/images/disk.img
}

# hold: the host writes, and the data stays in this machine's memory for now.
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
# has_ended PID: has it ended? A zombie counts, too.
has_ended() {
	case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) in
	Z | '') return 0 ;;
	*) return 1 ;;
	esac
}
# ask_eject: asks a vm-slot, which may be stopped, for an eject.
ask_eject() {
	vm-slot -a eject $SLOT 3>&- &
	ASKER=$!
	wait_until 10 is_sleeping $ASKER
}
# is_sleeping PID: has the vm-slot -a sent its request, and does it wait for the
# answer?
is_sleeping() {
	[ "$(cut -d ' ' -f 3 "/proc/$1/stat")" = S ] &&
		[ "$(cat "/proc/$1/comm")" = vm-slot ]
}
# eject_beside_kill: kills the writer just before an eject would end it.
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

@test "... also if its vm-slot was killed" {
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

@test "... or the writer alone, at that moment" {
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

# hold_back: the host writes to a source that stops answering.
hold_back() {
	cp "$WWW/disk.img" /srv/images/disk.img
	vmctl mount -w --outage 3 /srv/images/disk.img
	wait_until 30 host_has $SLOT
	pkill -STOP -x nbdkit
	dd if=/dev/urandom of="$(host_drive $SLOT)" bs=64k count=16 \
		oflag=direct status=none
}

@test "eject -f of a source that does not answer says what is lost: 74" {
	hold_back
	fails 74 vmctl eject -f
	grep -q "is lost" "$BATS_TEST_TMPDIR/stderr"
	not host_has $SLOT
	nothing_left $SLOT
}

@test "eject -f of a source that answers again loses nothing" {
	hold
	pkill -STOP -x nbdkit
	kill -CONT "$(slot_pid writer)"
	vmctl eject -f 3>&- &
	wait_until 20 grep -q deactivating "$VM_RUN_DIR/1/state"
	pkill -CONT -x nbdkit
	wait $!
	is_kept
}

@test "eject --discard does not wait for a source that does not answer" {
	hold_back
	vmctl eject --discard
	not host_has $SLOT
	nothing_left $SLOT
}

@test "data found lost just before an eject is reported, too" {
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

@test "an xz image is mounted, with a note" {
	head -c 5M /dev/urandom >"$WWW/raw.img"
	xz -0 --block-size=1MiB -k -f "$WWW/raw.img"
	mount_image raw.img.xz 2>words
	grep -q "note: .*is compressed (xz)" words
	wait_until 30 host_has $SLOT
	cmp "$WWW/raw.img" "$(host_drive $SLOT)"
	[ "$(vmctl status -j | jq -r '.slots[1].note')" != null ]
}

@test "a small image is fetched once for a mount without -s" {
	make_iso "$WWW/small.iso" 0 SMALL
	vmctl mount --cacert "$CA" "$URL/small.iso"
	wait_until 30 host_has 0
	[ "$(grep -c "GET /small.iso" "$BATS_FILE_TMPDIR/nginx.log")" = 1 ]
	vmctl eject -s 0
	# Its name looks like a disk's: the second try is right.
	cp "$WWW/small.iso" "$WWW/small.bin"
	vmctl mount --cacert "$CA" "$URL/small.bin"
	wait_until 30 host_has 0
	[ "$(grep -c "GET /small.bin" "$BATS_FILE_TMPDIR/nginx.log")" = 2 ]
	vmctl eject -s 0
	# A mount that is refused for another reason is not tried again.
	fails 65 vmctl mount --cacert "$CA" --sha256 "$(printf %064d 0)" \
		"$URL/small.bin?refused"
	[ "$(grep -c "GET /small.bin?refused" "$BATS_FILE_TMPDIR/nginx.log")" = 1 ]
}

@test "--sha256: a wrong one is refused before the medium is inserted: 65" {
	local sum
	sum=$(sha256sum "$WWW/disk.img" | cut -d ' ' -f 1)
	fails 65 vmctl mount -s $SLOT --cacert "$CA" "$URL/disk.img" \
		--sha256 "$(printf %064d 0)"
	grep -q "its SHA-256 is $sum, and should be 0000" stderr
	nothing_left $SLOT
	echo "$sum  disk.img" >SHA256SUMS
	vmctl mount -s $SLOT --cacert "$CA" --sha256-file SHA256SUMS "$URL/disk.img"
	wait_until 30 host_has $SLOT
	cmp "$WWW/disk.img" "$(host_drive $SLOT)"
}

@test "renew: an expired link is replaced, the medium stays" {
	mount_image "disk.img?sig=one"
	wait_until 30 host_has $SLOT
	head -c 3M /dev/urandom >"$WWW/other.img"
	fails 65 vmctl renew "$URL/other.img?sig=two"
	fails 66 vmctl renew "$URL/none.img?sig=two"
	cp -p "$WWW/disk.img" "$WWW/moved.img"
	run -0 vmctl renew "$URL/moved.img?sig=two"
	[[ $output = "slot 1: $URL/moved.img now uses the new link" ]]
	[ "$(cat "$VM_RUN_DIR/1/url")" = "$URL/moved.img" ]
	wait_until 10 grep -q "sig=two" "$VM_RUN_DIR/1/request/url"
	drop_caches
	cmp "$WWW/disk.img" "$(host_drive $SLOT)"
	tail -n 3 "$BATS_FILE_TMPDIR/nginx.log" | grep -q "sig=two"
	vmctl status -j | not grep -q sig
}
