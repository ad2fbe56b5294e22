# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The command line of vmctl. Sourced by vmctl, after request.sh.

# check_option_number OPTION VALUE MAX
check_option_number() {
	is_number "$2" "$3" || misuse "$1 $2: not a number from 1 to $3"
}

check_option_size() {
	is_size "$2" || misuse "$1 $2: not a size, such as 500K or 2M"
}

# seconds_of OPTION TIME: print TIME (90, 90s, 30m, 2h, 1d) in seconds.
seconds_of() {
	local count unit
	count=${2%[smhd]}
	case $2 in
	*m) unit=60 ;;
	*h) unit=3600 ;;
	*d) unit=86400 ;;
	*) unit=1 ;;
	esac
	# In arithmetic, a leading 0 would mean an octal number.
	count=${count#"${count%%[!0]*}"}
	is_number "$count" $((31536000 / unit)) || misuse \
		"$1 $2: not a time of at most a year, such as 90s, 30m, 2h or 1d"
	echo $((count * unit))
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
		"$1: must be one line of 1 to $3 printable ASCII characters"
}

take_slot_option() {
	local count
	is_slot "$2" || misuse "$1 $2: not a slot number from 0 to 7"
	count=$(count_slots)
	[ "$2" -lt "$count" ] || die $EX_USAGE "there is no slot $2:" \
		"the last one is slot $((count - 1)) (see slots in $CONF)"
	SLOT=$2
}

# take_option OPTION VALUE
take_option() {
	local seconds
	case $1 in
	-s | --slot) take_slot_option "$1" "$2" ;;
	-t | --type)
		case $2 in
		auto | cd | disk) ask type "$2" ;;
		*) misuse "$1 $2: not auto, cd or disk" ;;
		esac
		;;
	-u | --user) ask user "$2" ;;
	--domain) ask domain "$2" ;;
	-P | --password)
		PASSWORD=$2
		[ "$2" = - ] || ask_file password "$2"
		;;
	--header) take_header "$2" ;;
	--sha256) take_sha256 "$2" ;;
	--sha256-file) take_sums "$2" ;;
	--netrc | --cacert | --cert | --key) ask_file "${1#--}" "$2" ;;
	--proxy) PROXY=$2 ;;
	--limit-rate)
		check_option_size "$1" "$2"
		LIMIT_RATE=$2
		;;
	--timeout)
		check_option_number "$1" "$2" 86400
		TIMEOUT=$2
		;;
	--outage)
		check_option_number "$1" "$2" 3600
		OUTAGE=$2
		;;
	--expires | --idle)
		seconds=$(seconds_of "$1" "$2") || exit
		ask "${1#--}" "$seconds"
		;;
	--overlay)
		case $2 in
		/*) ask overlay "$2" ;;
		*) ask overlay "$PWD/$2" ;;
		esac
		ask writable 1
		;;
	--overlay-size)
		check_option_size "$1" "$2"
		OVERLAY_SIZE=$2
		;;
	--client)
		is_client "$2" || misuse \
			"$1: must be 1 to 64 letters, digits, _ or -"
		CLIENT=$2
		;;
	--who)
		check_text "$1" "$2" 200
		WHO=$2
		;;
	--name)
		check_text "$1" "$2" 255
		NAME=$2
		;;
	-U | --socket) SOCKET=$2 ;;
	--pin) PIN=$2 ;;
	--ticket) take_ticket "$2" ;;
	--headers) take_headers "$2" ;;
	*) misuse "there is no option $1" ;;
	esac
}

# take_flag OPTION: false if OPTION is not one that stands without a value.
take_flag() {
	case $1 in
	--json | -j) JSON=1 ;;
	--verbose | -v) VERBOSE=1 ;;
	--insecure | --retype | --boot-once) ask "${1#--}" 1 ;;
	--writable | -w) ask writable 1 ;;
	--replace) REPLACE=1 ;;
	--wait-host) WAIT_HOST=1 ;;
	--watch) WATCH=1 ;;
	--follow) FOLLOW=1 ;;
	--force) FORCE=1 ;;
	-f) FORCE=1 FOLLOW=1 ;;
	--repair) REPAIR=1 ;;
	--take) TAKE=1 ;;
	--again) AGAIN=1 ;;
	--eject) EJECT=1 AGAIN=1 ;;
	--web) WEB=1 ;;
	*) return 1 ;;
	esac
}

# take_argument WORD: vmctl serve takes two, the other verbs one or none.
take_argument() {
	if [ -z "$ARGUMENT" ]; then
		ARGUMENT=$1
	elif [ "$VERB" = serve ] && [ -z "$WHERE" ]; then
		WHERE=$1
	elif [ "$VERB" = serve ]; then
		misuse "serve takes two arguments: IMAGE and WHERE"
	else
		misuse "$VERB takes only one argument"
	fi
}

# use_argument: what ARGUMENT is depends on the verb.
use_argument() {
	[ -n "$ARGUMENT" ] || return 0
	case $VERB-$ARGUMENT in
	serve-*) ;;
	ticket-*) take_option -s "$ARGUMENT" ;;
	attach--) ;;
	attach-*) misuse \
		"attach takes the image from standard input (-), not from a URL" ;;
	eject-[0-7] | status-[0-7] | list-[0-7] | log-[0-7]) misuse \
		"$VERB takes no argument; choose a slot with -s $ARGUMENT" ;;
	eject-* | status-* | list-* | log-*) misuse \
		"$VERB takes no argument; choose a slot with -s SLOT" ;;
	start-*) misuse "start takes no argument; use vmctl mount for a URL" ;;
	*) take_url "$ARGUMENT" ;;
	esac
}

# parse WORDS...: options and arguments.
parse() {
	local option value
	while [ $# -gt 0 ]; do
		case $1 in
		--*=*)
			option=${1%%=*} value=${1#*=}
			shift
			set -- "$option" "$value" "$@"
			continue
			;;
		-h | --help)
			usage
			exit 0
			;;
		--) ;;
		- | [!-]*) take_argument "$1" ;;
		*)
			take_flag "$1" || {
				[ $# -gt 1 ] || misuse "$1: no such option, or it needs a value"
				take_option "$1" "$2"
				shift
			}
			;;
		esac
		shift
	done
	use_argument
	[ "$PASSWORD" != - ] || read_password
}
