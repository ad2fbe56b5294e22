# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Images that are made here: a blank disk, and a CD or disk of files that the
# installer of a host looks for. Sourced by vm-image, after image-ledger.sh.
#
# A disk with a file system has an MBR and one partition at 1 MiB, like USB
# sticks from a shop. Firmware, Windows and Linux are tested with those; some
# BIOSes take a file system without a partition table for a floppy disk.

DISK_MIN=4194304		# bytes of a disk with a file system
DISK_MAX=2199023255552		# the most that an MBR can describe
FAT_FILE_MAX=4294967295		# bytes of a file on FAT
START=1048576			# where the partition begins
FORMAT='' LABEL=''		# set by --format and --label
SERIAL=''			# of a disk: 32 bits
TAB='	'
LIST=''				# the files to pack, as list_files() says
EPOCH=''			# their time, in seconds
MADE_SIZE=''			# bytes of what is made

# work PROGRAM...: run it in the background, so that a signal ends it, too. If
# it fails, fail with its last line.
work() {
	local status
	"$@" </dev/null >"$REC/.said" 2>&1 9>&- &
	CHILD=$!
	wait "$CHILD"
	status=$?
	CHILD=
	[ $status = 0 ] || {
		sed '/^[[:space:]]*$/d' "$REC/.said" >"$REC/.last"
		last_line "$REC/.last"
		case $LINE in
		*"o space left"* | *"isk full"* | *"uota exceeded"*)
			die $EX_CANTCREAT "unable to make $NAME: it is full: $LINE"
			;;
		esac
		die $EX_IOERR "unable to make $NAME: $1: ${LINE:-status $status}"
	}
	rm -f "$REC/.said"
}

# --- a disk ---------------------------------------------------------------

# octets NUMBER: print it as printf's escapes of four bytes, little-endian.
octets() {
	printf '\\%03o\\%03o\\%03o\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) \
		$(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

# fat_of SIZE: set FAT to the bits of FAT that fit, and TYPE to the type of its
# partition.
fat_of() {
	if [ "$1" -lt 16777216 ]; then
		FAT=12 TYPE=001
	elif [ "$1" -lt 536870912 ]; then
		FAT=16 TYPE=016
	else
		FAT=32 TYPE=014
	fi
}

# write_mbr FILE SIZE TYPE SERIAL: TYPE is octal. The boot code makes a BIOS try
# the next disk (INT 18h); an empty sector would hang it.
write_mbr() {
	local head entry
	head="\\315\\030\\364\\353\\375" # int 18h; hlt; jmp to hlt
	entry="\\000\\376\\377\\377\\$3\\376\\377\\377$(octets $((START / 512)))"
	entry="$entry$(octets $((($2 - START) / 512)))"
	# shellcheck disable=SC2059 # escapes are what is meant
	{
		printf "$head" && head -c 435 /dev/zero &&
			printf "$(octets "$4")\\000\\000$entry" &&
			head -c 48 /dev/zero && printf '\125\252'
	} | dd of="$1" conv=notrunc 2>/dev/null || die $EX_IOERR \
		"unable to write $1: type vmctl image doctor"
}

# write_fat FILE SIZE: write the partition table and the partition.
write_fat() {
	case $(mkfs.vfat --help 2>&1) in
	*--offset*) ;;
	*) die $EX_UNAVAILABLE "this mkfs.vfat cannot make a partition:" \
		"install the package dosfstools, version 4.2 or later" ;;
	esac
	fat_of "$2"
	write_mbr "$1" "$2" $TYPE "$SERIAL"
	work mkfs.vfat --invariant --offset=$((START / 512)) -h $((START / 512)) \
		-F $FAT -i "$(printf %08x "$SERIAL")" ${LABEL:+-n "$LABEL"} \
		"$1" $((($2 - START) / 1024))
}

# write_exfat FILE SIZE: mkfs.exfat begins at the first byte of a file. Thus
# give it a file of its own, and copy the few blocks that it has written.
write_exfat() {
	write_mbr "$1" "$2" 007 "$SERIAL"
	truncate -s $(($2 - START)) "$REC/.fs" || die $EX_IOERR \
		"unable to write $REC/.fs: type vmctl image doctor"
	work mkfs.exfat ${LABEL:+-L "$LABEL"} "$REC/.fs"
	work dd if="$REC/.fs" of="$1" bs=$START seek=1 conv=sparse,notrunc
	rm -f "$REC/.fs"
}

