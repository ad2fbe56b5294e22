# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vm-image gc: clean up after crashes, power cuts and people who left an upload.
# It removes only what has a record, or lies in a drop box. Sourced by vm-image,
# after image-list.sh.

DONE_IDS=''		# uploads that are complete, but no image yet

# say_gc TEXT...: print a line about what was done.
say_gc() {
	out '%s\n' "$*"
}

# gc_new: remove the records that were never announced, because their maker was
# killed. A maker holds the lock of the ledger, which we have now.
gc_new() {
	for DIR in "$STORE"/incoming/.new-*; do
		[ ! -d "$DIR" ] || rm -rf "$DIR"
	done
}

# drop_upload WHY: remove the upload at hand.
drop_upload() {
	! drop_record "$REC" || {
		name_shown
		say_gc "removed the upload $VALUE ($OWNER): $1"
	}
}

# gc_upload: look at the upload at hand (see_record). A power cut may have lost
# values.
gc_upload() {
	! is_at_work "$REC" || return 0
	rm -f "$REC/checking"
	if [ ! -s "$REC/owner" ] || [ ! -s "$REC/name" ] || [ ! -s "$REC/origin" ]; then
		drop_upload "its record is damaged"
	elif [ -z "$FAILED" ] && is_complete; then
		DONE_IDS="$DONE_IDS $ID"
	elif [ "$LEFT" = 0 ]; then
		drop_upload "nobody has continued it"
	fi
}

# is_complete: have all bytes arrived, and are they what they should be?
is_complete() {
	is_sha256 "${SUM:--}" || {
		[ "$ORIGIN" = upload ] && [ -n "$SIZE_OF" ] &&
			[ "$RECEIVED" = "$SIZE_OF" ] && is_sure
	}
}

# repair NAME VALUE TEXT: set a value of the image at hand that the disk contradicts.
repair() {
	need_value "$REC" "$1" "$2"
	say_gc "$NAME ($OWNER): $3"
}

# gc_image: look at the image at hand: the disk is right, not the record.
gc_image() {
	local size
	[ ! -f "$REC/volume" ] || return 0
	size=$(stat -c %s "$REC/data" 2>/dev/null) || {
		! drop_record "$REC" || say_gc "removed $NAME ($OWNER): its data is gone"
		return 0
	}
	forget_upload
	[ -s "$REC/owner" ] || repair owner root "its owner was lost"
	[ -s "$REC/name" ] || {
		NAME=$ID.img
		repair name "$NAME" "its name was lost"
	}
	blocks_of "$size"
	[ "$SIZE_OF" = "$size" ] || {
		repair size "$size" "its size is $size bytes, not ${SIZE_OF:-known}"
		rm -f "$REC/sha256" "$REC/verified"
	}
	[ "$TAKEN" = "$BYTES" ] || repair taken "$BYTES" "it takes $BYTES bytes"
}

# gc_box FILE: remove the upload at hand (see_upload), in a drop box, if nobody
# continues it.
gc_box() {
	[ "$LEFT" = 0 ] || return 0
	rm -f "$1" 2>/dev/null || return 0
	name_shown
	say_gc "removed the upload $VALUE ($OWNER): nobody has continued it"
}

# show_foreign: print the names of files that are not ours. They stay.
show_foreign() {
	local path
	for path in "$STORE"/* "$STORE"/.[!.]* "$STORE"/images/* "$STORE"/incoming/*; do
		[ -e "$path" ] || continue
		case $path in
		*/images/* | */incoming/*) ! is_id "${path##*/}" || continue ;;
		*/ledger | */images | */incoming | */trash | */owners | */boxes) continue ;;
		*/lost+found) continue ;;
		esac
		NAME=$path
		name_shown
		say_gc "$VALUE does not belong to the store: not removed"
	done
}

# finish_left: make images of the complete uploads. Each has a process of its own,
# because one that fails must not keep the others from it.
finish_left() {
	local id
	for id in $DONE_IDS; do
		vm-image finish --id "$id" </dev/null || :
	done
}

cmd_gc() {
	local path
	need_store
	NOW=$(date +%s)
	lock_ledger
	gc_new
	sweep_dead
	for path in "$STORE"/incoming/???????????????? "$STORE"/images/????????????????; do
		[ -d "$path" ] && is_id "${path##*/}" || continue
		see_record "$path"
		case $path in
		*/incoming/*) gc_upload ;;
		*) gc_image ;;
		esac
	done
	unlock_ledger
	for path in "$STORE"/trash/*; do
		[ ! -d "$path" ] || empty_trash "$path"
	done
	# Now no record keeps the volumes of what was removed.
	lock_ledger
	gc_volumes
	unlock_ledger
	for path in "$STORE"/boxes/*/images/* "$STORE"/boxes/*/images/.[!.]*; do
		[ -f "$path" ] && [ ! -L "$path" ] || continue
		see_upload "$path"
		gc_box "$path"
	done
	finish_left
	resume_fetches
	show_foreign
}
