#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-netboot-http by SCGI, with the test's own table of neighbours; and behind
# the real lighttpd, configured with the lines of the man page.

load helper

TOKEN=00112233445566778899aabbccddeeff
OTHER=ffeeddccbbaa99887766554433221100
MAC=52-54-00-12-34-81

# The tests of this file share the services. Their user can enter this
# directory, but not that of a test.
setup_file() {
	requires_root
	NB=$(mktemp -d /tmp/vmedia.XXXXXX)
	export NB
	chmod 755 "$NB"
	cd "$NB" || return
	mkdir boot
	cat >table <<-TABLE
		IP address       HW type     Flags       HW address            Mask     Device
		127.0.0.1        0x1         0x2         52:54:00:12:34:81     *        tap0
		192.0.2.1        0x1         0x2         52:54:00:12:34:81     *        tap0
		192.0.2.2        0x1         0x2         52:54:00:12:34:82     *        tap0
		192.0.2.3        0x1         0x0         52:54:00:12:34:81     *        tap0
		192.0.2.4        0x1         0x2         52:54:00:12:34:81     *        eth1
	TABLE
	vm-netboot-http -N table -u nobody -s "$NB/sock" -i tap0 boot \
		>ready 2>>log 3>&- &
	echo $! >pid
	wait_until 20 test -s ready
	[ "$(cat ready)" = "$NB/sock" ]
	start_lighttpd
}
start_lighttpd() {
	PORT=$(free_port)
	export PORT
	mkdir empty
	{
		sed -n '/^server\.document-root/,/^\.Ed/s/^[^.]/&/p' \
			"$TOP/man/vm-netboot-http.8" |
			sed "s,/run/vm-netboot-http.sock,$NB/sock,; s,/var/empty,$NB/empty,
				s,192.0.2.1,127.0.0.1,; s/^server.port .*/server.port = $PORT/"
		echo "server.errorlog = \"$NB/errors\""
	} >lighttpd.conf
	lighttpd -D -f lighttpd.conf 3>&- &
	echo $! >>pid
	wait_until 20 curl -s -o /dev/null "http://127.0.0.1:$PORT/"
}
teardown_file() {
	local pid
	while read -r pid; do
		kill "$pid"
		wait_until 20 not kill -0 "$pid" 2>/dev/null
	done <"$NB/pid"
	cd /
	rm -rf "$NB"
}
setup() {
	cd "$NB" || return
	rm -rf boot/* nbd.sock other.sock other.ready
	: >log
	machine "$MAC" "$TOKEN"
	FILES=boot/$MAC/files
	echo "#!ipxe" >"$FILES/boot.ipxe"
	seq 100000 >"$FILES/kernel"
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 answer log errors || :
	cleanup
	# No message may ever contain a token.
	not grep -i -e "$TOKEN" -e "$OTHER" log
}

# machine NAME TOKEN: makes its directory.
machine() {
	mkdir -p "boot/$1/files"
	echo "$2" >"boot/$1/token"
}
# ask METHOD PATH [NAME:VALUE...]: prints the status; the rest is in ./answer.
ask() {
	"$TOP/t/upload/scgi" "$NB/sock" "$@" </dev/null >answer
	LC_ALL=C sed -n '1s/ .*//p;1q' answer
}
get() {
	ask GET "/$TOKEN/$1" "${@:2}"
}
# header NAME: prints that header of the answer.
header() {
	LC_ALL=C sed -n "2,/^\$/s/^$1: //p; /^\$/q" answer
}
body() {
	LC_ALL=C sed '1,/^$/d' answer
}
# quiet: was nothing logged?
quiet() {
	[ ! -s log ]
}
# said WORDS: waits for the only log line, which has WORDS; it comes a moment
# after the answer.
said() {
	wait_until 10 grep -qF -e "$1" log
	[ "$(wc -l <log)" = 1 ]
}

# --- files ----------------------------------------------------------------

