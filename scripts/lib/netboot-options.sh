# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the options and arguments of vm-netboot do, for parse.sh. Sourced by vm-netboot.

ADAPTER='' MACS='' ANY='' PROFILES='' INITRDS=''
RANGE='' GATEWAY='' DNS='' ADVERTISES=''
DHCP='' TFTP='' HTTP='' HTTP_URL=''
LOADERS=''		# lines ARCH=FILE
SECURE='' SANBOOT='' ONCE='' HOOK='' COUNT='' TIMEOUT=''
FORCE='' DRY=''
SOURCE_OPTIONS=''	# lines, options of vmctl export with their values
CHECKS=''		# the same for the image alone

need_address() {
	number_of "$2" || misuse "--$1 $2: not an IPv4 address"
}

# take_server NAME VALUE: refuse a VALUE that is neither an address nor off.
take_server() {
	case $1:$2 in
	*:off) ;;
	http:*) need_address "$1" "${2%:*}" ;;
	*) need_address "$@" ;;
	esac
}

# path_of FILE: set VALUE to its absolute path.
path_of() {
	case $1 in
	/*) VALUE=$1 ;;
	*) VALUE=$PWD/$1 ;;
	esac
}

take_loader() {
	local arch
	arch=${1%%=*}
	case $1 in bios=?* | efi32=?* | efi64=?* | efi-arm64=?*) ;; *) misuse \
		"--loader $1: write bios=FILE, efi32=FILE, efi64=FILE or efi-arm64=FILE" ;;
	esac
	path_of "${1#*=}"
	case $NEWLINE$LOADERS in *"$NEWLINE$arch="*) misuse \
		"--loader: $arch has two boot loaders" ;; esac
	case $LOADERS in *"=$VALUE$NEWLINE"*) ;; *"/${VALUE##*/}$NEWLINE"*) misuse \
		"--loader: two boot loaders are named ${VALUE##*/}" ;; esac
	case ${VALUE##*/} in kernel | initrd* | image.* | boot.ipxe | done) misuse \
		"--loader: rename ${VALUE##*/}: a machine has another file of this name" ;; esac
	LOADERS="$LOADERS$arch=$VALUE$NEWLINE"
}

# take_option NAME VALUE: NAME is an option of the table.
take_option() {
	case $2 in *[[:cntrl:]]*) misuse "--$1: the value has control characters" ;; esac
	case $1 in
	adapter)
		case $2 in */* | *' '* | -* | ????????????????*) misuse \
			"--adapter $2: not the name of an adapter" ;; esac
		ADAPTER=$2
		;;
	mac)
		take_mac "$2" || misuse "--mac $2: not the MAC of a machine," \
			"such as 52:54:00:12:34:56"
		MACS="$MACS$MAC "
		;;
	profile)
		path_of "$2"
		PROFILES="$PROFILES$VALUE$NEWLINE"
		;;
	initrd) INITRDS="$INITRDS$2$NEWLINE" ;;
	range) RANGE=$2 ;;
	gateway)
		need_address "$@"
		GATEWAY=$2
		;;
	dns)
		need_address "$@"
		DNS=$2
		;;
	dhcp)
		take_server "$@"
		DHCP=$2
		;;
	tftp)
		take_server "$@"
		TFTP=$2
		;;
	http)
		take_server "$@"
		HTTP=$2
		;;
	http-url)
		case $2 in http://?*) ;; *) misuse "--http-url $2: not http://..." ;; esac
		HTTP_URL=${2%/}
		;;
	loader) take_loader "$2" ;;
	hook)
		command -v "${2%% *}" >/dev/null || misuse \
			"--hook $2: there is no program ${2%% *}"
		HOOK=$2
		;;
	words) misuse "--words must be the first option, and the only one" ;;
	count)
		is_number "$2" 9999 || misuse "--count $2: not a number from 1 to 9999"
		COUNT=$NUMBER
		;;
	timeout)
		is_number "$2" 86400 || misuse \
			"--timeout $2: not a number of seconds from 1 to 86400"
		TIMEOUT=$NUMBER
		;;
	sha256 | sha256-file) CHECKS="$CHECKS--$1$NEWLINE$2$NEWLINE" ;;
	*) SOURCE_OPTIONS="$SOURCE_OPTIONS--$1$NEWLINE$2$NEWLINE" ;;
	esac
}

# take_flag NAME: NAME is an option of the table that has no value.
take_flag() {
	case $1 in
	any) ANY=1 ;;
	ra) ADVERTISES=1 ;;
	secure) SECURE=1 ;;
	sanboot) SANBOOT=1 ;;
	boot-once) ONCE=1 ;;
	force) FORCE=1 ;;
	dry-run) DRY=1 ;;
	insecure) SOURCE_OPTIONS="$SOURCE_OPTIONS--insecure$NEWLINE" ;;
	json) JSON=1 ;;
	help)
		help_verb netboot
		exit 0
		;;
	esac
}

# use_argument: all words were read.
use_argument() {
	local more kernel
	case $ARGUMENT in *[[:cntrl:]]*) misuse \
		"an argument has control characters" ;; esac
	more=${MORE%"$NEWLINE"}
	[ -n "$ADAPTER" ] || misuse "write the adapter, too, such as -i eth1:" \
		"type ip link for their names"
	[ -n "$MACS$ANY$PROFILES" ] || misuse \
		"which machines? write --mac MAC for each of them, or --any"
	kernel=$ARGUMENT IMAGE='' KERNEL='' CMDLINE=''
	[ -n "$kernel" ] || {
		[ -z "$MACS$ANY" ] || misuse "what do they boot? write KERNEL INITRD" \
			"[CMDLINE], or the URL of an image"
		return 0
	}
	case $more in
	'') IMAGE=$kernel ;;
	*"$NEWLINE"*"$NEWLINE"*) misuse "there are more than three arguments:" \
		"write the command line of the kernel in quotes" ;;
	*"$NEWLINE"*) CMDLINE=${more#*"$NEWLINE"} ;;
	esac
	[ -n "$IMAGE" ] || {
		KERNEL=$kernel
		INITRDS=${more%%"$NEWLINE"*}$NEWLINE$INITRDS
	}
}
