# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What all parts of vmctl need: messages, the state of a slot, time, and how to
# run vm-fetchd. Sourced; PROG must be set, and TOOL to what people type to run
# it. A slot is a directory:
#
#   $RUN/N/lock       flock(2)ed by the vmctl that operates on slot N
#   $RUN/N/pid        flock(2)ed by the vm-slot that holds slot N; has its pid
#   $RUN/N/state      empty activating active degraded deactivating failed
#   $RUN/N/...        one value per file: url device size media label error cause
#                     client who (of a client that brings the image) reason (why
#                     the slot is degraded, or how it ended) expires idle degraded
#                     (in seconds of this machine's uptime) once ...
#   $RUN/N/request/   what vmctl asked for; holds secrets, only for root
#   $RUN/N/work/      sockets, FIFOs and pids; only for root
#   $RUN/tickets/     one file per ticket, named by its SHA-256; only for root
#
# Exit statuses are those of sysexits(3).

RUN=${VM_RUN_DIR:-/run/vmedia}
VALUE=			# what value_of() has read
ERROR=			# why vmctl fails, for --json
CAUSE=			# why, as a word of cause.sh; '' if the status tells it
export LC_ALL=C

EX_USAGE=64 EX_DATAERR=65 EX_NOINPUT=66 EX_UNAVAILABLE=69 EX_OSERR=71
EX_CANTCREAT=73 EX_IOERR=74 EX_TEMPFAIL=75 EX_NOPERM=77 EX_CONFIG=78

# --- messages -------------------------------------------------------------

# complain TEXT: print a line about a failure, after PROG unless TEXT begins
# with the name of a program. Keep it and CAUSE for --json, in a file because we
# may be a subshell.
complain() {
	[ "${VM_CAUSES:-}" != 1 ] || [ -z "$CAUSE" ] ||
		printf '%s: cause: %s\n' "$PROG" "$CAUSE" >&2
	case $1 in
	vm*:*) ;;
	*) set -- "$PROG: $1" ;;
	esac
	printf '%s\n' "$1" >&2
	[ -n "${JSON:-}" ] || return 0
	ERROR=${1#"$PROG: "}
	case $ERROR in vm-*:*) ERROR=${ERROR#vm-*: } ;; esac
	[ -z "$TEMP" ] ||
		printf '%s\n' "$CAUSE" "$ERROR" 2>/dev/null >"$TEMP/error" || :
}

# die STATUS[:CAUSE] MESSAGE...: the default of CAUSE is the usual one for
# STATUS.
die() {
	local status
	status=${1%:*}
	CAUSE=${1#"$status"} CAUSE=${CAUSE#:}
	shift
	complain "$PROG: $*"
	exit "$status"
}

# out FORMAT WORD...: printf to standard output. If the disk is full, fail with
# one message; sh would print one for each printf.
out() {
	# shellcheck disable=SC2059 # the format is the caller's
	printf "$@" 2>/dev/null || output_failed
}

# show_version: print the version of this program, which is that of vm-lock.
show_version() {
	local version
	version=$(vm-lock -V) || exit
	out '%s %s\n' "$PROG" "${version#vm-lock }"
}

output_failed() {
	ANSWERED=1 # there is no place for an answer
	die $EX_IOERR "unable to write standard output${DONE:+, but $DONE}"
}

# copy_failed STATUS: fail because awk or cat could not write. If SIGPIPE ended
# it, nobody reads any more: end without a message.
copy_failed() {
	[ "$1" -lt 128 ] || exit "$1"
	output_failed
}

# typed_words WORD...: print the words so that they can be typed again. `...`
# replaces a word that may be a secret, or that a shell would change.
typed_words() {
	local word words
	words=
	for word; do
		case $word in
		*[!A-Za-z0-9_./,+=%:-]*) word=... ;;
		*://*) ;;
		*:*) word=... ;;
		esac
		words="$words $word"
	done
	printf '%s\n' "$words"
}

# is_root: is root the effective user? Unlike id(1), this starts no process.
is_root() {
	local name effective
	while read -r name _ effective _; do
		[ "$name" != Uid: ] || break
	done </proc/self/status
	[ "$effective" = 0 ]
}

# need_root WORD...: fail unless root runs this verb, which changes something.
need_root() {
	is_root || die $EX_NOPERM \
		"only root can $VERB: run sudo $TOOL $VERB$(typed_words "$@")"
}

# need_part PROGRAM PACKAGE: fail unless PROGRAM of vmedia, from PACKAGE, is
# installed.
need_part() {
	command -v "$1" >/dev/null ||
		die $EX_UNAVAILABLE "unable to run $1: install $2"
}

