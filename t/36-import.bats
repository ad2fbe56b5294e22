#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-import: what it copies, hashes and refuses, and what it leaves behind.

load helper

setup() {
	own_directory
	mkdir box
	head -c 3000001 /dev/urandom >box/x.iso
}
teardown() {
	# nbdkit may wait for ever for a lock if SIGTERM comes while a client leaves.
	[ -z "${NBDKIT:-}" ] || kill -KILL "$NBDKIT" || :
	cleanup
	[ ! -e mnt ] || umount -q mnt || :
	[ ! -s loop ] || losetup -d "$(cat loop)"
}

# line_of FILE: prints the line that vm-import prints for it.
line_of() {
	echo "$(stat -c %s "$1") $(sha256sum <"$1" | cut -d ' ' -f 1)"
}

# copies FILE TO ARG...: vm-import ARG... makes TO equal to FILE, and prints the
# right line.
copies() {
	local file=$1 to=$2
	shift 2
	[ "$(vm-import "$@" "$to")" = "$(line_of "$file")" ]
	cmp "$file" "$to"
}

# stopped_at CALL NUMBER ARG...: runs vm-import ARG... in the background, and
# stops it after the NUMBERth call of the system call CALL. go_on lets it end,
# and sets RC; its messages are in `err`.
stopped_at() {
	local call=$1 number=$2
	shift 2
	rm -f trace
	ASAN_OPTIONS=detect_leaks=0 background strace -o trace -e trace="$call" \
		-e inject="$call:signal=SIGSTOP:when=$number" \
		env --default-signal vm-import "$@" 2>err
	wait_until 60 grep -qs '^--- stopped by SIGSTOP' trace
	STOPPED=$(pgrep -P "${STARTED[-1]}")
}
go_on() {
	kill -CONT "$STOPPED" 2>/dev/null || : # it may be dead
	RC=0
	wait "${STARTED[-1]}" || RC=$?
	cat err >&2
}

# injected FAULT... -- ARG...: runs vm-import ARG... with these faults of
# strace(1).
injected() {
	local faults=()
	while [ "$1" != -- ]; do
		faults+=(-e "inject=$1")
		shift
	done
	shift
	ASAN_OPTIONS=detect_leaks=0 strace -o trace -e trace=all "${faults[@]}" \
		vm-import "$@"
}

# without_leases ARG...: runs vm-import ARG... as a user who may not take a
# lease.
without_leases() {
	setpriv --bounding-set=-lease --inh-caps=-lease vm-import "$@"
}

# waits_for_lease PID: waits until the process waits for the end of a lease.
waits_for_lease() {
	wait_until 60 grep -q -e "-> LEASE .* $1 " /proc/locks
}

@test "a file is copied; its size and SHA-256 are printed" {
	copies box/x.iso to box/x.iso
	[ "$(stat -c %a to)" = 600 ]
	: >empty
	copies empty to2 empty
	truncate -s 5M zeros
	copies zeros to3 zeros
}

@test "standard input is copied, also one that comes in small pieces" {
	copies box/x.iso to - <box/x.iso
	(head -c 10; sleep 0.1; head -c 100000; sleep 0.1; cat) <box/x.iso |
		copies box/x.iso to2 -
	copies /dev/null to3 - </dev/null
}

@test "without TO it only hashes" {
	[ "$(vm-import box/x.iso)" = "$(line_of box/x.iso)" ]
	[ "$(vm-import - <box/x.iso)" = "$(line_of box/x.iso)" ]
	[ "$(vm-import -b box x.iso)" = "$(line_of box/x.iso)" ]
	[ "$(ls)" = box ]
}

@test "wrong arguments are usage errors" {
	run -64 vm-import
	run -64 vm-import a b c
	run -64 vm-import -r box/x.iso
	fails 64 vm-import -r - to
	fails 64 vm-import -c 12 box/x.iso
	fails 64 vm-import -s many box/x.iso
	fails 64 vm-import -l -1 box/x.iso
	fails 64 vm-import -q never box/x.iso
}

@test "a file that exists is not written over" {
	echo mine >to
	fails 73 vm-import box/x.iso to
	[ "$(cat to)" = mine ]
	ln -s nowhere link
	fails 73 vm-import box/x.iso link
	[ ! -e nowhere ]
	fails 73 vm-import box/x.iso none/to
	fails 66 vm-import none to4
	[ ! -e to4 ]
}

