# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vm-image ls and quota: what the store has, for people and for programs. Sourced by
# vm-image, after image-ledger.sh.

WARN_SECONDS=172800	# how long before its end an upload is `expiring`
BOX_ROWS=100		# rows of one drop box in a list
TAB='	'
NOW=''			# the time, in seconds

# What see_record() and see_upload() have found, empty where it is not known:
STATE=''		# incoming, checking, ready or expiring
SIZE_OF=''		# bytes
TAKEN=''		# bytes, as quotas count them
RECEIVED=''		# of an upload: how many bytes are there
LEFT=''			# of an upload: seconds until it is removed
SUM='' VERIFIED='' CREATED='' ORIGIN='' FAILED=''
COMMA=''		# what stands before the next object

# touched REC|FILE: set RECEIVED to the bytes of FILE, or of `data` in REC, and
# LEFT according to the latest change. The ctime counts, because a client can
# set the mtime.
touched() {
	local latest size
	RECEIVED='' LEFT='' latest=0 size=1
	[ ! -d "$1" ] || {
		set -- "$1/data" "$1" "$1/offset"
		[ -f "$1" ] || size=
	}
	while read_line; do
		[ -n "$LINE" ] || continue
		[ -z "$size" ] || RECEIVED=${LINE#* }
		size=
		[ "${LINE%% *}" -le $latest ] || latest=${LINE%% *}
	done <<-END
		$(stat -c '%Z %s' "$@" 2>/dev/null)
	END
	LEFT=$((latest + STORE_KEEP - NOW))
	[ $LEFT -ge 0 ] || LEFT=0
}

# is_expiring: is the end near, according to LEFT?
is_expiring() {
	local warn
	warn=$WARN_SECONDS
	[ $((STORE_KEEP / 2)) -ge $warn ] || warn=$((STORE_KEEP / 2))
	[ "$LEFT" -le $warn ]
}

# see_record REC: read all values of a record.
see_record() {
	REC=$1 DIR=$1 ID=${1##*/}
	value_of owner || VALUE=root
	OWNER=$VALUE
	value_of name || VALUE=$ID
	NAME=$VALUE
	value_of size || :
	SIZE_OF=$VALUE
	value_of taken || :
	TAKEN=$VALUE
	value_of sha256 || :
	SUM=$VALUE
	value_of verified || :
	VERIFIED=$VALUE
	value_of created || :
	CREATED=$VALUE
	value_of origin || :
	ORIGIN=$VALUE
	value_of error || :
	FAILED=$VALUE
	RECEIVED='' LEFT='' STATE=ready
	case $REC in "$STORE"/images/*) return ;; esac
	touched "$REC"
	if [ -f "$REC/checking" ] && is_at_work "$REC"; then
		STATE=checking LEFT=
	elif [ "$ORIGIN" = fetch ] && is_at_work "$REC"; then
		STATE=incoming LEFT=
		see_source
	elif is_expiring; then
		STATE=expiring
	else
		STATE=incoming
	fi
}

# see_source: read vm-fetchd's last messages about the fetch at hand: why no
# byte comes, or how many have come before it serves the image.
see_source() {
	local why
	why="the server does not answer"
	while read_line; do
		case $LINE in
		*", trying again: "*) why=${LINE##*", trying again: "} ;;
		"vm-fetchd: source: ok") FAILED= ;;
		"vm-fetchd: source: "*) FAILED="waiting: $why" ;;
		"vm-fetchd: downloading: "*)
			LINE=${LINE#*": downloading: "}
			FAILED= LINE=${LINE%%[!0-9]*}
			[ ${#LINE} -gt 12 ] || RECEIVED=$((${LINE:-0} * 1048576))
			;;
		esac
	done <<-END
		$(tail -n 20 "$RUN/fetch/$ID/said" 2>/dev/null)
	END
}

# see_upload FILE: the same for a file in a drop box. It may have any name.
see_upload() {
	OWNER=${1%/images/*} OWNER=${OWNER##*/}
	NAME=${1##*/} ID='' REC='' SIZE_OF='' SUM='' VERIFIED='' CREATED='' FAILED=''
	ORIGIN=box STATE=incoming
	touched "$1"
	# 8 EiB, which a sparse file can have, would be negative here.
	[ ${#RECEIVED} -le 18 ] || RECEIVED=999999999999999999
	blocks_of "${RECEIVED:-0}"
	TAKEN=$BYTES
	! is_expiring || STATE=expiring
}

# each_row COMMAND: run COMMAND for each record and each upload, or for those of the
# owner $2 only.
each_row() {
	local dir
	for dir in "$STORE"/images/???????????????? "$STORE"/incoming/????????????????; do
		[ -d "$dir" ] || continue
		see_record "$dir"
		[ "${2:-$OWNER}" != "$OWNER" ] || "$1"
	done
	for dir in "$STORE"/boxes/${2:-*}/images; do
		box_rows "$1" "$dir"/* "$dir"/.[!.]*
	done
}

# box_rows COMMAND FILE...: the same for the files of a drop box. Empty files
# cost the owner nothing, thus the number of rows is limited.
box_rows() {
	local left=$BOX_ROWS command=$1
	shift
	while [ $# -gt 0 ]; do
		[ -f "$1" ] && [ ! -L "$1" ] && [ "${1##*/}" != SHA256SUMS ] && {
			[ "$left" -gt 0 ] || {
				echo "$PROG: not listed: up to $# more files in the drop box" \
					"of $OWNER" >&2
				return
			}
			left=$((left - 1))
			see_upload "$1"
			"$command"
		}
		shift
	done
}

# name_shown: set VALUE to NAME, with ? in place of bytes that may control a
# terminal.
name_shown() {
	VALUE=$NAME
	case $NAME in *[!\ -~]*) VALUE=$(printf %s "$NAME" | tr -c ' -~' '?') ;; esac
}

# time_left SECONDS: set VALUE to a time for people, rounded up: a week that has
# just begun has seven days.
time_left() {
	if [ "$1" -ge 172800 ]; then
		VALUE="$((($1 + 86399) / 86400)) days"
	elif [ "$1" -ge 7200 ]; then
		VALUE="$((($1 + 3599) / 3600)) hours"
	else
		VALUE="$((($1 + 59) / 60)) minutes"
	fi
}

# note_of: set VALUE to what else people should know of the row at hand.
note_of() {
	case $STATE-$SUM-$VERIFIED in
	checking-*) VALUE= ;;
	ready-stale-*)
		VALUE="was written to: no checksum"
		[ "$ORIGIN" != create ] || VALUE="a disk to write to: no checksum"
		;;
	ready-*-) VALUE=unverified ;;
	ready-*) VALUE="verified ($VERIFIED)" ;;
	*)
		VALUE=${FAILED:-fetching}
		[ -z "$LEFT" ] || {
			time_left "$LEFT"
			VALUE="${FAILED:+$FAILED; }removed in $VALUE"
		}
		;;
	esac
	! slots_with "${ID:--}" || VALUE="$VALUE, in slot $SLOTS"
	[ -z "$REC" ] || ! is_exported "$REC" || VALUE="$VALUE, exported"
}

