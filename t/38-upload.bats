#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-upload: every MUST in the text of tus 1.0.0 (protocol.md) for a server, for
# the core and the announced extensions, in the order of that text. The names of
# the tests are the words of the text.

load helper
load door
load upload

setup_file() {
	requires_root
	start_uploads
}
teardown_file() {
	stop_uploads
}
setup() {
	own_answer
}
teardown() {
	said
}

BAD_NUMBERS=(-1 -0 +1 1.5 1e3 0x1 x '' ' 1' '1 ' '1,1')

# --- headers --------------------------------------------------------------

@test "Upload-Offset: the value MUST be a non-negative integer" {
	local bad
	new 10
	for bad in "${BAD_NUMBERS[@]}"; do
		[ "$(patch "$bad" hello)" = 400 ]
	done
	has ''
	[ "$(patch 0 hello)" = 204 ]
	[[ $(header upload-offset) =~ ^[0-9]+$ ]]
}

@test "Upload-Length: the value MUST be a non-negative integer" {
	local bad
	for bad in "${BAD_NUMBERS[@]}"; do
		[ "$(up POST /images "Upload-Length:$bad" \
			"Upload-Metadata:filename $(encode x.iso)" </dev/null)" = 400 ]
	done
	[ -z "$(ls "$STORE/incoming")" ]
	new 10
	up HEAD "$AT" </dev/null
	[[ $(header upload-length) =~ ^[0-9]+$ ]]
}

@test "Tus-Version MUST be a comma-separated list of protocol versions" {
	ask OPTIONS /images </dev/null
	[ "$(header tus-version)" = 1.0.0 ]
}

@test "Tus-Resumable MUST be included in every response, with the version" {
	local path method
	new 10
	for path in /images "$AT" /images/0123456789abcdef /elsewhere; do
		for method in HEAD GET POST PATCH DELETE PUT TRACE; do
			ask $method "$path" "$AUTH" </dev/null
			[ "$(header tus-resumable)" = 1.0.0 ]
			up $method "$path" </dev/null
			[ "$(header tus-resumable)" = 1.0.0 ]
		done
	done
	ask POST /images "$TUS" </dev/null
	[ "$(header tus-resumable)" = 1.0.0 ]
}

@test "Tus-Resumable MUST be included in every request: 412, and Tus-Version" {
	local method version
	new 10
	for version in X:y Tus-Resumable:0.2.2 Tus-Resumable:1.0.1 Tus-Resumable:; do
		for method in HEAD PATCH DELETE; do
			[ "$(echo hello | ask $method "$AT" "$AUTH" "$TYPE" \
				Upload-Offset:0 "$version")" = 412 ]
			[ "$(header tus-version)" = 1.0.0 ]
		done
		[ "$(ask POST /images "$AUTH" Upload-Length:5 "$version" \
			"Upload-Metadata:filename $(encode y.iso)" </dev/null)" = 412 ]
	done
	# A PUT is not a request of tus, but it must not announce another
	# version.
	[ "$(echo hello | ask PUT /images/y.iso "$AUTH" Tus-Resumable:2)" = 412 ]
}

@test "The server MUST NOT process a request of another version" {
	new 10
	ask DELETE "$AT" "$AUTH" </dev/null
	echo hello | ask PATCH "$AT" "$AUTH" "$TYPE" Upload-Offset:0
	ask POST /images "$AUTH" Upload-Length:5 \
		"Upload-Metadata:filename $(encode y.iso)" </dev/null
	has ''
	[ "$(ls "$STORE/incoming")" = "${AT##*/}" ]
}

@test "Tus-Extension MUST be a comma-separated list of the extensions" {
	ask OPTIONS /images </dev/null
	[ "$(header tus-extension)" = \
		creation,creation-with-upload,checksum,expiration,termination ]
}

@test "Tus-Max-Size MUST be a non-negative integer: what there is room for" {
	ask OPTIONS /images </dev/null
	[ -z "$(header tus-max-size)" ]
	[ "$(ask OPTIONS /images "$AUTH" </dev/null)" = 204 ]
	[ "$(header tus-max-size)" = $((64 * 1048576)) ]
	new 1048576
	ask OPTIONS /images "$AUTH" </dev/null
	[ "$(header tus-max-size)" = $((63 * 1048576)) ]
	# With wrong credentials, the other headers are still there.
	[ "$(ask OPTIONS /images X-Auth-Token:x </dev/null)" = 204 ]
	[ -z "$(header tus-max-size)" ]
}

