#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-dhcp-probe with a real dnsmasq, in a network namespace of the test; and
# with answers that no real server sends.

load helper

setup() {
	requires_root
	own_directory
	NET=vm-$$-$BATS_TEST_NUMBER
	ip netns add "$NET"
	inside ip link set lo up
	inside ip link add ask type veth peer name net
	inside ip link set ask up
	inside ip link set net up
	inside ip address add 192.0.2.1/24 dev net
}
teardown() {
	cleanup
	ip netns del "$NET"
}

inside() {
	ip netns exec "$NET" "$@"
}
# start_dnsmasq LINE...: starts a server at the adapter net, with these lines.
start_dnsmasq() {
	printf '%s\n' port=0 interface=net bind-interfaces no-hosts no-resolv \
		log-dhcp "log-facility=$PWD/log" "dhcp-leasefile=$PWD/leases" \
		user=root "$@" >conf
	dnsmasq --test -C conf 2>/dev/null
	background inside dnsmasq -k -C conf
	wait_until 10 grep -s DHCP, log
}
probe() {
	inside vm-dhcp-probe "$@"
}

@test "an offer: server, address, next server, file and time; no lease is taken" {
	start_dnsmasq dhcp-range=192.0.2.50,192.0.2.99,1h dhcp-boot=undionly.kpxe,,192.0.2.7
	run -0 --separate-stderr probe -1 -t 60 ask
	echo "$output"
	IFS=$'\t' read -r server address next file ms <<<"$output"
	[ "$server $next $file" = "192.0.2.1 192.0.2.7 undionly.kpxe" ]
	[[ $address == 192.0.2.[5-9]? ]]
	# Before its answer, dnsmasq pings the address for some seconds.
	[ "$ms" -ge 2500 ]
	[ ! -s leases ]
	not grep -e DHCPREQUEST -e DHCPACK log
}

@test "without -1 it waits, and names each server once" {
	start_dnsmasq no-ping dhcp-range=192.0.2.50,192.0.2.99,1h
	run -0 probe -t 4 ask
	[ "${#lines[@]}" = 1 ]
	[[ $output == 192.0.2.1$'\t'*$'\t'192.0.2.1$'\t-\t'* ]]
	# vm-dhcp-probe repeated its question in that time.
	[ "$(grep -c DHCPDISCOVER log)" -ge 2 ]
}

@test "a proxy answers firmware only" {
	start_dnsmasq dhcp-range=192.0.2.0,proxy \
		'pxe-service=X86-64_EFI,"boot",snponly.efi' \
		dhcp-boot=snponly.efi,,192.0.2.1
	run -1 probe -t 2 ask
	[ -z "$output" ]
	run -0 probe -1 -t 30 -a 7 ask
	[[ $output == 192.0.2.1$'\t-\t'* ]]
}

@test "nobody answers: 1, after the time that was given" {
	local begin=$SECONDS
	run -1 probe -t 2 ask
	[ -z "$output" ]
	[ $((SECONDS - begin)) -ge 1 ]
}

@test "through a bridge" {
	inside ip link add bridge type bridge
	inside ip link set ask master bridge
	inside ip link set bridge up
	start_dnsmasq no-ping dhcp-range=192.0.2.50,192.0.2.99,1h
	run -0 probe -1 -t 60 bridge
	[[ $output == 192.0.2.1$'\t'* ]]
}

# answer: starts a server in Python; the code on standard input makes the answer
# to a question, and sends it.
answer() {
	cat >code
	cat >server.py <<-PYTHON
		import socket, sys
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
		s.bind(("net", 0))
		print("ready", flush=True)
		def sum16(b):
		    n = sum((b[i] << 8) + b[i + 1] for i in range(0, len(b), 2))
		    while n >> 16: n = (n & 0xffff) + (n >> 16)
		    return (~n & 0xffff).to_bytes(2, "big")
		def send(message, port=68, fragment=0):
		    udp = b"\0\x43" + port.to_bytes(2, "big") + (8 + len(message)).to_bytes(2, "big") + b"\0\0" + message
		    ip = bytearray(b"\x45\0" + (20 + len(udp)).to_bytes(2, "big") + b"\0\0" + fragment.to_bytes(2, "big") + b"\x40\x11\0\0\xc0\0\2\x09\xff\xff\xff\xff")
		    ip[10:12] = sum16(ip)
		    s.send(b"\xff" * 6 + b"\2\0\0\0\0\1\x08\0" + bytes(ip) + udp)
		while True:
		    packet = s.recv(2000)
		    if packet[23] != 17 or packet[36:38] != b"\0\x43": continue
		    # It comes from no address and an unknown MAC, as its checksums say.
		    assert packet[26:34] == b"\0\0\0\0\xff\xff\xff\xff" and sum16(packet[14:34]) == b"\0\0"
		    udp = packet[34:34 + int.from_bytes(packet[38:40], "big")]
		    assert sum16(packet[26:34] + b"\0\x11" + udp[4:6] + udp) == b"\0\0"
		    ask = udp[8:]
		    assert ask[28] & 3 == 2
		    offer = bytearray(b"\2\1\6\0" + ask[4:8] + bytes(8) + b"\xc0\0\2\x33" + bytes(8) + ask[28:34] + bytes(202) + b"\x63\x82\x53\x63")
		    ok = b"\x35\1\2"
		    exec(open("code").read())
	PYTHON
	background inside python3 server.py >server.out
	wait_until 10 test -s server.out
}

