#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd with an image on this machine; with an overlay, which keeps the
# writes to any image; and with a link that expires and is renewed.
# run: alone

load helper
load servers

setup() {
	own_directory
	head -c $((5 * MIB)) /dev/urandom >image
}

uri() {
	echo "nbd+unix:///?socket=$SOCK"
}
kill_fetchd() {
	kill -KILL "$FETCHD"
	wait "$FETCHD" || :
	wait_until 5 is_gone # nbdkit still listens for a moment
}
is_gone() {
	[ -z "$(nbdkits)" ]
}

@test "local: a file by its path and by its URL, whatever its name" {
	mkdir 'a b'
	cp image 'a b/c%20d?e'
	start_fetchd "$PWD/a b/c%20d?e"
	nbdread -p -n 200 -f image "$SOCK"
	stop_fetchd
	start_fetchd "file://$PWD/a%20b/c%2520d%3fe"
	nbdcopy "$(uri)" copy
	cmp copy image
}

@test "local: a file that only its user can read is served by another user" {
	requires_root
	chmod 600 image
	start_fetchd "$PWD/image"
	nbdread -f image "$SOCK" 0 $MIB
}

@test "local: size= takes the first bytes of a block device, and all of a file" {
	requires_root
	loop=$(losetup -f --show image) || skip "needs a loop device"
	start_fetchd "$loop" size=3000320
	nbdcopy "$(uri)" copy
	stop_fetchd
	cmp copy <(head -c 3000320 image)
	refused 65 "$loop" "smaller than the image" size=6M
	losetup -d "$loop"
	start_fetchd "$PWD/image" size=3000320
	nbdcopy "$(uri)" copy
	cmp copy image
}

@test "raw=1: the bytes are served as they are, also of what is no image, or compressed" {
	{
		head -c 514 /dev/zero
		printf HdrS
		head -c 3001 /dev/urandom
	} >kernel
	refused 65 "$PWD/kernel" "a Linux kernel"
	start_fetchd "$PWD/kernel" raw=1
	nbdcopy "$(uri)" copy
	cmp copy kernel
	stop_fetchd
	gzip <image >image.gz
	start_fetchd "$PWD/image.gz" raw=1
	nbdcopy "$(uri)" copy
	cmp copy image.gz
}

@test "local: what is no image file is refused" {
	refused 66 "$PWD/nothing" "No such file"
	refused 65 / "neither a file"
	refused 64 "file://elsewhere/image" "not an http"
	: >empty
	refused 65 "$PWD/empty" "empty"
}

@test "local: a change of the file is noticed, and written data is there" {
	start_fetchd "$PWD/image" writable=1
	head -c $((5 * MIB)) /dev/urandom >new
	nbdcopy new "$(uri)" --flush
	cmp new image
	stop_fetchd
	start_fetchd "$PWD/image" cache=4M
	cp image copy
	echo x | dd of=image conv=notrunc status=none
	wait_until 20 grep_after_read "the image changed"
}

@test "local: an image with an incomplete last sector is not written to" {
	truncate -s 1000 image
	refused 65 "$PWD/image" "1000 bytes: pad it with zeros (truncate -s 1024)" writable=1
	truncate -s 1024 image
	start_fetchd "$PWD/image" writable=1
}

@test "overlay: written data is read back, also after a kill; the image is unchanged" {
	cp image before
	head -c $((5 * MIB)) /dev/urandom >new
	start_hostile image
	start_fetchd "$HOSTILE/ok/x" overlay=over
	nbdcopy new "$(uri)"
	nbdread -p -n 200 -f new "$SOCK"
	kill_fetchd
	start_fetchd "$HOSTILE/ok/x" overlay=over
	nbdcopy "$(uri)" copy
	cmp copy new
	cmp image before
}

@test "overlay: writes above its limit fail, with a message" {
	start_hostile image
	start_fetchd "$HOSTILE/ok/x" overlay=over overlay-size=2M
	run ! nbdcopy image "$(uri)"
	[[ $output = *"No space left"* ]]
	# nbdcopy disconnects with requests under way; see t/10-fetchd.bats.
	wait_until 10 nbdread -f image "$SOCK" 0 $((5 * MIB))
}

@test "overlay: of another image, in use, or not an overlay file: refused" {
	start_hostile image
	start_fetchd "$HOSTILE/ok/x" overlay=over
	fails 75 vm-fetchd -U other "$HOSTILE/ok/x" overlay=over
	grep -q "another process" stderr
	stop_fetchd
	refused 65 "$HOSTILE/ok/y" "another image" overlay=over
	echo hello >over
	refused 65 "$HOSTILE/ok/x" "not a vmedia overlay file" overlay=over
	[ "$(cat over)" = hello ]
	refused 73 "$HOSTILE/ok/x" "unable to open overlay" \
		overlay=/none/over
}

