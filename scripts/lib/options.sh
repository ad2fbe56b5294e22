# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the options and arguments of vmctl do, for parse.sh. Sourced by vmctl and
# vm-host, after option-table.sh, which lists them, and request.sh.

# seconds_of OPTION TIME: print TIME in seconds.
seconds_of() {
	seconds_in "$2" || misuse \
		"--$1 $2: not a time of at most a year, such as 90s, 30m, 2h or 1d"
}

# is_client WORD: is it an ID for --client? `-` stands for no ID.
is_client() {
	case $1 in
	'' | *[!A-Za-z0-9_-]*) return 1 ;;
	esac
	[ ${#1} -le 64 ]
}

# is_text TEXT MAX: is it one printable line of at most MAX characters?
is_text() {
	case $1 in
	'' | *[!\ -~]*) return 1 ;;
	esac
	[ ${#1} -le "$2" ]
}

check_text() {
	is_text "$2" "$3" || misuse \
		"--$1: must be one line of 1 to $3 printable ASCII characters"
}

# take_uri URL: set URI to `u` and the URL, because an empty URL is not the same
# as none.
take_uri() {
	case $1 in
	'' | http://?* | https://?*) ;;
	*) misuse "--uri $1: not http://... or https://..." ;;
	esac
	case $1 in *[!!-~]* | *[\"\\]*) misuse \
		"--uri: has blanks, quotes, or letters that are not ASCII" ;; esac
	[ ${#1} -le 1000 ] || misuse "--uri: is longer than 1000 bytes"
	URI=u$1
}

set_slot() {
	local count
	is_slot "$1" || misuse "slot $1: not a number from 0 to 7"
	count=$(count_slots)
	[ "$1" -lt "$count" ] || die $EX_USAGE "there is no slot $1:" \
		"the last one is slot $((count - 1)) (see slots in $CONF)"
	SLOT=$1
}

is_ticket_id() {
	case $1 in
	*[!0-9a-f]*) return 1 ;;
	????????) ;;
	*) return 1 ;;
	esac
}

# take_option NAME VALUE: NAME is an option of the table.
take_option() {
	local seconds
	# A value is one line of the request.
	case $2 in *[[:cntrl:]]*) misuse "--$1: the value has control characters" ;; esac
	case $1 in
	slot) set_slot "$2" ;;
	type)
		case $2 in
		auto | cd | disk) ask type "$2" ;;
		*) misuse "--type $2: not auto, cd or disk" ;;
		esac
		;;
	drive)
		case $2 in
		auto | kernel | own) ask drive "$2" ;;
		*) misuse "--drive $2: not auto, kernel or own" ;;
		esac
		;;
	expires | idle | degraded)
		seconds=$(seconds_of "$1" "$2") || exit
		ask "$1" "$seconds"
		;;
	overlay)
		case $2 in
		/*) ask overlay "$2" ;;
		*) ask overlay "$PWD/$2" ;;
		esac
		ask writable 1
		;;
	overlay-size)
		check_option_size "$1" "$2"
		OVERLAY_SIZE=$2
		;;
	client)
		is_client "$2" || misuse \
			"--client: must be 1 to 64 letters, digits, _ or -"
		CLIENT=$2
		;;
	who)
		check_text "$1" "$2" 200
		WHO=$2
		;;
	name)
		check_text "$1" "$2" 255
		NAME=$2
		;;
	mode)
		case $2 in
		uefi | legacy) MODE=$2 ;;
		*) misuse "--mode $2: not uefi or legacy" ;;
		esac
		;;
	uri) take_uri "$2" ;;
	socket) SOCKET=$2 ;;
	role) ROLE=$2 ;;
	password-fd) PASSWORD_FD=$2 ;;
	pin) PIN=$2 ;;
	ticket) take_ticket "$2" ;;
	revoke)
		is_ticket_id "$2" || misuse "--revoke $2: not the ID of" \
			"a ticket: type vmctl ticket --list"
		REVOKE=$2
		;;
	headers) take_headers "$2" ;;
	*) take_source_option "$1" "$2" ;;
	esac
}

# take_flag NAME: NAME is an option of the table that has no value.
take_flag() {
	case $1 in
	json) JSON=1 ;;
	verbose) VERBOSE=1 ;;
	insecure | raw | retype | boot-once | writable) ask "$1" 1 ;;
	replace) REPLACE=1 ;;
	wait-host) WAIT_HOST=1 ;;
	watch) WATCH=1 ;;
	quiet) QUIET=1 ;;
	follow) FOLLOW=1 ;;
	force) FORCE=${FORCE:-force} ;;
	discard) FORCE=discard ;;
	once) LASTS=once ;;
	always) LASTS=continuous ;;
	repair) REPAIR=1 ;;
	list) LISTS=1 ;;
	take) TAKE=1 ;;
	again) AGAIN=1 ;;
	eject) EJECT=1 AGAIN=1 ;;
	web) WEB=1 ;;
	pam) USES_PAM=1 ;;
	must-change) MUST_CHANGE=1 ;;
	help)
		[ "$VERB" != attach ] || exec >&6 # cmd_attach's stdout
		help_verb "$VERB"
		exit 0
		;;
	esac
}

# use_first: the row of the verb tells what ARGUMENT is.
use_first() {
	case $TAKES in
	*SLOT*)
		is_slot "$ARGUMENT" || misuse \
			"$VERB takes the number of a slot, 0 to 7"
		[ "${SLOT:-$ARGUMENT}" = "$ARGUMENT" ] || misuse \
			"$VERB takes one slot, but --slot $SLOT and $ARGUMENT are given"
		set_slot "$ARGUMENT"
		;;
	*URL*) take_url "$ARGUMENT" ;;
	*-*) [ "$ARGUMENT" = - ] || misuse "$VERB takes the image from" \
		"standard input (-), not from a URL" ;;
	esac
}

# use_argument: all words were read.
use_argument() {
	[ -z "$ARGUMENT" ] || use_first
	[ "$PASSWORD" != - ] || read_password
}
