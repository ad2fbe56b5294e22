# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The backend of vm-host that asks another BMC by Redfish (DSP0266), with curl(1).
# The setting is `redfish https://BMC` or the URL of one system of it. Sourced by
# host.sh.

# shellcheck source=scripts/lib/json-read.sh
. "$BIN/../lib/vmedia/json-read.sh"

ORIGIN=			# https://HOST[:PORT]
SYSTEM=			# the path of the system
ETAG=			# of the last answer
SYSTEM_ETAG=		# the system's at the last GET
RESET=			# the path of the system's reset action
ANSWER_MAX=262144	# bytes of an answer; a system has some 5000

# The parts of an answer that we use: a pattern of their paths.
WANTED='^/(PowerState$|Boot/BootSource|Boot/HttpBootUri$|Actions/#ComputerSystem.Reset/|Members/[01]/@odata.id$|Parameters/0/|error/)'

# Our words and those of Redfish.
TARGET_NAMES="none None cd Cd usb Usb pxe Pxe http UefiHttp hdd Hdd bios BiosSetup"
RESET_NAMES="on On off ForceOff shutdown GracefulShutdown restart GracefulRestart \
reset ForceRestart cycle PowerCycle nmi Nmi"

# redfish_name WORD LIST: print Redfish's word for WORD.
redfish_name() {
	local rest
	rest=" $2 "
	rest=${rest#*" $1 "}
	echo "${rest%% *}"
}

# our_words NAMES LIST: print our words for those of LIST that are in NAMES,
# where each name has blanks around it.
our_words() {
	local names words
	names=$1 words=
	# shellcheck disable=SC2086 # a list of words
	set -- $2
	while [ $# -gt 1 ]; do
		case $names in *" $2 "*) words="$words${words:+ }$1" ;; esac
		shift 2
	done
	echo "$words"
}

# quoted TEXT: print it as a value in curl's configuration.
quoted() {
	printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"
}

# curl_config: print the options with secrets, which must not be in argv.
curl_config() {
	local user
	host_setting host_user
	user=$VALUE
	[ -n "$user" ] || return 0
	host_password || exit
	printf 'user = %s\n' "$(quoted "$user:$VALUE")"
}

# fetch METHOD PATH [BODY [ETAG]]: set JSON_FLAT to the answer. Returns 0, or
# curl's status, or 100 for an answer that is too large.
fetch() {
	local method path body config pin cacert seconds
	method=$1 path=$2 body=${3:-} ETAG=${4:-}
	config=$(curl_config) || exit
	host_setting host_pin
	pin=$VALUE
	host_setting host_cacert
	cacert=$VALUE
	host_setting host_timeout 20
	seconds=$VALUE
	set -- -q -sS -i -K - -m "$seconds" --noproxy '*' --proto =https \
		-X "$method" -H 'Accept: application/json' -H 'OData-Version: 4.0'
	[ -z "$body" ] || set -- "$@" -H 'Content-Type: application/json' -d "$body"
	[ -z "$ETAG" ] || set -- "$@" -H "If-Match: $ETAG"
	# The user trusts a pinned key, no matter who has signed the
	# certificate.
	[ -z "$pin" ] || set -- "$@" -k --pinnedpubkey "$pin"
	[ -z "$cacert" ] || set -- "$@" --cacert "$cacert"
	ANSWER=$({
		printf '%s\n' "$config" | timeout -k 2 $((seconds + 2)) \
			curl "$@" "$ORIGIN$path" 2>&1
		printf '\n:exit %s\n' $?
	} 2>/dev/null 9>&- | head -c $ANSWER_MAX)
	case $ANSWER in
	*"$NEWLINE:exit "*) ;;
	*)
		ANSWER=
		return 100
		;;
	esac
	set -- "${ANSWER##*"$NEWLINE:exit "}"
	ANSWER=${ANSWER%"$NEWLINE:exit "*}
	[ "$1" = 0 ] || return "$1"
	JSON_FLAT=$(printf '%s\n' "$ANSWER" | awk -v "want=$WANTED" "$AWK_FLAT")
	ETAG=
	! json_at /:etag || ETAG=$VALUE
}

# fetch_failed STATUS WHAT...: fail with the message of curl.
fetch_failed() {
	local status advice
	status=$1 advice=
	shift
	why
	case $status in
	100) VALUE="the answer is too large" status=$EX_UNAVAILABLE ;;
	6) status=68 ;;
	28 | 124 | 143) status=$EX_TEMPFAIL ;;
	60 | 77 | 90)
		status=$EX_NOPERM
		advice=": set host_cacert or host_pin"
		;;
	*) status=$EX_UNAVAILABLE ;;
	esac
	die "$status" "unable to $*: ${VALUE#curl: }$advice"
}

# request WHAT METHOD PATH [BODY [ETAG]]: fetch(), or fail; WHAT says what was
# not possible. Returns 1 after an answer 412 (the ETag is too old).
request() {
	local what status
	what=$1
	shift
	fetch "$@" || fetch_failed $? "$what"
	json_at /:status || VALUE=0
	status=$VALUE
	case $status in
	2??) ! json_at /:bad || die 76 "unable to $what: the answer is no JSON"
		return 0 ;;
	412) return 1 ;;
	esac
	json_at /error/@Message.ExtendedInfo/0/Message || json_at /error/message ||
		VALUE=
	set -- "HTTP status $status${VALUE:+: $VALUE}"
	case $status in
	401 | 403) die $EX_NOPERM \
		"unable to $what: $1: see host_user and host_password_file" ;;
	409 | 503) die $EX_TEMPFAIL "unable to $what: $1" ;;
	esac
	die $EX_UNAVAILABLE "unable to $what: $1"
}

