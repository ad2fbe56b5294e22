# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The ledger of the image store: how much room is taken, whether more may be
# taken, and how an upload becomes an image. The ledger is the content of the
# records; it is not stored elsewhere. Sourced by vm-image, after
# image-store.sh.

LEDGER_SECONDS=60	# how long to wait for the ledger
LIMIT=''		# what reserve() allows when the size is not known

# What count_records() has found, in bytes:
USED=0			# the records of the owner
BOXED=0			# what lies in the drop box of the owner
TOTAL=0			# the records and drop boxes of all owners
COMING=0		# what will yet be written to this file system
TAKEN_LINES=''		# for each owner a line OWNER BYTES, with the drop box

# lock_ledger, unlock_ledger: hold the lock for a moment only. (`command`,
# because otherwise sh ends if it cannot open a file for exec or `:`.)
lock_ledger() {
	{ command exec 9<"$STORE/ledger"; } 2>/dev/null || die $EX_IOERR \
		"unable to open $STORE/ledger: type vmctl image doctor"
	vm-lock -w $LEDGER_SECONDS 9 || die $EX_TEMPFAIL:timeout \
		"another process has locked the image store for $LEDGER_SECONDS s:" \
		"try again"
}
unlock_ledger() {
	exec 9>&-
}

# --- counting -------------------------------------------------------------

# taken_by DIRECTORY: set BYTES to what its files take on this disk (a disk that an
# owner exports has room of its own).
taken_by() {
	BYTES=$(du -skx "$1" 2>/dev/null)
	BYTES=${BYTES%%[!0-9]*}
	BYTES=$((${BYTES:-0} * 1024))
}

# add_taken OWNER BYTES: add BYTES to the owner's line in TAKEN_LINES, or add
# this line.
add_taken() {
	local before after
	case $NEWLINE$TAKEN_LINES in
	*"$NEWLINE$1 "*)
		before=$NEWLINE$TAKEN_LINES
		after=${before#*"$NEWLINE$1 "}
		before=${before%%"$NEWLINE$1 "*}
		before=${before#"$NEWLINE"}
		TAKEN_LINES="$before${before:+$NEWLINE}$1 $((${after%%"$NEWLINE"*} + $2
			))$NEWLINE${after#*"$NEWLINE"}"
		;;
	*) TAKEN_LINES="$TAKEN_LINES$1 $2$NEWLINE" ;;
	esac
}

# add_coming TAKEN: add to COMING what the record at hand (DIR) has reserved. An
# image needs more room only if it is a blank disk, whose file does not have all
# its blocks yet. A volume takes nothing from this file system, but an upload to
# it may be a file at first.
add_coming() {
	value_of origin || :
	case $DIR-$VALUE in
	*/images/*-create)
		[ ! -f "$DIR/volume" ] || return 0
		taken_by "$DIR/data"
		[ "$BYTES" -ge "$1" ] || COMING=$((COMING + $1 - BYTES))
		;;
	*/images/*) ;;
	*-create | *-put | *-box) [ -f "$DIR/volume" ] || COMING=$((COMING + $1)) ;;
	*) COMING=$((COMING + $1)) ;;
	esac
}

# count_records OWNER: set these variables. Starts a process for each drop box
# and each blank disk, and none for other records.
count_records() {
	local taken owner
	USED=0 BOXED=0 TOTAL=0 COMING=0 TAKEN_LINES=''
	for DIR in "$STORE"/images/* "$STORE"/incoming/* "$STORE"/incoming/.new-*; do
		value_of taken || continue
		case $VALUE in *[!0-9]* | ???????????????????*) continue ;; esac
		taken=$VALUE
		add_coming "$taken"
		value_of owner || VALUE=root
		add_taken "$VALUE" "$taken"
		TOTAL=$((TOTAL + taken))
		[ "$VALUE" != "$1" ] || USED=$((USED + taken))
	done
	for DIR in "$STORE"/boxes/*/images; do
		[ -d "$DIR" ] || continue
		owner=${DIR%/images} owner=${owner##*/}
		taken_by "$DIR"
		add_taken "$owner" "$BYTES"
		TOTAL=$((TOTAL + BYTES))
		[ "$owner" != "$1" ] || BOXED=$BYTES
	done
	DIR=$REC
}

# taken_of OWNER: set BYTES to what TAKEN_LINES has for the owner.
taken_of() {
	case $NEWLINE$TAKEN_LINES in
	*"$NEWLINE$1 "*)
		BYTES=$NEWLINE$TAKEN_LINES
		BYTES=${BYTES#*"$NEWLINE$1 "}
		BYTES=${BYTES%%"$NEWLINE"*}
		;;
	*) BYTES=0 ;;
	esac
}