@test "-s: another size is refused, before a byte is copied if it is known" {
	fails 65 vm-import -s 3000000 box/x.iso to
	grep -q 'it has 3000001 bytes, and should have 3000000$' stderr
	fails 65 vm-import -s 3000000 - to <box/x.iso
	fails 65 vm-import -s 3000002 - to <box/x.iso
	fails 65 vm-import -s 3000002 -b box x.iso
	[ ! -e to ]
	copies box/x.iso to -s 3000001 box/x.iso
	copies box/x.iso to2 -s 3000001 - <box/x.iso
}

@test "-l: more bytes are refused before they are written" {
	fails 73 vm-import -l 3000000 box/x.iso to
	fails 73 vm-import -l 2M - to <box/x.iso
	fails 73 vm-import -l 2M -s 3M - to <box/x.iso
	[ ! -e to ]
	copies box/x.iso to -l 3000001 box/x.iso
	copies box/x.iso to2 -l 3000001 - <box/x.iso
}

@test "a flipped bit is refused if the checksum is given" {
	local sum
	sum=$(sha256sum <box/x.iso | cut -d ' ' -f 1)
	copies box/x.iso to -c "${sum^^}" box/x.iso
	printf 'X' | dd of=box/x.iso bs=1 seek=2000000 conv=notrunc status=none
	fails 65 vm-import -c "$sum" -b box x.iso to2
	grep -q "its SHA-256 is .*, and should be $sum$" stderr
	[ ! -e to2 ]
	fails 65 vm-import -c "$sum" box/x.iso
}

@test "a box: only the name of a regular file with one link is opened" {
	local name
	head -c 9 /dev/zero >secret
	mkdir box/dir elsewhere
	cp secret box/dir/f
	ln -s ../secret box/link
	ln -s "$PWD/secret" box/absolute
	ln -s x.iso box/inside
	ln secret box/hard
	mkfifo box/fifo
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("box/socket")'
	for name in ../secret "$PWD/secret" dir/f dir/../x.iso ./x.iso . .. / "" \
		dir link absolute inside hard fifo socket; do
		fails 77 vm-import -b box -- "$name" to
		[ ! -e to ]
	done
	fails 66 vm-import -b box none to
	fails 66 vm-import -b box "$(printf '%0300d' 0)" to
	fails 66 vm-import -b none x.iso to
	copies box/x.iso to -b box x.iso
}

@test "a box: devices are refused" {
	mknod box/null c 1 3 && mknod box/block b 7 200 || skip "needs mknod"
	fails 77 vm-import -b box null
	fails 77 vm-import -b box block
}

@test "a box: another file system is refused" {
	mkdir other
	touch box/there
	cp box/x.iso other/x
	mount -t tmpfs -o size=1M none other 2>/dev/null || skip "needs mount"
	touch other/there
	mount --bind other/there box/there
	fails 77 vm-import -b box there
	umount box/there other
}

@test "a box without openat2: the same is refused" {
	ln -s x.iso box/inside
	fails 77 injected openat2:error=ENOSYS -- -b box inside
	ln box/x.iso hard
	mkfifo box/fifo
	fails 77 injected openat2:error=EPERM -- -b box x.iso
	fails 77 injected openat2:error=ENOSYS -- -b box fifo
	fails 77 injected openat2:error=ENOSYS -- -b box ../hard
	rm hard
	[ "$(injected openat2:error=ENOSYS -- -b box x.iso)" = "$(line_of box/x.iso)" ]
}

@test "a box: a name is only a name, and control characters are escaped" {
	fails 66 vm-import -b box $'a\nb\e[2J\u202e\xff'
	[ "$(tail -1 stderr)" = 'vm-import: unable to import a\x0ab\x1b[2J\xe2\x80\xae\xff: No such file or directory' ]
	for name in - nbd:x -r $'new\nline' "x (1).iso" "𝕩.iso"; do
		cp box/x.iso "box/$name"
		[ "$(vm-import -b box -- "$name")" = "$(line_of box/x.iso)" ]
	done
}

@test "who still writes to it is found" {
	exec 7>>box/x.iso
	fails 75 vm-import -b box x.iso to
	grep -q 'it is still being written' stderr
	exec 7>&-
	[ ! -e to ]
	copies box/x.iso to -b box x.iso
}

@test "who opens it for writing during the copy waits until we have given up" {
	cp box/x.iso before
	stopped_at pwrite64 2 -b box x.iso to
	background sh -c 'echo more >>box/x.iso'
	writer=$!
	waits_for_lease "$writer"
	kill -CONT "$STOPPED"
	RC=0
	wait "${STARTED[0]}" || RC=$?
	[ "$RC" = 75 ]
	[ ! -e to ]
	wait "$writer"
	[ "$(cat before <(echo more) | sha256sum)" = "$(sha256sum <box/x.iso)" ]
}