@test "overlay: flushed data survives a kill of nbdkit" {
	start_fetchd "$PWD/image" overlay=over
	qemu-io -t unsafe -f raw -c "write -P 0xaa 0 64k" "$(uri)"
	restart_nbdkit
	qemu-io -f raw -c "write -P 0xbb 1M 64k" -c flush "$(uri)"
	kill_fetchd
	sed -i 's/^boot: ./boot: X/' over # as if written in another boot
	start_fetchd "$PWD/image" overlay=over
	qemu-io -f raw -c "read -P 0xaa 0 64k" -c "read -P 0xbb 1M 64k" "$(uri)" |
		awk '/verification failed/ { bad = 1 } { print } END { exit bad }'
}
# restart_nbdkit [SIGNAL]
restart_nbdkit() {
	local pid
	pid=$(nbdkits)
	kill "-${1:-9}" "$pid"
	wait_until 10 another_than "$pid"
	wait_until 10 nbdinfo --size "$(uri)"
}

@test "overlay: if its file is cut, reads fail and give no zeros" {
	start_fetchd "$PWD/image" overlay=over
	qemu-io -f raw -c "write -P 3 0 4k" "$(uri)"
	truncate -s 0 over
	run -1 nbdread "$SOCK" 0 4096
}

@test "overlay: under a smaller limit the blocks that exist stay writable" {
	start_fetchd "$PWD/image" overlay=over overlay-size=64K
	qemu-io -f raw -c "write -P 1 0 64k" "$(uri)"
	stop_fetchd
	start_fetchd "$PWD/image" overlay=over overlay-size=32K
	qemu-io -f raw -c "write -P 2 0 64k" "$(uri)"
}

@test "overlay: reopening one of 1 TiB takes no more memory" {
	truncate -s 1T huge
	start_fetchd "$PWD/huge" overlay=over
	qemu-io -f raw -c "write -P 1 999G 64k" "$(uri)"
	stop_fetchd
	start_fetchd "$PWD/huge" overlay=over
	qemu-io -f raw -c "read -P 1 999G 64k" "$(uri)"
	[ "$(awk '/^VmRSS/ { print $2 }' "/proc/$(nbdkits)/status")" -lt 60000 ]
}

@test "overlay: over an image that cannot be recognised again: 65" {
	start_hostile image
	refused 65 "$HOSTILE/no-validator/x" "neither an ETag nor a date" overlay=over
	[ ! -e over ]
}

@test "local: a restarted nbdkit does not take our writes for a changed image" {
	start_fetchd "$PWD/image" writable=1
	qemu-io -f raw -c "write -P 7 0 64k" -c flush "$(uri)"
	restart_nbdkit
	qemu-io -f raw -c "read -P 7 0 64k" "$(uri)"
}

@test "local: a FIFO is refused without waiting" {
	mkfifo fifo
	refused 65 "$PWD/fifo" "neither a file"
	refused 65 / "neither a file" writable=1
}

@test "overlay: the export names its overlay, so that another one is not accepted" {
	start_hostile image
	start_fetchd "$HOSTILE/ok/x" overlay=over
	nbdinfo "$(uri)" >first
	grep -q 'overlay: [0-9a-f]\{32\}' first
	stop_fetchd
	rm over
	start_fetchd "$HOSTILE/ok/x" overlay=over
	nbdinfo "$(uri)" >second
	not cmp <(grep overlay: first) <(grep overlay: second)
}

# start_signed: starts nginx; its link works while the file link.SECRET exists.
start_signed() {
	mkdir -p root
	cp image root/image
	touch "root/link.$1"
	make_cert server
	start_nginx "location = /image {
		if (!-f \$document_root/link.\$arg_sig) { return 403; } }"
}

@test "renew: an expired link is replaced under a live export" {
	start_signed first
	echo "$HTTPS/image?sig=first" >link
	start_fetchd url=+link cacert=ca.pem cache=4M
	nbdread -f image "$SOCK" 0 1000
	mv root/link.first root/link.second
	run -1 nbdread "$SOCK" $((4 * MIB)) 4096
	wait_until 10 grep -q "403" fetchd.err
	echo "$HTTPS/image?sig=second" >link
	kill -USR1 "$FETCHD"
	wait_until 5 grep -q "the URL was renewed" fetchd.err
	nbdread -f image "$SOCK" 0 $((5 * MIB))
	not grep -q "first\|second" fetchd.err
}

