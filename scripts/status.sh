# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What is so in the slots, told to people and to programs. Sourced by vmctl,
# after slot.sh and request.sh.

# slot_state: what is so, by the lock and the kernel.
slot_state() {
	state=$(get state)
	case ${state:-empty} in
	empty | failed) echo "${state:-empty}" ;;
	*) if held; then echo "$state"; else echo failed; fi ;;
	esac
}

# json_string TEXT
json_string() {
	printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"
}

# slot_json N: the slot as a JSON object.
slot_json() {
	DIR=$RUN/$1
	printf '{"slot": %s, "state": "%s"' "$1" "$(slot_state)"
	for key in url device format label media error; do
		value=$(get $key) && [ -n "$value" ] &&
			printf ', "%s": %s' $key "$(json_string "$value")"
	done
	value=$(get size) && printf ', "size": %s' "$value"
	for key in type file ro udc state; do
		value=$(vm-gadget status -f $key "$1" 2>/dev/null) || continue
		case $key in
		state) key=host ;;
		file) key=inserted ;;
		esac
		printf ', "%s": %s' $key "$(json_string "$value")"
	done
	printf '}'
}

# slot_text N: the slot for people, its facts a line each.
slot_text() {
	DIR=$RUN/$1
	drive=$(vm-gadget status -f type "$1" 2>/dev/null)
	host=$(vm-gadget status -f state "$1" 2>/dev/null)
	printf 'slot %s: %s, %s\n' "$1" "${drive:-not set up}" "$(slot_state)"
	[ -z "$host" ] || printf '  host    %s\n' "$host"
	for key in step url label size device error; do
		value=$(get $key) && [ -n "$value" ] &&
			printf '  %-7s %s\n' $key "$value"
	done
	return 0
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
