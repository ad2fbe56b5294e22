#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-gadget without a kernel: its arguments, and its reads and writes in a tree
# of plain files.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	export VM_CONFIGFS=$PWD/configfs VM_SYS=$PWD/sys
	mkdir -p configfs/usb_gadget sys/class/udc
	truncate -s 1M a.img
}

# fake_udc NAME DRIVER STATE [GADGET]
fake_udc() {
	mkdir -p "sys/class/udc/$1/device" "sys/drivers/$2"
	ln -s "$PWD/sys/drivers/$2" "sys/class/udc/$1/device/driver"
	echo "$3" >"sys/class/udc/$1/state"
	echo "${4:-}" >"sys/class/udc/$1/function"
}

# fake_slot N CDROM [FILE]: makes slot N as in a gadget with all slots.
fake_slot() {
	local gadget=$VM_CONFIGFS/usb_gadget/vmedia
	LUN=$gadget/functions/mass_storage.$1/lun.0
	mkdir -p "$LUN" "$gadget/configs/c.1"
	ln -s "$gadget/functions/mass_storage.$1" "$gadget/configs/c.1"
	echo "$2" >"$LUN/cdrom"
	echo 1 >"$LUN/ro"
	printf '%s' "${3:+$3
}" >"$LUN/file"
	echo udc.0 >"$gadget/UDC"
}

@test "-h prints the usage with every verb on standard output" {
	run --separate-stderr vm-gadget -h
	[ "$status" = 0 ] && [ -z "$stderr" ]
	for verb in setup insert eject status wait teardown; do
		[[ $output == *"vm-gadget $verb"* ]]
		vm-gadget $verb -h | diff - <(vm-gadget -h)
	done
	[[ $(vm-gadget -V) == "vm-gadget "[0-9]* ]]
}

# misuse ARGUMENT...: it is wrong usage, and prints nothing on stdout.
misuse() {
	run --separate-stderr vm-gadget "$@"
	[ "$status" = 64 ] && [ -z "$output" ] &&
		[[ $stderr == *"usage: vm-gadget setup"* ]]
}

@test "wrong usage is 64" {
	misuse
	misuse frobnicate
	misuse setup floppy
	misuse setup cd cd cd cd cd cd cd cd cd
	misuse setup -S 2
	misuse insert 0
	misuse insert 8 a.img
	misuse insert -- -1 a.img
	misuse insert x a.img
	misuse insert -t floppy 0 a.img
	misuse insert -t cd -w 0 a.img
	misuse insert -T 0 0 a.img
	misuse eject
	misuse eject -T x 0
	misuse status -f colour 0
	misuse status -f file
	misuse status -j -f file 0
	misuse status 0 1
	misuse wait
	misuse teardown 0
}

@test "without gadgets in configfs it says which module is missing" {
	rmdir configfs/usb_gadget
	fails 69 vm-gadget setup
	grep -q 'modprobe libcomposite' stderr
	[ "$(vm-gadget status -j)" = '{"schema": 1, "slots": []}' ]
	vm-gadget teardown # to tear down nothing succeeds
}

@test "without a UDC, or without the one asked for, setup is 69" {
	fails 69 vm-gadget setup
	grep -q 'no USB device controller' stderr
	fake_udc udc.0 dwc2 configured
	fails 69 vm-gadget setup -u udc.1
	grep -q 'unable to use UDC udc.1' stderr
	[ -z "$(ls configfs/usb_gadget)" ]
}

@test "setup adopts the gadgets that exist" {
	fake_udc udc.0 dwc2 configured vmedia
	fake_slot 0 1
	fake_slot 1 0 /srv/a.img
	diff <(vm-gadget setup) <(printf '0 cd udc.0\n1 disk udc.0\n')
	fails 75 vm-gadget setup cd
	grep -q 'slot 1 holds /srv/a.img: eject it first' stderr
}

