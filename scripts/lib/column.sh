# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The column of a slot: source -> attach -> probe -> insert, made step by step
# and undone in any state. A source that is served comes to attach by itself.
# Sourced by vm-slot, after children.sh.

END_SECONDS=5	# between two looks at who is lost, at an end
STUCK=		# the source does not answer, known before teardown
FORCED=		# the eject was forced: nothing is waited for
WRITER=		# somebody writes out what the host wrote

# asked NAME: what was asked for, or nothing.
asked() {
	read_value "$DIR/request/$1"
}

# is_writable: may the host write to its drive?
is_writable() {
	[ -f "$DIR/request/writable" ]
}

# is_served: does the source come to us, brought by vm-nbd-attach -j?
is_served() {
	[ -f "$DIR/request/served" ]
}

# --- starting -------------------------------------------------------------

# spawn_source, spawn_attach [OPTION...]: for the first time, or again.
spawn_source() {
	STATS=$DIR/stats
	rm -f "$STATS"
	TO_WRITE=1
	with_source "$DIR/request" spawn source vm-fetchd -U "$DIR/work/nbd"
}
spawn_attach() {
	outage=$(asked outage) && set -- "$@" -o "$outage"
	is_writable || set -- "$@" -r
	! is_served || set -- "$@" -l
	spawn attach vm-nbd-attach "$@" "$DIR/work/nbd"
}

start_source() {
	overlay=$(asked overlay) && put overlay "$overlay"
	spawn_source
	await source
}

start_attach() {
	spawn_attach
	await attach
	put device "$REST"
	! is_writable || attend_writer
}

# attend_writer: what the host wrote and is not written out has somebody.
attend_writer() {
	child_pid writer >/dev/null || spawn writer vm-nbd-attach -W "$(get device)"
	WRITER=1
}

# attend_medium: somebody tells when the drive is empty, what the port's state
# is, and every few seconds that time has passed.
attend_medium() {
	child_pid medium >/dev/null || spawn medium vm-gadget wait -t "$TICK" "$SLOT"
}

# other_slot TYPE: the slots whose drive is of that type, as a remedy.
other_slot() {
	for other in 0 1 2 3 4 5 6 7; do
		[ "$(vm-gadget status -f type $other 2>/dev/null)" != "$1" ] ||
			printf ' %s' "-s $other or"
	done
}

# What is it? The type it goes in as must be that of the slot's drive.
probe_medium() {
	drive=$(vm-gadget status -f type "$SLOT" 2>/dev/null) || fail \
		$EX_UNAVAILABLE "slot $SLOT is not set up: see vm-gadget setup"
	type=$(asked type)
	set -- vm-probe -t "${type:-auto}"
	[ ! -f "$DIR/request/dvd" ] || set -- "$@" -D
	# shellcheck disable=SC2016 # for the new sh to expand
	spawn probe sh -c 'exec "$@" >"$0"' "$DIR/work/probe" \
		"$@" "$(get device)"
	await probe
	while IFS= read -r line; do
		case $line in
		format:* | label:* | media:* | size:*)
			put "${line%%:*}" "${line#*: }" ;;
		warning:*)
			say "${line#*: }"
			note "${line#*: }"
			;;
		esac
	done <"$DIR/work/probe"
	media=$(get media)
	[ "$media" = "$drive" ] || [ -f "$DIR/request/retype" ] || fail \
		$EX_DATAERR "the image is a $media and slot $SLOT a $drive drive: use$(other_slot "$media") --retype"
}

insert_medium() {
	set -- -t "$(get media)"
	[ ! -f "$DIR/request/dvd" ] || set -- "$@" -D
	[ ! -f "$DIR/request/retype" ] || set -- "$@" -R
	! is_writable || set -- "$@" -w
	# From here on reads are the host's: udev has had its look.
	! command -v udevadm >/dev/null || udevadm settle -t 5
	put reads "$(medium_reads)"
	spawn insert vm-gadget insert "$@" "$SLOT" "$(get device)"
	await insert
	attend_medium
}

