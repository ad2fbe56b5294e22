# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What is asked of vmctl: the configuration, then the command line, gathered
# in globals and in REQ, a directory of one-value files like a slot's request/.
# Sourced by vmctl, after common.sh.

CONF=${VM_CONF:-/etc/vmedia/vmedia.conf}

TYPES='cd disk'		# of the slots, in order
SLOT=			# as asked with -s
URL=			# what may be shown of it
TEMP='' REQ=''	# a directory of our own, and the request in it
TIMEOUT=60
JSON='' VERBOSE='' WAIT_HOST='' REPLACE='' FORCE='' SOCKET='' PASSWORD=''
CACHE='' CONNECTIONS='' LIMIT_RATE='' WATCH='' OUTAGE='' ALLOW_FILE=''
OVERLAY_SIZE='' DVD='' STALL='' UDC='' CACERT='' PROXY='' POWER=''
REPAIR='' FOLLOW=''
IMAGE='' TO=''		# of vmctl serve
PIN=''
# Of a source that comes to us: its name when it comes again, and for people.
CLIENT=- WHO='' NAME='' TAKE='' AGAIN='' EJECT='' WEB=''
DECLARED=		# media at boot: lines of a slot and a mount's words

misuse() {
	die $EX_USAGE "$* (vmctl help tells how it is used)"
}

# --- configuration --------------------------------------------------------

# number NAME VALUE MAX
number() {
	case $2 in
	'' | *[!0-9]* | ?????????*) misuse "unable to use $1 $2: not a number" ;;
	esac
	[ "$2" -ge 1 ] && [ "$2" -le "$3" ] ||
		misuse "unable to use $1 $2: not from 1 to $3"
}

# trim TEXT: without blanks around it.
trim() {
	printf '%s\n' "$1" | (read -r text && printf '%s\n' "$text")
}

check_types() {
	for type in $1; do
		case $type in
		cd | disk) ;;
		*) die $EX_CONFIG "$CONF: slots: $type: not cd or disk" ;;
		esac
	done
}

# conf_number MAX: the value at hand, if it is one from 1 on.
conf_number() {
	case $value in
	'' | *[!0-9]* | ?????????*) value=0 ;;
	esac
	[ "$value" -ge 1 ] && [ "$value" -le "$1" ] && echo "$value" ||
		die $EX_CONFIG "$CONF: $key: not a number from 1 to $1"
}
conf_size() {
	is_size "$value" && echo "$value" ||
		die $EX_CONFIG "$CONF: $key: $value: not a size (500K, 64M)"
}

read_conf() {
	[ -f "$CONF" ] || return 0
	while read_line; do
		line=$(trim "$line")
		case $line in
		'' | '#'*) continue ;;
		*=*) ;;
		*) die $EX_CONFIG "$CONF: $line: not NAME = VALUE" ;;
		esac
		key=$(trim "${line%%=*}")
		value=$(trim "${line#*=}")
		case $key in
		slots)
			check_types "$value"
			TYPES=$value
			;;
		timeout) TIMEOUT=$(conf_number 86400) || exit ;;
		cache) CACHE=$(conf_size) || exit ;;
		connections) CONNECTIONS=$(conf_number 64) || exit ;;
		outage) OUTAGE=$(conf_number 3600) || exit ;;
		limit_rate) LIMIT_RATE=$(conf_size) || exit ;;
		dvd) [ "$value" = yes ] && DVD=1 ;;
		stall) STALL=$value ;;
		udc) UDC=$value ;;
		cacert) CACERT=$value ;;
		allow_file) ALLOW_FILE=$value ;;
		power) POWER=$value ;;
		slot[0-7])
			DECLARED="$DECLARED
${key#slot} $value"
			;;
		overlay_size) OVERLAY_SIZE=$(conf_size) || exit ;;
		proxy) PROXY=$value ;;
		*) die $EX_CONFIG "$CONF: $key: no such setting" ;;
		esac
	done <"$CONF"
}

# slots_of TYPE: their numbers.
slots_of() {
	n=0
	for type in $TYPES; do
		[ "$type" != "$1" ] || echo $n
		n=$((n + 1))
	done
}

