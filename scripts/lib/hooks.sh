# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Who else is to know: the executables in hooks.d are run, one after another in
# the order of their names, as HOOK EVENT SLOT, with what is known in the
# environment; beside the medium, which they never hold up. Sourced by vm-slot,
# after children.sh.

HOOK_DIR=${VM_HOOK_DIR:-/etc/vmedia/hooks.d}
HOOK_SECONDS=30		# that each may take
HOOKS=			# events to be told of
HOOKED=0		# how many have been told of the first of them
HOOKING=		# one is being told

# know: what hooks are told, while it can be read.
know() {
	VM_URL=$(get url) VM_DEVICE=$(get device) VM_MEDIA=$(get media)
	VM_LABEL=$(get label) VM_SIZE=$(get size)
	export VM_URL VM_DEVICE VM_MEDIA VM_LABEL VM_SIZE
}

# hook EVENT: inserted ejected degraded recovered failed host-eject.
hook() {
	HOOKS="$HOOKS $1"
	[ -n "$HOOKING" ] || next_hook
}

# next_hook: the next one that is to be told of the event at hand, or the first
# that is to be told of the next.
next_hook() {
	for event in $HOOKS; do
		n=0
		for file in "$HOOK_DIR"/*; do
			n=$((n + 1))
			[ $n -gt $HOOKED ] && [ -f "$file" ] && [ -x "$file" ] ||
				continue
			HOOKED=$n HOOKING=1
			VM_STATE=$(get state)
			VM_REASON=$(get reason || get error)
			export VM_STATE VM_REASON
			spawn_for $HOOK_SECONDS hook "$file" "$event" "$SLOT"
			return
		done
		HOOKED=0 HOOKS=${HOOKS#" $event"}
	done
}

# last_hooks: of an end there is nothing more to hold up.
last_hooks() {
	attend_end hook
	while [ -n "$HOOKS" ] && next_event; do
		case $EVENT-$NAME in
		exit-hook) next_hook ;;
		exit-clock) attend_end hook ;;
		esac
	done
	! pid=$(child_pid clock) || kill -TERM "$pid"
}
