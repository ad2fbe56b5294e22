# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What an owner of images has on this machine: public keys, a user, and a drop box that
# sshd shows to that user as the whole file system (scripts/sshd). Sourced by vm-image,
# before image-owner.sh.
#
#   $STORE/owners/NAME/keys     vm-image-keys reads it as nobody
#   $STORE/boxes/NAME/          root's, as sshd demands; the home of the user
#   $STORE/boxes/NAME/images/   the user's own, where uploads arrive

OWNERS=vmedia-owners		# the group that scripts/sshd/vmedia.conf names
COMMENT='vmedia image owner'	# tells our users from all others
KEY_TYPES='ssh-ed25519 ssh-rsa ecdsa-sha2-nistp256 ecdsa-sha2-nistp384
ecdsa-sha2-nistp521 sk-ssh-ed25519@openssh.com sk-ecdsa-sha2-nistp256@openssh.com'
MAX_KEYS=65536			# bytes of a file with keys

KEYS=''		# what read_keys() has read
CHANGED=false	# has something been made or changed?

# --- keys -----------------------------------------------------------------

# is_key LINE: is it a public key, with or without options in front?
is_key() {
	local type
	for type in $KEY_TYPES; do
		case " $1" in *" $type AAAA"*) return 0 ;; esac
	done
	return 1
}

# read_keys FILE|-: set KEYS to the lines of the file, or fail.
read_keys() {
	local count seen
	[ "$1" = - ] || { [ -r "$1" ] && [ ! -d "$1" ]; } ||
		die $EX_NOINPUT "unable to read $1: no such file"
	[ "$1" != - ] || set -- /dev/stdin
	KEYS=$(head -c $MAX_KEYS "$1") || die $EX_NOINPUT "unable to read $1"
	[ ${#KEYS} -lt $MAX_KEYS ] || die $EX_DATAERR "$1 is too long: give a file of public keys"
	case $KEYS in *'PRIVATE KEY'*) die $EX_DATAERR "$1 has a private key:" \
		"keep it secret, and give the file of the public key, which ends in .pub" ;; esac
	count=0
	while read_line; do
		case $LINE in '' | '#'*) continue ;; esac
		is_key "$LINE" || die $EX_DATAERR "unable to use $1: this line" \
			"has no public key of SSH: $(printf '%.60s' "$LINE" | tr -c ' -~' '?')"
		count=$((count + 1))
	done <<-END
		$KEYS
	END
	[ $count -gt 0 ] || die $EX_DATAERR "$1 has no key: give a file such as" \
		"id_ed25519.pub"
	command -v ssh-keygen >/dev/null || return 0
	seen=$(printf '%s\n' "$KEYS" | ssh-keygen -l -f - 2>/dev/null | wc -l)
	[ $((seen)) = $count ] || die $EX_DATAERR "unable to use $1: ssh-keygen" \
		"can read $((seen)) of $count keys"
}

# write_keys NAME: give the owner KEYS. nobody must be able to read them.
write_keys() {
	local dir
	dir=$STORE/owners/$1
	[ "$(cat "$dir/keys" 2>/dev/null)" != "$KEYS" ] || return 0
	{ printf '%s\n' "$KEYS" >"$dir/.keys.new" && chmod 644 "$dir/.keys.new" &&
		mv "$dir/.keys.new" "$dir/keys"; } 2>/dev/null ||
		die $EX_IOERR "unable to write $dir/keys: type $TOOL doctor"
	CHANGED=true
}

# count_keys NAME: print how many keys the owner has.
count_keys() {
	local count
	count=0
	[ ! -f "$STORE/owners/$1/keys" ] || while read_line; do
		! is_key "$LINE" || count=$((count + 1))
	done <"$STORE/owners/$1/keys"
	echo $count
}

# --- users ----------------------------------------------------------------

# entry passwd|group NAME: print the line of the user or group; nothing if there is
# none.
entry() {
	getent "$1" "$2" 2>/dev/null || sed -n "/^$2:/p" "/etc/$1"
}

# has_user NAME: is there a user of this machine with that name that we made?
has_user() {
	case $(entry passwd "$1") in
	"$1":*":$COMMENT:$STORE/boxes/$1:"*) return 0 ;;
	*) return 1 ;;
	esac
}

