# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vmctl and vm-slot both know of a slot: where its state lies and how it
# is written. Sourced; PROG must be set.
#
#   $RUN/N/lock       flock(2)ed by who operates on slot N (vmctl)
#   $RUN/N/pid        flock(2)ed by the vm-slot that holds slot N, and its pid
#   $RUN/N/state      empty activating active degraded deactivating failed
#   $RUN/N/...        one value a file: url device size media label error
#                     client who (of a source that comes to us)
#                     reason (why it is degraded, or how it ended) expires idle
#                     (in seconds of this machine's uptime) once ...
#   $RUN/N/request/   what was asked, secrets among it; root's alone
#   $RUN/N/work/      sockets, FIFO and pids; root's alone
#   $RUN/tickets/     who may come in from the network: a file for each ticket,
#                     by the SHA-256 of it; root's alone
#
# Exit statuses are those of sysexits(3).

RUN=${VM_RUN_DIR:-/run/vmedia}
export LC_ALL=C

EX_USAGE=64 EX_DATAERR=65 EX_NOINPUT=66 EX_UNAVAILABLE=69 EX_OSERR=71
EX_CANTCREAT=73 EX_IOERR=74 EX_TEMPFAIL=75 EX_NOPERM=77 EX_CONFIG=78

# die STATUS MESSAGE...
die() {
	status=$1
	shift
	printf '%s: %s\n' "$PROG" "$*" >&2
	exit "$status"
}

misuse() {
	die $EX_USAGE "$* (vmctl help tells how it is used)"
}

# is_slot WORD: a slot's number, 0 to 7.
is_slot() {
	case $1 in
	[0-7]) return 0 ;;
	*) return 1 ;;
	esac
}

# read_value FILE: the one line of a file, or nothing, also where it goes away
# at that moment. No process is needed.
read_value() {
	[ -f "$1" ] && { IFS= read -r line <"$1"; } 2>/dev/null &&
		printf '%s\n' "$line"
}

# read_line: of our input, into line, with a newline at its end or without.
read_line() {
	IFS= read -r line || [ -n "$line" ]
}

# get NAME: a value of slot DIR, or nothing.
get() {
	read_value "$DIR/$1"
}

# put NAME VALUE: written whole, readable by all, one line of plain text.
put() {
	text=$2
	case $text in
	*[[:cntrl:]]*) text=$(printf %s "$text" | tr -d '\000-\037\177') ;;
	esac
	(umask 022 && printf '%s\n' "$text" >"$DIR/.$1.new") &&
		mv "$DIR/.$1.new" "$DIR/$1"
}

# held: is there a living vm-slot in DIR? Its lock tells, not its pid, which
# may be another's by now.
held() {
	vm-lock -t "$DIR/pid"
}

# is_in: is a medium of ours in, as far as its vm-slot has said?
is_in() {
	case $(get state) in
	active | degraded) return 0 ;;
	*) return 1 ;;
	esac
}

# medium_reads: how many reads the inserted device has served, ever. The host's
# are among them, whose first of each block goes past this machine's cache.
medium_reads() {
	device=$(get device)
	read -r reads _ <"${VM_SYS:-/sys}/block/${device#/dev/}/stat" &&
		echo "$reads"
}

# medium_requests: reads and writes, ever, in one word.
medium_requests() {
	device=$(get device)
	read -r reads _ _ _ writes _ \
		<"${VM_SYS:-/sys}/block/${device#/dev/}/stat" &&
		echo "$reads+$writes"
}

# shorten_log: it lies in memory, as a rule. In place, for who has it open.
LOG_MAX=65536	# bytes
shorten_log() {
	[ -f "$DIR/log" ] && [ "$(wc -c <"$DIR/log")" -gt $LOG_MAX ] || return 0
	tail -c $((LOG_MAX / 2)) "$DIR/log" >"$DIR/.log.new" &&
		cat "$DIR/.log.new" >"$DIR/log"
	rm -f "$DIR/.log.new"
}

# renamed TEXT PATH NAME: TEXT with NAME where it has PATH. What a program says
# of our socket or device is about the image, for people.
renamed() {
	case $1 in
	*"$2"*) printf '%s\n' "${1%%"$2"*}$3${1#*"$2"}" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# now: seconds, by a clock that nobody sets.
now() {
	read -r uptime _ </proc/uptime && echo "${uptime%.*}"
}

# pause: a moment; what is looked at meanwhile costs a small machine more than
# that. Not every busybox sleeps for less than a second.
pause() {
	sleep 0.2 2>/dev/null || sleep 1
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds; false when that took
# longer, by up to a second.
wait_for() {
	deadline=$(($(now) + $1))
	shift
	until "$@"; do
		[ "$(now)" -le $deadline ] || return 1
		pause
	done
}

# progress WHAT SECONDS: on a terminal only.
progress() {
	[ ! -t 2 ] || printf '\r\033[K%s ... %s s' "$1" "$2" >&2
}
progress_end() {
	[ ! -t 2 ] || printf '\r\033[K' >&2
}

# with_source REQUEST COMMAND...: run COMMAND with the parameters of
# vm-fetchd(1) that a request directory asks for, and stats in $STATS; those of
# a medium that is written to only with TO_WRITE. Secrets go by the names of
# their files. With COMMAND `exec ...` a background job's pid is its own.
with_source() {
	request=$1
	shift
	set -- "$@" "url=+$request/url"
	for key in cacert cert key netrc; do
		[ ! -f "$request/$key" ] || set -- "$@" "$key=$request/$key"
	done
	for key in user password proxy; do
		[ ! -f "$request/$key" ] || set -- "$@" "$key=+$request/$key"
	done
	keys='domain noproxy insecure cache connections outage limit-rate'
	# Who only looks at the image makes no overlay, and takes no lock of one.
	[ -z "${TO_WRITE:-}" ] || keys="$keys overlay overlay-size"
	for key in $keys; do
		[ ! -f "$request/$key" ] ||
			set -- "$@" "$key=$(read_value "$request/$key")"
	done
	# With an overlay the image itself is left as it is.
	[ -z "${TO_WRITE:-}" ] || [ ! -f "$request/writable" ] ||
		[ -f "$request/overlay" ] || set -- "$@" writable=1
	# vmctl has looked where its links lead.
	case $(read_value "$request/url") in
	/*) set -- "$@" no-links=1 ;;
	esac
	[ -z "${STATS:-}" ] || set -- "$@" "stats=$STATS"
	"$@"
}