@test "renew: a link to another image, or to nothing, is refused" {
	start_signed first
	head -c 10000 /dev/urandom >root/other
	echo "$HTTPS/image?sig=first" >link
	start_fetchd url=+link cacert=ca.pem cache=4M
	echo "$HTTPS/other?sig=first" >link
	kill -USR1 "$FETCHD"
	wait_until 5 grep -q \
		"unable to renew the URL: it is another image, of 10000 bytes" fetchd.err
	echo "$HTTPS/none?sig=first" >link
	kill -USR1 "$FETCHD"
	wait_until 5 grep -q "unable to renew the URL: no such image" fetchd.err
	not grep -q "note: the URL was renewed" fetchd.err
	rm link
	kill -USR1 "$FETCHD"
	wait_until 5 grep -q "unable to read the URL from link" fetchd.err
	# A refused URL is not kept for a restarted nbdkit.
	echo "$HTTPS/image?sig=first" >link
	restart_nbdkit
	nbdread -f image "$SOCK" 0 $((5 * MIB))
}

@test "renew: another path of the image, a new password and a new token" {
	local step
	mkdir new
	start_hostile image
	echo "$HOSTILE/auth/joe/one/token/uno/x" >new/url
	echo joe >new/user
	echo one >new/password
	echo "X-Token: uno" >new/header
	start_fetchd url=+new/url user=+new/user password=+new/password \
		header=+new/header renew="$PWD/new" cache=4M
	nbdread -d "$SOCK" >before
	nbdread -f image "$SOCK" 0 1000
	echo "$HOSTILE/auth/jim/two/token/dos/y" >new/url
	# The new place refuses the old token.
	printf jim >new/user
	printf two >new/password
	kill -USR1 "$FETCHD"
	wait_until 5 grep -q "unable to renew the URL: the server forbids it" fetchd.err
	nbdread -f image "$SOCK" $((2 * MIB)) 1000
	echo "X-Token: dos" >new/header
	for step in live restarted; do
		kill -USR1 "$FETCHD"
		wait_until 5 grep -q "note: the URL was renewed" fetchd.err
		: >log
		[ $step = live ] || restart_nbdkit
		nbdread -f image "$SOCK" 0 $((5 * MIB))
		grep -q "GET /auth/jim/two/token/dos/y .*auth=jim token=sent status=206" log
		not grep -q "GET /auth/joe" log
	done
	# The export keeps the description by which clients recognize it.
	nbdread -d "$SOCK" | diff before -
}

@test "renew: a token or a certificate that was not there before" {
	mkdir new root
	cp image root/image
	make_cert server
	make_cert one
	make_cert two
	start_nginx "ssl_client_certificate $PWD/ca.pem; ssl_verify_client on;" \
		"location = /a { alias $PWD/root/image;
			if (\$ssl_client_s_dn != CN=one) { return 403; } }" \
		"location = /b { alias $PWD/root/image;
			if (\$ssl_client_s_dn != CN=two) { return 403; }
			if (\$http_x_token != dos) { return 403; } }"
	echo "$HTTPS/a" >new/url
	start_fetchd url=+new/url cacert=ca.pem cert=one.pem key=one.key \
		renew="$PWD/new" cache=4M
	nbdread -f image "$SOCK" 0 1000
	echo "$HTTPS/b" >new/url
	cp two.pem new/cert
	cp two.key new/key
	echo "X-Token: dos" >new/header
	kill -USR1 "$FETCHD"
	wait_until 5 grep -q "note: the URL was renewed" fetchd.err
	nbdread -f image "$SOCK" 0 $((5 * MIB))
	grep -q 'GET /b HTTP/1.1" 206' nginx/access
	restart_nbdkit
	nbdread -f image "$SOCK" 0 $((5 * MIB))
}

@test "renew: a restarted nbdkit uses the new link" {
	start_signed first
	echo "$HTTPS/image?sig=first" >link
	start_fetchd url=+link cacert=ca.pem cache=4M
	mv root/link.first root/link.second
	echo "$HTTPS/image?sig=second" >link
	kill -USR1 "$FETCHD"
	wait_until 5 grep -q "note: the URL was renewed" fetchd.err
	restart_nbdkit
	nbdread -f image "$SOCK" 0 $((5 * MIB))
	# The next renewal works, whatever the result of the one before was.
	restart_nbdkit TERM
	mv root/link.second root/link.third
	echo "$HTTPS/image?sig=third" >link
	kill -USR1 "$FETCHD"
	wait_until 5 renewed_twice
	nbdread -f image "$SOCK" 0 $((5 * MIB))
}
renewed_twice() {
	wait_until 10 said_times 2 "note: the URL was renewed"
}

