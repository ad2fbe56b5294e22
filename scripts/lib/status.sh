# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The state of the slots, printed for people and for programs. Sourced by vmctl,
# after config.sh.

# What see_slot() found out:
STATE=		# the state of the slot
DRIFT=		# what the kernel has that differs from what was made
TYPE=		# cd or disk; empty if the drive is not set up
FILE=		# what is inserted; ? if the kernel does not answer
RO=		# 1 if the drive is read-only
UDC_NAME=	# the USB device controller
HOST=		# its state

VALUE=		# what value_of() or left() found

# see_slot N: look at slot N. The state `other` means that another program than
# vmedia has inserted the medium.
see_slot() {
	local seen
	DIR=$RUN/$1
	[ ! -d "$RUN" ] || [ -x "$RUN" ] ||
		die $EX_NOPERM "unable to read $RUN: run vmctl as root"
	DRIFT=
	# If the medium does not answer, its name, which comes last, is missing.
	seen=$(vm-gadget status -f type,ro,udc,state,file "$1" 2>/dev/null ||
		echo '?')
	{
		IFS= read -r TYPE
		IFS= read -r RO
		IFS= read -r UDC_NAME
		IFS= read -r HOST
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

# see_drift: has somebody changed in the kernel what vmedia made?
see_drift() {
	value_of device
	if [ ! -e "${VM_SYS:-/sys}/block/${VALUE#/dev/}/pid" ]; then
		DRIFT="$VALUE is not attached"
	elif [ -z "$TYPE" ]; then
		DRIFT="the drive is gone"
	elif [ -z "$FILE" ]; then
		DRIFT="the drive is empty"
	elif [ "$FILE" != "$VALUE" ] && [ "$FILE" != '?' ]; then
		DRIFT="the drive holds $FILE, not $VALUE"
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

# json_string TEXT
json_string() {
	case $1 in
	*[\\\"]*) printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')" ;;
	*) printf '"%s"' "$1" ;;
	esac
}

# stat_value NAME STATS: print one value of the statistics of vm-fetchd. Only a
# word or a number is let through, because a process that speaks to the network
# wrote them.
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

# source_text: print how the source is doing.
source_text() {
	local stats
	stats=$(read_value "$DIR/stats") || return 0
	printf '  source  %s: %s KiB/s on %s connections, latency %s ms\n' \
		"$(stat_value source "$stats")" \
		$(($(stat_value rate "$stats") / 1024)) \
		"$(stat_value connections "$stats")" \
		"$(stat_value latency_ms "$stats")"
	printf '  reads   %s MiB read, %s MiB fetched; ' \
		"$(mib_of "$(stat_value read "$stats")")" \
		"$(mib_of "$(stat_value fetched "$stats")")"
	printf '%s hits, %s misses, %s retries\n' \
		"$(stat_value hits "$stats")" "$(stat_value misses "$stats")" \
		"$(stat_value retries "$stats")"
	printf '  map     %s\n' "$(draw_map "$(stat_value map "$stats")")"
}

# source_json: print the same as one more member of the slot's object.
source_json() {
	local stats key
	stats=$(read_value "$DIR/stats") || return 0
	printf ', "source": {"state": "%s"' "$(stat_value source "$stats")"
	for key in read fetched written hits misses retries connections rate \
		latency_ms; do
		printf ', "%s": %s' $key "$(stat_value $key "$stats")"
	done
	printf ', "map": "%s"}' "$(stat_value map "$stats")"
}

# slot_json N: print the slot as a JSON object.
slot_json() {
	local key
	see_slot "$1"
	printf '{"slot": %s, "state": "%s"' "$1" "$STATE"
	for key in url client who device format label boot media overlay note \
		reason error once; do
		value_of $key && printf ', "%s": %s' $key "$(json_string "$VALUE")"
	done
	[ -z "$DRIFT" ] || printf ', "drift": %s' "$(json_string "$DRIFT")"
	value_of size && printf ', "size": %s' "$VALUE"
	for key in expires idle; do
		left $key && printf ', "%s": %s' $key "$VALUE"
	done
	[ -z "$TYPE" ] || drive_json
	source_json
	printf '}'
}

drive_json() {
	local ro inserted
	[ "$RO" = 1 ] && ro=true || ro=false
	[ "$FILE" = '?' ] && inserted=null || inserted=$(json_string "$FILE")
	printf ', "type": "%s", "inserted": %s, "ro": %s, "udc": "%s", "host": "%s"' \
		"$TYPE" "$inserted" $ro "$UDC_NAME" "$HOST"
}

# next_json N: print the slot as one more of a list, after a comma.
next_json() {
	[ "$1" = "${SLOT:-0}" ] || printf ', '
	slot_json "$1"
}

# slot_text N: print the slot for people, one fact per line.
slot_text() {
	local key
	see_slot "$1"
	printf 'slot %s: %s, %s\n' "$1" "${TYPE:-not set up}" "$STATE"
	case $STATE in
	other) printf '  medium  %s\n' "$FILE" ;;
	failed) [ -f "$DIR/error" ] || printf '  error   %s\n' \
		"vm-slot was killed; run vmctl doctor --repair or vmctl eject" ;;
	esac
	[ -z "$DRIFT" ] || printf '  drift   %s\n' "$DRIFT"
	[ -z "$HOST" ] || printf '  host    %s\n' "$HOST"
	for key in step url who label boot size device overlay note reason error \
		once; do
		! value_of $key || printf '  %-7s %s\n' $key "$VALUE"
	done
	for key in expires idle; do
		! left $key || printf '  %-7s %s s left\n' $key "$VALUE"
	done
	source_text
}

# slot_line N TYPE: print the slot on one line.
slot_line() {
	see_slot "$1"
	value_of url || :
	[ "$STATE" != other ] || VALUE=$FILE
	printf '%s  %-4s  %-12s  %s\n' "$1" "${TYPE:-$2}" "$STATE" "$VALUE"
}

# watch_slots: show the slots again each second, in place on a terminal.
watch_slots() {
	local clear_line text
	clear_line=$(printf '\033[K')
	[ ! -t 1 ] || printf '\033[2J'
	while :; do
		text=$(each_slot slot_text)
		if [ -t 1 ]; then
			text=$(printf '%s\n' "$text" | sed "s/\$/$clear_line/")
			printf '\033[H%s\n\033[J' "$text"
		else
			printf '%s\n' "$text"
		fi
		sleep 1
	done
}

cmd_status() {
	parse "$@"
	warn_conf
	if [ -n "$WATCH" ]; then
		watch_slots
	elif [ -n "$JSON" ]; then
		printf '{"schema": 1, "slots": ['
		each_slot next_json
		printf ']}\n'
	else
		each_slot slot_text
	fi
}

cmd_list() {
	parse "$@"
	warn_conf
	each_slot slot_line
}
