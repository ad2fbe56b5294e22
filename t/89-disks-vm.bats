#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The image store on bad disks: power cuts while images are stored in every way,
# a slow stick, and a disk that becomes read-only. SEED=N repeats a run, CUTS=N
# is the number of power cuts, and STICK_MIB=N the MiB that the slow stick gets
# (`make soak`: 10 and 100).
# vm-run: -m 1024

load helper
load servers
load door
load upload
load web

SIZE=1500000

# One vm-door and one vm-upload for the store that loses its power, and another
# of each for the store afterwards.
setup_file() {
	requires_vm
	modprobe -a loop dm-mod ext4
	modprobe null_blk nr_devices=0
	# No udev is running that would make the device files for dmsetup.
	export DM_DISABLE_UDEV=1
	start_uploads
	declare -p UP STORE VM_RUN_DIR VM_CONF VM_DOOR_SOCKET UPLOAD PIDS |
		sed "s,^declare -x,export," >"$BATS_FILE_TMPDIR/cut.env"
	start_uploads
	truncate -s 64M /tmp/disk
	mkfs.ext4 -q -m 0 /tmp/disk
	LOOP=$(losetup -f --show /tmp/disk)
	export LOOP
	echo "0 $(blockdev --getsz "$LOOP") linear $LOOP 0" | dmsetup create store
	mount /dev/mapper/store "$STORE"
	chmod 711 "$STORE"
	mkdir -p "$STORE/owners/alice" "$STORE/boxes/alice/images"
}
teardown_file() {
	umount "$STORE" || :
	dmsetup remove store || :
	losetup -d "$LOOP" || :
	stop_uploads
	(in_cut && stop_uploads) || :
}
setup() {
	own_directory
	RANDOM=${SEED:-$$}
	echo "SEED=${SEED:-$$}"
	head -c $SIZE /dev/urandom >small
	SUM=$(sha256sum <small | cut -c 1-64)
}
teardown() {
	: >end
	rm -f pause
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$UP"/*.log ./*.log ./*/answer || :
	cleanup
}

# --- the machine that loses its power: what its disk has at a moment is another
# --- machine's disk, which goes on with it

# again WAY: stores one image after the other in this way. WAY.done has the
# names of the promised images. The last three images stay.
again() {
	local n=0
	mkdir "$1"
	cd "$1" || return
	until [ -e ../end ]; do
		wait_until 300 not test -e ../pause
		n=$((n + 1))
		"by_$1" "$1$n"
		is_image "$1$n"
		echo "$1$n" >>../"$1.done"
		[ $n -lt 4 ] || vm-image rm "$WHO$1$((n - 3))"
	done
} >>"$1.log" 2>&1

# is_image NAME: without a process of vm-image, because it is called again and
# again.
is_image() {
	grep -qsx "$1" "$STORE"/images/*/name
}
by_put() {
	WHO=
	vm-image put ../small "$1"
}
by_finish() {
	WHO=alice/
	# The name appears after all bytes are on the disk.
	cp ../small "$STORE/boxes/new"
	sync "$STORE/boxes/new"
	mv "$STORE/boxes/new" "$STORE/boxes/alice/images/$1"
	vm-image finish "$WHO$1"
}
by_fetch() {
	WHO=
	vm-image fetch --limit-rate 1M "$HOSTILE/ok/small" "$1"
	wait_until 120 is_image "$1"
}
# by_upload NAME: the file acknowledged has the ID and the offset that the
# client knows.
by_upload() {
	local at=0
	WHO=
	[ "$(up POST /images "Upload-Length:$SIZE" \
		"Upload-Metadata:filename $(encode "$1")" </dev/null)" = 201 ]
	AT=$(header location)
	while [ "$at" -lt $SIZE ]; do
		tail -c +$((at + 1)) ../small | head -c 400000 |
			up PATCH "$AT" "$TYPE" "Upload-Offset:$at"
		at=$(header upload-offset)
		echo "${AT##*/} $at" >new
		mv new acknowledged
	done
	wait_until 120 is_image "$1"
}

# cut_power: copies the disk's present state to /tmp/cut, without the data that
# the kernel still has in memory. The file promised has what was said before.
cut_power() {
	local way
	for way in put finish fetch upload; do
		tail -n 1 "$way.done"
	done >promised
	cat upload/acknowledged >acknowledged
	dmsetup suspend --nolockfs store
	cp /tmp/disk /tmp/cut
	dmsetup resume store
}

# --- the machine that goes on ---------------------------------------------------

in_cut() {
	. "$BATS_FILE_TMPDIR/cut.env"
}

# continue_upload: goes on as a client does, after HEAD. No acknowledged byte
# may be lost.
continue_upload() {
	local at known id offset
	AT=/images/${1##*/}
	read -r id known <acknowledged
	[ "$id" = "${1##*/}" ] || known=0
	# After the power cut, another kernel has none of the old bytes in
	# memory.
	offset=$(sed 's/ .*/ 00000000-0000-0000-0000-000000000000/' "$1/offset")
	printf '%s' "${offset:+$offset
}" >"$1/offset"
	[ "$(up HEAD "$AT" </dev/null)" = 200 ] || {
		# The upload was made, but its client did not learn of it.
		[ "$id" != "${1##*/}" ]
		vm-image rm --id "${1##*/}"
		return
	}
	at=$(header upload-offset)
	echo "upload ${1##*/}: $at, and $known is acknowledged"
	[ "$at" -ge "$known" ]
	[ "$at" = $SIZE ] || [ "$(tail -c +$((at + 1)) small |
		up PATCH "$AT" "$TYPE" "Upload-Offset:$at")" = 204 ]
}