count_slots() {
	# shellcheck disable=SC2086 # a list of words
	set -- $TYPES
	echo $#
}

# --- requests -------------------------------------------------------------

# ask NAME VALUE
ask() {
	[ -n "$REQ" ] || misuse "unable to $VERB with a $1"
	printf '%s\n' "$2" >"$REQ/$1" || die $EX_CANTCREAT "unable to write $REQ"
}

# ask_file NAME FILE: its content, for it may be gone at a restart.
ask_file() {
	[ -n "$REQ" ] || misuse "unable to $VERB with a $1"
	cat -- "$2" >"$REQ/$1" 2>/dev/null ||
		die $EX_NOINPUT "unable to read $1 file $2"
}

# read_line: of our input, into line, with a newline at its end or without.
read_line() {
	IFS= read -r line || [ -n "$line" ]
}

# read_secret NAME FILE: of vmctl serve, which hands it on; - is our input.
read_secret() {
	[ -n "$TEMP" ] || misuse "unable to $VERB with $1"
	if [ "$2" = - ]; then
		read_line && printf '%s\n' "$line" >"$TEMP/$1"
	else
		cat -- "$2" >"$TEMP/$1" 2>/dev/null
	fi
}

# is_secret_word WORD: is it long and random, as a ticket is?
is_secret_word() {
	case $1 in *[!A-Za-z0-9_-]*) return 1 ;; esac
	[ ${#1} -ge 20 ]
}

take_ticket() {
	read_secret ticket "$1" || {
		! is_secret_word "$1" || misuse \
			"unable to take a ticket as an argument: --ticket FILE, or - for standard input"
		die $EX_NOINPUT "unable to read ticket file $1"
	}
	IFS= read -r word <"$TEMP/ticket" || :
	word=${word%"$(printf '\r')"}
	case $word in
	'' | *[!A-Za-z0-9._~+-]*) die $EX_DATAERR \
		"unable to use the ticket: its file's first line is none" ;;
	esac
	printf '%s\n' "$word" >"$TEMP/ticket"
	word=
}

take_headers() {
	read_secret headers "$1" || die $EX_NOINPUT "unable to read headers file $1"
	! grep -qv '^[^:[:space:]]\{1,\}:' "$TEMP/headers" || die $EX_DATAERR \
		"unable to use headers file $1: a line is no NAME: VALUE"
}

make_temp() {
	TEMP=$(mktemp -d) || die $EX_CANTCREAT "unable to make a directory"
	REQ=$TEMP/request
	mkdir "$REQ"
}

# read_password: from a person, or from whoever wrote to our standard input.
read_password() {
	if [ -t 0 ]; then
		printf 'Password: ' >&2
		tty=$(stty -g)
		trap 'stty "$tty"; exit 130' INT
		stty -echo
		IFS= read -r password
		stty "$tty"
		trap 'exit 130' INT
		echo >&2
	else
		IFS= read -r password
	fi
	ask password "$password"
	password=
}

# The usual variables hold passwords at times: ours to keep, not to inherit.
ask_proxy() {
	case $1 in
	nfs:* | smb:*) return ;;
	https:*) value=${PROXY:-${https_proxy:-${HTTPS_PROXY:-}}} ;;
	*) value=${PROXY:-${http_proxy:-}} ;;
	esac
	value=${value:-${all_proxy:-${ALL_PROXY:-}}}
	[ -z "$value" ] || ask proxy "$value"
	value=${no_proxy:-${NO_PROXY:-}}
	[ -z "$value" ] || [ -n "$PROXY" ] || ask noproxy "$value"
	unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY value
}

