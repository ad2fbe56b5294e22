# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The work of a fetch: vm-fetchd serves the image, vm-import copies it, until
# all of it is there. After an error that may pass, try again, for as long as it
# takes. If this process is killed, the next one continues where this one was.
# Sourced by vm-image, after image-fetch.sh.

PAUSE_MAX=60		# seconds between two tries
FETCHER=''		# the pid of vm-fetchd
WORK=''			# $FETCHES/ID
WHY=''			# why a try has failed
TOTAL_SIZE='' SUM=''	# of the image, once it was copied

# end_fetch STATUS TEXT: end for good, because only a person can help. Remove
# the secrets.
end_fetch() {
	stop_source
	echo "$PROG: unable to fetch $NAME: $2" >&2
	set_value "$REC" error "$2" && set_value "$REC" status "$1"
	rm -rf "$WORK"
	exit "$1"
}

# say_waiting TEXT: note why nothing comes, for ls.
say_waiting() {
	DIR=$REC
	value_of error && [ "$VALUE" = "waiting: $1" ] ||
		echo "$PROG: $NAME: waiting: $1" >&2
	set_value "$REC" error "waiting: $1" || :
}

# --- the source -----------------------------------------------------------

# source_failed: vm-fetchd has ended: may another try work?
source_failed() {
	local status
	wait "$FETCHER"
	status=$? FETCHER=
	hear <"$WORK/said"
	WHY=$(for_people "${HEARD#vm-fetchd: }")
	WHY=${WHY#"unable to open $URL: "}
	case $status in
	0 | 68 | 69 | 71 | 74 | 75 | 76 | 12[89] | 1[3-9]?)
		WHY=${WHY:-"vm-fetchd was ended"}
		return 1
		;;
	66 | 77) WHY="$WHY; to go on, type $TOOL fetch URL $NAME" ;;
	esac
	end_fetch $status "$WHY"
}

# spool_room: print how many bytes vm-fetchd may download or decompress before
# it serves the image: what is reserved and left. If the size is not known, all
# of it is reserved now, and the copy needs the same room again. A subshell,
# because check_room() exits if there is none.
spool_room() (
	lock_ledger
	DIR=$REC
	if value_of size; then
		value_of taken || VALUE=0
		LIMIT=$( (check_room "$OWNER" 0 fetch && echo "$LIMIT") 2>/dev/null) || LIMIT=0
		echo $((VALUE + LIMIT))
		return
	fi
	need_value "$REC" taken 0
	check_room "$OWNER" 0 fetch
	LIMIT=$((LIMIT / 4096 * 4096))
	need_value "$REC" taken "$LIMIT"
	half=$(($(room_left) / 2))
	[ "$LIMIT" -le "$half" ] || LIMIT=$half
	echo "$LIMIT"
)

# give_room: while nothing comes, reserve no room for an image of unknown size.
give_room() {
	DIR=$REC
	value_of size || set_value "$REC" taken 0
}

# open_source: start vm-fetchd, and wait until it serves the image and has
# described it. False if another try may work.
open_source() {
	local ready room
	room=$(spool_room 2>"$WORK/said") || {
		room=$?
		hear <"$WORK/said"
		end_fetch $room "${HEARD#"$PROG: "}"
	}
	rm -f "$WORK/ready" "$WORK/about"
	mkfifo "$WORK/ready" || end_fetch $EX_CANTCREAT "unable to write $WORK"
	VM_CAUSES=1 vm-fetchd -p -U "$WORK/nbd" -r "$REQ" "about=$WORK/about" \
		"spool=$REC" "spool-max=$room" "timeout=$TIMEOUT" \
		>"$WORK/ready" 2>"$WORK/said" 8>&- &
	FETCHER=$!
	ready=
	read -r ready <"$WORK/ready"
	[ -n "$ready" ] || source_failed || return
	rm -f "$REC/error" # bytes come again
}

stop_source() {
	[ -n "$FETCHER" ] || return 0
	kill "$FETCHER" 2>/dev/null
	wait "$FETCHER"
	FETCHER=
}

# --- the copy -------------------------------------------------------------

# keep_or_begin: keep the bytes that are there if they are of the same image;
# otherwise begin again. False if that cannot be written.
keep_or_begin() {
	local now was
	identity "$WORK/about" || :
	now=$VALUE DIR=$REC
	value_of validator || :
	was=$VALUE
	# Without a validator, only a checksum can tell.
	case $now in none,*) about sha256 "$WORK/about" || was= ;; esac
	if [ "$now" != "$was" ] && [ -s "$REC/data" ]; then
		echo "$PROG: $NAME: the image may have changed on the server:" \
			"fetching it again from the beginning" >&2
		set_value "$REC" error "begun again: it has changed on the server" || :
		rm -f "$REC/data"
		# A power cut must not leave the old bytes with the new
		# validator.
		to_disk "$REC" || {
			WHY="unable to write $REC"
			return 1
		}
	elif [ "$now" = "$was" ]; then
		return 0
	fi
	set_value "$REC" validator "$now" || {
		WHY="unable to write $REC"
		return 1
	}
}

