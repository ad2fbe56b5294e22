#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-gadget with a kernel: dummy_hcd is the UDC, and also the host that sees the
# drives, in the same machine.

load helper

GADGETS=/sys/kernel/config/usb_gadget

setup_file() {
	modprobe usb_f_mass_storage
	modprobe sr_mod
	modprobe sd_mod
	modprobe usb-storage
	modprobe loop
}

setup() {
	requires_vm
	modprobe dummy_hcd num=1
	cd "$BATS_TEST_TMPDIR"
}

# After any failure, the next test starts clean: without a drive, UDC or dm
# device.
teardown() {
	! mountpoint -q "$BATS_TEST_TMPDIR/mnt" ||
		umount "$BATS_TEST_TMPDIR/mnt"
	! dmsetup info slow >/dev/null 2>&1 || dmsetup resume slow
	cleanup
	vm-gadget teardown
	! dmsetup info slow >/dev/null 2>&1 || dmsetup remove --retry slow
	losetup -D
	[ ! -d $GADGETS/other ] || remove_other
	modprobe -r dummy_hcd
}

# image FILE MIB: makes an image of random bytes.
image() {
	dd if=/dev/urandom of="$1" bs=1M count="$2" status=none
}

# has_medium SLOT BYTES: does the host see the drive with a medium of that size?
has_medium() {
	local device
	device=$(drive "$1") &&
		[ "$(blockdev --getsize64 "$device" 2>/dev/null)" = "$2" ]
}

# shows SLOT FILE: does the host read exactly the file from the drive?
shows() {
	wait_until 20 has_medium "$1" "$(stat -c %s "$2")"
	blockdev --flushbufs "$(drive "$1")"
	echo 3 >/proc/sys/vm/drop_caches
	cmp "$(drive "$1")" "$2"
}

# drive SLOT: prints the host's name of that drive, /dev/srN or /dev/sdX. The
# slots of a gadget are its interfaces, with the same numbers.
drive() {
	local block
	for block in /sys/block/s[rd]*; do
		case $(realpath "$block") in
		*/usb*:1."$1"/*)
			echo "/dev/${block##*/}"
			return
			;;
		esac
	done
	return 1
}

# model SLOT: prints the drive's model as the host read it by INQUIRY.
model() {
	local device
	device=$(drive "$1")
	sed 's/ *$//' "/sys/block/${device##*/}/device/model"
}

# host_is STATE [SLOT]: is the port in this state?
host_is() {
	[ "$(vm-gadget status -f state "${2:-0}")" = "$1" ]
}

# insert ARGUMENT...: inserts after the host has seen the drives.
insert() {
	wait_until 20 host_is configured
	vm-gadget insert "$@"
}

is_empty() {
	[ -z "$(vm-gadget status -f file "$1")" ]
}

