# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# JSON, for --json: one object, whose first member is the number of the schema.
# A failure is an object, too: {"schema": 1, "error": {"status": NUMBER,
# "cause": WORD, "message": TEXT}}. A member without a value is null. Sourced by
# vmctl, after cause.sh.

ANSWERED=	# set once the object was printed

# An awk function that replaces each byte that is not part of UTF-8 (RFC 3629
# section 4) by ?, because a JSON text must be UTF-8.
# shellcheck disable=SC2034 # log.sh uses it, too
AWK_UTF8='
	function utf8(text,    out) {
		while (match(text, /[\200-\377]/)) {
			out = out substr(text, 1, RSTART - 1)
			text = substr(text, RSTART)
			if (match(text, /^([\302-\337]|\340[\240-\277]|[\341-\354\356\357][\200-\277]|\355[\200-\237]|\360[\220-\277][\200-\277]|[\361-\363][\200-\277][\200-\277]|\364[\200-\217][\200-\277])[\200-\277]/)) {
				out = out substr(text, 1, RLENGTH)
				text = substr(text, RLENGTH + 1)
			} else {
				out = out "?"
				text = substr(text, 2)
			}
		}
		return out text
	}'

# json_string TEXT: print it as a string, or null if it is empty.
json_string() {
	local text
	text=$1
	case $text in
	*[[:cntrl:]]*) text=$(printf %s "$text" | tr '\000-\037\177' ' ') ;;
	esac
	case $text in
	*[!\ -~]*) text=$(printf '%s\n' "$text" |
		awk "$AWK_UTF8"'{ print utf8($0) }') ;;
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

# json_begin, json_end: print the start and the end of the object.
json_begin() {
	ANSWERED=1
	out '{"schema": 1'
}

json_end() {
	out '}\n'
}

# json_changed true|false: print the whole answer of a verb that changes a slot.
json_changed() {
	json_begin
	out ', "changed": %s, "slot": %s' "$1" "$SLOT"
	json_end
}

# json_failure STATUS: print why vmctl fails, unless it has already answered, or
# a signal has ended it. False if nobody can read that.
json_failure() {
	[ "$1" != 0 ] && [ "$1" -lt 128 ] && [ -z "$ANSWERED" ] || return 0
	# If nobody reads the pipe, SIGPIPE ends this without a message.
	(
		trap - PIPE
		print_failure "$1"
	)
}

print_failure() {
	[ -n "$ERROR" ] || [ ! -f "$TEMP/error" ] || {
		read_line
		CAUSE=$LINE
		read_line
		ERROR=$LINE
	} <"$TEMP/error"
	json_begin
	out ', "error": {"status": %s, "cause": "%s", "message": ' "$1" \
		"${CAUSE:-$(usual_cause "$1")}"
	json_string "$ERROR"
	out '}'
	json_end
}
