#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-image create and pack: blank disks, and CDs and disks with the files that
# installers look for, read back with other tools.

load helper

setup() {
	own_directory
	requires_root
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf
	unset SOURCE_DATE_EPOCH
	STORE=$PWD/store
	conf
}

image() {
	dash "$BUILD/bin/vm-image" "$@"
}
# conf LINE...: writes the configuration, with a store.
conf() {
	printf '%s\n' "store = $STORE" "$@" >conf
}
# data_of NAME: prints the path of the image's data.
data_of() {
	image path "$1" | cut -d ' ' -f 2
}
# label_of NAME [OFFSET]: prints type and label, as udev sees them.
label_of() {
	blkid -p -o value -s TYPE -s LABEL ${2:+-O "$2"} "$(data_of "$1")" | paste -sd ' '
}
# names_of NAME: prints the files of an ISO, by Rock Ridge.
names_of() {
	xorriso -indev "$(data_of "$1")" -find / -type f -exec echo -- 2>/dev/null | tr -d "'" | sort
}
# file_of NAME PATH: prints a file of an ISO, by Joliet.
file_of() {
	isoinfo -J -x "$2" -i "$(data_of "$1")"
}
# same NAME NAME...: do these images have the same bytes?
same() {
	local name first=$1
	for name; do
		cmp "$(data_of "$first")" "$(data_of "$name")"
	done
}
# nothing_left: is there no upload and no trash?
nothing_left() {
	[ -z "$(ls "$STORE/incoming" "$STORE/trash" | grep -v ':$')" ]
}
# partition NAME: prints type and first sector of the only partition.
partition() {
	sfdisk -J "$(data_of "$1")" |
		jq -r '.partitiontable | [.label, (.partitions | length), .partitions[0].type, .partitions[0].start] | join(" ")'
}
# answers: makes files for the tests.
answers() {
	mkdir -p in/sub
	echo "hostname: one" >in/user-data
	echo "instance-id: 1" >in/meta-data
	echo deep >"in/sub/a (1) long name.txt"
}

# --- create ---------------------------------------------------------------

@test "create: all of a blank disk counts, and little of it is written" {
	conf "store_quota = 100M"
	[ "$(image create -s 64M disk.img)" = "image:disk.img: 64 MiB, blank disk" ]
	data=$(data_of disk.img)
	[ "$(stat -c '%s %a' "$data")" = "67108864 600" ]
	[ "$(du -k "$data" | cut -f 1)" -lt 1024 ]
	image ls | grep "64 MiB  ready  *a disk to write to: no checksum"
	image quota root | grep "used 64 MiB, limit 100 MiB"
	fails 73 image create -s 64M other.img
	grep "used 64 MiB, asked 64 MiB, limit 100 MiB" stderr
	fails 73 image create -s 1M disk.img
	nothing_left
	image create -j -s 2M json.img >json
	[ "$(jq -c 'del(.id)' json)" = \
		'{"schema":1,"uri":"image:json.img","size":2097152,"sha256":null}' ]
	echo hello >hello
	image pack -j json.iso hello >json
	jq -e --arg sum "$(sha256sum <"$(data_of json.iso)" | cut -c 1-64)" \
		'.uri == "image:json.iso" and .sha256 == $sum' json
	# If the result cannot be printed, the message says that the image is in
	# the store.
	run -74 sh -c '"$@" 2>&1 >/dev/full' sh "$BUILD/bin/vm-image" create -s 1M full.img
	[[ $output == *"unable to write standard output, but the image is in the store" ]]
}

@test "create: what a disk may yet be given is not given to another image" {
	local free
	conf "store_reserve = 0"
	free=$(df -Pk . | awk 'NR == 2 {print $4}')
	image create -s $((free / 3 * 2))K first
	fails 73 image create -s $((free / 3 * 2))K second
	grep "the disk has room for" stderr
}