# make_other [UDC]: makes a foreign gadget, bound to the UDC if one is given.
make_other() {
	mkdir $GADGETS/other $GADGETS/other/configs/c.1 \
		$GADGETS/other/functions/mass_storage.0
	ln -s $GADGETS/other/functions/mass_storage.0 $GADGETS/other/configs/c.1
	[ $# = 0 ] || echo "$1" >$GADGETS/other/UDC
}
remove_other() {
	echo >$GADGETS/other/UDC 2>/dev/null || :
	rm $GADGETS/other/configs/c.1/mass_storage.0
	rmdir $GADGETS/other/configs/c.1 \
		$GADGETS/other/functions/mass_storage.0 $GADGETS/other
}

@test "setup: one UDC, one gadget of two functions; twice changes nothing" {
	vm-gadget setup >first
	diff first - <<-EOF
		0 cd dummy_udc.0
		1 disk dummy_udc.0
	EOF
	wait_until 20 host_is configured
	before=$(ls -di $GADGETS/vmedia/functions/*)
	dmesg -C
	vm-gadget setup | diff first -
	[ "$(ls -di $GADGETS/vmedia/functions/*)" = "$before" ]
	dmesg | not grep -i usb
	[ "$(ls $GADGETS)" = vmedia ]
}

@test "setup: as many UDCs as slots, a gadget for each" {
	modprobe -r dummy_hcd
	modprobe dummy_hcd num=2
	diff <(vm-gadget setup) - <<-EOF
		0 cd dummy_udc.0
		1 disk dummy_udc.1
	EOF
	[ "$(ls $GADGETS | tr '\n' ' ')" = "vmedia.0 vmedia.1 " ]
	wait_until 20 host_is configured 0
	wait_until 20 host_is configured 1
}

@test "setup: -u takes that UDC alone" {
	modprobe -r dummy_hcd
	modprobe dummy_hcd num=2
	diff <(vm-gadget setup -u dummy_udc.1) - <<-EOF
		0 cd dummy_udc.1
		1 disk dummy_udc.1
	EOF
}

@test "setup: without a UDC it says what to do" {
	modprobe -r dummy_hcd
	fails 69 vm-gadget setup
	grep -q 'peripheral mode' stderr
	[ -z "$(ls $GADGETS)" ]
}

@test "setup: the UDC of a foreign gadget is not used, and that gadget stays" {
	make_other dummy_udc.0
	fails 75 vm-gadget setup
	vm-gadget teardown
	[ "$(ls $GADGETS)" = other ]
	[ "$(cat $GADGETS/other/UDC)" = dummy_udc.0 ]
}

@test "setup: a new list of slots replaces the drives, but never a medium" {
	vm-gadget setup
	image a.img 1
	insert 1 a.img
	fails 75 vm-gadget setup cd disk disk
	grep -q 'slot 1 holds .*/a.img: eject it first' stderr
	vm-gadget eject 1
	vm-gadget setup cd disk disk | wc -l | grep -qx 3
	vm-gadget setup disk | diff - <(echo 0 disk dummy_udc.0)
}

@test "setup: -S sets the stall attribute" {
	vm-gadget setup -S 1
	[ "$(cat $GADGETS/vmedia/functions/mass_storage.0/stall)" = 1 ]
	vm-gadget setup -S 0
	[ "$(cat $GADGETS/vmedia/functions/mass_storage.1/stall)" = 0 ]
}

@test "setup: it completes what a crash left" {
	vm-gadget setup >whole
	echo >$GADGETS/vmedia/UDC
	vm-gadget setup | diff whole -
	echo >$GADGETS/vmedia/UDC
	rm $GADGETS/vmedia/configs/c.1/mass_storage.1
	vm-gadget setup | diff whole -
	vm-gadget teardown
	mkdir $GADGETS/vmedia $GADGETS/vmedia.1 \
		$GADGETS/vmedia.1/functions/mass_storage.1
	vm-gadget setup | diff whole -
	[ "$(ls $GADGETS)" = vmedia ]
}

@test "setup: two at the same time give one result" {
	for i in 1 2 3; do
		vm-gadget setup >one &
		vm-gadget setup >two
		wait $!
		diff one two
		vm-gadget teardown
	done
}

@test "the host knows our drives by name and serial number" {
	vm-gadget setup
	wait_until 20 drive 0
	wait_until 20 drive 1
	[ "$(model 0)" = "Virtual CD/DVD" ]
	[ "$(model 1)" = "Virtual Disk" ]
	grep -qx 766D6564696100 /sys/bus/usb/devices/*/serial
}

# usb_device [SERIAL]: prints the host's directory of our device, by its serial
# number.
usb_device() {
	local serial
	serial=$(grep -lx "${1:-766D65646961}00" /sys/bus/usb/devices/*/serial) &&
		echo "${serial%/serial}"
}

@test "setup: -i: the host reads these IDs, strings and INQUIRY data" {
	vm-gadget setup -i usb_vendor_id=0525 -i usb_product_id=0xA4A5 \
		-i usb_manufacturer="A  C M E" -i usb_product="Product %s" \
		-i usb_serial=0123456789AB -i inquiry_vendor=ACME \
		-i inquiry_product="Service Drive 16" -i inquiry_revision=9.9z
	wait_until 20 drive 0
	wait_until 20 drive 1
	[ "$(cd "$(usb_device 0123456789AB)" && cat idVendor idProduct \
		manufacturer product)" = "$(printf '%s\n' 0525 a4a5 "A  C M E" \
		"Product %s")" ]
	for slot in 0 1; do
		[ "$(model $slot)" = "Service Drive 16" ]
		[ "$(cat "/sys/block/$(basename "$(drive $slot)")/device/vendor")" = \
			"ACME    " ]
		[ "$(cat "/sys/block/$(basename "$(drive $slot)")/device/rev")" = 9.9z ]
	done
	# A change of the type does not change such a product name.
	image a.img 1
	insert -R -t disk 0 a.img
	shows 0 a.img
	[ "$(model 0)" = "Service Drive 16" ]
	# New names do not disturb a medium; without a medium they are applied.
	dmesg -C
	vm-gadget setup disk disk
	dmesg | not grep -i usb
	vm-gadget eject 0
	vm-gadget setup
	wait_until 20 usb_device
	wait_until 20 drive 0
	[ "$(model 0)" = "Virtual CD/DVD" ]
	[ "$(cat "$(usb_device)/idVendor")" = 1d6b ]
}

# on_the_bus: does the host see a device of ours?
on_the_bus() {
	usb_device >/dev/null
}

@test "drives on demand: the host sees none before, and none after" {
	image a.iso 2
	image b.img 1
	diff <(vm-gadget setup -d) - <<-EOF
		0 cd on-demand
		1 disk on-demand
	EOF
	not on_the_bus
	make_other dummy_udc.0
	fails 75 vm-gadget insert 0 a.iso
	is_empty 0
	remove_other
	vm-gadget insert 0 a.iso
	shows 0 a.iso
	# With one UDC, the other drive appears, too, empty. Its medium does not
	# disturb the first one.
	wait_until 20 drive 1
	dmesg -C
	vm-gadget insert 1 b.img
	shows 1 b.img
	vm-gadget eject 1
	shows 0 a.iso
	dmesg | not grep -iE "usb .*(disconnect|new)"
	eject "$(drive 0)"
	wait_until 20 is_empty 0
	on_the_bus
	vm-gadget eject 0
	wait_until 20 not on_the_bus
	# The type can change, too.
	vm-gadget insert -R -t disk 0 b.img
	shows 0 b.img
	[ "$(model 0)" = "Virtual Disk" ]
	vm-gadget eject -f 0
	wait_until 20 not on_the_bus
	vm-gadget setup
	wait_until 20 on_the_bus
	vm-gadget setup -d
	wait_until 20 not on_the_bus
}

@test "drives on demand with a UDC for each: one appears, and the other does not" {
	modprobe -r dummy_hcd
	modprobe dummy_hcd num=2
	image a.iso 1
	vm-gadget setup -d
	vm-gadget insert 1 a.iso
	wait_until 20 second_on_the_bus
	not on_the_bus
	vm-gadget eject -f 1
	wait_until 20 not second_on_the_bus
}

second_on_the_bus() {
	grep -qx 766D6564696101 /sys/bus/usb/devices/*/serial
}

@test "drives on demand: killed at any step, the same commands go on" {
	image a.iso 1
	# vm-gadget waits for a child after each access to the kernel, so it can
	# be killed there.
	for step in 1 2 3 4 5 6 8 10 12 16; do
		vm-gadget teardown
		for command in "setup -d cd" "insert 0 a.iso" "eject -f 0"; do
			strace -o /dev/null -e trace=wait4 \
				-e inject=wait4:signal=KILL:when="$step" \
				vm-gadget $command >/dev/null || echo "$command" >>killed
			vm-gadget $command >/dev/null
			case $command in
			insert*) shows_alone 0 a.iso ;;
			*) wait_until 20 not on_the_bus ;;
			esac
		done
	done
	[ "$(sort -u killed | wc -l)" = 3 ]
}
shows_alone() {
	wait_until 20 on_the_bus
	cmp "$(vm-gadget status -f file "$1")" "$2"
}

@test "a CD: the host reads the file, and then the next one" {
	vm-gadget setup
	image a.iso 3
	image b.iso 2
	insert -t cd 0 a.iso
	shows 0 a.iso
	[ "$(blockdev --getss "$(drive 0)")" = 2048 ]
	vm-gadget eject 0
	is_empty 0
	insert 0 b.iso
	shows 0 b.iso
}

@test "a disk: blocks of 512 bytes, read-only unless -w" {
	vm-gadget setup
	image a.img 2
	insert 1 a.img
	shows 1 a.img
	disk=$(drive 1)
	[ "$(blockdev --getss "$disk")" = 512 ]
	[ "$(blockdev --getro "$disk")" = 1 ]
	vm-gadget eject 1
	insert -w 1 a.img
	[ "$(vm-gadget status -f ro 1)" = 0 ]
	wait_until 20 has_medium 1 2097152
	echo hello >text
	dd if=text of="$disk" bs=512 conv=sync,fsync oflag=direct status=none
	[ "$(head -n 1 a.img)" = hello ]
}

@test "insert: the same again changes nothing, another is refused" {
	vm-gadget setup
	image a.iso 1
	image b.iso 1
	insert 0 a.iso
	insert 0 ./a.iso
	insert -t cd 0 a.iso
	fails 75 vm-gadget insert 0 b.iso
	grep -qF "slot 0 holds $PWD/a.iso: eject it first" stderr
}

@test "insert: a read-only file is not inserted as writable" {
	vm-gadget setup
	image a.img 1
	loop=$(losetup -r -f --show a.img)
	fails 77 insert -w 1 "$loop"
	is_empty 1
	mkdir root mnt
	mount --bind root mnt
	image root/a.img 1
	mount -o remount,bind,ro mnt
	fails 77 vm-gadget insert -w 1 mnt/a.img
	is_empty 1
	insert 1 "$loop"
	[ "$(vm-gadget status -f ro 1)" = 1 ]
	vm-gadget eject 1
	# After a fallback to read-only, the next medium is not writable either.
	insert 1 a.img
	[ "$(vm-gadget status -f ro 1)" = 1 ]
	fails 65 vm-gadget insert -w 0 a.img
}

@test "insert: a file of too few or too many blocks for a CD is refused" {
	vm-gadget setup
	truncate -s 600K small.iso
	truncate -s 614399 tiny.iso
	truncate -s 2359293952 full.iso
	truncate -s 2359296000 large.iso
	fails 65 vm-gadget insert 0 tiny.iso
	fails 65 vm-gadget insert 0 large.iso
	dmesg -C
	for file in small.iso full.iso; do
		vm-gadget insert 0 $file
		vm-gadget eject 0
	done
	dmesg | not grep -i 'file too'
	vm-gadget insert -D 0 large.iso
}

@test "insert: another type needs -R and no other medium in the gadget" {
	vm-gadget setup
	image a.img 2
	image b.iso 1
	fails 65 insert -t disk 0 a.img
	grep -q 'slot 0 is not a disk drive: use slot 1, or -R' stderr
	insert 1 b.iso
	fails 75 vm-gadget insert -R -t disk 0 a.img
	grep -q 'slot 1 holds' stderr
	vm-gadget eject 1
	vm-gadget insert -R -t cd 1 b.iso
	shows 1 b.iso
	[ "$(vm-gadget status -f type 1)" = cd ]
	[ "$(model 1)" = "Virtual CD/DVD" ]
	vm-gadget setup | grep -qx '1 cd dummy_udc.0'
	vm-gadget eject 1
	vm-gadget setup | grep -qx '1 disk dummy_udc.0'
}

@test "eject: a drive that the host has locked needs -f" {
	vm-gadget setup
	mkdir root mnt
	image root/data 1
	xorriso -as mkisofs -quiet -o a.iso root
	insert 0 a.iso
	shows 0 a.iso
	mount -r "$(drive 0)" mnt
	fails 75 vm-gadget eject 0
	grep -q 'slot 0 is locked by the host: eject it there, or use -f' stderr
	vm-gadget eject -f 0
	is_empty 0
}

# A kernel without forced_eject is simulated by a tree without that file.
@test "eject: -f works on a kernel without forced_eject" {
	vm-gadget setup
	image a.iso 1
	insert 0 a.iso
	shows 0 a.iso
	eject -i 1 "$(drive 0)"
	fails 75 vm-gadget eject 0
	mkdir -p fake/usb_gadget/vmedia/functions/mass_storage.0/lun.0
	ln -s $GADGETS/vmedia/UDC fake/usb_gadget/vmedia
	ln -s $GADGETS/vmedia/functions/mass_storage.0/lun.0/{file,ro,cdrom} \
		fake/usb_gadget/vmedia/functions/mass_storage.0/lun.0
	VM_CONFIGFS=$PWD/fake vm-gadget eject -f 0
	is_empty 0
	wait_until 20 host_is configured
}

@test "wait: ends when the host ejects" {
	vm-gadget setup
	vm-gadget wait 0
	image a.iso 1
	insert 0 a.iso
	shows 0 a.iso
	vm-gadget wait 0 3>&- &
	eject "$(drive 0)"
	wait_until 20 is_empty 0
	wait $!
}

@test "wait: ends when the drive is removed" {
	vm-gadget setup
	image a.iso 1
	insert 0 a.iso
	vm-gadget wait 0 3>&- &
	wait_until 20 has_gadget $!
	vm-gadget teardown
	wait $!
}

# has_gadget PID: does the process have the gadget open?
has_gadget() {
	find "/proc/$1/fd" -lname "$GADGETS/*" | grep -q .
}

# with_stuck_read: slot 0 gets a device that stops answering while the host
# reads it.
with_stuck_read() {
	image a.iso 8
	loop=$(losetup -f --show a.iso)
	dmsetup create slow --noudevsync --table "0 16384 linear $loop 0"
	vm-gadget setup
	insert 0 "/dev/dm-$(dmsetup info -c --noheadings -o minor slow)"
	wait_until 20 has_medium 0 8388608
	blockdev --flushbufs "$loop"
	echo 3 >/proc/sys/vm/drop_caches
	# The host locks each drive that it opens; unlock this one, because it
	# must be ejected.
	exec 7<"$(drive 0)"
	eject -i 0 "$(drive 0)"
	dmsetup suspend --nolockfs --noflush slow
	background sh -c 'exec dd of=/dev/null bs=1M skip=2 count=1 <&7'
	exec 7<&-
	wait_until 20 is_read 0
}

# is_read SLOT: is a read of the host waiting for its answer?
is_read() {
	local device
	device=$(drive "$1")
	! grep -q '^ *0 ' "/sys/block/${device##*/}/inflight"
}

