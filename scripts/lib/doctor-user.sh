# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vmctl doctor checks of the accounts. Sourced by vmctl, before doctor.sh.

# is_web_enabled: may clients come in through the network?
is_web_enabled() {
	[ -d /run/systemd/system ] &&
		systemctl -q is-enabled vm-redfish.socket 2>/dev/null
}

# examine_accounts: without an account, nobody can log in.
examine_accounts() {
	local said
	is_root && command -v vm-user >/dev/null || return 0
	said=$(vm-user -a "${CONF%/*}/accounts" ls 2>&1) || {
		ill "accounts: ${said#vm-user: }"
		return
	}
	if [ -n "$said" ]; then
		well "accounts: $(printf '%s\n' "$said" | wc -l | tr -d ' ')"
	elif is_web_enabled; then
		ill "accounts: there is none, and nobody can log in:" \
			"type vmctl user add NAME"
	fi
}
