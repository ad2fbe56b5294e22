#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmedia on a BMC without hardware (t/vm/bmc-run): what `make install` installs
# for its 32-bit processor, in 256 MiB. The machine boots once, and t/bmc/steps
# does all the work there; each test here checks one of its steps.

load helper
load servers
load armhf

MIB_OF_CD=${BMC_MIB:-12}
STEPS=${BMC_STEPS:-doctor mount footprint kills eject dvd redfish vhub ports vhub_drive}

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	target_root
	target_make tests install DESTDIR="$PWD/root.d" PREFIX=/usr >&2
	mkdir -p root.d/images root
	make_images
	make_cert server IP:10.0.2.2
	start_nginx
	cp "$TOP/t/bmc/steps" root.d/steps
	cp ca.pem root.d/etc/ca.pem
	printf '%s\n' 'cacert = /etc/ca.pem' 'udc = dummy_udc.0' 'cache = 8M' 'timeout = 300' \
		>root.d/etc/vmedia/vmedia.conf
	(umask 077 && account >root.d/etc/vmedia/accounts)
	# shellcheck disable=SC2086 # a list of words
	"$TOP/t/vm/bmc-run" -m 256 -t "${LIMIT:-900}" -d root.d sh /steps \
		"https://10.0.2.2:${HTTPS##*:}" $STEPS >said 2>&1 3>&- || :
	cleanup
}
account() {
	printf 'root:Administrator:enabled:%s\n' \
		"$(perl -e 'print crypt("0penBmc", "\$y\$j9T\$F5Jx5fExrKuPp53xLKQ..1")')"
}

# make_images: makes the images that nginx serves, and in /images of the BMC the
# right results: hashes of cd.iso and disk.img, which are larger than the cache,
# and hashes of four blocks of dvd.iso, which is larger than the kernel's drive
# can present.
make_images() {
	local at name
	mkdir tree
	head -c 12M /dev/urandom >root/disk.img
	head -c "${MIB_OF_CD}M" /dev/urandom >tree/data
	xorriso -as mkisofs -quiet -V BMC -o root/cd.iso tree 2>/dev/null
	head -c 64K root/cd.iso >root.d/images/cd.iso.head
	head -c 1M root/cd.iso >root/dvd.iso
	truncate -s 4200M root/dvd.iso
	for at in 16 1152000 2097152 2150399; do
		[ $at = 16 ] || head -c 2048 /dev/urandom |
			dd of=root/dvd.iso bs=2048 seek=$at conv=notrunc status=none
		echo "$at $(dd if=root/dvd.iso bs=2048 skip=$at count=1 status=none |
			sha256sum | cut -d ' ' -f 1)"
	done >root.d/images/dvd.iso.blocks
	for name in cd.iso disk.img dvd.iso; do
		stat -c %s root/$name >root.d/images/$name.size
		[ $name = dvd.iso ] || sha256sum <root/$name >root.d/images/$name.sha256
	done
}

# step NAME: was the step done on the BMC, with success?
step() {
	sed -n "/^step $1\$/,/^step $1:/p" "$BATS_FILE_TMPDIR/said" | tee step
	if ! grep -q "^step $1: 0," step; then
		tail -n 20 "$BATS_FILE_TMPDIR/said"
		return 1
	fi
}
setup() {
	own_directory
}
# tell PATTERN: shows what the step has measured, also after success.
tell() {
	sed -nE "/$1/s/^/# /p" step >&3
}

@test "vmctl doctor finds nothing wrong there" {
	step doctor
	grep -q '^ok .*dummy_udc.0' step
	not grep -v '^ok\|^step' step
}

@test "an image over HTTPS is the host's CD, whole and right" {
	step mount
	tell 'vmctl mount|read whole'
}

@test "a slot has at most 4 processes, and 8 MiB of unshared memory beside the cache" {
	step footprint
	tell '^(alone|unshared)'
}

@test "each program of the source is killed while the host reads: right bytes" {
	step kills
	tell 'was killed'
}

@test "eject leaves nothing behind" {
	step eject
	tell 'vmctl eject'
}

@test "an ISO that is too large for the kernel's drive is a DVD by vm-drive, in 3 MiB" {
	step dvd
	tell 'KiB'
}

@test "Redfish inserts and ejects" {
	step redfish
}

@test "a port of the BMC's own controller: setup, insert, eject" {
	step vhub
}

@test "several slots on several ports, and all on one, share its endpoints" {
	step ports
}

@test "vm-drive on a port" {
	step vhub_drive
}
