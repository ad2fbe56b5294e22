# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vm-image doctor: check what the image store needs, what this machine lacks for
# additional features, and how much room there is. Sourced by vm-image, after
# doctor-report.sh, image-ledger.sh and image-owner.sh.

MOUNT_POINT='' MOUNT_FROM='' MOUNT_TYPE='' MOUNT_HOW=''	# what see_mount() has found

# see_mount PATH: find the file system of PATH, as /proc/mounts shows it.
see_mount() {
	local from point type how
	MOUNT_POINT=$(df -Pk "$1" 2>/dev/null | sed '1d; s/.*% //')
	MOUNT_FROM='' MOUNT_TYPE='' MOUNT_HOW=''
	while read -r from point type how _; do
		[ "$(printf %b "$point")" != "$MOUNT_POINT" ] ||
			MOUNT_FROM=$from MOUNT_TYPE=$type MOUNT_HOW=$how
	done </proc/mounts
}

# why_read_only: print the kernel's last word on the file system, if it is there.
why_read_only() {
	local why
	why=$(dmesg 2>/dev/null | grep -F "${MOUNT_FROM##*/}" |
		grep -i 'error\|read-only\|abort' | tail -n 1)
	why=${why#\[*\] }
	printf '%s\n' "${why:-the log of the kernel no longer has the reason}"
}

# examine_write: can the store be written to?
examine_write() {
	local why
	why=$({ : >"$STORE/.doctor"; } 2>&1) && {
		well "file system: $MOUNT_TYPE, can be written to"
		return
	}
	case ,$MOUNT_HOW, in
	*,ro,*) ill "file system: $MOUNT_POINT is read-only: $(why_read_only);" \
		"type mount -o remount,rw $MOUNT_POINT, and go on with the upload" ;;
	*) ill "file system: $STORE cannot be written to: ${why##*: }" ;;
	esac
	return 1
}

# is_safe DIRECTORY: can only root change it?
is_safe() {
	case $(stat -L -c '%u %a' "$1" 2>/dev/null) in
	"0 1"???) return 0 ;; # sticky: only the owner of a file may rename it
	"0 "*[2367]? | "0 "*[2367]) return 1 ;;
	"0 "*) return 0 ;;
	*) return 1 ;;
	esac
}

# examine_owner: the directories above must be root's, too, or somebody could put
# another store in the place of ours.
examine_owner() {
	local dir
	dir=$(cd "$STORE" && pwd -P)
	while [ -n "$dir" ]; do
		is_safe "$dir" || {
			ill "directory: not only root can change $dir:" \
				"type chown root $dir; chmod go-w $dir"
			return
		}
		dir=${dir%/*}
	done
	well "directory: $STORE"
}

examine_room() {
	local room
	count_records root
	room=$(room_left)
	in_words "$room"
	if [ "$room" -gt 0 ]; then
		well "room: for $VALUE, besides what is reserved and" \
			"$STORE_RESERVE % that stay free"
	else
		ill "room: there is none: remove an image with vmctl image rm"
	fi
}

# examine_tools: check the programs without which the store does not work.
examine_tools() {
	local program
	for program in vm-import vm-lock stat du df od sort head; do
		command -v $program >/dev/null || ill "program $program: it is not" \
			"installed (in busybox, it may be left out)"
	done
}

# examine_leases: without leases, finish cannot be sure that nobody writes.
examine_leases() {
	if vm-import -q 0 -b "$STORE" .doctor 2>&1 >/dev/null | grep -q "no leases"; then
		lacks "leases: $MOUNT_TYPE has none: finish waits five seconds, and" \
			"looks for writers in /proc"
	else
		well "leases: finish knows whether somebody writes"
	fi
}

# examine_reflinks: does a copy share the blocks of the original?
examine_reflinks() {
	if [ "$MOUNT_TYPE" = btrfs ] || { [ "$MOUNT_TYPE" = xfs ] &&
		xfs_info "$MOUNT_POINT" 2>/dev/null | grep -q 'reflink=1'; }; then
		well "reflinks: finish copies nothing"
	else
		lacks "reflinks: $MOUNT_TYPE has none: finish copies all bytes, which" \
			"needs room for them twice meanwhile"
	fi
}

# examine_quota: do drop boxes have a limit that the kernel keeps?
examine_quota() {
	case ,$MOUNT_HOW, in
	*,prjquota,* | *,pquota,*)
		well "project quotas: the kernel limits each drop box" ;;
	*) lacks "project quotas: $MOUNT_POINT has none: quotas hold when an upload" \
		"is finished, but an owner can fill the disk before by sftp" ;;
	esac
}

examine_volumes() {
	if [ -n "$STORE_VOLUMES" ]; then
		examine "volume group $STORE_VOLUMES" \
			"there is none: see vgs(8), and store_volumes in $CONF" \
			vgs "$STORE_VOLUMES"
	elif ! command -v lvcreate >/dev/null; then
		lacks "LVM: images are files, not volumes (apt-get install lvm2)"
	fi
}

# examine_program NAME WHAT PACKAGE: check a program that only some verbs need.
examine_program() {
	if command -v "$1" >/dev/null; then
		well "$1: $2"
	else
		lacks "$1: it is not installed, thus no $2 (apt-get install $3)"
	fi
}

# examine_timer: does anything run gc? Nothing enables the timer by itself.
examine_timer() {
	[ -d /run/systemd/system ] || return 0
	if systemctl -q is-enabled vmedia-image-gc.timer 2>/dev/null; then
		well "clean-up: vmedia-image-gc.timer runs vmctl image gc each day"
	else
		lacks "clean-up: nothing runs vmctl image gc:" \
			"type systemctl enable --now vmedia-image-gc.timer"
	fi
}

# examine_left: is there something that gc would remove?
examine_left() {
	local path
	for path in "$STORE"/trash/* "$STORE"/incoming/.new-*; do
		[ ! -e "$path" ] || {
			lacks "something is left of a crash: type vmctl image gc"
			return
		}
	done
}

# examine_store: check what depends on the directory of the store.
examine_store() {
	need_store
	see_mount "$STORE"
	examine_owner
	if examine_write; then
		examine_leases
		rm -f "$STORE/.doctor"
	fi
	examine_room
	examine_reflinks
	examine_quota
	examine_boxes
	examine_timer
	examine_left
}

cmd_doctor() {
	examine_tools
	if [ -n "$STORE" ]; then
		examine_store
	else
		ill "store: there is none: write into $CONF, for example:" \
			"store = /var/lib/vmedia"
	fi
	examine_volumes
	examine_program sshd "drop box by sftp" openssh-server
	examine_program xorriso "ISO image by pack" xorriso
	examine_program mcopy "FAT disk by pack" mtools
	[ -z "$JSON" ] || doctor_json
	return $SICK
}