@test "X-HTTP-Method-Override MUST be interpreted as the request's method" {
	new 10
	[ "$(echo -n hello | up POST "$AT" X-HTTP-Method-Override:PATCH "$TYPE" \
		Upload-Offset:0)" = 204 ]
	has hello
	[ "$(up GET "$AT" X-HTTP-Method-Override:HEAD </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 5 ]
	[ "$(up PATCH "$AT" X-HTTP-Method-Override:DELETE </dev/null)" = 204 ]
	[ ! -e "$RECORD" ]
}

@test "X-HTTP-Method-Override: the actual method MUST be ignored" {
	new 10
	[ "$(up DELETE "$AT" X-HTTP-Method-Override:HEAD </dev/null)" = 200 ]
	[ "$(up DELETE "$AT" X-HTTP-Method-Override:nothing </dev/null)" = 405 ]
	has ''
}

# --- HEAD -----------------------------------------------------------------

@test "HEAD: the server MUST always include Upload-Offset, even if it is 0" {
	new 10
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 0 ]
	[ "$(patch 0 hello)" = 204 ]
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 5 ]
}

@test "HEAD: Upload-Offset MUST be there if the upload is completed" {
	new 5
	[ "$(patch 0 hello)" = 204 ]
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 5 ]
	wait_until 20 test -e "$STORE/images/${AT##*/}"
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 5 ]
	[ "$(header upload-length)" = 5 ]
}

@test "HEAD: if the size is known, the server MUST include Upload-Length" {
	new 12345
	up HEAD "$AT" </dev/null
	[ "$(header upload-length)" = 12345 ]
}

@test "HEAD of nothing is 404, without Upload-Offset" {
	[ "$(up HEAD /images/0123456789abcdef </dev/null)" = 404 ]
	[ -z "$(header upload-offset)" ]
}

@test "HEAD: the server MUST prevent caching by Cache-Control: no-store" {
	new 10
	up HEAD "$AT" </dev/null
	[ "$(header cache-control)" = no-store ]
}

# --- PATCH ----------------------------------------------------------------

@test "PATCH MUST use Content-Type: application/offset+octet-stream, else 415" {
	local type
	new 10
	for type in X:y Content-Type: Content-Type:application/octet-stream \
		Content-Type:application/offset+octet-streams; do
		[ "$(echo hello | up PATCH "$AT" "$type" Upload-Offset:0)" = 415 ]
	done
	has ''
}

@test "PATCH: if the offsets do not match, the server MUST respond with 409" {
	new 10
	[ "$(patch 0 hello)" = 204 ]
	for offset in 0 4 6 10 11 9223372036854775807 9223372036854775808; do
		[ "$(patch $offset x)" = 409 ]
	done
}

@test "PATCH: ... without modifying the upload resource" {
	new 10
	[ "$(patch 0 hello)" = 204 ]
	[ "$(patch 0 world)" = 409 ]
	[ "$(patch 6 orld)" = 409 ]
	has hello
}

@test "PATCH: the server MUST acknowledge with 204 and Upload-Offset, the sum" {
	new 20
	[ "$(patch 0 hello)" = 204 ]
	[ "$(header upload-offset)" = 5 ]
	[ "$(patch 5 '')" = 204 ]
	[ "$(header upload-offset)" = 5 ]
	[ "$(patch 5 ' world')" = 204 ]
	[ "$(header upload-offset)" = 11 ]
	has 'hello world'
}

@test "PATCH of nothing is 404" {
	AT=/images/0123456789abcdef
	[ "$(patch 0 hello)" = 404 ]
}

@test "PATCH: more bytes than Upload-Length are refused, and none is stored" {
	new 10
	[ "$(patch 0 hello)" = 204 ]
	[ "$(patch 5 worlds)" = 413 ]
	has hello
}

# --- OPTIONS --------------------------------------------------------------

@test "OPTIONS: 204, and the answer MUST contain Tus-Version" {
	[ "$(ask OPTIONS /images </dev/null)" = 204 ]
	[ "$(header tus-version)" = 1.0.0 ]
	new 10
	[ "$(ask OPTIONS "$AT" </dev/null)" = 204 ]
	[ "$(header tus-version)" = 1.0.0 ]
}

@test "OPTIONS: the server MUST ignore Tus-Resumable" {
	[ "$(ask OPTIONS /images Tus-Resumable:0.1 </dev/null)" = 204 ]
}

# --- creation -------------------------------------------------------------