@test "a file: its bytes, its length, and nothing is kept on the way" {
	[ "$(get kernel)" = 200 ]
	cmp <(body) "$FILES/kernel"
	[ "$(header content-length)" = "$(stat -c %s "$FILES/kernel")" ]
	[ "$(header accept-ranges)" = bytes ]
	[ "$(header cache-control)" = no-store ]
	[ -z "$(header content-range)" ]
	[ -z "$(header location)" ]
	[ "$(get kernel?x=y)" = 200 ]
	: >"$FILES/empty"
	[ "$(get empty)" = 200 ]
	[ "$(header content-length)" = 0 ]
	quiet
}

@test "HEAD: the same without the bytes, whatever Range says" {
	[ "$(ask HEAD "/$TOKEN/kernel" Range:bytes=1-2)" = 200 ]
	[ "$(header content-length)" = "$(stat -c %s "$FILES/kernel")" ]
	[ "$(header accept-ranges)" = bytes ]
	[ -z "$(body)" ]
	[ "$(ask HEAD "/$TOKEN/none")" = 404 ]
	[ "$(header content-length)" = 10 ]
	[ -z "$(body)" ]
}

@test "the type of a file is that of its name" {
	local name type
	while read -r name type; do
		touch "$FILES/$name"
		[ "$(get "$name")" = 200 ]
		[ "$(header content-type)" = "$type" ]
	done <<-TYPES
		boot.ipxe text/plain
		grub.cfg text/plain
		snponly.efi application/efi
		debian.iso application/vnd.efi-iso
		DEBIAN.ISO application/vnd.efi-iso
		disk.img application/vnd.efi-img
		vmlinuz application/octet-stream
		iso application/octet-stream
		x.iso.gz application/octet-stream
	TYPES
}