@test "create -f vfat: a partition at 1 MiB, as sticks have that are sold" {
	local size kind
	while read -r size kind; do
		image create -s "$size" -f vfat -l "TEST 1" "disk-$size"
		[ "$(partition "disk-$size")" = "dos 1 $kind 2048" ]
		[ "$(label_of "disk-$size" 1048576)" = "TEST 1 vfat" ]
		dd if="$(data_of "disk-$size")" of=part bs=1M skip=1 conv=sparse 2>/dev/null
		fsck.vfat -n part
		vm-probe "$(data_of "disk-$size")" | grep -w mbr
	done <<-END
		4M 1
		40M e
		600M c
	END
	not cmp -s -n 512 "$(data_of disk-4M)" "$(data_of disk-40M)"
	[ "$(od -An -tx1 -N 5 "$(data_of disk-4M)")" = " cd 18 f4 eb fd" ]
}

@test "create -f exfat" {
	image create -s 64M -f exfat -l Files disk
	[ "$(partition disk)" = "dos 1 7 2048" ]
	[ "$(label_of disk 1048576)" = "Files exfat" ]
	dd if="$(data_of disk)" of=part bs=1M skip=1 conv=sparse 2>/dev/null
	[ "$(stat -c %s part)" = $((63 * 1048576)) ]
	fsck.exfat -n part
	[ "$(ls -A "$STORE/images"/*/ | grep -c fs)" = 0 ]
}

@test "create: sizes and labels that cannot be are refused" {
	fails 64 image create disk
	fails 64 image create -s 1000 disk
	grep "1M" stderr
	fails 64 image create -s 0 disk
	fails 64 image create -s 1M -f vfat disk
	fails 64 image create -s 3000G -f vfat disk
	fails 64 image create -s 4M -f iso disk
	fails 64 image create -s 4M -f ntfs disk
	fails 64 image create -s 4M -l X disk
	fails 64 image create -s 4M -f vfat -l "123456789012" disk
	fails 64 image create -s 4M -f vfat -l 'A;B' disk
	nothing_left
}