@test "status shows what the kernel's files say" {
	fake_udc udc.0 dwc2 "not attached" vmedia
	fake_slot 0 1 '/srv/a "b" (deleted)'
	fake_slot 5 0
	diff <(vm-gadget status) - <<-EOF
		slot 0: cd, /srv/a "b" (deleted) ro, UDC udc.0 not attached
		slot 5: disk, empty, UDC udc.0 not attached
	EOF
	vm-gadget status -j | jq -e '[.slots[] | .slot, .file, .state] ==
		[0, "/srv/a \"b\" (deleted)", "not attached",
		5, "", "not attached"]'
	[ "$(vm-gadget status -f type 0)" = cd ]
	[ "$(vm-gadget status -f ro 0)" = 1 ]
	[ "$(vm-gadget status -f state 5)" = "not attached" ]
	fails 69 vm-gadget status 1
}

@test "insert writes the absolute path, eject an empty line" {
	fake_slot 1 0
	ln -s a.img link
	vm-gadget insert -w 1 link
	diff "$LUN/file" <(echo "$PWD/a.img")
	[ "$(cat "$LUN/ro")" = 0 ]
	vm-gadget insert -w 1 a.img
	fails 75 vm-gadget insert 1 a.img
	vm-gadget eject 1
	diff "$LUN/file" <(echo)
	vm-gadget eject 1
}

@test "insert refuses an image that does not fit the drive" {
	fake_slot 0 1
	mkfifo fifo
	truncate -s 2359296000 large.iso
	truncate -s 614399 small.iso
	: >empty
	fails 66 vm-gadget insert 0 nothing
	fails 65 vm-gadget insert 0 fifo
	fails 65 vm-gadget insert 0 /dev/null
	fails 65 vm-gadget insert 0 .
	fails 65 vm-gadget insert 0 empty
	fails 65 vm-gadget insert 0 small.iso
	fails 65 vm-gadget insert 0 large.iso
	[ -z "$(cat "$LUN/file")" ]
	vm-gadget insert -D 0 large.iso
}

@test "insert of another type names the option that helps" {
	fake_slot 0 1
	fails 65 vm-gadget insert -t disk 0 a.img
	grep -q 'slot 0 is not a disk drive: use -R' stderr
	fake_slot 3 0
	fails 65 vm-gadget insert -t disk 0 a.img
	grep -q 'slot 0 is not a disk drive: use slot 3, or -R' stderr
	fails 65 vm-gadget insert -w 0 a.img
	fails 69 vm-gadget insert 1 a.img
}

# on_demand [UDC]: the gadget of fake_slot is on demand, and not bound.
on_demand() {
	local gadget=$VM_CONFIGFS/usb_gadget/vmedia
	mkdir -p "$gadget/configs/c.1/strings/0x409"
	echo "on-demand${1:+ $1}" >"$gadget/configs/c.1/strings/0x409/configuration"
	echo >"$gadget/UDC"
}
udc() {
	cat "$VM_CONFIGFS/usb_gadget/vmedia/UDC"
}

@test "a drive on demand is bound from insert to the last eject" {
	fake_udc udc.0 dwc2 configured
	fake_slot 0 1
	fake_slot 1 0
	on_demand
	[ "$(vm-gadget status 0)" = \
		"slot 0: cd, empty, no drive until a medium is inserted" ]
	vm-gadget status -j 0 | jq -e '.slots[0].drives == "on-demand"'
	vm-gadget insert 0 a.img
	[ "$(udc)" = udc.0 ]
	vm-gadget insert 1 a.img
	[[ $(vm-gadget status -f udc,drives 1) == "udc.0"*"on-demand" ]]
	vm-gadget eject 0
	[ "$(udc)" = udc.0 ]
	vm-gadget eject -m /another 1
	[ "$(udc)" = udc.0 ]
	vm-gadget eject -m "$PWD/a.img" 1
	[ "$(udc)" = "" ]
}

