# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The cause of a failure: one word for programs, where an exit status is too
# coarse and a message is for people. vmctl(8) describes the words; the C
# programs take them from lib/base/cause.h, and print them in lines "PROGRAM:
# cause: WORD" if VM_CAUSES is 1. Sourced by vmctl, after common.sh.

CAUSES='name unreachable tls credentials forbidden missing ranges server
	not-image too-large type busy locked timeout changed usage internal'
HEARD=			# the message that hear() has found

# is_cause WORD
is_cause() {
	local word
	for word in $CAUSES; do
		[ "$1" != "$word" ] || return 0
	done
	return 1
}

# usual_cause STATUS: print the cause of most failures with that exit status.
usual_cause() {
	case $1 in
	"$EX_USAGE") echo usage ;;
	"$EX_DATAERR") echo not-image ;;
	"$EX_NOINPUT") echo missing ;;
	68) echo name ;;
	"$EX_TEMPFAIL") echo busy ;;
	76) echo server ;;
	"$EX_NOPERM") echo forbidden ;;
	*) echo internal ;;
	esac
}

# hear: read what a program has said from standard input. Set HEARD to its last
# line, and CAUSE to the cause that it has told, or to nothing.
hear() {
	HEARD='' CAUSE=''
	while read_line; do
		case $LINE in
		*[!a-z-]*": cause: "*) HEARD=$LINE ;;
		*": cause: "*) CAUSE=${LINE##*: cause: } ;;
		*) HEARD=$LINE ;;
		esac
	done
	[ -z "$CAUSE" ] || is_cause "$CAUSE" || CAUSE=
}

# hear_text TEXT: the same for a text.
hear_text() {
	hear <<-END
		$1
	END
}

# fail_as STATUS TEXT: exit with the status and the message of a program.
fail_as() {
	hear_text "$2"
	complain "$HEARD"
	exit "$1"
}
