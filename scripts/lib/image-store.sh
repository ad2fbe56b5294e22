# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The image store on disk: names, records and their values. Everything in it is
# root's. Sourced by vm-image, and by vmctl where it mounts image:NAME, after
# config.sh.
#
#   $STORE/ledger         flock(2)ed while records are counted, made, published,
#                         renamed or removed (image-ledger.sh)
#   $STORE/incoming/ID/   the record of an upload: it is no image yet
#   $STORE/images/ID/     the record of an image
#   $STORE/trash/ID/      a record that was removed: its bytes go next
#   $STORE/owners/NAME/   an owner beside root: quota, ...
#   $STORE/boxes/NAME/    the drop box of an owner; images/ in it is the owner's
#
# A record has a file for each value, which is one line:
#
#   owner name size       bytes; no size: it is not known yet
#   taken                 what quotas count: size in whole blocks, or what is reserved
#   created               a time, such as 2026-11-29T20:00:00Z
#   origin                how it came: put, box, upload, fetch, create or pack
#   sha256                64 digits, or `stale` once it was mounted to be written to
#   verified              what sha256 was compared with: given, SHA256SUMS or server
#   expect                of an upload: the sha256 that it must have
#   replace               exists if the upload takes the place of an image
#   checking              exists while the upload is verified
#
# and `data`, the bytes, or `volume`, the logical volume that has them. An
# upload by HTTP has `offset` (vm-upload(8)). Only the place of the directory
# tells whether a record is an image; thus rename(2) turns an upload into one.

ID=''			# the record at hand: its ID,
REC=''			# ... its directory, which is DIR, too, for value_of()
OWNER='' NAME=''	# ... and these values of it
BYTES=''		# what bytes_of() has read
SLOTS=''		# what in_use() has found
TRASH=''		# what to_trash() has made

# --- names ----------------------------------------------------------------

# is_name TEXT: may an image have this name?
is_name() {
	case $1 in
	'' | [.\ -]* | *\  | *[!A-Za-z0-9._+\ \(\)-]*) return 1 ;;
	esac
	[ ${#1} -le 100 ]
}

# is_owner TEXT: may an owner have this name?
is_owner() {
	case $1 in
	[!a-z]* | *[!a-z0-9_-]* | '') return 1 ;;
	esac
	[ ${#1} -le 31 ]
}

# has_owner NAME: is there such an owner?
has_owner() {
	[ "$1" = root ] || { is_owner "$1" && [ -d "$STORE/owners/$1" ]; }
}

# is_id TEXT
is_id() {
	case $1 in
	*[!0-9a-f]*) return 1 ;;
	????????????????) ;;
	*) return 1 ;;
	esac
	[ ${#1} = 16 ]
}

# check_name NAME: fail unless an image may have this name.
check_name() {
	is_name "$1" || misuse "$(printf %s "$1" | tr '\000-\037\177' '?'):" \
		"a name has 1 to 100 letters, digits, . _ + -, spaces and ( ) inside"
}

# split_name [OWNER/]NAME: set OWNER and NAME, or fail.
split_name() {
	OWNER=root NAME=$1
	case $1 in
	*/*)
		OWNER=${1%%/*} NAME=${1#*/}
		is_owner "$OWNER" || misuse "$1: write NAME or OWNER/NAME"
		;;
	esac
	check_name "$NAME"
}

# uri_of: set VALUE to the URI by which the image OWNER NAME is mounted.
uri_of() {
	VALUE=image:$NAME
	[ "$OWNER" = root ] || VALUE=image:$OWNER/$NAME
}

# --- sizes ----------------------------------------------------------------

