#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The 32-bit target: everything is built for armhf; the unit tests, vm-fetchd,
# and vmctl with only busybox run under qemu-user; and the size of all of it.

load helper
load armhf

# arm PROGRAM [ARG...]: runs it with the target's own libraries.
arm() {
	qemu-arm-static -L "$TARGET_ROOT" "$@"
}

setup_file() {
	target_root
	target_make tests >&2
}

@test "the programs are for the target" {
	file -L "$TARGET_OUT"/bin/vm-fetchd "$TARGET_OUT"/bin/vm-probe \
		"$TARGET_OUT"/bin/vm-nbd-attach "$TARGET_OUT"/bin/vm-gadget |
		grep -c 'ELF 32-bit LSB.*ARM' | grep -qx 4
}

@test "the unit tests pass under emulation" {
	for unit in "$TARGET_OUT"/t/unit/*; do
		echo "$unit"
		# The emulator does not know seccomp(2) and generic netlink,
		# does not run other programs, and uses the target's root for /.
		case ${unit##*/} in sandbox | nbd-* | open-local) continue ;; esac
		mkdir "$BATS_TEST_TMPDIR/${unit##*/}"
		(cd "$BATS_TEST_TMPDIR/${unit##*/}" && arm "$unit")
	done
}

@test "a file of a date after 2038" {
	head -c 1M /dev/zero >"$BATS_TEST_TMPDIR/late"
	touch -d 2040-02-03 "$BATS_TEST_TMPDIR/late"
	[ "$(arm "$TARGET_OUT/bin/vm-probe" -t disk -f size "$BATS_TEST_TMPDIR/late")" = 1048576 ]
}

@test "vm-probe sees an image above 4 GiB under emulation" {
	truncate -s 5G "$BATS_TEST_TMPDIR/big"
	[ "$(arm "$TARGET_OUT/bin/vm-probe" -f size "$BATS_TEST_TMPDIR/big")" = \
		$((5 << 30)) ]
}

@test "the plugin reads above 4 GiB under emulation" {
	cd "$BATS_TEST_TMPDIR"
	truncate -s 5G big
	for at in $(((2 << 30) + 512)) $(((4 << 30) + 512)) $(((5 << 30) - 512)); do
		head -c 512 /dev/urandom |
			dd of=big bs=512 seek=$((at / 512)) conv=notrunc status=none
	done
	background hostile big >port
	wait_until 10 test -s port
	background arm "$TARGET_ROOT/usr/bin/nbdkit" -f -U "$PWD/sock" \
		"$TARGET_OUT/lib/vmedia/nbdkit-vm-fetchd-plugin.so" \
		url="http://127.0.0.1:$(cat port)/ok/big" cache=8M
	wait_until 30 test -S sock
	[ "$(nbdread -s sock)" = $((5 << 30)) ]
	for at in $(((2 << 30) + 512)) $(((4 << 30) + 512)) $(((5 << 30) - 512)); do
		nbdread -f big sock "$at" 512
	done
}

# bmc COMMAND...: runs it as root of a machine of the target, with busybox,
# nbdkit and what make install installs. The machine is a user namespace with
# its own binfmt_misc, so the emulator runs each of its programs.
bmc() {
	local pid
	rm -f go
	mkfifo go
	# shellcheck disable=SC2016 # for the inner shells
	unshare -U sh -c 'read -r _ <go && exec unshare -m sh -e -c "$@"' sh '
		mount -t binfmt_misc none "$MACHINE/binfmt"
		cat /usr/lib/binfmt.d/qemu-arm.conf \
			>"$MACHINE/binfmt/register"
		for dir in proc sys dev; do
			mount --rbind /$dir "$MACHINE/$dir"
		done
		mount --rbind "$TARGET_ROOT/lib" "$MACHINE/lib"
		mount --rbind "$TARGET_ROOT/usr/lib" "$MACHINE/usr/lib"
		exec chroot "$MACHINE" /bin/env -i PATH=/opt/bin:/bin:/usr/bin "$@"' sh "$@" &
	pid=$!
	exec 7>go
	echo "0 0 65536" >"/proc/$pid/uid_map"
	echo "0 0 65536" >"/proc/$pid/gid_map"
	echo >&7
	exec 7>&-
	wait $pid
}

