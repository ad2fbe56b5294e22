# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vmctl doctor and vmctl image doctor have found, one line for each check, with
# the remedy. Sourced by both.

SICK=0		# 1 once a check has failed
CHECKS=		# for --json: what was checked, as objects

well() {
	found ok true "$*"
}

ill() {
	found FAIL false "$*"
	SICK=1
}

# lacking WHAT TEXT...: the check fails, and the table MISSING tells for each
# system how to get WHAT.
lacking() {
	local what
	what=$1
	shift
	found FAIL false "$*" "$what"
	SICK=1
}

# lacks TEXT...: this machine lacks something, but works without it.
lacks() {
	found lack true "$*"
}

# found WORD true|false TEXT [WHAT]: print the result of a check, or keep it for
# --json.
found() {
	local more
	if [ -n "$JSON" ]; then
		more=
		[ "$1" != lack ] || more=', "lack": true'
		CHECKS="$CHECKS${CHECKS:+, }{\"ok\": $2$more, \"check\": $(json_string "$3")$(
			[ -z "${4:-}" ] || howto_json "$4")}"
	else
		out '%-4s  %s\n' "$1" "$3"
		[ -z "${4:-}" ] || howto "$4"
	fi
}

# doctor_json: print the object with all checks.
doctor_json() {
	local ok
	[ $SICK = 0 ] && ok=true || ok=false
	json_begin
	out ', "ok": %s, "checks": [%s]' $ok "$CHECKS"
	json_end
}

# examine WHAT REMEDY COMMAND...: WHAT is well if COMMAND succeeds.
examine() {
	local what remedy
	what=$1 remedy=$2
	shift 2
	if "$@" >/dev/null 2>&1; then
		well "$what"
	else
		ill "$what: $remedy"
	fi
}