# quota_of OWNER: set BYTES to the limit of the owner; false if there is none.
quota_of() {
	DIR=$STORE/owners/$1
	if value_of quota; then
		bytes_of "$VALUE"
	else
		[ -n "$STORE_QUOTA" ] && bytes_of "$STORE_QUOTA"
	fi
}

# room_left: print how many bytes of the file system may still be reserved: what is
# free, less the margin, and less what others have reserved and not written yet.
room_left() {
	local total free
	# df of busybox does not find the file system in a chroot, or of an initramfs.
	# shellcheck disable=SC2046 # the fields of stat
	set -- $(stat -f -c '%S %b %a' "$STORE" 2>/dev/null)
	total=$((${1:-0} * ${2:-0})) free=$((${1:-0} * ${3:-0}))
	taken_by "$STORE/incoming"
	BYTES=$((COMING - BYTES))
	[ $BYTES -ge 0 ] || BYTES=0
	BYTES=$((free - total / 100 * STORE_RESERVE - BYTES))
	[ $BYTES -ge 0 ] || BYTES=0
	echo $BYTES
}

# --- reserving ------------------------------------------------------------

# no_room WHAT USED ASKED LIMIT REMEDY: fail.
no_room() {
	local used asked
	in_words "$2"
	used=$VALUE
	in_words "$3"
	asked=$VALUE
	in_words "$4"
	die $EX_CANTCREAT "unable to store $NAME: $1: used $used, asked $asked," \
		"limit $VALUE: $5"
}

# check_room OWNER BYTES ORIGIN SIZE: fail unless the owner may take BYTES more.
# The files in the drop box count, but not for an upload from it: two that do
# not fit together must not block each other. Sets LIMIT to the largest BYTES
# that would be possible. The ledger must be locked.
check_room() {
	local room size
	count_records "$1"
	if [ "$3" = box ]; then
		TOTAL=$((TOTAL - BOXED))
	else
		USED=$((USED + BOXED))
	fi
	LIMIT=$(room_left)
	room_in_group "$3" "$4"
	room=$LIMIT
	[ "$2" -le "$room" ] || {
		# If the disk is read-only, nothing could be cleaned up, and
		# this is the real reason.
		can_write 2>/dev/null || write_failed "store $NAME"
		in_words "$2"
		size=$VALUE
		in_words "$room"
		die $EX_CANTCREAT "unable to store $NAME: $ROOM_OF has room for" \
			"$VALUE, asked $size (store_reserve keeps $STORE_RESERVE % free):" \
			"remove an image with vmctl image rm"
	}
	if [ -n "$STORE_SIZE" ] && bytes_of "$STORE_SIZE"; then
		[ $((TOTAL + $2)) -le "$BYTES" ] || no_room "the store is full" \
			$TOTAL "$2" "$BYTES" "remove an image with vmctl image rm"
		[ $((BYTES - TOTAL)) -ge "$LIMIT" ] || LIMIT=$((BYTES - TOTAL))
	fi
	if quota_of "$1"; then
		[ $((USED + $2)) -le "$BYTES" ] || no_room "the quota of $1" \
			$USED "$2" "$BYTES" \
			"remove an image with vmctl image rm, or type vmctl image quota $1 SIZE"
		[ $((BYTES - USED)) -ge "$LIMIT" ] || LIMIT=$((BYTES - USED))
	fi
	[ "$LIMIT" -gt 0 ] || die $EX_CANTCREAT "unable to store $NAME:" \
		"there is no room left: remove an image with vmctl image rm"
}

# sweep_dead: remove what a killed put or finish has left: nobody can continue
# it. Its lock has ended with its process, thus this need not wait.
sweep_dead() {
	for DIR in "$STORE"/incoming/????????????????; do
		value_of origin || continue
		case $VALUE in
		create) ;;
		# An upload with a checksum has all its bytes, and gc makes it
		# an image. A power cut may leave an empty file sha256.
		put | box | pack) ! value_of sha256 || ! is_sha256 "$VALUE" || continue ;;
		*) continue ;;
		esac
		is_at_work "$DIR" || drop_record "$DIR"
	done
	DIR=$REC
}

