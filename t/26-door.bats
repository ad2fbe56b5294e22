#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-door: who may do what. vmctl and vm-host are simulated.
bats_require_minimum_version 1.5.0
load helper
load door

setup() {
	requires_root
	own_directory
	make_accounts
	touch held
}

@test "a password or a token says who it is" {
	start_door
	asks ok verb=whoami user=root password=0penBmc
	[ "$(field role)" = Administrator ]
	asks unauthenticated verb=whoami user=root password=0penBmcx
	asks unauthenticated verb=whoami user=nobody password=0penBmc
	asks unauthenticated verb=whoami user=off password=disabled1
	asks unauthenticated verb=whoami
	asks unauthenticated verb=whoami token=0123456789012345678901234567890123456789
	log_in root 0penBmc
	asks ok verb=whoami token="$TOKEN"
	[ "$(field user)" = root ]
	[[ $TOKEN =~ ^[0-9a-f]{40}$ ]]
	not grep -r "$TOKEN" run-door accounts log
	not grep 0penBmc log
}

@test "what each role may" {
	start_door
	log_in root 0penBmc && admin=$TOKEN
	log_in op operator1 && operator=$TOKEN
	log_in reader readonly1 && reader=$TOKEN
	# The role is checked before the arguments.
	for verb in mount eject renew media-set certificate-add certificate-remove; do
		asks forbidden verb=$verb slot=0 token="$operator"
		asks forbidden verb=$verb slot=0 token="$reader"
		asks invalid verb=$verb slot=9 token="$admin"
	done
	for verb in power boot; do
		asks invalid verb=$verb token="$operator"
		asks forbidden verb=$verb token="$reader"
	done
	asks forbidden verb=account-add name=x new-password=somelongone token="$operator"
	asks forbidden verb=account-remove name=op token="$operator"
	asks forbidden verb=account-set name=root new-password=changed123 token="$operator"
	asks forbidden verb=account-set name=op role=Administrator token="$operator"
	asks forbidden verb=service session-timeout=60 token="$operator"
	for verb in whoami sessions accounts service host media; do
		asks ok verb=$verb slot=0 token="$reader"
	done
	asks ok verb=accounts token="$reader"
	[ "$(field list | jq -r '.[].name')" = reader ]
	asks ok verb=sessions token="$reader"
	[ "$(field list | jq length)" = 1 ]
	asks invalid verb=format token="$admin"
}

@test "a session ends by logout, idleness, and with its account" {
	start_door
	log_in root 0penBmc && admin=$TOKEN
	log_in op operator1
	asks ok verb=sessions token="$admin"
	[ "$(field list | jq length)" = 2 ]
	asks forbidden verb=logout session="$ID" token="$(log_in reader readonly1; echo "$TOKEN")"
	asks ok verb=logout session="$ID" token="$admin"
	asks unauthenticated verb=whoami token="$TOKEN"
	asks not-found verb=logout session="$ID" token="$admin"
	log_in op operator1
	find run-door/sessions -name "$ID*" -exec touch -d '-1801 seconds' {} +
	asks unauthenticated verb=whoami token="$TOKEN"
	for change in enabled=no new-password=other12345; do
		log_in op operator1
		asks ok verb=account-set name=op "$change" token="$admin"
		asks unauthenticated verb=whoami token="$TOKEN"
		asks ok verb=account-set name=op enabled=yes new-password=operator1 token="$admin"
	done
	log_in op operator1
	asks ok verb=account-set name=op role=ReadOnly token="$admin"
	asks forbidden verb=power action=on token="$TOKEN"
	asks ok verb=account-remove name=op token="$admin"
	asks unauthenticated verb=whoami token="$TOKEN"
}

@test "sessions and accounts survive a restart; the 33rd session ends the idlest" {
	start_door
	log_in root 0penBmc && first=$TOKEN first_id=$ID
	stop_door
	[ ! -e door.sock ]
	start_door
	asks ok verb=whoami token="$first"
	find run-door/sessions -name "$first_id*" -exec touch -d '-100 seconds' {} +
	for i in $(seq 32); do log_in root 0penBmc; done
	asks unauthenticated verb=whoami token="$first"
	asks ok verb=sessions token="$TOKEN"
	[ "$(field list | jq length)" = 32 ]
}