@test "renew: a FIFO as the link's file, or endless requests, do not block vm-fetchd" {
	local i
	echo "file://$PWD/image" >link
	start_fetchd url=+link
	rm link
	mkfifo link
	kill -USR1 "$FETCHD"
	wait_until 5 grep -q "unable to read the URL" fetchd.err
	rm link
	echo "file://$PWD/image" >link
	kill -STOP "$(nbdkits)"
	for ((i = 0; i < 1000; i++)); do
		kill -USR1 "$FETCHD"
	done
	timeout 3 tail --pid="$FETCHD" -f /dev/null &
	kill "$FETCHD"
	wait $!
}

# --- requests --------------------------------------------------------------

# parameters: prints the names of vm-fetchd's parameters.
parameters() {
	sed -n 's/^    {"\([a-z0-9-]*\)", PASS_.*/\1/p' "$TOP/lib/fetchd/parameters.c"
}
# passed REQUEST [OPTION...]: prints nbdkit's parameters for this request, as
# NAME=VALUE. A value that is passed by descriptor is read from there.
passed() {
	mkdir -p bin
	rm -f got
	cat >bin/nbdkit <<-'END'
		#!/usr/bin/env python3
		import re, sys, time
		with open('got', 'w') as out:
		    for name, value in (a.split('=', 1) for a in sys.argv if '=' in a):
		        if re.match('-[0-9]+$', value):
		            value = open('/proc/self/fd/' + value[1:]).read()
		        elif value.startswith(('/dev/fd/', '/proc/')):
		            value = open(value).read()
		        print(name, value.strip(), sep='=', file=out)
		print('ready', file=open('got.all', 'w'))
		time.sleep(99)
	END
	chmod +x bin/nbdkit
	rm -f got.all
	PATH=$PWD/bin:$PATH background vm-fetchd -u root -U "$PWD/nbd" \
		"${@:2}" -r "$1" >&2
	wait_until 20 test -e got.all >&2
	cleanup >&2
	cat got
}

@test "request: each parameter is taken from the file of its name, and documented" {
	requires_root
	local name
	mkdir asked
	[ "$(parameters | wc -l)" -ge 26 ]
	for name in $(parameters); do
		grep -q "Cm $name\( \|$\)" "$TOP/man/vm-fetchd.1"
		echo "the $name" >"asked/$name"
	done
	echo http://127.0.0.1:1/x >asked/url
	echo "$PWD/written" >asked/overlay
	passed asked >with
	for name in $(parameters); do
		echo "$name"
		case $name in
		# vm-fetchd's own, or chosen by its caller; an overlay is written instead.
		about | no-links | renew | spool | spool-max | stats | timeout | writable) not grep "^$name=" with ;;
		overlay) grep "^overlay-fd=" with ;;
		url) grep -x "url=http://127.0.0.1:1/x" with ;;
		*) grep -x "$name=the $name" with ;;
		esac
	done
	# With -l, nothing is written or verified.
	passed asked -l >look
	diff <(grep -v '^overlay\|^sha256=\|^sums' with | sort) <(sort look)
	rm asked/overlay asked/sums
	passed asked >without
	grep -x "writable=the writable" without
	not grep '^overlay-fd=\|^sums=' without
}

@test "request: the URL is needed; a path without links, and what is renewed" {
	mkdir asked
	fails 66 vm-fetchd -r asked
	grep -q "unable to open url file asked/url: No such file" stderr
	ln -s image link
	echo "$PWD/link" >asked/url
	start_fetchd -r asked
	stop_fetchd
	echo 1 >asked/no-links
	fails 74 vm-fetchd -r asked
	grep -qF "unable to open $PWD/link: Too many levels of symbolic links" stderr
	echo "$PWD/image" >asked/url
	echo 4M >asked/cache
	start_fetchd -r asked timeout=1
	nbdread -f image "$SOCK" 0 $MIB
	rm asked/url
	kill -USR1 "$FETCHD"
	wait_until 5 grep -q "unable to read the URL from asked/url" fetchd.err
	run -64 vm-fetchd -l "$PWD/image"
	[[ $output == "usage: vm-fetchd "* ]]
}
