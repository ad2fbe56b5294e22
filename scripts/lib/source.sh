# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A vm-fetchd that vmctl starts itself, to look at an image or to serve it.
# CHILD is its pid. Sourced by vmctl, after common.sh.

WORK='' LATE=''	# what work_at_hand() has found

# wait_child: wait until CHILD ends, and return its status.
wait_child() {
	local status
	wait "$CHILD"
	status=$?
	CHILD=
	return $status
}

# was_killed STATUS: write the reason if a signal has ended the program, which
# could not do that itself; for example, memory may be short. Return the status
# to exit with.
was_killed() {
	[ "$1" -gt 128 ] || return "$1"
	printf '%s\n' "$PROG: a program that reads $URL was killed by signal $(($1 - 128)):\
 is there enough memory?" >"$TEMP/said"
	return $EX_OSERR
}

# gave_up WORK CAUSE: end a vm-fetchd that has not finished WORK within TIMEOUT.
gave_up() {
	progress_end
	end_source
	printf '%s\n' "$PROG: cause: $2" \
		"$PROG: gave up after $TIMEOUT s while $1" >"$TEMP/said"
	return $EX_TEMPFAIL
}

# work_at_hand: set WORK to what vm-fetchd is doing, judging by its last line, and
# LATE to the cause if that takes too long.
work_at_hand() {
	last_line "$TEMP/said"
	LATE=timeout
	case $LINE in
	*": waiting: "*)
		WORK="connecting to $URL: ${LINE#*: waiting: }" LATE=server ;;
	*": verifying: "*) WORK="verifying $URL: ${LINE#*: verifying: }" ;;
	*": decompressing: "*)
		WORK="decompressing $URL: ${LINE#*: decompressing: }"
		;;
	*": downloading: "*) WORK="downloading $URL: ${LINE#*: downloading: }" ;;
	*) WORK="connecting to $URL" ;;
	esac
}

# start_source [OPTION...]: start vm-fetchd in the background and wait for its
# first line, in $TEMP/ready. On failure return its status; the last line of
# $TEMP/said says why. (timeout(1) of busybox leaves a process behind, so it is
# not used.)
start_source() {
	local start elapsed
	: >"$TEMP/ready"
	: >"$TEMP/said"
	# shellcheck disable=SC2086 # one word, or none
	with_source "$REQ" exec $APART env VM_CAUSES=1 vm-fetchd "$@" -p \
		>"$TEMP/ready" 2>"$TEMP/said" &
	CHILD=$!
	start=$(now)
	while [ ! -s "$TEMP/ready" ] && kill -0 $CHILD 2>/dev/null; do
		elapsed=$(($(now) - start))
		work_at_hand
		if [ $elapsed -ge "$TIMEOUT" ]; then
			gave_up "$WORK" $LATE
			return
		fi
		progress "$WORK" $elapsed
		pause
	done
	progress_end
	[ -s "$TEMP/ready" ] || { wait_child || was_killed $?; }
}

# source_failed STATUS: print the reason that vm-fetchd gave, and exit.
source_failed() {
	hear <"$TEMP/said"
	complain "$(with_remedy "$HEARD")"
	exit "$1"
}

# need_source [OPTION...]: start_source(), or exit with the reason.
need_source() {
	start_source "$@" || source_failed $?
}

end_source() {
	[ -n "$CHILD" ] || return 0
	kill -"$CHILD_END" "$CHILD" 2>/dev/null
	wait "$CHILD" 2>/dev/null
	CHILD=
}

# run_source COMMAND...: run COMMAND while the image is served at $TEMP/nbd. On
# failure print one line about it, and return its status.
run_source() {
	local status
	if start_source -U "$TEMP/nbd"; then
		VM_CAUSES=1 "$@" 2>"$TEMP/said"
		status=$?
		end_source
		[ $status != 141 ] || exit 141 # nobody reads what it prints
		was_killed $status || status=$?
	else
		status=$?
	fi
	[ $status != 0 ] || return 0
	hear <"$TEMP/said"
	complain "$(with_remedy "$(renamed "$HEARD" "$TEMP/nbd" "$URL")")"
	return $status
}

# probe_source [OPTION...]: print what vm-probe says about the image.
probe_source() {
	set -- vm-probe -t "$(read_value "$REQ/type")" "$@"
	[ -z "$DVD" ] || set -- "$@" -D
	case $(read_value "$REQ/drive") in own | auto) set -- "$@" -O ;; esac
	run_source "$@" "$TEMP/nbd"
}
