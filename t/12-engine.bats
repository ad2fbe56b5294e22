#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Which ranges the engine requests, and when, as the server sees it; over a slow
# or bad connection, too.
# run: alone

load helper
load servers

setup() {
	own_directory
}

# serve MIB PATH [ARGUMENT...]: vm-fetchd serves a random image, from a hostile
# server in the mode that PATH names.
serve() {
	head -c $(($1 * MIB)) /dev/urandom >image
	start_hostile image
	start_fetchd "$HOSTILE/$2" "${@:3}"
}
# serve_far MIB WAN-OPTION...: the same, with a good server behind t/wan.
serve_far() {
	head -c $(($1 * MIB)) /dev/urandom >image
	start_hostile image
	start_link 127.0.0.1 "${HOSTILE##*:}" "${@:2}"
	start_fetchd "http://$LINK/ok/x"
}
# nothing_twice: was no byte requested more than once?
nothing_twice() {
	ranges | tr - ' ' | sort -n | awk 'NR > 1 && $1 <= end { exit 1 }
		{ end = $2 }'
}
is_right() {
	nbdread -f image "$SOCK" "$@"
}

@test "a random read requests from its block on, a stream from its next block on" {
	serve 20 ok/x
	is_right $((5 * MIB + 9000)) 1000
	ranges | grep -q "^$((5 * MIB + 8192))-"
	is_right $((5 * MIB + 4000)) 4500
	ranges | grep -q "^$((5 * MIB))-$((5 * MIB + 8191))$"
	nothing_twice
}

@test "a stream is fetched in long ranges on all connections" {
	serve 40 slow-after/50/1/x connections=4
	nbdread -S 128K -f image "$SOCK" 0 $((40 * MIB))
	nothing_twice
	[ "$(grep -c ^max-concurrent log)" = 4 ]
	[ "$(ranges | wc -l)" -le 80 ] # the kernel reads 320 times
}

@test "two readers at once both get read-ahead" {
	local other
	serve 40 slow-after/50/1/x
	nbdread -S 128K -f image "$SOCK" $((20 * MIB)) $((20 * MIB)) 3>&- &
	other=$!
	nbdread -S 128K -f image "$SOCK" 0 $((20 * MIB))
	wait "$other"
	nothing_twice
	[ "$(ranges | wc -l)" -le 100 ]
}

# whole_mib SIZE: prints how many percent of the bytes were requested in ranges
# that begin and end at whole MiB, or at the image's end.
whole_mib() {
	ranges | tr - ' ' | awk -v size="$1" '
		{ n = $2 + 1 - $1; all += n }
		$1 % 1048576 == 0 && (($2 + 1) % 1048576 == 0 ||
			$2 + 1 == size) { whole += n }
		END { print int(100 * whole / all) }'
}

@test "what is read ahead is whole MiB, as web caches keep it" {
	local mode other size=$((48 * MIB + 1000))
	head -c $size /dev/urandom >image
	for mode in ok slow/20; do
		rm -f log
		start_hostile image
		start_fetchd "$HOSTILE/$mode/x"
		# One reader at the beginning, one somewhere else.
		nbdread -S 64K -f image "$SOCK" $((20 * MIB + 70000)) \
			$((28 * MIB - 70000)) 3>&- &
		other=$!
		nbdread -S 128K -f image "$SOCK" 0 $((20 * MIB))
		wait "$other"
		[ "$(whole_mib $size)" -ge 95 ]
		cleanup
	done
}

@test "a read of two chunks requests both at once" {
	serve 8 slow-after/300/1/x
	nbdread -t -S 64K "$SOCK" $((4 * MIB - 32768)) 65536 >took
	[ "$(awk '{ print ($1 >= 0.3 && $1 < 0.6) }' took)" = 1 ]
}

@test "memory stays within the cache and 24 MiB" {
	local pid
	serve 60 ok/x cache=16M
	nbdread -p -n 2000 -f image "$SOCK"
	nbdread -p -S 128K -f image "$SOCK" 0 $((60 * MIB))
	pid=$(nbdkits)
	[ "$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")" -le \
		$(((16 + 24) * 1024)) ]
}

@test "at 100 ms a stream does not pay a round trip for each read" {
	serve_far 24 -d 100
	nbdread -t -S 128K "$SOCK" 0 $((24 * MIB)) >took
	# 192 round trips would take 19 seconds.
	[ "$(awk '{ print ($1 < 9) }' took)" = 1 ]
	nothing_twice
}

@test "at 100 ms a random read costs about one round trip" {
	serve_far 64 -d 100
	nbdread -t -n 16 "$SOCK" >took
	[ "$(awk '{ print ($3 >= 100 && $3 < 190) }' took)" = 1 ]
}

@test "Retry-After delays every request" {
	serve 8 retry-after/2/2/x
	nbdread -t -S 128K "$SOCK" 0 $((8 * MIB)) >took
	[ "$(awk '{ print ($1 >= 1.9) }' took)" = 1 ]
	is_right 0 $((8 * MIB))
}