# make_system_user USER: make a user for a program of ours, unless systemd has.
make_system_user() {
	id "$1" >/dev/null 2>&1 ||
		systemd-sysusers --inline "u $1 -" 2>/dev/null ||
		useradd -r -M -s /usr/sbin/nologin "$1" ||
		die $EX_OSERR "unable to make the user $1"
}

# misuse MESSAGE...: fail because the command line is wrong.
misuse() {
	die $EX_USAGE "$* (see $TOOL help${VERB:+ $VERB})"
}

# renamed TEXT PATH NAME: TEXT with NAME in place of PATH. People should read
# the name of the image where a program names our socket or device.
renamed() {
	case $1 in
	*"$2"*) printf '%s\n' "${1%%"$2"*}$3${1#*"$2"}" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

COLUMNS_LEFT=		# how wide a line of progress may be
NEXT_LINE=5		# seconds after which a plain terminal gets a line

# is_plain: is it a terminal without cursor movement?
is_plain() {
	case ${TERM:-dumb} in
	dumb) return 0 ;;
	*) return 1 ;;
	esac
}

# see_columns: set COLUMNS_LEFT.
see_columns() {
	[ -z "$COLUMNS_LEFT" ] || return 0
	COLUMNS_LEFT=$(stty size <&2 2>/dev/null)
	COLUMNS_LEFT=${COLUMNS_LEFT#* }
	[ "${COLUMNS_LEFT:-0}" -gt 1 ] || COLUMNS_LEFT=80
	# Some terminals begin a new line in the last column.
	COLUMNS_LEFT=$((COLUMNS_LEFT - 1))
}

# progress WHAT SECONDS: on a terminal only: one line that is drawn again, as
# wide as the terminal, or a new line every five seconds.
progress() {
	local line
	[ -t 2 ] || return 0
	line="$1 ... $2 s"
	if is_plain; then
		[ "$2" -ge $NEXT_LINE ] || return 0
		NEXT_LINE=$(($2 + 5))
		printf '%s\n' "$line" >&2
		return
	fi
	see_columns
	[ ${#line} -le $COLUMNS_LEFT ] || line=$(printf '%.*s ... %s s' \
		$((COLUMNS_LEFT - ${#2} - 7)) "$1" "$2")
	printf '\r\033[K%.*s' $COLUMNS_LEFT "$line" >&2
}

# progress_end: remove the line of progress.
progress_end() {
	NEXT_LINE=5
	[ ! -t 2 ] || is_plain || printf '\r\033[K' >&2
}

# --- words ---------------------------------------------------------------

# read_line: read a line of standard input into LINE, also a last one without
# its newline.
read_line() {
	IFS= read -r LINE || [ -n "$LINE" ]
}

# last_line FILE: set LINE to the last line of a short file. No process is
# started.
last_line() {
	local last
	last=
	while read_line; do
		last=$LINE
	done <"$1"
	LINE=$last
}

# is_slot WORD: is it a slot's number, 0 to 7?
is_slot() {
	case $1 in
	[0-7]) return 0 ;;
	*) return 1 ;;
	esac
}

NUMBER=			# what is_number() has read

# is_number WORD MAX: is it a number from 1 to MAX? Set NUMBER to it, without the
# zeros that would make it octal in arithmetic.
is_number() {
	NUMBER=${1#"${1%%[!0]*}"}
	case $NUMBER in
	'' | *[!0-9]* | ?????????*) return 1 ;;
	esac
	[ "$NUMBER" -le "$2" ]
}

# is_size WORD: is it a size, such as 500K, 2M or 1G?
is_size() {
	case ${1%[KMG]} in
	'' | *[!0-9]*) return 1 ;;
	esac
}

# is_sha256 WORD: is it 64 hexadecimal digits?
is_sha256() {
	case $1 in
	*[!0-9a-fA-F]*) return 1 ;;
	esac
	[ ${#1} = 64 ]
}

# seconds_in TIME: print TIME (90, 90s, 30m, 2h, 1d), at most a year, in
# seconds. False if it is not a time.
seconds_in() {
	local count unit
	count=${1%[smhd]}
	case $1 in
	*m) unit=60 ;;
	*h) unit=3600 ;;
	*d) unit=86400 ;;
	*) unit=1 ;;
	esac
	# In arithmetic, a leading 0 would mean an octal number.
	count=${count#"${count%%[!0]*}"}
	is_number "$count" $((31536000 / unit)) || return 1
	echo $((count * unit))
}

# mib_of BYTES: print them in MiB, with a fraction below 10 unless it is 0.
mib_of() {
	local tenths
	tenths=$((($1 * 10 + 524288) / 1048576))
	if [ $tenths -lt 100 ] && [ $((tenths % 10)) -gt 0 ]; then
		printf '%s.%s\n' $((tenths / 10)) $((tenths % 10))
	else
		printf '%s\n' $((tenths / 10))
	fi
}

# --- a slot's state -------------------------------------------------------

# read_value FILE: print the one line of a file, which may disappear at any
# moment. False if there is none. Starts no process.
read_value() {
	local line
	[ -f "$1" ] && { IFS= read -r line <"$1"; } 2>/dev/null &&
		printf '%s\n' "$line"
}

# get NAME: print a value of slot DIR. False if there is none.
get() {
	read_value "$DIR/$1"
}

# value_of NAME: set VALUE to a value of slot DIR, without any process, not even
# for $( ). False if there is none.
value_of() {
	VALUE=
	[ -f "$DIR/$1" ] && { IFS= read -r VALUE <"$DIR/$1"; } 2>/dev/null &&
		[ -n "$VALUE" ]
}

# put NAME VALUE: write a value of slot DIR, as one line that all may read. It
# is renamed into place, so that no reader sees half of it.
put() {
	local text
	text=$2
	case $text in
	*[[:cntrl:]]*) text=$(printf %s "$text" | tr -d '\000-\037\177') ;;
	esac
	umask 022
	printf '%s\n' "$text" 2>/dev/null >"$DIR/.$1.new" && mv "$DIR/.$1.new" "$DIR/$1"
	set -- $?
	umask 077
	return "$1"
}

