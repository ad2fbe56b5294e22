# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vm-netboot is going to serve: all of it is written to the directory STAGE
# before anything runs. While vm-netboot serves, this is DIR:
#
#   $DIR/machines/MAC/token      the directory of its files at the web server
#   $DIR/machines/MAC/files/     links to them (vm-netboot-http(8))
#   $DIR/machines/MAC/needs      the names of those without which it does not boot
#   $DIR/machines/MAC/once       exists: it may boot only once
#   $DIR/machines/MAC/done       made when it has booted and may do so only once
#   $DIR/sources/N/nbd           the socket of vmctl export
#   $DIR/sources/N/file          a file of this machine
#   $DIR/loaders/                the boot loaders; the machines have links to them
#   $DIR/tftp/MAC/               what it gets by TFTP; tftp/ itself with --any
#   $DIR/dnsmasq.conf, $DIR/lighttpd.conf
#
# MAC is 52-54-00-12-34-56 there, or `any`. Sourced by vm-netboot.

MACHINES=''		# lines MAC KIND TOKEN NAME, as vm-netboot-conf reads them
SOURCES=''		# lines N|SOURCE
SOURCE=''		# the number of what add_source() was given
WISHED=''		# the image of the command line, if it has a checksum
CHECKED=''		# its number as a source
IMAGES=''		# the numbers of the sources that are images, words
NEEDS=''		# the names without which the machine at hand does not boot
TOKENS=0		# how many tokens were made
LOADER_IPXE=/usr/lib/ipxe
LOADER_SHIM=/usr/lib/shim/shimx64.efi.signed
LOADER_GRUB=/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed

# is_far SOURCE: is it something that only vmctl export can open?
is_far() {
	case $1 in
	http://* | https://* | nfs://* | smb://* | image:*) return 0 ;;
	*) return 1 ;;
	esac
}

# for_all FILE: may everybody read it?
for_all() {
	[ -n "$(find -H "$1" -prune -perm -004 2>/dev/null)" ]
}

# need_file WHAT FILE: fail unless FILE is a file or a block device that we can
# read.
need_file() {
	case $2 in *://*) misuse "$1 $(shown_source "${2#"$PWD/"}"): write a URL" \
		"that begins with https://, http://, nfs:// or smb://" ;; esac
	[ -e "$2" ] || die $EX_NOINPUT "unable to read $1 $2: there is no such file"
	[ ! -d "$2" ] || die $EX_NOINPUT "unable to read $1 $2: it is a directory"
	[ -f "$2" ] || [ -b "$2" ] || die $EX_NOINPUT \
		"unable to read $1 $2: it is not a file"
	[ -r "$2" ] || die $EX_NOINPUT "unable to read $1 $2: permission denied"
}

# add_source WHAT SOURCE: set SOURCE to the number of the source, which several
# machines may share.
add_source() {
	local source line
	source=$2
	is_far "$source" || {
		path_of "$source"
		source=$VALUE
		need_file "$1" "$source"
	}
	SOURCE=0
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		[ "${line#*|}" != "$source" ] || return 0
		SOURCE=$((SOURCE + 1))
	done <<-END
		$SOURCES
	END
	SOURCES="$SOURCES$SOURCE|$source$NEWLINE"
	mkdir -p "$STAGE/sources/$SOURCE"
}

# put_link MACHINE NAME WHAT SOURCE: serve the source to the machine as NAME.
put_link() {
	local name
	add_source "$3" "$4"
	name=nbd
	path_of "$4"
	[ "$3" != image ] || IMAGES="$IMAGES $SOURCE"
	[ -z "$WISHED" ] || [ "$WISHED" != "$4" ] || CHECKED=$SOURCE
	if [ "$CHECKED" != "$SOURCE" ] && ! is_far "$4" && for_all "$VALUE"; then
		name=file
		: >"$STAGE/sources/$SOURCE/file"
	fi
	ln -s "../../../sources/$SOURCE/$name" "$STAGE/machines/$1/files/$2"
}

# make_token: set TOKEN. With -n, it is no secret, because it is printed.
make_token() {
	TOKENS=$((TOKENS + 1))
	if [ -n "$DRY" ]; then
		TOKEN=$(printf '%032x' $TOKENS)
	else
		TOKEN=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
	fi
}

