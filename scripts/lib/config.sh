# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The configuration, vmedia.conf(5), and the slots that it makes. Sourced by
# vmctl, after common.sh.

CONF=${VM_CONF:-/etc/vmedia/vmedia.conf}
export VM_HOOK_DIR="${VM_HOOK_DIR:-/etc/vmedia/hooks.d}"	# for vm-slot

# SETTING|KIND|VALUE. KIND tells how to check the value, and VALUE describes a
# correct value to people. This is the only list of the settings; take_setting()
# says what each one sets.
SETTINGS="
slots|types|1 to 8 words, each of them cd or disk
drives|permanent on-demand|permanent or on-demand
usb_vendor_id|id|four hexadecimal digits, such as 0x1d6b
usb_product_id|id|four hexadecimal digits, such as 0x0104
usb_manufacturer|ascii 126|1 to 126 printable ASCII characters
usb_product|ascii 126|1 to 126 printable ASCII characters
usb_serial|serial|12 to 124 of the digits 0-9 and A-F
inquiry_vendor|ascii 8|1 to 8 printable ASCII characters
inquiry_product|ascii 16|1 to 16 printable ASCII characters
inquiry_revision|ascii 4|1 to 4 printable ASCII characters
udc|udc|one name in /sys/class/udc
stall|0 1|0 or 1
drive|auto kernel own|auto, kernel or own
dvd|yes no|yes or no
cache|size 4194304|a size of 4M or more, such as 64M
connections|64|a number from 1 to 64
limit_rate|size 65536|a size of 64K or more, such as 500K
overlay_size|size 1|a size, such as 500M or 1G
outage|3600|a number of seconds from 1 to 3600
timeout|86400|a number of seconds from 1 to 86400
served_expires|time|a time of at most a year, such as 90s, 30m, 2h or 1d
served_idle|time|a time of at most a year, such as 90s, 30m, 2h or 1d
served_degraded|time|a time of at most a year, such as 90s, 30m, 2h or 1d
redfish_timeout|600|a number of seconds from 1 to 600
redfish_verify|yes no|yes or no
redfish_retype|yes no|yes or no
password_length|64|a number of characters from 1 to 64
session_timeout|86400|a number of seconds from 30 to 86400
lockout_threshold|count|a number from 0 to 1000
lockout_duration|count|a number of seconds from 0 to 86400
web_names|names|names and addresses of this machine
web_vm|yes no|yes or no
web_nbd|yes no|yes or no
web_insecure|yes no|yes or no
cacert|text|the path of a file
proxy|text|a URL, such as http://proxy.example.org:3128
allow_file|paths|absolute paths of directories
spool|path|the absolute path of a directory
store|path|the absolute path of a directory
store_size|size 1048576|a size of 1M or more, such as 500M or 100G
store_quota|size 1048576|a size of 1M or more, such as 500M or 100G
store_reserve|percent|a number of percent from 0 to 50
store_keep|time|a time of at most a year, such as 12h or 7d
store_volumes|group|the name of an LVM volume group
store_hosts|hosts|names and addresses of servers, or *
power|text|a command and its arguments
host|host|ipmitool, busctl, gpio, redfish URL or command PROGRAM (options may follow)
host_user|text|the name of a user
host_password_file|path|the absolute path of a file
host_cacert|path|the absolute path of a file
host_pin|pin|sha256// and 44 characters of base64
host_mode|uefi legacy|uefi or legacy
host_timeout|300|a number of seconds from 1 to 300
host_boot_time|3600|a number of seconds from 1 to 3600
host_gpio_power|line|a line, such as POWER_BUTTON or gpiochip0 12, and perhaps active-low
host_gpio_reset|line|a line, such as RESET_BUTTON or gpiochip0 13, and perhaps active-low
host_gpio_nmi|line|a line, such as NMI_BUTTON or gpiochip0 14, and perhaps active-low
host_gpio_good|line|a line, such as POWER_GOOD or gpiochip0 15, and perhaps active-low
host_gpio_off|15|a number of seconds from 1 to 15
slot0|text|options and the URL of a vmctl mount
slot1|text|options and the URL of a vmctl mount
slot2|text|options and the URL of a vmctl mount
slot3|text|options and the URL of a vmctl mount
slot4|text|options and the URL of a vmctl mount
slot5|text|options and the URL of a vmctl mount
slot6|text|options and the URL of a vmctl mount
slot7|text|options and the URL of a vmctl mount
"

