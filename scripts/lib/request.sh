# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The request: what the user of vmctl asks for, in the directory REQ, which has
# a file for each value. It becomes request/ of a slot. vm-fetchd reads the
# files that have the names of its parameters. Sourced by vmctl, after
# config.sh.

# make_temp: make a directory for passwords and URLs. It is in memory: in /run,
# or for an ordinary user in /dev/shm, and not on a disk as TMPDIR may be.
make_temp() {
	local dir
	[ -d "$RUN" ] || { mkdir -p "$RUN" && chmod 755 "$RUN"; } 2>/dev/null
	for dir in "$RUN" /dev/shm; do
		[ -w "$dir" ] || continue
		TEMP=$(mktemp -d "$dir/tmp.XXXXXX" 2>/dev/null) && break
	done
	REQ=$TEMP/request
	[ -n "$TEMP" ] && mkdir "$REQ" 2>/dev/null && guard_temp ||
		die $EX_CANTCREAT "unable to make a directory in $RUN or /dev/shm"
}

# guard_temp: start a process that removes TEMP when vmctl is killed. It waits
# for the end of a FIFO that only vmctl has open, as descriptor 8.
guard_temp() {
	mkfifo "$TEMP/guard" 2>/dev/null || return
	(
		trap '' HUP INT PIPE TERM
		exec </dev/null >/dev/null 2>&1
		read -r _ <"$TEMP/guard"
		rm -rf "$TEMP"
	) &
	GUARD=$!
	exec 8>"$TEMP/guard"
}

# ask NAME VALUE: add a value to the request.
ask() {
	printf '%s\n' "$2" 2>/dev/null >"$REQ/$1" ||
		die $EX_CANTCREAT "unable to write $REQ/$1: is ${TEMP%/*} full?"
}

# ask_file NAME FILE: add the content of FILE. FILE itself may no longer exist
# when a program of the slot is started again.
ask_file() {
	cat -- "$2" 2>/dev/null >"$REQ/$1" && return
	[ -f "$2" ] && [ -r "$2" ] ||
		die $EX_NOINPUT:usage "unable to read $1 file $2"
	die $EX_CANTCREAT "unable to write $REQ/$1: is ${TEMP%/*} full?"
}

KIND=		# what look_at() has found: http, nfs, smb, file or unknown
SHOWN=		# ... and the text without its secrets

# --- secrets --------------------------------------------------------------

# read_secret NAME FILE: copy FILE, or a line of standard input (-), to
# $TEMP/NAME. False if that fails.
read_secret() {
	if [ "$2" = - ]; then
		read_line && printf '%s\n' "$LINE" >"$TEMP/$1"
	else
		cat -- "$2" >"$TEMP/$1" 2>/dev/null
	fi
}

# is_secret_word WORD: may it be a ticket, by its length and its characters?
is_secret_word() {
	case $1 in *[!A-Za-z0-9_-]*) return 1 ;; esac
	[ ${#1} -ge 20 ]
}

# take_ticket FILE: read a ticket. Do not show one that was typed in place of
# FILE.
take_ticket() {
	local word
	read_secret ticket "$1" || {
		! is_secret_word "$1" || misuse \
			"--ticket takes a file, or - for standard input, not the ticket itself"
		die $EX_NOINPUT:usage "unable to read ticket file $1"
	}
	IFS= read -r word <"$TEMP/ticket" || :
	word=${word%"$(printf '\r')"}
	case $word in
	'' | *[!A-Za-z0-9._~+-]*) die $EX_DATAERR:usage \
		"the first line of the ticket file is not a ticket" ;;
	esac
	printf '%s\n' "$word" >"$TEMP/ticket"
}

take_headers() {
	read_secret headers "$1" || die $EX_NOINPUT:usage "unable to read headers file $1"
	! grep -qv '^[^:[:space:]]\{1,\}:' "$TEMP/headers" || die $EX_DATAERR:usage \
		"headers file $1: each line must be NAME: VALUE"
}

# take_header FILE: add headers. Do not show one that was typed in place of
# FILE.
take_header() {
	case $1 in
	*:*) [ -e "$1" ] || misuse \
		"--header takes a file with lines NAME: VALUE, not the header itself" ;;
	esac
	ask_file header "$1"
}

# take_sha256 HEX
take_sha256() {
	is_sha256 "$1" || misuse "--sha256: not 64 hexadecimal digits"
	ask sha256 "$1"
}

# take_sums FILE|URL: a file of checksums, such as SHA256SUMS.
take_sums() {
	case $1 in
	*://*)
		look_at "$1"
		case $KIND in
		http | nfs | smb) ask sums-url "$1" ;;
		*) misuse "--sha256-file $SHOWN: not a file, nor an http, https," \
			"nfs or smb URL" ;;
		esac
		;;
	*) ask_file sums "$1" ;;
	esac
}

