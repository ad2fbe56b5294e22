# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vm-image fetch: bring an image from a server into the store. This file begins,
# watches and ends a fetch; image-fetcher.sh does the work, in a process of its
# own that continues after the session has ended. Sourced by vm-image, after
# request.sh and image-ledger.sh.
#
#   $FETCHES/ID/            of a fetch that is under way; only for root
#   $FETCHES/ID/request/    what the user asked for, which may hold secrets
#   $FETCHES/ID/...         pid, log, and what the work needs
#   $STORE/incoming/ID/request/   the same, if it holds none: it is still there when
#                           this machine has started again
#
# Beside the values of an upload, the record has `url` (without secrets), `validator`
# (of the image whose first bytes `data` has), `error` (why it waits or has ended) and
# `status` (the exit status; only if it has ended).

FETCHES=$RUN/fetch
WAIT_SECONDS=60		# for a fetch to begin, or to end

# What request.sh uses:
URL=''			# the image, as it may be shown
REQ=''			# the request, a directory in TEMP
GUARD=''		# the pid of the process that removes TEMP after a kill
PASSWORD=''		# the file of --password
ECHOES=''		# the terminal's settings before the password prompt
TIMEOUT=30		# seconds before a busy server is given up, for now
LIMIT_RATE=${LIMIT_RATE:-} PROXY=${PROXY:-} CACERT=${CACERT:-} CACHE=${CACHE:-}
CONNECTIONS=${CONNECTIONS:-} SPOOL='' OUTAGE=${OUTAGE:-} ALLOW_FILE=''

# need_temp: make a place for a request. Descriptor 8 becomes 6, because the lock of
# a record is 8.
need_temp() {
	[ -z "$TEMP" ] || return 0
	make_temp
	exec 6>&8 8>&-
}

# remove_temp: remove TEMP when vm-image ends.
remove_temp() {
	[ -z "$ECHOES" ] || stty "$ECHOES"
	[ -n "$TEMP" ] || return 0
	rm -rf "$TEMP"
	exec 6>&-
	wait "$GUARD"
}

# take_fetch_option NAME VALUE: take an option about the access to the image.
# False if it is another option.
take_fetch_option() {
	case $1 in id | owner) return 1 ;; esac
	need_temp
	[ "$1" != proxy ] || ASKS_PROXY=1
	take_source_option "$1" "$2"
}

# --- the request ----------------------------------------------------------

# limit_to_hosts: clients of Redfish or the web page may reach only the hosts
# that the configuration allows, and must not choose the way there.
limit_to_hosts() {
	[ ! -f "$REQ/insecure" ] && [ ! -f "$REQ/netrc" ] && [ -z "$ASKS_PROXY" ] ||
		misuse "--for-others: without --insecure, --netrc and --proxy"
	ask allow-hosts "${STORE_HOSTS:-*}"
}

# make_fetch_request: put into REQ what the command line and the configuration say.
make_fetch_request() {
	need_temp
	case $ARGUMENT in
	/* | [Ff][Ii][Ll][Ee]:* | image:*) misuse "fetch needs the URL of a server: for a" \
		"file of this machine, type $TOOL put" ;;
	esac
	take_url "$ARGUMENT"
	case $KIND in
	http | nfs | smb) ;;
	*) misuse "fetch needs the URL of a server, with http, https, nfs or smb" ;;
	esac
	[ "$PASSWORD" != - ] || read_password
	[ -z "$FOR_OTHERS" ] || limit_to_hosts
	complete_source
}

# has_secret: does REQ hold a secret? The name of a user alone is not one.
has_secret() {
	local name
	for name in password header netrc cert key; do
		[ ! -f "$REQ/$name" ] || return 0
	done
	[ "$(read_value "$REQ/url")" = "$URL" ] || return 0
	for name in proxy sums-url; do
		case $(read_value "$REQ/$name") in *[@?]*) return 0 ;; esac
	done
	return 1
}

# about NAME FILE: set VALUE to what vm-fetchd has written there (about=). False if
# there is no such line.
about() {
	VALUE=
	[ -f "$2" ] || return
	while read_line; do
		case $LINE in "$1: "*)
			VALUE=${LINE#"$1: "}
			return 0
			;;
		esac
	done <"$2"
	return 1
}

# identity FILE: set VALUE to what tells this image from another at the same
# URL. For `none`, this is not certain.
identity() {
	local validator
	about validator "$1" || return
	validator=${VALUE#weak }
	validator=${validator#W/}
	about size "$1"
	VALUE="$validator, $VALUE bytes"
}

# look: fail unless the server has the image. Then $TEMP/about describes it.
look() {
	local said status
	said=$(VM_CAUSES=1 vm-fetchd -p -c -r "$REQ" "about=$TEMP/about" \
		"timeout=$TIMEOUT" 2>&1 >/dev/null 6>&-)
	status=$?
	[ $status != 0 ] || return 0
	hear_text "$said"
	complain "$(for_people "$HEARD")"
	exit $status
}

# for_people TEXT: print what vm-fetchd has said, in words of vm-image.
for_people() {
	case $1 in
	*"wants a user and a password,"*)
		[ -f "$REQ/password" ] || [ -f "$REQ/netrc" ] ||
			[ -f "$REQ/allow-hosts" ] || set -- "$1: use -u USER -P -"
		printf '%s\n' "$1"
		;;
	*"allow-hosts does not allow"*) printf '%s\n' \
		"$1: store_hosts in $CONF names the hosts that clients may use" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# name_of_url: set NAME to the last part of the URL, in characters that the name
# of an image may have. If the image is decompressed, drop the ending of a
# compressed file.
name_of_url() {
	NAME=$(printf '%s\n' "$URL" | sed '
		s,.*[/\\],,
		s/%20/ /g; s/%28/(/g; s/%29/)/g; s/%2[Bb]/+/g
		s/[^A-Za-z0-9._+ ()-]/_/g
		s/^[. -]*//
		s/^\(.\{100\}\).*/\1/')
	! about compressed "$TEMP/about" || case $NAME in
	?*.xz | ?*.gz | ?*.zst | ?*.bz2 | ?*.zip) NAME=${NAME%.*} ;;
	esac
	NAME=${NAME%"${NAME##*[! ]}"}
	is_name "$NAME" || misuse "the URL does not end with a name for an image:" \
		"write a name after the URL"
}