@test "create: a missing tool is named with its package" {
	mkdir bin
	for tool in /bin/* /usr/bin/*; do
		case $tool in *xorriso* | *mtools) ;; *) ln -sf "$tool" bin ;; esac
	done
	export VM_PATH=$PWD/bin
	answers
	fails 69 image create -s 4M -f vfat disk
	grep "install the package dosfstools" stderr
	fails 69 image create -s 4M -f exfat disk
	grep "install the package exfatprogs" stderr
	fails 69 image pack iso in/
	grep "install the package xorriso" stderr
}

# --- pack -----------------------------------------------------------------

@test "pack: what cloud-init looks for" {
	answers
	image pack -l cidata seed in/user-data in/meta-data >out
	grep "^image:seed: .* SHA-256 [0-9a-f]\{64\}$" out
	[ "$(label_of seed)" = "cidata iso9660" ]
	[ "$(names_of seed)" = "$(printf '/meta-data\n/user-data')" ]
	[ "$(file_of seed /user-data)" = "hostname: one" ]
	[ "$(stat -c %a "$(data_of seed)")" = 600 ]
	[ "$(sha256sum "$(data_of seed)" | cut -c 1-64)" = "$(sed 's/.* //' out)" ]
	vm-probe "$(data_of seed)" | grep -w iso9660
}

@test "pack: what Anaconda looks for, on a disk" {
	echo "text" >ks.cfg
	image pack -f vfat -l OEMDRV answers ks.cfg
	[ "$(label_of answers 1048576)" = "OEMDRV vfat" ]
	[ "$(partition answers)" = "dos 1 1 2048" ]
	[ "$(mtype -i "$(data_of answers)@@1M" ::/ks.cfg)" = text ]
	dd if="$(data_of answers)" of=part bs=1M skip=1 2>/dev/null
	fsck.vfat -n part
}

@test "pack: what OpenStack has: the tree keeps its names" {
	mkdir -p openstack/latest
	echo '{}' >openstack/latest/meta_data.json
	image pack -l config-2 config openstack
	[ "$(label_of config)" = "config-2 iso9660" ]
	[ "$(names_of config)" = /openstack/latest/meta_data.json ]
	image pack -f vfat -l CONFIG-2 disk openstack
	[ "$(label_of disk 1048576)" = "CONFIG-2 vfat" ]
	[ "$(mtype -i "$(data_of disk)@@1M" ::/openstack/latest/meta_data.json)" = "{}" ]
}

@test "pack: DIR is a directory of the image, DIR/ the files in it" {
	answers
	image pack one in
	image pack two in/
	(cd in && image pack three .)
	[ "$(names_of one | sed 's,^/in,,')" = "$(names_of two)" ]
	[ "$(names_of two)" = "$(printf '/meta-data\n/sub/a (1) long name.txt\n/user-data')" ]
	same two three
	image pack -f vfat four in/
	[ "$(mtype -i "$(data_of four)@@1M" "::/sub/a (1) long name.txt")" = deep ]
}

@test "pack: the same files make the same bytes, wherever and whenever" {
	answers
	mkdir copy
	# Other inodes, another order of the files, and another time zone.
	(cd in && find . | sort -r | cpio -pdm --quiet ../copy)
	for format in iso vfat; do
		image pack -f $format $format-one in/
		TZ=America/New_York image pack -f $format $format-two copy/
		touch -d 2020-01-01 copy/*
		SOURCE_DATE_EPOCH=1700000000 image pack -f $format $format-three in/
		SOURCE_DATE_EPOCH=1700000000 image pack -f $format $format-four copy/
		same $format-one $format-two
		same $format-three $format-four
		not cmp -s "$(data_of $format-one)" "$(data_of $format-three)"
	done
	fails 64 env SOURCE_DATE_EPOCH=now "$BUILD/bin/vm-image" pack x in/
}

@test "pack: names that are no English, and a quotation mark" {
	mkdir in
	echo x >"in/größe 'x' \"y\" [z] * = \\"
	image pack one in/
	xorriso -indev "$(data_of one)" -osirrox on -extract / out 2>/dev/null
	diff -r in out
	fails 65 image pack -f vfat two in/
	rm in/*
	echo y >"in/größe [z] 'q'"
	image pack -f vfat two in/
	LC_ALL=C.UTF-8 mcopy -s -i "$(data_of two)@@1M" "::/" out2
	diff -r in out2
}

@test "pack: a full disk, and one that is larger" {
	head -c 3000000 /dev/urandom >big
	fails 73 image pack -f vfat -s 4M disk big big2 2>/dev/null || fails 66 image pack -f vfat -s 4M disk big big2
	cp big big2
	fails 73 image pack -f vfat -s 4M disk big big2
	nothing_left
	image pack -f vfat disk big big2
	mcopy -i "$(data_of disk)@@1M" ::/big out
	cmp big out
	image pack -f vfat -s 64M roomy big
	[ "$(stat -c %s "$(data_of roomy)")" = 67108864 ]
}

@test "pack: links and devices are not followed, and names must differ" {
	answers
	ln -s /etc/passwd in/link
	fails 65 image pack x in/
	grep "link is not a file" stderr
	rm in/link
	mkfifo in/fifo
	fails 65 image pack x in/
	rm in/fifo
	mkdir other
	echo 1 >other/user-data
	fails 64 image pack x in/user-data other/user-data
	grep "two files would have the name user-data" stderr
	echo 1 >in/USER-DATA
	fails 64 image pack -f vfat x in/
	image pack x in/
	fails 66 image pack y nothing
	fails 64 image pack y
	fails 64 image pack -f exfat y in/
	fails 65 image pack y "$(mkdir -p $'bad/a\nb' && echo bad)"
	nothing_left
}

@test "pack: the quota is looked at before, and a kill leaves nothing" {
	head -c 5000000 /dev/urandom >big
	conf "store_quota = 4M"
	fails 73 image pack x big
	grep "limit 4 MiB" stderr
	nothing_left
	conf
	# A tool that never ends.
	mkdir bin
	printf '#!/bin/sh\ncase $* in *print_size*) exec %s "$@" ;; esac\n: >%s/begun\nexec sleep 1000\n' \
		"$(command -v xorriso)" "$PWD" >bin/xorriso
	chmod +x bin/xorriso
	VM_PATH=$PWD/bin:$PATH background dash "$BUILD/bin/vm-image" pack x big
	wait_until 20 test -e begun
	kill "${STARTED[0]}"
	wait "${STARTED[0]}" || [ $? = 143 ]
	STARTED=()
	nothing_left
}

@test "create and pack: help, and words" {
	image help pack | grep -- "-l, --label LABEL"
	image help pack | grep "^FILE... a file, a directory"
	image help create | grep -- "-f, --format FORMAT"
	not grep '.\{81\}' <(image help pack; image help create; image help)
	fails 64 image blank
	grep "did you mean vmctl image create" stderr
}