# name_of IMAGE: set NAME to a name by which firmware knows the kind of image.
name_of() {
	case $1 in
	*.[iI][sS][oO] | *.[iI][sS][oO]\?*) NAME=image.iso ;;
	*.[eE][fF][iI] | *.[eE][fF][iI]\?*) NAME=image.efi ;;
	*.[iI][mM][gG] | *.[iI][mM][gG]\?* | *.raw) NAME=image.img ;;
	*) NAME=image.iso ;;
	esac
}

# write_script FILE WORD...: write the output of vm-netboot-script, or fail as
# it does.
write_script() {
	local file
	file=$1
	shift
	vm-netboot-script "$@" >"$file" || exit
}

# --- one machine -----------------------------------------------------------------

# see_words: set WORDS to the command line. %done in it becomes the URL by which
# a system says that it runs.
see_words() {
	WORDS=$CMDLINE
	while :; do
		case $WORDS in
		*%done*) WORDS=${WORDS%%"%done"*}$BASE/$TOKEN/done${WORDS#*"%done"} ;;
		*) break ;;
		esac
	done
}

# plan_kernel PUT WHERE BASE FILE LANGUAGE: put the kernel and its initrds where the
# machine finds them below BASE, and write the script that loads them.
plan_kernel() {
	local put place base file language initrd n
	put=$1 place=$2 base=$3 file=$4 language=$5 n=0
	see_words
	"$put" "$place" kernel kernel "$KERNEL"
	NEEDS=kernel
	set -- -c "$WORDS" -k "$base/kernel"
	while IFS= read -r initrd; do
		[ -n "$initrd" ] || continue
		"$put" "$place" "initrd$n" initrd "$initrd"
		NEEDS="$NEEDS${NEWLINE}initrd$n"
		set -- "$@" -i "$base/initrd$n"
		n=$((n + 1))
	done <<-END
		$INITRDS
	END
	write_script "$file" "$@" "$language"
}

# plan_secure TFTP: boot by shim, GRUB and TFTP. shim asks for grubx64.efi, and
# GRUB for grub/grub.cfg, in the root.
plan_secure() {
	local root
	root=$STAGE/tftp/$1
	mkdir -p "$root/grub"
	need_file "the signed boot loader" "$LOADER_SHIM"
	need_file "the signed boot loader" "$LOADER_GRUB"
	cp "$LOADER_SHIM" "$root/shimx64.efi"
	cp "$LOADER_GRUB" "$root/grubx64.efi"
	plan_kernel put_tftp "$1" '' "$root/grub/grub.cfg" grub
}

# put_tftp TFTP NAME WHAT SOURCE: like put_link(), by TFTP. dnsmasq serves only
# files.
put_tftp() {
	! is_far "$4" || die $EX_USAGE \
		"Secure Boot loads $(shown_source "$4") by TFTP: give a file of this machine, or an ISO"
	path_of "$4"
	need_file "$3" "$VALUE"
	for_all "$VALUE" || die $EX_NOINPUT \
		"dnsmasq is not allowed to read $4: type chmod o+r $4"
	: >"$STAGE/tftp/$1/$2"
	TFTP_FILES="$TFTP_FILES$VALUE|$1/$2$NEWLINE"
}
TFTP_FILES=''		# lines FILE|NAME: what dnsmasq sees as tftp/NAME

# plan_image MACHINE: let UEFI HTTP Boot load the image, and with --sanboot also
# iPXE.
plan_image() {
	name_of "$IMAGE"
	NEEDS=$NAME
	put_link "$1" "$NAME" image "$IMAGE"
	[ -z "$SANBOOT" ] || write_script "$STAGE/machines/$1/files/boot.ipxe" \
		-s "$BASE/$TOKEN/$NAME" ipxe
}

