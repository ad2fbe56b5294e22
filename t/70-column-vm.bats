#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# All programs together: the host reads what vmctl mounts.

load helper
load column

setup_file() {
	column_start
	make_iso "$WWW/one.iso" 24 ONE
	make_iso "$WWW/two.iso" 20 TWO
	make_iso "$WWW/small.iso" 0 SMALL
	head -c 3000100 /dev/urandom >"$WWW/odd.img"
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
teardown() {
	cleanup
	rm -f "$VM_CONF"
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
}

@test "an ISO over HTTPS becomes the host's CD, byte for byte" {
	run -0 mount_image one.iso
	[[ $output == "slot 0: https://localhost/one.iso is in the host's cd drive (ONE, "*"host: "* ]]
	[ "${#lines[@]}" = 1 ]
	wait_until 30 host_has 0
	drop_caches
	[ "$(sha256sum <"$(host_drive 0)")" = "$(sha256sum <"$WWW/one.iso")" ]
	vmctl eject
	nothing_left
}

# on_the_bus: does the host see a drive of ours?
on_the_bus() {
	grep -qx Virtual.Media /sys/bus/usb/devices/*/product
}

@test "drives = on-demand: the host has a drive only while a medium is mounted" {
	printf '%s\n' "drives = on-demand" "inquiry_vendor = ACME" >"$VM_CONF"
	vmctl start
	wait_until 20 not on_the_bus
	[[ $(vmctl status -s 0) == *"no drive until a medium is mounted"* ]]
	mount_image one.iso --wait-host --timeout 60 &
	wait_until 60 host_has 0
	[ "$(cat /sys/block/sr0/device/vendor)" = "ACME    " ]
	drop_caches
	[ "$(sha256sum <"$(host_drive 0)")" = "$(sha256sum <"$WWW/one.iso")" ]
	wait $!
	[[ $(vmctl status -s 0) != *"no drive until"* ]]
	# The host ejects it.
	eject "$(host_drive 0)"
	wait_until 30 not on_the_bus
	nothing_left
	# vm-slot and its medium survive a kill; the eject then hides the drive.
	mount_image one.iso
	wait_until 20 on_the_bus
	kill -KILL "$(cat "$VM_RUN_DIR/0/pid")"
	vmctl eject -f
	wait_until 20 not on_the_bus
	nothing_left
	# As after a kill of vm-gadget: the drive is empty, and still on the
	# bus.
	echo dummy_udc.0 >/sys/kernel/config/usb_gadget/vmedia/UDC
	wait_until 20 on_the_bus
	vmctl doctor --repair
	wait_until 20 not on_the_bus
	rm "$VM_CONF"
	vmctl start
	wait_until 20 on_the_bus
}

@test "--wait-host returns when the host has read, and not before" {
	mount_image one.iso --wait-host &
	local vmctl=$!
	wait_until 30 host_has 0
	wait_until 30 grep -q active "$VM_RUN_DIR/0/state"
	kill -0 $vmctl
	dd if="$(host_drive 0)" of=/dev/null bs=64k count=1 skip=100
	wait $vmctl
	[ "$(vmctl status -j | jq -r '.slots[0].host')" = configured ]
}

@test "an ISO of 100 KiB works" {
	[ "$(stat -c %s "$WWW/small.iso")" -lt 500000 ]
	mount_image small.iso
	wait_until 30 host_has 0
	drop_caches
	cmp -n "$(stat -c %s "$WWW/small.iso")" "$WWW/small.iso" "$(host_drive 0)"
}

@test "an image of an odd size keeps its last bytes" {
	mount_image odd.img
	wait_until 30 host_has 1
	drop_caches
	[ "$(host_size 1)" = $(((3000100 + 511) / 512 * 512)) ]
	cmp -n 3000100 "$WWW/odd.img" "$(host_drive 1)"
}

@test "eject, then another image: no byte of the first" {
	mount_image one.iso
	wait_until 30 host_has 0
	cat "$(host_drive 0)" >/dev/null
	vmctl eject
	mount_image two.iso
	wait_until 30 test "$(stat -c %s "$WWW/two.iso")" = "$(host_size 0)"
	drop_caches
	[ "$(sha256sum <"$(host_drive 0)")" = "$(sha256sum <"$WWW/two.iso")" ]
}

@test "two slots at once, each with its own image" {
	mount_image one.iso
	mount_image odd.img
	wait_until 30 host_has 0
	wait_until 30 host_has 1
	drop_caches
	cmp "$WWW/one.iso" "$(host_drive 0)"
	cmp -n 3000100 "$WWW/odd.img" "$(host_drive 1)"
	vmctl eject -s 0
	cmp -n 3000100 "$WWW/odd.img" "$(host_drive 1)"
}

@test "a second mount of the same image changes nothing" {
	mount_image one.iso
	pid=$(cat "$VM_RUN_DIR/0/pid")
	[ "$(mount_image one.iso -j | jq .changed)" = false ]
	[ "$(cat "$VM_RUN_DIR/0/pid")" = "$pid" ]
}

@test "another image is refused, or replaces the first with --replace" {
	mount_image one.iso
	fails 75 mount_image two.iso -s 0
	grep -q 'slot 0 holds https://localhost/one.iso' "$BATS_TEST_TMPDIR/stderr"
	fails 66 mount_image missing.iso -s 0 --replace
	fails 65 mount_image odd.img -s 0 --replace
	[ "$(vmctl status -j | jq -r '.slots[0].state')" = active ]
	[ "$(vmctl status -j | jq -r '.slots[0].label')" = ONE ]
	mount_image two.iso -s 0 --replace
	[ "$(vmctl status -j | jq -r '.slots[0].label')" = TWO ]
}

@test "no empty slot of the type: an error that says so" {
	mount_image one.iso
	fails 75 mount_image two.iso
}

@test "a type that does not fit the slot is refused, and the right slot named" {
	fails 65 mount_image one.iso -s 1
	grep -q -- '-s 0' "$BATS_TEST_TMPDIR/stderr"
	nothing_left 1
}

@test "--retype makes the drive one of that type" {
	mount_image one.iso -s 1 --retype
	wait_until 30 host_has 1
	[[ $(host_drive 1) == /dev/sr* ]]
	cmp "$WWW/one.iso" "$(host_drive 1)"
	vmctl eject -s 1
	mount_image odd.img -s 1 --retype
	wait_until 30 host_has 1
	[[ $(host_drive 1) == /dev/sd* ]]
}

@test "the state is a directory of files that every user can read" {
	mount_image one.iso
	cd "$VM_RUN_DIR/0"
	[ "$(cat state)" = active ]
	[ "$(cat url)" = https://localhost/one.iso ]
	[ "$(cat media)" = cd ]
	[ "$(cat label)" = ONE ]
	[ "$(cat size)" = "$(stat -c %s "$WWW/one.iso")" ]
	[ "$(stat -c %a state url media)" = "$(printf '644\n644\n644')" ]
	[ "$(stat -c %a request work | sort -u)" = 700 ]
	setpriv --reuid=65534 cat state
}

@test "status and list show the real state" {
	mount_image one.iso
	vmctl list | grep -q '^0  cd    active        https://localhost/one.iso$'
	vmctl status | grep -q 'label   ONE'
	vmctl status -j | jq -e '.slots[0] | .state == "active" and
		.inserted == .device and .type == "cd" and .size > 1000000'
	vmctl eject
	vmctl status -j | jq -e '.slots[0] | .state == "empty" and .url == null'
}

@test "the host's own eject empties the slot" {
	mount_image one.iso
	wait_until 30 host_has 0
	eject "$(host_drive 0)"
	wait_until 30 nothing_left
	[ "$(vmctl status -j | jq -r '.slots[0].state')" = empty ]
}

@test "a drive that the host has locked is ejected only by force" {
	mount_image one.iso
	wait_until 30 host_has 0
	mkdir -p /mnt
	mount -r "$(host_drive 0)" /mnt
	fails 75 vmctl eject
	grep -q 'locked' "$BATS_TEST_TMPDIR/stderr"
	cat /mnt/MARKER.TXT
	vmctl eject -f
	umount -l /mnt
	nothing_left
}

@test "the drives stay when media change" {
	mount_image one.iso
	wait_until 30 host_has 0
	before=$(readlink -f /sys/block/sr0)
	vmctl eject
	mount_image two.iso
	wait_until 30 host_has 0
	[ "$(readlink -f /sys/block/sr0)" = "$before" ]
}

@test "errors of a mount: a status, one line, nothing left behind" {
	fails 66 mount_image missing.iso -s 0
	nothing_left
	fails 77 vmctl mount -s 0 "$URL/one.iso"
	grep -qi 'certificate' "$BATS_TEST_TMPDIR/stderr"
	nothing_left
	fails 68 vmctl mount -s 0 https://no-such-host.invalid/x.iso
	nothing_left
	fails 69 vmctl mount -s 0 https://127.0.0.1:1/x.iso
	nothing_left
}

@test "a clock that is plainly wrong is reported" {
	now=$(date +%s)
	date -s 1970-01-02 >/dev/null
	fails 77 mount_image one.iso -s 0 || { date -s "@$now"; false; }
	date -s "@$now" >/dev/null
	grep -q 'clock' "$BATS_TEST_TMPDIR/stderr"
}