# make_machine: makes its root directory, $MACHINE.
make_machine() {
	local applet
	export MACHINE=$PWD/machine
	mkdir -p machine/{bin,binfmt,dev,etc/vmedia,lib,proc,run,sys,tmp,usr/bin,usr/lib}
	cp "$TARGET_ROOT/bin/busybox" machine/bin
	for applet in $(qemu-arm-static "$TARGET_ROOT/bin/busybox" --list); do
		[ "$applet" = busybox ] || ln -s busybox "machine/bin/$applet"
	done
	cp "$TARGET_ROOT/usr/bin/nbdkit" machine/usr/bin
	target_make install SMALL=1 DESTDIR="$MACHINE" PREFIX=/opt SYSCONFDIR=/etc >&2
	printf '%s:x:%s:%s::/:/bin/sh\n' root 0 0 nobody 65534 65534 >machine/etc/passwd
	echo 'allow_file = /tmp' >machine/etc/vmedia/vmedia.conf
}

@test "busybox only: help, status, doctor, probe, and a mount up to the kernel" {
	cd "$BATS_TEST_TMPDIR"
	unshare -Urm mount -t binfmt_misc none /proc 2>/dev/null ||
		skip "needs a kernel whose namespaces have a binfmt_misc of their own"
	make_machine
	[ "$(bmc uname -m)" = armv7l ]
	bmc vmctl help | grep -qx '  mount URL  *insert an image into a drive of the host'
	[ "$(bmc vmctl version)" = "$("$BUILD/bin/vmctl" version)" ]
	bmc vmctl status -j | jq -e '[.slots[].state] == ["empty", "empty"]'
	head -c 1M /dev/urandom >machine/tmp/x.img
	bmc vmctl probe -t disk /tmp/x.img | grep -qx 'size: 1048576'
	run -66 bmc vmctl probe /tmp/none.img
	[[ $output == *"vmctl: unable to open /tmp/none.img: "* ]]
	run -1 bmc vmctl doctor
	grep -qx 'ok    program nbdkit' <<<"$output"
	grep -q '^FAIL  USB device controller: this machine has none' <<<"$output"
	run -69 bmc vmctl mount -t disk /tmp/x.img
	[ "${#lines[@]}" = 1 ]
	[[ $output == "vm-gadget: there are no USB gadgets in configfs: modprobe libcomposite"* ]]
	bmc vmctl status -j | jq -e '[.slots[].state] == ["empty", "empty"]'
}

# KiB WHAT: prints the figure of that line of make size.
KiB() {
	sed -n "s/^$1  *\([0-9]*\) KiB\$/\1/p" size
}

# Built as vmedia-firmware(7) says; that page has these sums, too.
@test "make size: the sums, and each stays below its limit" {
	cd "$BATS_TEST_TMPDIR"
	target_make SMALL=1 size >size
	cat size
	[ "$(KiB "the https column")" -le 400 ]
	[ "$(KiB "with nfs, smb, vm-drive, WebSocket and page")" -le 700 ]
	# The table has each program, and each library that a program needs.
	for program in "$TOP"/bin/*.c; do
		grep -q "	/usr/bin/$(basename "$program" .c)$" size
	done
	grep -qP '^column\t\d+\tlibnbd.so.0\tfor .*vm-small' size
	grep -qP '^column\t\d+\tlibxml2.so.2\tfor libnbd.so.0' size
	grep -qP '^beyond\t\d+\tlibsmbclient.so.0\tfor vm-source-smb.so' size
	grep -qP '^beyond\t\d+\tlibjansson.so.4\tfor .*vm-redfish' size
}
