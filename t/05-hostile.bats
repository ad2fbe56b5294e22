#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The hostile HTTP server misbehaves exactly as documented, and nbdread reports
# correctly: other tests rely on both.
# run: alone

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 10000 /dev/urandom >image
	background hostile -L log image >port
	wait_until 5 test -s port
	URL=http://127.0.0.1:$(cat port)
}

# get PATH [CURL-OPTION...]: gets the body into `body`, the headers into
# `headers`.
get() {
	local path=$1
	shift
	curl -sS -m 5 -D headers -o body "$@" "$URL$path"
}
# status: prints the status of the last answer, after any redirects.
status() {
	sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p' headers | tail -n 1
}
header() {
	tr -d '\r' <headers | sed -n "s/^$1: //Ip" | tail -n 1
}
# part FIRST LENGTH: prints these bytes of the image.
part() {
	tail -c +$(($1 + 1)) image | head -c "$2"
}
# has_range FIRST-LAST: was the last answer a 206 with that range and its bytes?
has_range() {
	local first=${1%-*} last=${1#*-}
	[ "$(status)" = 206 ]
	[ "$(header Content-Range)" = "bytes $1/10000" ]
	part "$first" $((last - first + 1)) | cmp - body
}

@test "hostile: a range, an open range, a suffix, and beyond the end" {
	get /ok/x -r 100-299
	has_range 100-299
	get /ok/x -r 9990-
	has_range 9990-9999
	get /ok/x -r -500
	has_range 9500-9999
	get /ok/x -r -20000
	has_range 0-9999
	get /ok/x -r 9999-20000
	has_range 9999-9999
	get /ok/x -r 10000-
	[ "$(status)" = 416 ]
	[ "$(header Content-Range)" = "bytes */10000" ]
}

@test "hostile: without a range it sends the file; HEAD sends the size; a wrong mode is 404" {
	get /ok/x
	cmp image body
	get /ok/x -I
	[ "$(header Content-Length)" = 10000 ]
	[ "$(header Accept-Ranges)" = bytes ]
	get /misspelt/x
	[ "$(status)" = 404 ]
}

@test "hostile: it obeys If-Match and If-Range" {
	get /ok/x -r 0-9 -H 'If-Match: "first"' -H 'If-Range: "first"'
	has_range 0-9
	get /ok/x -r 0-9 -H 'If-Range: "other"'
	[ "$(status)" = 200 ]
	get /ok/x -r 0-9 -H 'If-Match: "other"'
	[ "$(status)" = 412 ]
	get /weak-etag/x -r 0-9 -H 'If-Match: W/"first"'
	[ "$(status)" = 412 ]
}

@test "hostile: the log shows ranges, users, queries and bytes, but no password" {
	get '/ok/x?sig=1' -r 5-14 -u joe:secret
	diff - log <<-END
		1 conn=1 GET /ok/x?sig=1 range=5-14 auth=joe token=- status=206
		max-concurrent 1
		done 1 bytes=10
	END
}

@test "hostile: a connection is kept, and 'close' closes it" {
	curl -sS -m 5 -o a -o b -o c "$URL/ok/x" "$URL/ok/x" "$URL/close/x"
	grep -q '^3 conn=1' log
	curl -sS -m 5 -o a -o b "$URL/close/x" "$URL/close/x"
	grep -q '^5 conn=3' log
}

@test "hostile: max-concurrent counts the requests under way" {
	curl -sS -Z --parallel-immediate -o a -o b -o c "$URL/slow/300/[1-3]"
	grep -q '^max-concurrent 3' log
	run grep '^max-concurrent 4' log
	[ "$status" = 1 ]
}

@test "hostile: requests one after another do not count as concurrent" {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		get /ok/x -r 0-99
	done
	[ "$(grep -c '^done' log)" = 10 ]
	[ "$(grep '^max' log)" = "max-concurrent 1" ]
}

@test "hostile: -after counts for each target separately" {
	for target in a b; do
		get /ignore-range-after/2/$target -r 10-19
		get /ignore-range-after/2/$target -r 10-19
		has_range 10-19
		get /ignore-range-after/2/$target -r 10-19
		[ "$(status)" = 200 ]
		cmp image body
	done
}

@test "hostile: -once affects the Nth request only" {
	get /status-once/503/2/x
	[ "$(status)" = 200 ]
	get /status-once/503/2/x
	[ "$(status)" = 503 ]
	get /status-once/503/2/x
	[ "$(status)" = 200 ]
}

@test "hostile: modes are combined" {
	get /redirect/auth/joe/secret/weak-etag/x -L -u joe:secret
	cmp image body
	grep -q 'ETag: W/"first"' headers
}

@test "hostile: wrong, longer and shorter ranges have a true Content-Range" {
	get /wrong-range/x -r 1000-1099
	has_range 488-587
	get /wrong-range/x -r 0-99
	has_range 512-611
	get /long/x -r 1000-1099
	has_range 1000-1611
	get /short-range/x -r 1000-1099
	has_range 1000-1049
}

@test "hostile: other validators of the same content, and a part of a range" {
	get /etags/2/x -r 0-9
	[ "$(header ETag)" = '"server 1"' ]
	get /etags/2/x -r 0-9
	[ "$(header ETag)" = '"server 0"' ]
	get /lastmod-now/x -r 0-9
	part 0 10 | cmp - body
	get /subset/4/x -r 1000-1099
	has_range 1000-1003
	get '/mirrors?/a,/b' -r 0-9
	[ "$(header Location)" = /a ]
	get '/mirrors?/a,/b' -r 0-9
	[ "$(header Location)" = /b ]
}

@test "hostile: lengths that contradict Content-Range" {
	get /short-length/x -r 1000-1099
	[ "$(header Content-Range)" = "bytes 1000-1099/10000" ]
	part 1000 50 | cmp - body
	get /long-length/x -r 1000-1099
	[ "$(header Content-Range)" = "bytes 1000-1099/10000" ]
	part 1000 612 | cmp - body
	get /extra/x -r 1000-1099 --ignore-content-length -m 0.3 || :
	part 1000 612 | cmp - body
}

@test "hostile: Content-Range without a size, or with a senseless one" {
	local mode
	for mode in no-total garbage negative huge-size wrapped-size; do
		get /$mode/x -r 0-9
		header Content-Range >>sizes
		part 0 10 | cmp - body
	done
	get /no-content-range/x -r 0-9
	[ "$(status)" = 206 ]
	diff - sizes <<-END
		bytes 0-9/*
		bytes 0-9/0x10 bytes
		bytes 0-9/-1
		bytes 0-9/9223372036854775808
		bytes 0-9/18446744073709551617
	END
	[ -z "$(header Content-Range)" ]
}

@test "hostile: a body that is cut, once, can be resumed" {
	run get /short-once/1/x
	[ "$status" = 18 ]
	part 0 5000 | cmp - body
	curl -sS -m 5 -C - -o body "$URL/short-once/1/x"
	cmp image body
}

@test "hostile: RST amid every Nth body" {
	get /reset-after/2/x
	run get /reset-after/2/x
	[ "$status" = 56 ]
	get /reset-after/2/x
	cmp image body
}

@test "hostile: stalls, before the answer and amid the body" {
	run get /stall/x -m 0.5
	[ "$status" = 28 ]
	run get /stall-body-after/1/x -m 0.5
	[ "$status" = 0 ]
	run get /stall-body-after/1/x -m 0.5
	[ "$status" = 28 ]
	part 0 5000 | cmp - body
	wait_until 5 grep -q '^done 3 bytes=5000' log
	grep -q '^1 .* status=0' log
	run get /drip/x -m 1.5
	part 0 2 | cmp - body
}

@test "hostile: ETag, Last-Modified or size change, with the content" {
	get /etag-change/1/x -r 0-9
	has_range 0-9
	get /etag-change/1/x -r 0-9 -H 'If-Match: "first"'
	[ "$(status) $(header ETag)" = '206 "second"' ]
	run cmp -s -n 1 image body
	[ "$status" = 1 ]
	get /ifmatch/0/x -r 0-9 -H 'If-Match: "first"'
	[ "$(status)" = 412 ]
	get /lastmod-change/0/x -r 0-9
	[ "$(header Last-Modified)" = "Fri, 02 Jan 2026 00:00:00 GMT" ]
	[ -z "$(header ETag)" ]
	get /size-change/0/x -r 0-9
	[ "$(header Content-Range)" = "bytes 0-9/9999" ]
}

@test "hostile: a signed redirect works N times, then a new one is needed" {
	local sig
	get /signed-redirect/2/x
	sig=$(header Location)
	get "$sig"
	get "$sig"
	cmp image body
	get "$sig"
	[ "$(status)" = 403 ]
	get /signed-redirect/2/x -L
	cmp image body
}

@test "hostile: redirects to a URL, and in a loop" {
	get "/redirect-to?$URL/ok/x?a=b" -L -r 0-9
	has_range 0-9
	grep -q ' GET /ok/x?a=b range=0-9' log
	run get /redirect-loop/x -L
	[ "$status" = 47 ]
}

@test "hostile: it asks for credentials" {
	get /auth/joe/secret/x
	[ "$(status)" = 401 ]
	get /auth/joe/secret/x -u joe:secrets
	[ "$(status)" = 401 ]
	get /auth/joe/secret/x -u joe:secret
	cmp image body
}

@test "hostile: headers that break the protocol" {
	run get /cut-headers/x
	[ "$status" != 0 ]
	run get /bad-status-line/x
	[ "$status" != 0 ]
	get /header-bomb/x -m 0.3 || :
	[ "$(wc -l <headers)" -gt 50 ]
	get /gzip/x --raw
	[ "$(header Content-Encoding)" = gzip ]
}

@test "hostile: chunked, empty, login page, Retry-After, no HEAD" {
	get /chunked/x -r 0-99
	[ -z "$(header Content-Length)" ]
	has_range 0-99
	get /empty/x -r 0-99
	[ "$(status) $(header Content-Length)" = "200 0" ]
	get /empty416/x -r 0-99
	[ "$(status) $(header Content-Range)" = "416 bytes */0" ]
	get /html206/x -r 0-14
	[ "$(status) $(cat body)" = "206 <!DOCTYPE html>" ]
	get /retry-after/3/1/x
	[ "$(status) $(header Retry-After)" = "503 3" ]
	get /head405/x -I
	[ "$(status)" = 405 ]
}

@test "hostile: IPv6, and a given port" {
	background hostile -l ::1 -p "$(cat port)" image >port6
	wait_until 5 test -s port6
	cmp port port6
	curl -sS -m 5 -o body "http://[::1]:$(cat port6)/ok/x"
	cmp image body
}

@test "nbdread: the bytes, the size, the description, in parallel" {
	background nbdkit -f -U "$PWD/nbd" --filter=exportname file image \
	    exportname-list=explicit exportdesc=fixed:"a description"
	wait_until 5 nbdread -s nbd
	[ "$(nbdread -s nbd)" = 10000 ]
	[ "$(nbdread -d nbd)" = "a description" ]
	nbdread -S 1000 nbd 10 9000 | cmp - <(part 10 9000)
	nbdread -p -S 7 -f image nbd 0 10000
	nbdread -n 50 -r 1 -f image nbd
}

@test "nbdread: an error, a mismatch and a missing connection have different statuses" {
	background nbdkit -f -U "$PWD/nbd" file image
	wait_until 5 nbdread -s nbd
	fails 1 nbdread nbd 9999 2
	fails 2 nbdread no-such-socket 0 1
	{ part 0 5555; printf '\n\n'; part 5557 9999; } >other
	fails 3 nbdread -S 512 -f other nbd 0 10000
	grep -q ' at 555[56]$' stderr
}
