# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl mount: choose a slot, let its vm-slot insert the image, and print the
# result. Sourced by vmctl, after slot.sh and source.sh.

FOUND=		# the slot that find_slot() has found
NEED=		# the type of drive that the image needs
GUESS=		# the same, if it is only guessed
GUESSED=	# the right type, when a guess was wrong

# find_slot TEST TYPE: set FOUND to the first slot of that type that passes
# TEST.
find_slot() {
	local type
	FOUND=0
	for type in $TYPES; do
		DIR=$RUN/$FOUND
		[ "$type" != "$2" ] || ! "$1" || return 0
		FOUND=$((FOUND + 1))
	done
	return 1
}

# all_in_use TYPE OPTION: fail, and say what would help.
all_in_use() {
	[ -n "$(slots_of "$1")" ] || die $EX_TEMPFAIL:type \
		"there is no slot with a $1 drive (see slots in $CONF)"
	! find_slot is_orphan "$1" || refuse_orphan "$2"
	! find_slot is_foreign "$1" || die $EX_TEMPFAIL \
		"slot $FOUND holds $(medium_of_drive), which another program has" \
		"inserted: run vmctl eject -s $FOUND"
	[ "$1" = disk ] || set -- CD "$2"
	die $EX_TEMPFAIL "all $1 slots are in use: eject one, or use $2"
}

# guess_type: set GUESS to the drive that the image needs, judging by its name.
# vm-slot reads the image itself, and reports the type after a wrong guess.
guess_type() {
	case $URL in
	*.[Ii][Ss][Oo] | *.[Ii][Ss][Oo].*) GUESS=cd ;;
	*) GUESS=disk ;;
	esac
}

# find_type: set NEED to the type of drive for the image. GUESS is empty if the
# type is certain. To look at the image costs vmctl a connection, so it guesses
# if there is an empty slot of the guessed type: FOUND, with FOUND_EMPTY.
find_type() {
	GUESS=
	NEED=$(read_value "$REQ/type")
	[ "$NEED" = auto ] || return 0
	NEED=$GUESSED
	[ -z "$NEED" ] || return 0
	[ -f "$REQ/retype" ] || guess_type
	if [ -n "$GUESS" ] && find_slot is_free "$GUESS"; then
		NEED=$GUESS FOUND_EMPTY=1
	else
		GUESS=
		NEED=$(probe_source -f media) || exit
	fi
}

# choose_slot: set SLOT to a slot that holds the image already, or is empty. A
# slot whose vm-slot was killed may hold it, too.
choose_slot() {
	FOUND_EMPTY=
	SLOT=
	if find_slot is_asked cd || find_slot is_asked disk ||
		find_slot is_same cd || find_slot is_same disk; then
		SLOT=$FOUND
		return
	fi
	find_type
	if [ -n "$FOUND_EMPTY" ] || find_slot is_free "$NEED"; then
		SLOT=$FOUND FOUND_EMPTY=1
	elif [ -n "$REPLACE" ]; then
		SLOT=$(slots_of "$NEED" | head -n 1)
	fi
	[ -n "$SLOT" ] || all_in_use "$NEED" --replace
}

# take_chosen: choose a slot and lock it. If it was empty, but another vmctl has
# filled it meanwhile, choose again: --replace must not eject that image.
take_chosen() {
	while
		choose_slot
		lock_slot "$SLOT"
		[ -n "$FOUND_EMPTY" ] && ! is_free && ! is_asked
	do
		exec 9>&-
	done
}

# setup_failed STATUS: fail. If a vm-drive and its vm-slot were killed, the host
# has no drives until somebody ejects that image.
setup_failed() {
	local slot
	[ "$1" = $EX_TEMPFAIL ] || fail_as "$1" "$WHY"
	for slot in 0 1 2 3 4 5 6 7; do
		DIR=$RUN/$slot
		! is_orphan || die $EX_TEMPFAIL \
			"slot $slot still holds $(get url), but its vm-slot and" \
			"vm-drive were killed: run vmctl doctor --repair, or" \
			"vmctl eject -s $slot"
	done
	fail_as "$1" "$WHY"
}

# setup_gadget: make the host's drives, unless they exist.
setup_gadget() {
	[ -d /sys/module/nbd ] ||
		modprobe -q nbd max_part=0 2>/dev/null
	[ -d /sys/module/libcomposite ] ||
		modprobe -q libcomposite 2>/dev/null
	[ "$DRIVE" = kernel ] || [ -d /sys/module/usb_f_fs ] ||
		modprobe -q usb_f_fs 2>/dev/null
	set -- vm-gadget setup
	[ "$DRIVES" = permanent ] || set -- "$@" -d
	while read_line; do
		[ -z "$LINE" ] || set -- "$@" -i "$LINE"
	done <<-END
		$IDENTITY
	END
	[ -z "$STALL" ] || set -- "$@" -S "$STALL"
	[ -z "$UDC" ] || set -- "$@" -u "$UDC"
	# shellcheck disable=SC2086 # a list of words
	WHY=$(VM_CAUSES=1 "$@" $TYPES 2>&1 >/dev/null) || setup_failed $?
	[ -z "$WHY" ] || printf '%s\n' "$WHY" >&2
}

