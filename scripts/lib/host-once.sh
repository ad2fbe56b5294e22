# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vm-host itself remembers about a boot override: that the user asked for
# `cd`, although the host boots it as a USB disk, and that an override for one
# boot must be gone after that boot. Sourced by vm-host, after host.sh. The
# directory is /run/vmedia-host:
#
#   lock     flock(2)ed by the vm-host that changes something
#   asked    TARGET BACKEND-TARGET ENABLED MODE, as last set; MODE may be missing
#   booting  exists once the boot that uses up the override has begun: the
#            uptime at which this boot is over, and a number that identifies it
#   power    what the power was when somebody last looked
#
# The firmware reads the override some time after the host has been told to
# boot. Once the host reads from our drive, the firmware has read the override.
# Without this sign, a time limit decides.

STATE=${RUN}-host
ASKED=			# the target that was asked for; empty if none was
ASKED_AS=		# what the backend was told
ASKED_LASTS=		# once or continuous
ASKED_MODE=
SIGN_SECONDS=900	# how long to wait for the host to read from our drive
SETTLE_SECONDS=5	# to wait after a reset, and after that first read

LOCKED=			# set while we have the lock

# try_lock SECONDS: take the lock, which is released when we end. False if that
# fails.
try_lock() {
	[ -z "$LOCKED" ] || return 0
	mkdir -p "$STATE" 2>/dev/null && { exec 9>>"$STATE/lock"; } 2>/dev/null &&
		vm-lock -w "$1" 9 2>/dev/null && LOCKED=1
}

# lock_host: let no other vm-host change anything until we have ended.
lock_host() {
	try_lock 30 || die $EX_TEMPFAIL \
		"another vm-host is at work, or $STATE/lock cannot be written"
}

# put_state NAME TEXT
put_state() {
	{ printf '%s\n' "$2" >"$STATE/.$1" && mv "$STATE/.$1" "$STATE/$1"; } \
		2>/dev/null || die $EX_CANTCREAT "unable to write $STATE/$1"
}

# read_asked: set ASKED and the others. False if nothing was asked for.
read_asked() {
	ASKED='' ASKED_AS='' ASKED_LASTS='' ASKED_MODE=
	[ -r "$STATE/asked" ] &&
		read -r ASKED ASKED_AS ASKED_LASTS ASKED_MODE <"$STATE/asked"
}

# as_seen TARGET: print the target for the backend. `cd` is the medium of slot
# 0, even if the host sees it as a disk.
as_seen() {
	if [ "$1" = cd ] && is_disk; then echo usb; else echo "$1"; fi
}

# once_set TARGET ENABLED MODE [URI]: set the override.
once_set() {
	local as
	as=$(as_seen "$1")
	rm -f "$STATE/asked" "$STATE/booting"
	backend_boot "$as" "$2" "$3" ${4:+"$4"}
	[ "$2" = disabled ] || put_state asked "$1 $as $2 $3"
	put_state power "${HOST_POWER:-unknown}"
}

# once_see: complete what backend_see() has found out.
once_see() {
	! read_asked || [ "$ASKED_LASTS" != once ] || once_tidy
	if ! read_asked; then
		HOST_ENABLED=${HOST_ENABLED:-disabled}
	elif [ -z "$HOST_ENABLED" ]; then
		# The backend cannot tell.
		HOST_TARGET=$ASKED HOST_ENABLED=$ASKED_LASTS HOST_MODE=$ASKED_MODE
	elif [ "$HOST_TARGET" = "$ASKED_AS" ]; then
		HOST_TARGET=$ASKED
	fi
}

# once_tidy: update what is known about an override for one boot, when somebody
# looks at the host. Only root can do that.
once_tidy() {
	local was
	[ -w "$STATE/asked" ] && try_lock 0 && read_asked || return 0
	was=$(read_value "$STATE/power")
	if [ "$HOST_ENABLED" = disabled ]; then
		rm -f "$STATE/asked" "$STATE/booting"
	elif [ -f "$STATE/booting" ]; then
		! is_over || forget
	elif [ "$was-$HOST_POWER" = off-on ]; then
		# Somebody else has switched it on.
		begin_boot
	fi
	[ "${HOST_POWER:-unknown}" = "$was" ] ||
		put_state power "${HOST_POWER:-unknown}"
}

# --- around an action -----------------------------------------------------

# once_before ACTION: do what is needed before the action.
once_before() {
	local as
	[ "$1" != nmi ] && read_asked || return 0
	if [ -f "$STATE/booting" ]; then
		forget # an earlier boot has used it up
		return
	fi
	as=$(as_seen "$ASKED")
	# Another medium may be in slot 0 by now.
	[ "$as" = "$ASKED_AS" ] || ! has_word "$1" "on restart reset cycle" ||
		once_set "$ASKED" "$ASKED_LASTS" "$ASKED_MODE"
}

# once_after ACTION: do what is needed after the action.
once_after() {
	case $1 in
	off | shutdown) put_state power off ;;
	on | restart | reset | cycle)
		put_state power on
		! read_asked || [ "$ASKED_LASTS" != once ] || begin_boot
		;;
	esac
}

# --- the boot that uses it up ---------------------------------------------

# reads: print how much has been read from the drives. It includes the host's
# reads, as the first read of each block passes this machine's cache.
reads() {
	local sum
	sum=0
	for DIR in "$RUN"/[0-7]; do
		[ -f "$DIR/device" ] || continue
		sum=$((sum + $(medium_reads 2>/dev/null || echo 0)))
	done
	echo $sum
}

# has_sign: will a read from one of our drives tell that the host boots?
has_sign() {
	has_word "$ASKED" "cd usb" && [ "$(echo "$RUN"/[0-7]/device)" != \
		"$RUN/[0-7]/device" ]
}

# begin_boot: note that the host boots, and leave a process that removes the
# override when it has been used: the host may boot again by itself, before
# anybody asks vm-host for anything.
begin_boot() {
	local seconds
	host_setting host_boot_time 300
	seconds=$VALUE
	! has_sign || seconds=$SIGN_SECONDS
	put_state booting "$(($(now) + seconds)) $$"
	(setsid "$BIN/vm-host" settle $$ </dev/null >/dev/null 2>&1 9>&- &)
}

# is_over: has the time for the boot passed?
is_over() {
	local limit
	limit=$(read_value "$STATE/booting") || return
	[ "$(now)" -ge "${limit%% *}" ]
}

# forget: remove the override, if it is still the one that was set.
forget() {
	case $HOST_ENABLED-$HOST_TARGET in
	-* | once-"$ASKED_AS" | once-"$ASKED")
		backend_boot none disabled ''
		HOST_TARGET=none HOST_ENABLED=disabled HOST_MODE=
		;;
	esac
	rm -f "$STATE/asked" "$STATE/booting"
}

# is_boot NUMBER: does that boot still have its override?
is_boot() {
	case $(read_value "$STATE/booting") in
	*" $1") return 0 ;;
	*) return 1 ;;
	esac
}

# once_settle NUMBER: wait until that boot has used its override up, and remove
# it.
once_settle() {
	local number before
	number=$1
	is_boot "$number" && read_asked || return 0
	# What the host reads in the last moment before a reset is no sign.
	sleep $SETTLE_SECONDS
	before=$(reads)
	while is_boot "$number" && ! is_over; do
		if has_sign && [ "$(reads)" -gt "$before" ]; then
			sleep $SETTLE_SECONDS
			break
		fi
		sleep 2
	done
	lock_host
	is_boot "$number" && read_asked || return 0
	backend_see
	forget
}