@test "a file that changes its size during the copy is refused" {
	stopped_at pwrite64 2 box/x.iso to
	truncate -s 1000 box/x.iso
	go_on
	[ "$RC" = 75 ] && [ ! -e to ]
	grep -q 'it has become shorter' err
	truncate -s 3M box/x.iso
	stopped_at pwrite64 2 box/x.iso to
	echo more >>box/x.iso
	go_on
	[ "$RC" = 75 ] && [ ! -e to ]
}

@test "a file that is written or exchanged during the copy is refused" {
	cp box/x.iso other
	cp -p box/x.iso before
	stopped_at pwrite64 2 box/x.iso to
	printf 'X' | dd of=box/x.iso bs=1 seek=5 conv=notrunc status=none
	touch -r before box/x.iso # the writer can set the mtime back
	go_on
	[ "$RC" = 75 ] && [ ! -e to ]
	stopped_at pwrite64 2 -b box x.iso to
	mv other box/x.iso
	go_on
	[ "$RC" = 75 ] && [ ! -e to ]
	# Exchanged before the copy begins, the open file has no link left: 77.
	head -c 100000 /dev/urandom >other
	cp box/x.iso before
	stopped_at openat2 1 -b box x.iso to
	mv other box/x.iso
	go_on
	[ "$RC" = 77 ]
}

@test "without leases: it waits for quiet, says so, and finds who writes" {
	requires_root
	chown nobody box/x.iso
	without_leases -q 0 -b box x.iso to >out 2>err
	[ "$(cat out)" = "$(line_of box/x.iso)" ]
	grep -q '^vm-import: there are no leases for x.iso: ' err
	exec 7<>box/x.iso
	fails 75 without_leases -q 0 -b box x.iso
	exec 7>&- 7<box/x.iso
	without_leases -q 0 -b box x.iso
	exec 7<&-
}

@test "without leases: what changes while it waits is still being written" {
	requires_root
	chown nobody box/x.iso
	background sh -c 'while echo more >>box/x.iso; do sleep 0.1; done'
	run -75 without_leases -q 3600 -b box x.iso to
	[ ! -e to ]
}

@test "without leases: NFS says that somebody writes, whether it is so or not" {
	local faults=(fcntl:error=EAGAIN:when=1
		fstatfs:poke_exit=@arg2=6969000000000000)
	fails 75 injected "${faults[0]}" -- -b box x.iso to
	injected "${faults[@]}" -- -q 0 -b box x.iso to >out
	[ "$(cat out)" = "$(line_of box/x.iso)" ]
	grep -q 'F_SETLEASE, F_RDLCK).* = -1 EAGAIN' trace
}

@test "a sparse giant is refused before it is read" {
	mkdir mnt
	mount -t tmpfs -o size=16M none mnt 2>/dev/null || skip "needs mount"
	truncate -s $((0x7ffffffffffff000)) mnt/giant
	fails 73 vm-import -l 1T -b mnt giant
	fails 73 vm-import -l 1T mnt/giant to
	fails 73 vm-import mnt/giant mnt/to
	[ ! -e mnt/to ] && [ ! -e to ]
}

@test "a full disk is noticed before the copy, and leaves nothing" {
	mkdir mnt
	mount -t tmpfs -o size=1M none mnt 2>/dev/null || skip "needs mount"
	fails 73 vm-import box/x.iso mnt/to
	grep -q 'unable to write mnt/to: No space left on device' stderr
	fails 73 vm-import -s 3000001 - mnt/to <box/x.iso
	# Also where the file system cannot preallocate blocks.
	fails 73 injected fallocate:error=EOPNOTSUPP -- box/x.iso mnt/to
	not grep pwrite64 trace
	# If the size is unknown, only the full disk shows it.
	fails 73 vm-import - mnt/to <box/x.iso
	[ -z "$(ls mnt)" ]
	(ulimit -f 1000; fails 73 vm-import - to <box/x.iso)
	[ ! -e to ]
}

@test "the store turns read-only or broken: exit 74 with the kernel's reason" {
	fails 74 injected pwrite64:error=EROFS:when=3 -- box/x.iso to
	grep -q 'unable to write to: Read-only file system' stderr
	fails 74 injected pwrite64:error=EIO:when=2+ -- box/x.iso to
	grep -q 'unable to write to: Input/output error' stderr
	fails 74 injected fsync:error=EIO -- box/x.iso to
	fails 73 injected fsync:error=ENOSPC -- box/x.iso to
	fails 74 vm-import - to <box
	grep -q 'unable to read standard input: Is a directory' stderr
	[ ! -e to ]
}

