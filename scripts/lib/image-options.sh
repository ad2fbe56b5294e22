# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the options and arguments of vm-image do, for parse.sh. Sourced by vm-image.

# take_option NAME VALUE: NAME is an option of the table.
take_option() {
	case $2 in *[[:cntrl:]]*) misuse "--$1: the value has control characters" ;; esac
	[ "$VERB" != fetch ] || ! take_fetch_option "$1" "$2" || return 0
	case $1 in
	id)
		is_id "$2" || misuse "--id $2: not 16 hexadecimal digits"
		ID=$2
		;;
	owner)
		is_owner "$2" || misuse "--owner $2: not the name of an owner"
		OWNER=$2
		;;
	size)
		bytes_of "$2" || misuse "--size $2: not a size, such as 500K or 2M"
		SIZE=$BYTES
		;;
	key) KEY_FILE=$2 ;;
	quota)
		bytes_of "$2" || misuse "--quota $2: not a size, such as 500M or 10G"
		QUOTA=$BYTES
		;;
	format)
		case $2 in
		iso | vfat | exfat) FORMAT=$2 ;;
		*) misuse "--format $2: write iso, vfat or exfat" ;;
		esac
		;;
	label) LABEL=$2 ;;
	sha256)
		is_sha256 "$2" || misuse "--sha256: not 64 hexadecimal digits"
		SHA256=$2
		;;
	esac
}

# take_flag NAME: NAME is an option of the table that has no value.
take_flag() {
	case $1 in
	json) JSON=1 ;;
	force) FORCE=1 ;;
	replace) REPLACE=1 ;;
	wait) WAITS=1 ;;
	for-others) FOR_OTHERS=1 ;;
	insecure)
		need_temp
		ask insecure 1
		;;
	help)
		help_verb "$VERB"
		exit 0
		;;
	esac
}

# use_argument: each verb checks its arguments itself, except that all of them
# must be lines.
use_argument() {
	case $ARGUMENT$WHERE in *[[:cntrl:]]*) misuse \
		"an argument has control characters" ;; esac
}