# make_disk FORMAT: write MADE_SIZE bytes into the record at hand. SERIAL, 32 bits,
# must differ between disks that a host sees together.
make_disk() {
	truncate -s "$MADE_SIZE" "$REC/data" 2>/dev/null || die $EX_IOERR \
		"unable to write $REC/data: type vmctl image doctor"
	case $1 in
	vfat) write_fat "$REC/data" "$MADE_SIZE" ;;
	exfat) write_exfat "$REC/data" "$MADE_SIZE" ;;
	esac
}

# check_disk FORMAT: fail unless MADE_SIZE is right for this format.
check_disk() {
	[ $((MADE_SIZE % 512)) = 0 ] && [ "$MADE_SIZE" -gt 0 ] || misuse \
		"--size $MADE_SIZE: a disk has sectors of 512 bytes: write, for" \
		"example, $((MADE_SIZE / 1048576 + 1))M"
	[ -n "$1" ] || return 0
	[ "$MADE_SIZE" -ge $DISK_MIN ] && [ "$MADE_SIZE" -le $DISK_MAX ] ||
		misuse "--size: a disk with $1 has 4M to 2048G"
}

# cmd_create: make a blank disk. Its file is sparse, because people choose sizes
# that they will not fill; quotas count all of it, because the host may fill it.
cmd_create() {
	need_store
	need_argument
	[ -n "$SIZE" ] || misuse "create needs --size"
	[ -n "$FORMAT" ] || [ -z "$LABEL" ] || misuse "--label needs --format"
	split_name "$ARGUMENT"
	MADE_SIZE=$SIZE
	case $FORMAT in
	vfat) need_tool mkfs.vfat dosfstools ;;
	exfat) need_tool mkfs.exfat exfatprogs ;;
	iso) misuse "--format iso works only with pack: no host can write to a CD" ;;
	esac
	check_disk "$FORMAT"
	check_label "${FORMAT:-vfat}"
	refuse_taken
	reserve "$OWNER" "$NAME" "$MADE_SIZE" create
	DROP=$REC
	SERIAL=$((0x${ID#????????}))
	make_disk "$FORMAT"
	# To hash a large blank disk would take minutes, and the first write of
	# a host makes the hash wrong.
	publish "$MADE_SIZE" stale
	DROP=
	say_image "$MADE_SIZE" '' "blank disk${FORMAT:+ with $FORMAT}"
}

# check_label FORMAT: fail unless a file system of this format may have LABEL.
check_label() {
	local max
	max=11
	[ "$1" != iso ] || max=32
	case $LABEL in
	*[!A-Za-z0-9_.\ -]* | \ * | *\ | -*) misuse \
		"--label: it has letters, digits, _ . - and spaces inside" ;;
	esac
	case $1-$LABEL in
	vfat-*.*) misuse "--label: a label of FAT cannot have a dot" ;;
	esac
	[ ${#LABEL} -le $max ] || misuse "--label: a label of $1 has at most $max letters"
}

# --- files ----------------------------------------------------------------

# list_one PATH NAME: print the files below PATH, or PATH itself, one a line:
# its name in the image, its kind, its size, its time and its path.
list_one() {
	local path rest
	find "$1" -exec stat -c '%F|%s|%Y|%n' {} + | while read_line; do
		path=${LINE#*|*|*|}
		rest=${LINE%"|$path"}
		case $rest in
		directory*) ;;
		regular*) rest=file${rest#regular*file} ;;
		*) rest="other|0|0" ;;
		esac
		path=${path#"$1"}
		# DIR/ itself is the root of the image: leave it out.
		[ -z "$2$path" ] ||
			printf '%s\t%s\t%s\n' "${2:+/$2}$path" "$rest" "$1$path"
	done
}

# list_from PATH: the same for a path as typed; DIR/ stands for the files in
# DIR.
list_from() {
	local real name
	real=$(readlink -f -- "$1") && [ -e "$real" ] ||
		die $EX_NOINPUT:usage "there is no file $1"
	name=${1##*/}
	case $name in . | ..) name= ;; esac
	[ -n "$name" ] || [ -d "$real" ] || die $EX_NOINPUT:usage \
		"$1 is not a directory"
	case $real in
	*[[:cntrl:]]*) die $EX_DATAERR "$1: its path has control characters" ;;
	esac
	[ -z "$(find "$real" -name '*[[:cntrl:]]*' | head -n 1)" ] ||
		die $EX_DATAERR "$1: a file has control characters in its name"
	list_one "$real" "$name"
}

# list_files FROM TO: set LIST to the files of MORE, sorted by their names in
# the image: lines NAME TAB KIND|SIZE|TIME TAB PATH. Only files and directories
# are taken: a link could lead out of what was named. Two names are equal if
# tr(1) FROM TO makes them equal.
list_files() {
	local path bad
	LIST=$(printf %s "$MORE" | while read_line; do
		list_from "$LINE" || exit
	done) || exit
	LIST=$(printf '%s\n' "$LIST" | sort)
	bad=$(printf '%s\n' "$LIST" | grep "$TAB"'other|' | head -n 1)
	[ -z "$bad" ] || die $EX_DATAERR "${bad##*"$TAB"} is not a file:" \
		"only files and directories can be packed"
	path=$(printf '%s\n' "$LIST" | cut -f 1 | tr "$1" "$2" | sort | uniq -d |
		head -n 1)
	[ -z "$path" ] || misuse "two files would have the name ${path#/} in the image"
	[ -n "$LIST" ] || die $EX_DATAERR "there is no file to pack"
}

# each_file COMMAND: run COMMAND NAME KIND SIZE PATH for each line of LIST.
each_file() {
	local name values path
	while IFS=$TAB read -r name values path; do
		set -- "$1" "${values%%|*}" "${values#*|}"
		"$1" "$name" "$2" "${3%%|*}" "$path" </dev/null
	done <<-END
		$LIST
	END
}

# find_epoch: set EPOCH to SOURCE_DATE_EPOCH, or to the time of the newest file:
# thus the same files make the same bytes. FAT has no time before 1980.
find_epoch() {
	EPOCH=${SOURCE_DATE_EPOCH:-}
	case $EPOCH in
	*[!0-9]* | ???????????*) misuse \
		"SOURCE_DATE_EPOCH is not a number of seconds" ;;
	'') EPOCH=$(printf '%s\n' "$LIST" | cut -f 2 | cut -d '|' -f 3 |
		sort -n | tail -n 1) ;;
	esac
	EPOCH=${EPOCH#"${EPOCH%%[!0]*}"}
	[ "${EPOCH:-0}" -ge 315532800 ] 2>/dev/null || EPOCH=315532800
}

