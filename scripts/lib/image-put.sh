# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Bytes on their way into the image store and out of it: put, get, finish, verify.
# vm-import(8) opens, copies and hashes. Sourced by vm-image, after image-ledger.sh.

SUMS_MAX=1048576	# bytes of a SHA256SUMS
FROM_NOW=''		# what upload_now() has found
COPIED=''		# what import() has read: bytes
SUM=''			# ... and their SHA-256
VERIFIED=''		# what it was compared with

# import OPTION... FROM [TO]: run vm-import in the background, so that a signal ends
# it, too. Sets COPIED and SUM; returns its status. Descriptor 3 is standard input.
import() {
	local status
	set -- vm-import -p ${SHA256:+-c "$SHA256"} "$@"
	{ command : >"$REC/.result"; } 2>/dev/null || write_failed "store $NAME"
	"$@" <&3 9>&- >"$REC/.result" &
	CHILD=$!
	wait "$CHILD"
	status=$?
	CHILD=
	[ $status = 0 ] && read -r COPIED SUM <"$REC/.result"
	rm -f "$REC/.result" 2>/dev/null # not on a disk that has failed
	return $status
}

# size_of FILE: set SIZE, if FILE is a regular file. False if there is no such
# file.
size_of() {
	if [ -f "$1" ]; then
		SIZE=$(stat -L -c %s "$1" 2>/dev/null)
	else
		[ -e "$1" ]
	fi
}

# keep: make an image of the record at hand, whose bytes are there. Refuse an
# empty one: it comes from a pipe whose first program has failed.
keep() {
	[ "$COPIED" != 0 ] || [ -f "$REC/offset" ] ||
		die $EX_DATAERR "unable to store $NAME: it is empty"
	[ -z "$VERIFIED" ] || need_value "$REC" verified "$VERIFIED"
	publish "$COPIED" "$SUM"
	DROP=
	say_kept
}

# cmd_put: store a file, or standard input, whose size only --size tells.
# Without --size, reserve all the room that is left until the bytes have come.
cmd_put() {
	need_store
	need_argument
	exec 3<&0
	[ -n "$WHERE" ] || [ "$ARGUMENT" != - ] ||
		misuse "put - needs a name, too: $TAKES"
	split_name "${WHERE:-${ARGUMENT##*/}}"
	refuse_taken
	if [ "$ARGUMENT" = - ]; then
		:
	elif [ -n "$SIZE" ]; then
		misuse "--size is for standard input: a file has its own size"
	else
		size_of "$ARGUMENT" || die $EX_NOINPUT:usage "there is no file $ARGUMENT"
	fi
	case $ARGUMENT in -?*) ARGUMENT=./$ARGUMENT ;; esac
	VERIFIED=${SHA256:+given}
	reserve "$OWNER" "$NAME" "$SIZE" put
	DROP=$REC
	if [ -n "$SIZE" ]; then set -- -s "$SIZE"; else set -- -l "$LIMIT"; fi
	import "$@" "$ARGUMENT" "$(data_of "$REC")" || exit
	keep
}

# say_kept: print the image at hand.
say_kept() {
	say_image "$COPIED" "$SUM" "SHA-256 $SUM${VERIFIED:+, as it should be}"
}

# get_failed STATUS: fail because standard output cannot be written; without a
# message if nobody reads it any more.
get_failed() {
	[ "$1" -lt 128 ] || exit "$1"
	output_failed
}

# cmd_get: copy an image into a new file, or to standard output. Compare the
# file with the checksum.
cmd_get() {
	local to
	need_store
	need_argument
	need_image "$ARGUMENT"
	to=${WHERE:-$NAME}
	value_of size || die $EX_DATAERR "$NAME has no size: type vmctl image gc"
	SIZE=$VALUE
	if [ "$to" = - ]; then
		head -c "$SIZE" "$(data_of "$REC")" 2>/dev/null || get_failed $?
		return
	fi
	! value_of sha256 || [ "$VALUE" = stale ] || SHA256=$VALUE
	vm-import -p ${SHA256:+-c "$SHA256"} -s "$SIZE" "$(data_of "$REC")" \
		"$to" >/dev/null || exit
}

# --- finish ---------------------------------------------------------------

