# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vmctl doctor checks in the configuration: the form of each value, for
# which config.sh has noted errors, and whether the things that it names exist.
# Sourced by vmctl, before doctor.sh.

CONF_SICK=	# what is wrong with the configuration, each on a line

ill_conf() {
	CONF_SICK="$CONF_SICK$*$NEWLINE"
}

# tell_conf: print what is wrong, in the order of the lines of the file.
tell_conf() {
	local told
	told=$(printf %s "$CONF_SICK" | awk '{
		line = 999999
		if (match($0, / \(line [0-9]+\): /))
			line = substr($0, RSTART + 7, RLENGTH - 10)
		print line "\t" $0
	}' | sort -s -n -k 1,1 | cut -f 2-)
	while read_line; do
		ill "configuration: $LINE"
	done <<-END
		$told
	END
}

# lines_of KEY: print the numbers of the lines that set it.
lines_of() {
	local key number
	while read -r key number; do
		[ "$key" != "$1" ] || echo "$number"
	done <<-END
		$CONF_LINES
	END
}

# ill_setting KEY TEXT...: the value of KEY has the right form, but is wrong.
ill_setting() {
	local key
	key=$1
	shift
	ill_line "$key" "$(lines_of "$key" | tail -n 1)" "$@"
}

# ill_line KEY NUMBER TEXT...: the same for the key on that line.
ill_line() {
	local key number
	key=$1 number=$2
	shift 2
	ill_conf "$CONF: $key (line $number): $*"
}

# examine_conf: print a line for each error, or one line that all is well.
examine_conf() {
	local line
	while read_line; do
		[ -z "$LINE" ] || ill_conf "$LINE"
	done <<-END
		$CONF_ERRORS
	END
	# shellcheck disable=SC2046 # a list of words
	examine_repeated $(printf %s "$CONF_LINES" | cut -d ' ' -f 1 | sort -u)
	examine_drives
	examine_files
	examine_cache
	examine_backend
	examine_declared
	examine_owner "$CONF"
	examine_hooks
	if [ -n "$CONF_SICK" ]; then
		tell_conf
	elif [ -f "$CONF" ]; then
		well "configuration: $CONF"
	else
		well "configuration: there is no $CONF; the defaults are used"
	fi
}

# examine_repeated KEY...
examine_repeated() {
	local key lines
	for key; do
		# shellcheck disable=SC2046 # a list of words
		lines=$(echo $(lines_of "$key"))
		case $lines in
		*" "*) ill_setting "$key" "it is set more than once, in the" \
			"lines $(echo "$lines" | sed 's/ /, /g'): delete all but one" ;;
		esac
	done
}

# examine_drives: check the number of drives, and the controller.
examine_drives() {
	local udcs
	[ "$CONFIGURED" != 0 ] || ill_setting slots \
		"there is no drive: write for example slots = cd disk"
	[ -n "$UDC" ] && ! is_udc "$UDC" || return 0
	udcs=$(ls -v "${VM_SYS:-/sys}/class/udc" 2>/dev/null)
	[ -n "$udcs" ] || return 0 # examine_udc() says so
	# shellcheck disable=SC2086 # a list of words
	udcs=$(echo $udcs)
	ill_setting udc "there is no controller $UDC:" \
		"write one of these: $udcs"
}

# examine_files: check the files and programs that the values name.
examine_files() {
	local path
	[ -z "$CACERT" ] || grep -qs -e '-BEGIN.*CERTIFICATE-' "$CACERT" ||
		ill_setting cacert "$CACERT is not a readable file with" \
			"certificates (PEM)"
	for path in $ALLOW_FILE; do
		[ -d "$path" ] || ill_setting allow_file \
			"$path is not a directory"
	done
	[ -z "$SPOOL" ] || { [ -d "$SPOOL" ] && [ -w "$SPOOL" ]; } ||
		ill_setting spool "$SPOOL is not a directory that $(id -un) can write to"
	[ -z "$POWER" ] || command -v "${POWER%%[[:space:]]*}" >/dev/null ||
		ill_setting power "there is no program" \
			"${POWER%%[[:space:]]*}: write its path"
	case $PROXY in
	*[[:space:]]*) ill_setting proxy "a URL has no blanks: write for" \
		"example http://proxy.example.org:3128" ;;
	'' | *://?*) ;;
	*) ill_setting proxy "it is not a URL: write for example" \
		"http://proxy.example.org:3128" ;;
	esac
}

# examine_cache: the caches of all drives must fit into the memory.
examine_cache() {
	local name value
	[ -n "$CACHE" ] && [ "$CONFIGURED" != 0 ] || return 0
	while read -r name value _; do
		[ "$name" != MemTotal: ] || break
	done </proc/meminfo
	[ "$name" = MemTotal: ] || return 0
	! is_size_from "$CACHE" $((value * 1024 / CONFIGURED)) ||
		ill_setting cache "$CONFIGURED caches of $CACHE do not fit into" \
			"the $((value / 1024)) MiB of memory: write for example 16M"
}

# examine_declared: each slotN must be a correct vmctl mount.
examine_declared() {
	local slot line words why
	while read -r slot line words; do
		[ -n "$slot" ] || continue
		if [ "$slot" -ge "$CONFIGURED" ]; then
			ill_line "slot$slot" "$line" "there are only $CONFIGURED" \
				"drives, from slot 0 on: add a word to slots"
			continue
		fi
		why=$(try_words "$slot" "$words" 2>&1 >/dev/null) ||
			ill_line "slot$slot" "$line" "${why#"$PROG: "}"
	done <<-END
		$DECLARED
	END
}

# try_words SLOT WORDS: parse the words as vmctl mount does, in a subshell.
try_words() (
	# TEMP is our caller's: put the request into a directory of its own.
	VERB=mount JSON='' URL='' SLOT='' PASSWORD='' ARGUMENT=''
	REQ=$TEMP/slot$1
	rm -rf "$REQ"
	mkdir "$REQ" || exit
	find_verb mount
	set -f
	# shellcheck disable=SC2086 # a list of words
	parse $2 </dev/null
	[ "$PASSWORD" != - ] ||
		misuse "nobody can type a password at boot: write -P FILE"
	complete_request
)

# examine_owner FILE: root runs what FILE says, so only root may change it.
examine_owner() {
	[ -f "$1" ] || return 0
	# shellcheck disable=SC2046 # the fields of ls
	set -- "$1" $(ls -Llnd "$1")
	case $2 in
	?????w* | ????????w*) ill_conf "$1: other users can change it:" \
		"type chmod go-w $1" ;;
	esac
	case $4 in
	0 | "$(id -u)") ;;
	*) ill_conf "$1: it belongs to another user: type chown root $1" ;;
	esac
}

# examine_hooks: vmedia skips a hook that cannot be executed, without a message.
examine_hooks() {
	local hook
	for hook in "$VM_HOOK_DIR"/*; do
		[ -f "$hook" ] || continue
		[ -x "$hook" ] || ill_conf "$hook: vmedia does not run it, because" \
			"it is not executable: type chmod +x $hook"
		examine_owner "$hook"
	done
}