# Settings that several programs read.
STORE=			# the directory of the image store; empty: there is none
STORE_SIZE=		# how much it may hold
STORE_QUOTA=		# how much each owner may have in it
STORE_RESERVE=5		# percent of its file system that stay free
STORE_KEEP=604800	# seconds after which an unfinished upload is removed
STORE_VOLUMES=		# the volume group for images, in place of files
STORE_HOSTS=		# the servers from which clients may let it fetch

CONF_ERROR=	# the first error in the configuration
CONF_ERRORS=	# all of them, each on a line
CONFIGURED=	# how many drives the configuration has
CONF_LINES=	# "KEY NUMBER" of each setting that was read, each on a line
LINE_NUMBER=0	# the line at hand
TRIMMED=	# what trim() has left

# trim TEXT: set TRIMMED to TEXT without the blanks around it. Start no process,
# because each vmctl does this for every line of the file.
trim() {
	TRIMMED=${1#"${1%%[![:space:]]*}"}
	TRIMMED=${TRIMMED%"${TRIMMED##*[![:space:]]}"}
}

# bad_setting TEXT HELP: note an error of the line at hand. Only a verb that
# starts something needs a correct configuration: see need_conf().
bad_setting() {
	set -- "$CONF: $1 (line $LINE_NUMBER): $2"
	CONF_ERROR=${CONF_ERROR:-$1}
	CONF_ERRORS="$CONF_ERRORS$1$NEWLINE"
	return 1
}

need_conf() {
	[ -z "$CONF_ERROR" ] || die $EX_CONFIG "$CONF_ERROR"
}

warn_conf() {
	[ -z "$CONF_ERROR" ] || echo "$PROG: warning: $CONF_ERROR" >&2
}

are_types() {
	local type
	for type in $1; do
		case $type in cd | disk) ;; *) return 1 ;; esac
	done
	# shellcheck disable=SC2086 # a list of words
	set -- $1
	[ $# -le 8 ]
}

# is_size_from WORD MIN: is it a size of at least MIN bytes?
is_size_from() {
	local count
	is_size "$1" || return
	count=${1%[KMG]}
	# In arithmetic, a leading 0 would mean an octal number.
	count=${count#"${count%%[!0]*}"}
	[ ${#count} -le 9 ] || return 0
	case $1 in
	*K) count=$((count * 1024)) ;;
	*M) count=$((count * 1048576)) ;;
	*G) count=$((count * 1073741824)) ;;
	esac
	[ "${count:-0}" -ge "$2" ]
}