# row_text: print the row at hand for people, with its key in front.
row_text() {
	local name size
	name_shown
	name=$VALUE
	[ "$OWNER" = root ] || name=$OWNER/$VALUE
	in_words "${SIZE_OF:-${RECEIVED:-0}}"
	size=$VALUE
	[ "$STATE" = ready ] || [ -z "$SIZE_OF" ] || [ -z "$RECEIVED" ] || {
		in_words "$RECEIVED"
		size="$VALUE of $size"
	}
	note_of
	printf '%s\t%-32s  %10s  %-8s  %s\n' "$name" "$name" "$size" "$STATE" "$VALUE"
}

# slots_json: print SLOTS as an array.
slots_json() {
	local slot comma
	printf '['
	comma=
	for slot in $SLOTS; do
		printf '%s%s' "$comma" "$slot"
		comma=', '
	done
	printf ']'
}

# row_json: print the row at hand as an object, with its key in front.
row_json() {
	name_shown
	printf '%s\t{"id": ' "$OWNER/$VALUE"
	json_string "$ID"
	printf ', "owner": "%s", "name": ' "$OWNER"
	json_string "$NAME"
	VALUE=
	[ "$STATE" != ready ] || uri_of
	printf ', "uri": '
	json_string "$VALUE"
	printf ', "size": %s, "taken": %s, "received": %s, "state": "%s"' \
		"${SIZE_OF:-null}" "${TAKEN:-null}" "${RECEIVED:-null}" "$STATE"
	printf ', "sha256": '
	json_string "$SUM"
	printf ', "verified": '
	json_string "$VERIFIED"
	printf ', "created": '
	json_string "$CREATED"
	printf ', "origin": '
	json_string "$ORIGIN"
	printf ', "expires": %s, "error": ' "${LEFT:-null}"
	json_string "$FAILED"
	slots_with "${ID:--}" || :
	printf ', "slots": '
	slots_json
	printf '}\n'
}