# new_id: set ID to a random one.
new_id() {
	ID=$(od -An -v -N8 -tx1 /dev/urandom | tr -d ' \n')
	is_id "$ID" || die $EX_OSERR "unable to read /dev/urandom"
}

# fill_record OWNER NAME SIZE ORIGIN: write the first values into REC.
fill_record() {
	local created
	created=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	blocks_of "${3:-$LIMIT}"
	{
		printf '%s\n' "$1" >"$REC/owner" &&
			printf '%s\n' "$2" >"$REC/name" &&
			printf '%s\n' "$4" >"$REC/origin" &&
			printf '%s\n' "$created" >"$REC/created" &&
			printf '%s\n' "$BYTES" >"$REC/taken" &&
			{ [ -z "$3" ] || printf '%s\n' "$3" >"$REC/size"; }
	} 2>/dev/null
}

# reserve OWNER NAME SIZE ORIGIN: reserve room, make the record of an upload,
# set ID and REC to it, and lock it (lock_record). An empty SIZE means that the
# size is not known: reserve all the room that is left, and set LIMIT to it.
# Exits with 73 if there is not enough room.
reserve() {
	local size new
	has_owner "$1" || die $EX_NOINPUT "there is no owner $1"
	OWNER=$1 NAME=$2
	# 8 EiB, which a sparse file can have, would be negative here.
	[ ${#3} -le 18 ] || die $EX_CANTCREAT "unable to store $2: it is too large"
	lock_ledger
	sweep_dead
	blocks_of "${3:-0}"
	[ -z "$STORE_VOLUMES" ] || {
		see_group
		extents_of "${3:-0}"
	}
	size=$BYTES
	check_room "$1" "$size" "$4" "$3"
	[ -n "$3" ] || LIMIT=$((LIMIT / 4096 * 4096))
	new_id
	new=$STORE/incoming/.new-$ID
	REC=$new
	mkdir "$new" 2>/dev/null && fill_record "$1" "$2" "$3" "$4" &&
		lock_record "$new" && mv "$new" "$STORE/incoming/$ID" || {
		rm -rf "$new"
		write_failed "store $NAME"
	}
	REC=$STORE/incoming/$ID DIR=$STORE/incoming/$ID
	[ -z "$STORE_VOLUMES" ] || [ -z "$3" ] || make_volume "$3" || {
		drop_record "$REC"
		die $EX_CANTCREAT "unable to store $NAME: ${SAID##*"$NEWLINE"}"
	}
	unlock_ledger
}

# --- publishing -----------------------------------------------------------

# refuse_taken: fail if an image has OWNER and NAME already, unless it may be
# replaced and nobody uses it. Sets OLD to the record that is replaced.
OLD=''
refuse_taken() {
	local id rec
	id=$ID rec=$REC OLD=
	if find_image "$OWNER" "$NAME"; then
		OLD=$REC
		[ -n "$REPLACE" ] || [ -f "${rec:-$OLD}/replace" ] || die $EX_CANTCREAT \
			"there is an image $NAME already: remove it, or use --replace"
		refuse_in_use "$NAME" "$ID"
	fi
	ID=$id REC=$rec DIR=$rec
}

# forget_upload: the record at hand is an image: remove what only an upload
# needs.
forget_upload() {
	rm -rf "$REC/offset" "$REC/expect" "$REC/replace" "$REC/checking" "$REC/request"
}

# publish SIZE SHA256: make the upload at hand (ID, REC, OWNER, NAME) an image,
# whose bytes are on the disk already. Fails if an image has its name. A crash
# leaves the upload or the image, with all its values.
publish() {
	fill_volume "$1" "$2"
	blocks_of "$1"
	need_value "$REC" size "$1"
	need_value "$REC" sha256 "$2"
	[ -f "$REC/volume" ] || need_value "$REC" taken "$BYTES"
	to_disk "$REC"/* "$REC" || write_failed "store $NAME"
	lock_ledger
	refuse_taken
	publish_volume
	[ -z "$OLD" ] || to_trash "$OLD" || write_failed "replace $NAME"
	mv "$REC" "$STORE/images/$ID" 2>/dev/null || write_failed "rename $REC"
	REC=$STORE/images/$ID DIR=$STORE/images/$ID
	forget_upload
	to_disk "$STORE/images" "$STORE/incoming" || write_failed "store $NAME"
	unlock_ledger
	[ -z "$OLD" ] || empty_trash "$TRASH"
}
