# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vmctl help prints, from the tables of option-table.sh, and vmctl image help
# from those of image-table.sh. Sourced after parse.sh.

# help_verbs: print the verbs, and what each does.
help_verbs() {
	local verb takes help
	out 'usage: %s VERB [OPTION]... [ARGUMENT]...\n' "$TOOL"
	out '\n'
	echo "$VERBS" | while IFS='|' read -r verb takes help; do
		case $verb in '' | complete) continue ;; esac
		out '  %-24s  %s\n' "$verb${takes:+ $takes}" "$help"
	done || exit
	out '\n"%s help VERB" lists the options of a verb. The page %s(8)\n%s\n' \
		"$TOOL" "$PROG" 'explains them.'
}

# help_options VERB: print its options.
help_options() {
	local name letter value verbs help
	echo "$OPTIONS" | while IFS='|' read -r name letter value verbs help; do
		case " $verbs " in
		*" $1 "* | " all ") ;;
		*) continue ;;
		esac
		out '  %-4s%-20s  %s\n' "${letter:+-$letter, }" \
			"--$name${value:+ $value}" "$help"
	done || exit
}

# help_words TEXT: print the meanings of the words in capitals in TEXT.
help_words() {
	local word meaning
	echo "$MEANINGS" | while IFS='|' read -r word meaning; do
		case $1 in
		*[!A-Z]"$word"[!A-Z]*) ;;
		*) continue ;;
		esac
		[ -z "$word" ] || out '%-6s %s\n' "$word" "$meaning"
	done || exit
}

# help_verb VERB: print its arguments and options.
help_verb() {
	local rest options words also
	find_verb "$1" || no_verb "$1"
	rest=${VERBS#*"$NEWLINE$1|"}
	rest=${rest%%"$NEWLINE"*}
	options=$(help_options "$1")
	also=
	case $options in *" --id ID "*) also=' | --id ID' ;; esac
	out 'usage: %s %s [OPTION]...%s\n%s\n\n' "$TOOL" "$1" \
		"${TAKES:+ $TAKES$also}" "${rest#*|}"
	out '%s\n' "$options"
	words=$(help_words " $TAKES $options ")
	[ -z "$words" ] || out '\n%s\n' "$words"
}
