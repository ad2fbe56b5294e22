#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Uploads through nginx and lighttpd, configured with the files that vmedia
# installs: vm-upload and vm-door are real, and the clients are curl.

load helper
load door
load upload
load web

setup_file() {
	requires_root
	start_uploads
	# The web servers' processes run as another user.
	chmod 666 "$UPLOAD"
}
teardown_file() {
	stop_uploads
}
setup() {
	own_answer
	mkdir etc
	USER=(-u root:0penBmc)
}
teardown() {
	said
}

# start_lighttpd: starts it with its file; sets AT and CURL, as start_web does
# for nginx.
start_lighttpd() {
	local http https
	http=$(free_port) https=$(free_port)
	VM_CONF=$PWD/etc/vmedia.conf vmctl web certificate
	{
		printf 'server.%s\n' "document-root = \"$PWD\"" \
			"port = $http" 'bind = "127.0.0.1"' \
			"upload-dirs = (\"$PWD/spool\")"
		sed "s,@PREFIX@,$PWD/prefix,g; s,\":443\",\":$https\",
			s,/etc/vmedia,$PWD/etc,
			s,/run/vm-upload.sock,$UPLOAD," \
			"$TOP/scripts/lighttpd/vmedia.conf"
	} >lighttpd.conf
	mkdir spool
	background lighttpd -D -f lighttpd.conf 2>lighttpd.err
	CURL=(curl -sS --cacert "$PWD/etc/web.pem") AT=https://localhost:$https
	wait_until 10 "${CURL[@]}" -o /dev/null "$AT/images"
}

# uploads: tests what both servers must do.
uploads() {
	local path size
	head -c 5000000 /dev/urandom >image
	# In one request.
	[ "$("${CURL[@]}" "${USER[@]}" -T image -o said -w '%{http_code}' \
		"$AT/images/one.iso")" = 201 ]
	wait_until 20 eval 'cmp image "$STORE"/images/*/data'
	# With tus, in two parts, the second with a checksum.
	size=$(stat -c %s image)
	"${CURL[@]}" "${USER[@]}" -d '' "$AT/images" -H "Upload-Length: $size" \
		-H 'Tus-Resumable: 1.0.0' -D head -o said \
		-H "Upload-Metadata: filename $(encode two.iso)"
	path=$(sed -n 's/^location: //Ip' head | tr -d '\r')
	head -c 2000000 image >part
	[ "$(patch_file part 0)" = 204 ]
	"${CURL[@]}" "${USER[@]}" -I "$AT$path" -H 'Tus-Resumable: 1.0.0' >head
	grep -qi '^upload-offset: 2000000' head
	grep -qi '^cache-control: no-store' head
	tail -c +2000001 image >part
	[ "$(patch_file part 2000000 -H "Upload-Checksum: $(sum sha1 image)")" = 460 ]
	[ "$(patch_file part 2000000 -H "Upload-Checksum: $(sum sha1 part)")" = 204 ]
	wait_until 20 cmp image "$STORE/images/${path##*/}/data"
	[ "$("${CURL[@]}" "${USER[@]}" "$AT/images" | jq '.images | length')" = 2 ]
	[ "$("${CURL[@]}" "${USER[@]}" -X DELETE "$AT$path" -o said \
		-H 'Tus-Resumable: 1.0.0' -w '%{http_code}')" = 204 ]
}
# patch_file FILE OFFSET [OPTION...]: prints the status.
patch_file() {
	"${CURL[@]}" "${USER[@]}" -X PATCH -T "$1" "$AT$path" -o said \
		-w '%{http_code}' -H 'Tus-Resumable: 1.0.0' \
		-H "Upload-Offset: $2" -H "$TYPE" "${@:3}"
}

# refused_early: a client that may not upload gets the answer without sending
# its long body.
refused_early() {
	truncate -s 3G large
	[ "$("${CURL[@]}" -u root:wrong -T large -o said -w '%{http_code}' \
		"$AT/images/x.iso")" = 401 ]
	jq -e .error said
	[ "$("${CURL[@]}" "${USER[@]}" -T large -o said -w '%{http_code}' \
		"$AT/images/x.iso")" = 413 ]
	jq -e .error said
}

@test "nginx: PUT and tus, by HTTP/1.1" {
	start_web
	CURL+=(--http1.1)
	uploads
}

@test "nginx: PUT and tus, by HTTP/2" {
	start_web
	CURL+=(--http2)
	uploads
}

@test "nginx: who may not, or has too much, hears it at once" {
	start_web
	refused_early
	CURL+=(--http2)
	refused_early
}

# streams: bytes arrive at the store while the client is still sending.
streams() {
	mkfifo more
	background "${CURL[@]}" "${USER[@]}" --http1.1 -X PUT -T more -o said \
		-H 'Content-Length: 2000000' -H 'Transfer-Encoding:' "$AT/images/x.iso"
	exec 8>more
	head -c 1000000 /dev/zero >&8
	# curl itself keeps at most 64 KiB.
	wait_until 20 eval '[ "$(cat "$STORE"/incoming/*/data | wc -c)" -gt 900000 ]'
	head -c 1000000 /dev/zero >&8
	exec 8>&-
	wait "${STARTED[-1]}"
	wait_until 20 eval '[ -e "$(echo "$STORE"/images/*/data)" ]'
}

@test "nginx: bytes arrive while the client is sending, and none is kept on the way" {
	start_web
	streams
}

@test "lighttpd: bytes arrive while the client is sending, and none is kept on the way" {
	start_lighttpd
	streams
	[ -z "$(ls -A spool)" ]
}

@test "nginx: a body without a length is refused, and one that is none is not" {
	start_web
	local version
	for version in 1.1 2; do
		[ "$(head -c 300000 /dev/zero | "${CURL[@]}" "${USER[@]}" \
			"--http$version" -T - -o said -w '%{http_code}' \
			"$AT/images/x.iso")" = 411 ]
		jq -e .error said
		[ "$("${CURL[@]}" "${USER[@]}" "--http$version" -X POST -o said \
			-w '%{http_code}' -H 'Tus-Resumable: 1.0.0' \
			-H 'Upload-Length: 5' "$AT/images" \
			-H "Upload-Metadata: filename $(encode x.iso)")" = 201 ]
	done
}

@test "nginx: without vm-upload, 503 and what to type" {
	UPLOAD=$PWD/nothing start_web
	[ "$("${CURL[@]}" "${USER[@]}" -D head -o said -w '%{http_code}' \
		"$AT/images")" = 503 ]
	jq -r .error said | grep -q 'vmctl web'
	grep -qi '^retry-after' head
}

@test "lighttpd: PUT and tus" {
	start_lighttpd
	uploads
}

@test "lighttpd: who may not, or has too much, hears it at once" {
	start_lighttpd
	refused_early
}

@test "lighttpd: a body without a length is refused" {
	start_lighttpd
	head -c 300000 /dev/zero | "${CURL[@]}" "${USER[@]}" -T - -o said -D head \
		"$AT/images/x.iso" || :
	grep -qE '^HTTP/1.1 (411|413)' head
	[ -z "$(ls "$STORE/incoming")" ]
}
