# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl complete: what may stand in place of the last word of a command line,
# for the shells (scripts/completion). It prints one candidate per line, with a
# tab and an explanation behind it; the line `:files` stands for the names of
# files. Sourced by vmctl.

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

# offer_values WORD: what may stand where the tables have WORD.
offer_values() {
	local word kind
	kind=$1
	set --
	case $kind in
	FILE | PATH) out ':files\n' ;;
	IMAGE)
		out ':files\n'
		set -- https:// http:// nfs:// smb://
		;;
	*URL*) set -- https:// http:// nfs:// smb:// ;;
	WHERE) set -- wss:// ws:// ssh: ;;
	TYPE) set -- auto cd disk ;;
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

# skip_word WORD: a word before the last one. Set NEEDS if it is an option that
# awaits its value, and remove an argument from TAKES.
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
		*) TAKES= ;;
		esac
		;;
	esac
}

cmd_complete() {
	if [ $# -le 1 ]; then
		LAST=${1:-}
		offer_verbs
		return
	fi
	VERB=$1
	shift
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