@test "a source that does not answer delays nobody beyond the deadline" {
	with_stuck_read
	vm-gadget wait 0 3>&- &
	waiter=$!
	begin=$SECONDS
	fails 74 vm-gadget eject -T 1 0
	grep -q "the medium's source does not answer" stderr
	fails 74 vm-gadget eject -f -T 1 0
	fails 74 vm-gadget status -T 1 -f file 0
	# Callers read a pipe until it closes, so a stuck child must not hold it
	# open.
	text=$(vm-gadget status -T 1 2>&1)
	[ "$((SECONDS - begin))" -lt 15 ]
	[[ $text == *"slot 0: cd, a medium that does not answer"*"slot 1: disk, empty"* ]]
	vm-gadget status -j -T 1 | jq -e '.slots[0].file == null'
	kill -0 $waiter
	dmsetup resume slow
	vm-gadget eject -f 0
	wait_until 20 is_empty 0
	wait $waiter
}

@test "while a source does not answer, others get the lock" {
	with_stuck_read
	fails 74 vm-gadget teardown -T 1
	image b.img 1
	vm-gadget insert 1 b.img
	vm-gadget eject 1
	dmsetup resume slow
	vm-gadget teardown
	[ -z "$(ls $GADGETS)" ]
}

@test "teardown: locked, loaded or incomplete, all of it is removed" {
	make_other
	vm-gadget setup
	image a.iso 1
	insert 0 a.iso
	shows 0 a.iso
	eject -i 1 "$(drive 0)"
	vm-gadget teardown
	[ "$(ls $GADGETS)" = other ]
	mkdir $GADGETS/vmedia.3 $GADGETS/vmedia.3/configs/c.1 \
		$GADGETS/vmedia.3/configs/c.1/strings/0x409
	vm-gadget teardown
	vm-gadget teardown
	[ "$(ls $GADGETS)" = other ]
}

@test "status: text, JSON and fields agree" {
	vm-gadget setup
	image 'a "b".img' 1
	insert 1 'a "b".img'
	diff <(vm-gadget status) - <<-EOF
		slot 0: cd, empty, UDC dummy_udc.0 configured
		slot 1: disk, $PWD/a "b".img ro, UDC dummy_udc.0 configured
	EOF
	vm-gadget status -j 1 | jq -e --arg file "$PWD/a \"b\".img" '. ==
		{schema: 1, slots: [{slot: 1, type: "disk", file: $file,
		ro: true, gadget: "vmedia", drives: "permanent",
		driver: "kernel", udc: "dummy_udc.0",
		state: "configured"}]}'
	[ "$(vm-gadget status -f udc 1)" = dummy_udc.0 ]
	vm-gadget teardown
	[ "$(vm-gadget status -j)" = '{"schema": 1, "slots": []}' ]
	fails 69 vm-gadget status 0
}
