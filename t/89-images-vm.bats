#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The image store on a real kernel: from an upload by sftp to what the host
# reads, and a full disk.

load helper
load column

setup_file() {
	modprobe -a usb-storage sr_mod sd_mod dummy_hcd loop ext4
	export VM_RUN_DIR=/run/vmedia VM_CONF=/tmp/vmedia.conf STORE=/srv/store
	make_iso "$BATS_FILE_TMPDIR/one.iso" 12 ONE
	echo "store = $STORE" >"$VM_CONF"
}
teardown_file() {
	vm-gadget teardown
}
teardown() {
	ip link set lo up
	vmctl eject -f -s 0 || :
	[ ! -s "$BATS_FILE_TMPDIR/sshd.pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/sshd.pid")"
	rm -f "$BATS_FILE_TMPDIR/sshd.pid"
	cleanup
	! mountpoint -q /srv/full || umount /srv/full
}

# start_sshd: uses the configuration of vmedia-sftp.service. This machine is
# thrown away, so its users and /etc may be changed.
start_sshd() {
	local file at=/usr/local/share/vmedia/sshd
	mkdir -p "$at" /run/sshd
	install -m 755 "$TOP/scripts/vm-image-keys" /usr/local/bin/
	for file in sshd_config vmedia.conf; do
		sed 's,@PREFIX@,/usr/local,g' "$TOP/scripts/sshd/$file" >"$at/$file"
	done
	ssh-keygen -qA
	/usr/sbin/sshd -f "$at/sshd_config" -p 2022 -E "$BATS_FILE_TMPDIR/sshd.log" \
		-o PidFile="$BATS_FILE_TMPDIR/sshd.pid" 3>&-
	wait_until 30 test -s "$BATS_FILE_TMPDIR/sshd.pid"
}

# sftp_as NAME [OPTION...]: runs the lines of standard input.
sftp_as() {
	sftp -q -i "$BATS_TEST_TMPDIR/$1" "${@:2}" -P 2022 -o BatchMode=yes \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-b - "$1@127.0.0.1" >/dev/null
}

# has_bytes FILE COUNT
has_bytes() {
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

@test "upload by sftp, killed and continued, finish, mount without a network, eject, rm" {
	local iso=$BATS_FILE_TMPDIR/one.iso sum name box
	sum=$(sha256sum <"$iso")
	sum=${sum%% *}
	start_sshd
	for name in alice bob; do
		ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/$name"
		vmctl image owner add $name --key "$BATS_TEST_TMPDIR/$name.pub"
	done
	box=$STORE/boxes/alice/images
	echo "put $iso x.iso" | sftp_as alice -l 8192 &
	wait_until 60 has_bytes $box/x.iso 1000000
	run -75 vmctl image finish alice/x.iso
	[[ $output == *"x.iso"*"writ"* ]]
	pkill -KILL -x sftp
	wait $! || :
	pkill -KILL -x ssh || :
	wait_until 60 not pgrep -u alice
	not cmp -s "$iso" $box/x.iso
	# If bytes are missing, the checksum differs, and the upload stays an
	# upload.
	run -65 vmctl image finish alice/x.iso --sha256 "$sum"
	echo "put $iso y.iso" | sftp_as bob
	echo "reput $iso x.iso" | sftp_as alice
	vmctl image finish alice/x.iso --sha256 "$sum"
	[ ! -e $box/x.iso ]
	[ "$(vmctl image ls -j alice | jq -c '.images[] | [.name, .state, .sha256, .verified]')" = \
		'["x.iso","ready","'"$sum"'","given"]' ]
	run -66 vmctl mount image:alice/y.iso
	vmctl mount image:alice/x.iso
	ip link set lo down
	wait_until 30 host_has 0
	drop_caches
	[ "$(sha256sum <"$(host_drive 0)")" = "$(sha256sum <"$iso")" ]
	[[ $(vmctl status -s 0) == *"image:alice/x.iso"* ]]
	run -75 vmctl image rm alice/x.iso
	[[ $output == *"slot 0"*"vmctl eject -s 0"* ]]
	# Another image arrives meanwhile.
	vmctl image put "$iso" other.iso
	vmctl eject -s 0
	nothing_left
	vmctl image rm alice/x.iso
	vmctl image rm other.iso
	[ "$(vmctl image ls -j | jq -c '[.images[].name]')" = '["y.iso"]' ]
	ip link set lo up
	vmctl image owner rm bob --force
	vmctl image owner rm alice
	[ -z "$(ls $STORE/images $STORE/incoming $STORE/trash $STORE/boxes | grep -v :)" ]
}

@test "a disk image that the host writes to: the bytes stay, and the checksum is stale" {
	head -c 4M /dev/urandom >"$BATS_TEST_TMPDIR/disk.img"
	vmctl image put "$BATS_TEST_TMPDIR/disk.img"
	vmctl mount -w image:disk.img
	wait_until 30 host_has 1
	printf 'written by the host' | dd of="$(host_drive 1)" bs=1M seek=2 conv=fsync,notrunc
	vmctl eject -s 1
	nothing_left 1
	[ "$(vmctl image ls -j | jq -r '.images[] | select(.name == "disk.img").sha256')" = stale ]
	[ "$(vmctl image get disk.img - | tail -c +2097153 | head -c 19)" = "written by the host" ]
	vmctl image verify disk.img
	vmctl image rm disk.img
}

@test "1 MiB before the disk is full, status and eject work, and rm frees the disk" {
	truncate -s 64M /tmp/disk
	mkfs.ext4 -q -m 0 /tmp/disk
	mkdir -p /srv/full
	mount -o loop /tmp/disk /srv/full
	printf '%s\n' 'store = /srv/full/store' 'store_reserve = 0' >"$VM_CONF"
	vmctl image put "$BATS_FILE_TMPDIR/one.iso"
	vmctl mount image:one.iso
	wait_until 30 host_has 0
	dd if=/dev/zero of=/srv/full/rest bs=64k \
		count=$((($(df -Pk /srv/full | awk 'NR == 2 { print $4 }') - 1024) / 64)) status=none
	run -73 vmctl image put "$BATS_FILE_TMPDIR/one.iso" two.iso
	[[ $output == *"the disk has room for"* ]]
	dd if=/dev/zero of=/srv/full/last bs=4k status=none || :
	drop_caches
	[ "$(sha256sum <"$(host_drive 0)")" = "$(sha256sum <"$BATS_FILE_TMPDIR/one.iso")" ]
	[[ $(vmctl status -s 0) == *"image:one.iso"* ]]
	vmctl eject -s 0
	nothing_left
	vmctl image rm one.iso
	[ "$(df -Pk /srv/full | awk 'NR == 2 { print $4 }')" -gt 10000 ]
	echo "store = $STORE" >"$VM_CONF"
}
