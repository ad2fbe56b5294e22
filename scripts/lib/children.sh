# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The programs that a vm-slot runs, and the events by which it hears of them
# and of everything else: lines of one FIFO, for sh cannot wait for several
# things. Sourced by vm-slot, after common.sh.
#
#   ready NAME LINE     of a child, by vm-child(1); likewise
#   said NAME LINE
#   exit NAME STATUS
#   source WORD         how the source does: ok waiting down refused changed,
#                       and gone, of one that comes to us
#   eject [force]       by vmctl(8), as are
#   renew, reload

EVENT='' NAME='' REST=''	# the event: what, of which child, the rest

# open_events: the FIFO, of a vm-slot before us or our own.
open_events() {
	[ -p "$DIR/work/events" ] ||
		{ mkdir -p "$DIR/work" && mkfifo "$DIR/work/events"; } ||
		fail $EX_CANTCREAT "unable to make $DIR/work"
	exec 3<>"$DIR/work/events"
}

# spawn_for SECONDS NAME COMMAND...: start a child, for so long at most; 0 is
# for ever. It does not inherit our lock (8), which would outlive us in it.
spawn_for() {
	limit=$1 child=$2
	shift 2
	[ -z "$VERBOSE" ] || say "+ $*"
	rm -f "$DIR/work/said.$child"
	: >"$DIR/work/pid.$child"
	# In a shell of its own: ours would keep a record of each for ever.
	(vm-child -t "$limit" "$DIR/work/events" "$child" "$@" 3>&- 8>&- &)
}
spawn() {
	spawn_for 0 "$@"
}

# is_started NAME: it is not just being started.
is_started() {
	[ ! -f "$DIR/work/pid.$1" ] || [ -s "$DIR/work/pid.$1" ]
}

# child_pid NAME: its pid, if it lives and is ours (pids are used again); one
# that is just being started is waited for.
child_pid() {
	is_started "$1" || wait_for 2 is_started "$1" || :
	pid=$(read_value "$DIR/work/pid.$1") || return 1
	# The hooks' and power's names are their own; who they are does not
	# matter for longer than their limit.
	case $1-$(read_value "/proc/$pid/comm") in
	*-vm-* | *-sh | *-sleep | hook-?* | power-?*) echo "$pid" ;;
	*) return 1 ;;
	esac
}

is_gone() {
	[ -z "$(child_pid "$1")" ]
}

# stop_child NAME: end it, by force after two seconds, and see it gone.
stop_child() {
	stopped=$(child_pid "$1") || return 0
	kill -TERM "$stopped" 2>/dev/null
	until wait_for 2 is_gone "$1"; do
		kill -KILL "$stopped" 2>/dev/null
	done
}

# was_killed STATUS: of a child, as a shell has it.
was_killed() {
	[ "$1" -gt 128 ]
}

# find_lost [NAME...]: a vm-child that was killed took its command along, and
# tells nobody.
find_lost() {
	[ $# -gt 0 ] || set -- source attach writer medium again hook
	for child; do
		[ -s "$DIR/work/pid.$child" ] || continue
		child_pid $child >/dev/null && continue
		pause # or it is just about to tell
		[ -s "$DIR/work/pid.$child" ] || continue
		rm -f "$DIR/work/pid.$child"
		echo "exit $child 137" >&3
	done
}

# next_event: the next one, into EVENT, NAME and REST; talk is passed on.
next_event() {
	while IFS=' ' read -r EVENT NAME REST <&3; do
		case $EVENT-$NAME-$REST in
		# Killed: what it was not told is told to the next.
		exit-writer-1[3-9]? | exit-writer-2??) attend_writer ;;
		exit-writer-*) WRITER= ;;
		exit-hook-*) HOOKING= ;;
		said-source-"vm-fetchd: source: "*)
			EVENT=source NAME=${REST##* } REST=
			;;
		said-attach-"vm-nbd-attach: source: "*)
			EVENT=source NAME=${REST##* } REST=
			;;
		said-attach-"vm-nbd-attach: served: "*)
			know_server "${REST#*: served: }"
			;;
		esac
		[ "$EVENT" = said ] || return 0
		printf '%s\n' "$REST" >&2
		printf '%s\n' "$REST" >"$DIR/work/said.$NAME"
		case $REST in *": note: "*) note "${REST#*: note: }" ;; esac
	done
}

# know_server CLIENT WHO...: whose the source is, which comes to us.
know_server() {
	put client "${1%% *}"
	put who "${1#* }"
}

# note TEXT: for whoever mounts to know.
note() {
	[ -f "$DIR/step" ] || return 0
	notes=$(get note)
	put note "${notes:+$notes; }$1"
}

# fail STATUS WHY: end, with that as what is said of the slot.
fail() {
	STATUS=$1 ERROR=$2
	exit "$STATUS"
}

# The child at hand has ended and must not have: say what it said.
fail_by_child() {
	why=$(read_value "$DIR/work/said.$NAME")
	if [ "$REST" = 0 ] || [ "$REST" -gt 125 ]; then
		why="unable to go on: the $NAME process was ended ($REST)"
		REST=$EX_OSERR
	fi
	[ "$NAME" != probe ] || why=$(renamed "$why" "$(get device)" "$(get url)")
	fail "$REST" "$why"
}

# await NAME: until that child is ready (its line is in REST) or has done its
# work and ended.
await() {
	awaited=$1
	while next_event; do
		case $EVENT-$NAME-$REST in
		ready-"$awaited"-* | exit-"$awaited"-0) return 0 ;;
		exit-timer-*) fail $EX_TEMPFAIL \
			"gave up after ${seconds:-60} s while $(get step)" ;;
		exit-hook-*) next_hook ;;
		exit-*) fail_by_child ;;
		source-changed-*) hear_source changed ;;
		source-gone-*) fail $EX_TEMPFAIL "its source has ended" ;;
		eject-*) fail $EX_TEMPFAIL "ejected before it was inserted" ;;
		esac
	done
}
