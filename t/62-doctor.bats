#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What vmctl advises when an image cannot be opened: each row of the table in
# scripts/lib/remedy.sh, with a server that fails in this way.

load helper
load servers

setup() {
	export VM_RUN_DIR=$BATS_TEST_TMPDIR/run VM_CONF=$BATS_TEST_TMPDIR/conf
	own_directory
	mkdir root
	head -c 5000 /dev/urandom >root/image
}

# remedy TEXT [OPTION...] URL: doctor fails with a line that has TEXT after the
# reason. vm-fetchd and vmctl both count --timeout, and either may give up
# first.
remedy() {
	local want=$1 rc=0 line
	shift
	vmctl doctor "$@" >out 2>err || rc=$?
	cat err >&2
	line=$(grep '^FAIL .*\(unable to open\|gave up after\)' out)
	echo "$line" >&2
	[ "$rc" = 1 ] && [[ $line == *": "*": "*"$want"* ]]
}

# start_tls [OPTION...]: `openssl s_server` listens at https://127.0.0.1:$PORT.
start_tls() {
	PORT=$(free_port)
	background openssl s_server -quiet -accept "127.0.0.1:$PORT" \
		-cert server.pem -key server.key "$@" </dev/null >tls.out 2>&1
	wait_until 10 eval 'grep -q ":$(printf %04X "$PORT") 00000000:0000 0A" /proc/net/tcp'
}

@test "doctor: each HTTP status has its own remedy" {
	local status
	start_hostile root/image
	declare -A words=(
		[400]="is it https://" [401]="use --user and --password"
		[402]="asks for payment" [403]="ask for permission"
		[404]="check the path" [405]="must allow GET"
		[406]="no such format" [407]="use --proxy"
		[408]="try again" [409]="somebody is changing"
		[410]="look for a newer version" [412]="mount the image again"
		[414]="use a shorter URL" [417]="which requests it allows"
		[418]="refuses this request" [421]="in the URL, use the name"
		[423]="somebody is changing" [425]="try again"
		[426]="must allow HTTP/1.1" [429]="try again later"
		[431]="use fewer or shorter lines"
		[451]="use another server" [500]="the error is on the server"
		[501]="must allow GET" [505]="must allow HTTP/1.1"
	)
	for status in "${!words[@]}"; do
		remedy "${words[$status]}" --timeout 5 "$HOSTILE/status/$status/x"
	done
}

@test "doctor: each login that a 401 names has its own remedy" {
	start_hostile root/image
	remedy "use --user and --password, or --netrc" "$HOSTILE/auth/a/b/x"
	remedy "use --header with a file" "$HOSTILE/bearer/a/x"
	remedy "use a server that accepts Basic" "$HOSTILE/wants/Negotiate/x"
	remedy "NTLM is not supported" "$HOSTILE/wants/NTLM/x"
	remedy "use --user and --password, or --header" "$HOSTILE/wants/Other/x"
}

@test "doctor: a server without ranges, and no room for the image" {
	requires_root
	head -c 100000 /dev/urandom >root/image
	start_hostile root/image
	mkdir small
	mount -t tmpfs -o size=64K,mode=1777 none small
	TMPDIR=$PWD/small remedy "use a server that supports range requests" \
		"$HOSTILE/ignore-range/x" || { umount small && false; }
	umount small
}

@test "doctor: the server, the network and the image" {
	start_hostile root/image
	remedy "use the link of the image itself" "$HOSTILE/html206/x"
	remedy "check the network" http://127.0.0.1:1/x
	remedy "check the host's name" http://no-such-host.invalid/x
	remedy "check --proxy" --proxy http://no-such-host.invalid:1 http://127.0.0.1/x
	# A word in the URL is not taken for a reason.
	remedy "check the network" "http://127.0.0.1:1/SSL certificate.iso"
}

