# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Images whose bytes are logical volumes, with the setting store_volumes. The volume
# of a record is `incoming_ID` while its bytes come, and `image_ID` once it is an
# image; `volume` in the record says VG/LV. Sourced by vm-image, after
# image-ledger.sh.
#
# A volume has the tags vmedia.store=NUMBER (that of this store), vmedia.id=ID and
# vmedia.size=BYTES, the exact size: a volume is whole extents, and its tail is
# zeros. Nothing without our tag is ever changed or removed.
#
# Every step may be the last one before a crash. The record is there before its
# volume and gone after it; and the step that makes an image of an upload can be
# done again.

EXTENT=''		# bytes of an extent of the volume group
GROUP_FREE=''		# bytes that the volume group has left
SAID=''			# what lvm has printed

# lvm_says PROGRAM...: run it and set SAID to what it prints. It must not inherit
# our locks: dmeventd and others that it may start would keep them.
lvm_says() {
	SAID=$(LVM_SUPPRESS_FD_WARNINGS=1 "$@" 2>&1 </dev/null 8>&- 9>&-)
}

# lvm_failed WHAT: fail with the last line that lvm has printed.
lvm_failed() {
	SAID=${SAID##*"$NEWLINE"}
	die $EX_IOERR "unable to $1: ${SAID#"${SAID%%[! ]*}"}"
}

# store_number: set VALUE to a number of this store: two stores may share a
# volume group.
store_number() {
	VALUE=$(printf %s "$STORE" | cksum)
	VALUE=${VALUE%% *}
}

# see_group: set EXTENT and GROUP_FREE, or fail.
see_group() {
	command -v lvcreate >/dev/null || die $EX_UNAVAILABLE \
		"lvcreate is not installed: install the package lvm2"
	lvm_says vgs --noheadings --nosuffix --units b --separator ' ' \
		-o vg_extent_size,vg_free "$STORE_VOLUMES" ||
		die $EX_CONFIG "store_volumes = $STORE_VOLUMES: there is no such" \
			"volume group: type vgs"
	# lvm may print warnings before the numbers.
	SAID=${SAID##*"$NEWLINE"}
	# shellcheck disable=SC2086 # two numbers
	set -- $SAID
	case $#$1$2 in *[!0-9]* | 1*) lvm_failed "read vgs" ;; esac
	EXTENT=$1 GROUP_FREE=$2
}

# extents_of SIZE: set BYTES to SIZE in whole extents, at least one.
extents_of() {
	BYTES=$((($1 + EXTENT - 1) / EXTENT * EXTENT))
	[ $BYTES -gt 0 ] || BYTES=$EXTENT
}

# is_direct ORIGIN SIZE: do the bytes go into the volume without being a file first?
is_direct() {
	[ -n "$2" ] || return
	case $1 in
	put | box) return 0 ;;
	*) return 1 ;;
	esac
}

# make_volume SIZE: make the volume of the record at hand (ID, REC). False if there
# is no room.
make_volume() {
	local number
	store_number
	number=$VALUE
	extents_of "$1"
	need_value "$REC" taken "$BYTES"
	need_value "$REC" volume "$STORE_VOLUMES/incoming_$ID"
	lvm_says lvcreate -q -y -Wy -L "${BYTES}b" -n "incoming_$ID" \
		--addtag "vmedia.store=$number" --addtag "vmedia.id=$ID" \
		--addtag "vmedia.size=$1" "$STORE_VOLUMES"
}

# has_volume VG/LV: does the volume exist?
has_volume() {
	lvm_says lvs --noheadings -o lv_name "$1"
}