# --- an ISO ---------------------------------------------------------------

# iso_words: print the words of LIST for xorriso, one a line. Without a weight, the
# order of the bytes would be that of inode numbers.
iso_words() {
	local name values path weight
	weight=$(printf '%s\n' "$LIST" | wc -l)
	while IFS=$TAB read -r name values path; do
		case $values in
		directory*) printf '%s\n' -mkdir "$name" -- ;;
		*)
			printf '%s\n' -map "$path" "$name" -find "$name" -exec \
				sort_weight $weight --
			weight=$((weight - 1))
			;;
		esac
	done <<-END
		$LIST
	END
}

# run_iso TO WORD...: run xorriso for the files of LIST, which writes to TO. Joliet
# names are for Windows, Rock Ridge names for all others; owner and permissions
# become root's and readable.
run_iso() {
	local to words IFS
	to=$1
	shift
	words=$(iso_words)
	set -f
	IFS=$NEWLINE
	# shellcheck disable=SC2086 # a word on each line
	set -- $words -find / -exec mkisofs_r -- "$@"
	unset IFS
	set +f
	SOURCE_DATE_EPOCH=$EPOCH TZ=UTC0 exec xorriso -no_rc -report_about SORRY \
		-return_with SORRY 32 -abort_on SORRY -iso_rr_pattern off \
		-disk_pattern off -local_charset UTF-8 -charset UTF-8 \
		-outdev "stdio:$to" -volid "${LABEL:-VMEDIA}" -joliet on \
		-compliance no_emul_toc:joliet_long_names \
		-volume_date all_file_dates "=$EPOCH" \
		"$@"
}