# print_rows TEXT: print the rows, sorted by owner and name, without their keys.
print_rows() {
	local comma
	comma=
	while read_line; do
		LINE=${LINE#*"$TAB"}
		[ -n "$LINE" ] || continue
		if [ -n "$JSON" ]; then
			out '%s%s' "$comma" "$LINE"
			comma=', '
		else
			out '%s\n' "$LINE"
		fi
	done <<-END
		$1
	END
}

cmd_ls() {
	local rows
	need_store
	[ -z "$ARGUMENT" ] || has_owner "$ARGUMENT" ||
		die $EX_NOINPUT "there is no owner $ARGUMENT"
	NOW=$(date +%s)
	see_mounts
	if [ -n "$JSON" ]; then
		rows=$(each_row row_json "$ARGUMENT" | sort)
		json_begin
		out ', "images": ['
		print_rows "$rows"
		out ']'
		json_end
	else
		print_rows "$(each_row row_text "$ARGUMENT" | sort)"
	fi
}

# --- quota ----------------------------------------------------------------

# quota_text WHO USED LIMIT: print a line for people.
quota_text() {
	local used
	in_words "$2"
	used=$VALUE VALUE="no limit"
	[ -z "$3" ] || {
		in_words "$3"
		VALUE="limit $VALUE"
	}
	out '%s: used %s, %s\n' "$1" "$used" "$VALUE"
}

# each_quota COMMAND: after count_records(), run COMMAND OWNER USED LIMIT for
# each owner, or for ARGUMENT. LIMIT may be empty.
each_quota() {
	local owner dir taken
	for dir in root "$STORE"/owners/*; do
		owner=${dir##*/}
		case $dir in
		root) ;;
		*/root) continue ;;
		*) [ -d "$dir" ] || continue ;;
		esac
		[ "${ARGUMENT:-$owner}" = "$owner" ] || continue
		taken_of "$owner"
		taken=$BYTES
		quota_of "$owner" || BYTES=
		"$1" "$owner" "$taken" "$BYTES"
	done
}

quota_json() {
	out '%s{"owner": "%s", "used": %s, "limit": %s}' "$COMMA" "$1" "$2" "${3:-null}"
	COMMA=', '
}

# show_quota: print what is taken, and by whom.
show_quota() {
	local limit room
	count_records root
	room=$(room_left)
	limit=
	[ -z "$STORE_SIZE" ] || { bytes_of "$STORE_SIZE" && limit=$BYTES; }
	if [ -z "$JSON" ]; then
		each_quota quota_text
		[ -n "$ARGUMENT" ] || {
			quota_text "all together" $TOTAL "$limit"
			in_words "$room"
			out 'room on the disk: %s\n' "$VALUE"
		}
		return
	fi
	json_begin
	out ', "used": %s, "limit": %s, "room": %s, "owners": [' $TOTAL \
		"${limit:-null}" "$room"
	COMMA=
	each_quota quota_json
	out ']'
	json_end
}

cmd_quota() {
	need_store
	[ -z "$ARGUMENT" ] || has_owner "$ARGUMENT" ||
		die $EX_NOINPUT "there is no owner $ARGUMENT"
	[ -n "$WHERE" ] || {
		show_quota
		return
	}
	[ "$WHERE" = none ] || bytes_of "$WHERE" ||
		misuse "$WHERE: write a size, such as 500M or 10G, or none"
	[ -d "$STORE/owners/$ARGUMENT" ] || mkdir "$STORE/owners/$ARGUMENT" ||
		die $EX_CANTCREAT "unable to make $STORE/owners/$ARGUMENT"
	if [ "$WHERE" = none ]; then
		rm -f "$STORE/owners/$ARGUMENT/quota"
	else
		need_value "$STORE/owners/$ARGUMENT" quota "$BYTES"
	fi
	limit_box "$ARGUMENT"
	show_quota
}