# bytes_of SIZE: set BYTES. False if SIZE is not a size, or has more than 18
# digits.
bytes_of() {
	is_size "$1" || return
	BYTES=${1%[KMG]}
	BYTES=${BYTES#"${BYTES%%[!0]*}"}
	BYTES=${BYTES:-0}
	case $1 in
	*K) [ ${#BYTES} -le 15 ] && BYTES=$((BYTES * 1024)) ;;
	*M) [ ${#BYTES} -le 12 ] && BYTES=$((BYTES * 1048576)) ;;
	*G) [ ${#BYTES} -le 9 ] && BYTES=$((BYTES * 1073741824)) ;;
	*) [ ${#BYTES} -le 18 ] ;;
	esac
}

# in_words BYTES: set VALUE to a size for people, such as 3.1 GiB.
in_words() {
	local unit divisor tenths
	if [ "$1" -lt 1048576 ]; then
		divisor=1024 unit=KiB
	elif [ "$1" -lt 1073741824 ]; then
		divisor=1048576 unit=MiB
	elif [ "$1" -lt 1099511627776 ]; then
		divisor=1073741824 unit=GiB
	else
		divisor=1099511627776 unit=TiB
	fi
	tenths=$((($1 / divisor) * 10 + ($1 % divisor * 10 + divisor / 2) / divisor))
	VALUE=$((tenths / 10))
	[ $((tenths % 10)) = 0 ] || VALUE=$VALUE.$((tenths % 10))
	VALUE="$VALUE $unit"
}

# blocks_of SIZE: set BYTES to SIZE in whole blocks of 4096 bytes.
blocks_of() {
	BYTES=$((($1 + 4095) / 4096 * 4096))
}

# --- the store ------------------------------------------------------------

# need_store: fail unless there is a store; make its directories at the first
# use.
need_store() {
	local dir
	[ -n "$STORE" ] || die $EX_CONFIG "there is no image store: write into" \
		"$CONF, for example: store = /var/lib/vmedia"
	[ ! -f "$STORE/ledger" ] || return 0
	# vm-image-keys, which runs as nobody, must be able to pass these
	# directories.
	[ -d "$STORE" ] || (umask 066 && mkdir -p "$STORE") 2>/dev/null || no_store "$STORE"
	for dir in "$STORE/images" "$STORE/incoming" "$STORE/trash" \
		"$STORE/owners" "$STORE/boxes"; do
		[ -d "$dir" ] || mkdir "$dir" 2>/dev/null || no_store "$dir"
	done
	# Owners reach their boxes through these two.
	chmod 711 "$STORE" "$STORE/boxes" && { command : >>"$STORE/ledger"; } 2>/dev/null ||
		no_store "$STORE/ledger"
}

# say_image SIZE SHA256 TEXT: print the image at hand, which is now in the
# store, on one line or as an object.
say_image() {
	in_words "$1"
	set -- "$@" "$VALUE"
	uri_of
	DONE="the image is in the store"
	if [ -z "$JSON" ]; then
		out '%s: %s, %s\n' "$VALUE" "$4" "$3"
		return
	fi
	json_begin
	out ', "id": "%s", "uri": ' "$ID"
	json_string "$VALUE"
	out ', "size": %s, "sha256": ' "$1"
	json_string "$2"
	json_end
}

# need_tool PROGRAM PACKAGE: fail unless PROGRAM is installed.
need_tool() {
	command -v "$1" >/dev/null || die $EX_UNAVAILABLE \
		"$1 is not installed: install the package $2"
}

# no_store PATH: fail because PATH cannot be made, with the kernel's reason.
no_store() {
	local why
	why=$(mkdir -p "$1.x" 2>&1 && rmdir "$1.x")
	die $EX_CANTCREAT "unable to make $1: ${why##*: }"
}

# --- records --------------------------------------------------------------

# set_value REC NAME VALUE: write a value of a record. A reader sees the old one or
# the new one. False if that is not possible.
set_value() {
	{ printf '%s\n' "$3" >"$1/.$2.new" && mv "$1/.$2.new" "$1/$2"; } 2>/dev/null
}

# to_disk PATH...: write these to the disk. False if that failed. (Not every
# file system can do this for a single file or directory.)
to_disk() {
	local said
	said=$(sync "$@" 2>&1) || case $said in
	*Input/output* | *"No space"* | *quota* | *Read-only*) return 1 ;;
	*) sync ;;
	esac
}

# is_sure: is it certain that no byte of the upload at hand must be sent again
# (vm-upload(8), `offset`)? Bytes that came since this boot are there, even if
# they are not on the disk yet. The file `offset` is not ours, and may be long.
is_sure() {
	local text
	[ -s "$REC/offset" ] || return 0
	text=$(head -c 80 "$REC/offset" | tr -d '\000')
	VALUE=none
	{ read -r VALUE </proc/sys/kernel/random/boot_id; } 2>/dev/null
	[ ${#text} = 57 ] && [ "${text#* }" = "$VALUE" ]
}

# can_write: can the store be written to? If not, mkdir prints why.
can_write() {
	mkdir "$STORE/incoming/.new-try" && rmdir "$STORE/incoming/.new-try"
}

# write_failed WHAT...: fail because WHAT was not possible. To learn why, try
# once more to write.
write_failed() {
	local why
	why=$(can_write 2>&1)
	case $why in
	'') die $EX_IOERR "unable to $*: type vmctl image doctor" ;;
	*"No space"* | *quota*) die $EX_CANTCREAT "unable to $*: ${why##*: }" ;;
	esac
	die $EX_IOERR "unable to $*: ${why##*: }: type vmctl image doctor"
}

# need_value REC NAME VALUE: set_value(), or fail.
need_value() {
	set_value "$@" || write_failed "write $1/$2"
}

# look_for PLACE OWNER NAME: set ID, REC and DIR. False if there is none. Starts
# no process, because a store may have hundreds of records.
look_for() {
	for DIR in "$STORE/$1"/????????????????; do
		value_of name && [ "$VALUE" = "$3" ] && value_of owner &&
			[ "$VALUE" = "$2" ] || continue
		REC=$DIR ID=${DIR##*/}
		return 0
	done
	ID='' REC='' DIR=''
	return 1
}

# find_image OWNER NAME, find_incoming OWNER NAME
find_image() {
	look_for images "$1" "$2"
}
find_incoming() {
	look_for incoming "$1" "$2"
}

# need_image NAME: set OWNER, NAME, ID and REC, or fail.
need_image() {
	split_name "$1"
	find_image "$OWNER" "$NAME" || die $EX_NOINPUT \
		"there is no image $1: type vmctl image ls"
}

# take_record PLACE ID: the same for the record that has this ID. False if there is
# none.
take_record() {
	DIR=$STORE/$1/$2
	[ -d "$DIR" ] || return
	ID=$2 REC=$DIR
	value_of owner || :
	OWNER=$VALUE
	value_of name || :
	NAME=$VALUE
}

# data_of REC: print the path of its bytes.
data_of() {
	if [ -f "$1/volume" ]; then
		printf '/dev/%s\n' "$(read_value "$1/volume")"
	else
		printf '%s\n' "$1/data"
	fi
}

# lock_record REC: lock its directory, as descriptor 8, until this process and
# its children are gone. False if another process has the lock.
lock_record() {
	{ command exec 8<"$1"; } 2>/dev/null || return
	vm-lock 8 2>/dev/null || {
		exec 8<&-
		return 1
	}
}
unlock_record() {
	exec 8<&-
}

# is_at_work REC: does a process have the lock of the record?
is_at_work() {
	vm-lock -t "$1" 2>/dev/null
}

# to_trash REC: move the record to where nothing finds it, and set TRASH to this
# place. It still has its bytes; if we are killed now, gc removes them. False if
# that fails.
to_trash() {
	TRASH=$STORE/trash/${1##*/}
	[ ! -d "$TRASH" ] || empty_trash "$TRASH"
	mv "$1" "$TRASH" 2>/dev/null
}

# drop_record REC: remove a record and its bytes. Needs no room on the disk.
drop_record() {
	to_trash "$1" && empty_trash "$TRASH"
}

# empty_trash DIRECTORY: free the bytes of a record that was removed.
empty_trash() {
	[ ! -f "$1/volume" ] || remove_volume "$1" || return 0 # gc tries again
	rm -rf "$1"
}

# --- who uses an image ----------------------------------------------------

MOUNTS=''		# what see_mounts() has found: words SLOT:ID

# see_mounts: read from the slots which images they have. The request is there from
# before the mount until after the eject, even if vm-slot was killed. An image may be
# mounted by the path of its bytes, too.
see_mounts() {
	local slot store
	MOUNTS=
	store=
	for slot in 0 1 2 3 4 5 6 7; do
		DIR=$RUN/$slot/request
		[ -d "$DIR" ] || continue
		if value_of image; then
			MOUNTS="$MOUNTS $slot:$VALUE"
			continue
		fi
		value_of url || continue
		case $VALUE in /*/images/????????????????/data) ;; *) continue ;; esac
		[ -n "$store" ] || store=$(cd "$STORE" && pwd -P)
		VALUE=${VALUE%/data}
		[ "${VALUE%/images/*}" != "$store" ] ||
			MOUNTS="$MOUNTS $slot:${VALUE##*/}"
	done
	DIR=$REC
}

# slots_with ID: set SLOTS to the slots in MOUNTS that have the image. False if
# there is none.
slots_with() {
	local word
	SLOTS=
	for word in $MOUNTS; do
		[ "${word#*:}" != "$1" ] || SLOTS="$SLOTS${SLOTS:+ }${word%%:*}"
	done
	[ -n "$SLOTS" ]
}

# in_use ID: set SLOTS to the slots that have the image. False if there is none.
in_use() {
	see_mounts
	slots_with "$1"
}

# is_exported REC: does vm-image export show the image as a file?
is_exported() {
	[ -f "$1/exported" ] && is_at_work "$1/exported"
}

# refuse_in_use NAME ID: fail if a slot has the image, or it is exported to its
# owner.
refuse_in_use() {
	! in_use "$2" || die $EX_TEMPFAIL "$1 is in slot ${SLOTS%% *}:" \
		"type vmctl eject -s ${SLOTS%% *} first"
	! is_exported "$STORE/images/$2" || die $EX_TEMPFAIL \
		"$1 is exported: end its vmctl image export first"
}
