#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd with an image on NFS, served by NFS-Ganesha: reads, writes, and a
# server that goes down and comes back.
# run: alone

load helper
load servers

setup() {
	requires_root
	own_directory
	start_nfs
	head -c $((20 * MIB)) /dev/urandom >"$NFS_DIR/image"
	chmod 666 "$NFS_DIR/image"
}
teardown() {
	kill -KILL "$NFSD" 2>/dev/null || : # unshare(1) ignores other signals
	cleanup
	rm -rf "${NFS_DIR:?}"
}

# serve NAME [ARGUMENT...]: vm-fetchd serves the image NAME.
serve() {
	start_fetchd "$NFS/$1$NFS_ARGS" "${@:2}"
}

@test "nfs: several connections read the right bytes" {
	serve image
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp copy "$NFS_DIR/image"
	nbdread -p -n 500 -f copy "$SOCK"
}

@test "nfs: each error has its own status and one line" {
	: >"$NFS_DIR/empty"
	refused 66 "$NFS/nothing$NFS_ARGS" "no such file, directory or share"
	refused 66 "${NFS/export/other}/image$NFS_ARGS" "no such file, directory or share"
	refused 65 "$NFS/empty$NFS_ARGS" "empty"
	refused 77 "$NFS/image$NFS_ARGS" "the server forbids it" writable=1
	refused 68 "nfs://no.such.host.invalid/export/image" "resolve"
	kill -KILL "$NFSD"
	wait "$NFSD" || :
	refused 69 "$NFS/image$NFS_ARGS" "unable to mount"
}

@test "nfs: with allow-hosts, its address is allowed, or its name" {
	local server=${NFS/127.0.0.1/localhost} list
	for list in localhost 127.0.0.1,::1; do
		serves_file "$NFS_DIR/image" "$server/image$NFS_ARGS" \
			"allow-hosts=$list"
	done
	refused 77 "$server/image$NFS_ARGS" "does not allow connections to" \
		"allow-hosts=*"
}

# serves URL: vm-fetchd serves the image from there.
serves() {
	serves_file "$NFS_DIR/image" "$@"
}

