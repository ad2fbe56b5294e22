#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-drive with a kernel: dummy_hcd is the UDC, and also the host that sees the
# drive, in the same machine. SEED=N repeats a run.
# vm-run: -m 1024

load helper
load servers
load column
load drive

setup_file() {
	modprobe -a usb_f_fs sr_mod sd_mod sg usb-storage loop ext4
}
setup() {
	drive_begin cd disk
	RANDOM=${SEED:-$$}
	echo "SEED=${SEED:-$$}"
}
teardown() {
	! mountpoint -q mnt || umount mnt
	drive_end
}

# start_drive ARGUMENT...: starts vm-drive for slot 0, and waits until the host has
# its medium; $DRIVE is its process, $DEVICE the host's drive.
start_drive() {
	run_drive "$@"
	[ "$(cat drive.out)" = "slot 0: dummy_udc.0" ]
	wait_until 20 host_has 0
	DEVICE=$(host_drive 0)
}

# nothing_left: has vm-drive ended, and has its slot the kernel's drive, empty?
nothing_left() {
	not ls -d /sys/kernel/config/usb_gadget/*/functions/ffs.*
	not grep -q functionfs /proc/mounts
	wait_until 10 not pgrep vm-drive
	[ "$(vm-gadget status -f file,udc,driver 0 | xargs)" = "dummy_udc.0 kernel" ]
}

# sparse FILE BYTES PLACE...: makes an image with a random block at each place.
sparse() {
	local file=$1 place
	truncate -s "$2" "$file"
	shift 2
	for place; do
		head -c 2048 /dev/urandom | dd of="$file" bs=2048 status=none \
			seek=$((place / 2048)) conv=notrunc
	done
}

# same_at FILE PLACE...: does the host read the file's bytes at these places?
same_at() {
	local file=$1 place
	shift
	for place; do
		cmp -n 65536 -i $((place / 2048 * 2048)) "$DEVICE" "$file"
	done
}

# no_errors: has the host's kernel logged no error of a read by a program? (It
# logs errors of its own read-ahead, and reads these places again.)
no_errors() {
	[ -z "$(dmesg | grep -E 'Buffer I/O error|offline|Medium Error|Hardware Error' |
		tee /dev/stderr)" ]
}

@test "a disc of 8.5 GB on a stock kernel: right bytes at its beginning, middle and end" {
	local places=(0 2359293952 4294965248 4294967296 8400000000 8499996672)
	sparse image.iso 8500000768 "${places[@]}"
	start_drive 0 image.iso
	[[ $DEVICE = /dev/sr* ]]
	[ "$(blockdev --getsize64 "$DEVICE")" = 8500000768 ]
	same_at image.iso 0 2359293952 4294965248 4294967296 8400000000
	cmp -n 4096 -i 8499996672 "$DEVICE" image.iso
	no_errors
}

# serve: starts an NBD server that is not a child of this shell.
serve() {
	nbdkit -r -P "$PWD/pid" -U "$PWD/nbd" file image.iso 3>&-
}

kill_server() {
	kill -KILL "$(cat pid)"
	rm nbd pid
}
serve_again() {
	kill_server
	serve
}

# reads_while COUNT COMMAND...: the host repeatedly reads its whole medium, and
# gets the bytes of image.iso, while the command runs COUNT times.
reads_while() {
	local count=$1 commands
	shift
	for ((; count > 0; count--)); do
		sleep "0.$((RANDOM % 10))"
		"$@"
	done 3>&- &
	commands=$!
	while kill -0 $commands 2>/dev/null; do
		drop_caches
		cmp "$DEVICE" image.iso
	done
	wait $commands
}

@test "from an NBD server, which is killed while the host reads: a pause, and right bytes" {
	head -c 20M /dev/urandom >image.iso
	serve
	start_drive 0 nbd
	reads_while 5 serve_again
	no_errors
}

@test "its worker is killed while the host reads: right bytes, and no error" {
	head -c 20M /dev/urandom >image.iso
	start_drive 0 image.iso
	reads_while 10 pkill -KILL -P "$DRIVE"
	[ "$(grep -c 'the worker has ended: starting it again' drive.err)" = 10 ]
	no_errors
	# Each killed worker had a guard; without it, the kernel may wait for
	# itself for ever.
	wait_until 10 has_one_guard
}
has_one_guard() {
	[ "$(pgrep -cx vm-drive-guard)" = 1 ]
}

@test "the worker has no rights" {
	local worker
	truncate -s 1M image.iso
	start_drive 0 image.iso
	worker=$(pgrep -P "$DRIVE")
	[ "$(awk '/^Uid/ { print $2 }' "/proc/$worker/status")" != 0 ]
	grep -q '^CapEff:	0000000000000000$' "/proc/$worker/status"
	grep -q '^Seccomp:	2$' "/proc/$worker/status"
}

# pss PROCESS...: prints their memory in KiB; shared memory counts in proportion
# for each process.
pss() {
	local process
	for process; do
		cat "/proc/$process/smaps_rollup"
	done | awk '/^Pss:/ { kib += $2 } END { print kib }'
}

@test "vm-drive and its worker have less than 3 MiB of memory, after a long read" {
	head -c 20M /dev/urandom >image.iso
	serve
	start_drive 0 nbd
	cmp "$DEVICE" image.iso
	cat "/proc/$DRIVE/smaps_rollup" "/proc/$(pgrep -P "$DRIVE")/smaps_rollup"
	[ "$(pss "$DRIVE" "$(pgrep -P "$DRIVE")")" -lt 3072 ]
}

@test "the handshake's process has no rights, and ends with vm-drive" {
	local helper
	listen_silently nbd
	background vm-drive 0 nbd 2>drive.err
	DRIVE=${STARTED[-1]}
	wait_until 20 pgrep -P "$DRIVE" -x vm-nbd-attach
	helper=$(pgrep -P "$DRIVE" -x vm-nbd-attach)
	wait_until 5 grep -q '^Seccomp:	2$' "/proc/$helper/status"
	[ "$(awk '/^Uid/ { print $2 }' "/proc/$helper/status")" != 0 ]
	grep -q '^CapEff:	0000000000000000$' "/proc/$helper/status"
	kill "$DRIVE"
	wait "$DRIVE" || : # there was no medium
	nothing_left
	wait_until 2 not test -e "/proc/$helper"
}

@test "without vm-nbd-attach there is no drive, and one that is there waits for it" {
	mkdir only
	ln -s "$BUILD/bin/vm-drive" only
	head -c 4M /dev/urandom >image.iso
	serve
	run -71 env PATH="$PWD/only" vm-drive 0 nbd
	[ "$output" = "vm-drive: unable to run vm-nbd-attach: No such file or directory" ]
	nothing_left
	ln -s "$BUILD/bin/vm-nbd-attach" only
	PATH=$PWD/only:/usr/sbin:/usr/bin start_drive -o 300 0 nbd
	rm only/vm-nbd-attach
	serve_again
	drop_caches
	background cmp "$DEVICE" image.iso
	wait_until 20 grep -q 'unable to run vm-nbd-attach' drive.err
	sleep 1
	ln -s "$BUILD/bin/vm-nbd-attach" only
	wait "${STARTED[-1]}"
	[ "$(grep -c 'unable to run vm-nbd-attach' drive.err)" = 1 ]
	no_errors
}

# writes BLOCK: the host makes a file system on a disk with blocks of this size.
writes() {
	truncate -s 64M image
	start_drive -t disk -b "$1" -w 0 image
	[ "$(blockdev --getss "$DEVICE")" = "$1" ]
	mkfs.ext4 -q "$DEVICE"
	mkdir -p mnt
	mount "$DEVICE" mnt
	head -c 20M /dev/urandom >mnt/file
	sum=$(sha256sum <mnt/file)
	umount mnt
	kill "$DRIVE"
	wait "$DRIVE"
	nothing_left
	e2fsck -fn image
	mount -o loop image mnt
	[ "$(sha256sum <mnt/file)" = "$sum" ]
	umount mnt
	no_errors
}

@test "a disk with blocks of 512 bytes that the host writes to" {
	writes 512
}

@test "a disk with blocks of 4096 bytes that the host writes to" {
	writes 4096
}

# If a read begins in the middle of a packet of the previous read, it ends where
# that read ends. (dummy_hcd loses the last block of an odd number, also with
# the kernel's drive.)
@test "at SuperSpeed, where a packet is longer than a block of 512 bytes: right bytes" {
	local block
	vm-gadget teardown
	modprobe -r dummy_hcd
	modprobe dummy_hcd num=1 is_super_speed=1
	vm-gadget setup cd disk
	head -c 1M /dev/urandom >image
	start_drive -t disk -b 512 0 image
	grep -qx 5000 /sys/bus/usb/devices/*-1/speed
	for block in 0 1 0 3 2; do
		dd if="$DEVICE" bs=48k count=8 iflag=direct,skip_bytes \
			skip=$((block * 512)) of=part status=none
		cmp part <(tail -c +$((block * 512 + 1)) image | head -c 384K)
	done
	no_errors
}

@test "a host that ejects the medium ends vm-drive" {
	truncate -s 1M image.iso
	start_drive 0 image.iso
	eject "$DEVICE"
	wait "$DRIVE"
	nothing_left
}

@test "a killed vm-drive leaves nothing that the next one can't remove" {
	truncate -s 1M image.iso
	start_drive 0 image.iso
	kill -KILL "$DRIVE"
	wait "$DRIVE" || :
	wait_until 10 not pgrep vm-drive
	wait_until 10 not host_drive_is_there
	start_drive 0 image.iso
	kill "$DRIVE"
	wait "$DRIVE"
	nothing_left
}
host_drive_is_there() {
	[ -n "$(host_drive 0)" ]
}

@test "the terminal's ^C is for the keeper, and not for its worker" {
	truncate -s 1M image.iso
	start_drive 0 image.iso
	[ "$(pgrep -cx vm-drive)" = 2 ]
	[ "$(pgrep -cx -g "$(ps -o pgid= -p "$DRIVE" | xargs)" vm-drive)" = 1 ]
	kill -INT "$DRIVE"
	wait "$DRIVE"
	nothing_left
}

@test "bad input: one line and the right exit status" {
	truncate -s 1M image.iso
	run -64 vm-drive -w 0 image.iso
	[ "$output" = "vm-drive: -w is for a disk, and slot 0 is a CD drive: use -t disk, or another slot (see vm-drive -h)" ]
	run -64 vm-drive -t disk -b 2048 0 image.iso
	[ "$output" = "vm-drive: -b 2048: not 512 or 4096 (see vm-drive -h)" ]
	run -64 vm-drive 8 image.iso
	[ "$output" = "vm-drive: slot 8: not a number from 0 to 7 (see vm-drive -h)" ]
	run -64 vm-drive -w 1
	[[ $output == "vm-drive: -w needs the SOCKET or FILE of a medium; "* ]]
	run -66 vm-drive 0 missing.iso
	[ "$output" = "vm-drive: unable to open missing.iso: No such file or directory" ]
	mkfifo pipe
	run -66 vm-drive 0 pipe
	[[ $output == "vm-drive: unable to use "*"/pipe: it is neither a file nor a socket" ]]
	: >empty.iso
	run -65 vm-drive 0 empty.iso
	[[ $output == "vm-drive: unable to show "*"/empty.iso: it has 0 bytes, less than one block of the drive (2048)" ]]
	nothing_left
	run -77 setpriv --reuid nobody --clear-groups "$BUILD/bin/vm-drive" 0 image.iso
	[ "$output" = "vm-drive: unable to make a drive: be root" ]
	run -69 vm-drive 2 image.iso
	[ "$output" = "vm-drive: slot 2 is not set up: see vm-gadget setup" ]
	start_drive 0 image.iso
	run -75 vm-drive 0 image.iso
	[ "$output" = "vm-drive: slot 0 has a vm-drive already" ]
	run -75 vm-drive 1 image.iso
	[[ $output == "vm-drive: slot 0 holds "*"/image.iso, and all drives leave the host for a moment when a vm-drive starts or ends: eject it first" ]]
}

@test "another image behind the socket is not shown: the host waits for the right one" {
	head -c 4M /dev/urandom >image.iso
	head -c 4M /dev/urandom >other.iso
	serve
	start_drive -o 300 0 nbd
	blockdev --setra 0 "$DEVICE"
	cmp -n 65536 "$DEVICE" image.iso
	mv image.iso right.iso
	mv other.iso image.iso
	serve_again
	background cmp -n 65536 -i 2097152 "$DEVICE" right.iso
	wait_until 20 grep -q "another image now: waiting for the one that was inserted" drive.err
	mv right.iso image.iso
	serve_again
	wait "${STARTED[-1]}"
	no_errors
}

@test "a source that is away for too long: what the host reads fails, until it is back" {
	head -c 4M /dev/urandom >image.iso
	serve
	start_drive -o 5 0 nbd
	kill_server
	drop_caches
	run dd if="$DEVICE" of=part bs=64k count=1 skip=20 iflag=direct
	[ "$status" = 1 ]
	[[ $output == *"Input/output error"* ]]
	serve
	wait_until 20 reads_again
}
reads_again() {
	dd if="$DEVICE" of=part bs=64k count=1 skip=20 iflag=direct status=none &&
		cmp -i 1310720:0 -n 65536 image.iso part
}

@test "a place that can't be read costs the host nothing before it" {
	head -c 4M /dev/urandom >image.iso
	start_drive 0 image.iso
	truncate -s $((100 * 20480)) image.iso # not where a read-ahead ends
	drop_caches
	run dd if="$DEVICE" of=part bs=20480 iflag=direct
	[ "$status" = 1 ]
	[[ $output == *"No data available"* ]] # a MEDIUM ERROR
	cmp part image.iso
}

# speaks OPTION...: a host of our own (t/drive/host) finds no fault in a drive
# that was set up with these options.
speaks() {
	vm-gadget setup "$@" disk
	head -c 1M /dev/urandom >image
	start_drive -w 0 image
	"$TOP/t/drive/host" "$(usb_device "$DEVICE")" image
	kill "$DRIVE"
	wait "$DRIVE"
	nothing_left
}

@test "the thirteen cases, wrong wrappers, resets in the middle, failures" {
	speaks
}

@test "the same with a controller that must not stall" {
	speaks -S 0
}
