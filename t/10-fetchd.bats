#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd against a server that misbehaves: right bytes or an error, exact
# requests, one line for each failure, and nothing left behind.
# run: alone

load helper
load servers

setup() {
	own_directory
}

# serve SIZE PATH [ARGUMENT...]: vm-fetchd serves an image of random bytes, from
# a hostile server in the mode that PATH names. The first byte is 0, because an
# image of one random letter would be text, which is refused.
serve() {
	head -c 1 /dev/zero >image
	head -c $(($1 - 1)) /dev/urandom >>image
	start_hostile image
	start_fetchd "$HOSTILE/$2" "${@:3}"
}
# is_right FIRST LENGTH: are these bytes of the export the image's?
is_right() {
	nbdread -f image "$SOCK" "$1" "$2"
}
requests() {
	grep -c '^[0-9]* conn=' log
}
# is_tiled SIZE: do the requested ranges cover SIZE bytes, each byte once?
is_tiled() {
	ranges | tr - ' ' | sort -n | awk -v size="$1" '
		$1 != end + 0 { print "at", end + 0, "asked", $0; exit 1 }
		{ end = $2 + 1 }
		END { if (end != size) { print "ended at", end; exit 1 } }'
}
# now: prints the time in milliseconds.
now() {
	echo $(($(date +%s%N) / 1000000))
}
# within MILLISECONDS COMMAND...: does it succeed within that time?
within() {
	local start limit=$1
	shift
	start=$(now)
	"$@" || return
	[ $(($(now) - start)) -lt "$limit" ]
}
# refuses STATUS MODE TEXT [ARGUMENT...]: as `refused`, with the hostile server.
refuses() {
	refused "$1" "$HOSTILE/$2/x.img" "$3" "${@:4}"
}

# --- right bytes ---------------------------------------------------------

@test "images of every size are right, padded with zeros to 512 bytes" {
	local size
	for size in 1 511 512 513 $((MIB - 1)) $MIB $((MIB + 1)) \
		$((3 * MIB + 777)); do
		serve $size ok/x
		[ "$(nbdread -s "$SOCK")" = $(((size + 511) / 512 * 512)) ]
		is_right 0 $(((size + 511) / 512 * 512))
		cleanup
	done
}

@test "nbdcopy of an image that is no multiple of 512 keeps its last bytes" {
	serve $((5 * MIB + 5)) ok/x
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp -n $((5 * MIB + 5)) image copy
	tail -c 507 copy | cmp - <(head -c 507 /dev/zero)
}

@test "an ISO 9660 image of 100 KiB is padded to 300 blocks of 2048" {
	mkdir tree && echo hello >tree/file
	xorriso -as mkisofs -quiet -no-pad -o image tree
	[ "$(stat -c %s image)" -lt 102400 ]
	start_hostile image
	start_fetchd "$HOSTILE/ok/x.iso"
	[ "$(nbdread -s "$SOCK")" = 614400 ]
	is_right 0 614400
}

@test "bytes above 2 and 4 GiB, and the last byte of 5 GiB, are right" {
	local mark
	truncate -s $((5 << 30 | 1)) image
	for mark in $(((2 << 30) - 3)) $(((4 << 30) - 3)) $((5 << 30)); do
		printf 'mark@%d' $mark | head -c $(((5 << 30 | 1) - mark)) |
			dd of=image bs=1 seek=$mark conv=notrunc status=none
	done
	start_hostile image
	start_fetchd "$HOSTILE/ok/x"
	is_right $(((2 << 30) - 4096)) 8192
	is_right $(((4 << 30) - 4096)) 8192
	is_right $(((5 << 30) - 512)) 1024
	[ "$(nbdread "$SOCK" $((5 << 30)) 1)" = m ]
}

@test "reads after the end fail, and so do writes" {
	serve 1000 ok/x
	fails 1 nbdread "$SOCK" 1024 1
	fails 1 nbdread "$SOCK" $(((1 << 62) + 1)) 512
	nbdinfo --is read-only "nbd+unix:///?socket=$SOCK"
	is_right 0 1024
}

@test "the description has the URL, size and validator, and no secret" {
	head -c 1000 /dev/urandom >image
	start_hostile image
	start_fetchd "${HOSTILE/\/\//\/\/joe:hush@}/ok/x?sig=hush#hush"
	diff <(nbdread -d "$SOCK") - <<-END
		url: $HOSTILE/ok/x
		size: 1000
		validator: "first"
	END
	cleanup
	serve 1000 weak-etag/x
	nbdread -d "$SOCK" | grep -x 'validator: weak W/"first"'
	cleanup
	serve 1000 lastmod-change/9/x
	nbdread -d "$SOCK" | grep -x 'validator: weak Thu, 01 Jan 2026 .* GMT'
	cleanup
	serve 1000 no-validator/x
	nbdread -d "$SOCK" | grep -x 'validator: weak none'
}

# --- exact requests ------------------------------------------------------

@test "opening costs one request, also with many clients" {
	serve $((3 * MIB)) ok/x
	nbdread -s "$SOCK"
	nbdread -d "$SOCK"
	nbdinfo "nbd+unix:///?socket=$SOCK"
	is_right 0 4096
	[ "$(ranges)" = 0-1048575 ]
}

@test "a parallel copy fetches each byte once" {
	serve $((20 * MIB + 5)) ok/x
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp -n $((20 * MIB + 5)) image copy
	is_tiled $((20 * MIB + 5))
}

