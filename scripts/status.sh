# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What is so in the slots, told to people and to programs. Sourced by vmctl,
# after slot.sh and request.sh.

# slot_state: what is so, by the lock and the kernel. `other` is a medium that
# somebody has inserted without us.
slot_state() {
	state=$(get state)
	case ${state:-empty} in
	empty)
		file=$(vm-gadget status -f file "${DIR##*/}" 2>/dev/null)
		if [ -n "$file" ]; then echo other; else echo empty; fi
		;;
	failed) echo failed ;;
	*) if held; then echo "$state"; else echo failed; fi ;;
	esac
}

# json_string TEXT
json_string() {
	printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"
}

# stat_value NAME: of what vm-fetchd tells, in $stats: a word or a number and
# nothing else, because its plugin speaks to the network.
stat_value() {
	value=${stats#*\""$1\": "}
	value=${value%%[,\}]*}
	value=$(printf %s "$value" | tr -cd '0-9a-z.')
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
	DIR=$RUN/$1
	printf '{"slot": %s, "state": "%s"' "$1" "$(slot_state)"
	for key in url device format label media overlay note error; do
		value=$(get $key) && [ -n "$value" ] &&
			printf ', "%s": %s' $key "$(json_string "$value")"
	done
	value=$(get size) && printf ', "size": %s' "$value"
	for key in type file ro udc state; do
		value=$(vm-gadget status -f $key "$1" 2>/dev/null) || continue
		case $key in
		state) key=host ;;
		file) key=inserted ;;
		ro)
			[ "$value" = 1 ] && value=true || value=false
			printf ', "ro": %s' $value
			continue
			;;
		esac
		printf ', "%s": %s' $key "$(json_string "$value")"
	done
	source_json
	printf '}'
}

# slot_text N: the slot for people, its facts a line each.
slot_text() {
	DIR=$RUN/$1
	drive=$(vm-gadget status -f type "$1" 2>/dev/null)
	host=$(vm-gadget status -f state "$1" 2>/dev/null)
	state=$(slot_state)
	printf 'slot %s: %s, %s\n' "$1" "${drive:-not set up}" "$state"
	case $state in
	other) printf '  medium  %s\n' \
		"$(vm-gadget status -f file "$1" 2>/dev/null)" ;;
	failed) [ -f "$DIR/error" ] || printf '  error   %s\n' \
		"its vm-slot was killed: mount again, or eject" ;;
	esac
	[ -z "$host" ] || printf '  host    %s\n' "$host"
	for key in step url label size device overlay note error; do
		value=$(get $key) && [ -n "$value" ] &&
			printf '  %-7s %s\n' $key "$value"
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
	DIR=$RUN/$1
	printf '%s  %-4s  %-12s  %s\n' "$1" "$type" "$(slot_state)" "$(get url)"
}
