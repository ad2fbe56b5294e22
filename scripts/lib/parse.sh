# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A command line with verbs, and how to look up a word of it in the tables VERBS
# and OPTIONS, whose form option-table.sh explains. The program sets VERB and has:
#
#   take_flag NAME            an option without a value was given
#   take_option NAME VALUE    an option with a value was given
#   use_argument              all words were read: ARGUMENT and WHERE, or, of a
#                             verb that takes `...`, ARGUMENT and lines of MORE
#
# Sourced after the tables. Nothing here starts a process.

NEWLINE='
'
# What find_verb() and find_option() have found:
TAKES=			# the arguments of the verb
OPTION=			# the name of the option
NEEDS=			# its VALUE, empty for a flag
ELSEWHERE=		# set if only other verbs have the option
MORE=			# the arguments after the first, each on a line

# find_verb WORD: set TAKES. False if there is no such verb.
find_verb() {
	case $1 in '' | *[!a-z]*) return 1 ;; esac
	case $VERBS in *"$NEWLINE$1|"*) ;; *) return 1 ;; esac
	TAKES=${VERBS#*"$NEWLINE$1|"}
	TAKES=${TAKES%%|*}
}

# take_row ROW: does it belong to VERB? Then set OPTION and NEEDS.
take_row() {
	local rest verbs
	rest=${1#*|*|}
	verbs=${rest#*|}
	case " ${verbs%%|*} " in
	*" $VERB "* | " all ") ;;
	*)
		ELSEWHERE=1
		return 1
		;;
	esac
	OPTION=${1%%|*}
	NEEDS=${rest%%|*}
}

# find_option WORD: look up --NAME or -X for VERB. False if VERB has no such
# option.
find_option() {
	local row found IFS
	OPTION='' NEEDS='' ELSEWHERE='' found=1
	case $1 in *"|"*) return 1 ;; esac
	IFS=$NEWLINE
	set -f
	for row in $OPTIONS; do
		case --$row in
		"$1|"* | --*"|${1#-}|"*) ;;
		*) continue ;;
		esac
		take_row "$row" || continue
		found=0
		break
	done
	set +f
	return $found
}

# --- the command line -----------------------------------------------------

# need_option WORD: find_option(), or fail.
need_option() {
	find_option "$1" && return
	[ -z "$ELSEWHERE" ] || misuse "$1 does not apply to $VERB"
	misuse "there is no option $1"
}

# take_argument WORD: TAKES tells how many arguments the verb takes.
take_argument() {
	[ -n "$1" ] || misuse "an argument is empty"
	[ -n "$TAKES" ] || misuse "$VERB takes no argument"
	if [ -z "$ARGUMENT" ]; then
		ARGUMENT=$1
		return
	fi
	case $TAKES in
	*...) MORE="$MORE$1$NEWLINE" ;;
	*" "*)
		[ -z "$WHERE" ] || misuse "$VERB takes only two arguments: $TAKES"
		WHERE=$1
		;;
	*) too_many "$1" "$ARGUMENT" ;;
	esac
}

# too_many WORD...: fail, because the verb takes one argument and got these. One
# may be meant as a slot.
too_many() {
	local word
	for word; do
		! is_slot "$word" || ! find_option -s || misuse \
			"$VERB takes only one argument, $TAKES:" \
			"for slot $word, write -s $word"
	done
	misuse "$VERB takes only one argument: $TAKES"
}

# parse WORDS...: take all options and arguments.
parse() {
	local word letters
	while [ $# -gt 0 ]; do
		word=$1
		shift
		case $word in
		--) break ;;
		--*=*)
			need_option "${word%%=*}"
			[ -n "$NEEDS" ] || misuse "${word%%=*} takes no value"
			take_option "$OPTION" "${word#*=}"
			continue
			;;
		--*) need_option "$word" ;;
		-?*)
			letters=${word#-?}
			word=${word%"$letters"}
			need_option "$word"
			# -fj is -f -j, and -s0 is -s 0.
			if [ -n "$letters" ] && [ -n "$NEEDS" ]; then
				set -- "$letters" "$@"
			elif [ -n "$letters" ]; then
				set -- "-$letters" "$@"
			fi
			;;
		*)
			take_argument "$word"
			continue
			;;
		esac
		if [ -z "$NEEDS" ]; then
			take_flag "$OPTION"
			continue
		fi
		[ $# -gt 0 ] || misuse "$word needs a value: $NEEDS"
		take_option "$OPTION" "$1"
		shift
	done
	for word; do
		take_argument "$word"
	done
	use_argument
}

# no_verb WORD: fail because there is no such verb. Say which verb may be meant.
no_verb() {
	local meant
	VERB=
	case $1 in -*) misuse "there is no verb $1: write the verb first," \
		"such as $TOOL $USUAL $1" ;; esac
	case $MISTAKES in
	*"$NEWLINE$1|"*)
		meant=${MISTAKES#*"$NEWLINE$1|"}
		misuse "there is no verb $1: did you mean" \
			"$TOOL ${meant%%"$NEWLINE"*}?"
		;;
	esac
	misuse "there is no verb $1"
}

# see_json WORDS...: set JSON if they ask for it, so that a failure is an object
# even if an earlier word is wrong.
see_json() {
	local word
	for word; do
		case $word in
		--) return ;;
		--json) ! find_option "$word" || JSON=1 ;;
		-[!-]*) ! has_letter "$word" j || JSON=1 ;;
		esac
	done
}

# has_letter WORD LETTER: is -LETTER, an option of the verb, one of the letters that
# are joined in WORD?
has_letter() {
	local letters
	letters=${1#-}
	while [ -n "$letters" ] && find_option "-${letters%"${letters#?}"}"; do
		case $letters in "$2"*) return 0 ;; esac
		[ -z "$NEEDS" ] || return 1
		letters=${letters#?}
	done
	return 1
}

# is_help WORDS...: is only the help asked for?
is_help() {
	local word
	for word; do
		case $word in
		--) return 1 ;;
		--help) return 0 ;;
		-[!-]*) ! has_letter "$word" h || return 0 ;;
		esac
	done
	return 1
}