@test "file systems without preallocation are fine" {
	ASAN_OPTIONS=detect_leaks=0 copies_traced fallocate:error=EOPNOTSUPP
	ASAN_OPTIONS=detect_leaks=0 copies_traced sync_file_range:error=ESPIPE
}
# copies_traced FAULT
copies_traced() {
	rm -f to
	[ "$(injected "$1" -- box/x.iso to)" = "$(line_of box/x.iso)" ]
	cmp box/x.iso to
}

@test "SIGTERM and SIGINT remove what was made, but not with -r; kill -9 leaves it" {
	local signal
	for signal in TERM INT HUP; do
		stopped_at pwrite64 2 box/x.iso to
		[ -e to ]
		kill -"$signal" "$STOPPED"
		go_on
		[ ! -e to ]
	done
	stopped_at pwrite64 2 -r box/x.iso to
	kill "$STOPPED"
	go_on
	[ "$(stat -c %s to)" = 524288 ]
	stopped_at pwrite64 2 box/x.iso to2
	kill -KILL "$STOPPED"
	go_on
	[ -e to2 ]
}

@test "-r: what is there is kept and hashed, and the rest is copied" {
	head -c 40000000 /dev/urandom >big
	head -c 30000000 big >to
	[ "$(vm-import -r big to)" = "$(line_of big)" ]
	cmp big to
	# With nothing left to copy, and with nothing copied before.
	[ "$(vm-import -r big to)" = "$(line_of big)" ]
	copies big to2 -r big
	copies box/x.iso to3 -r -b box x.iso
	fails 65 vm-import -r box/x.iso to
	ln -s big link
	fails 73 vm-import -r big link
	fails 64 vm-import -r to to
	ln big hard
	fails 64 vm-import -r big hard
	cmp big to
}

@test "-r: the last 16 MiB are written again, as after a power cut" {
	head -c 40000000 /dev/urandom >big
	{ head -c 20000000 big; head -c 10000000 /dev/zero; } >to
	[ "$(vm-import -r big to)" = "$(line_of big)" ]
	cmp big to
	# Bytes that were there are not copied again; -c finds a wrong one.
	head -c 30000000 big | tr '\0' '\1' >to
	sum=$(sha256sum <big | cut -d ' ' -f 1)
	fails 65 vm-import -r -c "$sum" big to
	[ -e to ]
}

# with_nbd ARG...: starts nbdkit ARG... on the socket `sock`.
with_nbd() {
	background nbdkit -f -U sock "$@"
	NBDKIT=${STARTED[-1]}
	wait_until 30 test -S sock
}

@test "an NBD export is copied with several requests at once" {
	head -c 9000003 /dev/urandom >big
	with_nbd --filter=log --filter=delay file big logfile=log rdelay=20ms
	copies big to nbd:sock
	awk '/ Read .*offset=/ && ++now > most { most = now }
	/\.\.\.Read / { now-- }
	END { exit most < 4 }' log
}

@test "-r: of an NBD export only the rest is asked for" {
	head -c 40000003 /dev/urandom >big
	head -c 30000001 big >to
	with_nbd --filter=log file big logfile=log
	[ "$(vm-import -r nbd:sock to)" = "$(line_of big)" ]
	cmp big to
	# Concurrent requests are logged in any order.
	first=$(sed -n 's/.* Read .*offset=\(0x[0-9a-f]*\) .*/\1/p' log |
		while read -r offset; do echo $((offset)); done | sort -n | head -n 1)
	[ "$first" = $((30000001 - (16 << 20))) ]
}

@test "-s of an NBD export means its first bytes, since servers round up" {
	with_nbd --filter=truncate file box/x.iso round-up=4096
	copies box/x.iso to -s 3000001 nbd:sock
	fails 65 vm-import -s 4M nbd:sock to2
	fails 73 vm-import -l 1M nbd:sock to2
	[ ! -e to2 ]
}

@test "an NBD server that fails, ends or is none: exit 76" {
	fails 76 vm-import nbd:none to
	with_nbd --filter=error memory 3M error-pread-rate=100%
	fails 76 vm-import nbd:sock to
	[ ! -e to ]
}

# odd_server TEXT...: starts a server on `odd` that sends one TEXT (in Python)
# to each client, and then ends the connection.
odd_server() {
	cat >odd.py <<-'EOF'
		import socket, struct, sys
		CHUNK = 256 << 10
		HELLO = b"NBDMAGICIHAVEOPT\0\3" + struct.pack(">QH", 12 * CHUNK, 1)
		def reply(cookie, size=CHUNK):
		    return struct.pack(">IIQ", 0x67446698, 0, cookie) + bytes(size)
		s = socket.socket(socket.AF_UNIX)
		s.bind("odd")
		s.listen(8)
		for text in sys.argv[1:]:
		    c, _ = s.accept()
		    try: # the client may leave at any moment
		        c.sendall(eval(text))
		        c.shutdown(socket.SHUT_WR)
		        while c.recv(1 << 16):
		            pass
		    except OSError:
		        pass
		    c.close()
	EOF
	background python3 odd.py "$@"
	wait_until 30 test -S odd
}

