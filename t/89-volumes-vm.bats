#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The image store with LVM: images are logical volumes, and the host sees their
# exact size; and with project quotas of XFS. With the real lvm2 and xfsprogs.

load helper
load column

MIB=1048576
GROUP=vmtest
EXTENT=$((4 * MIB))

setup_file() {
	requires_vm
	modprobe -a dm-mod loop
	column_start
	# No udev is running that would make the device files.
	export DM_DISABLE_UDEV=1
	export LVM_SYSTEM_DIR=$BATS_FILE_TMPDIR/lvm LVM_SUPPRESS_FD_WARNINGS=1
	mkdir "$LVM_SYSTEM_DIR"
	truncate -s 200M "$BATS_FILE_TMPDIR/pv"
	LOOP=$(losetup -f --show "$BATS_FILE_TMPDIR/pv")
	export LOOP
	cat >"$LVM_SYSTEM_DIR/lvm.conf" <<-CONF
		devices {
			use_devicesfile = 0
			global_filter = [ "a|^/dev/mapper/vmcut_|", "a|^$LOOP\$|", "r|.*|" ]
		}
		activation { udev_sync = 0 udev_rules = 0 verify_udev_operations = 1 monitoring = 0 }
		global { use_lvmpolld = 0 }
	CONF
	pvcreate -q "$LOOP"
	vgcreate -q $GROUP "$LOOP"
	# A foreign volume, with a name like ours.
	lvcreate -q -y -L 4M -n image_00000000000000ff --addtag vmedia.store=1 $GROUP
}
teardown_file() {
	vgremove -q -f $GROUP || :
	losetup -d "$LOOP" || :
	column_stop
	vm-gadget teardown
}
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	STORE=$PWD/store
	conf
}
teardown() {
	cleanup
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
	umount /srv/xfs 2>/dev/null || :
	lvremove -q -y -S "lv_tags=vmedia.store=$(number)" $GROUP || :
}

image() {
	vm-image "$@" 3>&-
}
# conf LINE...: writes the configuration, with a store of volumes.
conf() {
	printf '%s\n' "store = $STORE" "store_volumes = $GROUP" "$@" >"$VM_CONF"
}
# number: prints the store's number in the tags.
number() {
	printf %s "$STORE" | cksum | cut -d ' ' -f 1
}
# volumes: prints the names of our volumes, sorted.
volumes() {
	lvs --noheadings -o lv_name -S "lv_tags=vmedia.store=$(number)" $GROUP | tr -d ' ' | sort
}
# of_volume FIELD NAME: prints a field of lvs for an image's volume.
of_volume() {
	lvs --noheadings --units b --nosuffix -o "$1" "$GROUP/image_$(id_of "$2")" | tr -d ' '
}
id_of() {
	image path "$1" | cut -c 1-16
}
# device_of NAME
device_of() {
	image path "$1" | cut -d ' ' -f 2
}
free_bytes() {
	vgs --noheadings --units b --nosuffix -o vg_free $GROUP | tr -d ' '
}
# is_quiet: have the processes that a killed vm-image had started ended, too?
is_quiet() {
	! pgrep -x vm-import && ! pgrep '^lv[crl]'
}
# whole: each volume of ours has an image, and each image has a volume with its
# bytes.
whole() {
	local id dir
	image gc
	for dir in "$STORE"/images/*/; do
		[ -e "$dir" ] || continue
		id=$(basename "$dir")
		[ "$(cat "$dir/volume")" = "$GROUP/image_$id" ]
		[ "$(head -c "$(cat "$dir/size")" "/dev/$GROUP/image_$id" | sha256sum | cut -c 1-64)" = \
			"$(cat "$dir/sha256")" ]
	done
	[ "$(volumes)" = "$(cd "$STORE/images" && ls | sed 's/^/image_/' | sort)" ]
	[ -z "$(ls -A "$STORE/incoming" "$STORE/trash" | grep -v ':$')" ]
	# The foreign volume is still there.
	lvs "$GROUP/image_00000000000000ff"
}

@test "put: an image is a volume with its exact size in a tag, and zeros behind it" {
	head -c 5000001 /dev/urandom >x
	image put x
	[ "$(volumes)" = "image_$(id_of x)" ]
	[ "$(image ls -j | jq -c '.images[0] | [.size, .taken]')" = "[5000001,$((2 * EXTENT))]" ]
	[ "$(of_volume lv_size x)" = $((2 * EXTENT)) ]
	of_volume lv_tags x | grep -w "vmedia.size=5000001"
	[ "$(of_volume lv_permissions x)" = read-only ]
	cmp -n 5000001 x "$(device_of x)"
	[ -z "$(tail -c +5000002 "$(device_of x)" | tr -d '\0')" ]
	[ ! -e "$STORE"/images/*/data ]
	not dd if=/dev/zero of="$(device_of x)" bs=512 count=1 conv=notrunc
	image get x out
	cmp x out
	image verify x
	whole
	image rm x
	[ -z "$(volumes)" ]
	whole
}