# show URL: without what is secret in it, also where a password holds what
# it should not and the URL is none.
show() {
	shown=${1%%[?#]*}
	case $shown in
	*://*)
		rest=${shown#*://}
		host=${rest%%/*}
		path=${rest#"$host"}
		case $host in
		*@*) host=${host##*@} ;;
		\[*) ;;
		*:*[!0-9]*) host='' path=${path#"${path%@*}"} path=${path#@} ;;
		esac
		shown=${shown%%://*}://$host$path
		;;
	esac
	case $shown in
	*[!\ -~]*) printf '%s\n' "$shown" | tr -c '\040-\176\n' '?' ;;
	*) printf '%s\n' "$shown" ;;
	esac
}

take_url() {
	url=$1
	case $VERB-$url in
	attach--) return ;;
	attach-*) misuse "unable to attach $(show "$url"): only standard input (-)" ;;
	ticket-*)
		parse_value -s "$url"
		return
		;;
	esac
	if [ "$url" = - ]; then
		read_line || misuse "unable to read a URL from standard input"
		url=$line line=
	fi
	url=${url%"$(printf '\r')"}
	case $VERB in
	eject | status | list | log) misuse \
		"unable to $VERB $(show "$url"): give the slot with -s" ;;
	esac
	case $url in
	[Hh][Tt][Tt][Pp]://?* | [Hh][Tt][Tt][Pp][Ss]://?*) ;;
	nfs://?* | smb://?*) ;;
	/* | file:*) take_file ;;
	*) die $EX_USAGE "unable to use $(show "$url"): not an http, https, nfs or smb URL, nor a path" ;;
	esac
	ask url "$url"
	URL=$(show "$url")
	ask_proxy "$url"
	url=
}

# take_file: a local image, url, is an administrator's to allow: it lies, all
# links followed, in a directory that the configuration names.
take_file() {
	case $url in
	*[[:cntrl:]]*) misuse "unable to use a path with control characters" ;;
	*%*) [ "${url#/}" != "$url" ] || misuse \
		"unable to use $(show "$url"): give its path as it is" ;;
	file:///*) url=${url#file://} ;;
	file:/[!/]*) url=${url#file:} ;;
	file:*) misuse "unable to use $(show "$url"): give a whole path" ;;
	esac
	path=$(readlink -f -- "$url") && [ -e "$path" ] ||
		die $EX_NOINPUT "unable to open $(show "$url"): no such file"
	# Who serves a file to another machine opens it as himself.
	if [ "$VERB" = serve ]; then
		url=$path
		return
	fi
	for dir in $ALLOW_FILE; do
		dir=$(readlink -f -- "$dir") || continue
		case $path in
		"${dir%/}"/*)
			url=$path
			return
			;;
		esac
	done
	die $EX_NOPERM "unable to open $(show "$url"): allow_file in $CONF does not name its directory"
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

# complete_overlay: what is written must have a place to go.
complete_overlay() {
	if [ -f "$REQ/overlay" ]; then
		ask overlay-size "${OVERLAY_SIZE:-1G}"
		return
	fi
	case $URL in
	[Hh][Tt][Tt][Pp]*) misuse \
		"unable to write to $URL: name a file that keeps what is written, with --overlay" ;;
	esac
}

# complete_writable: it goes in as a disk.
complete_writable() {
	case $(read_value "$REQ/type") in
	cd) misuse "unable to write to a CD drive: a disk can be written to" ;;
	esac
	ask type disk
	complete_overlay
}

# complete_source: what the configuration adds to a request that does not say,
# about where the image comes from.
complete_source() {
	[ -f "$REQ/cacert" ] || [ -z "$CACERT" ] || ask_file cacert "$CACERT"
	[ -z "$CACHE" ] || ask cache "$CACHE"
	[ -z "$CONNECTIONS" ] || ask connections "$CONNECTIONS"
	[ -z "$OUTAGE" ] || ask outage "$OUTAGE"
	[ -z "$LIMIT_RATE" ] || ask limit-rate "$LIMIT_RATE"
	[ ! -f "$REQ/insecure" ] || echo \
		"$PROG: WARNING: the server is not verified: anybody may be it" >&2
}

# complete_request VERB: ... and about what becomes of it.
complete_request() {
	[ -n "$URL" ] || misuse "unable to $1 without a URL"
	[ -f "$REQ/type" ] || ask type auto
	complete_source
	[ -z "$DVD" ] || ask dvd 1
	[ -z "$POWER" ] || [ ! -f "$REQ/boot-once" ] || ask power "$POWER"
	[ ! -f "$REQ/writable" ] || complete_writable
}