@test "a drive on demand: what a kill has left is made good by the same command" {
	fake_udc udc.0 dwc2 configured
	fake_slot 0 1 "$PWD/a.img"
	on_demand
	# After a kill before the gadget was bound.
	vm-gadget insert 0 a.img
	[ "$(udc)" = udc.0 ]
	# After a kill, or an eject by the host, before it was hidden.
	echo >"$LUN/file"
	vm-gadget eject -m /dev/nbd0 0
	[ "$(udc)" = "" ]
	echo udc.0 >"$VM_CONFIGFS/usb_gadget/vmedia/UDC"
	vm-gadget eject 0
	[ "$(udc)" = "" ]
}

@test "a drive on demand without a free UDC stays empty" {
	fake_udc udc.0 dwc2 configured other
	fake_slot 0 1
	on_demand
	fails 75 vm-gadget insert 0 a.img
	grep -q "unable to show slot 0 to the host: another gadget uses the UDC" stderr
	[ -z "$(vm-gadget status -f file 0)" ] && [ "$(udc)" = "" ]
	fake_udc udc.1 dwc2 configured
	on_demand udc.2
	fails 69 vm-gadget insert 0 a.img
	on_demand udc.1
	vm-gadget insert 0 a.img
	[ "$(udc)" = udc.1 ]
}

@test "IDs and strings of a wrong form are refused, with the right form" {
	local long
	long=$(printf '%0127d' 0)
	while IFS='|' read -r setting hint; do
		fails 64 vm-gadget setup -i "$setting"
		grep -qF "$setting: $hint" stderr
	done <<-END
		usb_vendor_id=1d6|not four hexadecimal digits
		usb_product_id=0x1d6g|not four hexadecimal digits
		usb_manufacturer=|not 1 to 126 printable ASCII
		usb_product=$long|not 1 to 126 printable ASCII
		usb_product=Grün|not 1 to 126 printable ASCII
		usb_serial=12345678901|not 12 to 124 of the digits
		usb_serial=12345678901a|not 12 to 124 of the digits
		inquiry_vendor=123456789|not 1 to 8 printable
		inquiry_product=12345678901234567|not 1 to 16 printable
		inquiry_revision=12345|not 1 to 4 printable
		usb_colour=red|no such string or ID
		usb_product|no such string or ID
	END
}

# stuck ATTRIBUTE: makes each read and write of it wait until the test ends.
stuck() {
	rm "$1"
	mkfifo "$1"
	exec 8<>"$1"
}

@test "a source that does not answer is 74, not reported as locked" {
	fake_slot 0 1
	stuck "$LUN/file"
	fails 74 vm-gadget status -T 1 -f file 0
	grep -q "slot 0: the medium's source does not answer" stderr
	vm-gadget status -T 1 0 | grep -q 'a medium that does not answer'
	vm-gadget status -T 1 -j | jq -e '.slots[0].file == null'
	fails 75 vm-gadget insert -T 1 0 a.img
	head -c 65536 /dev/zero >&8
	fails 74 vm-gadget eject -T 1 0
}

@test "a UDC that another driver is leaving does not hold up setup" {
	fake_udc stuck.0 dummy_udc "not attached"
	stuck sys/class/udc/stuck.0/function
	fails 75 timeout 30 vm-gadget setup -T 1 cd
}

@test "wait ends when the file is gone, not before" {
	fake_slot 0 0 /srv/a.img
	background vm-gadget wait 0
	sleep 0.5
	kill -0 "$!"
	echo >"$LUN/file"
	wait "$!"
	vm-gadget wait 0
}

@test "one process at a time: another one waits, up to a limit" {
	fake_slot 0 0 /srv/a.img
	background flock configfs/usb_gadget sleep 600
	wait_until 5 is_locked
	fails 75 vm-gadget eject 0
	grep -q 'another vm-gadget is running: try again' stderr
	vm-gadget status 0
}
is_locked() {
	! flock -n configfs/usb_gadget true
}