@test "from standard input, an announced upload, create and pack" {
	head -c 3000000 /dev/urandom >x
	image put - one <x
	id=$(image begin -s 3000000 two)
	[ "$(volumes | grep -c "incoming_$id")" = 1 ]
	cat x >>"$STORE/incoming/$id/data"
	image finish --id "$id"
	image pack -l cidata three x
	image create -s 8M -f vfat -l FILES four
	[ "$(of_volume lv_permissions four)" = writeable ]
	[ "$(blkid -p -o value -s LABEL -O $MIB "$(device_of four)")" = FILES ]
	[ "$(blkid -p -o value -s LABEL "$(device_of three)")" = cidata ]
	cmp -n 3000000 x "$(device_of two)"
	image verify four
	whole
	image put --replace x one
	whole
	[ "$(volumes | wc -l)" = 4 ]
}

@test "room: what the group has not is refused before a byte comes; quotas count extents" {
	local before
	before=$(free_bytes)
	truncate -s "$((before + 1))" large
	fails 73 image put large
	grep "the volume group $GROUP has room for" stderr
	[ "$(free_bytes)" = "$before" ]
	conf "store_quota = 8M"
	head -c 4096 /dev/urandom >x
	image put x one
	image put x two
	fails 73 image put x three
	grep "used 8 MiB, asked 4 MiB, limit 8 MiB" stderr
	whole
	conf
	echo "store_volumes = nothing" >>"$VM_CONF"
	fails 78 image put x three
}

@test "gc: volumes that no image has go, others stay" {
	image ls
	lvcreate -q -y -L 4M -n image_00000000000000aa --addtag "vmedia.store=$(number)" $GROUP
	lvcreate -q -y -L 4M -n incoming_00000000000000ab --addtag "vmedia.store=$(number)" $GROUP
	lvcreate -q -y -L 4M -n other --addtag "vmedia.store=$(number)" $GROUP
	image gc >out
	grep "removed the volume $GROUP/image_00000000000000aa" out
	[ "$(volumes)" = other ]
	lvs "$GROUP/image_00000000000000ff"
}

@test "gc: records whose files a power cut has emptied go, with their volumes" {
	local id name
	id=$(image begin -s 3000000 one)
	image begin -s 3000000 two
	for name in owner volume; do
		: >"$STORE/incoming/$id/$name"
	done
	image gc
	[ "$(volumes | wc -l)" = 1 ]
	# The same in the trash, as if the removal had been cut off.
	id=$(ls "$STORE/incoming")
	mv "$STORE/incoming/$id" "$STORE/trash/$id"
	: >"$STORE/trash/$id/volume"
	whole
	[ -z "$(volumes)" ]
}

@test "killed at any moment: the upload or the image" {
	local n
	head -c 9000000 /dev/urandom >x
	for n in 1 2 3 4; do
		vm-image put x "x$n" 3>&- & pid=$!
		# At a random moment of the few seconds that put takes.
		sleep "$((n / 2)).$((RANDOM % 10))"
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" || :
		wait_until 60 is_quiet
		whole
	done
	# As if killed between two steps: each step leaves another state.
	image put x last
	id=$(id_of last)
	mv "$STORE/images/$id" "$STORE/incoming/$id"
	image gc
	cmp -n 9000000 x "$(device_of last)"
	mv "$STORE/images/$id" "$STORE/incoming/$id"
	echo "$GROUP/incoming_$id" >"$STORE/incoming/$id/volume"
	image gc
	cmp -n 9000000 x "$(device_of last)"
	mv "$STORE/images/$id" "$STORE/incoming/$id"
	lvrename -q $GROUP "image_$id" "incoming_$id"
	echo "$GROUP/incoming_$id" >"$STORE/incoming/$id/volume"
	whole
	cmp -n 9000000 x "$(device_of last)"
}

# --- power cuts: two disks, of the store and of the volumes -----------------------

