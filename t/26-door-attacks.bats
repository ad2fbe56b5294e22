#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-door: what an attacker can try who controls vm-redfish, or an account.

load helper
load door

setup() {
	requires_root
	own_directory
	make_accounts
	touch held
}

@test "credentials that were kept for one server are not sent to another" {
	start_door
	log_in root 0penBmc
	mount() {
		rm -f args secret3
		asks ok verb=mount slot=0 replace=yes token="$TOKEN" "$@"
	}
	asks ok verb=media-set slot=0 user-name=u image-password=hush token="$TOKEN"
	mount image=https://h.example/x.iso
	[ "$(cat secret3)" = hush ]
	mount image=https://h.example/y.iso
	[ "$(cat secret3)" = hush ]
	for other in http://h.example https://h.example:444 https://evil.example; do
		asks ok verb=media-set slot=0 user-name=u image-password=hush token="$TOKEN"
		mount image=https://h.example/x.iso
		mount image="$other/x.iso"
		not grep -qe "--user\|--password" args
		[ ! -e secret3 ]
	done
	# A new user does not get another user's password either.
	mount image=https://h.example/x.iso user-name=u image-password=hush
	mount image=https://evil.example/x.iso user-name=me
	grep -q -- "--user me " args
	[ ! -e secret3 ]
	# Nor does a client that sets only a user, and then inserts its own
	# image.
	mount image=https://h.example/x.iso user-name=u image-password=hush
	asks ok verb=media-set slot=0 user-name=u token="$TOKEN"
	mount image=https://evil.example/x.iso
	[ ! -e secret3 ]
	# The login of a failed mount was sent as well, so it is dropped, too.
	asks ok verb=eject slot=0 token="$TOKEN"
	echo '{"schema":1,"error":{"status":66,"cause":"missing","message":"-"}}' >says
	echo 66 >status
	asks failed verb=mount slot=0 image=https://h.example/x.iso user-name=u \
		image-password=hush token="$TOKEN"
	mount image=https://evil.example/x.iso
	[ ! -e secret3 ]
}

@test "a flood of logins leaves places for those who have a session" {
	start_door
	log_in root 0penBmc
	background sh -c 'exec 9>run-door/hash.lock && vm-lock 9 && touch holding && exec sleep 1000'
	holder=${STARTED[-1]}
	wait_until 20 test -e holding
	for i in $(seq 70); do
		doorask verb=login user=op password="wrong$i" peer="2001:db8:0:$i::1" >answer$i &
		clients="$clients $!"
	done
	wait_until 60 eval '[ "$(cat answer* | grep -c "^result=slow$")" = 22 ]'
	[ "$(pgrep -cP "$DOOR")" = 48 ]
	timeout 60 doorask verb=whoami token="$TOKEN" | grep -qx result=ok
	asks ok verb=eject slot=1 token="$TOKEN"
	kill "$holder"
	wait $clients || :
	wait_until 60 asks ok verb=login user=root password=0penBmc
}

# hold_as_nobody TEXT: 70 connections of vm-upload's user send this text, and
# stay open.
hold_as_nobody() {
	background python3 - "$1" <<-'E'
		import os, socket, sys, time
		os.setgroups([])
		os.setuid(65534)
		held = []
		for i in range(70):
		    s = socket.socket(socket.AF_UNIX)
		    s.settimeout(5)
		    s.connect("door.sock")
		    try:
		        s.sendall(sys.argv[1].encode())
		    except OSError:
		        pass
		    held.append(s)
		os.write(1, b"holding\n")
		time.sleep(1000)
		E
}

@test "vm-upload's user holds all the connections that it can: others log in" {
	chmod 711 .
	start_door -U nobody
	hold_as_nobody 20: >holding
	wait_until 5 test -s holding
	[ "$(ls -l "/proc/$DOOR/fd" | grep -c socket:)" -le 26 ]
	# vm-door would drop these requests only after 10 seconds.
	timeout 4 doorask verb=login user=root password=0penBmc peer=192.0.2.9 |
		grep -qx result=ok
}

@test "vm-upload's user holds all the processes that it can: others log in" {
	chmod 711 .
	mkdir -m 711 store store/incoming store/incoming/0123456789abcdef
	touch store/incoming/0123456789abcdef/data store/incoming/0123456789abcdef/offset
	start_door -U nobody -S "$PWD/store"
	log_in root 0penBmc
	text="4:verb,10:image-open,2:id,16:0123456789abcdef,4:mode,4:read,5:watch,3:yes,5:token,${#TOKEN}:$TOKEN,"
	hold_as_nobody "${#text}:$text," >holding
	wait_until 20 test -s holding
	wait_until 20 eval '[ "$(pgrep -cP "$DOOR")" = 24 ]'
	timeout 20 doorask verb=login user=op password=operator1 peer=192.0.2.9 |
		grep -qx result=ok
	# When the clients leave, their places are free again.
	kill "${STARTED[-1]}"
	wait_until 20 eval '[ "$(pgrep -cP "$DOOR")" = 0 ]'
	hold_as_nobody "${#text}:$text," >holding
	wait_until 20 eval '[ "$(pgrep -cP "$DOOR")" = 24 ]'
}

