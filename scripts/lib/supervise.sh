# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A slot that is in: what dies is started again, what the source and the host
# do becomes the slot's state, and what was asked for ends it in time. Sourced
# by vm-slot, after column.sh.

TICK=5			# seconds between two looks at the limits
WATCH=60		# ... and at who is to tell of what
DEATHS_MAX=5		# in a row, each so soon after the one before,
DEATHS_SECONDS=15	# ... that it is no use
PAUSE_MAX=10		# seconds between two tries of what refuses

DEATHS=0 DIED=0		# how many, and when the last one
PAUSE=0			# the last one
SOURCE=			# how the source does: a word of vm-fetchd's, or starting
COUNTED=''		# the drive's requests, when it was last not idle

# --- what dies ------------------------------------------------------------

# again NAME: start that part of the column once more, beside all the rest;
# unless it lives. (Its end may be told of one before, of a vm-slot before us.)
again() {
	! child_pid "$1" >/dev/null || return 0
	case $1 in
	source)
		SOURCE=starting
		spawn_source
		;;
	attach) spawn_attach -a "$(get device)" ;;
	medium) attend_medium ;;
	esac
}

# restart NAME: it ended, its status is REST, and must not have. One that was
# killed is started again at once, but not for ever; a source that refuses now
# will be asked again for as long as it takes.
restart() {
	if was_killed "$REST"; then
		time=$(now)
		[ $((time - DIED)) -lt $DEATHS_SECONDS ] || DEATHS=0
		DIED=$time DEATHS=$((DEATHS + 1))
		if [ $DEATHS -gt $DEATHS_MAX ]; then
			END=failed
			fail_by_child
		fi
		say "the $1 process was ended ($REST): starting it again"
		again "$1"
		settle
		return
	fi
	case $1-$REST in
	source-6[89] | source-7[14567])
		PAUSE=$((PAUSE + 2))
		[ $PAUSE -le $PAUSE_MAX ] || PAUSE=$PAUSE_MAX
		SOURCE=refused
		spawn again sleep $PAUSE
		settle
		;;
	*)
		END=failed
		fail_by_child
		;;
	esac
}

# attend_clock, watch: whoever tells of all the others may be lost as well.
attend_clock() {
	child_pid clock >/dev/null || spawn clock sleep $WATCH
}
watch() {
	find_lost
	shorten_log
	attend_clock
}

# --- the state ------------------------------------------------------------

# hear_source WORD: how the source does now.
hear_source() {
	SOURCE=$1
	[ "$1" != ok ] || PAUSE=0
	if [ "$1" = changed ]; then
		END=failed
		fail $EX_DATAERR "the image changed on the server"
	fi
	[ "$1" != gone ] || over "its source has ended"
	settle
}

# check_source: a word of it may be lost, where nobody has read for hours.
check_source() {
	stats=$(get stats) && child_pid source >/dev/null || return 0
	word=${stats#*\"source\": \"}
	word=${word%%\"*}
	[ "$word" = "$SOURCE" ] || hear_source "$word"
}

# settle: the state that follows, and who is to know when it is another. What
# is waited for is no reason yet.
settle() {
	case $SOURCE in
	down)
		why="the source does not answer"
		! is_served || why="the source has gone away"
		;;
	refused) why="the source refuses: $(read_value "$DIR/work/said.source" || echo 'see vmctl renew')" ;;
	*) why= ;;
	esac
	was=$(get state)
	if [ -n "$why" ]; then
		put reason "$why"
		[ "$was" != degraded ] || return 0
		put state degraded
		say "degraded: $why"
		hook degraded
	elif [ "$SOURCE" = ok ] && [ "$was" != active ]; then
		rm -f "$DIR/reason"
		put state active
		say "the source is back"
		hook recovered
	fi
	[ "$was" = "$(get state)" ] || notify --status="$(get state)"
}

# --- limits ---------------------------------------------------------------

# begin_limits: what was asked to end it, from now on.
begin_limits() {
	! [ -f "$DIR/request/boot-once" ] || put once waiting
	! limit=$(asked expires) || put expires $(($(now) + limit))
	count_requests
}

# over WHY: eject, by force, but not without what the host wrote.
over() {
	REASON=$1
	say "$1: ejected"
	exit 0
}

# count_requests: has the host asked for anything since the last time? Then the
# time without begins anew.
count_requests() {
	limit=$(asked idle) || return 0
	count=$(medium_requests)
	[ "$count" != "$COUNTED" ] || return 0
	COUNTED=$count
	put idle $(($(now) + limit))
}

# tick: some time has passed.
tick() {
	find_lost
	check_source
	attend_clock
	attend_power
	end=$(get expires) && [ "$(now)" -ge "$end" ] && over "its time was over"
	count_requests
	end=$(get idle) && [ "$(now)" -ge "$end" ] &&
		over "the host has not used it for $(asked idle) s"
}

# --- the host -------------------------------------------------------------

# is_over_for_host: it was in for one boot, and the host has read it.
is_over_for_host() {
	[ -f "$DIR/once" ] && [ "$(medium_reads)" -gt "$(get reads)" ]
}

# hear_host STATE: of the USB port. Only "not attached" says that the host is
# off, or the cable out: each reset goes through all the others.
hear_host() {
	say "the host's port: $1"
	[ "$1" = "not attached" ] && is_over_for_host &&
		over "the one boot is over: the host has gone"
}

# attend_power: have the site's own command say whether the host is off.
attend_power() {
	[ -f "$DIR/once" ] && power=$(asked power) &&
		! child_pid power >/dev/null || return 0
	# shellcheck disable=SC2086 # a list of words
	spawn_for 20 power $power
}

# hear_power LINE: by any words that end in on or off.
hear_power() {
	case $1 in
	*[Oo][Ff][Ff])
		is_over_for_host &&
			over "the one boot is over: the host is off"
		;;
	esac
}
