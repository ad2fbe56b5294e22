# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What keeps vm-netboot from hurting the network that it runs in. Sourced by
# vm-netboot.

PROBE_SECONDS=5		# dnsmasq and others answer after 3
PROBE_EVERY=60		# seconds between two looks for another server
PROBING=		# the pid of the probe that runs
FOREIGN=		# another DHCP server: its address

# finding STATUS MESSAGE...: fail; with --force, print a note instead.
finding() {
	local status
	status=$1
	shift
	[ -n "$FORCE" ] || die "$status" "$*, or use --force"
	echo "$PROG: note: started by --force, although $*" >&2
}

# take_range: set RANGE to FIRST,LAST, which lie in the adapter's network.
take_range() {
	local first last line
	case $RANGE in
	*-*) last=${RANGE#*-} first=${RANGE%%-*} ;;
	*,*)
		last=${RANGE#*,} first=${RANGE%%,*}
		number_of "$first" && is_number "$last" 65536 ||
			misuse "--range $RANGE: not FIRST-LAST, or FIRST,COUNT"
		address_of $((COUNTED + NUMBER - 1))
		last=$COUNTED
		;;
	*) misuse "--range $RANGE: not FIRST-LAST, or FIRST,COUNT" ;;
	esac
	number_of "$first" || misuse "--range: $first is not an IPv4 address"
	FIRST=$COUNTED
	number_of "$last" || misuse "--range: $last is not an IPv4 address"
	LAST=$COUNTED
	[ "$FIRST" -le "$LAST" ] || misuse "--range $RANGE: the last address is lower than the first"
	[ "$FIRST" -gt "$FIRST_ADDRESS" ] && [ "$LAST" -lt "$LAST_ADDRESS" ] || misuse \
		"--range $RANGE is not in the network of $ADAPTER, $NETWORK mask $MASK"
	for line in $ADDRESSES; do
		number_of "${line%/*}"
		[ "$COUNTED" -lt "$FIRST" ] || [ "$COUNTED" -gt "$LAST" ] || misuse \
			"--range $RANGE has our own address ${line%/*}"
	done
	RANGE=$first,$last
}

# check_route: the adapter of the default route is in a network that others use.
check_route() {
	[ -z "$(ip -4 route show default dev "$ADAPTER" 2>/dev/null)" ] || finding \
		$EX_CONFIG "$ADAPTER has the default route: for --range, use an" \
		"adapter with a separate network"
}

# probe: print the servers that answer on the network, except ourselves.
probe() {
	local status
	status=0
	vm-dhcp-probe -t $PROBE_SECONDS "$ADAPTER" >"$DIR/probed" || status=$?
	[ $status -le 1 ] || return $status
	grep -v "^$ADDRESS	" "$DIR/probed"
	return 0
}

# check_servers: fail if another server answers, or if we cannot probe.
check_servers() {
	local said
	said=$(probe) || exit
	[ -z "$said" ] || finding $EX_TEMPFAIL \
		"another DHCP server answers on $ADAPTER, ${said%%	*}: remove" \
		"--range, so that vm-netboot only tells where the boot files are"
}

# probe_again: probe from time to time, in the background. A server that it
# finds is an event.
probe_again() {
	[ -n "$RANGE" ] && [ -z "$FORCE" ] || return 0
	[ -z "$PROBING" ] || ! kill -0 "$PROBING" 2>/dev/null || return 0
	[ $(($(now) - PROBED)) -ge $PROBE_EVERY ] || return 0
	PROBED=$(now)
	{
		said=$(probe 2>/dev/null)
		[ -z "$said" ] || printf '0\t-\tserver\t%s\n' "${said%%	*}" >"$DIR/events"
	} 6>&- 7>&- 8>&- 9>&- &
	PROBING=$!
}

# tell_promise: print as the first line what we do, and for which machines.
tell_promise() {
	local who what
	who="only the machines with --mac or a profile"
	[ -z "$ANY" ] || who="every machine"
	what="tells where the boot files are, gives no addresses"
	[ -z "$RANGE" ] || what="gives addresses ${RANGE%,*} to ${RANGE#*,} and tells where the boot files are"
	[ "$DHCP" != off ] || what="does not answer DHCP"
	echo "$PROG: on $ADAPTER, $ADDRESS: $what; it serves $who" >&2
}