@test "an NBD server that answers what nobody asked is refused" {
	local wrong=("bytes(99)" "HELLO+bytes(99)" "HELLO+reply(99)"
		"HELLO+reply(2**64-1)" "HELLO+reply(12)" "HELLO+reply(8)"
		"HELLO+reply(1)*2" "HELLO+reply(0)*2")
	local short=("b''" "HELLO" "HELLO[:20]" "HELLO+reply(0, 9)")
	odd_server "${wrong[@]}" "${short[@]}"
	for _ in "${wrong[@]}"; do
		fails 76 vm-import nbd:odd to
		grep -q 'it does not answer as an NBD server' stderr
		[ ! -e to ]
	done
	for _ in "${short[@]}"; do
		fails 76 vm-import nbd:odd to
		grep -q 'the NBD server closed the connection' stderr
	done
}

@test "a block device: its tail is zeroed, and it must be large enough" {
	tr '\0' '\377' </dev/zero | head -c 4M >disk
	losetup -f --show disk >loop || skip "needs a loop device"
	[ "$(vm-import box/x.iso "$(cat loop)")" = "$(line_of box/x.iso)" ]
	cmp <(head -c 4M < <(cat box/x.iso /dev/zero)) disk
	# With a device, -s means its first bytes: an image in a volume begins
	# there.
	[ "$(vm-import -s 3000001 "$(cat loop)")" = "$(line_of box/x.iso)" ]
	[ "$(vm-import "$(cat loop)")" = "$(line_of disk)" ]
	truncate -s 5M large
	fails 73 vm-import large "$(cat loop)"
	fails 73 vm-import - "$(cat loop)" <large
	fails 64 vm-import -r large "$(cat loop)"
	[ -b "$(cat loop)" ]
}

# mount_btrfs: mounts one on mnt, with x.iso.
mount_btrfs() {
	mkdir mnt
	truncate -s 200M disk
	mkfs.btrfs -q disk
	mount -o loop disk mnt 2>/dev/null || skip "needs btrfs"
	cp box/x.iso mnt/x.iso
}

@test "where the file system can, the blocks are shared and not copied" {
	mount_btrfs
	[ "$(injected -- -b mnt x.iso mnt/to)" = "$(line_of box/x.iso)" ]
	cmp box/x.iso mnt/to
	grep -q 'FICLONE.* = 0$' trace
	not grep -q pwrite64 trace
}

@test "who opens a shared file for writing waits until we have given up" {
	mount_btrfs
	stopped_at ioctl 1 -b mnt x.iso mnt/to
	background sh -c 'echo more >>mnt/x.iso'
	writer=$!
	waits_for_lease "$writer"
	kill -CONT "$STOPPED"
	RC=0
	wait "${STARTED[0]}" || RC=$?
	[ "$RC" = 75 ]
	[ ! -e mnt/to ]
	wait "$writer"
}

@test "progress is drawn only on a terminal" {
	vm-import -p box/x.iso to 2>err
	[ ! -s err ]
	TERM=xterm script -qec "vm-import -p box/x.iso" typescript >shown
	grep -q 'MiB (.* %), [0-9.]* MiB/s [.]' shown
	# The line is as wide as the terminal; a dumb terminal gets no cursor
	# movements.
	TERM=xterm script -qec "stty cols 20; vm-import -p box/x.iso" typescript >shown
	tr '\r' '\n' <shown | sed -n 's/^\x1b\[K\(.* [.][.][.] [0-9]* s\)$/\1/p' >drawn
	[ "$(wc -L <drawn)" = 19 ]
	TERM=dumb script -qec "vm-import -p box/x.iso" typescript >shown
	not grep -q "$(printf '\033')" shown
}

@test "it needs less than 8 MiB of memory" {
	local from
	[ "${BUILD##*/}" != san ] || return 0
	truncate -s 100M big
	with_nbd file big
	for from in big nbd:sock; do
		rm -f to
		stopped_at fsync 1 "$from" to
		awk '/VmHWM/ { exit !($2 > 0 && $2 < 8192) }' "/proc/$STOPPED/status"
		go_on
		[ "$RC" = 0 ]
	done
}