@test "doctor: plain HTTP on a TLS port, and TLS on an HTTP port" {
	make_cert server
	start_nginx
	remedy "is it https:// and not http://?" "${HTTPS/https/http}/image"
	remedy "is it https:// and not http://?" "${HTTPS/https/Http}/image"
	start_tls
	remedy "is it https:// and not http://?" "http://127.0.0.1:$PORT/image"
	start_hostile root/image
	remedy "is it http:// and not https://?" "${HOSTILE/http/https}/ok/x"
	printf 'server.port = %s\nserver.bind = "127.0.0.1"\nserver.document-root = "%s"\n' \
		"$(free_port)" "$PWD/root" >lighttpd.conf
	background lighttpd -D -f lighttpd.conf
	PORT=$(sed -n 's/^server.port = //p' lighttpd.conf)
	wait_until 10 curl -s -o /dev/null "http://127.0.0.1:$PORT/"
	remedy "is it http:// and not https://?" "https://127.0.0.1:$PORT/image"
}

@test "doctor: certificates: unknown CA, self-signed, name, expired, too early" {
	make_cert server
	start_nginx
	remedy "use --cacert with the certificate of the CA" "$HTTPS/image"
	make_cert server DNS:elsewhere.example
	start_nginx
	remedy "in the URL, use the name in the server's certificate" \
		--cacert ca.pem "$HTTPS/image"
	make_cert server '' 200101 210101
	start_nginx
	remedy "renew the server's certificate, or set this machine's clock" \
		--cacert ca.pem "$HTTPS/image"
	make_cert server '' "$(date -u -d '2 days' +%y%m%d)" 491231
	start_nginx
	remedy "set this machine's clock" --cacert ca.pem "$HTTPS/image"
	cp ca.pem server.pem
	cp ca.key server.key
	start_nginx
	remedy "use --cacert with the certificate of the CA" "$HTTPS/image"
}

@test "doctor: a weak certificate, old TLS, and a server without that name" {
	openssl req -x509 -newkey rsa:1024 -nodes -keyout server.key \
		-out server.pem -days 3 -subj /CN=localhost \
		-addext subjectAltName=IP:127.0.0.1 2>/dev/null
	start_tls -cipher DEFAULT@SECLEVEL=0
	remedy "the server needs a new certificate" --cacert server.pem \
		"https://127.0.0.1:$PORT/image"
	make_cert server
	start_tls -tls1_1 -cipher DEFAULT@SECLEVEL=0
	remedy "the server is too old" --cacert ca.pem \
		"https://127.0.0.1:$PORT/image"
	start_nginx "ssl_reject_handshake on;"
	remedy "use the server's name in the URL, not its address" \
		--cacert ca.pem "$HTTPS/image"
}

@test "doctor: a client certificate is wanted, by TLS 1.3, 1.2 and HTTP" {
	make_cert server
	start_tls -Verify 1 -verify_return_error -CAfile ca.pem
	remedy "does the server want a certificate? use --cert and --key" \
		--cacert ca.pem "https://127.0.0.1:$PORT/image"
	start_tls -tls1_2 -Verify 1 -verify_return_error -CAfile ca.pem
	remedy "does the server want a certificate? use --cert and --key" \
		--cacert ca.pem "https://127.0.0.1:$PORT/image"
	start_nginx "ssl_client_certificate $PWD/ca.pem; ssl_verify_client on;"
	remedy "does the server want a certificate? use --cert and --key" \
		--cacert ca.pem "$HTTPS/image"
	remedy "check --cert, --key and --cacert" --cacert ca.pem \
		--cert server.pem --key ca.key "$HTTPS/image"
}

@test "doctor: NFS permissions" {
	requires_root
	start_nfs
	head -c 5000 /dev/urandom >"$NFS_DIR/image"
	chmod 600 "$NFS_DIR/image"
	remedy "export it to this machine" "$NFS/image$NFS_ARGS"
	kill -KILL "$NFSD"
	rm -rf "${NFS_DIR:?}"
}

