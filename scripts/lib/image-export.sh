# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# An image as a file that its owner can read and write by sftp, as long as this
# program runs. sftp does not read or write block devices; the storage daemon of
# QEMU shows one as a file (FUSE). Sourced by vm-image, after image-ledger.sh.
#
#   $STORE/boxes/OWNER/disks/NAME   the file. Its directory is root's: an owner
#                                   could put a link in its place otherwise.
#   $REC/exported                   locked as long as the image is exported

EXPORT_SECONDS=30	# how long the daemon may take to begin
BEFORE=''		# what changes_of() has printed at first
KEPT_SUM=''		# the checksum that is right again if nothing was written

# changes_of REC: print a text that differs after each write to the image.
changes_of() {
	local path
	path=$(readlink -f "$(data_of "$1")")
	if [ -b "$path" ]; then
		awk '{print $5}' "${VM_SYS:-/sys}/class/block/${path##*/}/stat"
	else
		stat -c '%Y %Z' "$path"
	fi
}

# take_export: fail if somebody uses the image at hand; then lock it against
# others: whatever mounts, removes or replaces it checks our lock. A daemon that
# outlives us has the lock, too.
take_export() {
	lock_ledger
	refuse_in_use "$NAME" "$ID"
	: >>"$REC/exported"
	{ command exec 8<"$REC/exported"; } 2>/dev/null && vm-lock 8 ||
		die $EX_TEMPFAIL "$NAME is exported already"
	unlock_ledger
}

# begin_writing: mark the checksum as stale, also in case of a crash, and allow
# writing.
begin_writing() {
	BEFORE=$(changes_of "$REC")
	KEPT_SUM=$(read_value "$REC/sha256") || KEPT_SUM=
	need_value "$REC" sha256 stale
	[ ! -f "$REC/volume" ] || protect "$(read_value "$REC/volume")" rw
}

# make_mountpoint: make an empty file, after unmounting what a crash has left
# there.
make_mountpoint() {
	local dir
	dir=$STORE/boxes/$OWNER/disks
	EXPORTED=$dir/$NAME
	mkdir -p "$dir" && chmod 755 "$STORE/boxes/$OWNER" "$dir" ||
		die $EX_CANTCREAT "unable to make $dir: type vmctl image doctor"
	! is_mounted_on "$EXPORTED" || umount -l "$EXPORTED"
	{ : >"$EXPORTED"; } 2>/dev/null ||
		die $EX_CANTCREAT "unable to make $EXPORTED: type vmctl image doctor"
}

# is_mounted_on PATH: is something mounted on it? The kernel writes a space as \040.
is_mounted_on() {
	local path
	path=$1
	while :; do
		case $path in *" "*) path=${path%%" "*}\\040${path#*" "} ;; *) break ;; esac
	done
	while read_line; do
		case $LINE in *" $path "*) return 0 ;; esac
	done </proc/self/mounts
	return 1
}

# is_shown: does the daemon show the file, or has it failed?
is_shown() {
	is_mounted_on "$EXPORTED" || ! kill -0 "$CHILD" 2>/dev/null
}

# start_daemon SIZE: show this many bytes. The size is fixed, because a program that
# truncates the file before it writes would cut the image.
start_daemon() {
	local driver path
	path=$(readlink -f "$(data_of "$REC")")
	driver=file
	[ ! -b "$path" ] || driver=host_device
	qemu-storage-daemon --blockdev \
		"driver=raw,node-name=image,size=$1,file.driver=$driver,file.filename=$path" \
		--export "type=fuse,id=image,node-name=image,mountpoint=$EXPORTED,writable=on,allow-other=on" \
		</dev/null >"$REC/.said" 2>&1 9>&- &
	CHILD=$!
	wait_for $EXPORT_SECONDS is_shown || die $EX_TEMPFAIL:timeout \
		"qemu-storage-daemon has not begun after $EXPORT_SECONDS s"
	is_mounted_on "$EXPORTED" || {
		CHILD=
		last_line "$REC/.said"
		die $EX_IOERR "unable to export $NAME: ${LINE:-qemu-storage-daemon ended}"
	}
	{ [ "$OWNER" = root ] || chown "$OWNER" "$EXPORTED"; } && chmod 600 "$EXPORTED" ||
		die $EX_IOERR "unable to give $EXPORTED to $OWNER: type vmctl image doctor"
}

# end_export: end the daemon, if it still runs, and clean up.
end_export() {
	[ -z "$CHILD" ] || {
		kill "$CHILD" 2>/dev/null
		wait "$CHILD"
	}
	CHILD=
	! is_mounted_on "$EXPORTED" || umount -l "$EXPORTED"
	rm -f "$EXPORTED" "$REC/.said"
	# QEMU writes whole sectors.
	[ -f "$REC/volume" ] || [ "$(stat -c %s "$REC/data")" = "$SIZE" ] ||
		truncate -s "$SIZE" "$REC/data"
	[ -z "$KEPT_SUM" ] || [ "$(changes_of "$REC")" != "$BEFORE" ] ||
		set_value "$REC" sha256 "$KEPT_SUM"
	[ "$(read_value "$REC/sha256")" != stale ] || rm -f "$REC/verified"
	rm -f "$REC/exported"
	[ ! -f "$REC/volume" ] || [ "$(read_value "$REC/origin")" = create ] ||
		protect "$(read_value "$REC/volume")" r
	EXPORTED=
}

# cmd_export: show the image until somebody ends this program.
cmd_export() {
	need_store
	if [ -n "$ID" ]; then
		take_record images "$ID" || die $EX_NOINPUT "there is no image $ID"
	else
		need_argument
		need_image "$ARGUMENT"
	fi
	need_tool qemu-storage-daemon qemu-system-common
	[ -c /dev/fuse ] || die $EX_UNAVAILABLE \
		"this kernel has no FUSE: type modprobe fuse"
	value_of size && [ "$VALUE" -gt 0 ] ||
		die $EX_DATAERR "$NAME has no size: type vmctl image gc"
	SIZE=$VALUE
	take_export
	make_mountpoint
	begin_writing
	start_daemon $(((SIZE + 511) / 512 * 512))
	out '%s\n' "/disks/$NAME"
	echo "$PROG: $EXPORTED has $(((SIZE + 511) / 512 * 512)) bytes:" \
		"the end of the disk stays as it was if a shorter file is put there" >&2
	exec >/dev/null
	wait "$CHILD"
	CHILD=
	last_line "$REC/.said"
	die $EX_IOERR "qemu-storage-daemon has ended: ${LINE:-it gave no reason}"
}