@test "creation: it MUST be in Tus-Extension" {
	ask OPTIONS /images </dev/null
	[[ ,$(header tus-extension), = *,creation,* ]]
}

@test "creation: a deferred length, which is not announced, is refused" {
	local value
	for value in 1 0 2 x; do
		[ "$(up POST /images "Upload-Defer-Length:$value" \
			"Upload-Metadata:filename $(encode x.iso)" </dev/null)" = 400 ]
	done
	[ -z "$(ls "$STORE/incoming")" ]
}

@test "creation: the request MUST include Upload-Length" {
	[ "$(up POST /images "Upload-Metadata:filename $(encode x.iso)" \
		</dev/null)" = 400 ]
}

@test "creation: once set, the length MUST NOT be changed" {
	new 10
	[ "$(patch 0 hello Upload-Length:11)" = 400 ]
	[ "$(patch 0 hello Upload-Length:5)" = 400 ]
	has ''
	[ "$(patch 0 hello Upload-Length:10)" = 204 ]
	up HEAD "$AT" </dev/null
	[ "$(header upload-length)" = 10 ]
}

@test "creation: Upload-Metadata MUST consist of pairs, each key once, of base64" {
	local bad
	for bad in '' , 'filename eA==,' ',filename eA==' 'filename eA==,,b' \
		'filename eA==,filename eQ==' 'filename eA==,a,b,a YQ==' \
		'filename x' 'filename eA=' 'filename eA== eA==' 'filename  eA==' \
		'filename eA==,a YQ' 'filename eA==,a Y%==' $'filename eA==,a\tb' \
		$'filename eA==,\xf0\x9f\x92\xbf'; do
		[ "$(up POST /images Upload-Length:5 "Upload-Metadata:$bad" \
			</dev/null)" = 400 ]
	done
	[ -z "$(ls "$STORE/incoming")" ]
}

@test "creation: HEAD MUST include Upload-Metadata as the client specified it" {
	local metadata
	metadata="a,filename $(encode x.iso),type YXBwbGljYXRpb24veA==,z "
	[ "$(up POST /images Upload-Length:5 "Upload-Metadata:$metadata" \
		</dev/null)" = 201 ]
	AT=$(header location)
	up HEAD "$AT" </dev/null
	[ "$(header upload-metadata)" = "$metadata" ]
	[ "$(patch 0 hello)" = 204 ]
	wait_until 20 test -e "$STORE/images/${AT##*/}"
	up HEAD "$AT" </dev/null
	[ "$(header upload-metadata)" = "$metadata" ]
}

@test "creation: what exceeds the maximum MUST be refused with 413" {
	local size
	for size in 100000000 9223372036854775807 9223372036854775808 \
		340282366920938463463374607431768211456; do
		[ "$(up POST /images "Upload-Length:$size" \
			"Upload-Metadata:filename $(encode x.iso)" </dev/null)" = 413 ]
	done
	[ -z "$(ls "$STORE/incoming")" ]
}

@test "creation: the server MUST acknowledge with 201 and set Location" {
	[ "$(up POST /images Upload-Length:5 \
		"Upload-Metadata:filename $(encode x.iso)" </dev/null)" = 201 ]
	AT=$(header location)
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
}

# --- creation with upload -------------------------------------------------

@test "creation-with-upload: it MUST be announced, and creation, too" {
	ask OPTIONS /images </dev/null
	[[ ,$(header tus-extension), = *,creation,*creation-with-upload,* ]]
}

# create TEXT SIZE [NAME:VALUE...]: prints the status.
create() {
	printf %s "$1" | up POST /images "Upload-Length:$2" \
		"Upload-Metadata:filename $(encode x.iso)" "${@:3}"
}

@test "creation-with-upload: the client MUST include the Content-Type" {
	[ "$(create hello 10)" = 415 ]
	[ -z "$(ls "$STORE/incoming")" ]
}