@test "certificates: as many and as large as there may be are still told" {
	start_door
	log_in root 0penBmc
	begin='-----BEGIN CERTIFICATE-----' end='-----END CERTIFICATE-----'
	asks invalid verb=certificate-add slot=0 token="$TOKEN" \
		pem="$begin"$'\n\001\n'"$end"
	asks invalid verb=certificate-add slot=0 token="$TOKEN" \
		pem="$begin$(printf '%060000d' 0)$end"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout k.pem -out c.pem -subj /CN=ca -days 30 2>/dev/null
	large="$(printf '%014000d' 0 | tr 0 '"')$(cat c.pem)"
	for i in 1 2 3 4 5 6 7 8; do
		asks ok verb=certificate-add slot=0 pem="$large" token="$TOKEN"
	done
	asks limit verb=certificate-add slot=0 pem="$large" token="$TOKEN"
	asks ok verb=media slot=0 token="$TOKEN"
	[ "$(field certificates | jq length)" = 8 ]
	asks ok verb=mount slot=0 image=https://h.example/x.iso token="$TOKEN"
	[ "$(wc -c <secret3)" = $((8 * (${#large} + 1))) ]
}

@test "control characters: in no URL, no user, and no line of the log" {
	start_door
	log_in root 0penBmc
	for bad in $'\e[2J' $'\t' $'\177' $'\b'; do
		asks invalid verb=mount slot=0 image="http://h.example/${bad}x" token="$TOKEN"
		asks invalid verb=mount slot=0 image=http://h.example/x \
			user-name="u$bad" token="$TOKEN"
	done
	printf '{"schema":1,"error":{"status":74,"cause":"server","message":"%s"}}' \
		'bad\u001b[2J\nvm-door: root from x: y' >says
	echo 74 >status
	asks failed verb=mount slot=0 image=http://h.example/x token="$TOKEN"
	not grep -q $'\e' log
	not grep -q '^vm-door: root from x' log
	grep -q 'not inserted: bad?\[2J?vm-door' log
}

@test "a password that was typed as the name is in no log" {
	start_door
	asks unauthenticated verb=login user=s3cr3tword password=x peer=192.0.2.1
	asks unauthenticated verb=login user=op password=x peer=192.0.2.1
	grep -q "somebody from 192.0.2.1: login of somebody refused" log
	grep -q "somebody from 192.0.2.1: login of op refused" log
	not grep -q s3cr3tword log
}

@test "vmctl user unlock ends a lockout by wrong passwords" {
	start_door -r lockout-threshold=3
	for i in 1 2 3; do
		asks unauthenticated verb=login user=op password=wrong peer=192.0.2.$i
	done
	asks locked verb=login user=op password=operator1 peer=192.0.2.9
	vm-user -a accounts unlock op
	asks ok verb=login user=op password=operator1 peer=192.0.2.9
	[ -z "$(ls run-door/unlocks)" ]
	# The same holds for the list of accounts, and without a vm-door.
	for i in 1 2 3; do
		asks unauthenticated verb=login user=op password=wrong peer=192.0.2.$i
	done
	vm-user -a accounts unlock op
	asks ok verb=accounts user=root password=0penBmc
	[ "$(field list | jq '.[] | select(.name == "op").locked')" = false ]
	VM_RUN_DIR=$PWD/nowhere vm-user -a accounts unlock op
}

@test "who loses the role while another change is under way changes nothing" {
	start_door
	log_in root 0penBmc
	admin=$TOKEN
	asks ok verb=account-set name=op role=Administrator token="$admin"
	for change in s/^op:Administrator/op:Operator/ s/^op:Administrator:enabled/op:Administrator:/ \
		'/^op:/s/$/x/' /^op:/d; do
		cp accounts before
		log_in op operator1
		background sh -c 'exec 9>accounts.lock && vm-lock 9 && touch holding && exec sleep 1000'
		wait_until 20 test -e holding
		background doorask verb=account-remove name=reader token="$TOKEN"
		client=${STARTED[-1]}
		wait_until 20 waits_for_lock
		sed -i "$change" accounts
		kill "${STARTED[-2]}"
		not wait "$client"
		grep -q ^reader: accounts
		rm holding
		cp before accounts
	done
}
waits_for_lock() {
	grep -q -- "-> FLOCK .* $(pgrep -P "$DOOR") " /proc/locks
}

@test "vm-redfish's user may come after vm-door; another's process is not heard" {
	pretend_programs
	grep -v ^late: /etc/passwd >passwd
	chmod 755 . && chmod 644 passwd
	export VM_DOOR_SOCKET=$PWD/door.sock VM_RUN_DIR=$PWD/run
	PATH=$PWD/programs:$PATH background unshare -m sh -c 'mount --bind passwd /etc/passwd &&
		exec vm-door -a "$PWD/accounts" -u late' >ready 2>>log
	DOOR=${STARTED[-1]}
	wait_until 20 test -s ready
	not is_heard 4242
	echo late:x:4242:4242::/:/bin/false >>passwd
	is_heard 4242
	not is_heard 4243
}
# is_heard UID: does vm-door answer a process of that user?
is_heard() {
	python3 - "$1" >answer <<-'E' 3>&-
		import os, socket, sys
		os.setgroups([])
		os.setuid(int(sys.argv[1]))
		s = socket.socket(socket.AF_UNIX)
		s.connect("door.sock")
		try:
		    s.sendall(b"16:4:verb,6:whoami,,")
		    print(s.makefile().read())
		except OSError:
		    pass
		E
	grep -q "6:result,15:unauthenticated," answer
}

@test "programs with passwords in their memory make no core" {
	mkfifo in
	exec 8<>in # which waits for nobody
	background vm-door -c <in
	door=${STARTED[-1]}
	background vm-user -a accounts passwd op <in
	user=${STARTED[-1]}
	for pid in "$door" "$user"; do
		wait_until 20 grep -q "^Max core file size *0 *0 " "/proc/$pid/limits"
	done
	exec 8>&-
}
