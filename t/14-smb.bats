#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd with an image on SMB, served by Samba: guests, users, and a server
# that goes down and comes back.
# run: alone

load helper
load servers

setup() {
	requires_root
	own_directory
	chmod 755 . .. ../..
	start_smb
	head -c $((20 * MIB)) /dev/urandom >share/image
	chmod 644 share/image
	echo secret >secret
	echo wrong >wrong
}
teardown() {
	kill -KILL -- "-$SMBD" 2>/dev/null || : # it may be stopped
	cleanup
}

# kill_smb: kills Samba and its children, which are one process group.
kill_smb() {
	kill -KILL -- "-$SMBD"
	wait "$SMBD" || :
}

@test "smb: a guest reads the right bytes" {
	start_fetchd "$SMB/open/image"
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp copy share/image
	nbdread -p -n 300 -f copy "$SOCK"
}

@test "smb: with allow-hosts, its address is allowed, or its name" {
	local server=${SMB/127.0.0.1/localhost} list
	for list in localhost 127.0.0.1,::1; do
		serves_file share/image "$server/open/image" "allow-hosts=$list"
	done
	refused 77 "$server/open/image" "does not allow connections to" \
		"allow-hosts=*"
}

@test "smb: a user with a password does, too, given by file or in the URL" {
	start_fetchd "$SMB/closed/image" user=root password=+secret
	nbdread -f share/image "$SOCK" 0 $((5 * MIB))
	cleanup
	start_smb
	start_fetchd "${SMB/\/\//\/\/root:secret@}/closed/image"
	nbdread -f share/image "$SOCK" 0 $((5 * MIB))
	not grep -rq secret fetchd.err
	run -0 nbdread -d "$SOCK"
	[[ $output != *secret* ]]
}

@test "smb: the URL is read as RFC 3986 has it, and as people type it" {
	local port=${SMB##*:} url
	ln share/image "share/a b%20#ü.iso"
	for url in "$SMB/open/%69mage" "$SMB/open/a b%2520%23ü.iso" \
		"CIFS://127.0.0.1:$port/open/a%20b%2520%23%c3%bc.iso" \
		"smb://WORKGROUP;root:secret@127.0.0.1:$port/closed/image" \
		"//127.0.0.1:$port/open/image" \
		"\\\\127.0.0.1:$port\\open\\a b%20#ü.iso" \
		"smb://[::1]:$port/open/image"; do
		echo "$url"
		start_fetchd "$url"
		nbdread -f share/image "$SOCK" 0 $MIB
		stop_fetchd
	done
	refused 64 "smb://127.0.0.1:99999/open/image" "not a valid URL"
}

@test "smb: each error has its own status and one line" {
	refused 77 "$SMB/closed/image" "wrong user or password"
	refused 77 "$SMB/closed/image" "wrong user or password" \
		user=root password=+wrong
	refused 66 "$SMB/none/image" "no such file, directory or share"
	refused 66 "$SMB/open/nothing" "no such file, directory or share"
	refused 65 "$SMB/open" "directory"
	refused 68 "smb://no.such.host.invalid/open/image" "resolve"
	kill_smb
	refused 69 "$SMB/open/image" "refused"
}

@test "smb: after a restart the server is found again" {
	local copy
	start_fetchd "$SMB/open/image" cache=4M outage=20
	nbdread -f share/image "$SOCK" 0 $((2 * MIB))
	kill_smb
	nbdread -f share/image "$SOCK" $((10 * MIB)) $((8 * MIB)) 3>&- &
	copy=$!
	start_smb "${SMB##*:}"
	wait "$copy"
}

@test "smb: SIGTERM ends it within a second while the server stalls" {
	local begun
	start_fetchd "$SMB/open/image"
	kill -STOP -- "-$SMBD"
	nbdread "$SOCK" $((15 * MIB)) 4096 2>/dev/null 3>&- &
	begun=$(date +%s%N)
	kill -TERM "$FETCHD"
	wait "$FETCHD"
	[ $((($(date +%s%N) - begun) / 1000000)) -lt 1500 ]
	kill_smb
}

@test "smb: after a longer outage reads fail, and the server is found again" {
	local begun=$SECONDS
	start_fetchd "$SMB/open/image" cache=4M outage=2
	kill -STOP -- "-$SMBD"
	run -1 nbdread "$SOCK" $((10 * MIB)) 4096
	[ $((SECONDS - begun)) -lt 16 ] # 10 s until the server counts as down
	kill_smb
	start_smb "${SMB##*:}"
	wait_until 30 nbdread -f share/image "$SOCK" $((10 * MIB)) 4096
}

@test "smb: written data is on the server, and is read back" {
	head -c $((20 * MIB)) /dev/urandom >new
	start_fetchd "$SMB/closed/image" user=root password=+secret writable=1
	wait_until 10 grep -q "note: over SMB the server decides" fetchd.err
	nbdcopy new "nbd+unix:///?socket=$SOCK" --flush
	cmp new share/image
	nbdread -p -n 300 -f new "$SOCK"
}

@test "smb: writing to a read-only share is refused: 77" {
	local rc=0
	timeout 40 vm-fetchd -c "$SMB/open/image" writable=1 2>stderr || rc=$?
	cat stderr >&2
	[ $rc = 77 ]
	tail -n 1 stderr | grep -q "no permission"
}

# renewed COUNT: have this many renewals worked?
renewed() {
	said_times "$1" "note: the URL was renewed"
}

@test "smb: renew takes a new password and another path of the same image" {
	mkdir new
	echo "$SMB/closed/image" >new/url
	echo root >new/user
	echo secret >new/password
	start_fetchd url=+new/url user=+new/user password=+new/password \
		renew="$PWD/new" cache=4M
	nbdread -d "$SOCK" >before
	nbdread -f share/image "$SOCK" 0 $MIB
	# The server now has another password, and other sessions.
	kill_smb
	start_smb "${SMB##*:}" second
	run -1 nbdread "$SOCK" $((10 * MIB)) 4096
	echo wrong >new/password
	kill -USR1 "$FETCHD"
	wait_until 20 grep -q "unable to renew the URL: .*wrong user or password" fetchd.err
	echo second >new/password
	kill -USR1 "$FETCHD"
	wait_until 20 renewed 1
	nbdread -f share/image "$SOCK" $((10 * MIB)) $MIB
	# The file has another path, and another time.
	cp share/image share/other
	touch -d "2020-01-01" share/other
	mv share/image image
	head -c 1000 image >share/short
	echo "$SMB/closed/short" >new/url
	kill -USR1 "$FETCHD"
	wait_until 20 grep -q "unable to renew the URL: it is another image, of 1000 bytes" fetchd.err
	echo "$SMB/closed/other" >new/url
	kill -USR1 "$FETCHD"
	wait_until 20 renewed 2
	nbdread -f image "$SOCK" 0 $((20 * MIB))
	nbdread -d "$SOCK" | diff before -
	# A restarted nbdkit reads from the new path, and knows the file's time.
	kill -KILL "$(nbdkits)"
	wait_until 20 nbdread -f image "$SOCK" 0 $((20 * MIB))
	nbdread -d "$SOCK" | diff before -
	# Another image of the same size is refused.
	{ head -c 4096 image; head -c $((20 * MIB - 4096)) /dev/urandom; } >share/bad
	echo "$SMB/closed/bad" >new/url
	kill -USR1 "$FETCHD"
	wait_until 20 renewed 3
	run -1 nbdread "$SOCK" $((4 * MIB)) $((12 * MIB))
	wait_until 5 grep -q "the image changed on the server" fetchd.err
}