# read_password: ask on a terminal, or read a line of standard input.
read_password() {
	local password
	if [ -t 0 ]; then
		printf 'Password: ' >&2
		ECHOES=$(stty -g)
		stty -echo
		IFS= read -r password
		stty "$ECHOES"
		ECHOES=
		echo >&2
	else
		IFS= read -r password
	fi
	ask password "$password"
}

# --- options ------------------------------------------------------------

# check_option_number OPTION VALUE MAX
check_option_number() {
	is_number "$2" "$3" || misuse "--$1 $2: not a number from 1 to $3"
}

check_option_size() {
	is_size "$2" || misuse "--$1 $2: not a size, such as 500K or 2M"
}

# take_source_option NAME VALUE: take an option about the access to the image.
# False if it is another option.
take_source_option() {
	case $1 in
	user)
		case $2 in *:*) misuse "--user takes only the name: for the" \
			"password use --password FILE, or -P - to be asked" ;; esac
		ask user "$2"
		;;
	domain) ask "$1" "$2" ;;
	password)
		PASSWORD=$2
		[ "$2" = - ] || ask_file password "$2"
		;;
	header) take_header "$2" ;;
	sha256) take_sha256 "$2" ;;
	sha256-file) take_sums "$2" ;;
	netrc | cacert | cert | key) ask_file "$1" "$2" ;;
	proxy) PROXY=$2 ;;
	limit-rate)
		check_option_size "$1" "$2"
		LIMIT_RATE=$2
		;;
	timeout)
		check_option_number "$1" "$2" 86400
		TIMEOUT=$NUMBER
		;;
	outage)
		check_option_number "$1" "$2" 3600
		OUTAGE=$NUMBER
		;;
	*) return 1 ;;
	esac
}

# --- the image ------------------------------------------------------------

# ask_proxy URL: add the proxy. The variables for it may hold a password, thus
# other programs must not have them in their environment.
ask_proxy() {
	local value
	case $1 in
	[Hh][Tt][Tt][Pp][Ss]:*) value=${PROXY:-${https_proxy:-${HTTPS_PROXY:-}}} ;;
	*) value=${PROXY:-${http_proxy:-}} ;;
	esac
	value=${value:-${all_proxy:-${ALL_PROXY:-}}}
	[ -z "$value" ] || ask proxy "$value"
	value=${no_proxy:-${NO_PROXY:-}}
	[ -z "$value" ] || [ -n "$PROXY" ] || ask noproxy "$value"
	unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY
}