# set_size SIZE: reserve room for SIZE, which is not the one that was announced.
# A subshell, because check_room() exits if there is none.
set_size() (
	lock_ledger
	blocks_of "$1"
	DIR=$REC
	value_of taken || VALUE=0
	[ "$BYTES" -le "$VALUE" ] ||
		check_room "$OWNER" $((BYTES - VALUE)) fetch "$1"
	# publish() makes a volume of the right size.
	[ ! -f "$REC/volume" ] || { remove_volume "$REC" && rm -f "$REC/volume"; }
	blocks_of "$1"
	need_value "$REC" size "$1"
	need_value "$REC" taken "$BYTES"
)

# find_size: set TOTAL_SIZE, and reserve room for it. What was decompressed is as
# large as what vm-fetchd serves.
find_size() {
	if about compressed "$WORK/about"; then
		TOTAL_SIZE=$(vm-probe -f size "$WORK/nbd" 2>/dev/null)
	else
		about size "$WORK/about"
		TOTAL_SIZE=$VALUE
	fi
	case $TOTAL_SIZE in
	'' | *[!0-9]*)
		WHY="vm-fetchd does not tell the size"
		return 1
		;;
	# With 8 EiB, sh would count wrong.
	???????????????????*) end_fetch $EX_CANTCREAT "it is too large" ;;
	esac
	DIR=$REC
	value_of size && [ "$VALUE" = "$TOTAL_SIZE" ] && return
	WHY=$(set_size "$TOTAL_SIZE" 2>&1) || end_fetch $? "${WHY#"$PROG: "}"
}

# import_said TEXT: set WHY to what vm-import has said, without our paths.
import_said() {
	WHY=$(renamed "$1" "nbd:$WORK/nbd" "$URL")
	WHY=${WHY#"unable to import $URL: "}
	case $WHY in "its SHA-256 is "*", and should be "*)
		WHY="${WHY%", and should be "*}, not ${WHY##*", and should be "}"
		;;
	esac
}

# copy: let vm-import copy the rest. False if another try may work.
copy() {
	local status sum
	about sha256 "$WORK/about" || :
	sum=$VALUE
	SUM=$(vm-import -r -s "$TOTAL_SIZE" ${sum:+-c "$sum"} "nbd:$WORK/nbd" \
		"$REC/data" 2>"$WORK/imported")
	status=$?
	SUM=${SUM#* }
	[ $status != 0 ] || return 0
	hear <"$WORK/imported"
	import_said "${HEARD#vm-import: }"
	case $status in
	66 | 74 | 75 | 76 | 12[89] | 1[3-9]?)
		WHY=${WHY:-"vm-import was ended"}
		return 1
		;;
	65) rm -f "$REC/data" ;; # no byte of it can be trusted
	esac
	end_fetch $status "$WHY"
}

# fetch_once: try once. False if another try may work.
fetch_once() {
	open_source && keep_or_begin && find_size && copy
}

# --- the end --------------------------------------------------------------

# become_image: make an image of the record, because all bytes are there.
become_image() {
	DIR=$REC
	if [ -f "$REQ/sha256" ]; then
		need_value "$REC" verified given
	elif [ -f "$REQ/sums" ] || [ -f "$REQ/sums-url" ]; then
		need_value "$REC" verified SHA256SUMS
	fi
	rm -f "$REC/error"
	WHY=$( (publish "$TOTAL_SIZE" "$SUM") 2>&1) || end_fetch $? "${WHY#"$PROG: "}"
	forget_fetch
}

# forget_fetch: remove what only the fetch has needed.
forget_fetch() {
	rm -rf "$WORK"
}

# run_fetch: fetch the image of the record ID.
run_fetch() {
	local pause had
	WORK=$FETCHES/$ID
	take_record incoming "$ID" || {
		forget_fetch # another one was killed at its very end
		return
	}
	lock_record "$REC" || die $EX_TEMPFAIL "$NAME is being fetched already"
	DIR=$REC
	value_of url || :
	URL=$VALUE
	mkdir -p "$WORK" || die $EX_CANTCREAT "unable to make $WORK"
	echo $$ >"$WORK/pid"
	REQ=$WORK/request
	[ -d "$REQ" ] || REQ=$REC/request
	[ -d "$REQ" ] || end_fetch $EX_NOINPUT \
		"its password or link were not kept: type $TOOL fetch URL $NAME again"
	rm -f "$REC/error" "$REC/status"
	pause=1 had=$(received "$REC")
	until fetch_once; do
		stop_source
		give_room
		say_waiting "$WHY"
		[ "$(received "$REC")" = "$had" ] || pause=1
		had=$(received "$REC")
		sleep $pause
		pause=$((pause * 2))
		[ $pause -le $PAUSE_MAX ] || pause=$PAUSE_MAX
	done
	stop_source
	become_image
}
