# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl mount: choose a slot, and have its vm-slot insert the image. Sourced by
# vmctl, after slot.sh and source.sh.

# find_slot TEST TYPE: the first slot of that type for which TEST holds.
find_slot() {
	for found in $(slots_of "$2"); do
		DIR=$RUN/$found
		"$1" && return
	done
	return 1
}

# choose_slot: SLOT, where none was asked for. The image is looked at first
# unless its type was said, so that what is no image disturbs no slot.
choose_slot() {
	FOUND_EMPTY=
	for type in cd disk; do
		if find_slot is_asked $type; then
			SLOT=$found
			return
		fi
	done
	type=$(read_value "$REQ/type")
	if [ "$type" = auto ]; then
		type=$(probe_source -f media) || exit
	fi
	if find_slot is_empty "$type"; then
		SLOT=$found FOUND_EMPTY=1
	elif [ -n "$REPLACE" ]; then
		SLOT=$(slots_of "$type" | head -n 1)
	fi
	[ -n "$SLOT" ] || die $EX_TEMPFAIL \
		"there is no empty slot for a $type: eject one, or --replace"
}

# take_chosen: ... and it is ours. Whoever was quicker has not had it for us to
# replace: there may be another.
take_chosen() {
	while
		choose_slot
		lock_slot "$SLOT"
		[ -n "$FOUND_EMPTY" ] && holds && ! is_asked
	do
		exec 9>&-
		SLOT=
	done
}

# setup_gadget: the host's drives, unless they are there.
setup_gadget() {
	[ -d /sys/module/nbd ] || modprobe -q nbd max_part=0
	[ -d /sys/module/libcomposite ] || modprobe -q libcomposite
	set -- vm-gadget setup
	[ -z "$STALL" ] || set -- "$@" -S "$STALL"
	[ -z "$UDC" ] || set -- "$@" -u "$UDC"
	# shellcheck disable=SC2086 # a list of words
	"$@" $TYPES >/dev/null || exit
}

# check_fit: what slot SLOT holds is not given up for what cannot go in.
check_fit() {
	media=$(probe_source -f media) || exit
	drive=$(vm-gadget status -f type "$SLOT")
	[ "$media" = "$drive" ] || [ -f "$REQ/retype" ] || die $EX_DATAERR \
		"the image is a $media and slot $SLOT a $drive drive: use another slot, or --retype"
}

# say_mounted CHANGED: the one line about slot SLOT.
say_mounted() {
	host=$(vm-gadget status -f state "$SLOT")
	[ ! -f "$DIR/note" ] || echo "$PROG: note: $(get note)" >&2
	if [ -n "$JSON" ]; then
		printf '{"schema": 1, "changed": %s, "slot": %s}\n' "$1" \
			"$(slot_json "$SLOT")"
		return
	fi
	label=$(get label)
	printf 'slot %s: %s is the host'"'"'s %s drive (%s%s MiB); host: %s\n' \
		"$SLOT" "$(get url)" "$(get media)" "${label:+$label, }" \
		"$(($(get size) / 1048576))" "$host"
}

# has_read: has the host asked for a block since the medium went in?
has_read() {
	[ "$(vm-gadget status -f state "$SLOT")" = configured ] &&
		[ "$(medium_reads)" -gt "$(get reads)" ]
}

wait_for_host() {
	start=$(now)
	until has_read; do
		progress "waiting for the host" $(($(now) - start))
		if [ $(($(now) - start)) -ge "$TIMEOUT" ]; then
			progress_end
			die $EX_TEMPFAIL "slot $SLOT is mounted, but the host has" \
				"not read from it in $TIMEOUT s" \
				"($(vm-gadget status -f state "$SLOT"))"
		fi
		pause
	done
	progress_end
}

cmd_mount() {
	parse "$@"
	complete_request mount
	setup_gadget
	if [ -z "$SLOT" ]; then
		take_chosen
	else
		[ -z "$REPLACE" ] || check_fit
		lock_slot "$SLOT"
	fi
	changed=true
	if is_asked; then
		changed=false
	else
		if holds; then
			[ -n "$REPLACE" ] || die $EX_TEMPFAIL "slot $SLOT holds" \
				"$(get url): eject it, or --replace"
			# What is lost of the last medium was said.
			eject_slot || :
		fi
		wait_free
		fill_slot
	fi
	[ -z "$WAIT_HOST" ] || wait_for_host
	say_mounted $changed
}