@test "doctor: SMB: a wrong password, and a server that knows SMB 1 only" {
	requires_root
	chmod 755 . .. ../..
	start_smb
	cp root/image share/image
	echo wrong >wrong
	remedy "check --user, --password and --domain" -u root -P wrong \
		"$SMB/closed/image"
	kill -KILL -- "-$SMBD"
	wait "$SMBD" || :
	sed -i 's/^\[global\]/&\nserver min protocol = NT1\nserver max protocol = NT1/' \
		smb.conf
	background smbd -F -s smb.conf -l samba >/dev/null 2>&1
	SMBD=${STARTED[-1]}
	wait_until 20 smbclient -N -p "${SMB##*:}" \
		--option='client min protocol=NT1' //127.0.0.1/open -c ls
	remedy "switch on SMB 2 or 3 on the server" "$SMB/open/image"
	kill -KILL -- "-$SMBD"
}

@test "the remedy stands in the message of a failed mount or probe, too" {
	make_cert server
	start_nginx
	fails 77 vmctl probe "$HTTPS/image"
	grep -q "local issuer certificate: use --cacert with" stderr
	# As vm-slot answers it.
	# shellcheck disable=SC2016 # for the inner shell to expand
	URL=$HTTPS/image REQ=. run -77 sh -c '
		. "$1/common.sh" && . "$1/remedy.sh" && . "$1/slot.sh"
		CAUSE=tls WHY=$2
		mount_failed 77' sh "$BUILD/lib/vmedia" \
		"vm-fetchd: unable to open $HTTPS/image: self-signed certificate"
	[[ $output == *"self-signed certificate: use --cacert with"* ]]
}

# with_udcs NAME...: makes these controllers, and no gadget.
with_udcs() {
	local udc
	export VM_SYS=$PWD/sys VM_CONFIGFS=$PWD/configfs
	mkdir -p configfs/usb_gadget
	rm -rf sys
	for udc; do
		mkdir -p "sys/class/udc/$udc"
		echo "not attached" >"sys/class/udc/$udc/state"
		: >"sys/class/udc/$udc/function"
	done
}