@test "wrong passwords are slowed down, and lock the account; sessions go on" {
	start_door -r lockout-threshold=4
	log_in op operator1
	for i in 1 2 3; do
		asks unauthenticated verb=whoami user=op password=wrong peer=192.0.2.1
	done
	asks slow verb=whoami user=op password=operator1x peer=192.0.2.2
	[ "$(field retry)" = 1 ]
	asks slow verb=whoami user=root password=0penBmc peer=192.0.2.1
	wait_until 20 asks unauthenticated verb=whoami user=op password=wrong peer=192.0.2.3
	asks locked verb=login user=op password=operator1 peer=192.0.2.4
	asks ok verb=whoami token="$TOKEN"
	log_in root 0penBmc
	asks ok verb=accounts token="$TOKEN"
	[ "$(field list | jq '.[] | select(.name == "op").locked')" = true ]
	asks ok verb=account-set name=op locked=no token="$TOKEN"
	asks ok verb=whoami user=op password=operator1 peer=192.0.2.5
}

@test "who must change the password can do only that" {
	start_door
	log_in new changeme1
	asks password-change verb=sessions token="$TOKEN"
	asks password-change verb=host user=new password=changeme1
	asks forbidden verb=account-set name=new role=Administrator token="$TOKEN"
	asks invalid verb=account-set name=new new-password=short token="$TOKEN"
	asks ok verb=account-set name=new new-password=changed99 token="$TOKEN"
	asks ok verb=sessions user=new password=changed99
}

@test "accounts are added, changed and removed, and the last administrator stays" {
	start_door
	log_in root 0penBmc
	asks ok verb=account-add name=ci new-password=something1 role=Operator token="$TOKEN"
	asks exists verb=account-add name=ci new-password=something1 token="$TOKEN"
	for name in "" .x a:b "a b" "$(printf 'x%.0s' $(seq 33))"; do
		asks invalid verb=account-add name="$name" new-password=something1 token="$TOKEN"
	done
	asks invalid verb=account-add name=ci2 new-password=short token="$TOKEN"
	asks invalid verb=account-add name=ci2 new-password=$'new\nline1' token="$TOKEN"
	asks exists verb=account-set name=ci new-name=ci role=Administrator token="$TOKEN"
	grep "^ci:Operator:" accounts
	asks ok verb=account-set name=ci new-name=runner token="$TOKEN"
	asks ok verb=whoami user=runner password=something1
	asks invalid verb=account-set name=root enabled=no token="$TOKEN"
	asks invalid verb=account-set name=root role=Operator token="$TOKEN"
	asks invalid verb=account-remove name=root token="$TOKEN"
	asks ok verb=service password-length=12 session-timeout=60 token="$TOKEN"
	[ "$(field password-length)" = 12 ]
	asks invalid verb=account-add name=ci3 new-password=something1 token="$TOKEN"
	[ "$(stat -c %a accounts)" = 600 ]
	grep -q '^:password-length=12,.*session-timeout=60$' accounts
	asks ok verb=account-remove name=runner token="$TOKEN"
	not grep runner accounts
}

@test "a change of the file is felt at once; a line that is no account is refused" {
	start_door
	log_in op operator1
	sed -i 's/^op:Operator/op:Administrator/' accounts
	asks ok verb=whoami token="$TOKEN"
	[ "$(field role)" = Administrator ]
	echo nonsense >>accounts
	asks unavailable verb=whoami token="$TOKEN"
	grep -q "a line is not an account" log
	rm accounts
	asks unauthenticated verb=whoami token="$TOKEN"
}