# step WHAT COMMAND: named, so that a watcher sees where it hangs.
step() {
	put step "$1"
	"$2"
}

activate() {
	put state activating
	seconds=$(get timeout)
	spawn timer sleep "${seconds:-60}"
	if is_served; then
		step "waiting for $(get url)" start_attach
	else
		step "connecting to $(get url)" start_source
		step "attaching the block device" start_attach
	fi
	step "reading what the image is" probe_medium
	step "inserting the medium" insert_medium
	stop_child timer
	rm -f "$DIR/step"
}

# --- taking over ----------------------------------------------------------

# is_there: is the column of a vm-slot before us as it was left? (A drive that
# is empty: the host has ejected it since, which is for live() to notice.)
is_there() {
	is_in && device=$(get device) && [ -p "$DIR/work/events" ] &&
		[ -e "${VM_SYS:-/sys}/block/${device#/dev/}/pid" ] || return 1
	case $(vm-gadget status -f file "$SLOT" 2>/dev/null) in
	"$device" | '') ;;
	*) return 1 ;;
	esac
}

# adopt: go on with it. Whoever of it lives has not noticed; a source that does
# not is waited for like one that is away.
adopt() {
	device=$(get device)
	is_served || child_pid source >/dev/null || spawn_source
	child_pid attach >/dev/null || spawn_attach -a "$device"
	! is_writable || attend_writer
	attend_medium
	rm -f "$DIR/work/reload"
}

# --- undoing --------------------------------------------------------------

# Empty the drive by force. A source that does not answer holds up the write
# behind the host's read; without its block device both end.
empty_drive() {
	[ "$(vm-gadget status -f file "$SLOT" 2>/dev/null)" = "$1" ] ||
		return 0
	[ -z "$STUCK" ] && vm-gadget eject -f -T 1 "$SLOT" && return
	vm-nbd-attach -D "$1"
	vm-gadget eject -f -T 2 "$SLOT"
}

# end_writer: have it write out once more, and end. One that has just begun is
# ended by that before it has written; it is told again when it is ready.
end_writer() {
	! pid=$(child_pid writer) || kill -TERM "$pid"
}

# attend_end NAME: at an end nobody else tells that this one was lost.
attend_end() {
	find_lost "$1"
	child_pid clock >/dev/null || spawn clock sleep $END_SECONDS
}

# write_out: what the host wrote, once the drive is empty; unless nothing is
# waited for. The writer's end tells whether it is kept, and may be among the
# events already.
write_out() {
	[ -n "$WRITER" ] || return 0
	if [ -n "$FORCED$STUCK" ]; then
		say "not waited for what the host wrote last: some of it may be lost"
		return 0
	fi
	end_writer
	attend_end writer
	while [ -n "$WRITER" ] && [ -z "$FORCED" ] && next_event; do
		case $EVENT-$NAME in
		eject-force) FORCED=1 ;;
		exit-clock) attend_end writer ;;
		ready-writer) end_writer ;;
		exit-writer)
			[ -z "$WRITER$ERROR" ] && [ "$REST" != 0 ] || continue
			why=$(read_value "$DIR/work/said.writer")
			STATUS=$EX_IOERR
			ERROR=${why:-"unable to write out $device: the writer ended ($REST)"}
			;;
		esac
	done
}

# Undo whatever there is, in any state, as often as it is called.
teardown() {
	device=$(get device)
	[ -z "$device" ] || empty_drive "$device"
	for child in timer clock medium insert power again; do
		stop_child $child
	done
	write_out
	! pid=$(child_pid writer) || kill -KILL "$pid"
	# The block device first: a process whose read does not end cannot.
	[ -z "$device" ] || vm-nbd-attach -D "$device"
	for child in clock probe writer attach source; do
		stop_child $child
	done
	(cd "$DIR" && rm -f device size format label media reads step stats \
		overlay note expires idle once client who)
}
