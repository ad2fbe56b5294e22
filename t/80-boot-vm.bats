#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A PC boots from what vmctl mounts: QEMU in the virtual machine, its USB CD
# drive the gadget's, its firmware SeaBIOS. Emulation within emulation.

load helper
load column

setup_file() {
	column_start
	root=$BATS_FILE_TMPDIR/root
	mkdir -p "$root/boot/grub"
	cat >"$root/boot/grub/grub.cfg" <<-'GRUB'
		serial
		terminal_output serial
		set timeout=600
		menuentry "vmedia boots" { halt }
	GRUB
	grub-mkrescue -o "$WWW/boot.iso" "$root" >/dev/null 2>&1
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
teardown() {
	cleanup
	vmctl eject -f -s 0
}

@test "a PC reaches GRUB's menu from the mounted ISO" {
	vm_console=$BATS_TEST_TMPDIR/console
	mount_image boot.iso
	wait_until 30 host_has 0
	background qemu-system-x86_64 -accel tcg -m 128 -display none \
		-serial "file:$vm_console" -monitor none -nic none \
		-device qemu-xhci -device \
		usb-host,vendorid=0x1d6b,productid=0x0104,bootindex=0
	wait_until 170 grep -qa 'vmedia boots' "$vm_console"
}
