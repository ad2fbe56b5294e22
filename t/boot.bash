# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A PC beside the virtual machine (t/vm/pc) that boots from the gadget's drive;
# and a system for it to boot. Sourced by the tests that need it.

# pc_begin: removes what the last PC has left.
pc_begin() {
	PC=$TOP/build/pc
	mkdir -p "$PC"
	: >"$PC/console"
	echo on >"$PC/power"
	rm -f "$PC/disk" "$PC/uefi"
}

# pc_end: ends the PC, whatever it does.
pc_end() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$PC/console" "$PC/said"
	: >"$PC/end"
	cleanup
	wait_until 20 is_off
	rm -f "$PC/disk" "$PC/uefi"
}

# start_pc: starts the PC with the gadget's drive; this machine gives up the
# drive.
start_pc() {
	background usbredirect --device 1d6b:0104 --to 10.0.2.100:9
}
prints() {
	grep -qa "$1" "$PC/console"
}
is_off() {
	[ "$(cat "$PC/power")" = off ]
}

# start_pc_until SECONDS WORDS: starts the PC, and waits until it prints WORDS.
# SeaBIOS gives up a read after 5 s, which may not be enough on a busy machine:
# then the PC is switched off and on again, once.
start_pc_until() {
	start_pc
	wait_until "$1" prints_or_gives_up "$2"
	! prints "$2" || return 0
	: >"$PC/end"
	wait_until 60 is_off
	: >"$PC/console"
	start_pc
	wait_until "$1" prints "$2"
}
prints_or_gives_up() {
	prints "$1" || prints "Could not read from CDROM"
}

# make_initrd FILE MODULE...: makes an initrd with these drivers. Its Linux then
# runs the lines of standard input.
make_initrd() {
	local file=$1 root module
	shift
	root=$(mktemp -d)
	mkdir -p "$root"/{bin,dev,mnt,proc,sys}
	cp "$(command -v busybox)" "$root/bin/"
	for module; do
		modprobe --show-depends "$module"
	done | awk '/^insmod/ && !seen[$2]++ { print $2 }' |
		while read -r module; do
			cp "$module" "$root/"
			echo "/bin/busybox insmod /${module##*/}"
		done >"$root/modules"
	{
		cat <<-'INIT'
			#!/bin/busybox sh
			/bin/busybox --install -s /bin
			mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev
			. /modules
			echo "PC: Linux is up"
		INIT
		cat
	} >"$root/init"
	chmod +x "$root/init"
	(cd "$root" && find . | cpio -o -H newc 2>/dev/null | gzip) >"$file"
	rm -rf "$root"
}