# fill_volume SIZE SHA256: copy the bytes of the record at hand, if they are a file,
# into its volume. The file stays until the record has size and checksum.
fill_volume() {
	local sum
	[ -f "$REC/data" ] || return 0
	[ -f "$REC/volume" ] || {
		[ -n "$STORE_VOLUMES" ] || return 0
		see_group
		make_volume "$1" || {
			rm -f "$REC/volume"
			SAID=${SAID##*"$NEWLINE"}
			die $EX_CANTCREAT "unable to store $NAME: ${SAID#"${SAID%%[! ]*}"}"
		}
	}
	sum=$2
	[ "$sum" != stale ] || sum=
	vm-import ${sum:+-c "$sum"} -s "$1" "$REC/data" "$(data_of "$REC")" \
		</dev/null >/dev/null 9>&- &
	CHILD=$!
	wait "$CHILD" || exit
	CHILD=
}

# publish_volume: make the volume of the record at hand that of an image: nobody
# can write to it any more, unless it is a blank disk. Needs the ledger's lock.
publish_volume() {
	local group
	[ -f "$REC/volume" ] || return 0
	group=$(read_value "$REC/volume")
	group=${group%/*}
	if has_volume "$group/incoming_$ID"; then
		[ "$(read_value "$REC/origin")" = create ] ||
			protect "$group/incoming_$ID" r
		lvm_says lvrename "$group" "incoming_$ID" "image_$ID" ||
			lvm_failed "rename $group/incoming_$ID"
	else
		has_volume "$group/image_$ID" || die $EX_IOERR \
			"unable to store $NAME: its volume is gone: $SAID"
	fi
	need_value "$REC" volume "$group/image_$ID"
	rm -f "$REC/data"
}

# protect VG/LV r|rw: forbid writing to the volume (r), or allow it again (rw).
protect() {
	lvm_says lvchange -p"$2" "$1" || case $SAID in
	*already*) ;;
	*) lvm_failed "change who may write to $1" ;;
	esac
}

# remove_volume REC: remove the volume of a record that was removed. False if
# that fails, or if the volume group is not there at the moment. The removal of
# the record must be on the disk first: otherwise the record would be an image
# again after a power cut, without its volume.
remove_volume() {
	local group id lv
	to_disk "$STORE/images" "$STORE/incoming" "$STORE/trash" || return
	group=$(read_value "$1/volume")
	# A power cut has emptied the file. gc_volumes finds the volume by its tag.
	[ -n "$group" ] || return 0
	group=${group%/*} id=${1##*/}
	lvm_says vgs "$group" || return
	for lv in "incoming_$id" "image_$id"; do
		! has_volume "$group/$lv" || lvm_says lvremove -y "$group/$lv" || return
	done
}

# gc_volumes: remove the volumes of this store that no record has, and name the
# images that have lost theirs. Needs the ledger's lock.
gc_volumes() {
	local number lv id
	[ -n "$STORE_VOLUMES" ] || return 0
	see_group
	store_number
	number=$VALUE
	lvm_says lvs --noheadings -o lv_name -S "lv_tags=\"vmedia.store=$number\"" \
		"$STORE_VOLUMES" || lvm_failed "list the volumes of $STORE_VOLUMES"
	for lv in $SAID; do
		id=${lv#*_}
		case $lv in incoming_* | image_*) is_id "$id" || continue ;; *) continue ;; esac
		[ ! -d "$STORE/images/$id" ] && [ ! -d "$STORE/incoming/$id" ] &&
			[ ! -d "$STORE/trash/$id" ] || continue
		! lvm_says lvremove -y "$STORE_VOLUMES/$lv" ||
			say_gc "removed the volume $STORE_VOLUMES/$lv: no image has it"
	done
	for DIR in "$STORE"/images/????????????????; do
		value_of volume && ! has_volume "$VALUE" || continue
		lv=$VALUE
		value_of name || :
		say_gc "$VALUE: its volume $lv is missing"
	done
	DIR=$REC
}

# room_in_group ORIGIN SIZE: the volume group limits what may be reserved, too.
room_in_group() {
	[ -n "$STORE_VOLUMES" ] || return 0
	see_group
	if is_direct "$1" "$2" || [ "$1" = create ] || [ "$GROUP_FREE" -lt "$LIMIT" ]; then
		LIMIT=$GROUP_FREE ROOM_OF="the volume group $STORE_VOLUMES"
	fi
}
ROOM_OF="the disk"	# what may lack room, for people