# look_at URL|TEXT: set KIND to http, nfs, smb, file or unknown, and SHOWN to
# the text without its secrets: user, password and query.
look_at() {
	SHOWN=$(printf '%s\n' "$1" | vm-fetchd -n -) || exit $EX_OSERR
	KIND=${SHOWN%% *} SHOWN=${SHOWN#* }
}

# show URL: print it without its secrets.
show() {
	look_at "$1"
	printf '%s\n' "$SHOWN"
}

# no_file FILE
no_file() {
	die $EX_NOINPUT "unable to open $(show "$1"): no such file"
}

# is_allowed PATH: is it in a directory that allow_file names? vmctl serve only
# opens what its user may read anyway.
is_allowed() {
	local dir
	[ "$VERB" != serve ] || return 0
	for dir in $ALLOW_FILE; do
		dir=$(readlink -f -- "$dir") || continue
		case $1 in "${dir%/}"/*) return 0 ;; esac
	done
	return 1
}

# refuse_file PATH FILE: fail, and say which line would allow it. A directory in
# that line cannot have blanks, which separate the directories.
refuse_file() {
	local dir
	dir=${1%/*}
	while case $dir in *[[:space:]]*) ;; *) false ;; esac do
		dir=${dir%/*}
	done
	[ -n "$dir" ] || die $EX_NOPERM "unable to open $(show "$2"): its" \
		"directory is not allowed; put it into one that allow_file in" \
		"$CONF lists"
	die $EX_NOPERM "unable to open $(show "$2"): its directory is not" \
		"allowed; write into $CONF:" \
		"allow_file = ${ALLOW_FILE:+$ALLOW_FILE }$dir"
}

# allowed_file PATH|URL: print the path of a local image, with all its links
# resolved, if the configuration allows its directory.
allowed_file() {
	local file path
	file=$1
	case $file in
	*[[:cntrl:]]*) misuse "the path has control characters" ;;
	/*) ;;
	*%*) misuse "$(show "$file"): write the path without %XX" ;;
	[Ff][Ii][Ll][Ee]:///*) file=${file#*://} ;;
	[Ff][Ii][Ll][Ee]:/[!/]*) file=${file#*:} ;;
	*) misuse "$(show "$file"): write an absolute path" ;;
	esac
	path=$(readlink -f -- "$file") && [ -e "$path" ] || no_file "$file"
	is_allowed "$path" || refuse_file "$path" "$file"
	printf '%s\n' "$path"
}

# take_stored image:NAME: add the path of an image of the store to the request,
# and its ID, by which others see that a slot uses it. The image need not be in
# allow_file.
take_stored() {
	local path
	need_part vm-image vmedia-images
	[ "$VERB" != renew ] || misuse "renew is for a link, and $1 has none"
	is_root || die $EX_NOPERM \
		"only root can read the image store: run sudo vmctl $VERB $1"
	# shellcheck source=scripts/lib/image-store.sh
	. "$BIN/../lib/vmedia/image-store.sh"
	need_store
	need_image "${1#image:}"
	uri_of
	URL=$VALUE
	path=$(readlink -f -- "$(data_of "$REC")") && [ -e "$path" ] ||
		die $EX_NOINPUT "unable to open $URL: its data is gone:" \
			"type vmctl image gc"
	! is_exported "$REC" || die $EX_TEMPFAIL \
		"$URL is exported: end its vmctl image export first"
	ask url "$path"
	ask no-links 1
	ask image "$ID"
	# A volume is larger than its image: it has whole extents.
	[ ! -f "$REC/volume" ] || { value_of size && ask size "$VALUE"; }
}

# take_url URL|PATH|-: add it to the request, and set URL to the part that may
# be shown.
take_url() {
	local url
	url=$1
	if [ "$url" = - ]; then
		read_line || misuse "there is no URL on standard input"
		url=$LINE LINE=
	fi
	# A pasted URL may have blanks around it, or the \r of Windows.
	trim "$url"
	url=$TRIMMED
	case $url in
	*"$NEWLINE"*) misuse "the URL has more than one line" ;;
	image:*)
		take_stored "$url"
		return
		;;
	esac
	look_at "$url"
	case $KIND in
	file)
		url=$(allowed_file "$url") || exit
		look_at "$url"
		# The path has no links any more: refuse one that was made
		# since.
		ask no-links 1
		;;
	unknown)
		[ "$VERB" != fetch ] ||
			misuse "$SHOWN: not an http, https, nfs or smb URL"
		[ ! -e "$url" ] || misuse "$SHOWN: write the whole path:" \
			"$(readlink -f -- "$url")"
		misuse "$SHOWN: not an http, https, nfs or smb URL," \
			"and not an absolute path"
		;;
	esac
	ask url "$url"
	URL=$SHOWN
	[ $KIND != http ] || ask_proxy "$url"
}

# --- what the configuration adds ------------------------------------------

# complete_overlay: if the host may write, there must be a place to write to.
complete_overlay() {
	if [ -f "$REQ/overlay" ]; then
		ask overlay-size "${OVERLAY_SIZE:-1G}"
		return
	fi
	case $URL in
	[Hh][Tt][Tt][Pp]*) misuse "$URL is read-only;" \
		"use --overlay FILE to keep what the host writes" ;;
	esac
}

# complete_writable: only a disk can be written to.
complete_writable() {
	case $(read_value "$REQ/type") in
	cd) misuse "a CD drive is read-only; leave out --type cd" ;;
	esac
	ask type disk
	complete_overlay
}

# complete_source: add what the configuration says about the transfer.
complete_source() {
	[ -f "$REQ/cacert" ] || [ -z "$CACERT" ] || ask_file cacert "$CACERT"
	[ -z "$CACHE" ] || ask cache "$CACHE"
	[ -z "$CONNECTIONS" ] || ask connections "$CONNECTIONS"
	[ -z "$SPOOL" ] || ask spool "$SPOOL"
	[ -z "$OUTAGE" ] || ask outage "$OUTAGE"
	[ -z "$LIMIT_RATE" ] || ask limit-rate "$LIMIT_RATE"
	[ ! -f "$REQ/insecure" ] || echo "$PROG: WARNING: --insecure:" \
		"the server's certificate is not checked" >&2
}

# complete_request: add what the configuration says about the transfer and the
# medium.
complete_request() {
	[ -n "$URL" ] || misuse \
		"$VERB needs a URL, or - to read it from standard input"
	[ -f "$REQ/type" ] || ask type auto
	complete_source
	[ -z "$DVD" ] || ask dvd 1
	[ -f "$REQ/drive" ] || ask drive "$DRIVE"
	[ "$(read_value "$REQ/drive")" != auto ] || has_module usb_f_fs ||
		ask drive kernel
	# The backend of vm-host can tell the power, too.
	[ -n "$POWER" ] || case $HOST_CONF in
	*"${NEWLINE}host="*) POWER="$BIN/vm-host power" ;;
	esac
	[ -z "$POWER" ] || [ ! -f "$REQ/boot-once" ] || ask power "$POWER"
	[ ! -f "$REQ/writable" ] || complete_writable
}