@test "a connection that is cut again and again gives the right bytes" {
	local i copy
	head -c $((48 * MIB)) /dev/urandom >image
	start_hostile image
	mkfifo orders
	exec 9<>orders
	background sh -c "exec wan -d 20 -t 160 127.0.0.1 ${HOSTILE##*:} <orders" \
		>told 9>&-
	wait_until 5 test -s told
	start_fetchd "http://127.0.0.1:$(head -n 1 told)/ok/x"
	nbdread -S 128K -f image "$SOCK" 0 $((48 * MIB)) 3>&- 9>&- &
	copy=$!
	for i in 1 2 3 4 5 6 7 8; do
		sleep 0.2
		echo cut >&9
	done
	wait "$copy"
	nbdread -p -n 500 -f image "$SOCK"
	exec 9>&-
}

@test "a body that stalls is resumed where it stopped" {
	serve 6 stall-body-once/3/x outage=25
	is_right 0 $((6 * MIB))
	# The bytes that arrived before the stall are not requested again.
	ranges | sort | uniq -d | not grep .
	[ "$(ranges | cut -d- -f2 | sort | uniq -d | wc -l)" = 1 ]
}

@test "several connections to the export read the right bytes" {
	serve 8 ok/x
	nbdinfo --can multi-conn "nbd+unix:///?socket=$SOCK"
	nbdcopy --connections=4 "nbd+unix:///?socket=$SOCK" copy
	cmp copy image
	nothing_twice
}

@test "two sequential readers and a random one read the right bytes" {
	serve 40 slow/20/x cache=16M
	is_right 0 $((20 * MIB)) 3>&- &
	local first=$!
	is_right $((20 * MIB)) $((20 * MIB)) 3>&- &
	local second=$!
	nbdread -n 100 -f image "$SOCK"
	wait "$first"
	wait "$second"
}

# start_cache [LINE...]: nginx caches the answers of the hostile server at
# $HOSTILE, in parts of 1 MiB, and serves them at $HTTPS.
start_cache() {
	make_cert server
	mkdir -p nginx
	start_nginx "location / { proxy_pass $HOSTILE; proxy_http_version 1.1;
		proxy_set_header Connection \"\"; $* }"
}

@test "a web cache on the way: the image that it kept, or an error" {
	head -c $((6 * MIB)) /dev/urandom >image
	start_hostile image
	start_cache "proxy_force_ranges on; proxy_buffering on;"
	start_fetchd "$HTTPS/etag-change/4/x" cacert=ca.pem cache=4M
	# The read fails where the image changed; the bytes read before were
	# right.
	nbdread -f image "$SOCK" 0 4096
	run -1 nbdread "$SOCK" 0 $((6 * MIB))
	wait_until 10 grep -q "the image changed on the server" fetchd.err
}

@test "a server that compresses its answers sends us the image as it is" {
	head -c $((3 * MIB)) /dev/zero >image
	start_hostile image
	start_cache "gzip on; gzip_types *; gzip_proxied any;
		gzip_min_length 1;"
	# This server compresses for clients that accept it; vm-fetchd never
	# accepts that.
	start_fetchd "$HTTPS/ok/x" cacert=ca.pem
	nbdread -f image "$SOCK" 0 $((3 * MIB))
}

@test "Apache serves an image that was made this very second" {
	start_apache
	# Apache calls the ETag of a file weak while the file is younger than a
	# second.
	fresh() {
		head -c $((3 * MIB)) /dev/urandom >image
		cp image root/image
		start_fetchd "$APACHE/image"
		nbdread -d "$SOCK" | grep -q 'validator: weak W/' && return
		stop_fetchd || :
		return 1
	}
	wait_until 20 fresh
	etag_is_strong() {
		curl -sI "$APACHE/image" | grep -qi '^etag: "'
	}
	wait_until 10 etag_is_strong
	is_right 0 $((3 * MIB))
	not grep -q 'validator' fetchd.err
}

@test "a server that serves one connection at a time gets one" {
	head -c $((24 * MIB)) /dev/urandom >image
	start_hostile image -1
	start_fetchd "$HOSTILE/ok/x"
	# A second connection would wait for ten seconds, repeatedly.
	nbdread -t -S 128K -f image "$SOCK" 0 $((24 * MIB)) >took
	[ "$(awk '{ print ($1 < 9) }' took)" = 1 ]
	wait_until 10 said_times 1 'one connection at a time'
	not grep -q 'trying again' fetchd.err
}

@test "a server that moves to another address is found again by its name" {
	requires_root
	head -c $((12 * MIB)) /dev/urandom >image
	start_hostile image
	local port=${HOSTILE##*:} first=${STARTED[-1]}
	echo "127.0.0.1 moving.test" >hosts
	SOCK=$PWD/nbd
	background unshare -m sh -c 'mount --bind hosts /etc/hosts &&
		exec "$@"' sh vm-fetchd -U "$SOCK" cache=4M \
		url="http://moving.test:$port/ok/x" >fetchd.out 2>fetchd.err
	FETCHD=${STARTED[-1]}
	wait_until 20 is_true_or_ended "$FETCHD" test -s fetchd.out
	is_right 0 $((2 * MIB))
	kill "$first"
	wait "$first" || :
	background hostile -L log2 -l 127.0.0.2 -p "$port" image >second.port
	wait_until 5 test -s second.port
	echo "127.0.0.2 moving.test" >hosts
	is_right $((6 * MIB)) $((6 * MIB))
	grep -q range= log2
}