# name_of_user: set NAME, and perhaps OWNER, to what the user has written.
name_of_user() {
	local owner
	owner=$OWNER
	split_name "$WHERE"
	case $WHERE in */*) ;; *) OWNER=$owner ;; esac
}

# --- beginning ------------------------------------------------------------

# is_there: does the store already have the image that is now at the URL, by
# that name?
is_there() {
	local same
	find_image "$OWNER" "$NAME" || return
	value_of url && [ "$VALUE" = "$URL" ] && value_of validator || return
	same=$VALUE
	identity "$TEMP/about" && [ "$VALUE" = "$same" ] || return
	# Without a validator, only a checksum tells: see has_sum().
	case $VALUE in none,*) [ -f "$REQ/sha256" ] ;; esac
}

# has_sum: does the image at hand, which is in the store already, have the given
# SHA-256? Then it is verified. False if it has another one and should be
# replaced.
has_sum() {
	local given
	[ -f "$REQ/sha256" ] || return 0
	given=$(read_value "$REQ/sha256" | tr A-F a-f)
	value_of sha256 || :
	SUM=$VALUE
	if [ "$SUM" = "$given" ]; then
		lock_ledger
		need_value "$REC" verified given
		unlock_ledger
		return
	fi
	[ -z "$REPLACE" ] || return
	uri_of
	is_sha256 "$SUM" || die $EX_DATAERR "$VALUE is in the store, but its SHA-256" \
		"is not known: type $TOOL verify -c $given '${VALUE#image:}'"
	die $EX_DATAERR "$VALUE is in the store, but its SHA-256 is $SUM," \
		"not $given: use --replace to fetch it again"
}

# refuse_upload: fail because an upload that is not ours has the name.
refuse_upload() {
	die $EX_CANTCREAT "another upload has the name $NAME:" \
		"type $TOOL ls, or give the image another name"
}

# keep_request: put the request where the work finds it, now and later.
keep_request() {
	{
		mkdir -p "$FETCHES" && rm -rf "$FETCHES/$ID" "$REC/request" &&
			mkdir "$FETCHES/$ID" &&
			cp -R "$REQ" "$FETCHES/$ID/.request" &&
			mv "$FETCHES/$ID/.request" "$FETCHES/$ID/request" &&
			{ has_secret || {
				cp -R "$REQ" "$REC/.request" &&
					mv "$REC/.request" "$REC/request"
			}; }
	} 2>/dev/null || die $EX_CANTCREAT \
		"unable to write $FETCHES/$ID and $REC: is there no space left?"
}

# is_under_way: is the URL being fetched already, by that name? Sets the record
# at hand. The name of a compressed file may have lost its ending.
is_under_way() {
	local name
	name=$NAME
	[ -n "$name" ] || name_of_url
	is_fetched_now || {
		[ -z "$name" ] && case $NAME in
		?*.xz | ?*.gz | ?*.zst | ?*.bz2 | ?*.zip) NAME=${NAME%.*} ;;
		*) false ;;
		esac && is_fetched_now
	} || {
		NAME=$name
		return 1
	}
}
is_fetched_now() {
	find_incoming "$OWNER" "$NAME" && value_of origin && [ "$VALUE" = fetch ] &&
		value_of url && [ "$VALUE" = "$URL" ] && is_at_work "$REC"
}

# begin_record: make a record for the image, or take the one that an earlier fetch of
# the same URL has left. False if that fetch is under way.
begin_record() {
	local size unknown
	if find_incoming "$OWNER" "$NAME"; then
		value_of origin && [ "$VALUE" = fetch ] || refuse_upload
		value_of url && [ "$VALUE" = "$URL" ] || die $EX_CANTCREAT \
			"$NAME is being fetched from ${VALUE:-another URL}:" \
			"type $TOOL rm $NAME first, or give the image another name"
		lock_record "$REC" || return
	else
		about size "$TEMP/about" || :
		size=$VALUE
		# The size is not known before it has been decompressed.
		! about compressed "$TEMP/about" || size=
		unknown=
		[ -n "$size" ] || unknown=1
		# A volume is made when its size is known.
		[ -n "$STORE_VOLUMES" ] || size=${size:-0}
		reserve "$OWNER" "$NAME" "$size" fetch
		DROP=$REC
		[ -z "$unknown" ] || rm -f "$REC/size"
	fi
	rm -f "$REC/error" "$REC/status" "$REC/replace"
	need_value "$REC" url "$URL"
	[ -z "$REPLACE" ] || need_value "$REC" replace 1
	keep_request
}

# has_fetch_unit: does systemd run the work?
has_fetch_unit() {
	[ -d /run/systemd/system ] &&
		systemctl cat vmedia-fetch@.service >/dev/null 2>&1
}

# start_fetch: start the work for the record at hand. It outlives this session.
start_fetch() {
	if has_fetch_unit; then
		systemctl reset-failed "vmedia-fetch@$ID" 2>/dev/null
		systemctl start --no-block "vmedia-fetch@$ID" 8>&- ||
			die $EX_OSERR "unable to start vmedia-fetch@$ID"
		return
	fi
	[ -d "$FETCHES/$ID" ] || mkdir -p "$FETCHES/$ID"
	# Do not make it our child: sh would print how it ended.
	(setsid "$BIN/vm-image" fetch --id "$ID" </dev/null >/dev/null \
		2>>"$FETCHES/$ID/log" 6>&- 8>&- 9>&- &)
}

# say_begun true|false: print what was begun, or that the image is there
# already.
say_begun() {
	if [ -n "$JSON" ]; then
		json_begin
		out ', "id": "%s", "owner": "%s", "name": ' "$ID" "$OWNER"
		json_string "$NAME"
		out ', "changed": %s' "$1"
		json_end
	elif [ "$1" = true ]; then
		out 'fetching %s: %s ls shows how far it is\n' "$NAME" "$TOOL"
	else
		out '%s is there already\n' "$NAME"
	fi
}

cmd_fetch() {
	need_store
	[ -z "$ID" ] || {
		# shellcheck source=scripts/lib/image-fetcher.sh
		. "$BIN/../lib/vmedia/image-fetcher.sh"
		run_fetch
		return
	}
	need_argument
	[ -z "$WHERE" ] || name_of_user
	make_fetch_request
	OWNER=${OWNER:-root}
	has_owner "$OWNER" || die $EX_NOINPUT "there is no owner $OWNER"
	if is_under_way; then
		follow_fetch
		return
	fi
	look
	[ -n "$NAME" ] || name_of_url
	if is_there && has_sum; then
		say_begun false
		return
	fi
	ID='' REC=''
	refuse_taken
	if begin_record; then
		unlock_record
		start_fetch
		DROP=
	fi
	follow_fetch
}

# follow_fetch: wait for the fetch of the record at hand, or say that it has
# begun.
follow_fetch() {
	if [ -n "$WAITS" ]; then wait_fetch; else say_begun true; fi
}

# --- ending, and going on ------------------------------------------------

# received REC: print how many bytes of `data` are there.
received() {
	stat -c %s "$1/data" 2>/dev/null || echo 0
}

# stop_fetch: end the work for the record at hand, and forget its secrets.
stop_fetch() {
	local pid
	if has_fetch_unit; then
		systemctl stop "vmedia-fetch@$ID" 2>/dev/null 9>&-
	elif is_at_work "$REC" && pid=$(read_value "$FETCHES/$ID/pid"); then
		# It leads a process group: vm-import must end, too.
		kill -TERM "-$pid" 2>/dev/null
	fi
	wait_for $WAIT_SECONDS is_idle "$REC" || die $EX_TEMPFAIL:timeout \
		"the fetch of $NAME does not end: try again"
	rm -rf "${FETCHES:?}/$ID"
}
is_idle() {
	! is_at_work "$1"
}

# resume_fetch: continue the fetch of the record at hand, if no process does. If
# its request is gone, because it had secrets, note that a person must act.
resume_fetch() {
	DIR=$REC
	value_of origin && [ "$VALUE" = fetch ] && [ ! -f "$REC/status" ] &&
		! is_at_work "$REC" || return 0
	if [ -d "$FETCHES/$ID/request" ] || [ -d "$REC/request" ]; then
		start_fetch
		return
	fi
	set_value "$REC" error "waiting for its password or link, which were not\
 kept: type $TOOL fetch URL $NAME again" || :
}

# resume_fetches: go on with each fetch that has no process, after this machine
# has started again or a process was killed, and remove the secrets of fetches
# that no longer exist.
resume_fetches() {
	local dir
	for dir in "$STORE"/incoming/????????????????; do
		take_record incoming "${dir##*/}" || continue
		resume_fetch
	done
	for dir in "$FETCHES"/????????????????; do
		[ -d "$STORE/incoming/${dir##*/}" ] || rm -rf "$dir"
	done
}
