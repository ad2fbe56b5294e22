# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The state of the slots, printed for people and for programs. Sourced by vmctl,
# after config.sh and json.sh.

# What see_slot() found out:
STATE=		# the state of the slot
DRIFT=		# how the drive differs from what vmedia made
TYPE=		# cd or disk; empty if the drive is not set up
FILE=		# what is inserted; ? if the kernel does not answer
RO=		# 1 if the drive is read-only
UDC_NAME=	# the USB device controller
HOST=		# its state
SEEN=		# when the host sees the drive: permanent or on-demand
DRIVER=		# what the drive is: kernel or vm-drive
READS=		# how many commands of the host to a vm-drive have read,
WRITES=		# ... have written,
ERRORS=		# ... and have failed
POSITION=	# the first byte of the last read or write
LAST=		# the name of the last command

VALUE=		# what value_of() or left() found

# type_of N: set VALUE to the type that the configuration gives to slot N.
type_of() {
	local n type
	n=0 VALUE=
	for type in $TYPES; do
		[ $n != "$1" ] || VALUE=$type
		n=$((n + 1))
	done
}

# need_run: fail if we may not read the state of the slots.
need_run() {
	[ ! -d "$RUN" ] || [ -x "$RUN" ] ||
		die $EX_NOPERM "unable to read $RUN: run vmctl as root"
}

# see_slot N: look at slot N. The state `other` means that another program than
# vmedia has inserted the medium.
see_slot() {
	local seen
	DIR=$RUN/$1
	need_run
	DRIFT=
	# If the medium does not answer, its name, which comes last, is missing.
	seen=$(vm-gadget status -f type,ro,udc,state,drives,driver,reads,writes,errors,position,last,file "$1" 2>/dev/null ||
		echo '?')
	{
		IFS= read -r TYPE
		IFS= read -r RO
		IFS= read -r UDC_NAME
		IFS= read -r HOST
		IFS= read -r SEEN
		IFS= read -r DRIVER
		IFS= read -r READS
		IFS= read -r WRITES
		IFS= read -r ERRORS
		IFS= read -r POSITION
		IFS= read -r LAST
		IFS= read -r FILE
	} <<-END
		$seen
	END
	[ "$TYPE" != '?' ] || TYPE=
	value_of state
	STATE=${VALUE:-empty}
	case $STATE in
	empty) [ -z "$FILE" ] || STATE=other ;;
	failed) ;;
	activating) is_locked pid || is_locked lock || STATE=failed ;;
	*) is_locked pid || STATE=failed ;;
	esac
	case $STATE in active | degraded) see_drift ;; esac
}

# is_unattached DEVICE: is that a block device to which no source is attached? A
# vm-drive has a socket instead.
is_unattached() {
	case $1 in
	/dev/*) [ ! -e "${VM_SYS:-/sys}/block/${1#/dev/}/pid" ] ;;
	*) false ;;
	esac
}

# see_drift: has somebody changed in the kernel what vmedia made?
see_drift() {
	value_of device
	if is_unattached "$VALUE"; then
		DRIFT="$VALUE is not attached"
	elif [ -z "$TYPE" ]; then
		DRIFT="the drive is gone"
	elif [ -z "$FILE" ]; then
		DRIFT="the drive is empty"
	elif [ "$FILE" != "$VALUE" ] && [ "$FILE" != '?' ]; then
		DRIFT="the drive holds $FILE, not $VALUE"
	elif [ -z "$UDC_NAME" ] && [ "$DRIVER" = vm-drive ] &&
		! is_locked "../drive.${DIR##*/}"; then
		DRIFT="vm-drive has ended; vm-slot starts it again"
	elif [ -z "$UDC_NAME" ] && [ "$FILE" != '?' ]; then
		DRIFT="the host does not see the drive; run vmctl start"
	elif [ "$RO" = 1 ] && [ -f "$DIR/request/writable" ]; then
		DRIFT="the drive is read-only, but the image was mounted for writing"
	fi
}

# left NAME: set VALUE to the seconds until the time in that file.
left() {
	value_of "$1" || return
	VALUE=$((VALUE - $(now)))
	[ "$VALUE" -ge 0 ] || VALUE=0
}

