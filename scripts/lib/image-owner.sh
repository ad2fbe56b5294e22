# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vm-image owner: who uploads images by sftp. Sourced by vm-image, after
# image-ledger.sh and image-box.sh.

KEY_FILE=''	# of --key
QUOTA=''	# of --quota, in bytes
FORCE=''	# of --force

# --- who comes in ---------------------------------------------------------

# sftp_of NAME: set VALUE to the command that the owner types. False if no sshd
# is ready for it.
sftp_of() {
	local port
	VALUE="sftp $1@$(uname -n)"
	case $(sshd -T -C "user=$1,host=localhost,addr=127.0.0.1" 2>/dev/null) in
	*"/vm-image-keys "*) return 0 ;;
	esac
	systemctl -q is-active vmedia-sftp 2>/dev/null || return
	port=$(systemctl show -p Environment vmedia-sftp 2>/dev/null)
	port=${port##*VM_SFTP_PORT=}
	VALUE="sftp -P ${port%%[!0-9]*} $1@$(uname -n)"
}

# say_sftp NAME: tell what to type now.
say_sftp() {
	local ready
	sftp_of "$1" && ready=true || ready=false
	[ -z "$JSON" ] || {
		json_begin
		out ', "changed": %s, "name": "%s", "sftp": ' $CHANGED "$1"
		json_string "$VALUE"
		out ', "sshd": %s' $ready
		json_end
		return
	}
	[ "$(count_keys "$1")" != 0 ] || out \
		'%s has no key yet: type %s owner add %s --key FILE\n' "$1" "$TOOL" "$1"
	[ $ready = true ] || out 'no sshd lets owners in yet: type %s\n%s\n' \
		'systemctl enable --now vmedia-sftp' \
		"or: ln -s $(cd "$BIN/.." && pwd)/share/vmedia/sshd/vmedia.conf /etc/ssh/sshd_config.d/, and systemctl reload ssh"
	out 'to upload: %s, and there: put x.iso\nthen here: %s finish %s/x.iso\n' \
		"$VALUE" "$TOOL" "$1"
}

# --- add and rm -----------------------------------------------------------

# lock_owners: only one vm-image at a time may add or remove an owner.
lock_owners() {
	lock_record "$STORE/owners" || die $EX_TEMPFAIL \
		"another $TOOL owner is at work: try again in a moment"
}

# owner_add NAME: make the owner, or its missing parts. If it is killed, it can
# be run again.
owner_add() {
	[ -z "$KEY_FILE" ] || read_keys "$KEY_FILE"
	need_chroot
	lock_owners
	refuse_user "$1"
	make_user "$1"
	make_box "$1"
	[ -d "$STORE/owners/$1" ] || CHANGED=true
	mkdir -p "$STORE/owners/$1" &&
		chmod 711 "$STORE/owners" "$STORE/owners/$1" ||
		die $EX_CANTCREAT "unable to make $STORE/owners/$1: type $TOOL doctor"
	[ -z "$KEY_FILE" ] || write_keys "$1"
	DIR=$STORE/owners/$1
	[ -z "$QUOTA" ] || { value_of quota && [ "$VALUE" = "$QUOTA" ]; } || {
		need_value "$DIR" quota "$QUOTA"
		CHANGED=true
	}
	limit_box "$1"
	say_sftp "$1"
}