# put_loaders MACHINE TFTP: serve iPXE by TFTP, and for UEFI HTTP Boot.
put_loaders() {
	local line
	mkdir -p "$STAGE/tftp/$2"
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		line=$STAGE/loaders/${line##*/}
		ln -f "$line" "$STAGE/tftp/$2/" &&
			ln -f "$line" "$STAGE/machines/$1/files/" || exit $EX_CANTCREAT
	done <<-END
		$LOADERS
	END
}

# add_machine MAC: let it boot IMAGE, or else KERNEL, INITRDS and CMDLINE.
add_machine() {
	local machine tftp kind
	name_dir "$1"
	machine=$VALUE tftp=$VALUE NAME=
	[ "$1" != any ] || tftp=.
	[ ! -d "$STAGE/machines/$machine" ] ||
		misuse "two profiles or options name the machine $1: remove one"
	mkdir -p "$STAGE/machines/$machine/files"
	make_token
	# Another web server does not know our tokens: use the name of the
	# directory.
	[ "$HTTP" != off ] || TOKEN=$machine
	echo "$TOKEN" >"$STAGE/machines/$machine/token"
	if [ -n "$IMAGE" ]; then
		kind=image
		[ -z "$SANBOOT" ] || kind=disk
		plan_image "$machine"
	elif [ -n "$SECURE" ]; then
		kind=secure
		plan_secure "$tftp"
	else
		kind=script
		plan_kernel put_link "$machine" "$BASE/$TOKEN" \
			"$STAGE/machines/$machine/files/boot.ipxe" ipxe
	fi
	case $kind in
	script | disk)
		need_loaders
		put_loaders "$machine" "$tftp"
		;;
	esac
	printf '%s\n' "$NEEDS" >"$STAGE/machines/$machine/needs"
	[ -z "$ONCE" ] || : >"$STAGE/machines/$machine/once"
	MACHINES="$MACHINES$1 $kind $TOKEN${NAME:+ $NAME}$NEWLINE"
}

# need_loaders: without --loader, use those of Debian's package ipxe, or fail.
need_loaders() {
	local line
	[ -n "$LOADERS" ] || {
		[ -f "$LOADER_IPXE/undionly.kpxe" ] && [ -f "$LOADER_IPXE/snponly.efi" ] ||
			die $EX_UNAVAILABLE "there is no iPXE: install the package ipxe," \
				"or use --loader"
		LOADERS="bios=$LOADER_IPXE/undionly.kpxe${NEWLINE}efi64=$LOADER_IPXE/snponly.efi$NEWLINE"
	}
	mkdir -p "$STAGE/loaders"
	while IFS= read -r line; do
		line=${line#*=}
		[ -n "$line" ] && [ ! -f "$STAGE/loaders/${line##*/}" ] || continue
		need_file "the boot loader" "$line"
		cp "$line" "$STAGE/loaders/" && chmod 644 "$STAGE/loaders/${line##*/}" ||
			exit $EX_CANTCREAT
	done <<-END
		$LOADERS
	END
}

# --- profiles --------------------------------------------------------------------

# yes_or_no FILE KEY VALUE: set VALUE to 1 or to nothing.
yes_or_no() {
	case $3 in
	yes) VALUE=1 ;;
	no) VALUE='' ;;
	*) die $EX_CONFIG "$1: $2 = $3: write yes or no" ;;
	esac
}

# take_profile FILE KEY VALUE
take_profile() {
	case $3 in *[[:cntrl:]]*) die $EX_CONFIG "$1: $2 has control characters" ;; esac
	case $2 in
	mac)
		take_mac "$3" || die $EX_CONFIG "$1: mac = $3: not the MAC of a machine"
		MACS="$MACS$MAC "
		;;
	kernel) KERNEL=$3 ;;
	initrd) INITRDS="$INITRDS$3$NEWLINE" ;;
	cmdline) CMDLINE=$3 ;;
	image) IMAGE=$3 ;;
	secure)
		yes_or_no "$@"
		SECURE=$VALUE
		;;
	sanboot)
		yes_or_no "$@"
		SANBOOT=$VALUE
		;;
	boot-once)
		yes_or_no "$@"
		ONCE=$VALUE
		;;
	*) die $EX_CONFIG "$1: there is no setting $2: see vm-netboot(8)" ;;
	esac
}