# upload_now: set FROM_NOW to what identifies the bytes of an upload in a drop
# box, and SIZE to its size, or fail. Refuse a link; vm-import checks this again
# after it has opened the file.
upload_now() {
	FROM_NOW=$(stat -c '%i %Z %Y %s' "$1" 2>/dev/null) &&
		[ -f "$1" ] && [ ! -L "$1" ] ||
		die $EX_NOPERM "unable to finish $NAME: it is not a file"
	SIZE=${FROM_NOW##* }
}

# take_sum LINE: if LINE, in GNU's or BSD's form, is the checksum of NAME, set
# SHA256 to it. A path in it means another directory, unless it is ./
take_sum() {
	local sum name
	# A longer line cannot be for a NAME, and would take long.
	[ ${#1} -le 400 ] || return 0
	case $1 in
	"SHA256 ("*") = "*)
		sum=${1##*") = "}
		name=${1#"SHA256 ("} name=${name%") = $sum"}
		;;
	*" "[\ \*]*)
		sum=${1%%" "*}
		name=${1#"$sum "} name=${name#[ *]}
		;;
	*) return 0 ;;
	esac
	[ "${name#./}" = "$NAME" ] && is_sha256 "$sum" || return 0
	sum=$(printf %s "$sum" | tr A-F a-f)
	[ "${SHA256:-$sum}" = "$sum" ] || die $EX_DATAERR \
		"SHA256SUMS has two checksums for $NAME: upload a correct SHA256SUMS"
	SHA256=$sum
}

# find_sum BOX: look for the checksum of NAME in the SHA256SUMS beside it, which
# we do not trust either: vm-import copies it first.
find_sum() {
	[ -e "$1/SHA256SUMS" ] || return 0
	vm-import -b "$1" -l $SUMS_MAX SHA256SUMS "$REC/.sums" >/dev/null <&3 || exit
	while read_line; do
		take_sum "${LINE%"$CR"}"
	done <"$REC/.sums"
	rm -f "$REC/.sums"
	VERIFIED=${SHA256:+SHA256SUMS}
	[ -n "$SHA256" ] || echo "$PROG: SHA256SUMS has no line for $NAME" >&2
}
CR=$(printf '\r')

# finish_box BOX: make an image of the upload NAME there, and remove the upload,
# unless it has changed since.
finish_box() {
	local from
	upload_now "$1/$NAME"
	from=$FROM_NOW
	refuse_taken
	reserve "$OWNER" "$NAME" "$SIZE" box
	DROP=$REC
	need_value "$REC" checking 1
	VERIFIED=${SHA256:+given}
	[ -n "$SHA256" ] || find_sum "$1"
	import -b "$1" -s "$SIZE" "$NAME" "$(data_of "$REC")" || exit
	keep
	FROM_NOW=$(stat -c '%i %Z %Y %s' "$1/$NAME" 2>/dev/null) || :
	[ "$FROM_NOW" != "$from" ] || rm -f "$1/$NAME"
}

# upload_failed STATUS: leave the reason in the record, for ls, and exit.
upload_failed() {
	local why
	rm -f "$REC/checking" 2>/dev/null
	case $1 in
	"$EX_DATAERR") why="it has another checksum or size: remove it" ;;
	"$EX_IOERR") why="the disk failed" ;;
	*) exit "$1" ;; # it may be tried again
	esac
	set_value "$REC" error "$why"
	exit "$1"
}

# take_filled: make an image of a volume that has all bytes and a checksum:
# vm-image was killed just before it did this. False if the upload at hand has
# no such volume.
take_filled() {
	[ -f "$REC/volume" ] && value_of sha256 && is_sha256 "$VALUE" || return
	SUM=$VALUE
	value_of size || return
	COPIED=$VALUE
	keep
}

# need_free_name: fail if an image has the name of the upload at hand, and leave
# the reason for ls.
need_free_name() {
	(refuse_taken) || {
		local status=$?
		set_value "$REC" error "its name is taken: type $TOOL rm --id $ID, or $TOOL finish --replace --id $ID"
		exit $status
	}
	refuse_taken
}