# stat_value NAME STATS: print one value of the statistics of vm-fetchd. Pass
# only a word or a number, because a process that speaks to the network wrote
# the statistics.
stat_value() {
	local value
	value=${2#*\""$1\": "}
	value=${value%%[,\}]*}
	value=${value#\"} value=${value%\"}
	case $value in
	*[!0-9a-z.]*) value=$(printf %s "$value" | tr -cd '0-9a-z.') ;;
	esac
	printf '%s\n' "${value:-0}"
}

# stat_number NAME STATS: the same for a whole number, or for milliseconds with
# tenths; 0 if it is not a number.
stat_number() {
	local value tenths
	value=$(stat_value "$@")
	tenths=
	case $1-$value in
	*_ms-*.[0-9]) tenths=.${value##*.} ;;
	esac
	value=${value%%.*}
	value=${value#"${value%%[!0]*}"}
	case $value in
	*[!0-9]* | ???????????????????*) value=0 ;;
	esac
	printf '%s\n' "${value:-0}$tenths"
}

# draw_map MAP: print which parts of the image were fetched, in 64 columns.
draw_map() {
	printf '%s\n' "$1" | awk '{
		n = length($0)
		w = n < 64 ? n : 64
		for (i = 0; i < w; i++) {
			from = int(i * n / w)
			to = int((i + 1) * n / w)
			sum = 0
			for (j = from; j < to; j++)
				sum += substr($0, j + 1, 1)
			level = int(sum / (to - from) + 0.5)
			printf "%s", substr(".:::+++##@", level + 1, 1)
		}
		print ""
	}'
}

# source_text: print the state of the source.
source_text() {
	local stats
	stats=$(read_value "$DIR/stats") || return 0
	out '  source  %s: %s KiB/s, %s connections in use, latency %s ms\n' \
		"$(stat_value source "$stats")" \
		$(($(stat_number rate "$stats") / 1024)) \
		"$(stat_number connections "$stats")" \
		"$(stat_number latency_ms "$stats")"
	out '  reads   %s MiB read, %s MiB fetched; ' \
		"$(mib_of "$(stat_number read "$stats")")" \
		"$(mib_of "$(stat_number fetched "$stats")")"
	out '%s hits, %s misses, %s retries\n' \
		"$(stat_number hits "$stats")" "$(stat_number misses "$stats")" \
		"$(stat_number retries "$stats")"
	out '  map     %s\n' "$(draw_map "$(stat_value map "$stats")")"
}

# source_json: print the same as an object, or null.
source_json() {
	local stats key
	stats=$(read_value "$DIR/stats") || {
		out null
		return
	}
	out '{"state": "%s"' "$(stat_value source "$stats")"
	for key in read fetched written hits misses retries connections rate \
		latency_ms; do
		out ', "%s": %s' $key "$(stat_number $key "$stats")"
	done
	out ', "map": "%s"}' "$(stat_value map "$stats")"
}

# slot_json N: print the slot as a JSON object. It always has all members.
slot_json() {
	local key
	see_slot "$1"
	out '{"slot": %s, "state": "%s"' "$1" "$STATE"
	for key in url image client who device format label boot media overlay note \
		reason error cause once; do
		value_of $key || :
		out ', "%s": ' $key
		json_string "$VALUE"
	done
	out ', "drift": '
	json_string "$DRIFT"
	value_of size || :
	out ', "size": '
	json_number "$VALUE"
	for key in expires idle degraded; do
		left $key || :
		out ', "%s": ' $key
		json_number "$VALUE"
	done
	drive_json "$1"
	out ', "source": '
	source_json
	out '}'
}

# drive_json N: print what the kernel says about the drive, or the type that it
# will have.
drive_json() {
	local ro
	case $TYPE-$RO in
	-*) ro=null ;;
	*-1) ro=true ;;
	*) ro=false ;;
	esac
	[ "$FILE" != '?' ] || FILE=
	type_of "$1"
	out ', "type": '
	json_string "${TYPE:-$VALUE}"
	out ', "inserted": '
	json_string "$FILE"
	out ', "ro": %s, "drives": ' $ro
	json_string "$SEEN"
	out ', "driver": '
	json_string "$DRIVER"
	out ', "reads": '
	json_number "$READS"
	out ', "writes": '
	json_number "$WRITES"
	out ', "errors": '
	json_number "$ERRORS"
	out ', "position": '
	json_number "$POSITION"
	out ', "last": '
	json_string "$LAST"
	out ', "udc": '
	json_string "$UDC_NAME"
	out ', "host": '
	json_string "$HOST"
}