# each_record_of NAME COMMAND: run COMMAND with REC and ID for all records of the owner.
each_record_of() {
	for REC in "$STORE"/images/???????????????? "$STORE"/incoming/????????????????; do
		DIR=$REC ID=${REC##*/}
		value_of owner && [ "$VALUE" = "$1" ] || continue
		"$2"
	done
}

# refuse_full NAME: fail if the owner has images or uploads, unless all of them
# may be removed.
refuse_full() {
	local images files
	[ -z "$FORCE" ] || return 0
	images=$(each_record_of "$1" echo | wc -l)
	files=$(find "$STORE/boxes/$1/images" -type f 2>/dev/null | wc -l)
	[ $((images + files)) = 0 ] || die $EX_TEMPFAIL "$1 has $((images))" \
		"image(s), and $((files)) file(s) in the drop box: remove them," \
		"or type $TOOL owner rm $1 --force"
}

# refuse_busy, remove_it: for each_record_of().
refuse_busy() {
	value_of name || VALUE=$ID
	NAME=$VALUE DIR=$REC
	refuse_in_use "$WHERE/$NAME" "$ID"
	[ ! -f "$REC/checking" ] || ! is_at_work "$REC" || die $EX_TEMPFAIL \
		"$WHERE/$NAME is being verified: try again in a moment"
}
remove_it() {
	drop_record "$REC" || die $EX_IOERR "unable to remove $REC: type $TOOL doctor"
}

# remove_records NAME: remove all records of the owner, or none if a slot has
# one of them.
remove_records() {
	lock_ledger
	each_record_of "$1" refuse_busy
	each_record_of "$1" remove_it
	unlock_ledger
}

# owner_rm NAME: remove the keys before the user, so that nobody logs in any
# more; the user, whom we recognize by the home, before the box; and the owner
# last. If it is killed, it can be run again.
owner_rm() {
	has_owner "$1" || has_user "$1" ||
		die $EX_NOINPUT "there is no owner $1: type $TOOL owner ls"
	lock_owners
	refuse_full "$1"
	! is_mounted "$STORE/boxes/$1" || die $EX_TEMPFAIL \
		"$1 has a disk that is exported: end that first"
	remove_records "$1"
	rm -f "$STORE/owners/$1/keys"
	if has_user "$1"; then
		wait_for 10 end_processes "$1" || die $EX_TEMPFAIL \
			"a process of the user $1 does not end: try again"
		free_project "$1"
		remove_user "$1"
	fi
	rm -rf "${STORE:?}/boxes/$1" "$STORE/owners/$1" ||
		die $EX_IOERR "unable to remove $STORE/boxes/$1: type $TOOL doctor"
	CHANGED=true
	[ -z "$JSON" ] || {
		json_begin
		out ', "changed": true, "name": "%s"' "$1"
		json_end
	}
}

# --- ls -------------------------------------------------------------------

# fault_of NAME: set VALUE to what the owner lacks; false if that is nothing.
fault_of() {
	VALUE=
	if ! has_user "$1"; then
		VALUE="no user"
	elif [ ! -d "$STORE/boxes/$1/images" ]; then
		VALUE="no drop box"
	elif [ "$(count_keys "$1")" = 0 ]; then
		VALUE="no key"
	fi
	[ -n "$VALUE" ]
}

# owner_text NAME, owner_json NAME: print the owner.
owner_text() {
	local used limit
	taken_of "$1"
	in_words "$BYTES"
	used=$VALUE limit='no limit'
	! quota_of "$1" || {
		in_words "$BYTES"
		limit="limit $VALUE"
	}
	fault_of "$1" && VALUE="$VALUE: type $TOOL owner add $1" ||
		VALUE="$(count_keys "$1") key(s)"
	out '%-16s  used %s, %s, %s\n' "$1" "$used" "$limit" "$VALUE"
}
owner_json() {
	local used
	taken_of "$1"
	used=$BYTES
	quota_of "$1" || BYTES=
	out '%s{"name": "%s", "used": %s, "limit": %s, "keys": %s, "box": ' \
		"$COMMA" "$1" "$used" "${BYTES:-null}" "$(count_keys "$1")"
	json_string "$STORE/boxes/$1/images"
	fault_of "$1" || :
	out ', "missing": '
	json_string "$VALUE"
	out '}'
	COMMA=', '
}

# each_owner COMMAND [OWNER]: run COMMAND for each owner except root, or for
# OWNER.
each_owner() {
	local dir
	for dir in "$STORE"/owners/*; do
		[ -d "$dir" ] && [ "${dir##*/}" != root ] || continue
		[ "${2:-${dir##*/}}" != "${dir##*/}" ] || "$1" "${dir##*/}"
	done
}

# owner_ls [OWNER]
owner_ls() {
	count_records root
	[ -n "$JSON" ] || {
		each_owner owner_text "$@"
		return
	}
	json_begin
	out ', "owners": ['
	COMMA=
	each_owner owner_json "$@"
	out ']'
	json_end
}

# --- doctor ---------------------------------------------------------------

# examine_box NAME: does the owner have everything? Only sftp needs keys.
examine_box() {
	SOME=$1
	if ! fault_of "$1"; then
		well "owner $1: $(count_keys "$1") key(s)"
	elif [ "$VALUE" = "no key" ]; then
		lacks "owner $1: $VALUE: type $TOOL owner add $1 --key FILE"
	else
		ill "owner $1: $VALUE: type $TOOL owner add $1"
	fi
}

# examine_boxes: check all owners, and whether one of them could log in.
SOME=''
examine_boxes() {
	local why
	each_owner examine_box
	[ -n "$SOME" ] || return 0
	if ! why=$(need_chroot 2>&1); then
		ill "sftp: ${why#"$PROG: "}"
	elif sftp_of "$SOME"; then
		well "sftp: $VALUE"
	else
		lacks "sftp: no sshd lets owners in: type" \
			"systemctl enable --now vmedia-sftp"
	fi
}

# --- the verb -------------------------------------------------------------

cmd_owner() {
	need_store
	[ "$WHERE" != root ] || misuse "root is always an owner, without a drop box"
	case $ARGUMENT in
	'') misuse "owner needs an action: add, rm or ls" ;;
	add | rm)
		[ -n "$WHERE" ] || misuse "owner $ARGUMENT needs the name of the owner"
		is_owner "$WHERE" || misuse "$WHERE: the name of an owner has 1 to 31" \
			"of a-z, 0-9, _ and -, and begins with a letter"
		;;
	ls) [ -z "$WHERE" ] || has_owner "$WHERE" ||
		die $EX_NOINPUT "there is no owner $WHERE" ;;
	*) misuse "owner has no action $ARGUMENT: use add, rm or ls" ;;
	esac
	"owner_$ARGUMENT" ${WHERE:+"$WHERE"}
}