# need_all_bytes: fail unless all bytes of the upload at hand have come from a
# client by HTTP, or were compared with the checksum already. Other bytes in a
# record are from a program that was killed, and may be wrong.
need_all_bytes() {
	local size
	value_of sha256 && is_sha256 "$VALUE" || [ -f "$REC/offset" ] ||
		die $EX_TEMPFAIL "$NAME is not complete: type $TOOL ls"
	value_of size || :
	size=$VALUE
	RECEIVED=$(stat -c %s "$REC/data" 2>/dev/null) ||
		die $EX_DATAERR "the upload $NAME has no data: type $TOOL gc"
	[ -z "$size" ] || [ "$RECEIVED" -ge "$size" ] || die $EX_TEMPFAIL \
		"$NAME is not complete: $RECEIVED of $size bytes have arrived"
	is_sure || die $EX_TEMPFAIL "$NAME is not complete: send the bytes at" \
		"its end again"
	SIZE=${size:-$RECEIVED}
}

# finish_upload: make an image of the upload at hand (ID, REC) where its bytes
# are. If another process has done so meanwhile, there is nothing to do.
finish_upload() {
	lock_record "$REC" || {
		[ ! -d "$STORE/images/$ID" ] || return 0
		die $EX_TEMPFAIL "another process is finishing $NAME"
	}
	[ ! -d "$STORE/images/$ID" ] || return 0
	[ -f "$REC/data" ] || ! take_filled || return 0
	need_all_bytes
	need_free_name
	[ -n "$SHA256" ] || ! value_of expect || SHA256=$VALUE
	VERIFIED=${SHA256:+given}
	set_value "$REC" checking 1 || write_failed "finish $NAME"
	rm -f "$REC/error"
	import -b "$REC" -s "$SIZE" data || upload_failed $?
	keep
}

# cmd_finish: make an image of an upload in a drop box, or of one that was
# announced. If it is an image already, there is nothing to do.
cmd_finish() {
	need_store
	need_one
	exec 3<&0
	if [ -n "$ID" ]; then
		if take_record incoming "$ID"; then
			finish_upload
		elif ! take_record images "$ID"; then
			die $EX_NOINPUT "there is no upload $ID"
		fi
		return
	fi
	split_name "$ARGUMENT"
	set -- "$STORE/boxes/$OWNER/images"
	if [ -e "$1/$NAME" ] || [ -L "$1/$NAME" ]; then
		finish_box "$1"
	elif find_incoming "$OWNER" "$NAME"; then
		finish_upload
	else
		find_image "$OWNER" "$NAME" || die $EX_NOINPUT \
			"there is no upload $ARGUMENT: type vmctl image ls"
	fi
}

# --- verify ---------------------------------------------------------------

# refuse_written: fail if a host, or the owner by sftp, can write to the image
# at hand.
refuse_written() {
	local slot
	! is_exported "$REC" || die $EX_TEMPFAIL \
		"$NAME is exported: end its vmctl image export first"
	! in_use "$ID" || for slot in $SLOTS; do
		[ ! -f "$RUN/$slot/request/writable" ] ||
			[ -f "$RUN/$slot/request/overlay" ] || die $EX_TEMPFAIL \
			"slot $slot can write to $NAME: type vmctl eject -s $slot first"
	done
}

# cmd_verify: read all of an image, and compare its checksum with the one that
# is given, or with that of its upload. If the image has no checksum, store it.
cmd_verify() {
	local old
	need_store
	need_argument
	need_image "$ARGUMENT"
	refuse_written
	value_of size || die $EX_DATAERR "$NAME has no size: type vmctl image gc"
	SIZE=$VALUE
	! value_of sha256 || :
	old=$VALUE
	[ "$old" != stale ] || old=
	[ -z "$SHA256" ] || [ "${old:-$SHA256}" = "$SHA256" ] || die $EX_DATAERR \
		"$NAME was stored with the SHA-256 $old, not $SHA256: upload it again"
	SUM=$(vm-import -p ${SHA256:+-c "$SHA256"} -s "$SIZE" \
		"$(data_of "$REC")" </dev/null) || exit
	COPIED=${SUM%% *} SUM=${SUM#* }
	[ -z "$old" ] || [ "$old" = "$SUM" ] ||
		die $EX_DATAERR "$NAME is damaged: its SHA-256 is $SUM," \
			"and it was $old: upload it again"
	lock_ledger
	refuse_written
	[ "$old" = "$SUM" ] || {
		rm -f "$REC/verified"
		need_value "$REC" sha256 "$SUM"
	}
	[ -z "$SHA256" ] || need_value "$REC" verified given
	unlock_ledger
	VERIFIED=${SHA256:-$old}
	say_kept
}