# line_json N TYPE: print what vmctl list shows of the slot.
line_json() {
	see_slot "$1"
	value_of url || :
	out '{"slot": %s, "type": "%s", "state": "%s", "url": ' "$1" "$2" \
		"$STATE"
	json_string "$VALUE"
	out '}'
}

# next_json COMMAND N TYPE: print the slot as a member of a list, after a comma
# if it is not the first.
next_json() {
	[ "$2" = "${SLOT:-0}" ] || out ', '
	"$@"
}

# slots_json COMMAND: print the object with all slots.
slots_json() {
	need_run # before anything is printed
	json_begin
	out ', "slots": ['
	each_slot next_json "$1"
	out ']'
	json_end
}

# quiet_status: return the state of the slot as an exit status.
quiet_status() {
	only_slot
	see_slot "$SLOT"
	case $STATE in
	active) return 0 ;;
	degraded | activating | deactivating) return $EX_TEMPFAIL ;;
	*) return 1 ;;
	esac
}

# slot_text N: print the slot for people, one fact per line.
slot_text() {
	local key
	see_slot "$1"
	type_of "$1"
	out 'slot %s: %s, %s\n' "$1" "${TYPE:-$VALUE}" "$STATE"
	[ -n "$TYPE" ] || out '  drive   %s\n' \
		"not set up yet: vmctl start or a mount does that"
	case $STATE in
	other) out '  medium  %s\n' "$FILE" ;;
	failed) [ -f "$DIR/error" ] || out '  error   %s\n' \
		"vm-slot was killed; run vmctl doctor --repair or vmctl eject" ;;
	esac
	[ -z "$DRIFT" ] || out '  drift   %s\n' "$DRIFT"
	[ "$SEEN$UDC_NAME" != on-demand ] || out '  drive   %s\n' \
		"no drive until a medium is mounted"
	[ "$DRIVER" != vm-drive ] || out '  drive   %s %s\n' \
		"vm-drive, $READS reads, $WRITES writes, $ERRORS errors;" \
		"last: ${LAST:-none}; at $((${POSITION:-0} >> 20)) MiB"
	[ -z "$HOST" ] || out '  host    %s\n' "$HOST"
	for key in step url who label boot size device overlay note reason error \
		once; do
		! value_of $key || out '  %-7s %s\n' $key "$VALUE"
	done
	for key in expires idle degraded; do
		! left $key || out '  %-7s %s s left\n' $key "$VALUE"
	done
	source_text
}

# slot_line N TYPE: print the slot on one line.
slot_line() {
	see_slot "$1"
	value_of url || :
	[ "$STATE" != other ] || VALUE=$FILE
	if [ -n "$VALUE" ]; then
		out '%s  %-4s  %-12s  %s\n' "$1" "${TYPE:-$2}" "$STATE" "$VALUE"
	else
		out '%s  %-4s  %s\n' "$1" "${TYPE:-$2}" "$STATE"
	fi
}

# watch_slots: show the slots again each second, in place on a terminal.
watch_slots() {
	local clear_line text
	clear_line=$(printf '\033[K')
	[ ! -t 1 ] || is_plain || out '\033[2J'
	while :; do
		text=$(each_slot slot_text)
		if [ -t 1 ] && ! is_plain; then
			text=$(printf '%s\n' "$text" | sed "s/\$/$clear_line/")
			out '\033[H%s\n\033[J' "$text"
		else
			out '%s\n' "$text"
		fi
		sleep 1
	done
}

cmd_status() {
	parse "$@"
	[ -n "$QUIET" ] || warn_conf
	if [ -n "$QUIET" ]; then
		quiet_status
	elif [ -n "$WATCH" ]; then
		[ -z "$JSON" ] || misuse "--watch does not work with --json"
		watch_slots
	elif [ -n "$JSON" ]; then
		slots_json slot_json
	else
		each_slot slot_text
	fi
}

cmd_list() {
	parse "$@"
	warn_conf
	if [ -n "$JSON" ]; then slots_json line_json; else each_slot slot_line; fi
}
