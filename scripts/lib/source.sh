# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A vm-fetchd of vmctl's own, for as long as it looks at an image or serves it.
# Sourced by vmctl, after common.sh.

# start_source [OPTION...]: vm-fetchd in the background, its first line in
# $TEMP/ready. Else its status is returned, and why is in $TEMP/said. (The
# timeout of busybox leaves a process behind, so it is not used.)
start_source() {
	: >"$TEMP/ready"
	# shellcheck disable=SC2086 # one word, or none
	with_source "$REQ" exec $APART vm-fetchd "$@" \
		>"$TEMP/ready" 2>"$TEMP/said" &
	CHILD=$!
	start=$(now)
	while [ ! -s "$TEMP/ready" ] && kill -0 $CHILD 2>/dev/null; do
		elapsed=$(($(now) - start))
		if [ $elapsed -ge "$TIMEOUT" ]; then
			progress_end
			end_source
			echo "$PROG: gave up after $TIMEOUT s while" \
				"connecting to $URL" >"$TEMP/said"
			return $EX_TEMPFAIL
		fi
		progress "connecting to $URL" $elapsed
		pause
	done
	progress_end
	[ ! -s "$TEMP/ready" ] || return 0
	wait $CHILD
	status=$?
	CHILD=
	return $status
}

# run_source COMMAND...: with the image at $TEMP/nbd meanwhile. On failure
# there is one line about it, and its status is returned.
run_source() {
	if start_source -U "$TEMP/nbd"; then
		"$@" 2>"$TEMP/said"
		status=$?
		end_source
	else
		status=$?
	fi
	[ $status = 0 ] ||
		renamed "$(tail -n 1 "$TEMP/said")" "$TEMP/nbd" "$URL" >&2
	return $status
}

end_source() {
	[ -n "$CHILD" ] || return 0
	kill -"$CHILD_END" "$CHILD" 2>/dev/null
	wait "$CHILD" 2>/dev/null
	CHILD=
}

# probe_source [OPTION...]: what vm-probe says of it.
probe_source() {
	set -- vm-probe -t "$(read_value "$REQ/type")" "$@"
	[ -z "$DVD" ] || set -- "$@" -D
	run_source "$@" "$TEMP/nbd"
}
