# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl complete and vmctl image complete: what the last word of a command line
# may become, for the shells (scripts/completion). They print one candidate per
# line, with a tab and an explanation after it; the line `:files` stands for the
# names of files. Sourced by vmctl and vm-image.

LAST=			# the word to complete

# offer WORD [TEXT]: print it if it begins with LAST.
offer() {
	case $1 in
	"$LAST"*) out '%s\t%s\n' "$1" "${2:-}" ;;
	esac
}

offer_verbs() {
	local verb takes help
	echo "$VERBS" | while IFS='|' read -r verb takes help; do
		case $verb in '' | complete) continue ;; esac
		offer "$verb" "$help"
	done || exit
}

offer_options() {
	local name letter value verbs help
	echo "$OPTIONS" | while IFS='|' read -r name letter value verbs help; do
		case " $verbs " in
		*" $VERB "* | " all ") ;;
		*) continue ;;
		esac
		[ -z "$letter" ] || offer "-$letter" "$help"
		offer "--$name" "$help"
	done || exit
}

# offer_name PREFIX: offer PREFIX and the name of OWNER's image NAME.
offer_name() {
	uri_of
	offer "$1${VALUE#image:}"
}

# offer_records PLACE [PREFIX]: offer PREFIX and the name of each image or
# upload that the user may read.
offer_records() {
	[ -n "$STORE" ] || return 0
	for DIR in "$STORE/$1"/????????????????; do
		value_of owner && OWNER=$VALUE && value_of name || continue
		NAME=$VALUE
		offer_name "${2:-}"
	done
}

# offer_boxes: offer the files in drop boxes. Their owners may give them any
# names: skip those that cannot be names of images.
offer_boxes() {
	local file
	for file in "$STORE"/boxes/*/images/*; do
		NAME=${file##*/} OWNER=${file%/images/*} OWNER=${OWNER##*/}
		[ -f "$file" ] && [ ! -L "$file" ] && is_name "$NAME" &&
			[ "$NAME" != SHA256SUMS ] || continue
		offer_name ''
	done
}

# offer_names: offer the names of what VERB works on.
offer_names() {
	case $VERB in
	finish) offer_boxes ;;
	*) offer_records images ;;
	esac
	case $VERB in
	finish | rm) offer_records incoming ;;
	esac
}

# offer_formats: offer the formats that VERB can make.
offer_formats() {
	[ "$VERB" != pack ] || offer iso
	offer vfat
	[ "$VERB" != create ] || offer exfat
}

# offer_owners: offer the owners, without root if VERB is about drop boxes.
offer_owners() {
	[ "$VERB" = owner ] || offer root
	for DIR in "$STORE"/owners/*; do
		[ ! -d "$DIR" ] || [ "${DIR##*/}" = root ] || offer "${DIR##*/}"
	done
}

# offer_values WORD: offer what may replace WORD of the tables.
offer_values() {
	local word kind
	kind=$1
	set --
	case $PROG-$kind-$LAST in
	vm-image-NAME*)
		offer_names
		return
		;;
	vm-image-FORMAT*)
		offer_formats
		return
		;;
	vm-image-ACTION*)
		for word in add rm ls; do
			offer "$word"
		done
		return
		;;
	vm-image-*OWNER*)
		offer_owners
		return
		;;
	vmctl-URL-image:* | vmctl-\[URL\]-image:*)
		read_conf
		# shellcheck source=scripts/lib/image-store.sh
		. "$BIN/../lib/vmedia/image-store.sh"
		offer_records images image:
		return
		;;
	esac
	case $kind in
	*FILE* | PATH) out ':files\n' ;;
	IMAGE | IMAGE...)
		out ':files\n'
		set -- https:// http:// nfs:// smb://
		[ "$kind" = IMAGE ] || set -- "$@" image:
		;;
	ADAPTER)
		for word in "${VM_SYS:-/sys}"/class/net/*; do
			set -- "$@" "${word##*/}"
		done
		;;
	LOADER) set -- bios= efi32= efi64= efi-arm64= ;;
	*URL*)
		set -- https:// http:// nfs:// smb://
		[ "$PROG" != vmctl ] || set -- "$@" image:
		;;
	WHERE) set -- wss:// ws:// ssh: ;;
	TYPE) set -- auto cd disk ;;
	DRIVE) set -- auto kernel own ;;
	*ACTION*) set -- status power on off shutdown restart reset cycle nmi boot ;;
	*TARGET*) set -- none cd usb pxe http hdd bios ;;
	MODE) set -- uefi legacy ;;
	*CHANGE*) set -- add passwd role lock unlock rm ls ;;
	ROLE) set -- Administrator Operator ReadOnly ;;
	*WHAT*) set -- certificate off proxy ;;
	*SLOT*) set -- 0 1 2 3 4 5 6 7 ;;
	*VERB*) offer_verbs ;;
	esac
	for word; do
		offer "$word"
	done
}

# skip_word WORD: take a word before the last one. Set NEEDS if it is an option
# that awaits its value, and remove an argument from TAKES.
skip_word() {
	if [ -n "$NEEDS" ]; then
		NEEDS=
		return
	fi
	case $1 in
	--*=*) ;;
	-?*) find_option "$1" || : ;;
	*)
		case $TAKES in
		*" "*) TAKES=${TAKES#* } ;;
		*...) ;;
		*) TAKES= ;;
		esac
		;;
	esac
}

# complete_image WORD...: let vm-image, if it is installed, offer its own words.
complete_image() {
	command -v vm-image >/dev/null || exit 0
	exec vm-image complete "$@"
}

cmd_complete() {
	if [ $# -le 1 ]; then
		LAST=${1:-}
		offer_verbs
		return
	fi
	VERB=$1
	shift
	[ "$VERB-$PROG" != image-vmctl ] || complete_image "$@"
	case $#-$VERB-$1-$PROG in
	1-*) ;;
	*-help-image-vmctl)
		shift
		complete_image help "$@"
		;;
	esac
	if [ "$VERB-$PROG" = netboot-vmctl ]; then
		command -v vm-netboot >/dev/null || return 0
		# shellcheck source=scripts/lib/netboot-table.sh
		. "$BIN/../lib/vmedia/netboot-table.sh"
	fi
	find_verb "$VERB" || return 0
	while [ $# -gt 1 ]; do
		skip_word "$1"
		shift
	done
	LAST=$1
	case $NEEDS-$LAST in
	--*) offer_options ;;
	-)
		offer_values "${TAKES%% *}"
		offer_options
		;;
	-*) offer_values "${TAKES%% *}" ;;
	*) offer_values "$NEEDS" ;;
	esac
}
