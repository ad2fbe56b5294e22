# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl eject and renew, and the default slot of verbs for a slot in use.
# Sourced by vmctl, after slot.sh, source.sh and status.sh.

# is_used N: is there a request in that slot?
is_used() {
	[ -d "$RUN/$1/request" ]
}

# is_full N: is there a medium in that drive?
is_full() {
	[ -n "$(vm-gadget status -f file "$1" 2>/dev/null)" ]
}

# only_slot [TEST]: without --slot, set SLOT to the only one that passes TEST
# (is_used), or else to 0.
only_slot() {
	local slot
	[ -z "$SLOT" ] || return 0
	for slot in $(slots_of cd) $(slots_of disk); do
		"${1:-is_used}" "$slot" || continue
		[ -z "$SLOT" ] || misuse \
			"slots $SLOT and $slot are in use: choose one with -s"
		SLOT=$slot
	done
	[ -n "$SLOT" ] || [ -n "${1:-}" ] || [ "$VERB" != eject ] ||
		only_slot is_full
	SLOT=${SLOT:-0}
}

# eject_other: eject a medium that another program has inserted, and set FILE to
# it. False if the drive is empty.
eject_other() {
	see_slot "$SLOT"
	[ "$STATE" = other ] || return
	WHY=$(VM_CAUSES=1 vm-gadget eject ${FORCE:+-f} "$SLOT" 2>&1) ||
		fail_as $? "$WHY"
}

cmd_eject() {
	local changed was discard
	parse "$@"
	only_slot
	DIR=$RUN/$SLOT
	# A mount in progress holds the lock. It is called off, so do not wait.
	is_activating || lock_slot "$SLOT"
	changed=true
	value_of url
	was=$VALUE
	if holds; then
		eject_slot || exit
	elif is_left; then
		discard=
		[ "$FORCE" != discard ] || discard=-d
		clean_slot $discard || exit
	elif eject_other; then
		was=$FILE
	else
		changed=false
	fi
	DONE="slot $SLOT is empty now"
	if [ -n "$JSON" ]; then
		json_changed $changed
	elif [ -n "$was" ]; then
		out 'slot %s: %s was ejected\n' "$SLOT" "$was"
	else
		out 'slot %s is empty\n' "$SLOT"
	fi
}

# read_size: print the size of the image that REQ names, after reading some of
# it.
read_size() {
	run_source vm-probe -f size "$TEMP/nbd"
}

# cmd_renew: try the new link, password, header or key before the vm-slot gets
# it. What is not given stays as it is.
cmd_renew() {
	local new size
	parse "$@"
	[ -n "$URL" ] || misuse "renew needs a URL"
	only_slot
	lock_slot "$SLOT"
	{ held && is_in; } ||
		die $EX_NOINPUT:usage "slot $SLOT has no image: use vmctl mount"
	[ -f "$DIR/request/url" ] || die $EX_DATAERR:usage \
		"slot $SLOT holds $(get url), which has no link"
	new=$REQ
	REQ=$TEMP/whole
	{ cp -R "$DIR/request" "$REQ" && cp "$new"/* "$REQ"; } ||
		die $EX_CANTCREAT "unable to write $REQ"
	size=$(read_size) || exit
	[ "$size" = "$(get size)" ] || die $EX_DATAERR:changed "slot $SLOT holds" \
		"$(get url) of $(get size) bytes, and $URL has $size"
	renew_slot "$new"
	DONE="slot $SLOT uses the new link"
	if [ -n "$JSON" ]; then
		json_changed true
	else
		out 'slot %s: %s now uses the new link\n' "$SLOT" "$URL"
	fi
}