# held: does a vm-slot run for slot DIR? The lock tells this; the pid in the
# file may belong to another process by now.
held() {
	vm-lock -t "$DIR/pid"
}

# is_locked FILE: does a process hold this lock of slot DIR? FILE may be `pid`.
# Fail if the user may not know.
is_locked() {
	vm-lock -t "$DIR/$1" 2>/dev/null
	case $? in
	0) return 0 ;;
	1) return 1 ;;
	*) die $EX_NOPERM "unable to read $DIR/$1: run vmctl as root" ;;
	esac
}

# is_in: is a medium inserted, as far as its vm-slot has said?
is_in() {
	value_of state
	case $VALUE in
	active | degraded) return 0 ;;
	*) return 1 ;;
	esac
}

# medium_reads: print how many reads the medium has served so far. They include
# the host's, as the first read of each block passes this machine's cache.
medium_reads() {
	local device reads
	if [ "$(get drive)" = own ]; then
		vm-gadget status -f reads "${DIR##*/}"
		return
	fi
	device=$(get device)
	read -r reads _ <"${VM_SYS:-/sys}/block/${device#/dev/}/stat" &&
		echo "$reads"
}

# has_module MODULE: does this kernel have it, loaded or not?
has_module() {
	[ -d "${VM_SYS:-/sys}/module/$1" ] || modprobe -n -q "$1" 2>/dev/null ||
		grep -qs "/$1.ko" "/lib/modules/$(uname -r)/modules.builtin"
}

# --- time -----------------------------------------------------------------

# now: print the uptime in seconds, a clock that nobody can set.
now() {
	local uptime
	read -r uptime _ </proc/uptime && echo "${uptime%.*}"
}

# pause: sleep between two looks at something. Some busybox cannot sleep for
# less than a second.
pause() {
	sleep 0.2 2>/dev/null || sleep 1
}

# wait_for SECONDS COMMAND...: wait until COMMAND succeeds; false if it has not
# after SECONDS, or up to a second more.
wait_for() {
	local deadline
	deadline=$(($(now) + $1))
	shift
	until "$@"; do
		[ "$(now)" -le $deadline ] || return 1
		pause
	done
}

# --- vm-fetchd ------------------------------------------------------------

# with_source REQUEST COMMAND...: run COMMAND, a vm-fetchd(1) with options, for
# the directory REQUEST. If STATS is set, vm-fetchd writes its statistics to that
# file. With COMMAND `exec ...` in the background, $! is the pid of the program
# itself.
with_source() {
	local request
	request=$1
	shift
	set -- "$@" -r "$request"
	# Before a mount, only look at the image. vm-slot then opens it for
	# writing, and has all of it verified, once.
	case ${VERB:-} in mount | renew) set -- "$@" -l ;; esac
	[ -z "${STATS:-}" ] || set -- "$@" "stats=$STATS"
	set -- "$@" "timeout=$TIMEOUT"
	"$@" 8>&-
}