# check_fit: refuse an image of the wrong type before the slot is emptied.
check_fit() {
	local media drive
	media=$(probe_source -f media) || exit
	drive=$(vm-gadget status -f type "$SLOT")
	[ "$media" = "$drive" ] || [ -f "$REQ/retype" ] || die $EX_DATAERR:type \
		"the image is a $media, but slot $SLOT has a $drive drive:" \
		"choose another slot, or use --retype"
}

# say_mounted CHANGED: describe slot SLOT in one line.
say_mounted() {
	local url media label size boot host
	! value_of note || echo "$PROG: note: $VALUE" >&2
	DONE="the image is in the drive of slot $SLOT"
	if [ -n "$JSON" ]; then
		json_begin
		out ', "changed": %s, "slot": ' "$1"
		slot_json "$SLOT"
		json_end
		return
	fi
	wait_for_port
	host=$PORT
	[ "$host" != "not attached" ] ||
		host="$host (is it off, or the USB cable unplugged?)"
	value_of url
	url=$VALUE
	value_of media
	media=$VALUE
	value_of label
	label=$VALUE
	value_of size
	size=$(mib_of "${VALUE:-0}")
	value_of boot
	boot=$VALUE
	out "slot %s: %s is in the host's %s drive (%s%s MiB)%s; host: %s\n" \
		"$SLOT" "$url" "$media" "${label:+$label, }" "$size" \
		"${boot:+; $boot}" "$host"
}

PORT=		# the state of the host's USB port for the slot

see_port() {
	PORT=$(vm-gadget status -f state "$SLOT")
}
is_configured() {
	see_port
	[ "$PORT" = configured ]
}
is_seen() {
	see_port
	case $PORT in "not attached" | attached | powered) return 1 ;; esac
}
is_settled() {
	see_port
	case $PORT in default | addressed) return 1 ;; esac
}

# wait_for_port: wait until the host sees a new drive, which takes a moment, and
# configures it.
wait_for_port() {
	value_of drive
	[ "$DRIVES$VALUE" = permanent ] || wait_for 2 is_seen || :
	wait_for 10 is_settled || :
}

# has_read: has the host read from the medium since it was inserted?
has_read() {
	is_configured && [ "$(medium_reads)" -gt "$(get reads)" ]
}

wait_for_host() {
	local start
	start=$(now)
	until has_read; do
		is_in || die $EX_TEMPFAIL "slot $SLOT: the medium was ejected" \
			"before the host has read from it"
		progress "waiting for the host" $(($(now) - start))
		if [ $(($(now) - start)) -ge "$TIMEOUT" ]; then
			progress_end
			die $EX_TEMPFAIL:timeout "slot $SLOT is mounted, but the host has" \
				"not read from it in $TIMEOUT s" \
				"($PORT)"
		fi
		pause
	done
	progress_end
}

# replace_medium: eject what slot SLOT holds, if that is allowed.
replace_medium() {
	if ! holds; then
		! is_orphan || is_same || [ -n "$REPLACE" ] ||
			refuse_orphan --replace
		return 0
	fi
	[ -n "$REPLACE" ] || die $EX_TEMPFAIL \
		"slot $SLOT holds $(get url): eject it, or use --replace"
	# eject_slot has printed what was lost of the old medium.
	eject_slot || :
}

# fill_guessed: mount into a slot that was chosen by a guess. If the guess was
# wrong, choose again, by the other type. No error stays in a slot that the user
# did not name.
fill_guessed() {
	local status
	fill_slot && return
	status=$?
	rm -f "$DIR/error" "$DIR/status" "$DIR/cause"
	[ "$CAUSE" = type ] || mount_failed $status
	GUESSED=cd
	[ "$GUESS" != cd ] || GUESSED=disk
	exec 9>&-
	GUESS=
	take_chosen
	replace_medium
	wait_free
	fill_slot || mount_failed $?
}

cmd_mount() {
	local changed
	parse "$@"
	complete_request
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
		replace_medium
		wait_free
		if [ -n "$GUESS" ]; then
			fill_guessed
		else
			fill_slot || mount_failed $?
		fi
	fi
	[ -z "$WAIT_HOST" ] || wait_for_host
	say_mounted $changed
}
