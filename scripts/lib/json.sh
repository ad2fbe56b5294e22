# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# JSON, for --json: one object, whose first member is the number of the schema.
# A failure is an object, too: {"schema": 1, "error": TEXT, "status": NUMBER}.
# What has no value is null. Sourced by vmctl, after common.sh.

ANSWERED=	# set once the object was printed

# json_string TEXT: print it as a string, or null if it is empty.
json_string() {
	local text
	text=$1
	case $text in
	*[[:cntrl:]]*) text=$(printf %s "$text" | tr '\000-\037\177' ' ') ;;
	esac
	case $text in
	'') out null ;;
	*[\\\"]*) out '"%s"' "$(printf %s "$text" | sed 's/[\\"]/\\&/g')" ;;
	*) out '"%s"' "$text" ;;
	esac
}

# json_number TEXT: print it, or null if it is empty.
json_number() {
	out '%s' "${1:-null}"
}

# json_begin, json_end: what stands around the members of the object.
json_begin() {
	ANSWERED=1
	out '{"schema": 1'
}

json_end() {
	out '}\n'
}

# json_changed true|false: the whole answer of a verb that changes a slot.
json_changed() {
	json_begin
	out ', "changed": %s, "slot": %s' "$1" "$SLOT"
	json_end
}

# json_failure STATUS: print why vmctl fails, unless it has already answered, or
# a signal has ended it.
json_failure() {
	[ "$1" != 0 ] && [ "$1" -lt 128 ] && [ -z "$ANSWERED" ] || return 0
	[ -n "$ERROR" ] || [ ! -f "$TEMP/error" ] ||
		ERROR=$(cat "$TEMP/error")
	json_begin
	out ', "error": '
	json_string "$ERROR"
	out ', "status": %s' "$1"
	json_end
}
