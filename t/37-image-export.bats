#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-image export: an image as a file, through QEMU's storage daemon; an
# sftp-server reads and writes it.

load helper

setup() {
	own_directory
	requires_root
	[ -c /dev/fuse ] || skip "needs FUSE"
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf
	STORE=$PWD/store
	echo "store = $STORE" >conf
	head -c 6000128 /dev/urandom >x
	image pack packed x >/dev/null
	image create -s 8M disk >/dev/null
	FILE=$STORE/boxes/root/disks/disk
}

image() {
	dash "$BUILD/bin/vm-image" "$@"
}
# exported NAME: starts an export, and waits until the file is there.
exported() {
	: >ready
	background dash "$BUILD/bin/vm-image" export "$1" >ready 2>said
	wait_until 60 test -s ready
}
# ended: ends the export, as a person or systemd does.
ended() {
	kill "${STARTED[0]}"
	wait "${STARTED[0]}" || [ $? = 143 ]
	STARTED=()
}
# sum_of NAME: prints the checksum that the store has for it.
sum_of() {
	image ls -j | jq -r --arg n "$1" '.images[] | select(.name == $n).sha256'
}
data_of() {
	image path "$1" | cut -d ' ' -f 2
}
# by_sftp LINE: runs a line as an owner would type it.
by_sftp() {
	echo "$1" | sftp -q -b - -D /usr/lib/openssh/sftp-server
}

@test "export: sftp reads and writes the disk, in one file of its size" {
	exported disk
	[ "$(cat ready)" = /disks/disk ]
	[ "$(stat -c '%s %a' "$FILE")" = "8388608 600" ]
	by_sftp "put x $FILE"
	by_sftp "get $FILE out"
	cmp -n 6000128 x out
	[ "$(stat -c %s out "$FILE" | sort -u)" = 8388608 ]
	# A shorter file leaves the rest of the disk as it was.
	grep "has 8388608 bytes: the end of the disk stays as it was" said
	head -c 1000 /dev/zero >y
	by_sftp "put y $FILE"
	cmp -i 1000 -n 5999128 x "$FILE"
	not truncate -s 100 "$FILE"
	ended
	[ ! -e "$FILE" ]
	cmp -i 1000 -n 5999128 x "$(data_of disk)"
	[ "$(stat -c %s "$(data_of disk)")" = 8388608 ]
}

@test "export: a checksum is stale when the image was written, and right if not" {
	sum=$(sum_of packed)
	exported packed
	[ "$(sum_of packed)" = stale ]
	cat "$STORE/boxes/root/disks/packed" >/dev/null
	ended
	[ "$(sum_of packed)" = "$sum" ]
	exported packed
	dd if=/dev/zero of="$STORE/boxes/root/disks/packed" bs=512 count=1 conv=notrunc
	ended
	[ "$(sum_of packed)" = stale ]
}

@test "export: nobody else has the image meanwhile, and it nobody else's" {
	exported disk
	image ls | grep "disk .*, exported$"
	fails 75 image export disk
	fails 75 image rm disk
	grep "disk is exported" stderr
	[ -e "$FILE" ]
	ended
	not grep exported <(image ls)
	mkdir -p run/3/request
	image path disk | cut -c 1-16 >run/3/request/image
	fails 75 image export disk
	grep "disk is in slot 3" stderr
	rm -r run
	image rm disk
	fails 66 image export disk
	fails 66 image export --id 0123456789abcdef
}

@test "export: killed, it can begin again" {
	exported disk
	kill -KILL "$(pgrep -P "${STARTED[0]}")"
	wait "${STARTED[0]}" || [ $? = 74 ]
	STARTED=()
	grep "qemu-storage-daemon has ended" said
	[ ! -e "$FILE" ]
	exported disk
	daemon=$(pgrep -P "${STARTED[0]}")
	kill -KILL "${STARTED[0]}"
	wait "${STARTED[0]}" || :
	STARTED=()
	# The daemon still shows the file, so the image is in use.
	fails 75 image rm disk
	kill -KILL "$daemon"
	wait_until 20 not kill -0 "$daemon" 2>/dev/null
	exported disk
	by_sftp "put x $FILE"
	ended
	image rm disk
}