are_paths() {
	local path
	for path in $1; do
		case $path in /*) ;; *) return 1 ;; esac
	done
}

# is_host VALUE: is it a backend of vm-host, and without a password in argv?
is_host() {
	case $1 in
	ipmitool*" -P"* | ipmitool*" -k"* | ipmitool*" -y"*) return 1 ;;
	"redfish https://"*[[:space:]]* | "redfish https://"*@*) return 1 ;;
	ipmitool | "ipmitool -"* | busctl | "busctl -"* | gpio) ;;
	"redfish https://"?* | "command "?*) ;;
	*) return 1 ;;
	esac
}

# is_line VALUE: does it name a GPIO line?
is_line() {
	case $1 in -* | *[!A-Za-z0-9/_.:\ -]*) return 1 ;; esac
	# shellcheck disable=SC2086 # words
	set -- $1
	case $#-$2-$3 in
	1-*-* | 2-active-low-* | 3-*-active-low) ;;
	2-*[!0-9]*-*) return 1 ;;
	2-*-*) ;;
	*) return 1 ;;
	esac
}

# is_pin VALUE: is it the SHA-256 of a public key, as curl(1) takes it?
is_pin() {
	case $1 in
	sha256//*[!A-Za-z0-9+/=]*) return 1 ;;
	sha256//*=) [ ${#1} = 52 ] ;;
	*) return 1 ;;
	esac
}

# is_kind KIND VALUE: does the value have the right form? KIND is a column of
# SETTINGS.
is_kind() {
	case $1 in
	types) are_types "$2" ;;
	udc) case $2 in */* | *[[:space:]]*) return 1 ;; esac ;;
	id)
		case ${2#0x} in *[!0-9a-fA-F]*) return 1 ;; esac
		set -- "${2#0x}"
		[ ${#1} = 4 ]
		;;
	serial)
		case $2 in *[!0-9A-F]*) return 1 ;; esac
		[ ${#2} -ge 12 ] && [ ${#2} -le 124 ]
		;;
	"ascii "*)
		case $2 in *[!\ -~]*) return 1 ;; esac
		[ ${#2} -le "${1#ascii }" ]
		;;
	"size "*) is_size_from "$2" "${1#size }" ;;
	host) is_host "$2" ;;
	line) is_line "$2" ;;
	path) are_paths "$2" && case $2 in *[[:space:]]*) return 1 ;; esac ;;
	pin) is_pin "$2" ;;
	paths) are_paths "$2" ;;
	time) seconds_in "$2" >/dev/null ;;
	count) [ "$2" = 0 ] || is_number "$2" 86400 ;;
	percent) [ "$2" = 0 ] || is_number "$2" 50 ;;
	group) case $2 in [-.]* | *[!A-Za-z0-9+_.-]*) return 1 ;; esac ;;
	hosts) case $2 in *[!A-Za-z0-9.:*\ -]*) return 1 ;; esac ;;
	names) case $2 in *[!A-Za-z0-9.:\ -]*) return 1 ;; esac ;;
	text) return 0 ;;
	*" "*) case " $1 " in *" $2 "*) ;; *) return 1 ;; esac ;;
	*) is_number "$2" "$1" ;;
	esac
}

# take_setting KEY VALUE: use the setting, unless its value is wrong.
take_setting() {
	local row
	case $SETTINGS in
	*"$NEWLINE$1|"*) ;;
	*)
		bad_setting "$1 = $2" "there is no such setting: see vmedia.conf(5)"
		return
		;;
	esac
	row=${SETTINGS#*"$NEWLINE$1|"} row=${row%%"$NEWLINE"*}
	# An empty value means the default. But empty `slots` means no drives,
	# and vmctl doctor reports an empty slotN.
	case $1 in
	slots | slot[0-7]) ;;
	*) [ -n "$2" ] || return 0 ;;
	esac
	is_kind "${row%%|*}" "$2" || {
		bad_setting "$1 = $2" "the value must be ${row#*|}"
		return
	}
	case ${row%%|*}-$2 in
	*" "* | *-0) ;;
	percent-* | count-* | [0-9]*-*) set -- "$1" "$NUMBER" ;;
	esac
	CONF_LINES="$CONF_LINES$1 $LINE_NUMBER$NEWLINE"
	case $1 in
	slots) TYPES=$2 ;;
	drives) DRIVES=$2 ;;
	usb_vendor_id | usb_product_id | usb_manufacturer | usb_product | \
		usb_serial | inquiry_vendor | inquiry_product | inquiry_revision)
		IDENTITY="$IDENTITY