@test "a mount runs vmctl with the slot's options, the URL and password by descriptor" {
	start_door
	log_in root 0penBmc
	asks ok verb=mount slot=0 image="https://h.example/x.iso?sig=secret" \
		user-name=u image-password=hush policy=Timed expires=60 token="$TOKEN"
	[ "$(sed 's/ 5[0-5] / N /' args)" = "mount --json --slot 0 --timeout N --type auto --user u --password /dev/fd/3 --expires 60s -" ]
	[ "$(cat stdin)" = "https://h.example/x.iso?sig=secret" ]
	[ "$(cat secret3)" = hush ]
	not grep -q "secret\|hush" log
	asks ok verb=mount slot=1 image=nfs://h.example/d.img write-protected=no verify=no token="$TOKEN"
	[ "$(sed 's/ 5[0-5] / N /' args)" = "mount --json --slot 1 --timeout N --type disk --writable --insecure -" ]
	for image in /etc/shadow file:///etc/shadow ftp://h/x x.iso "" image:../x $'http://h/\nx'; do
		rm -f args
		asks invalid verb=mount slot=0 image="$image" token="$TOKEN"
		[ ! -e args ]
	done
	asks ok verb=mount slot=1 image=//h.example/share/x.img transfer-protocol=CIFS token="$TOKEN"
	[ "$(cat stdin)" = smb://h.example/share/x.img ]
}

@test "what failed is told by its cause; a busy slot is replaced if that is wanted" {
	start_door
	log_in root 0penBmc
	echo '{"schema":1,"error":{"status":66,"cause":"missing","message":"no such image"}}' >says
	echo 66 >status
	asks failed verb=mount slot=0 image=http://h.example/x.iso token="$TOKEN"
	[ "$(field cause)" = missing ]
	[ "$(field exit)" = 66 ]
	[ "$(field message)" = "no such image" ]
	echo '{"schema":1,"error":{"status":75,"cause":"busy","message":"slot 0 holds y.iso"}}' >says
	echo 75 >status
	asks failed verb=mount slot=0 image=http://h.example/x.iso token="$TOKEN"
	[ "$(field cause)" = busy ]
	[ ! -e ejected ]
	: >all
	echo '{"schema":1,"error":{"status":75,"cause":"busy","message":"slot 0 holds y.iso"}}' >says
	echo 75 >status
	asks ok verb=mount slot=0 image=http://h.example/x.iso replace=yes token="$TOKEN"
	[ "$(cat all)" = "mount
eject
mount" ]
}

@test "a hybrid image that is too large for a CD goes in as a disk, if that is allowed" {
	mount_too_large() {
		echo '{"schema":1,"error":{"status":65,"cause":"too-large","message":"2530000 bytes"}}' >says
		echo 65 >status
		asks "$1" verb=mount slot=0 image=http://h.example/x.iso token="$TOKEN"
	}
	start_door
	log_in root 0penBmc
	echo '{"format":"hybrid","media":"disk"}' >probe-says
	mount_too_large ok
	grep -q -- "--type disk --retype" args
	asks ok verb=eject slot=0 token="$TOKEN"
	echo '{"format":"iso9660","media":"cd"}' >probe-says
	mount_too_large failed
	[ "$(field cause) $(field message)" = "too-large 2530000 bytes" ]
	[ "$(cut -d ' ' -f 1 args)" = probe ]
	stop_door
	start_door -R
	log_in root 0penBmc
	echo '{"format":"hybrid","media":"disk"}' >probe-says
	mount_too_large failed
	grep -q -- "^mount .*--type auto" args
}

@test "whether certificates are verified at first is for the command line to say" {
	start_door -i
	log_in root 0penBmc
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field verify)" = no ]
	asks ok verb=mount slot=0 image=https://h.example/x.iso token="$TOKEN"
	grep -q -- --insecure args
	asks ok verb=mount slot=0 image=https://h.example/x.iso verify=yes token="$TOKEN"
	not grep -q -- --insecure args
}

@test "a host that has locked its drive is asked, and then its medium is taken" {
	start_door
	log_in root 0penBmc
	echo 75 >locked
	asks ok verb=eject slot=0 token="$TOKEN"
	grep -qx -- "eject --json --slot 0 --force" args
	[ "$(grep -c eject all)" -ge 2 ]
}

@test "an eject that takes longer than the time for asking is followed by force" {
	start_door
	log_in root 0penBmc
	echo 75 >locked
	mkfifo hold
	touch holds
	asks ok verb=eject slot=0 token="$TOKEN" &
	wait_until 20 test -e waits
	rm holds
	# Longer than all the time for tries without force.
	sleep 4.5
	echo go >hold
	wait $!
	[ "$(cat args)" = "eject --json --slot 0 --force" ]
}

@test "a login goes to no other server than the one that it was for" {
	start_door
	log_in root 0penBmc
	asks ok verb=mount slot=0 image=http://one.example/x.iso user-name=u \
		image-password=hush token="$TOKEN"
	asks ok verb=mount slot=0 image=http://one.example/y.iso token="$TOKEN"
	grep -q -- "--user u --password" args
	asks ok verb=mount slot=0 image=http://two.example/y.iso token="$TOKEN"
	not grep -q -- "--user\|--password" args
	# A login that is set in between is for the next image, from any server.
	asks ok verb=media-set slot=0 user-name=v image-password=hush token="$TOKEN"
	asks ok verb=mount slot=0 image=http://three.example/z.iso token="$TOKEN"
	grep -q -- "--user v --password" args
	# After a wrong login, the next mount has none.
	echo 77 >status
	echo '{"schema":1,"error":{"status":77,"cause":"credentials","message":"no"}}' >says
	asks failed verb=mount slot=0 image=http://four.example/z.iso user-name=w \
		image-password=hush token="$TOKEN"
	asks ok verb=mount slot=0 image=http://five.example/z.iso token="$TOKEN"
	not grep -q -- "--user\|--password" args
}

@test "what is set for an image ends also where vmctl has ejected that" {
	start_door
	log_in root 0penBmc
	asks ok verb=media-set slot=0 policy=Timed expires=60 token="$TOKEN"
	asks ok verb=mount slot=0 image=http://h.example/x.iso token="$TOKEN"
	grep -q -- "--expires 60s" args
	rm -r run/0
	asks ok verb=media-set slot=0 verify=no token="$TOKEN"
	asks ok verb=mount slot=0 image=http://h.example/x.iso token="$TOKEN"
	grep -q -- --insecure args
	not grep -q -- --expires args
}

@test "an image is shown whole to who may mount, and without its query to others" {
	start_door
	log_in root 0penBmc
	asks ok verb=mount slot=0 image="https://H.example/x.iso?sig=secret" token="$TOKEN"
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field image)" = "https://H.example/x.iso?sig=secret" ]
	log_in reader readonly1
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field image)" = "https://H.example/x.iso" ]
	log_in root 0penBmc
	echo https://other.example/y.iso >run/0/request/url
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field image)" = https://other.example/y.iso ]
	asks ok verb=eject slot=0 token="$TOKEN"
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field image)" = "" ]
}

