#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-netboot-conf: dnsmasq and lighttpd accept its output. 49-netboot.bats tests
# what they then do, and compares the whole texts with golden files.

load helper

setup() {
	own_directory
	mkdir tftp empty tmp
}

# conf WORD...: runs it in each shell, with these machines; its output is in
# `said`.
conf() {
	local shell
	for shell in dash 'busybox sh'; do
		# shellcheck disable=SC2086 # words
		$shell "$BUILD/bin/vm-netboot-conf" -i br0 -a 10.77.0.1 -d "$PWD" \
			-u http://10.77.0.1 "$@" dnsmasq <machines >said || return
		dnsmasq --test -C said 2>&1 | grep "syntax check OK"
	done
}
machines() {
	printf '%s\n' "$@" >machines
}
proxy() {
	conf -n 10.77.0.0,255.255.255.0 "$@"
}
full() {
	conf -r 10.77.0.50,10.77.0.99,255.255.255.0 "$@"
}
# refuses STATUS WHAT WORD...: it fails with one line that has WHAT.
refuses() {
	local want=$1 what=$2
	shift 2
	run --separate-stderr "-$want" vm-netboot-conf "$@" <machines
	[[ $stderr == *"$what"* ]]
}

A=52:54:00:12:34:81

@test "a proxy names itself in each answer, and gives no address" {
	machines "$A script T"
	proxy -l bios=undionly.kpxe -l efi64=snponly.efi
	grep -x 'dhcp-range=10.77.0.0,proxy,255.255.255.0' said
	not grep -v ',,10.77.0.1$' <(grep ^dhcp-boot= said)
	not grep -v ',10.77.0.1$' <(grep ^pxe-service= said | grep -v tag:nobody)
	not grep -E '^dhcp-(option=|authoritative)' said
}

@test "the server is never authoritative, and gives only what it was told to" {
	machines "$A script T"
	full -l bios=undionly.kpxe
	not grep authoritative said
	grep -x 'dhcp-option=3' said
	grep -x 'dhcp-option=6' said
	full -l bios=undionly.kpxe -g 10.77.0.254 -D 10.77.0.253
	grep -x 'dhcp-option=3,10.77.0.254' said
	grep -x 'dhcp-option=6,10.77.0.253' said
}

@test "machines without a line of their own get no answer, unless any may boot" {
	machines "$A script T"
	proxy
	grep -x 'dhcp-ignore=tag:!known' said
	machines "$A script T" "any script U"
	proxy
	not grep 'dhcp-ignore=tag:!known' said
	grep 'dhcp-boot=tag:ipxe,tag:!known,http://10.77.0.1/U/boot.ipxe' said
}

@test "a machine that shall get nothing is ignored, and its files are not named" {
	machines "$A never" "52:54:00:12:34:82 script T"
	proxy
	grep -x "dhcp-host=$A,set:m1,set:never" said
	grep -x "dhcp-ignore=tag:never" said
}

@test "unsigned iPXE is never offered to a machine with Secure Boot" {
	machines "$A secure T"
	proxy -l bios=undionly.kpxe -l efi64=snponly.efi
	grep -c '^pxe-service=tag:secure,tag:!http,.*shimx64.efi' said | grep -x 2
	not grep -v 'tag:!secure' <(grep -E 'undionly|snponly' said)
	grep -x 'dhcp-ignore=tag:secure,tag:ipxe' said
	grep -x 'dhcp-ignore=tag:secure,tag:bios' said
	not grep boot.ipxe said
}

@test "an image is for UEFI HTTP Boot; as a disk, iPXE takes it, too" {
	machines "$A image T image.iso"
	proxy -l bios=undionly.kpxe
	grep -x 'dhcp-boot=tag:http,tag:!ipxe,tag:m1,http://10.77.0.1/T/image.iso,,10.77.0.1' said
	grep -x 'dhcp-ignore=tag:image,tag:firmware,tag:!http' said
	not grep boot.ipxe said
	machines "$A disk T image.iso"
	proxy -l bios=undionly.kpxe
	grep /T/image.iso said
	grep /T/boot.ipxe said
	not grep 'dhcp-ignore=tag:image' said
}