$1=$2"
		;;
	timeout) TIMEOUT=$NUMBER ;;
	cache) CACHE=$2 ;;
	connections) CONNECTIONS=$NUMBER ;;
	outage) OUTAGE=$NUMBER ;;
	served_expires) SERVED_EXPIRES=$(seconds_in "$2") ;;
	served_idle) SERVED_IDLE=$(seconds_in "$2") ;;
	served_degraded) SERVED_DEGRADED=$(seconds_in "$2") ;;
	redfish_timeout) REDFISH_TIMEOUT=$NUMBER ;;
	redfish_verify) REDFISH_VERIFY=$2 ;;
	redfish_retype) REDFISH_RETYPE=$2 ;;
	password_length) PASSWORD_LENGTH=$NUMBER ;;
	session_timeout) SESSION_TIMEOUT=$NUMBER ;;
	lockout_threshold) LOCKOUT_THRESHOLD=$2 ;;
	lockout_duration) LOCKOUT_DURATION=$2 ;;
	web_names) WEB_NAMES=$2 ;;
	web_vm) WEB_VM=$2 ;;
	web_nbd) WEB_NBD=$2 ;;
	web_insecure) WEB_INSECURE=$2 ;;
	limit_rate) LIMIT_RATE=$2 ;;
	overlay_size) OVERLAY_SIZE=$2 ;;
	drive) DRIVE=$2 ;;
	dvd) [ "$2" != yes ] || DVD=1 ;;
	stall) STALL=$2 ;;
	udc) UDC=$2 ;;
	cacert) CACERT=$2 ;;
	allow_file) ALLOW_FILE=$2 ;;
	power) POWER=$2 ;;
	spool) SPOOL=$2 ;;
	proxy) PROXY=$2 ;;
	store) STORE=${2%/} ;;
	store_size) STORE_SIZE=$2 ;;
	store_quota) STORE_QUOTA=$2 ;;
	store_reserve) STORE_RESERVE=$2 ;;
	store_keep) STORE_KEEP=$(seconds_in "$2") ;;
	store_volumes) STORE_VOLUMES=$2 ;;
	store_hosts) STORE_HOSTS=$2 ;;
	host | host_*) HOST_CONF="$HOST_CONF$NEWLINE$1=$2" ;;
	slot*) DECLARED="$DECLARED$NEWLINE${1#slot} $LINE_NUMBER $2" ;;
	esac
}

read_conf() {
	local line key
	[ -f "$CONF" ] || return 0
	[ -r "$CONF" ] || {
		CONF_ERROR="unable to read $CONF" CONF_ERRORS=$CONF_ERROR$NEWLINE
		return
	}
	while read_line; do
		LINE_NUMBER=$((LINE_NUMBER + 1))
		trim "$LINE"
		case $TRIMMED in
		'' | '#'*) continue ;;
		*=*) ;;
		*)
			bad_setting "$TRIMMED" "the line must be NAME = VALUE"
			continue
			;;
		esac
		line=$TRIMMED
		trim "${line%%=*}"
		key=$TRIMMED
		trim "${line#*=}"
		take_setting "$key" "$TRIMMED"
	done <"$CONF"
}

# --- slots ----------------------------------------------------------------

# add_slots [all]: a slot that is in use stays a slot, whatever the configuration
# says by now: add it to TYPES, with the type that the kernel has. With `all`, do
# so with each drive that exists.
add_slots() {
	local drives end n
	CONFIGURED=$(count_slots)
	drives=''
	[ -z "${1:-}" ] || drives=$(vm-gadget status 2>/dev/null)
	end=$CONFIGURED
	for n in 0 1 2 3 4 5 6 7; do
		case "$drives" in *"slot $n: "*) ;; *)
			[ -d "$RUN/$n/request" ] || [ -d "$RUN/$n/work" ] || continue
			;;
		esac
		[ "$n" -lt "$end" ] || end=$((n + 1))
	done
	n=$CONFIGURED
	while [ "$n" -lt "$end" ]; do
		TYPES="$TYPES $(vm-gadget status -f type $n 2>/dev/null ||
			echo disk)"
		n=$((n + 1))
	done
}

# each_slot COMMAND...: run COMMAND with the number and the type of each slot,
# or of SLOT only.
each_slot() {
	local n type
	n=0
	for type in $TYPES; do
		[ "${SLOT:-$n}" != $n ] || "$@" $n "$type"
		n=$((n + 1))
	done
}

# slots_of TYPE: print the numbers of the slots of that type.
slots_of() {
	local n type
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