# nothing_comes: is no upload or trash left in the store?
nothing_comes() {
	[ -z "$(ls -A "$STORE/incoming" "$STORE/trash" | grep -v -e : -e '^$')" ]
}

# goes_on: every upload goes on and becomes an image; each image has its bytes;
# nothing else is there.
goes_on() {
	local record name file used is
	for record in "$STORE"/incoming/????????????????; do
		[ "$(cat "$record/origin" 2>/dev/null)" != upload ] ||
			continue_upload "$record"
	done
	vm-image gc
	wait_until 120 nothing_comes
	vm-image ls >list
	while read -r name; do
		grep -E "^(alice/)?$name .* ready" list
	done <promised
	read -r name _ <acknowledged
	[ -d "$STORE/images/$name" ]
	for record in "$STORE"/images/*/; do
		[ "$(sha256sum <"$record/data")" = "$SUM  -" ]
		[ "$(cat "$record/sha256") $(cat "$record/size")" = "$SUM $SIZE" ]
	done
	for file in "$STORE"/boxes/alice/images/*; do
		[ ! -e "$file" ] || cmp small "$file"
	done
	used=$(vm-image quota -j | jq .used)
	is=$({
		cat "$STORE"/images/*/taken
		du -skx "$STORE/boxes/alice/images" | awk '{ print $1 * 1024 }'
	} | awk '{ n += $1 } END { print n }')
	echo "the quota says $used, the disk $is"
	[ "$used" = "$is" ]
}
@test "power cuts while images come by put, finish, fetch and PATCH" {
	local i
	start_hostile small
	touch put.done finish.done fetch.done upload.done
	for i in put finish fetch upload; do
		again $i 3>&- &
		PIDS_AGAIN="${PIDS_AGAIN:-} $!"
	done
	wait_until 120 eval '[ -s put.done ] && [ -s finish.done ] && [ -s upload/acknowledged ]'
	for ((i = 1; i <= ${CUTS:-3}; i++)); do
		sleep "$((RANDOM % 2)).$((RANDOM % 10))$((RANDOM % 10))"
		cut_power
		: >pause
		echo "cut $i, promised: $(paste -sd ' ' promised)"
		(
			in_cut
			mount -o loop /tmp/cut "$STORE"
			goes_on
			umount "$STORE"
		)
		rm pause
	done
	: >end
	wait $PIDS_AGAIN
}

# --- slow, and read-only ----------------------------------------------------------

@test "a slow stick times out at 400 MB: at 2 MB/s all of it arrives" {
	local stick=/sys/kernel/config/nullb/stick option
	mkdir "$stick"
	# A larger max_sectors would exceed its share of 20 ms, and such a
	# request would never end.
	for option in size=160 memory_backed=1 mbps=2 max_sectors=64 power=1; do
		echo "${option#*=}" >"$stick/${option%%=*}"
	done
	mkfs.ext4 -q -m 0 /dev/stick
	mount /dev/stick "$STORE"
	chmod 711 "$STORE"
	chmod 666 "$UPLOAD" # nginx's processes are another user's
	start_web
	head -c "${STICK_MIB:-30}M" /dev/urandom >image
	[ "$("${CURL[@]}" -u root:0penBmc -T image -o said -w '%{http_code}' \
		"$AT/images/slow.iso")" = 201 ]
	wait_until 900 is_image slow.iso
	cmp image "$STORE"/images/*/data
	umount "$STORE"
	echo 0 >"$stick/power"
	rmdir "$stick"
}

@test "the store turns read-only during an upload: the kernel's reason, and it goes on" {
	new $SIZE
	[ "$(head -c 700000 small | up PATCH "$AT" "$TYPE" Upload-Offset:0)" = 204 ]
	mkfifo pipe
	vm-image put - cut.img <pipe 2>said 3>&- &
	PUT=$!
	exec 7>pipe
	head -c 700000 small >&7
	# As the kernel does when it finds damage in the file system.
	mount -o remount,errors=remount-ro "$STORE"
	echo test | tee /sys/fs/ext4/dm-*/trigger_fs_error
	tail -c +700001 small >&7 || :
	exec 7>&-
	status=0
	wait $PUT || status=$?
	[ "$status" = 74 ]
	[[ $(cat said) == *"Read-only file system" ]]
	[ "$(tail -c +700001 small | up PATCH "$AT" "$TYPE" Upload-Offset:700000)" = 500 ]
	[[ $(error) == *"Read-only file system"* ]]
	run -74 vm-image put small other
	[[ $output == *"Read-only file system"* ]]
	run -1 vm-image doctor
	[[ $output == *"cannot be written to: Read-only file system"* ]]
	umount "$STORE"
	e2fsck -fy /dev/mapper/store || :
	mount /dev/mapper/store "$STORE"
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 700000 ]
	[ "$(tail -c +700001 small | up PATCH "$AT" "$TYPE" Upload-Offset:700000)" = 204 ]
	wait_until 60 is_image x.iso
	cmp small "$STORE/images/${AT##*/}/data"
}