# checks LINE...: doctor fails, and exactly these LINEs are failed checks of the
# configuration, for people and with -j.
checks() {
	local line
	run -1 vmctl doctor
	for line; do
		[[ "$output"$'\n' == *$'\nFAIL  configuration: '"$line"$'\n'* ]] ||
			[[ "$output" == "FAIL  configuration: $line"$'\n'* ]] ||
			{ echo "no line: $line" "$output"; false; }
	done
	[ "$(grep -c "^FAIL  configuration" <<<"$output")" = $# ]
	vmctl doctor -j >json || [ $? = 1 ]
	for line; do
		line="configuration: $line" jq -e \
			'.checks[] | select(.ok | not) | select(.check == env.line)' json
	done
}

@test "doctor: every wrong value of the configuration, with its line and form" {
	local conf=$PWD/conf
	printf '%s\n' '# drives' 'slots = cd floppy' 'cache = 1M' 'speed = 9' \
		'outage' 'stall = maybe' >conf
	checks "$conf: slots = cd floppy (line 2): the value must be 1 to 8 words, each of them cd or disk" \
		"$conf: cache = 1M (line 3): the value must be a size of 4M or more, such as 64M" \
		"$conf: speed = 9 (line 4): there is no such setting: see vmedia.conf(5)" \
		"$conf: outage (line 5): the line must be NAME = VALUE" \
		"$conf: stall = maybe (line 6): the value must be 0 or 1"
}

@test "doctor: what the configuration names must exist" {
	local conf=$PWD/conf
	with_udcs one.usb two.usb
	: >ca.pem
	printf '%s\n' 'udc = three.usb' "cacert = $PWD/ca.pem" \
		"allow_file = $PWD $PWD/none" 'power = no-such-program status' \
		'proxy = a b' 'slot0 =' >conf
	checks "$conf: udc (line 1): there is no controller three.usb: write one of these: one.usb two.usb" \
		"$conf: cacert (line 2): $PWD/ca.pem is not a readable file with certificates (PEM)" \
		"$conf: allow_file (line 3): $PWD/none is not a directory" \
		"$conf: power (line 4): there is no program no-such-program: write its path" \
		"$conf: proxy (line 5): a URL has no blanks: write for example http://proxy.example.org:3128" \
		"$conf: slot0 (line 6): mount needs a URL, or - to read it from standard input (see vmctl help mount)"
	# In the order of the lines.
	[ "$(vmctl doctor | sed -n 's/.*(line \([0-9]*\)).*/\1/p' | paste -sd,)" = 1,2,3,4,5,6 ]
	echo 'proxy = foo' >conf
	checks "$conf: proxy (line 1): it is not a URL: write for example http://proxy.example.org:3128"
}

@test "doctor: the number of drives, their images at boot and their caches" {
	local conf=$PWD/conf
	printf '%s\n' 'slots = cd disk' 'slot2 = https://a/b' \
		'slot0 = --frob https://a/b' 'slot1 = -P /none/such https://a/b' >conf
	checks "$conf: slot2 (line 2): there are only 2 drives, from slot 0 on: add a word to slots" \
		"$conf: slot0 (line 3): there is no option --frob (see vmctl help mount)" \
		"$conf: slot1 (line 4): unable to read password file /none/such"
	printf '%s\n' 'slot1 = -t cd' 'slot0 = -P - https://a/b' 'cache = 9000G' >conf
	run -1 vmctl doctor
	[[ $output == *"$conf: slot1 (line 1): mount needs a URL"* ]]
	[[ $output == *"$conf: slot0 (line 2): "*password* ]]
	[[ $output == *"$conf: cache (line 3): 2 caches of 9000G do not fit into the "*" MiB of memory: write for example 16M"* ]]
	printf '%s\n' 'slot0 = --frob https://a/b' 'slot0 = --foo https://a/b' >conf
	checks "$conf: slot0 (line 1): there is no option --frob (see vmctl help mount)" \
		"$conf: slot0 (line 2): there is no option --foo (see vmctl help mount)" \
		"$conf: slot0 (line 2): it is set more than once, in the lines 1, 2: delete all but one"
	printf '%s\n' 'slots =' >conf
	checks "$conf: slots (line 1): there is no drive: write for example slots = cd disk"
	printf '%s\n' 'cache = 16M' '' 'cache = 32M' >conf
	checks "$conf: cache (line 3): it is set more than once, in the lines 1, 3: delete all but one"
}

@test "doctor: hooks that are never run, and files that others can change" {
	requires_root
	export VM_HOOK_DIR=$PWD/hooks.d
	mkdir hooks.d
	: >hooks.d/tell
	printf '#!/bin/sh\n' >hooks.d/other
	chmod 777 hooks.d/other
	echo 'slots = cd' >conf
	chmod 666 conf
	checks "$PWD/conf: other users can change it: type chmod go-w $PWD/conf" \
		"$PWD/hooks.d/other: other users can change it: type chmod go-w $PWD/hooks.d/other" \
		"$PWD/hooks.d/tell: vmedia does not run it, because it is not executable: type chmod +x $PWD/hooks.d/tell"
	chmod 644 conf
	chown 65534 conf
	chmod 755 hooks.d/*
	checks "$PWD/conf: it belongs to another user: type chown root $PWD/conf"
	chown 0 conf
	vmctl doctor | grep -qx "ok    configuration: $PWD/conf"
}

@test "doctor: several controllers and none named: which one is taken" {
	with_udcs p1.usb p2.usb p10.usb
	echo 'slots = cd disk' >conf
	run vmctl doctor
	[[ $output == *"conf names none of these 3; slot 0 will use p1.usb, slot 1 will use p2.usb. To use only one, write for example: udc = p1.usb"* ]]
	echo vmedia >sys/class/udc/p1.usb/function
	run vmctl doctor
	[[ $output == *"; slot 0 will use p2.usb, slot 1 will use p10.usb. "* ]]
	echo other >sys/class/udc/p2.usb/function
	run vmctl doctor
	[[ $output == *"; all drives will use p10.usb. "* ]]
	echo other >sys/class/udc/p10.usb/function
	run vmctl doctor
	[[ $output == *"; other gadgets use all of them. "* ]]
	echo 'udc = p2.usb' >conf
	[[ $(vmctl doctor) != *"names none"* ]]
}

@test "doctor: before the first mount it does not blame the cable" {
	with_udcs p1.usb
	[[ $(vmctl doctor) == *"p1.usb: not attached (it has no drives yet: vmctl start or a mount makes them)"* ]]
	echo 'drives = on-demand' >conf
	[[ $(vmctl doctor) == *"p1.usb: not attached (there is no drive until a medium is mounted)"* ]]
	echo vmedia >sys/class/udc/p1.usb/function
	[[ $(vmctl doctor) == *"p1.usb: not attached (is the host off, or the USB cable unplugged?)"* ]]
}

@test "doctor: how to get what is missing, on three kinds of systems" {
	local what system
	with_udcs
	mkdir bin
	# A machine without any of it, whatever this machine has.
	printf '#!/bin/sh\nexit 1\n' >bin/modprobe
	printf '#!/bin/sh\necho none\n' >bin/uname
	chmod +x bin/*
	VM_PATH=$PWD/bin:/usr/bin:/bin run -1 vmctl doctor
	for what in CONFIG_BLK_DEV_NBD "CONFIG_USB_GADGET, CONFIG_USB_CONFIGFS" \
		CONFIG_USB_CONFIGFS_MASS_STORAGE; do
		[[ $output == *"FAIL  kernel: "*"($what)"$'\n        Debian: '*"apt-get install linux-image-"*$'\n        Yocto: '*kernel-module-*$'\n        Raspberry Pi OS: '* ]]
	done
	[[ $output == *"FAIL  USB device controller: this machine has none;"*$'\n        Debian: '*dummy_hcd*$'\n        Yocto: '*CONFIG_USB_ASPEED_VHUB*$'\n        Raspberry Pi OS: '*dtoverlay=dwc2*/etc/modules-load.d/* ]]
	VM_PATH=$PWD/bin:/usr/bin:/bin vmctl doctor -j >json || [ $? = 1 ]
	for system in Debian Yocto "Raspberry Pi OS"; do
		[ "$(system=$system jq '[.checks[].howto | select(. != null) | .[env.system] | select(length > 9)] | length' json)" = 4 ]
	done
	# Only the programs that vmctl itself needs.
	rm bin/*
	for what in sh cat date grep id ls mkdir mkfifo mktemp rm sed tail sort cut; do
		ln -s "$(command -v $what)" bin/
	done
	VM_PATH=$PWD/bin run -1 vmctl doctor
	for what in nbdkit setsid diff modprobe; do
		[[ $output == *"FAIL  program $what: it is not installed"$'\n        Debian: apt-get install '*$'\n        Yocto: '*IMAGE_INSTALL*$'\n        Raspberry Pi OS: apt-get'* ]]
	done
}

@test "vmedia-hardware(7) has each option of the kernel that doctor names" {
	local option
	grep -ohE 'CONFIG_(BLK|CONFIGFS|USB)_[A-Z0-9_]+' "$TOP"/scripts/lib/doctor*.sh |
		sort -u >named
	grep -qx CONFIG_USB_CONFIGFS_F_FS named
	while read -r option; do
		grep -w "$option" "$TOP/man/vmedia-hardware.7"
	done <named
}
