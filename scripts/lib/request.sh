# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What is asked of vmctl, gathered in REQ, a directory of one-value files like a
# slot's request/. Sourced by vmctl, after common.sh.

make_temp() {
	TEMP=$(mktemp -d) || die $EX_CANTCREAT "unable to make a directory"
	REQ=$TEMP/request
	mkdir "$REQ"
}

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

# --- secrets --------------------------------------------------------------

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

# --- the image ------------------------------------------------------------

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

# --- what the configuration adds ------------------------------------------

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