@test "creation-with-upload: the answer MUST include Upload-Offset, what was accepted" {
	[ "$(create hello 10 "$TYPE")" = 201 ]
	[ "$(header upload-offset)" = 5 ]
	AT=$(header location) RECORD=$STORE/incoming/${AT##*/}
	has hello
	[ "$(create 'hello world' 11 "$TYPE")" = 201 ]
	[ "$(header upload-offset)" = 11 ]
	wait_until 20 test -e "$STORE/images/$(header location | sed 's,.*/,,')"
}

@test "creation-with-upload: more bytes than Upload-Length are 413" {
	[ "$(create hello 4 "$TYPE")" = 413 ]
	[ -z "$(ls "$STORE/incoming")" ]
}

# --- expiration -----------------------------------------------------------

# is_date TEXT: is it a date of RFC 9110?
is_date() {
	[[ $1 =~ ^(Mon|Tue|Wed|Thu|Fri|Sat|Sun),\ [0-9]{2}\ [A-Z][a-z]{2}\ [0-9]{4}\ [0-9:]{8}\ GMT$ ]]
}

@test "expiration: it MUST be in Tus-Extension" {
	ask OPTIONS /images </dev/null
	[[ ,$(header tus-extension), = *,expiration,* ]]
}

@test "expiration: Upload-Expires MUST be in the answer to the POST, in the right format" {
	new 10
	is_date "$(header upload-expires)"
	local left=$(($(date -d "$(header upload-expires)" +%s) - $(date +%s)))
	[ $left -gt 604000 ]
	[ $left -le 604800 ]
}

@test "expiration: Upload-Expires MUST be in every answer to a PATCH" {
	new 10
	[ "$(patch 0 hello)" = 204 ]
	is_date "$(header upload-expires)"
	[ "$(patch 0 hello)" = 409 ]
	is_date "$(header upload-expires)"
	[ "$(patch 5 world "Upload-Checksum:$(sum sha1 /dev/null)")" = 460 ]
	is_date "$(header upload-expires)"
	up HEAD "$AT" </dev/null
	is_date "$(header upload-expires)"
}

# --- checksum -------------------------------------------------------------

@test "checksum: it MUST be in Tus-Extension" {
	ask OPTIONS /images </dev/null
	[[ ,$(header tus-extension), = *,checksum,* ]]
}

@test "checksum: Tus-Checksum-Algorithm MUST be in the answer to OPTIONS, with sha1" {
	ask OPTIONS /images </dev/null
	[[ ,$(header tus-checksum-algorithm), = *,sha1,* ]]
	[[ $(header tus-checksum-algorithm) =~ ^[a-z0-9,]+$ ]]
}

@test "checksum: the server MUST verify the chunk: 204 if it is right" {
	local name
	new 10
	printf hello >chunk
	[ "$(patch 0 hello "Upload-Checksum:$(sum sha1 chunk)")" = 204 ]
	printf wor >chunk
	[ "$(patch 5 wor "Upload-Checksum:$(sum sha256 chunk)")" = 204 ]
	has hellowor
	[ ! -s "$RECORD/offset" ]
}

@test "checksum: on a mismatch, the chunk MUST be discarded and the offset not updated" {
	new 10
	printf hello >chunk
	[ "$(patch 0 Hello "Upload-Checksum:$(sum sha1 chunk)")" = 460 ]
	[ "$(header upload-offset)" = 0 ]
	has ''
	[ "$(patch 0 hello "Upload-Checksum:$(sum sha1 chunk)")" = 204 ]
	[ "$(patch 5 hellO "Upload-Checksum:$(sum sha256 chunk)")" = 460 ]
	has hello
	[ ! -s "$RECORD/offset" ]
}

@test "checksum: with an unknown algorithm, 400, and the chunk MUST be discarded" {
	local bad
	new 10
	for bad in md5 'md5 XUFAKrxLKna5cZ2REBfFkg==' 'SHA1 qvTGHdzF6KLavt4PO0gs2a6pQ00=' \
		'sha1' 'sha1 ' 'sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00' 'sha1  x' ''; do
		[ "$(patch 0 hello "Upload-Checksum:$bad")" = 400 ]
	done
	has ''
}

# --- termination ----------------------------------------------------------

@test "termination: it MUST be announced by Tus-Extension" {
	ask OPTIONS /images </dev/null
	[[ ,$(header tus-extension), = *,termination, ]]
}

@test "termination: the server MUST respond with 204, and then with 404" {
	new 10
	[ "$(up DELETE "$AT" </dev/null)" = 204 ]
	[ ! -e "$RECORD" ]
	for method in HEAD DELETE; do
		[ "$(up $method "$AT" </dev/null)" = 404 ]
	done
	[ "$(patch 0 hello)" = 404 ]
}

@test "termination: of a completed upload, too" {
	new 5
	[ "$(patch 0 hello)" = 204 ]
	wait_until 20 test -e "$STORE/images/${AT##*/}"
	[ "$(up DELETE "$AT" </dev/null)" = 204 ]
	[ ! -e "$STORE/images/${AT##*/}" ]
	[ "$(up HEAD "$AT" </dev/null)" = 404 ]
}
