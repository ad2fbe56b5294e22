# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vmctl doctor checks of the settings host and host_*: what the backend needs,
# and whether it answers. Sourced by vmctl, before doctor.sh.

# shellcheck source=scripts/lib/host.sh
. "$BIN/../lib/vmedia/host.sh"

# has_backend: is a backend set?
has_backend() {
	host_setting host
	[ -n "$VALUE" ]
}

# examine_backend: print a line for each thing that is wrong with the settings.
examine_backend() {
	local sick
	has_backend || return 0
	choose_backend
	sick=$(backend_sick)
	while read_line; do
		[ -z "$LINE" ] || ill_setting host "$LINE"
	done <<-END
		$sick
	END
}

# examine_host: does the backend tell whether the host is on?
examine_host() {
	local said
	has_backend && [ -z "$CONF_SICK" ] || return 0
	if said=$(vm-host power 2>&1); then
		well "host: $said, by $BACKEND"
	else
		ill "host: ${said#vm-host: }"
	fi
}