# refuse_user NAME: fail if somebody else has made the user.
refuse_user() {
	has_user "$1" || [ -z "$(entry passwd "$1")" ] || die $EX_CANTCREAT \
		"$1 is a user of this machine already: give the owner another name"
}

# run_tool WHAT COMMAND...: run a tool of the system, which may print why it fails.
run_tool() {
	local what why
	what=$1
	shift
	why=$("$@" 2>&1) || die $EX_CANTCREAT \
		"unable to make $what: ${why##*"$NEWLINE"}"
}

# make_group: make the group that sshd's Match names.
make_group() {
	[ -z "$(entry group $OWNERS)" ] || return 0
	if command -v groupadd >/dev/null; then
		run_tool "the group $OWNERS" groupadd -r $OWNERS
	else
		run_tool "the group $OWNERS" addgroup -S $OWNERS
	fi
}

# make_user NAME: make a user who can log in only with a key. The password `!`
# would lock the account, and sshd without PAM would refuse it.
make_user() {
	make_group
	! has_user "$1" || return 0
	set -- "$1" "$STORE/boxes/$1" "$(command -v nologin || echo /bin/false)"
	if command -v useradd >/dev/null; then
		run_tool "the user $1" useradd -r -M -N -g $OWNERS -d "$2" \
			-s "$3" -c "$COMMENT" -p '*' "$1"
	else
		run_tool "the user $1" adduser -S -D -H -G $OWNERS -h "$2" \
			-s "$3" -g "$COMMENT" "$1"
		printf '%s:*\n' "$1" | run_tool "the user $1" chpasswd -e || exit
	fi
	CHANGED=true
}

# remove_user NAME
remove_user() {
	local why
	if command -v userdel >/dev/null; then
		why=$(userdel "$1" 2>&1)
	else
		why=$(deluser "$1" 2>&1)
	fi || die $EX_OSERR "unable to remove the user $1: ${why##*"$NEWLINE"}"
}

# processes_of NAME: print the pids of the user's processes, which may still
# upload.
processes_of() {
	# A process may end while awk reads.
	awk -v uid="$(id -u "$1")" '/^Uid:/ && $2 == uid {
		split(FILENAME, part, "/"); print part[3] }' \
		/proc/[0-9]*/status 2>/dev/null
}

# end_processes NAME: kill these processes. False if there were any.
end_processes() {
	local pids
	pids=$(processes_of "$1")
	[ -n "$pids" ] || return 0
	# shellcheck disable=SC2086 # a list of words
	kill -KILL $pids 2>/dev/null
	return 1
}

# --- the drop box ---------------------------------------------------------

# need_chroot: fail unless sshd would accept a drop box: each directory above it
# must belong to root, and nobody else may be able to write to it.
need_chroot() {
	local dir mode
	case $STORE in *:*) die $EX_CONFIG "the path of the store has a colon, which" \
		"no user's home can have: set another store in $CONF" ;; esac
	dir=$STORE/boxes
	while :; do
		mode=$(stat -L -c '%u %a' "${dir:-/}")
		case $mode in
		'0 '*[2367] | '0 '*[2367]?) ;;
		'0 '*) mode= ;;
		esac
		[ -z "$mode" ] || die $EX_CONFIG "sshd refuses a drop box below" \
			"${dir:-/}: type chown root ${dir:-/} and chmod go-w ${dir:-/}"
		[ -n "$dir" ] || return 0
		dir=${dir%/*}
	done
}

# make_box NAME: make the directory that the user sees as /, and images in it.
make_box() {
	local box
	box=$STORE/boxes/$1
	[ -d "$box/images" ] || CHANGED=true
	mkdir -p "$box/images" && chmod 755 "$box" && chmod 700 "$box/images" &&
		chown "$1:$OWNERS" "$box/images" ||
		die $EX_CANTCREAT "unable to make $box: type $TOOL doctor"
}

# is_mounted DIRECTORY: is something mounted in it, such as a disk that was exported?
is_mounted() {
	local line
	while read -r line; do
		case $line in *" $1/"*) return 0 ;; esac
	done </proc/self/mounts
	return 1
}