# check_wish WHERE: fail unless there is either IMAGE or KERNEL, with settings
# that fit.
check_wish() {
	[ -n "$IMAGE$KERNEL" ] || die $EX_CONFIG "$1 has neither image nor kernel: write one of them"
	[ -z "$IMAGE" ] || [ -z "$KERNEL" ] ||
		die $EX_CONFIG "$1 has both image and kernel: remove one of them"
	[ -z "$IMAGE" ] || [ -z "$INITRDS$CMDLINE" ] || die $EX_CONFIG \
		"$1: initrd and cmdline are for a kernel, not for an image"
	[ -z "$SANBOOT" ] || [ -n "$IMAGE" ] ||
		die $EX_CONFIG "$1: sanboot is for an image, not for a kernel"
	[ -z "$SANBOOT" ] || [ -z "$SECURE" ] || die $EX_CONFIG \
		"$1: with Secure Boot there is no sanboot: iPXE is not signed"
}

# read_profile FILE: add the machines of the profile, with its settings.
read_profile() {
	local line
	MACS='' IMAGE='' KERNEL='' INITRDS='' CMDLINE=''
	SECURE='' SANBOOT='' ONCE=$ALL_ONCE
	[ -r "$1" ] || die $EX_NOINPUT "unable to read the profile $1"
	while read_line; do
		trim "$LINE"
		line=$TRIMMED
		case $line in
		'' | '#'*) continue ;;
		*=*) ;;
		*) die $EX_CONFIG "$1: $line: the line must be NAME = VALUE" ;;
		esac
		trim "${line#*=}"
		set -- "$1" "$TRIMMED"
		trim "${line%%=*}"
		take_profile "$1" "$TRIMMED" "$2"
	done <"$1"
	check_wish "$1"
	[ -n "$MACS" ] || die $EX_CONFIG "$1 names no machine: write mac = MAC"
	add_machines
}

add_machines() {
	local mac
	for mac in $MACS; do
		add_machine "$mac"
	done
}

# make_plan: plan everything that the command line and the profiles ask for.
make_plan() {
	local file
	ALL_ONCE=$ONCE
	[ -z "$CHECKS" ] || [ -n "$IMAGE" ] ||
		misuse "--sha256 needs an image on the command line"
	mkdir -p "$STAGE/machines" "$STAGE/tftp" "$STAGE/sources" "$STAGE/empty"
	[ -z "$IMAGE$KERNEL" ] || {
		check_wish "the command line"
		[ -z "$CHECKS" ] || WISHED=$IMAGE
		case $IMAGE in
		'' | *.[iI][sS][oO] | *.[iI][mM][gG] | *.raw | *.[eE][fF][iI]) ;;
		*) is_far "$IMAGE" || need_file image "$IMAGE"
			is_far "$IMAGE" || misuse "write the initrd after the kernel; for an" \
				"image, write a file that ends in .iso, .img, .raw or .efi" ;;
		esac
		[ -z "$ANY" ] || MACS="$MACS any"
		add_machines
	}
	while IFS= read -r file; do
		[ -z "$file" ] || read_profile "$file"
	done <<-END
		$PROFILES
	END
	write_confs
}

# write_confs: write the configurations for MACHINES as they are now.
write_confs() {
	local line
	[ "$HTTP" = off ] || vm-netboot-conf -d "$DIR" -u "$BASE" lighttpd \
		>"$STAGE/lighttpd.conf" || exit
	[ "$DHCP" != off ] || [ "$TFTP" != off ] || return 0
	set -- -i "$ADAPTER" -a "$ADDRESS" -d "$DIR" -u "$BASE" -U "$DHCP_USER"
	if [ -n "$RANGE" ]; then
		set -- "$@" -r "$RANGE,$MASK" ${GATEWAY:+-g "$GATEWAY"} ${DNS:+-D "$DNS"}
	else
		set -- "$@" -n "$NETWORK,$MASK"
	fi
	[ -z "$ADVERTISES" ] || set -- "$@" -6
	[ "$DHCP" != off ] || set -- "$@" -x
	case $TFTP in
	off) set -- "$@" -T ;;
	"$ADDRESS") ;;
	*) set -- "$@" -t "$TFTP" ;;
	esac
	while IFS= read -r line; do
		[ -z "$line" ] || set -- "$@" -l "${line%%=*}=${line##*/}"
	done <<-END
		$LOADERS
	END
	vm-netboot-conf "$@" dnsmasq >"$STAGE/dnsmasq.conf" <<-END || exit
		${MACHINES%"$NEWLINE"}
	END
}