@test "certificates of a slot are given to vmctl" {
	start_door
	log_in root 0penBmc
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout k.pem -out c.pem -subj /CN=ca -days 30 2>/dev/null
	pem=$(cat c.pem)
	asks ok verb=certificate-add slot=0 pem="$pem" token="$TOKEN"
	[ "$(field id)" = 1 ]
	for bad in nonsense "${pem/MII/NII}" "${pem/MII/M?I}" "${pem/MII/MIIA}" \
		"$pem"$'\n'"${pem%-----END*}" \
		$'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' \
		$'-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----' \
		"$pem$(cat k.pem)"; do
		asks invalid verb=certificate-add slot=0 pem="$bad" token="$TOKEN"
	done
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field certificates | jq -r '.[0].pem')" = "$pem" ]
	asks ok verb=mount slot=0 image=https://h.example/x.iso token="$TOKEN"
	grep -q -- "--cacert /dev/fd/3" args
	[ "$(cat secret3)" = "$pem" ]
	asks not-found verb=certificate-remove slot=0 id=../1 token="$TOKEN"
	asks ok verb=certificate-remove slot=0 id=1 token="$TOKEN"
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field certificates)" = "[]" ]
}

@test "one change of a slot at a time; a client that leaves does not undo its mount" {
	start_door
	log_in root 0penBmc
	mkfifo hold
	touch holds
	background doorask verb=mount slot=0 image=http://h.example/x.iso token="$TOKEN"
	wait_until 20 test -e waits
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field busy)" = yes ]
	asks ok verb=mount slot=1 image=http://h.example/y.img token="$TOKEN"
	background doorask verb=mount slot=0 image=http://h.example/x.iso token="$TOKEN"
	kill "${STARTED[-2]}"
	rm holds
	echo go >hold
	wait "${STARTED[-1]}"
	[ "$(grep -c mount all)" = 3 ]
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field image)" = http://h.example/x.iso ]
}

@test "power and boot order go to vm-host" {
	start_door
	log_in op operator1
	asks ok verb=host token="$TOKEN"
	[ "$(field json)" = '{"power": "on"}' ]
	asks ok verb=power action=reset token="$TOKEN"
	[ "$(cat host-args)" = reset ]
	asks ok verb=boot target=cd once=once mode=uefi token="$TOKEN"
	[ "$(cat host-args)" = "boot cd --once -m uefi" ]
	asks ok verb=boot target=cd once=disabled token="$TOKEN"
	[ "$(cat host-args)" = "boot none" ]
	asks ok verb=boot target=http once=once uri=http://h/x token="$TOKEN"
	[ "$(cat host-args)" = "boot http --once --uri http://h/x" ]
	asks ok verb=boot target=http once=once uri= token="$TOKEN"
	[ "$(cat host-args)" = "boot http --once --uri " ]
	asks invalid verb=boot target=cd once=once uri=http://h/x token="$TOKEN"
	asks invalid verb=power action="on;reboot" token="$TOKEN"
}