# insert_disk NAME: makes /dev/mapper/vmcut_NAME from the file NAME.
insert_disk() {
	local loop
	loop=$(losetup -f --show "$1")
	echo "0 $(blockdev --getsz "$loop") linear $loop 0" | dmsetup create "vmcut_$1"
	echo "$loop" >"$1.loop"
}
remove_disk() {
	wait_until 30 dmsetup remove "vmcut_$1"
	losetup -d "$(cat "$1.loop")"
}
start_machine() {
	insert_disk volumes
	insert_disk files
	mkdir -p store
	mount /dev/mapper/vmcut_files store
	vgchange -q -ay $GROUP >/dev/null
}
# stop_machine: unmounts the store, and deactivates the volumes.
stop_machine() {
	umount store
	vgchange -q -an $GROUP >/dev/null
	remove_disk files
	remove_disk volumes
}

# put_again NAME: stores one image after the other. The file promised has those
# that are there.
put_again() {
	local n=0
	while vm-image put x "$1.$n"; do
		echo "$1.$n" >>promised
		n=$((n + 1))
	done
} >>log 2>&1

# cut_power: freezes both disks at one moment, so that neither has a write that
# came after one that the other lacks.
cut_power() {
	cp promised kept
	dmsetup suspend --nolockfs vmcut_volumes
	dmsetup suspend --nolockfs vmcut_files
	cp volumes volumes.cut
	cp files files.cut
	dmsetup resume vmcut_files
	dmsetup resume vmcut_volumes
	kill -KILL "$1"
	wait "$1" || :
	pkill -KILL -x vm-image || :
	pkill -KILL -x vm-import || :
	wait_until 60 is_quiet
	stop_machine
	mv volumes.cut volumes
	mv files.cut files
	start_machine
}

@test "power cuts while images come: each that was promised is there, with its bytes" {
	local i name
	GROUP=vmcut
	head -c 5000001 /dev/urandom >x
	truncate -s 200M volumes
	truncate -s 64M files
	mkfs.ext4 -q -m 0 files
	insert_disk volumes
	pvcreate -q /dev/mapper/vmcut_volumes
	vgcreate -q $GROUP /dev/mapper/vmcut_volumes
	lvcreate -q -y -L 4M -n image_00000000000000ff $GROUP
	vgchange -q -an $GROUP
	remove_disk volumes
	start_machine
	conf
	for ((i = 0; i < ${CUTS:-3}; i++)); do
		: >promised
		put_again "x$i" 3>&- &
		# Each image takes a second or two.
		sleep "$((RANDOM % 3)).$((RANDOM % 10))"
		cut_power $!
		echo "cut $i, promised: $(paste -sd ' ' kept)"
		whole
		while read -r name; do
			cmp -n 5000001 x "$(device_of "$name")"
		done <kept
		image ls | awk 'NR > 1 { print $1 }' | while read -r name; do
			image rm "$name"
		done
	done
	stop_machine
}

# --- the host ---------------------------------------------------------------------

@test "mount: the host sees the exact size and the bytes; -w can be written" {
	head -c 5000192 /dev/urandom >x
	image put x disk.img
	vmctl mount -t disk -s 1 image:disk.img
	wait_until 30 host_has 1
	[ "$(host_size 1)" = 5000192 ]
	cmp x "$(host_drive 1)"
	fails 75 image rm disk.img
	vmctl eject -s 1
	image create -s 8M -f vfat blank
	vmctl mount -w -t disk -s 1 image:blank
	wait_until 30 host_has 1
	dd if=x of="$(host_drive 1)" bs=512 seek=4096 count=100 conv=fsync
	vmctl eject -s 1
	cmp -n 51200 x <(tail -c +$((4096 * 512 + 1)) "$(device_of blank)")
}

# --- XFS ------------------------------------------------------------------

# as_owner COMMAND...: runs it as the user alice, as sftp would.
as_owner() {
	setpriv --reuid alice --regid "$(id -g alice)" --clear-groups "$@"
}

@test "project quota of XFS: an owner's uploads stop at the limit, not at finish" {
	modprobe xfs
	truncate -s 400M disk
	mkfs.xfs -q disk
	mkdir -p /srv/xfs
	mount -o loop,prjquota disk /srv/xfs
	STORE=/srv/xfs/store
	echo "store = $STORE" >"$VM_CONF"
	ssh-keygen -q -t ed25519 -N '' -f key
	image owner add alice --key key.pub --quota 10M
	box=$STORE/boxes/alice/images
	not as_owner dd if=/dev/zero of="$box/x" bs=64k count=320 2>said
	grep "No space left\\|quota exceeded" said
	[ "$(du -sk "$box" | cut -f 1)" -le 10240 ]
	[ "$(du -sk "$box" | cut -f 1)" -ge 9000 ]
	image quota alice 30M
	as_owner dd if=/dev/zero of="$box/x" bs=64k count=320
	image doctor | grep "the kernel limits each drop box"
	image owner rm alice --force
	not grep -w 30720 <(xfs_quota -x -c 'report -p -n' /srv/xfs)
}
