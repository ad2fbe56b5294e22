#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-netboot-log with logs that dnsmasq 2.90 and lighttpd 1.4.69 wrote: while
# QEMU's BIOS and OVMF booted, by PXE and HTTP, with addresses from dnsmasq
# (full) or another server (proxy), and with Secure Boot (full-secure); with
# hand-made packets (edges); and when they could not start (errors).
# t/netboot/NAME.events is the expected output for t/netboot/NAME.log.

load helper

TOKEN=0123456789abcdef0123456789abcdef

setup() {
	own_directory
	# The filter reads it as nobody, who cannot enter the test's directory.
	ARP=$(mktemp /tmp/arp.XXXXXX)
	chmod a+r "$ARP"
	cat "$TOP/t/netboot/arp" >"$ARP"
}
teardown() {
	cleanup
	rm -f "$ARP"
}

# events [OPTION...]: prints the events of the lines on standard input, without
# the times.
events() {
	vm-netboot-log -N "$ARP" "$@" | cut -f2-
}
# dhcp_says LINE...: prints the lines as dnsmasq logs them.
dhcp_says() {
	printf 'dnsmasq-dhcp[7]: %s\n' "$@"
}

@test "real logs: each line of an event, and nothing else" {
	local log
	for log in "$TOP"/t/netboot/*.log; do
		echo "$log"
		events <"$log" | diff -u "${log%.log}.events" -
	done
}

@test "no token is told, wherever it stands" {
	local log
	for log in "$TOP"/t/netboot/*.log; do
		vm-netboot-log -N "$ARP" <"$log" >told
		not grep -i -e "$TOKEN" -e "${TOKEN:0:31}" told
		vm-netboot-log -j -N "$ARP" <"$log" >told
		not grep -i -e "$TOKEN" -e "${TOKEN:0:31}" told
	done
	{
		echo "http 10.77.0.51 200 1 1 + - GET /$TOKEN"
		echo "http 10.77.0.51 403 1 1 - - GET //$TOKEN//x/${TOKEN^^}"
		echo "http 10.77.0.51 404 1 1 - - GET /x/$(printf 'a%.0s' {1..80})$TOKEN"
		echo "vm-netboot-http: unable to open /srv/$TOKEN/kernel"
		# A long line is cut in the middle of a token.
		printf 'bwrap: '
		printf "$TOKEN/%.0s" {1..31}
		echo
		echo "2026-11-30 07:58:28: (gw_backend.c.1) no handler for /$TOKEN/x"
		dhcp_says "1 DHCPDISCOVER(tap0) 52:54:00:12:34:81 $TOKEN" \
			"1 DHCPOFFER(tap0) 10.77.0.51 52:54:00:12:34:81 " \
			"1 bootfile name: http://10.77.0.1/$TOKEN/${TOKEN}0"
		echo "dnsmasq-tftp[7]: sent /srv/$TOKEN to 10.77.0.51"
		echo "dnsmasq-tftp[7]: error 0 $TOKEN received from 10.77.0.51"
		echo "dnsmasq-tftp[7]: failed sending /srv/x to 10.77.0.51"
	} >in
	events <in >told
	cat told
	[ "$(wc -l <told)" = 11 ]
	not grep -i -e "${TOKEN:0:16}" told
	grep -F $'offer\t10.77.0.51 http://10.77.0.1/.../...' told
}

@test "four fields: the time, the MAC in lower case, the stage and the detail" {
	local begin time rest
	begin=$(date +%s)
	dhcp_says "DHCPACK(tap0) 10.77.0.51 52:54:00:AB:CD:EF name" >in
	run -0 vm-netboot-log <in
	IFS=$'\t' read -r time rest <<<"$output"
	[ "$rest" = $'52:54:00:ab:cd:ef\taddress\t10.77.0.51' ]
	[[ $time =~ ^[0-9]+\.[0-9]{3}$ ]]
	[ "${time%.*}" -ge "$begin" ]
	[ "${time%.*}" -le "$(date +%s)" ]
}

@test "a lease tells the MAC of an address, else the kernel's table" {
	local get="http 10.77.0.51 200 9 1500000 + - GET /$TOKEN/kernel"
	{
		echo "$get"
		dhcp_says "DHCPACK(tap0) 10.77.0.51 02:00:00:00:00:01 "
		echo "$get"
		echo "${get/.51/.99}"
		echo "${get/10.77/::ffff:10.77}"
	} >in
	run -0 events <in
	[ "${lines[0]}" = $'52:54:00:12:34:81\tkernel\tkernel 9 1.500' ]
	[ "${lines[1]}" = $'02:00:00:00:00:01\taddress\t10.77.0.51' ]
	[ "${lines[2]}" = $'02:00:00:00:00:01\tkernel\tkernel 9 1.500' ]
	[ "${lines[3]}" = $'-\tkernel\tkernel 9 1.500' ]
	[ "${lines[4]}" = "${lines[2]}" ]
	[ "${#lines[@]}" = 5 ]
}

@test "the table is read anew for each address" {
	mkfifo in
	events <in >out 3>&- &
	STARTED+=("$!")
	exec 9>in
	echo "http 10.77.0.7 200 9 1 + - GET /$TOKEN/kernel" >&9
	sleep 0.5
	echo "10.77.0.7 0x1 0x2 02:00:00:00:00:07 * br0" >>"$ARP"
	echo "http 10.77.0.7 200 9 1 + - GET /$TOKEN/kernel" >&9
	exec 9>&-
	wait "${STARTED[0]}"
	STARTED=()
	[ "$(cut -f1 out | tr '\n' ' ')" = "- 02:00:00:00:00:07 " ]
}

@test "names of files become stages" {
	local name
	for name in boot.ipxe kernel kernel-6.1 initrd initrd1.gz image.iso image.img \
		snponly.efi done other; do
		echo "http 10.77.0.51 200 5 1 + - GET /$TOKEN/$name"
	done >in
	run -0 events <in
	[ "$(cut -f2 <<<"$output" | tr '\n' ' ')" = "script kernel kernel initrd initrd \
iso iso loader done file " ]
	for name in undionly.kpxe grub/grub.cfg vmlinuz initrd.gz boot.ipxe; do
		echo "dnsmasq-tftp[7]: sent /srv/$name to 10.77.0.51"
	done >in
	run -0 events <in
	[ "$(cut -f2 <<<"$output" | tr '\n' ' ')" = "loader script kernel initrd script " ]
}

@test "what the web server did: a range, refused, failed, aborted, looked at" {
	local at="http 10.77.0.51" path="GET /$TOKEN/kernel"
	cat >in <<-END
		$at 206 5 1 + bytes 0-4/10 $path
		$at 206 5 1 X bytes 5-9/10 $path
		$at 206 5 1 + - $path
		$at 206 5 1 + bytes 0-4/é $path
		$at 206 5 1 + items 0-4/10 $path
		$at 206 5 1 + bytes
		$at 403 5 1 + - $path
		$at 404 5 1 + - $path
		$at 301 5 1 + - $path
		$at 200 5 1 X - $path
		$at 200 - -1 + - HEAD /$TOKEN/kernel
		$at 404 - -1 + - HEAD /$TOKEN/kernel
		$at 204 - 1 + - POST /$TOKEN/done
	END
	run -0 events <in
	echo "$output"
	[ "$(cut -f2- <<<"$output")" = "\
kernel	kernel 5 0.000 range 0-4/10
failed	kernel 5 0.000 range 5-9/10 aborted
kernel	kernel 5 0.000 range ?
kernel	kernel 5 0.000 range ?
file	- 5 0.000 range ?
refused	kernel 5 0.000 403
failed	kernel 5 0.000 404
failed	kernel 5 0.000 301
failed	kernel 5 0.000 aborted
failed	kernel 0 0.000 404
done	done 0 0.000" ]
}

@test "what vm-dhcp-probe -w prints: systems that ask beside a proxy" {
	local t=1796036000.123 mac=52:54:00:12:34:81
	printf '%s\t%s\t%s\t%s\n' $t $mac discover plain $t $mac request plain \
		$t $mac discover ipxe $t $mac discover bios $t $mac inform plain \
		$t $mac release plain $t ${mac/4/g} discover plain $t ${mac%:*} discover plain \
		x $mac discover plain >in
	printf '%s\t%s\n%s\t%s\tdiscover\n' $t $mac $t $mac >>in
	run -0 events <in
	echo "$output"
	[ "$output" = "\
$mac	ask	plain
$mac	ask	plain" ]
}

@test "a transfer by TFTP that only asks for the size is no loader" {
	local to="to 10.77.0.51" from="received from 10.77.0.51"
	sed 's/^/dnsmasq-tftp[7]: /' >in <<-END
		error 8 User aborted the transfer $from
		sent /srv/snponly.efi $to
		error 0 TFTP Aborted received from 10.77.0.52
		sent /srv/snponly.efi $to
		error 3 disk full $from
		failed sending /srv/a to b $to
		failed sending /srv/snponly.efi $to
		timeout sending /srv/snponly.efi $to
		file /srv/a not found for b not found for 10.77.0.51
	END
	run -0 events <in
	echo "$output"
	[ "$(cut -f2- <<<"$output")" = "\
loader	snponly.efi
tftp-error	a to b disk full
tftp-error	snponly.efi no answer
tftp-error	snponly.efi no answer
tftp-error	a not found for b not found" ]
}

@test "an offer waits for its boot file, but not for the next line" {
	local mac=02:00:00:00:00:01
	mkfifo in
	vm-netboot-log <in >out 3>&- &
	STARTED+=("$!")
	exec 9>in
	dhcp_says "5 available DHCP range: 10.77.0.50 -- 10.77.0.52" \
		"5 vendor class: PXEClient:Arch:00007:UNDI:003000" \
		"5 DHCPDISCOVER(tap0) $mac " "5 DHCPOFFER(tap0) 10.77.0.50 $mac " >&9
	# A line from lighttpd comes in between.
	echo "http 10.77.0.9 200 5 1 + - GET /$TOKEN/kernel" >&9
	dhcp_says "5 bootfile name: snponly.efi" \
		"5 sent size:  1 option: 53 message-type  2" >&9
	wait_until 10 grep -q offer out
	[ "$(cut -f2- out | tail -n 1)" = "$mac"$'\toffer\t10.77.0.50 snponly.efi' ]
	# Then the firmware requests the address that another server offered.
	dhcp_says "5 available DHCP range: 10.77.0.50 -- 10.77.0.52" >&9
	wait_until 20 grep -q "$mac"$'\tforeign' out
	exec 9>&-
}

@test "a request to another server is told once, and only of a machine that asked" {
	local mac=02:00:00:00:00:01 range="available DHCP range: 10.77.0.50 -- 10.77.0.52"
	dhcp_says "5 $range" "5 DHCPDISCOVER(tap0) $mac " \
		"5 DHCPOFFER(tap0) 10.77.0.50 $mac " "5 $range" \
		"6 $range" \
		"7 $range" "7 DHCPDISCOVER(tap0) ${mac%1}2 ignored" "7 $range" \
		"8 ${range/range/subnet}" "8 PXE(tap0) ${mac%1}3 proxy" "8 ${range/range/subnet}" \
		"9 $range" >in
	events <in >out
	cat out
	[ "$(grep -c foreign out)" = 1 ]
	grep "^$mac"$'\tforeign' out
}

@test "hostile lines: long, binary, with tabs, in halves" {
	local long
	{
		head -c 300000 /dev/urandom
		echo
		printf 'http 10.77.0.51 200 5 1 + - GET /%s/%0100000d\n' $TOKEN 1
		printf 'dnsmasq-dhcp[7]: 1 vendor class: %0100000d\n' 1
		printf 'dnsmasq-tftp[7]: sent /srv/a\tb\033[2J\0c\377 to 10.77.0.51\n'
		dhcp_says $'DHCPACK(tap0) 10.77.0.51 52:54:00:12:34:81 a\tb\001' \
			"DHCPACK(" "DHCPACK(tap0)" "DHCPACK(tap0) " "(" ") " "1" "1 " "1 (" \
			"99999999999999999999 DHCPACK(tap0) 10.77.0.51 52:54:00:12:34:81 " \
			"1 sent size:" "1 sent size:  1 option:" "1 sent size: 1 option: 67 " \
			"2 vendor class: x DHCPACK(tap0) 10.77.0.9 02:00:00:00:00:09" \
			"2 vendor class: PXEClient:Arch:99999999999" "2 vendor class: PXEClient:Arch:" \
			"2 DHCPDISCOVER(tap0) 02:00:00:00:00:08 "
		printf 'http\nhttp \nhttp 1\nhttp 10.77.0.51 200\nhttp x 99999999999999999999 5 1 + - GET /\n'
		printf 'http 10.77.0.51 200 5 1 + - GET \nhttp 10.77.0.51 200 5 1 + \n'
		printf 'dnsmasq\ndnsmasq[\ndnsmasq[7\ndnsmasq[7]\ndnsmasq-dhcp[7]:\n2026-11-30 07:58:28: (x\n'
		printf 'http 10.77.0.51 200 5 1 + - GET /%s/%s\n' $TOKEN kernel
		# The last line is incomplete, as if its writer had been killed.
		printf 'dnsmasq-dhcp[7]: DHCPACK(tap0) 10.77.0.5'
	} >in
	vm-netboot-log -N "$ARP" <in >out
	cat -A out
	not grep -a -v -P '^\d+\.\d{3}\t(-|[0-9a-f:]{17})\t[a-z-]+\t[^\t\x00-\x1f\x7f]{0,200}$' out
	cut -f2- out >told
	grep -F $'52:54:00:12:34:81\tloader\ta\\x09b\\x1b[2J?c\\xff' told
	grep -F $'52:54:00:12:34:81\taddress\t10.77.0.51' told
	grep -F $'02:00:00:00:00:08\task\tarch-unknown' told
	not grep 02:00:00:00:00:09 told
	[ "$(tail -n 1 told)" = $'52:54:00:12:34:81\tkernel\tkernel 5 0.000' ]
	long=$(awk 'length > max { max = length } END { print max }' out)
	[ "$long" -lt 260 ]
	vm-netboot-log -j -N "$ARP" <in >out.json
	jq -e . out.json >/dev/null
	[ "$(wc -l <out.json)" = "$(wc -l <out)" ]
}

@test "-j: an object a line" {
	{
		dhcp_says "DHCPNAK(tap0) 10.77.0.51 52:54:00:12:34:81 not \"you\" \\"
		echo 'dnsmasq: bad option at line 1 of x'
	} >in
	run -0 vm-netboot-log -j <in
	[ "${#lines[@]}" = 2 ]
	[ "$(jq -r '[.mac, .stage, .detail] | join(",")' <<<"${lines[0]}")" = \
		'52:54:00:12:34:81,nak,10.77.0.51 not "you" \' ]
	jq -e '.mac == null and .stage == "error" and (.time | . > 1e9)' <<<"${lines[1]}"
}

@test "-t: a line each so many seconds, whatever else there is" {
	mkfifo in
	vm-netboot-log -t 1 <in >out 3>&- &
	STARTED+=("$!")
	exec 9>in
	wait_until 10 eval '[ "$(grep -c tick out)" -ge 2 ]'
	[ "$(cut -f2- out | sort -u)" = $'-\ttick\t' ]
	dhcp_says "DHCPACK(tap0) 10.77.0.51 52:54:00:12:34:81 " >&9
	wait_until 5 grep -q address out
	exec 9>&-
	wait "${STARTED[0]}"
	STARTED=()
}

@test "100,000 machines take no more memory than one" {
	mkfifo in
	vm-netboot-log <in >out 3>&- &
	STARTED+=("$!")
	exec 9>in
	awk 'BEGIN { for (i = 0; i < 100000; i++) {
		printf "dnsmasq-dhcp[7]: %u DHCPDISCOVER(tap0) 02:00:00:%02x:%02x:%02x \n",
			i, i / 65536, i / 256 % 256, i % 256
		printf "dnsmasq-dhcp[7]: %u DHCPACK(tap0) 10.%d.%d.%d 02:00:00:%02x:%02x:%02x \n",
			i, i / 65536, i / 256 % 256, i % 256, i / 65536, i / 256 % 256, i % 256
	} }' >&9
	wait_until 20 eval '[ "$(wc -l <out)" = 200000 ]'
	[ "$(sed -n 's/^VmHWM:\s*\([0-9]*\) kB/\1/p' "/proc/${STARTED[0]}/status")" -lt 20000 ]
	exec 9>&-
}

@test "it reads as nobody, in a sandbox" {
	requires_root
	mkfifo in
	vm-netboot-log <in >out 3>&- &
	STARTED+=("$!")
	exec 9>in
	echo 'dnsmasq: bad' >&9
	wait_until 10 test -s out
	not grep -E '^Uid:\s0' "/proc/${STARTED[0]}/status"
	grep -E '^Seccomp:\s2' "/proc/${STARTED[0]}/status"
	exec 9>&-
}

@test "wrong words, and a reader that has gone" {
	run -64 vm-netboot-log more
	run -64 vm-netboot-log -x
	fails 64 vm-netboot-log -t 0
	fails 64 vm-netboot-log -t 1s
	fails 66 vm-netboot-log -N /tmp/none
	fails 74 vm-netboot-log <"$PWD"
	[[ $(vm-netboot-log -h) == "usage: vm-netboot-log"* ]]
	[[ $(vm-netboot-log -V) == "vm-netboot-log "* ]]
	[ -z "$(vm-netboot-log </dev/null)" ]
	fails 74 sh -c 'vm-netboot-log >/dev/full' <"$TOP/t/netboot/errors.log"
}

@test "-m: of strangers 20 events a second, of our machines all" {
	local i
	mkdir -p machines/02-00-00-00-00-01
	printf '%s\n' 'IP address HW type Flags HW address Mask Device' \
		'192.0.2.1 0x1 0x2 02:00:00:00:00:01 * eth0' \
		'192.0.2.2 0x1 0x2 02:00:00:00:00:02 * eth0' >arp
	for i in {1..500}; do
		printf 'http 192.0.2.%s 403 160 5 + - GET /x/y\n' 1 2 3
	done >log
	chmod -R a+rX . "$BATS_TEST_TMPDIR"
	SECONDS=0
	vm-netboot-log -m machines -N arp <log >events
	[ "$(grep -c 02:00:00:00:00:01 events)" = 500 ]
	[ "$(grep -vc 02:00:00:00:00:01 events)" -le $((20 * (SECONDS + 2))) ]
	[ "$(grep -vc 02:00:00:00:00:01 events)" -ge 20 ]
}
