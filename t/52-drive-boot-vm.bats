#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A PC boots from a disc of vm-drive that the kernel's drive can't present. The
# PC is a second QEMU beside the virtual machine (t/vm/pc), and gets the drive
# by usbredir. Its boot loader prints the hash of data far inside the image.
# With BOOTS_LINUX it also boots Linux from there, which prints the same; this
# takes minutes, and t/soak/drive does it.
# vm-run: -n user,id=n0,guestfwd=tcp:10.0.2.100:9-cmd:t/vm/pc

load helper
load servers
load column
load boot
load drive

setup_file() {
	modprobe -a virtio_net usb_f_fs usb-storage sr_mod
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
}
setup() {
	drive_begin cd
	pc_begin
}
teardown() {
	pc_end
	drive_end
}

# put FILE IMAGE BYTES: writes the file into the image at this offset.
put() {
	dd if="$1" of="$2" bs=64k seek="$3" oflag=seek_bytes conv=notrunc status=none
}

# blocks FILE MIB: prints GRUB's name of a file at that offset, in blocks of 512
# bytes.
blocks() {
	echo "$(($2 * 2048))+$((($(stat -c %s "$1") + 511) / 512))"
}

# grub PLACE MIB: prints GRUB's configuration: GRUB hashes the data at this MiB
# of PLACE. With BOOTS_LINUX it boots the kernel and initrd, which are 400 and
# 200 MiB before.
grub() {
	echo "sha256sum $1$(blocks data "$2")"
	[ -z "${BOOTS_LINUX:-}" ] || cat <<-GRUB
		linux $1$(blocks "$VM_KERNEL" $(($2 - 400))) console=ttyS0 quiet
		initrd $1$(blocks initrd $(($2 - 200)))
		boot
	GRUB
}

# fill IMAGE BYTES MIB: puts kernel, initrd and data into the image; the place
# begins at the offset BYTES.
fill() {
	put "$VM_KERNEL" "$1" $(($2 + (($3 - 400) << 20)))
	put initrd "$1" $(($2 + (($3 - 200) << 20)))
	put data "$1" $(($2 + ($3 << 20)))
}

# boots IMAGE: the boot loader finds the right bytes; so does Linux, if it is
# booted.
boots() {
	local sum
	sum=$(sha256sum <data | cut -d ' ' -f 1)
	background vm-drive 0 "$1" >drive.out 2>drive.err
	wait_until 20 test -s drive.out
	wait_until 30 host_has 0
	start_pc_until 120 "$sum"
	[ -n "${BOOTS_LINUX:-}" ] || return 0
	wait_until 600 prints "PC: Linux is up"
	wait_until 300 prints "PC: read $sum"
	wait_until 60 is_off
}

# As Windows' installer: ISO 9660 has only a text; UDF has the files, one of
# them larger than 4 GiB. The firmware's boot loader is in El Torito's FAT file
# system.
make_bridge() {
	local iso=$1 at
	make_initrd initrd xhci-pci usb-storage sr_mod udf <<-'INIT'
		until mount -r -t udf /dev/sr0 /mnt 2>/dev/null; do sleep 1; done
		echo "PC: read $(dd if=/mnt/sources/install.wim bs=256k skip=22516 count=1 |
			sha256sum)"
		poweroff -f
	INIT
	cat >grub.cfg <<-GRUB
		search.file /sources/install.wim root
		loopback wim (\$root)/sources/install.wim
		$(grub "(wim)" 5629)
	GRUB
	grub-mkimage -O x86_64-efi -p / -c grub.cfg -o boot.efi \
		udf search_fs_file loopback hashsum gcry_sha256 linux boot
	mkdir -p tree/sources
	echo "The files are in UDF." >tree/readme.txt
	truncate -s 3000001 tree/sources/install.wim
	truncate -s 4M tree/efi.img
	mformat -i tree/efi.img ::
	mmd -i tree/efi.img ::EFI ::EFI/BOOT
	mcopy -i tree/efi.img boot.efi ::EFI/BOOT/BOOTX64.EFI
	genisoimage -quiet -udf -V BRIDGE -hide sources -e efi.img -no-emul-boot \
		-o "$iso" tree
	at=$("$TOP/t/drive/grow" "$iso" 3000001 $((5630 << 20)))
	fill "$iso" "$at" 5629
}

@test "OVMF boots a disc of 5.5 GiB, with a file of more than 4 GiB in UDF" {
	head -c 256K /dev/urandom >data
	make_bridge bridge.iso
	: >"$PC/uefi"
	boots bridge.iso
}

make_large() {
	make_initrd initrd xhci-pci usb-storage sr_mod <<-'INIT'
		until dd if=/dev/sr0 of=/data bs=256k skip=12284 count=1; do sleep 1; done
		echo "PC: read $(sha256sum </data)"
		poweroff -f
	INIT
	mkdir -p root/boot/grub
	{
		printf '%s\n' serial "terminal_output serial"
		grub "(cd)" 3071
	} >root/boot/grub/grub.cfg
	grub-mkrescue -d /usr/lib/grub/i386-pc -o "$1" root >log 2>&1
	truncate -s 3G "$1"
	fill "$1" 0 3071
}

@test "SeaBIOS boots a disc of 3 GiB" {
	head -c 256K /dev/urandom >data
	make_large large.iso
	boots large.iso
}
