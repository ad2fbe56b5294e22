# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The command line of vmctl. Sourced by vmctl, after request.sh.

# number NAME VALUE MAX
number() {
	case $2 in
	'' | *[!0-9]* | ?????????*) misuse "unable to use $1 $2: not a number" ;;
	esac
	[ "$2" -ge 1 ] && [ "$2" -le "$3" ] ||
		misuse "unable to use $1 $2: not from 1 to $3"
}

# is_size WORD: 500K, 2M, 1G.
is_size() {
	case ${1%[KMG]} in
	'' | *[!0-9]*) return 1 ;;
	esac
}

# seconds_of OPTION TIME: 90, 90s, 30m, 2h, 1d.
seconds_of() {
	count=${2%[smhd]}
	case $2 in
	*m) unit=60 ;;
	*h) unit=3600 ;;
	*d) unit=86400 ;;
	*) unit=1 ;;
	esac
	number "$1" "$count" $((31536000 / unit))
	echo $((count * unit))
}

# is_client WORD: may a client be called so? Nobody is `-`.
is_client() {
	case $1 in
	'' | *[!A-Za-z0-9_-]*) return 1 ;;
	esac
	[ ${#1} -le 64 ]
}

# is_text TEXT MAX: one line that can be printed, not longer than that.
is_text() {
	case $1 in
	'' | *[!\ -~]*) return 1 ;;
	esac
	[ ${#1} -le "$2" ]
}

parse_value() {
	case $1 in
	-s | --slot)
		is_slot "$2" || misuse "unable to use slot $2: not 0 to 7"
		[ "$2" -lt "$(count_slots)" ] || misuse \
			"unable to use slot $2: $CONF makes $(count_slots)"
		SLOT=$2
		;;
	-t | --type)
		case $2 in
		auto | cd | disk) ask type "$2" ;;
		*) misuse "unable to use type $2: auto, cd or disk" ;;
		esac
		;;
	-u | --user) ask user "$2" ;;
	--domain) ask domain "$2" ;;
	-P | --password)
		PASSWORD=$2
		[ "$2" = - ] || ask_file password "$2"
		;;
	--netrc | --cacert | --cert | --key) ask_file "${1#--}" "$2" ;;
	--proxy) PROXY=$2 ;;
	--limit-rate)
		is_size "$2" || misuse "unable to use $1 $2: not a size"
		LIMIT_RATE=$2
		;;
	--timeout)
		number "$1" "$2" 86400
		TIMEOUT=$2
		;;
	--outage)
		number "$1" "$2" 3600
		OUTAGE=$2
		;;
	--expires | --idle)
		value=$(seconds_of "$1" "$2") || exit
		ask "${1#--}" "$value"
		;;
	--overlay)
		case $2 in
		/*) ask overlay "$2" ;;
		*) ask overlay "$PWD/$2" ;;
		esac
		ask writable 1
		;;
	--overlay-size)
		is_size "$2" || misuse "unable to use $1 $2: not a size"
		OVERLAY_SIZE=$2
		;;
	--client)
		is_client "$2" || misuse "unable to use $1: not 1 to 64 letters and digits"
		CLIENT=$2
		;;
	--who)
		is_text "$2" 200 || misuse "unable to use $1: not plain text"
		WHO=$2
		;;
	--name)
		is_text "$2" 255 || misuse "unable to use $1: not plain text"
		NAME=$2
		;;
	-U | --socket) SOCKET=$2 ;;
	--pin) PIN=$2 ;;
	--ticket) take_ticket "$2" ;;
	--headers) take_headers "$2" ;;
	*) misuse "unable to use $1: no such option" ;;
	esac
}

# take_word WORD: one that is no option.
take_word() {
	if [ "$VERB" = serve ] && [ -n "$IMAGE" ]; then
		[ -z "$TO" ] || misuse "unable to serve to more than one place"
		TO=$1
	elif [ "$VERB" = serve ]; then
		IMAGE=$1
	else
		[ -z "$given" ] || misuse "unable to take more than one URL"
		given=$1
	fi
}

# parse WORDS...: options and one URL.
parse() {
	given=
	while [ $# -gt 0 ]; do
		case $1 in
		--*=*)
			option=${1%%=*} value=${1#*=}
			shift
			set -- "$option" "$value" "$@"
			continue
			;;
		--json | -j) JSON=1 ;;
		--verbose | -v) VERBOSE=1 ;;
		--insecure) ask insecure 1 ;;
		--writable | -w) ask writable 1 ;;
		--replace) REPLACE=1 ;;
		--retype) ask retype 1 ;;
		--wait-host) WAIT_HOST=1 ;;
		--watch) WATCH=1 ;;
		--follow) FOLLOW=1 ;;
		--repair) REPAIR=1 ;;
		--take) TAKE=1 ;;
		--again) AGAIN=1 ;;
		--eject) EJECT=1 AGAIN=1 ;;
		--web) WEB=1 ;;
		--boot-once) ask boot-once 1 ;;
		--force) FORCE=1 ;;
		-f) FORCE=1 FOLLOW=1 ;;
		-h | --help)
			usage
			exit 0
			;;
		--) ;;
		- | [!-]*) take_word "$1" ;;
		*)
			[ $# -gt 1 ] || misuse "unable to use $1 without a value"
			parse_value "$1" "$2"
			shift
			;;
		esac
		shift
	done
	[ -z "$given" ] || take_url "$given"
	[ "$PASSWORD" != - ] || read_password
}