@test "clients that are hostile: no message, half a message, another user" {
	start_door
	log_in root 0penBmc
	python3 - "$PWD/door.sock" <<-'E' 3>&-
		import socket, sys
		held = []
		for text in [b"", b"GET / HTTP/1.1\r\n\r\n", b"5:hello,", b"999999999:x",
		    b"20:4:verb,6:whoami,", b"0:,", b"3:0:,,", b"\0\0\0\0",
		    b"26:4:verb,6:whoami,4:verb,1:x,,", b"262145:" + b"x" * 70000]:
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    try:
		        s.sendall(text)
		    except BrokenPipeError:
		        pass
		    held.append(s)
		for s in held[:1] + held[3:5]:
		    s.setblocking(False)
		E
	asks ok verb=whoami token="$TOKEN"
	chmod 777 . door.sock
	python3 - <<-'E' 3>&-
		import os, socket
		os.setgroups([])
		os.setuid(65534)
		s = socket.socket(socket.AF_UNIX)
		s.connect("door.sock")
		assert s.recv(100) == b""
		E
	grep -q "a process of another user was refused" log
}

@test "fifty wrong logins at once take the memory of one" {
	start_door
	log_in root 0penBmc
	for i in $(seq 50); do
		(doorask verb=login user=root password="wrong$i" peer="198.51.100.$i" || :) >"answer$i" &
		clients="$clients $!"
	done
	# The memory of all its processes together; shared pages count in part.
	most=0
	while kill -0 $clients 2>/dev/null; do
		now=0
		for pid in $(pgrep -P "$DOOR") $DOOR; do
			pss=$(awk '/^Pss:/ {print $2}' "/proc/$pid/smaps_rollup" 2>/dev/null) || continue
			now=$((now + ${pss:-0}))
		done
		[ "$now" -le "$most" ] || most=$now
	done
	wait $clients || :
	echo "at most $most KiB"
	[ "$most" -lt 61440 ]
	[ "$(cat answer* | grep -c "^result=\(unauthenticated\|slow\|locked\)$")" = 50 ]
	asks ok verb=whoami token="$TOKEN"
}

@test "a list of images that is too long for an answer is refused, and says so" {
	mkdir store
	start_door -S "$PWD/store"
	log_in root 0penBmc
	printf '%s\n' '#!/bin/sh' "cat $PWD/images" >programs/vm-image
	chmod +x programs/vm-image
	echo '{"images": []}' >images
	asks ok verb=image-list token="$TOKEN"
	[ "$(field json)" = '{"images": []}' ]
	printf '%0300000d' 0 >images
	asks failed verb=image-list token="$TOKEN"
	field message | grep -q "too many images.*vmctl image ls"
}

@test "arguments that are not right" {
	fails 64 vm-door -d "cd tape"
	fails 64 vm-door -r session-timeout=1
	fails 64 vm-door -r other=1
	fails 64 vm-door -t 0
	fails 64 vm-door -S store
	grep -q "begins with /" stderr
	fails 67 vm-door -U no-such-user
	export VM_RUN_DIR=$PWD/missing/run
	fails 73 vm-door -s "$PWD/door.sock"
}

# wants STATUS PATH HEADER: vm-door -c exits with STATUS for such a request.
wants() {
	run env VM_WS_PATH="$2" VM_WS_PEER=192.0.2.1 vm-door -c < <(
		printf 'GET %s HTTP/1.1\r\nHost: bmc\r\n%s\r\n\r\n' "$2" "$3")
	[ "$status" = "$1" ] || {
		echo "$status, not $1: $2 $3" >&2
		return 1
	}
}

@test "vm-door -c: who may serve an image by WebSocket" {
	start_door
	log_in root 0penBmc
	local basic path protocols='Sec-WebSocket-Protocol: '
	basic="Authorization: Basic $(printf root:0penBmc | base64)"
	for path in /vm/0 /vm/1 /nbd/0 /nbd/7 /vm/0/0; do
		wants 0 $path "${protocols}$TOKEN"
	done
	wants 0 /vm/0 "${protocols}vm.nbd.v1-state, token.$TOKEN"
	wants 0 /vm/0 "X-Auth-Token: $TOKEN"
	wants 0 /vm/0 "$basic"
	wants 77 /vm/0 "Accept: x"
	wants 77 /vm/0 "${protocols}${TOKEN//[0-9]/a}"
	wants 77 /vm/0 "${protocols}binary"
	wants 77 /vm/0 "Authorization: Basic $(printf root:wrong77 | base64)"
	# An operator may not insert media.
	wants 77 /vm/0 "Authorization: Basic $(printf op:operator1 | base64)"
	for path in /vm/8 /vm /vm/0/1 /nbd/0/0 /redfish/v1 ""; do
		wants 76 "$path" "$basic"
	done
	wants 76 /vm/0 "no header"
	asks ok verb=logout token="$TOKEN" session="$ID"
	wants 77 /vm/0 "${protocols}$TOKEN"
	stop_door
	wants 69 /vm/0 "$basic"
}