@test "it requests no byte that was not asked for" {
	serve $((2 * MIB + 10)) ok/x
	is_right $((2 * MIB)) 10
	is_right $MIB 1
	ranges | sed 's/-/ /' | sort -n >asked
	[ "$(head -n 1 asked)" = "0 1048575" ]
	[ "$(tail -n 1 asked)" = "2097152 2097161" ]
	# Each byte is requested at most once, and at most to the end of a
	# chunk.
	awk 'NR > 1 && $1 <= end { exit 1 } { end = $2 }
		int($1 / 1048576) != int($2 / 1048576) { exit 1 }' asked
}

@test "random reads fetch at most a chunk each" {
	truncate -s 4G image
	start_hostile image
	start_fetchd "$HOSTILE/ok/x"
	nbdread -n 16 -r 3 -f image "$SOCK"
	[ "$(requests)" -le 17 ]
	ranges | tr - ' ' | awk '$2 - $1 >= 1048576 { exit 1 }'
}

@test "many readers of one block cause one request" {
	local i pids=()
	serve $((3 * MIB)) slow-after/500/1/x
	for i in 1 2 3 4 5; do
		is_right $((2 * MIB + i * 100)) 1000 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	[ "$(ranges | grep -c ^2097152-)" = 1 ]
	ranges | sed 's/-/ /' | sort -n |
		awk 'NR > 1 && $1 <= end { exit 1 } { end = $2 }'
}

@test "a copy keeps connections=N requests under way and no more" {
	serve $((24 * MIB)) slow-after/100/1/x connections=3
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp image copy
	[ "$(grep -c ^max-concurrent log)" = 3 ]
	[ "$(sed -n 's/.* conn=\([0-9]*\) .*/\1/p' log | sort -u | wc -l)" -le 4 ]
}

@test "a cache smaller than the image gives the right bytes" {
	serve $((12 * MIB + 1)) ok/x cache=4M connections=8
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp -n $((12 * MIB + 1)) image copy
	nbdread -p -n 200 -f image "$SOCK"
}

@test "a redirect to a place that forbids it is tried three times, not for long" {
	local start=$SECONDS
	head -c 1M /dev/urandom >image
	start_hostile image
	run -77 vm-fetchd -c "$HOSTILE/redirect/status/403/x" timeout=60
	[[ $output == *"forbids it (no permission, or an expired link) (HTTP 403)" ]]
	[ "$(grep -c 'GET /redirect' log)" = 3 ]
	[ $((SECONDS - start)) -lt 40 ]
}

@test "a redirect is followed once, not for every read" {
	serve $((6 * MIB)) redirect/ok/x
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp image copy
	[ "$(grep -c 'GET /redirect' log)" = 1 ]
	[ "$(grep -c 'GET /ok' log)" -ge 3 ]
}

@test "when a signed redirect expires, a new one is requested" {
	serve $((24 * MIB)) signed-redirect/2/x
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp image copy
	# One signed URL at first, and a new one after every two ranges of any
	# length.
	[ "$(grep -c ' GET [^?]* range' log)" -ge 3 ]
}

@test "HEAD is never needed" {
	serve $((2 * MIB)) head405/x
	is_right 0 $((2 * MIB))
	[ "$(grep -c HEAD log)" = 0 ]
}

@test "Accept-Ranges is not needed" {
	serve $((2 * MIB)) noaccept/x
	is_right 0 $((2 * MIB))
}

@test "a chunked body without a length works as well" {
	serve $((2 * MIB + 3)) chunked/x
	is_right 0 $((2 * MIB + 3))
}

@test "a server that closes after each answer gives the right bytes" {
	serve $((5 * MIB + 3)) close/x
	is_right 0 $((5 * MIB + 3))
	is_tiled $((5 * MIB + 3))
}

# --- a server that breaks off, or lies, after the probe --------------------

@test "a server that ignores the range after the probe gives no wrong byte" {
	serve $((3 * MIB)) ignore-range-after/1/x outage=2
	fails 1 nbdread "$SOCK" $((2 * MIB)) 512
	is_right 0 $MIB
	wait_until 10 grep -q 'cannot send parts of a file' fetchd.err
}

@test "after a range that was ignored once, it asks again" {
	serve $((3 * MIB)) ignore-range-once/2/x
	is_right 0 $((3 * MIB))
}

@test "a wrong range, by header or by length, gives no wrong byte" {
	local mode
	for mode in wrong-range long; do
		serve $((3 * MIB)) $mode-after/1/x outage=2
		fails 1 nbdread "$SOCK" $MIB 512
		is_right 0 $MIB
		wait_until 10 grep -q 'another range than the requested' fetchd.err
		cleanup
	done
}

@test "a server that sends a part of what is asked for (RFC 9110 15.3.7)" {
	serve $((3 * MIB + 5)) subset/262144/x
	is_right 0 $((3 * MIB + 5))
	[ "$(requests)" -le 20 ]
	cleanup
	serve $((3 * MIB)) short-range-after/1/x
	is_right 0 $((3 * MIB))
}

@test "multipart/byteranges is refused by its type" {
	head -c 3000000 /dev/urandom >image
	start_hostile image
	refuses 76 multipart 'multipart/byteranges'
	cleanup
	serve $((3 * MIB)) multipart-after/1/x outage=2
	fails 1 nbdread "$SOCK" $MIB 512
	wait_until 10 grep -q 'multipart/byteranges' fetchd.err
}