@test "each architecture of RFC 4578 and of HTTP Boot has a tag" {
	local number
	machines "$A script T"
	proxy -l bios=b -l efi32=c -l efi64=d -l efi-arm64=e
	for number in 0 6 7 9 11 15 16 19; do
		grep -E "^dhcp-match=set:.*,option:client-arch,$number\$" said
	done
	grep 'tag-if=set:strange,tag:firmware,tag:!bios,tag:!efi32,tag:!efi64,tag:!efi-arm64,tag:!ipxe' said
}

@test "no tag is set in a file of hosts, and nothing needs SIGHUP" {
	machines "$A script T"
	full -l bios=b
	not grep -E 'hostsfile|hostsdir|optsfile' said
}

@test "another server has the boot loaders; or nobody; or only files are served" {
	machines "$A script T"
	proxy -l bios=b -t 10.77.0.7
	grep 'x86PC,"vmedia",b,10.77.0.7' said
	not grep tftp said
	proxy -l bios=b -T
	not grep -E 'tftp|pxe-service=tag:!' said
	full -x
	grep enable-tftp said
	not grep dhcp-range said
}

@test "lighttpd: bound to our address, no files, no listing" {
	vm-netboot-conf -d "$PWD" -u http://10.77.0.1:8080 lighttpd >said
	lighttpd -tt -f said
	grep -x 'server.bind = "10.77.0.1"' said
	grep -x 'server.port = 8080' said
	not grep dir-listing said
}

@test "what cannot be a part of a line is refused: 65" {
	machines "$A script T" "dhcp-authoritative script U"
	refuses 65 "is not a MAC" -i br0 -a 1 -d d -u u -n 1,2 dnsmasq
	machines "$A perhaps T"
	refuses 65 "not script, image, disk" -i br0 -a 1 -d d -u u -n 1,2 dnsmasq
	machines "$A script T\"x"
	refuses 65 "is not one word" -i br0 -a 1 -d d -u u -n 1,2 dnsmasq
	machines "$A,set:ipxe script T"
	refuses 65 "is not a MAC" -i br0 -a 1 -d d -u u -n 1,2 dnsmasq
	machines "$A script"
	refuses 65 "token" -i br0 -a 1 -d d -u u -n 1,2 dnsmasq
	refuses 65 "is not one word" -i $'br0\nx' -a 1 -d d -u u -n 1,2 dnsmasq
	refuses 65 "is not one word" -i 'br0 x' -a 1 -d d -u u -n 1,2 dnsmasq
	refuses 65 "not bios=" -l mips=x -i br0 -a 1 -d d -u u -n 1,2 dnsmasq
}

@test "a full standard output: 74, and one line" {
	local shell words
	machines "$A script T"
	for shell in dash 'busybox sh'; do
		for words in -h -V '-d d -u u lighttpd' \
			'-i br0 -a 1 -d d -u u -n 1,2 dnsmasq'; do
			# shellcheck disable=SC2016,SC2086 # words
			run -74 sh -c '"$@" 2>&1 >/dev/full <machines' sh \
				$shell "$BUILD/bin/vm-netboot-conf" $words
			[ "$output" = "vm-netboot-conf: unable to write standard output" ]
		done
	done
}

@test "wrong usage: 64, and help" {
	machines "$A script T"
	refuses 64 usage:
	refuses 64 usage: -d d -u u caddy
	refuses 64 "needs -a" -d d -u u -n 1,2 dnsmasq
	refuses 64 "either" -i br0 -a 1 -d d -u u -n 1,2 -r 1,2,3 dnsmasq
	refuses 64 "a proxy" -i br0 -a 1 -d d -u u -n 1,2 -g 1 dnsmasq
	run -0 vm-netboot-conf -h
	run -0 vm-netboot-conf -V
}