# size_of_iso: set MADE_SIZE to what xorriso will write.
size_of_iso() {
	MADE_SIZE=$( (run_iso /dev/null -print_size -rollback_end) 2>&1) || {
		MADE_SIZE=$(printf '%s\n' "$MADE_SIZE" | grep ' : ' | tail -n 1)
		die $EX_DATAERR "unable to pack $NAME: ${MADE_SIZE:-xorriso failed}"
	}
	MADE_SIZE=${MADE_SIZE##*"Image size "*: }
	MADE_SIZE=${MADE_SIZE%%s*}
	case $MADE_SIZE in
	'' | *[!0-9]*) die $EX_OSERR "unable to read the size that xorriso prints" ;;
	esac
	MADE_SIZE=$((MADE_SIZE * 2048))
}

write_iso() {
	work run_iso "$REC/data" -commit
	[ "$(stat -c %s "$REC/data")" = $MADE_SIZE ] || die $EX_TEMPFAIL \
		"unable to pack $NAME: a file changed meanwhile: try again"
}

# --- a FAT disk -----------------------------------------------------------

# add_to_fat NAME KIND SIZE PATH: add the room for the file and for its
# directory entry to MADE_SIZE.
add_to_fat() {
	case $1 in
	*[\"*:\<\>?\\\|]* | *. | *\ | *./* | *\ /*) die $EX_DATAERR \
		"${1#/}: FAT cannot have this name: pack an ISO" ;;
	esac
	[ "$2" != file ] || [ "$3" -le $FAT_FILE_MAX ] || die $EX_DATAERR \
		"${1#/} has 4 GiB or more, too much for FAT: pack an ISO"
	MADE_SIZE=$((MADE_SIZE + 1024 + ($3 + 8191) / 8192 * 8192))
}

# size_of_fat: set MADE_SIZE to --size, or if that is not given, to the size of
# a disk on which the files fit. Its tables take less than 1 %.
size_of_fat() {
	MADE_SIZE=0
	each_file add_to_fat
	MADE_SIZE=$(((MADE_SIZE + MADE_SIZE / 100 + START * 4) / 1048576 * 1048576))
	[ -z "$SIZE" ] || MADE_SIZE=$SIZE
	check_disk vfat
}

# copy_to_fat NAME KIND SIZE PATH
copy_to_fat() {
	case $2 in
	file) work mtools -c mcopy -Q -i "$REC/data@@$START" "$4" "::$1" ;;
	directory) work mtools -c mmd -i "$REC/data@@$START" "::$1" ;;
	esac
}

# write_fat_files: make a disk, and copy the files to it. The serial number
# depends on the files' names, so that a host that sees two such disks can tell
# them apart.
write_fat_files() {
	SERIAL=$(printf '%s\n' "$LABEL" "$EPOCH" "$LIST" | cut -f 1 | cksum)
	SERIAL=${SERIAL%% *}
	make_disk vfat
	(
		SOURCE_DATE_EPOCH=$EPOCH TZ=UTC0 LC_ALL=C.UTF-8
		MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=0
		export SOURCE_DATE_EPOCH TZ LC_ALL MTOOLSRC MTOOLS_SKIP_CHECK
		each_file copy_to_fat
	) || exit
}

# cmd_pack: make an ISO or a FAT disk.
cmd_pack() {
	local hashed
	need_store
	need_argument
	[ -n "$MORE" ] || misuse "pack needs files, too: $TAKES"
	split_name "$ARGUMENT"
	FORMAT=${FORMAT:-iso}
	check_label "$FORMAT"
	case $FORMAT in
	iso)
		[ -z "$SIZE" ] || misuse "--size is for --format vfat"
		need_tool xorriso xorriso
		list_files A A
		find_epoch
		size_of_iso
		;;
	vfat)
		need_tool mkfs.vfat dosfstools
		need_tool mtools mtools
		list_files a-z A-Z
		find_epoch
		size_of_fat
		;;
	*) misuse "pack makes iso or vfat, not $FORMAT" ;;
	esac
	refuse_taken
	reserve "$OWNER" "$NAME" "$MADE_SIZE" pack
	DROP=$REC
	case $FORMAT in
	iso) write_iso ;;
	vfat) write_fat_files ;;
	esac
	hashed=$(vm-import -b "$REC" data 9>&- </dev/null) || exit
	publish "$MADE_SIZE" "${hashed#* }"
	DROP=
	say_image "$MADE_SIZE" "${hashed#* }" "SHA-256 ${hashed#* }"
}