@test "firmware asks for //, and encodes what it likes" {
	[ "$(ask GET "//$TOKEN//boot.ipxe")" = 200 ]
	[ "$(ask GET "/$TOKEN///boot.ipxe")" = 200 ]
	[ "$(ask GET "/%300${TOKEN:2}/boot%2Eipxe")" = 200 ]
	[ "$(body)" = "#!ipxe" ]
}

@test "nothing outside of files is ever sent, and nothing is listed" {
	local path
	echo outside >boot/outside
	mkdir "$FILES/sub"
	echo hidden >"$FILES/.hidden"
	echo beneath >"$FILES/sub/file"
	mkfifo "$FILES/fifo"
	ln -s /dev/zero "$FILES/zero"
	for path in "" / // /. /.. /../token /..%2ftoken /%2e%2e/token /../../outside \
		/./boot.ipxe /boot.ipxe/ /boot.ipxe/x /sub /sub/ /sub/file /sub%2ffile \
		/.hidden /none /fifo /zero /boot.ipxe%00 /boot.ipxe%0a /% /%2 /%zz \
		/$TOKEN /$TOKEN/boot.ipxe "/boot.ipxe " /token "/$(printf %0200d 0)"; do
		echo "$path"
		[ "$(ask GET "/$TOKEN$path")" = 404 ]
		[ "$(body)" = "Not Found" ]
	done
	# The files may be missing, or the directory may be a link.
	rm -rf "$FILES"
	[ "$(get boot.ipxe)" = 404 ]
	ln -s "$NB" "$FILES"
	[ "$(get table)" = 404 ]
	quiet
}

@test "a file may be a link to one that is elsewhere" {
	ln -s "$NB/table" "$FILES/link"
	[ "$(get link)" = 200 ]
	cmp <(body) table
}

# other [ARG...]: starts another server, at other.sock.
other() {
	rm -f other.ready
	background vm-netboot-http -s "$NB/other.sock" "$@" boot >other.ready 2>>log
	wait_until 10 test -s other.ready
}
# ask_other METHOD PATH [NAME:VALUE...]: as ask.
ask_other() {
	"$TOP/t/upload/scgi" "$NB/other.sock" "$@" </dev/null >answer
	LC_ALL=C sed -n '1s/ .*//p;1q' answer
}

@test "a file may be a block device" {
	local loop
	seq 200000 | head -c 1M >disk.raw
	loop=$(losetup -f --show "$NB/disk.raw")
	ln -s "$loop" "$FILES/disk.img"
	other -N table -u root
	ask_other GET "/$TOKEN/disk.img" Range:bytes=1048000- >status
	losetup -d "$loop"
	[ "$(cat status)" = 206 ]
	[ "$(header content-range)" = "bytes 1048000-1048575/1048576" ]
	cmp <(body) <(tail -c 576 disk.raw)
}

# --- who ------------------------------------------------------------------

# refused [ASK...]: the request is refused, always with the same words.
refused() {
	[ "$(ask "$@")" = 403 ]
	[ -e refusal ] || cp answer refusal
	cmp answer refusal
}

@test "a stranger and a wrong token get the same answer" {
	rm -f refusal
	refused GET "/$TOKEN/boot.ipxe" @peer:192.0.2.9
	refused GET "/$TOKEN/boot.ipxe" @peer:192.0.2.2
	refused GET "/$TOKEN/boot.ipxe" @peer:192.0.2.3
	refused GET "/$TOKEN/boot.ipxe" @peer:192.0.2.4
	refused GET "/$TOKEN/boot.ipxe" @peer:::1
	refused GET "/$TOKEN/boot.ipxe" @peer:2001:db8::192.0.2.1
	refused GET "/$TOKEN/boot.ipxe" @peer:
	refused GET "/$OTHER/boot.ipxe"
	refused GET "/${TOKEN}0/boot.ipxe"
	refused GET "/${TOKEN%f}/boot.ipxe"
	refused GET "/$TOKEN%/boot.ipxe"
	refused GET "/$TOKEN%2fboot.ipxe"
	refused GET "/boot.ipxe"
	refused GET /
	refused GET "/$OTHER/done"
	# They do not learn either which files exist, or which methods are
	# allowed.
	refused GET "/$OTHER/none"
	refused PUT "/$OTHER/boot.ipxe"
	refused POST "/$OTHER/done"
	refused GET "/$OTHER/kernel" Range:bytes=0-0
	touch "boot/$MAC/done"
	refused GET "/$OTHER/boot.ipxe"
	quiet
	[ "$(ask HEAD "/$OTHER/boot.ipxe")" = 403 ]
	[ -z "$(body)" ]
}

@test "a machine has its own files, or those of any" {
	machine any "$OTHER"
	echo everybody >boot/any/files/boot.ipxe
	[ "$(ask GET "/$OTHER/boot.ipxe" @peer:192.0.2.2)" = 200 ]
	[ "$(body)" = everybody ]
	# That is neither for a machine with its own files, nor for an address
	# that is not a neighbour.
	[ "$(ask GET "/$OTHER/boot.ipxe")" = 403 ]
	[ "$(ask GET "/$OTHER/boot.ipxe" @peer:192.0.2.9)" = 403 ]
	machine 52-54-00-12-34-82 "$OTHER"
	[ "$(ask GET "/$OTHER/boot.ipxe" @peer:192.0.2.2)" = 404 ]
}

@test "IPv4 in IPv6 is IPv4" {
	[ "$(get boot.ipxe @peer:::ffff:192.0.2.1)" = 200 ]
	[ "$(get boot.ipxe @peer:::ffff:192.0.2.9)" = 403 ]
}

@test "the table and the directory are read again at each request" {
	cp table kept
	[ "$(get boot.ipxe @peer:192.0.2.7)" = 403 ]
	sed 's/192\.0\.2\.2 /192.0.2.7 /; s/:82/:81/' kept >table
	[ "$(get boot.ipxe @peer:192.0.2.7)" = 200 ]
	cp kept table
	[ "$(get boot.ipxe @peer:192.0.2.7)" = 403 ]
	echo "$OTHER" >"boot/$MAC/token"
	[ "$(get boot.ipxe)" = 403 ]
	[ "$(ask GET "/$OTHER/boot.ipxe")" = 200 ]
}

@test "a machine whose token cannot be used gets nothing, and one line says so" {
	local bad
	for bad in "" short "${TOKEN}0" "${TOKEN%f}g" "$TOKEN x" "$TOKEN"$'\n\n'; do
		: >log
		printf '%s' "$bad" >"boot/$MAC/token"
		[ "$(ask GET //boot.ipxe)" = 403 ]
		said "unable to use $MAC/token: it must be 32 hexadecimal digits"
	done
	: >log
	rm "boot/$MAC/token"
	[ "$(get boot.ipxe)" = 403 ]
	said "unable to read $MAC/token: No such file"
	: >log
	echo "$TOKEN" >token
	ln -s ../../token "boot/$MAC/token"
	[ "$(get boot.ipxe)" = 403 ]
	said "unable to read $MAC/token: Too many levels of symbolic links"
	: >log
	mv "boot/$MAC" boot/elsewhere
	rm boot/elsewhere/token
	echo "$TOKEN" >boot/elsewhere/token
	ln -s elsewhere "boot/$MAC"
	[ "$(get boot.ipxe)" = 403 ]
	said "unable to open $MAC: Not a directory"
}

# --- methods, done --------------------------------------------------------

@test "other methods: 405, and which there are" {
	local method
	for method in POST PUT DELETE OPTIONS PATCH get; do
		[ "$(ask $method "/$TOKEN/boot.ipxe")" = 405 ]
		[ "$(header allow)" = "GET, HEAD" ]
	done
	[ "$(ask PUT "/$TOKEN/done")" = 405 ]
	[ "$(header allow)" = "GET, HEAD, POST" ]
}

@test "done: 204, with and without a body, before and after it counts" {
	[ "$(get "done")" = 204 ]
	[ -z "$(header content-length)" ]
	[ -z "$(body)" ]
	[ "$(ask POST "/$TOKEN/done")" = 204 ]
	echo "it works" | "$TOP/t/upload/scgi" "$NB/sock" POST "/$TOKEN/done" >answer
	grep -qx "204 No Content" answer
	# `done` is never a file.
	echo x >"$FILES/done"
	[ "$(get "done")" = 204 ]
	[ ! -e "boot/$MAC/done" ]
	touch "boot/$MAC/done"
	[ "$(ask POST "/$TOKEN/done")" = 204 ]
}

@test "who has booted gets exit, and nothing else" {
	touch "boot/$MAC/done"
	[ "$(get boot.ipxe)" = 200 ]
	cmp <(body) <(printf '#!ipxe\nexit\n')
	[ "$(header content-length)" = 12 ]
	[ "$(get kernel)" = 404 ]
	[ "$(get boot.ipxe Range:bytes=7-8)" = 206 ]
	[ "$(body)" = ex ]
	# Also without a script, and if `done` is a broken link.
	rm -rf "$FILES" "boot/$MAC/done"
	ln -s nowhere "boot/$MAC/done"
	[ "$(get boot.ipxe)" = 200 ]
	quiet
}

# --- ranges ---------------------------------------------------------------

@test "a range: 206 and its bytes" {
	local range want
	printf 0123456789 >"$FILES/ten"
	while read -r range want; do
		[ "$(get ten "Range:bytes=$range")" = 206 ]
		[ "$(body)" = "$want" ]
		[ "$(header content-length)" = ${#want} ]
		[[ $(header content-range) == "bytes ${want:0:1}-${want: -1}/10" ]]
		[ "$(header accept-ranges)" = bytes ]
	done <<-RANGES
		0-0 0
		2-5 2345
		7- 789
		7-99 789
		-3 789
		-99 0123456789
		0-99999999999999999999999999 0123456789
	RANGES
}

@test "a range outside: 416 and the size" {
	local range
	printf 0123456789 >"$FILES/ten"
	for range in 10- 10-11 -0 99999999999999999999999-; do
		[ "$(get ten "Range:bytes=$range")" = 416 ]
		[ "$(header content-range)" = "bytes */10" ]
		[ "$(header content-length)" = 0 ]
		[ -z "$(body)" ]
	done
}

@test "several ranges, a malformed one, and If-Range: the whole" {
	local value
	printf 0123456789 >"$FILES/ten"
	for value in bytes=0-1,3-4 bytes=5-2 bytes=- bytes=x bytes items=0-1 "bytes= 0-1"; do
		[ "$(get ten "Range:$value")" = 200 ]
		[ "$(body)" = 0123456789 ]
		[ -z "$(header content-range)" ]
	done
	[ "$(get ten Range:bytes=0-1 'If-Range:"tag"')" = 200 ]
	[ "$(get ten Range:bytes=99- 'If-Range:Sun, 29 Nov 2026 00:00:00 GMT')" = 200 ]
	[ "$(body)" = 0123456789 ]
}

# --- NBD ------------------------------------------------------------------

# serve_nbd ARG...: starts nbdkit with the image, at nbd.sock.
serve_nbd() {
	rm -f nbd.sock
	background nbdkit -f -U "$NB/nbd.sock" "$@" 2>/dev/null
	wait_until 20 test -S nbd.sock
	chmod 666 nbd.sock
	ln -sf "$NB/nbd.sock" "$FILES/debian.iso"
}
# serve_silently: starts a server that never answers a read.
serve_silently() {
	rm -f nbd.sock
	cat >silent.py <<-'PYTHON'
		import socket
		s = socket.socket(socket.AF_UNIX)
		s.bind("nbd.sock")
		s.listen(200)
		kept = []
		while True:
		    c, _ = s.accept()
		    kept.append(c)
		    c.sendall(b"NBDMAGICIHAVEOPT\0\3")
		    c.recv(20)
		    c.sendall((1 << 20).to_bytes(8, "big") + b"\0\1")
	PYTHON
	background python3 silent.py
	wait_until 20 test -S nbd.sock
	chmod 666 nbd.sock
	ln -sf "$NB/nbd.sock" "$FILES/debian.iso"
}
# children: prints the number of the server's children.
children() {
	pgrep -c -P "$(head -n 1 "$NB/pid")"
}

@test "an NBD server: whole, range and size" {
	head -c 3000320 /dev/urandom >image
	chmod 644 image
	fetch
	[ "$(get debian.iso)" = 200 ]
	cmp <(body) image
	[ "$(header content-length)" = 3000320 ]
	[ "$(header content-type)" = application/vnd.efi-iso ]
	[ "$(get debian.iso Range:bytes=262143-524290)" = 206 ]
	cmp <(body) <(tail -c +262144 image | head -c 262148)
	[ "$(get debian.iso Range:bytes=-1)" = 206 ]
	cmp <(body) <(tail -c 1 image)
	[ "$(ask HEAD "/$TOKEN/debian.iso")" = 200 ]
	[ "$(header content-length)" = 3000320 ]
	[ "$(get debian.iso Range:bytes=3000320-)" = 416 ]
	quiet
}

@test "an NBD server that is not there, or is none: 503, come again" {
	ln -s "$NB/none.sock" "$FILES/debian.iso"
	[ "$(get debian.iso)" = 503 ]
	[ "$(header retry-after)" = 2 ]
	said "unable to open $MAC/files/debian.iso: No such file"
	: >log
	# A killed server leaves its socket.
	rm -f nbd.sock
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("nbd.sock")'
	chmod 666 nbd.sock
	ln -sf "$NB/nbd.sock" "$FILES/debian.iso"
	[ "$(ask HEAD "/$TOKEN/debian.iso")" = 503 ]
	[ -z "$(body)" ]
	said "unable to open $MAC/files/debian.iso: Connection refused"
	: >log
	rm nbd.sock
	listen_silently nbd.sock
	chmod 666 nbd.sock
	[ "$(get debian.iso)" = 503 ]
	said "unable to open $MAC/files/debian.iso: Connection timed out"
	: >log
	ln -sf "$NB/sock" "$FILES/debian.iso"
	chmod 666 sock
	[ "$(get debian.iso)" = 503 ]
	said "unable to open $MAC/files/debian.iso: "
}

@test "a file that its user may not read: 503, and one line" {
	chmod 600 "$FILES/kernel"
	[ "$(get kernel)" = 503 ]
	said "unable to open $MAC/files/kernel: Permission denied"
}

# fetch: vm-fetchd serves the file `image`, for the server's user.
fetch() {
	background vm-fetchd -u nobody -U "$NB/nbd.sock" "$NB/image" >fetchd.at
	wait_until 30 test -s fetchd.at
	chown nobody nbd.sock
	ln -s "$NB/nbd.sock" "$FILES/debian.iso"
}
# half: serves an image of 1 MiB, whose second half cannot be read.
half() {
	# shellcheck disable=SC2016 # for nbdkit
	serve_nbd eval get_size='echo 1048576' pread='
		[ $4 -lt 524288 ] || { echo EIO broken >&2; exit 1; }
		head -c $3 /dev/zero'
}

@test "a source that fails in the middle ends the answer short, and says one line" {
	half
	[ "$(get debian.iso)" = 200 ]
	[ "$(header content-length)" = 1048576 ]
	[ "$(body | wc -c)" = 524288 ]
	said "unable to read $MAC/files/debian.iso at byte 524288: Input/output error"
}

@test "a client that goes away ends its process, also while a source waits" {
	serve_silently
	get debian.iso @cut:yes
	wait_until 10 not children
	quiet
	# The same for a client that does not read.
	truncate -s 100M "$FILES/large"
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect("sock")
head = b"REQUEST_METHOD\0GET\0REQUEST_URI\0" + sys.argv[1].encode() + b"\0REMOTE_ADDR\x00192.0.2.1\0"
s.sendall(b"%d:%s," % (len(head), head))
assert s.recv(100).startswith(b"Status: 200")
time.sleep(0.5)' "/$TOKEN/large"
	wait_until 10 not children
	quiet
}

@test "2000 odd requests: what is elsewhere is never sent" {
	echo elsewhere >boot/secret
	echo elsewhere >"boot/$MAC/secret"
	machine any "$OTHER"
	echo elsewhere >boot/any/files/secret
	python3 - "$TOKEN" "$OTHER" <<-'PYTHON'
		import collections, random, socket, sys
		random.seed(46)
		token, other = sys.argv[1:]
		parts = ["/", "//", ".", "..", "%2e", "%2F", "%00", "%", "secret", "boot.ipxe", "kernel",
		    "token", "files", "any", token, other, "\\", ";", "+", "a" * 200, "\xff", "done"]
		numbers = ["", "0", "9", "99999999", "18446744073709551616", "x", "-", ",", " 1"]
		seen = collections.Counter()
		for i in range(2000):
		    path = "".join(random.choices(parts, k=random.choice([1, 1, 2, 4, 8])))
		    path = random.choice(["/", "/" + token + "/", "//" + token + "//", "/" + token]) + path
		    # Some are right but for their range.
		    path = path if i % 4 else f"/{token}/kernel"
		    head = {"REQUEST_METHOD": random.choice(["GET"] * 6 + ["HEAD", "POST", "PUT", "\x01"]),
		        "REQUEST_URI": path, "REMOTE_ADDR": random.choice(["192.0.2.1"] * 5 + ["192.0.2.9", "x"]),
		        "HTTP_RANGE": random.choice(["bytes=", "bytes=", ""]) + "-".join(random.choices(numbers, k=random.choice([1, 2, 2, 3])))}
		    head = "".join(f"{k}\0{v}\0" for k, v in head.items()).encode("latin-1")
		    s = socket.socket(socket.AF_UNIX)
		    s.connect("sock")
		    s.sendall(b"%d:%s," % (len(head), head))
		    answer = b""
		    while part := s.recv(65536):
		        answer += part
		    assert answer.startswith(b"Status: ") and b"elsewhere" not in answer, (head, answer)
		    assert token.encode() not in answer and other.encode() not in answer
		    seen[answer[8:11]] += 1
		print(seen)
		assert set(seen) == {b"200", b"204", b"206", b"403", b"404", b"405", b"416"}
	PYTHON
	[ "$(get boot.ipxe)" = 200 ]
	wait_until 10 not children
	quiet
}

# --- behind a web server --------------------------------------------------

web() {
	curl -s -S -f "$@"
}
url() {
	echo "http://127.0.0.1:$PORT/$TOKEN/$1"
}

@test "lighttpd takes the lines of the page" {
	grep -q stream-response-body lighttpd.conf
	lighttpd -tt -f lighttpd.conf
}

@test "behind lighttpd: whole, ranges, HEAD and //" {
	web -D head "$(url kernel)" | cmp - "$FILES/kernel"
	grep -i "^content-length: $(stat -c %s "$FILES/kernel")" head
	grep -i "^accept-ranges: bytes" head
	grep -i "^cache-control: no-store" head
	not grep -i -e "^transfer-encoding" -e "^location" head
	web -r 100-199 -D head "$(url kernel)" |
		cmp - <(tail -c +101 "$FILES/kernel" | head -c 100)
	grep "^HTTP/1.1 206" head
	web -r -7 "$(url kernel)" | cmp - <(tail -c 7 "$FILES/kernel")
	web -r 0-1,5-6 -D head "$(url kernel)" | cmp - "$FILES/kernel"
	grep "^HTTP/1.1 200" head
	web -I -r 1-2 "$(url kernel)" >heads
	grep -i "^content-length: $(stat -c %s "$FILES/kernel")" heads
	[ "$(curl -s -o body -w '%{http_code} %{size_download}' -r 999999999- \
		"$(url kernel)")" = "416 0" ]
	web --path-as-is "http://127.0.0.1:$PORT//$TOKEN//boot.ipxe" |
		cmp - "$FILES/boot.ipxe"
	# Two requests on one connection.
	web "$(url boot.ipxe)" "$(url kernel)" |
		cmp - <(cat "$FILES/boot.ipxe" "$FILES/kernel")
	[ "$(curl -s -w '%{http_code}' -d '' "$(url "done")")" = 204 ]
	[ "$(curl -s -w '%{http_code}' -d 'with words' "$(url "done")")" = 204 ]
	[ "$(curl -s -w '%{http_code}' "$(url "done")")" = 204 ]
}

@test "behind lighttpd: the end of 5 GiB" {
	truncate -s 5G "$FILES/large.iso"
	echo -n end | dd of="$FILES/large.iso" bs=1 seek=5368709117 conv=notrunc status=none
	web -I "$(url large.iso)" | grep -i "^content-length: 5368709120"
	[ "$(web -r 5368709117- -D head "$(url large.iso)")" = end ]
	grep -i "^content-range: bytes 5368709117-5368709119/5368709120" head
	[ "$(web -r -3 "$(url large.iso)")" = end ]
	# A client that reads a part and leaves, leaves no process behind.
	web "$(url large.iso)" | head -c 10M | cmp -n 10485760 - /dev/zero
	wait_until 10 not children
	rm "$FILES/large.iso"
}

@test "behind lighttpd: 20 machines at once read one NBD server" {
	local i pids=()
	head -c 20M /dev/urandom >image
	chmod 644 image
	fetch
	sha256sum <image >want
	for i in $(seq 20); do
		web "$(url debian.iso)" 3>&- | sha256sum >"sum.$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in $(seq 20); do
		cmp "sum.$i" want
	done
	web -r 1000000-1000009 "$(url debian.iso)" |
		cmp - <(tail -c +1000001 image | head -c 10)
	wait_until 10 not children
	quiet
}

@test "behind lighttpd: refusals are alike" {
	local path
	for path in / /boot.ipxe "/$OTHER/boot.ipxe" "/$OTHER/none" "/${TOKEN}0/x" "/$TOKEN%/x" \
		/../x /%2e%2e/x; do
		curl -s -i --path-as-is "http://127.0.0.1:$PORT$path" |
			grep -vi "^date:" >refused
		grep "^HTTP/1.1 403" refused
		[ -e first ] || cp refused first
		cmp refused first
	done
	rm first
}

@test "behind lighttpd: what breaks in the middle is no whole file" {
	half
	run -18 curl -s -o got "$(url debian.iso)"
	[ "$(stat -c %s got)" -le 524288 ]
	said "unable to read"
	rm "$FILES/debian.iso"
	ln -s nowhere "$FILES/debian.iso"
	[ "$(curl -s -o /dev/null -D head -w '%{http_code}' "$(url debian.iso)")" = 503 ]
	grep -i "^retry-after: 2" head
}

# --- the command ----------------------------------------------------------

@test "too many requests at once: 503" {
	local i pids=()
	serve_silently
	# These requests have begun their answers, and do not count as waiting
	# any more.
	for i in $(seq 70); do
		curl -s -o /dev/null "$(url debian.iso)" 3>&- &
		pids+=($!)
	done
	reading() {
		[ "$(children)" -ge 70 ]
	}
	wait_until 20 reading
	[ "$(get boot.ipxe)" = 200 ]
	for i in $(seq 66); do
		curl -s -o /dev/null "$(url debian.iso)" 3>&- &
		pids+=($!)
	done
	is_full() {
		[ "$(get kernel)" = 503 ]
	}
	wait_until 20 is_full
	[ "$(header retry-after)" = 2 ]
	[ "$(ask HEAD "/$TOKEN/kernel")" = 200 ]
	kill "${pids[@]}"
	wait_until 20 not children
	[ "$(get boot.ipxe)" = 200 ]
}

@test "without -i any adapter counts" {
	[ "$(get boot.ipxe @peer:192.0.2.4)" = 403 ]
	other -N table -u nobody
	[ "$(ask_other GET "/$TOKEN/boot.ipxe" @peer:192.0.2.4)" = 200 ]
}

@test "the kernel's own table" {
	local net=vm-$$
	machine 02-00-00-00-00-09 "$TOKEN"
	echo found >boot/02-00-00-00-00-09/files/boot.ipxe
	ip netns add "$net"
	ip -n "$net" link add ask type veth peer name net
	ip -n "$net" link set ask up
	ip -n "$net" address add 192.0.2.1/24 dev ask
	ip -n "$net" neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev ask
	ip -n "$net" neighbour add 192.0.2.8 nud incomplete dev ask || :
	background ip netns exec "$net" vm-netboot-http -u nobody -i ask \
		-s "$NB/other.sock" boot >other.ready
	wait_until 10 test -s other.ready
	ip netns del "$net"
	[ "$(ask_other GET "/$TOKEN/boot.ipxe" @peer:192.0.2.9)" = 200 ]
	[ "$(body)" = found ]
	[ "$(ask_other GET "/$TOKEN/boot.ipxe" @peer:192.0.2.8)" = 403 ]
	# This machine's own address is not that of a neighbour.
	[ "$(ask_other GET "/$TOKEN/boot.ipxe" @peer:192.0.2.1)" = 403 ]
}

@test "the group of the web server may connect, and others may not" {
	other -N table -u nobody -g daemon
	[ "$(stat -c %a,%G other.sock)" = 660,daemon ]
}

@test "wrong words, and what is not there" {
	run -64 vm-netboot-http
	run -64 vm-netboot-http boot more
	run -64 vm-netboot-http -n boot
	[[ $(vm-netboot-http -h) == "usage: vm-netboot-http"* ]]
	[[ $(vm-netboot-http -V) == "vm-netboot-http "* ]]
	fails 66 vm-netboot-http -u nobody -s other.sock none
	fails 66 vm-netboot-http -u nobody -s other.sock table
	fails 66 vm-netboot-http -u nobody -s other.sock -N none boot
	fails 67 vm-netboot-http -u nobody-here -s other.sock boot
	fails 67 vm-netboot-http -u nobody -g no-such-group -s other.sock boot
	fails 73 vm-netboot-http -u nobody -s none/sock boot
	fails 75 vm-netboot-http -u nobody -s "$NB/sock" boot
}