@test "nfs: the URL is read as RFC 3986 has it: port, %XX, spaces, capitals" {
	local port=${NFS_ARGS##*=} server
	server=nfs://127.0.0.1:$port
	# The URL does not say the version of NFS: this server has only 4.
	serves "$server/export/image"
	serves "NFS://127.0.0.1:$port/export/%69mage"
	ln "$NFS_DIR/image" "$NFS_DIR/a b%20#ü.iso"
	serves "$server/export/a b%2520%23ü.iso"
	serves "$server/export/a%20b%2520%23%c3%bc.iso?uid=0&gid=0"
	refused 64 "$server/export/image?uid=x" "behind the ? of an NFS URL"
	refused 64 "$server/export/image?evil=1" "behind the ? of an NFS URL"
	refused 64 "$server/" "it names no file"
	refused 64 "nfs://127.0.0.1:99999/export/image" "not a valid URL"
	refused 66 "$server/export/sub/none" "no such file, directory or share"
}

@test "nfs: a file in the root of a version 4 server, at an IPv6 address" {
	kill "$NFSD"
	wait "$NFSD" || :
	NFS_PSEUDO=/ NFS_ADDR=:: start_nfs
	serves "nfs://127.0.0.1:${NFS_ARGS##*=}/image"
	serves "nfs://[::1]:${NFS_ARGS##*=}/image"
}

@test "nfs: an image that changed is never mixed with its old version" {
	serve image cache=4M
	nbdread -f "$NFS_DIR/image" "$SOCK" 0 $((2 * MIB))
	head -c $((20 * MIB)) /dev/urandom >"$NFS_DIR/image"
	# vm-fetchd checks the file every five seconds while a client reads.
	wait_until 20 grep_after_read "the image changed on the server"
	run -1 nbdread "$SOCK" 0 4096
}

@test "nfs: after a restart the server is found again" {
	local port=${NFS_ARGS##*=}
	serve image cache=4M outage=20
	nbdread -f "$NFS_DIR/image" "$SOCK" 0 $((2 * MIB))
	kill -KILL "$NFSD"
	wait "$NFSD" || :
	nbdread -f "$NFS_DIR/image" "$SOCK" $((10 * MIB)) $((8 * MIB)) 3>&- &
	copy=$!
	start_nfs "$port"
	wait "$copy"
}

@test "nfs: SIGTERM ends it within a second while the server stalls" {
	local begun
	serve image
	kill -STOP "$NFSD"
	nbdread "$SOCK" $((15 * MIB)) 4096 2>/dev/null 3>&- &
	begun=$(date +%s%N)
	kill -TERM "$FETCHD"
	wait "$FETCHD"
	[ $((($(date +%s%N) - begun) / 1000000)) -lt 1500 ]
	kill -KILL "$NFSD"
}

@test "nfs: written data is on the server, and is read back" {
	head -c $((20 * MIB)) /dev/urandom >new
	# Ganesha lets only root write here, whatever the file's mode.
	NFS_ARGS+='&uid=0&gid=0'
	serve image writable=1
	nbdcopy new "nbd+unix:///?socket=$SOCK" --flush
	cmp new "$NFS_DIR/image"
	nbdread -p -n 500 -f new "$SOCK"
	serve_again image
	nbdread -f new "$SOCK" 0 $((20 * MIB))
}
@test "nfs: after a longer outage reads fail, and the server is found again" {
	local port=${NFS_ARGS##*=} begun=$SECONDS
	serve image cache=4M outage=2
	kill -STOP "$NFSD"
	run -1 nbdread "$SOCK" $((10 * MIB)) 4096
	[ $((SECONDS - begun)) -lt 16 ] # 10 s until the server counts as down
	kill -KILL "$NFSD"
	wait "$NFSD" || :
	start_nfs "$port"
	wait_until 30 nbdread -f "$NFS_DIR/image" "$SOCK" $((10 * MIB)) 4096
}

# Each write is on disk when the server answers it, so that a crash of the
# server before the flush loses nothing.
@test "nfs: a restart of the server between write and flush loses nothing" {
	local port=${NFS_ARGS##*=}
	NFS_ARGS+='&uid=0&gid=0'
	head -c $MIB /dev/urandom >new
	serve image writable=1
	qemu-io -t unsafe -f raw -c "write -s new 1M 1M" \
		"nbd+unix:///?socket=$SOCK"
	kill -KILL "$NFSD"
	wait "$NFSD" || :
	start_nfs "$port"
	qemu-io -f raw -c flush "nbd+unix:///?socket=$SOCK"
	cmp -i 0:$MIB -n $MIB new "$NFS_DIR/image"
	nbdread -f "$NFS_DIR/image" "$SOCK" 0 $((4 * MIB))
}

@test "nfs: a short outage of the server loses no write" {
	local port=${NFS_ARGS##*=} writer
	NFS_ARGS+='&uid=0&gid=0'
	head -c $MIB /dev/urandom >new
	serve image writable=1 outage=25
	kill -KILL "$NFSD"
	wait "$NFSD" || :
	qemu-io -f raw -c "write -s new 3M 1M" -c flush \
		"nbd+unix:///?socket=$SOCK" 3>&- &
	writer=$!
	start_nfs "$port"
	wait $writer
	cmp -i 0:$((3 * MIB)) -n $MIB new "$NFS_DIR/image"
}

@test "nfs 3: reads and writes" {
	kill "$NFSD"
	start_nfs3
	NFS_ARGS+='&uid=0&gid=0'
	head -c $((20 * MIB)) /dev/urandom >new
	serve image writable=1 outage=25
	nbdread -f "$NFS_DIR/image" "$SOCK" 0 $((20 * MIB))
	nbdcopy new "nbd+unix:///?socket=$SOCK" --flush
	cmp new "$NFS_DIR/image"
	serve_again image cache=4M
	nbdread -p -n 500 -f new "$SOCK"
	stop_fetchd
	refused 66 "$NFS/nothing$NFS_ARGS" "no such file, directory or share"
	# The URL does not say the version of NFS: this server has only 3.
	serves "$NFS/image"
	serves "127.0.0.1:$NFS_DIR/image"
	kill -KILL "$NFSD"
	wait "$NFSD" || :
}

@test "nfs: if neither version works, it says how each failed" {
	kill -KILL "$NFSD"
	wait "$NFSD" || :
	FETCHD_IN=(unshare -n sh -c 'ip link set lo up && exec "$@"' sh)
	refused 69 nfs://127.0.0.1/export/image "unable to mount"
	grep -q "by NFS 4 and by NFS 3" stderr
}

serve_again() {
	stop_fetchd
	serve "$@"
}