@test "what no server should send is no offer, or is shown as one line" {
	answer <<-'PYTHON'
		for m in (b"", b"\x35", b"\x35\1\5\xff", ok + b"\x43\xff"):
		    send(bytes(offer) + m)
		send(bytes(offer[:239]))
		send(bytes(offer) + ok, 67)
		send(bytes(offer) + ok, 68, 1)
		send(bytes(offer) + ok, 68, 0x2000)
		offer[4] ^= 1
		send(bytes(offer) + ok)
		offer[4] ^= 1
		send(bytes(offer) + ok + b"\x43\x0a\x1b[2J\ta b\n\xff\xff")
	PYTHON
	run -0 probe -t 2 ask
	echo "$output"
	[ "${#lines[@]}" = 1 ]
	[[ $output == $'192.0.2.9\t192.0.2.51\t-\t?[2J?a?b??\t'* ]]
}

@test "hundreds of servers do no harm" {
	answer <<-'PYTHON'
		for i in range(300):
		    send(bytes(offer) + ok + b"\x36\4\x0a\0" + i.to_bytes(2, "big") + b"\xff")
	PYTHON
	run -0 probe -t 2 ask
	[ "${#lines[@]}" -ge 64 ]
	[ "$(printf '%s\n' "${lines[@]}" | head -n 64 | sort -u | wc -l)" = 64 ]
}

@test "-w: what clients send, and nothing else" {
	background ip netns exec "$NET" vm-dhcp-probe -w net >seen
	wait_until 10 eval '[ "$(inside grep -c 0800 /proc/net/packet)" = 1 ]'
	at() {
		inside "$TOP/t/netboot/ask" -t 0.1 ask 52:54:00:12:34:81 "$@"
	}
	at type=1
	at type=3 want=192.0.2.9
	at type=1 arch=7 vendor=PXEClient:Arch:00007:UNDI:003016
	at type=1 arch=16 vendor=HTTPClient:Arch:00016:UNDI:003001
	at type=1 arch=0 vendor=PXEClient:Arch:00000:UNDI:002001 user=iPXE
	at type=1 arch=27 vendor=PXEClient:Arch:00027:UNDI:002001
	at type=2
	at type=9
	at type=8 port=69
	at type=7
	wait_until 10 grep release seen
	[ "$(cut -f 2- seen)" = "\
52:54:00:12:34:81	discover	plain
52:54:00:12:34:81	request	plain
52:54:00:12:34:81	discover	efi-x86_64
52:54:00:12:34:81	discover	http-x86_64
52:54:00:12:34:81	discover	ipxe
52:54:00:12:34:81	discover	arch-27
52:54:00:12:34:81	release	plain" ]
	[ "$(cut -f 1 seen | grep -cxE "[0-9]{10,}\.[0-9]{3}")" = 7 ]
	[ "$(stat -c %u "/proc/${STARTED[-1]}")" != 0 ]
}

@test "wrong words, and adapters that cannot ask" {
	run -64 vm-dhcp-probe
	run -64 vm-dhcp-probe ask more
	fails 64 vm-dhcp-probe -a 65536 ask
	fails 64 vm-dhcp-probe -t 0 ask
	[[ $(vm-dhcp-probe -h) == "usage: vm-dhcp-probe"* ]]
	[[ $(vm-dhcp-probe -V) == "vm-dhcp-probe "* ]]
	fails 66 probe none
	fails 66 probe an-adapter-whose-name-is-too-long
	fails 69 probe lo
	grep 'lo: it is not an Ethernet adapter' stderr
	inside ip link set ask down
	fails 69 probe ask
	grep 'ask: it is down, type: ip link set ask up' stderr
	inside ip link set ask up
	run -77 inside setpriv --reuid 65534 --clear-groups vm-dhcp-probe ask
	[[ $output == *"be root"* ]]
}

@test "an adapter that goes down, or away, while it waits" {
	background probe -t 60 ask 2>said
	wait_until 20 inside grep -q ' 0800 ' /proc/net/packet
	inside ip link del ask
	wait_until 20 test -s said
	grep "vm-dhcp-probe: unable to" said
}
