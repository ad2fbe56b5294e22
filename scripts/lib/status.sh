# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What is so in the slots, told to people and to programs. Sourced by vmctl,
# after common.sh and config.sh.

STATE='' DRIFT=''		# of the slot that was looked at
# What the kernel says of it; FILE is ? where it does not answer.
TYPE='' FILE='' RO='' UDC_NAME='' HOST=''

# value_of NAME: a value of slot DIR into VALUE; false where there is none. No
# process is needed, and a BMC is glad of that.
value_of() {
	VALUE=
	[ -f "$DIR/$1" ] && { IFS= read -r VALUE <"$DIR/$1"; } 2>/dev/null &&
		[ -n "$VALUE" ]
}

# see_slot N: what is so, by the lock and the kernel, into the globals above.
# The state `other` is a medium that somebody has inserted without us.
see_slot() {
	DIR=$RUN/$1
	DRIFT=
	# A medium that does not answer hides its name, which comes last.
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
	activating) held || vm-lock -t "$DIR/lock" || STATE=failed ;;
	*) held || STATE=failed ;;
	esac
	case $STATE in active | degraded) see_drift ;; esac
}

# see_drift: where the kernel has something else than what we have made.
see_drift() {
	value_of device
	if [ ! -e "${VM_SYS:-/sys}/block/${VALUE#/dev/}/pid" ]; then
		DRIFT="$VALUE is not attached"
	elif [ -z "$TYPE" ]; then
		DRIFT="the drive is gone"
	elif [ -z "$FILE" ]; then
		DRIFT="the drive is empty"
	elif [ "$FILE" != "$VALUE" ] && [ "$FILE" != '?' ]; then
		DRIFT="the drive holds $FILE, and not $VALUE"
	elif [ "$RO" = 1 ] && [ -f "$DIR/request/writable" ]; then
		DRIFT="the drive is read-only, and was to be written to"
	fi
}

# left FILE: the seconds until the moment that it holds.
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

# stat_value NAME: of what vm-fetchd tells, in $stats: a word or a number and
# nothing else, because its plugin speaks to the network.
stat_value() {
	value=${stats#*\""$1\": "}
	value=${value%%[,\}]*}
	value=${value#\"} value=${value%\"}
	case $value in
	*[!0-9a-z.]*) value=$(printf %s "$value" | tr -cd '0-9a-z.') ;;
	esac
	printf '%s\n' "${value:-0}"
}

# draw_map: the map of what was fetched in 64 columns.
draw_map() {
	stat_value map | awk '{
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

# source_text: how the source does, for people.
source_text() {
	stats=$(read_value "$DIR/stats") || return 0
	mib=1048576
	printf '  source  %s: %s KiB/s on %s connections, latency %s ms\n' \
		"$(stat_value source)" $(($(stat_value rate) / 1024)) \
		"$(stat_value connections)" "$(stat_value latency_ms)"
	printf '  reads   %s MiB read, %s MiB fetched; %s hits, %s misses, %s retries\n' \
		$(($(stat_value read) / mib)) $(($(stat_value fetched) / mib)) \
		"$(stat_value hits)" "$(stat_value misses)" \
		"$(stat_value retries)"
	printf '  map     %s\n' "$(draw_map)"
}

# source_json: the same, as one more member of the slot's object.
source_json() {
	stats=$(read_value "$DIR/stats") || return 0
	printf ', "source": {"state": "%s"' "$(stat_value source)"
	for key in read fetched written hits misses retries connections rate \
		latency_ms; do
		printf ', "%s": %s' $key "$(stat_value $key)"
	done
	printf ', "map": "%s"}' "$(stat_value map)"
}

# slot_json N: the slot as a JSON object.
slot_json() {
	see_slot "$1"
	printf '{"slot": %s, "state": "%s"' "$1" "$STATE"
	for key in url client who device format label media overlay note \
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
	[ "$RO" = 1 ] && ro=true || ro=false
	[ "$FILE" = '?' ] && inserted=null || inserted=$(json_string "$FILE")
	printf ', "type": "%s", "inserted": %s, "ro": %s, "udc": "%s", "host": "%s"' \
		"$TYPE" "$inserted" $ro "$UDC_NAME" "$HOST"
}

# slot_text N: the slot for people, its facts a line each.
slot_text() {
	see_slot "$1"
	printf 'slot %s: %s, %s\n' "$1" "${TYPE:-not set up}" "$STATE"
	case $STATE in
	other) printf '  medium  %s\n' "$FILE" ;;
	failed) [ -f "$DIR/error" ] || printf '  error   %s\n' \
		"its vm-slot was killed: vmctl doctor --repair, or eject" ;;
	esac
	[ -z "$DRIFT" ] || printf '  drift   %s\n' "$DRIFT"
	[ -z "$HOST" ] || printf '  host    %s\n' "$HOST"
	for key in step url who label size device overlay note reason error once; do
		! value_of $key || printf '  %-7s %s\n' $key "$VALUE"
	done
	for key in expires idle; do
		! left $key || printf '  %-7s %s s left\n' $key "$VALUE"
	done
	source_text
}

# each_slot COMMAND: for the slot that was asked for, or all.
each_slot() {
	n=0
	for type in $TYPES; do
		[ "${SLOT:-$n}" != $n ] || "$1" $n
		n=$((n + 1))
	done
}

comma_json() {
	printf '%s' "$separator"
	slot_json "$1"
	separator=', '
}

# slot_line N: the slot on one line. Its type is each_slot's.
slot_line() {
	see_slot "$1"
	value_of url || :
	printf '%s  %-4s  %-12s  %s\n' "$1" "$type" "$STATE" "$VALUE"
}