@test "a total of \"*\": the size is taken from HEAD, or from the last byte" {
	serve $((3 * MIB + 5)) no-total/x
	is_right 0 $((3 * MIB + 5))
	grep -q HEAD log
	cleanup
	serve $((3 * MIB + 5)) no-total/head405/x
	is_right 0 $((3 * MIB + 5))
	grep -q 'range=-1 ' log
}

@test "Content-Encoding of a range says nothing: the bytes do" {
	local word
	for word in none aws-chunked gzip; do
		serve $((3 * MIB)) encoding/$word/x
		is_right 0 $((3 * MIB))
		cleanup
	done
	serve $((3 * MIB)) gzip-once/2/x
	is_right 0 $((3 * MIB))
}

@test "another validator of the same bytes (a balancer, a mirror) is adopted" {
	local mode
	for mode in etags/2 etags/3 lastmod-now etags-once/3/2; do
		serve $((6 * MIB)) $mode/x cache=4M
		nbdread -p -n 200 -f image "$SOCK"
		is_right 0 $((6 * MIB))
		not grep 'the image changed' fetchd.err
		cleanup
	done
}

@test "servers that answer in turn are all known in the end" {
	local mode bytes
	# In each round, the servers get one request each, or only some of them
	# do.
	for mode in 3:1500000 4:2500000 5:3600000; do
		bytes=${mode#*:}
		serve "$bytes" "etags/${mode%:*}/x"
		nbdcopy --connections=1 --requests=1 "nbd+unix:///?socket=$SOCK" copy
		cmp -n "$bytes" image copy
		cleanup
	done
}

# restart_nbdkit: vm-fetchd starts another nbdkit.
restart_nbdkit() {
	local pid
	pid=$(nbdkits)
	kill -KILL "$pid"
	wait_until 20 another_than "$pid"
}
another_than() {
	local pid
	pid=$(nbdkits)
	[ -n "$pid" ] && [ "$pid" != "$1" ]
}

@test "a restarted nbdkit knows each validator that was adopted, and no other" {
	local i rc=0
	serve $((6 * MIB)) etags/2/etag-change/400/x cache=4M overlay=over
	nbdread -d "$SOCK" >before
	is_right 0 $((6 * MIB))
	wait_until 10 grep -q "another validator" fetchd.err
	for i in 1 2 3 4; do
		# Every second time, the other server answers first.
		[ $((i % 2)) = 0 ] || curl -sf -r 0-9 -o /dev/null \
			"$HOSTILE/etags/2/etag-change/400/x"
		restart_nbdkit
		wait_until 20 is_right 0 $((6 * MIB))
		nbdread -d "$SOCK" | diff before -
	done
	# A changed image is not taken for any of the known validators.
	for i in {1..400}; do
		echo "url = $HOSTILE/etags/2/etag-change/400/x"
		echo "output = /dev/null"
	done | curl -s -r 0-9 -K -
	kill -KILL "$(nbdkits)"
	wait "$FETCHD" || rc=$?
	[ $rc = 65 ]
	wait_until 10 grep -q "the image changed on the server" fetchd.err
}

@test "a weak ETag that becomes strong is the same (Apache, for a new file)" {
	serve $((3 * MIB)) weak-etag-once/1/x
	is_right 0 $((3 * MIB))
	nbdread -d "$SOCK" | grep -xF 'validator: weak W/"first"'
	# The comparison of bytes was not needed.
	is_tiled $((3 * MIB))
	not grep -q 'another validator' fetchd.err
}

@test "one false answer of any kind gives no wrong byte" {
	local mode
	for mode in bad-status-line cut-headers extra garbage gzip header-bomb \
		html200 long long-length multipart negative no-content-range no-total \
		short-length short-range wrong-range wrapped-size; do
		echo "$mode"
		serve $((3 * MIB)) $mode-once/2/x
		is_right $((MIB + 7)) $((2 * MIB - 7))
		cleanup
	done
}

@test "a short body does not kill nbdkit" {
	serve $((2 * MIB)) short-after/1/x
	is_right $MIB 1000000
	is_right 0 $MIB
	[ "$(requests)" -gt 5 ]
}

@test "a cut chunk is resumed: no byte is requested twice" {
	serve $((2 * MIB)) short-once/2/x
	is_right $MIB $MIB
	diff <(ranges) - <<-END
		0-1048575
		1048576-2097151
		1572864-2097151
	END
}

@test "connections that are reset again and again give the right bytes" {
	serve $((8 * MIB)) reset-after/3/x
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp image copy
}

@test "a 206 without a body is no answer, and does not block the reader" {
	serve $((MIB + 1)) short-length-once/2/x
	timeout 5 nbdread -f image "$SOCK" $MIB 1
}

@test "after 503 with Retry-After, and after 429, it tries again" {
	serve $((2 * MIB)) retry-after/1/2/x
	is_right $MIB $MIB
	cleanup
	serve $((2 * MIB)) status-once/429/2/x
	is_right $MIB $MIB
}

@test "a server that is busy at the beginning is waited for, as it asks" {
	local mode
	for mode in retry-after/1/1 status-once/429/1 status-once/503/1; do
		serve $MIB $mode/x
		is_right 0 $MIB
		[ "$(requests)" = 2 ]
		cleanup
		rm log
	done
	serve $MIB retry-after/2/1/x
	wait_until 10 grep -q '^vm-fetchd: waiting: .*(HTTP 503), trying again in 2' fetchd.err
	cleanup
	# A date in the past, or nonsense, causes no pause that is worth a line.
	for mode in Sun,06-Nov-1994,08:49:37,GMT -5 soon; do
		serve $MIB retry-after/$mode/1/x
		not grep 'trying again' fetchd.err
		cleanup
	done
	# It waits no longer than timeout=, so it does not wait for a pause of
	# an hour.
	head -c 1000 /dev/urandom >image
	start_hostile image
	run -75 timeout 20 vm-fetchd -c "$HOSTILE/status/429/x" timeout=2
	[[ $output == *'too many requests'* ]]
	[ "$(requests)" -gt 2 ]
	run -69 timeout 8 vm-fetchd -c "$HOSTILE/retry-after/3600/1/x" timeout=2
}

@test "a mirror without the image, or a silent one: back to the redirector" {
	serve $((6 * MIB)) 'mirrors?/misspelt,/status/403/x,/status/503/x,/ok/x'
	is_right 0 $((6 * MIB))
	cleanup
	serve $MIB 'mirrors?/stall/x,/ok/x'
	is_right 0 $MIB
	cleanup
	rm log
	# A mirror may also fail later; and the next mirror has its own
	# validator.
	serve $((12 * MIB)) \
		'mirrors?/status-after/404/2/x,/misspelt,/etags/1/x' cache=4M
	is_right 0 $((12 * MIB))
	[ "$(grep -c 'GET /mirrors' log)" -ge 3 ]
	cleanup
	# If no mirror has the image, the message says so.
	start_hostile image
	run -66 timeout 20 vm-fetchd -c "$HOSTILE/redirect/misspelt"
	[[ $output == *'no such image'* ]]
}

@test "a refusal in the middle fails that read at once, with the reason" {
	serve $((3 * MIB)) status-once/403/2/x
	within 1000 fails 1 nbdread "$SOCK" $MIB 512
	wait_until 10 grep -q 'the server forbids it.*403' fetchd.err
	is_right 0 $((3 * MIB))
	cleanup
	serve $((3 * MIB)) 416-after/1/x
	fails 1 nbdread "$SOCK" $MIB 512
	wait_until 10 grep -q 'HTTP 416' fetchd.err
}

@test "an image that changed (ETag, Last-Modified, size) is never mixed" {
	local mode
	for mode in etag-change lastmod-change size-change ifmatch \
		weak-etag-change; do
		serve $((3 * MIB)) $mode/1/x
		is_right 0 $MIB
		within 2000 fails 1 nbdread "$SOCK" $MIB 512
		fails 1 nbdread "$SOCK" 0 512
		wait_until 10 said_times 1 'the image changed on the server'
		cleanup
	done
}

@test "when the source is down, reads fail after outage=; later it is found again" {
	local port
	serve $((4 * MIB)) ok/x outage=2
	port=${HOSTILE##*:}
	kill "${STARTED[0]}"
	wait "${STARTED[0]}" || :
	fails 1 nbdread "$SOCK" $MIB 512
	within 500 fails 1 nbdread "$SOCK" $((2 * MIB)) 512
	is_right 0 $MIB
	start_hostile image -p "$port"
	wait_until 10 nbdread -f image "$SOCK" $((3 * MIB)) 512
	is_right 0 $((4 * MIB))
	wait_until 10 grep -q 'the image.s source is back' fetchd.err
	# Each change is reported, and there may be several changes.
	was_down() {
		grep -q 'source: down' fetchd.err &&
			[ "$(grep -o 'source: .*' fetchd.err | tail -n 1)" = "source: ok" ]
	}
	wait_until 10 was_down
}

# --- credentials -----------------------------------------------------------

@test "user and password reach the server" {
	printf 'pass:word' >password
	serve $((2 * MIB)) auth/joe/pass:word/x user=joe password=+password
	is_right 0 $((2 * MIB))
}

@test "user and password in the URL are decoded" {
	head -c 1000 /dev/urandom >image
	start_hostile image
	start_fetchd "${HOSTILE/\/\//\/\/joe:a%40b%3Ac@}/auth/joe/a@b:c/x"
	is_right 0 1000
}

@test "credentials are not sent to a redirect's other host, ever" {
	echo hush >password
	head -c $((3 * MIB)) /dev/urandom >image
	start_hostile image
	start_fetchd "$HOSTILE/redirect-to/x?${HOSTILE/127.0.0.1/localhost}/ok/x" \
		user=joe password=+password
	is_right 0 $((3 * MIB))
	grep -q 'GET /redirect-to.* auth=joe' log
	[ "$(grep -c 'GET /ok' log)" -ge 2 ]
	[ "$(grep 'GET /ok' log | grep -vc 'auth=- ')" = 0 ]
}

@test "credentials follow a redirect within their host" {
	echo hush >password
	serve $((3 * MIB)) redirect/auth/joe/hush/x user=joe password=+password
	is_right 0 $((3 * MIB))
	[ "$(grep 'GET /auth' log | grep -c 'auth=joe ')" -ge 2 ]
	[ "$(grep 'GET /auth' log | grep -vc 'auth=joe ')" = 0 ]
}

@test "no argv, environment or message holds a password or a query" {
	printf 'hush1\n' >password
	printf '%s\n' hush1 hush2 hush3 hush4 >secrets
	head -c $((3 * MIB)) /dev/urandom >image
	start_hostile image
	printf '%s\n' "${HOSTILE/\/\//\/\/joe:hush2@}/ifmatch/2/x?sig=hush3#hush4" \
		>url
	start_fetchd url=+url password=+password
	is_right $MIB 512
	fails 1 nbdread "$SOCK" $((2 * MIB)) 512
	[ -n "$(nbdkits)" ]
	no_secret_in /proc/[0-9]*/cmdline /proc/[0-9]*/environ
	nbdread -d "$SOCK" >description
	kill -9 "$(nbdkits)"
	wait "$FETCHD" || :
	wait_until 10 grep -q 'changed on the server' fetchd.err
	no_secret_in fetchd.out fetchd.err description
}

@test "an error shows the URL without password and query" {
	printf 'hush\n' >secrets
	refused 69 'http://joe:hush@127.0.0.1:1/x?hush#hush' http://127.0.0.1:1/x:
	no_secret_in stderr
	refused 64 'ftp://joe:hush@127.0.0.1:1/x?hush#hush' ftp://127.0.0.1:1/x:
	no_secret_in stderr
}

@test "a password on the command line is refused and not repeated" {
	echo hush >secrets
	fails 64 vm-fetchd http://127.0.0.1:1/x password=hush
	no_secret_in stderr
}

# --- a failure to open says why --------------------------------------------

@test "an invalid URL: 64" {
	local url
	for url in x ftp://127.0.0.1/x file://elsewhere/x gopher:x; do
		refused 64 "$url" 'not an http, https, nfs or smb URL, nor a whole path'
	done
	for url in http:// 'http://[::1/x' http://127.0.0.1:99999/x 'http://a b/x'; do
		refused 64 "$url" 'not a valid URL'
	done
}

@test "a wrong descriptor or a second URL shows no secret" {
	refused 69 'http://joe:hush@127.0.0.1:1/x?sig=hush=-99' 'connect'
	fails 64 vm-fetchd http://127.0.0.1:1/x 'https://joe:hush@h/y?sig=hush'
	not grep hush stderr
	fails 64 vm-fetchd http://127.0.0.1:1/x 'https://joe:hush@h/y'
	not grep hush stderr
}

@test "wrong usage: 64" {
	run vm-fetchd
	[ "$status" = 64 ]
	run vm-fetchd -x
	[ "$status" = 64 ]
	fails 64 vm-fetchd http://127.0.0.1:1/x frob
	fails 64 vm-fetchd http://127.0.0.1:1/x frob=1
	fails 64 vm-fetchd http://127.0.0.1:1/x cache=1
	fails 64 vm-fetchd http://127.0.0.1:1/x connections=0
	fails 64 vm-fetchd http://127.0.0.1:1/x outage=x
	fails 66 vm-fetchd http://127.0.0.1:1/x password=+no-such-file
	fails 66 vm-fetchd http://127.0.0.1:1/x cacert=no-such-file
	[[ $(vm-fetchd -h) == "usage: vm-fetchd "* ]]
	[[ $(vm-fetchd -V) == "vm-fetchd "[0-9]* ]]
}

@test "an unknown host: 68; a refused connection: 69" {
	refused 68 http://nowhere.invalid/x nowhere.invalid
	refused 69 http://127.0.0.1:1/x 'connect to 127.0.0.1 port 1'
}

@test "no image: 66; no permission: 77" {
	: >image
	start_hostile image
	refuses 66 misspelt 'HTTP 404'
	refuses 66 status/410 'HTTP 410'
	refuses 77 auth/joe/hush 'wants a user and a password'
	refuses 77 auth/joe/hush 'wants a user and a password' user=joe
	refuses 77 status/403 'the server forbids it'
	refuses 77 status/407 'the proxy wants a user and a password'
}

@test "a server error: 69" {
	: >image
	start_hostile image
	refuses 69 status/503 'is busy or in maintenance (HTTP 503)' timeout=1
}

@test "an empty image: 65" {
	echo some >image
	start_hostile image
	refuses 65 empty 'the image is empty'
	refuses 65 empty416 'the image is empty'
}

@test "a login page, answered with 200 or 206: 65" {
	echo some >image
	start_hostile image
	refuses 65 html200 'login page'
	refuses 65 html206 'login page'
}

@test "a server that breaks HTTP: 76" {
	local mode
	head -c 1000 /dev/urandom >image
	start_hostile image
	for mode in no-content-range garbage negative huge-size wrapped-size \
		wrong-range bad-status-line long-length; do
		refuses 76 $mode ''
	done
	refuses 76 header-bomb 'too long a header'
	refuses 76 redirect-loop 'redirects'
	refuses 76 status/302 'redirects to no valid URL'
	refuses 76 status/204 'HTTP 204'
}

@test "a connection that breaks: tried again, then 74" {
	head -c 1000 /dev/urandom >image
	start_hostile image
	refuses 74 short ''
	refuses 74 reset-after/1 ''
	[ "$(requests)" = 6 ]
}

@test "a server that never answers: 75, in ten seconds" {
	head -c 1000 /dev/urandom >image
	start_hostile image
	within 13000 refuses 75 stall 'too slow'
}

@test "a redirect to another scheme than HTTP is refused: 76" {
	: >image
	start_hostile image
	refused 76 "$HOSTILE/redirect-to?file:///etc/passwd" 'redirects'
	refused 76 "$HOSTILE/redirect-to?ftp://127.0.0.1/x" 'redirects'
}

# --- processes and sockets -------------------------------------------------

@test "SIGTERM ends it within a second while the server stalls" {
	serve $((3 * MIB)) stall-after/1/x
	background nbdread "$SOCK" $((2 * MIB)) 512 2>nbdread.err
	wait_until 5 grep -q status=0 log
	kill "$FETCHD"
	within 1000 wait "$FETCHD"
	nothing_left
}

@test "SIGTERM ends it within a second before it is ready" {
	head -c 1000 /dev/urandom >image
	start_hostile image
	background vm-fetchd -U "$PWD/nbd" "$HOSTILE/stall/x"
	wait_until 5 grep -q status=0 log
	kill "${STARTED[1]}"
	within 1000 wait "${STARTED[1]}"
	nothing_left
}

no_nbdkit() {
	[ -z "$(nbdkits)" ]
}

@test "kill -9 of vm-fetchd leaves no nbdkit, even while the server stalls" {
	serve $((3 * MIB)) stall-after/1/x
	background nbdread "$SOCK" $((2 * MIB)) 512 2>nbdread.err
	wait_until 5 grep -q status=0 log
	kill -9 "$FETCHD"
	wait_until 5 no_nbdkit
}

@test "kill -9 of nbdkit: it is restarted behind the same socket" {
	local i pid
	serve $((3 * MIB)) ok/x
	for i in 1 2 3; do
		pid=$(nbdkits)
		kill -9 "$pid"
		wait_until 5 another_than "$pid"
		is_right 0 $((3 * MIB))
	done
	wait_until 10 said_times 3 'starting it again'
}

@test "nbdkit killed, and the source refuses for a while: it goes on" {
	serve $MIB status-once/403/2/x
	kill -9 "$(nbdkits)"
	wait_until 20 nbdread -f image "$SOCK" 0 $MIB
	wait_until 10 grep -q 'still trying: the server forbids it' fetchd.err
}

@test "when nbdkit dies again and again, vm-fetchd gives up: 71, no socket" {
	local rc=0 pid
	serve 1000 ok/x
	while kill -0 "$FETCHD" 2>/dev/null; do
		pid=$(nbdkits)
		[ -z "$pid" ] || kill -9 $pid || :
		sleep 0.1
	done
	wait "$FETCHD" || rc=$?
	[ "$rc" = 71 ]
	wait_until 10 grep -q 'ended by signal 9' fetchd.err
	nothing_left
}

@test "nbdkit killed while the source is down works again when the source does" {
	local port
	serve $((3 * MIB)) ok/x stats=stats
	port=${HOSTILE##*:}
	kill "${STARTED[0]}"
	wait "${STARTED[0]}" || :
	kill -9 "$(nbdkits)"
	wait_until 5 grep -q 'unable to start nbdkit again' fetchd.err
	wait_until 5 grep -q 'vm-fetchd: source: down' fetchd.err
	[ ! -e stats ]
	background hostile -L log -p "$port" image >again
	timeout 20 nbdread -f image "$SOCK" 0 $((3 * MIB))
	wait_until 5 grep -q 'vm-fetchd: source: ok' fetchd.err
}

# nbdkit 1.32 fails an assertion if its client disconnects with several requests
# under way; vm-fetchd then restarts it.
@test "clients that leave during a request do not disturb others" {
	local i
	serve $((20 * MIB)) slow/100/x cache=4M
	for i in 1 2 3 4 5 6; do
		nbdread -p -n 200 -r "$i" "$SOCK" 3>&- &
		sleep 0.3
		# If its nbdkit died because of the client before, this client
		# has ended by itself.
		kill -9 $! || :
		wait $! || :
	done 2>/dev/null
	wait_until 20 is_right $((10 * MIB)) $MIB
	# nbdkit logs an error for each request that was given up: ignore these.
	not grep -q 'aborting sleep' fetchd.err
}

@test "a restarted nbdkit knows the image whose weak ETag has become strong" {
	local pid
	serve $((3 * MIB)) weak-etag-once/1/x cache=4M
	pid=$(nbdkits)
	kill -9 "$pid"
	wait_until 10 nbdread -f image "$SOCK" 0 $((3 * MIB))
	nbdread -d "$SOCK" | grep -xF 'validator: weak W/"first"'
}

@test "a restarted nbdkit serves no other image: 65" {
	local rc=0
	serve $((3 * MIB)) etag-change/1/x
	kill -9 "$(nbdkits)"
	wait "$FETCHD" || rc=$?
	[ "$rc" = 65 ]
	wait_until 10 grep -q 'the image changed on the server' fetchd.err
}

@test "the socket of a killed vm-fetchd is taken over" {
	serve 1000 ok/x
	kill -9 "$FETCHD"
	wait_until 5 no_nbdkit
	[ -S "$SOCK" ]
	start_fetchd "$HOSTILE/ok/x"
	is_right 0 1000
}

@test "a socket in use, or a file, is left alone" {
	serve 1000 ok/x
	fails 75 timeout 5 vm-fetchd -U "$SOCK" "$HOSTILE/ok/x"
	is_right 0 1000
	fails 73 timeout 5 vm-fetchd -U image "$HOSTILE/ok/x"
	[ "$(stat -c %s image)" = 1000 ]
	fails 73 timeout 5 vm-fetchd -U no/such/dir "$HOSTILE/ok/x"
}

@test "without -U the socket has its own directory, removed at the end" {
	local socket
	head -c 1000 /dev/urandom >image
	start_hostile image
	background vm-fetchd "$HOSTILE/ok/x" >out
	wait_until 5 test -s out
	socket=$(cat out)
	[ "$(stat -c %a "$socket" "${socket%/*}" | paste -sd' ')" = "600 700" ]
	nbdread -f image "$socket" 0 512
	kill "${STARTED[1]}"
	wait "${STARTED[1]}"
	[ ! -e "${socket%/*}" ]
}

@test "closed standard descriptors do no harm, nor does a closed pipe" {
	head -c 1000 /dev/urandom >image
	start_hostile image
	background vm-fetchd -U "$PWD/nbd" "$HOSTILE/ok/x" <&- >&- 2>&-
	wait_until 5 nbdread -f image nbd 0 512
	kill "${STARTED[1]}"
	within 1000 wait "${STARTED[1]}"
	background vm-fetchd -U "$PWD/nbd" "$HOSTILE/ok/x" > >(:)
	wait_until 5 nbdread -f image nbd 0 512
	kill "${STARTED[2]}"
	wait "${STARTED[2]}"
	nothing_left
}

@test "-c describes the connection, and ends" {
	head -c $((2 * MIB)) /dev/urandom >image
	start_hostile image
	run vm-fetchd -c "$HOSTILE/ok/x"
	[ "$status" = 0 ]
	[[ $output == "127.0.0.1, round trip "*" MB/s"* ]]
	[ "${#lines[@]}" = 1 ]
	[ -z "$(nbdkits)" ]
	fails 66 vm-fetchd -c "$HOSTILE/misspelt/x"
}

@test "the URL and the password come by descriptor" {
	head -c 1000 /dev/urandom >image
	echo hush >password
	start_hostile image
	echo "$HOSTILE/auth/joe/hush/x" >url
	start_fetchd url=-8 user=joe password=-9 8<url 9<password
	is_right 0 1000
	fails 66 vm-fetchd url=-7
}

@test "nbdkit runs as nobody, without capabilities or new privileges" {
	requires_root
	local pid
	head -c 1000 /dev/urandom >image
	start_hostile image
	start_fetchd -u nobody "$HOSTILE/ok/x"
	pid=$(nbdkits)
	[ "$(stat -c %U /proc/"$pid")" = nobody ]
	grep -q $'^CapEff:\t0*$' /proc/"$pid"/status
	grep -q $'^CapPrm:\t0*$' /proc/"$pid"/status
	grep -q $'^NoNewPrivs:\t1$' /proc/"$pid"/status
	grep -q $'^Seccomp:\t2$' /proc/"$pid"/status
	grep -q $'^Groups:\t *$' /proc/"$pid"/status
	fails 78 timeout 5 vm-fetchd -u no-such-user "$HOSTILE/ok/x"
}

# has_stalled: is a request in the hostile server's log, and does an nbdkit run?
has_stalled() {
	[ "$(requests)" -gt 0 ] && [ -n "$(nbdkits)" ]
}

@test "nbdkit is in its sandbox before it reads from the network" {
	requires_root
	local pid
	head -c 1000 /dev/urandom >image
	start_hostile image
	background vm-fetchd -U "$PWD/nbd" -u nobody "$HOSTILE/stall/x"
	wait_until 10 has_stalled
	pid=$(nbdkits)
	grep -q $'^Seccomp:\t2$' /proc/"$pid"/status
	# The process is not dumpable: other processes of nobody must not
	# inspect it.
	[ "$(stat -c %U /proc/"$pid"/fd)" = root ]
}

# fake_nbdkit COMMAND: makes vm-fetchd start this Python command instead of
# nbdkit. The command has the descriptors `report` and `control`, and calls
# `done()`.
fake_nbdkit() {
	mkdir -p bin
	rm -f done
	cat >bin/nbdkit <<-END
		#!/usr/bin/env python3
		import fcntl, os, socket, sys, termios, time
		fd = dict(a.split('=', 1) for a in sys.argv if '-fd=' in a)
		report = int(fd['report-fd'])
		control = socket.socket(fileno=int(fd['control-fd']))
		done = lambda: open('done', 'w')
		$1
	END
	chmod +x bin/nbdkit
	PATH=$PWD/bin:$PATH background vm-fetchd -u root -U "$PWD/nbd" \
		http://127.0.0.1:1/x
	wait_until 20 test -e done
}

@test "an nbdkit that was taken over cannot keep vm-fetchd from its end" {
	requires_root
	local half flood
	half='os.write(report, b"0 half a line")
while fcntl.ioctl(report, termios.FIONREAD, b"1234") != b"\0\0\0\0": time.sleep(0.01)
done(); time.sleep(99)'
	flood='for i in range(1000): control.send(b"x")
done()
while True: control.send(b"x")'
	for how in "$half" "$flood"; do
		fake_nbdkit "$how"
		kill "${STARTED[-1]}"
		wait_until 20 not kill -0 "${STARTED[-1]}" ||
			{ kill -9 "${STARTED[-1]}" && false; }
		wait "${STARTED[-1]}"
		nothing_left
	done
}

@test "nbdkit has no terminal, though the operator has one" {
	head -c 1000 /dev/urandom >image
	start_hostile image
	# The seventh word of stat is the terminal; the second one (the name)
	# has no space here.
	echo "exec vm-fetchd -U '$PWD/nbd' '$HOSTILE/ok/x'" >run
	background script -qc "sh $PWD/run" typescript </dev/null >script.out
	wait_until 10 nbdread -f image nbd 0 512
	[ "$(cut -d' ' -f7 /proc/"$(nbdkits)"/stat)" = 0 ]
	[ "$(cut -d' ' -f7 /proc/"$(pgrep -fx "vm-fetchd -U $PWD/nbd.*")"/stat)" != 0 ]
	cleanup
	wait_until 5 nothing_left
}

@test "nbdkit closes the secrets' descriptors after reading them" {
	echo hush >password
	serve 1000 ok/x password=+password
	readlink "/proc/$(nbdkits)/fd/"* >fds
	grep -q socket fds
	[ "$(grep -c memfd fds)" = 0 ]
}

@test "it works without root, too, in its own directory" {
	requires_root
	local socket
	head -c 1000 /dev/urandom >image
	start_hostile image
	background setpriv --reuid nobody --regid nogroup --clear-groups \
		vm-fetchd "$HOSTILE/ok/x" >out
	wait_until 5 test -s out
	nbdread -f image "$(cat out)" 0 512
}

# --- memory ----------------------------------------------------------------

@test "valgrind finds no leak and no bad access during a mount" {
	local plugin=$BUILD/lib/vmedia/nbdkit-vm-fetchd-plugin.so
	[ ! -x "$BUILD/bin/nbdkit" ] || return 0 # with sanitizers: see the test below
	# nbdkit leaks a connection that ends together with nbdkit, and its
	# thread.
	printf '%s\n' '{' nbdkit Memcheck:Leak 'fun:malloc' 'obj:*/nbdkit' '}' \
		'{' thread Memcheck:Leak 'fun:calloc' ... 'fun:pthread_create*' \
		'obj:*/nbdkit' '}' >suppressions
	head -c $((6 * MIB + 5)) /dev/urandom >image
	start_hostile image
	SOCK=$PWD/nbd
	background valgrind -q --leak-check=full --error-exitcode=99 \
		--keep-debuginfo=yes --suppressions=suppressions \
		nbdkit -f -r -U "$SOCK" "$plugin" \
		url="$HOSTILE/redirect/reset-after/3/x" 2>nbdkit.err
	wait_until 60 test -S "$SOCK"
	nbdread -p -S 128K -f image "$SOCK" 0 $((6 * MIB + 5))
	kill "${STARTED[1]}"
	wait "${STARTED[1]}" || { cat nbdkit.err; false; }
}

# Without the check for leaks: after any strerror(3), glibc 2.36 hangs in
# exit(3) under libasan, and vm-fetchd then ends nbdkit by force.
@test "the sanitizers find nothing during a mount" {
	serve $((6 * MIB + 5)) redirect/reset-after/3/x
	nbdread -p -S 128K -f image "$SOCK" 0 $((6 * MIB + 5))
	stop_fetchd
	[ "$(grep -c 'Sanitizer\|runtime error' fetchd.err)" = 0 ]
}

@test "stats=FILE counts what was read and fetched" {
	serve $((4 * MIB)) ok/x stats=stats
	nbdcopy "nbd+unix:///?socket=$SOCK" null:
	wait_until 10 eval '[ "$(jq .read stats)" = $((4 * MIB)) ]'
	[ "$(jq .fetched stats)" = $((4 * MIB)) ]
	[ "$(jq -r .source stats)" = ok ]
	[[ $(jq -r .map stats) =~ ^9{1024}$ ]]
	[ ! -e stats.new ]
}

@test "a stats file that cannot be written does no harm" {
	serve $((2 * MIB)) ok/x stats=/dev/null/stats
	is_right 0 $((2 * MIB))
}

@test "limit-rate=SIZE is kept on average" {
	serve $((5 * MIB)) ok/x limit-rate=2M
	nbdread -t -S 128K "$SOCK" 0 $((5 * MIB)) >took
	# 4 MiB at 2 MiB a second; the first 1.5 MiB come at once.
	[ "$(awk '{ print ($1 >= 1.2) }' took)" = 1 ]
	cleanup
	refused 64 "$HOSTILE/ok/x" "limit-rate" limit-rate=none
}

@test "a result that cannot be printed is an error: 74" {
	head -c 5000 /dev/urandom >image
	start_hostile image
	local option rc
	for option in '' -c; do
		rc=0
		timeout 20 vm-fetchd $option "$HOSTILE/ok/x" \
			>/dev/full 2>err || rc=$?
		[ "$rc" = 74 ]
		[ "$(wc -l <err)" = 1 ]
	done
}

@test "files with Windows line ends" {
	head -c 5000 /dev/urandom >image
	start_hostile image
	printf '%s/auth/joe/hush/x\r\n' "$HOSTILE" >url
	printf 'hush\r\n' >password
	start_fetchd url=+url user=joe password=+password
	is_right 0 5000
}
