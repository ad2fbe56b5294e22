#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A PC boots from a medium that vmctl mounts for one boot. The PC is a second
# QEMU beside the virtual machine (t/vm/pc), and gets the gadget's drive by
# usbredir. SeaBIOS reads it, then GRUB, then Linux, whose drivers reset the bus
# and read on. A PC with a disk is installed from the medium, through Redfish
# alone.
# vm-run: -n user,id=n0,guestfwd=tcp:10.0.2.100:9-cmd:t/vm/pc

load helper
load column
load servers
load redfish
load door
load boot

setup_file() {
	modprobe virtio_net
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
	column_start
	make_boot_iso
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
setup() {
	pc_begin
}
teardown() {
	pc_end
	rm -f "$VM_CONF"
	vmctl eject -f -s 0
}

# make_init FILE: makes an initrd in which Linux reads its medium, prints a hash
# of it, and powers off. If there is a disk, Linux writes that from the medium
# instead, and reboots.
make_init() {
	make_initrd "$1" xhci-pci usb-storage sr_mod isofs virtio_pci virtio_blk <<-'INIT'
		until mount -r -t iso9660 /dev/sr0 /mnt 2>/dev/null; do sleep 1; done
		[ ! -b /dev/vda ] || {
			dd if=/mnt/disk of=/dev/vda && sync && echo "PC: wrote its disk"
			reboot -f
		}
		echo "PC: read $(sha256sum </mnt/data)"
		poweroff -f
	INIT
}

# make_disk FILE TEXT: makes a disk that prints TEXT when a BIOS boots it: 22
# bytes of code send the text after them to the serial port, and then wait.
make_disk() {
	{
		printf '\374\061\300\216\330\276\026\174\254\010\300\164\006'
		printf '\272\370\003\356\353\365\364\353\375%s\n\0' "$2"
	} >"$1"
	truncate -s 510 "$1"
	printf '\125\252' >>"$1"
	truncate -s 2M "$1" # a BIOS wants at least one cylinder
}
# make_boot_iso: makes an ISO whose Linux has the parameters that t/vm/vm-run
# uses.
make_boot_iso() {
	local root=$BATS_FILE_TMPDIR/root
	mkdir -p "$root/boot/grub"
	cp "$VM_KERNEL" "$root/vmlinuz"
	make_init "$root/initrd"
	head -c 4M /dev/urandom >"$root/data"
	make_disk "$root/disk" "PC: the new disk boots"
	cat >"$root/boot/grub/grub.cfg" <<-'GRUB'
		serial
		terminal_output serial
		echo "GRUB is up"
		linux /vmlinuz console=ttyS0 quiet mitigations=off no_timer_check tsc=reliable norandmaps clearcpuid=112
		initrd /initrd
		boot
	GRUB
	grub-mkrescue -d /usr/lib/grub/i386-pc -o "$WWW/boot.iso" "$root" >/dev/null 2>&1
}

state_is() {
	[ "$(cat "$VM_RUN_DIR/0/state")" = "$1" ]
}

@test "a PC boots Linux from a --boot-once medium, once" {
	echo "power = cat $PC/power" >"$VM_CONF"
	mount_image boot.iso --boot-once
	wait_until 30 host_has 0
	start_pc_until 300 "GRUB is up"
	wait_until 600 prints "PC: Linux is up"
	wait_until 300 prints "PC: read $(sha256sum <"$BATS_FILE_TMPDIR/root/data")"
	wait_until 120 is_off
	wait_until 60 state_is empty
	vmctl status -s 0 | grep "reason .*(--boot-once)"
	nothing_left 0
	cleanup
	: >"$PC/console"
	start_pc
	wait_until 300 prints "No bootable device"
	not prints "GRUB is up"
}

# make_switch FILE: makes a program for `host = command` that controls QEMU's
# monitor. QEMU keeps the boot order over a reset, until it gets another one.
make_switch() {
	cat >"$1" <<-END
		#!/bin/sh
		cd "$PC" || exit
		[ \$1 != status ] || {
			echo "power \$(cat power)"
			echo "actions reset"
			echo "targets cd"
			exit
		}
		case \$1 in
		reset) echo system_reset ;;
		boot)
			[ \$2 = cd ] && order=0 || order=2
			echo "qom-set /machine/peripheral/drive bootindex \$order"
			;;
		esac >asked
		cat asked >>told
		mv asked ask
		while [ -e ask ]; do sleep 1; done
	END
	chmod +x "$1"
}

# redfish METHOD PATH JSON: asks as administrator; the answer must be 2xx.
redfish() {
	[[ $(ask "$1" "/redfish/v1/Systems/system$2" -u root:0penBmc \
		-H "Content-Type: application/json" ${3:+-d "$3"}) == 2* ]] ||
		{ cat body; false; }
}

@test "a PC is installed by Redfish alone: insert, Cd once, reset, and its disk boots" {
	local slot=/VirtualMedia/Slot_0 insert
	cd "$BATS_TEST_TMPDIR"
	make_disk "$PC/disk" "PC: the old disk boots"
	make_switch "$BATS_TEST_TMPDIR/switch"
	rm -f "$PC/told"
	printf '%s\n' "host = command $BATS_TEST_TMPDIR/switch" "cacert = $CA" >"$VM_CONF"
	make_accounts
	export VM_DOOR_SOCKET=$PWD/door.sock
	background vm-door -a "$PWD/accounts" -u root >ready
	wait_until 20 test -s ready
	start_redfish -u root
	insert=$slot/Actions/VirtualMedia.InsertMedia
	redfish POST $insert "{\"Image\": \"$URL/boot.iso\"}"
	wait_until 30 host_has 0
	start_pc
	wait_until 300 prints "PC: the old disk boots"
	not prints "GRUB is up"
	redfish PATCH "" '{"Boot": {"BootSourceOverrideTarget": "Cd",
		"BootSourceOverrideEnabled": "Once"}}'
	redfish POST /Actions/ComputerSystem.Reset '{"ResetType": "ForceRestart"}'
	wait_until 300 prints "GRUB is up"
	wait_until 600 prints "PC: wrote its disk"
	wait_until 300 prints "PC: the new disk boots"
	[ "$(grep -ca "GRUB is up" "$PC/console")" = 1 ]
	redfish GET "" ""
	[ "$(jq -r .Boot.BootSourceOverrideEnabled body)" = Disabled ]
	[ "$(grep -c "bootindex 2" "$PC/told")" = 1 ]
}