# find_system: set ORIGIN and SYSTEM.
find_system() {
	local path
	[ -z "$SYSTEM" ] || return 0
	path=${BACKEND_WORDS#https://}
	ORIGIN=https://${path%%/*}
	case $path in
	*/?*)
		SYSTEM=/${path#*/}
		return
		;;
	esac
	request "find the system" GET /redfish/v1/Systems
	! json_at /Members/1/@odata.id || die $EX_CONFIG "$ORIGIN has several" \
		"systems: write the URL of one after host = redfish," \
		"such as $ORIGIN$VALUE"
	json_at /Members/0/@odata.id && is_path "$VALUE" ||
		die $EX_UNAVAILABLE "unable to find the system: $ORIGIN has none"
	SYSTEM=$VALUE
}

is_path() {
	case $1 in
	*[!A-Za-z0-9/._~#%:@-]*) return 1 ;;
	/*) return 0 ;;
	*) return 1 ;;
	esac
}

see_system() {
	find_system
	request "learn the state of the host" GET "$SYSTEM"
	SYSTEM_ETAG=$ETAG HOST_POWER=
	! json_at /PowerState || case $VALUE in
	On | PoweringOff | Paused) HOST_POWER=on ;;
	Off | PoweringOn) HOST_POWER=off ;;
	esac
}

backend_power() {
	see_system
}

# see_boot: take the boot override from the answer.
see_boot() {
	HOST_TARGETS='' HOST_MODES='' HOST_TARGET=none HOST_ENABLED=disabled HOST_URI=
	if json_at /Boot/HttpBootUri; then
		HOST_URI=u$VALUE
	elif [ -n "$VALUE" ]; then
		HOST_URI=u # it is null
	fi
	json_at /Boot/BootSourceOverrideTarget || return 0
	HOST_TARGET=$(our_words " $VALUE " "$TARGET_NAMES")
	json_list /Boot/BootSourceOverrideTarget@Redfish.AllowableValues
	HOST_TARGETS=$(our_words " None $VALUE" "$TARGET_NAMES")
	json_at /Boot/BootSourceOverrideEnabled || :
	case $VALUE in
	Once) HOST_ENABLED=once ;;
	Continuous) HOST_ENABLED=continuous ;;
	esac
	[ -n "$HOST_TARGET" ] && [ "$HOST_ENABLED" != disabled ] ||
		HOST_TARGET=none HOST_ENABLED=disabled
	if json_at /Boot/BootSourceOverrideMode; then
		HOST_MODES="uefi legacy"
		[ "$VALUE" = UEFI ] && HOST_MODE=uefi || HOST_MODE=legacy
	fi
}

# see_actions: set HOST_ACTIONS to the resets that the system allows, if it
# tells them. May replace JSON_FLAT.
see_actions() {
	local action
	action=/Actions/#ComputerSystem.Reset
	HOST_ACTIONS=
	json_at $action/target && is_path "$VALUE" || return 0
	RESET=$VALUE
	json_list $action/ResetType@Redfish.AllowableValues
	if [ -z "$VALUE" ] && json_at $action/@Redfish.ActionInfo &&
		is_path "$VALUE"; then
		request "learn the state of the host" GET "$VALUE"
		json_list /Parameters/0/AllowableValues
	fi
	HOST_ACTIONS=$(our_words "$VALUE" "$RESET_NAMES")
}

backend_see() {
	see_system
	see_boot
	see_actions
}

backend_act() {
	local name
	name=$(redfish_name "$1" "$RESET_NAMES")
	request "$1 the host" POST "$RESET" "{\"ResetType\": \"$name\"}" ||
		die $EX_TEMPFAIL "unable to $1 the host: HTTP status 412"
}

# boot_body TARGET ENABLED MODE [URI]: print what a PATCH must contain.
boot_body() {
	local enabled
	case $2 in
	once) enabled=Once ;;
	continuous) enabled=Continuous ;;
	disabled) enabled=Disabled ;;
	esac
	printf '{"Boot": {"BootSourceOverrideEnabled": "%s", ' $enabled
	printf '"BootSourceOverrideTarget": "%s"' \
		"$(redfish_name "$1" "$TARGET_NAMES")"
	case ${3:-} in
	uefi) printf ', "BootSourceOverrideMode": "UEFI"' ;;
	legacy) printf ', "BootSourceOverrideMode": "Legacy"' ;;
	esac
	case ${4:-} in
	u) printf ', "HttpBootUri": null' ;;
	u*) printf ', "HttpBootUri": "%s"' "${4#u}" ;;
	esac
	printf '}}'
}

# backend_boot: a system may demand its own ETag for a change. Some systems
# change it by themselves: try again with a new one. Others refuse every ETag:
# try without.
backend_boot() {
	local body what
	what="set what the host boots"
	body=$(boot_body "$@")
	request "$what" PATCH "$SYSTEM" "$body" "$SYSTEM_ETAG" && return
	see_system
	request "$what" PATCH "$SYSTEM" "$body" "$SYSTEM_ETAG" && return
	request "$what" PATCH "$SYSTEM" "$body" ||
		die $EX_TEMPFAIL "unable to $what: HTTP status 412"
}

backend_sick() {
	sick_program curl
	sick_password
	host_setting host_cacert
	[ -z "$VALUE" ] || grep -qs -e '-BEGIN.*CERTIFICATE-' "$VALUE" || echo \
		"host_cacert: $VALUE is not a readable file with certificates (PEM)"
	host_setting host_user
	[ -n "$VALUE" ] || echo "host_user is missing"
}
