#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-upload: who may upload, cut connections, killed processes, full disks, and
# hostile requests.

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
	# The failing disk is mounted over the store.
	[ -z "${LOOP:-}" ] || {
		umount "$STORE"
		losetup -d "$LOOP"
		umount "$BATS_TEST_TMPDIR/below"
	}
	mount -o remount,rw,size=64m "$STORE"
	said
}

# --- who may --------------------------------------------------------------

@test "usage: wrong options exit 64, and another user than there is 67" {
	fails 64 vm-upload -n 0
	fails 64 vm-upload -t x
	run -64 vm-upload extra
	run -64 vm-upload -x
	fails 67 vm-upload -u no-such-user -s "$PWD/sock"
	fails 75 vm-upload -u nobody -s "$UPLOAD"
	run -0 vm-upload -h
}

@test "without credentials all but OPTIONS is 401, by the rules of Redfish" {
	local method
	new 10
	for method in HEAD GET DELETE; do
		[ "$(ask $method "$AT" "$TUS" </dev/null)" = 401 ]
		[[ $(header www-authenticate) = Basic* ]]
	done
	[ "$(printf hello | ask PATCH "$AT" "$TUS" "$TYPE" Upload-Offset:0)" = 401 ]
	[ "$(ask POST /images "$TUS" Upload-Length:5 \
		"Upload-Metadata:filename $(encode x.iso)" </dev/null)" = 401 ]
	[ "$(printf hello | ask PUT /images/x.iso)" = 401 ]
	[ "$(ask GET /images </dev/null)" = 401 ]
	[ "$(ask GET /images "Authorization:Basic $(encode root:wrong)" </dev/null)" = 401 ]
	[ "$(ask GET /images X-Auth-Token:0123 </dev/null)" = 401 ]
	# On Basic, a browser would ask its user for a password.
	[ "$(header www-authenticate)" = 'X-Auth-Token realm="redfish"' ]
	has ''
}

@test "a token does, until its session ends; and roles without the right do not" {
	local id
	log_in root 0penBmc
	new 10
	[ "$(ask HEAD "$AT" "$TUS" "X-Auth-Token:$TOKEN" </dev/null)" = 200 ]
	asks ok verb=logout token="$TOKEN" session="$ID"
	[ "$(ask HEAD "$AT" "$TUS" "X-Auth-Token:$TOKEN" </dev/null)" = 401 ]
	for id in op:operator1 reader:readonly1; do
		AUTH="Authorization:Basic $(encode $id)"
		[ "$(up HEAD "$AT" </dev/null)" = 403 ]
		[ "$(patch 0 hello)" = 403 ]
		[ "$(up DELETE "$AT" </dev/null)" = 403 ]
		# Every account may see the list.
		[ "$(up GET /images </dev/null)" = 200 ]
	done
	AUTH="Authorization:Basic $(encode new:changeme1)"
	[ "$(up GET /images </dev/null)" = 403 ]
}

@test "vm-upload's user is heard by vm-door for images only" {
	chmod 711 "$UP"
	not setpriv --reuid nobody --clear-groups -- \
		"$BUILD/t/doorask" verb=whoami user=root password=0penBmc >answer
	grep -qx result=invalid answer
	not setpriv --reuid daemon --clear-groups -- \
		"$BUILD/t/doorask" verb=image-list user=root password=0penBmc >answer
	not grep -q result answer
}

@test "when the session ends, the upload ends, and its bytes stay" {
	local id
	log_in root 0penBmc
	id=$ID
	new 10
	printf hello | ask PATCH "$AT" "$TUS" "$TYPE" "X-Auth-Token:$TOKEN" \
		Upload-Offset:0 @length:10 >status 3>&- &
	wait_until 20 eval '[ "$(cat "$RECORD/data")" = hello ]'
	asks ok verb=logout token="$TOKEN" session="$id"
	wait $!
	[ "$(cat status)" = 503 ]
	rm status
	has hello
}

@test "GET: the list, and one image of it" {
	new 10
	[ "$(up GET /images </dev/null)" = 200 ]
	[ "$(sed '1,/^$/d' answer | jq -r '.images[0].name')" = x.iso ]
	[ "$(up GET "$AT" </dev/null)" = 200 ]
	[ "$(sed '1,/^$/d' answer | jq -r .id)" = "${AT##*/}" ]
	[ "$(up GET /images/0123456789abcdef </dev/null)" = 404 ]
}

# --- PUT ------------------------------------------------------------------

@test "PUT: a whole image in one request" {
	head -c 3000000 /dev/urandom >image
	[ "$(ask PUT '/images/x%20(1).iso' "$AUTH" <image)" = 201 ]
	AT=$(header location)
	wait_until 20 test -e "$STORE/images/${AT##*/}"
	cmp image "$STORE/images/${AT##*/}/data"
	[ "$(cat "$STORE/images/${AT##*/}/name")" = 'x (1).iso' ]
	[ "$(ask PUT '/images/x%20(1).iso' "$AUTH" <image)" = 409 ]
}

@test "PUT: with a checksum that is wrong, or cut, nothing is left" {
	printf hello >image
	[ "$(ask PUT /images/x.iso "$AUTH" "Upload-Checksum:$(sum sha256 /dev/null)" \
		<image)" = 460 ]
	[ -z "$(ls "$STORE/incoming" "$STORE/images" | grep -v :)" ]
	ask PUT /images/x.iso "$AUTH" @length:10 @cut:1 <image
	wait_until 20 eval '[ -z "$(ls "$STORE/incoming")" ]'
	[ "$(ask PUT /images/x.iso "$AUTH" "Upload-Checksum:$(sum sha256 image)" \
		<image)" = 201 ]
}

@test "a POST whose body is cut leaves nothing" {
	printf hello | ask POST /images "$AUTH" "$TUS" "$TYPE" Upload-Length:10 \
		"Upload-Metadata:filename $(encode x.iso)" @length:10 @cut:1
	wait_until 20 eval '[ -z "$(ls "$STORE/incoming")" ]'
}

# --- cuts and kills -------------------------------------------------------

# hold TEXT [NAME:VALUE...]: starts in the background a PATCH of 10 bytes that
# sends only TEXT, and stays open.
hold() {
	printf %s "$1" | "$TOP/t/upload/scgi" "$UPLOAD" PATCH "$AT" "$AUTH" \
		"$TUS" "$TYPE" "Upload-Offset:${#BEFORE}" "@length:$((10 - ${#BEFORE}))" \
		"${@:2}" >held 3>&- &
	HELD=$!
	STARTED+=("$HELD")
	wait_until 20 eval '[ "$(cat "$RECORD/data")" = "'"$BEFORE$1"'" ]'
}
# worker: prints the pid of the process that writes to the upload.
worker() {
	local fd
	for fd in /proc/[0-9]*/fd/*; do
		[ ! "$fd" -ef "$RECORD/data" ] || {
			fd=${fd#/proc/}
			echo "${fd%%/*}"
			return
		}
	done
}

@test "PATCH: what has arrived before a cut stays" {
	new 10
	printf hello | ask PATCH "$AT" "$AUTH" "$TUS" "$TYPE" Upload-Offset:0 \
		@length:10 @cut:1
	wait_until 20 eval '[ "$(cat "$RECORD/data")" = hello ]'
	wait_until 20 eval '[ -z "$(worker)" ]'
	has hello
	[ "$(patch 5 world)" = 204 ]
	wait_until 20 cmp "$STORE/images/${AT##*/}/data" <(printf helloworld)
}

@test "PATCH with a checksum: of a cut body nothing counts" {
	printf helloworld >all
	new 10
	hold hello "Upload-Checksum:$(sum sha1 all)"
	# HEAD does not count bytes that may have to be removed.
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 0 ]
	kill "$HELD"
	wait_until 20 eval '[ -z "$(worker)" ]'
	[ ! -s "$RECORD/offset" ]
	has ''
}

@test "kill -9 in PATCH: the bytes stay, and the next begins at once" {
	new 10
	hold hello
	kill -9 "$(worker)"
	wait "$HELD" || :
	has hello
	[ "$(patch 5 wor)" = 204 ]
	has hellowor
	# A stale lock cannot block the upload, because there is no lock file.
	[ "$(ls "$RECORD" | paste -sd,)" = \
		created,data,metadata,name,offset,origin,owner,size,taken ]
}

@test "kill -9 in PATCH with a checksum: its bytes are cut back" {
	printf helloworld >all
	new 10
	[ "$(patch 0 '')" = 204 ]
	hold hello "Upload-Checksum:$(sum sha1 all)"
	kill -9 "$(worker)"
	wait "$HELD" || :
	[ "$(cat "$RECORD/data")" = hello ]
	[ "$(cat "$RECORD/offset")" = 00000000000000000000 ]
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 0 ]
	[ "$(patch 5 world)" = 409 ]
	[ "$(patch 0 HELL)" = 204 ]
	has HELL
}

# after_restart: changes the mark as if a kernel of another boot had held the
# bytes.
after_restart() {
	sed 's/ .*/ 00000000-0000-0000-0000-000000000000/' "$RECORD/offset" >mark
	cat mark >"$RECORD/offset"
}

@test "a power cut in PATCH: what may not be on the disk is sent again" {
	new 10
	[ "$(patch 0 he)" = 204 ]
	[ ! -s "$RECORD/offset" ]
	BEFORE=he hold llo
	kill -9 "$(worker)"
	wait "$HELD" || :
	[ "$(sed 's/ .*//' "$RECORD/offset")" = 00000000000000000002 ]
	after_restart
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 2 ]
	[ "$(patch 5 world)" = 409 ]
	[ "$(patch 2 yword)" = 204 ]
	has heyword
	[ ! -s "$RECORD/offset" ]
}

@test "a power cut after the last byte: gc makes no image of it" {
	new 10
	[ "$(patch 0 helloworl)" = 204 ]
	printf '%020u %s\n' 9 "$(cat /proc/sys/kernel/random/boot_id)" >"$RECORD/offset"
	printf d >>"$RECORD/data"
	after_restart
	vm-image gc
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 9 ]
	[ ! -d "$STORE/images/${AT##*/}" ]
	# With a mark of this boot, the kernel still has the bytes.
	printf '%020u %s\n' 9 "$(cat /proc/sys/kernel/random/boot_id)" >"$RECORD/offset"
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	wait_until 20 test -d "$STORE/images/${AT##*/}"
	[ "$(cat "$STORE/images/${AT##*/}/data")" = helloworld ]
}

@test "a disk that fails: what it does not have does not count" {
	local sum size=8000000
	# A sparse disk, larger than the file system that has it.
	mkdir below
	mount -t tmpfs -o size=6m below below
	truncate -s 40M below/disk
	mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=1 below/disk
	LOOP=$(losetup -f --show below/disk)
	mount "$LOOP" "$STORE"
	chmod 711 "$STORE"
	head -c $size /dev/urandom >image
	sum=$(sha256sum <image | cut -c 1-64)
	[ "$(up POST /images "Upload-Length:$size" \
		"Upload-Metadata:filename $(encode x.iso),sha256 $(encode "$sum")" \
		</dev/null)" = 201 ]
	AT=$(header location)
	[ "$(up PATCH "$AT" "$TYPE" Upload-Offset:0 <image)" = 500 ]
	mount -o remount,size=60m below
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	size=$(header upload-offset)
	[ "$size" -lt 6000000 ]
	[ "$(tail -c +$((size + 1)) image | up PATCH "$AT" "$TYPE" "Upload-Offset:$size")" = 204 ]
	wait_until 30 test -d "$STORE/images/${AT##*/}"
	# Compare with the disk, not with the page cache. A process of vm-upload
	# may still be ending.
	wait_until 20 umount "$STORE"
	mount "$LOOP" "$STORE"
	cmp image "$STORE/images/${AT##*/}/data"
}

@test "of a long body, all but the last 16 MiB are sure to be on the disk" {
	local size=$((40 << 20))
	new $((size + 1))
	head -c $size /dev/zero | "$TOP/t/upload/scgi" "$UPLOAD" PATCH "$AT" "$AUTH" "$TUS" \
		"$TYPE" Upload-Offset:0 "@length:$((size + 1))" >held 3>&- &
	STARTED+=($!)
	wait_until 60 eval '[ "$(stat -c %s "$RECORD/data")" = '$size' ]'
	kill -9 "$(worker)"
	after_restart
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" -ge $((size - (16 << 20))) ]
	[ "$(header upload-offset)" -lt $size ]
}

@test "an upload that broke does not leave it busy: a new PATCH ends the old one" {
	new 10
	hold hello
	old=$(worker)
	[ "$(patch 5 wor)" = 204 ]
	has hellowor
	not kill -0 "$old" 2>/dev/null
	wait "$HELD" || :
	[ ! -s held ] || not grep -q '^204' held
}

@test "a PATCH with another offset does not end the one that is there" {
	new 10
	hold hello
	[ "$(patch 0 x)" = 409 ]
	[ "$(patch 6 x)" = 409 ]
	[ -n "$(worker)" ]
	# A HEAD does not end it either.
	has hello
	[ -n "$(worker)" ]
}

@test "DELETE ends a PATCH that is under way" {
	new 10
	hold hello
	[ "$(up DELETE "$AT" </dev/null)" = 204 ]
	[ ! -e "$RECORD" ]
	[ -z "$(worker)" ]
	wait "$HELD" || :
}

@test "vmctl image rm ends a PATCH that is under way" {
	new 10
	mkfifo more
	"$TOP/t/upload/scgi" "$UPLOAD" PATCH "$AT" "$AUTH" "$TUS" "$TYPE" \
		Upload-Offset:0 @length:10 @slow:more >held 3>&- </dev/null &
	STARTED+=("$!")
	exec 8>more
	printf hello >&8
	wait_until 20 eval '[ "$(cat "$RECORD/data")" = hello ]'
	vm-image rm --id "${AT##*/}"
	printf wor >&8
	exec 8>&-
	wait "${STARTED[-1]}"
	[ "$(head -n 1 held)" = "410 Gone" ]
}

@test "HEAD asks again to finish what is whole, after a kill at the last moment" {
	new 5
	printf hello >"$RECORD/data"
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = 5 ]
	wait_until 20 test -e "$STORE/images/${AT##*/}"
}

@test "an upload that has expired is 410" {
	new 10
	start_other -k 1
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	wait_until 20 eval '[ "$(up HEAD "$AT" </dev/null)" = 410 ]'
	[ "$(patch 0 hello)" = 410 ]
}

# start_other [OPTION...]: starts another vm-door with these options, and a
# vm-upload.
start_other() {
	export VM_DOOR_SOCKET=$UP/other-door UPLOAD=$UP/other-upload
	background vm-door -a "$UP/accounts" -u root -U nobody -S "$STORE" "$@" \
		>door.at 2>door.log
	wait_until 20 test -s door.at
	background vm-upload -u nobody -s "$UPLOAD" -t 2 >upload.at 2>upload.log
	wait_until 20 test -s upload.at
}

@test "a body that sends nothing for too long ends with 408, and its bytes stay" {
	start_other
	new 10
	[ "$(printf hello | up PATCH "$AT" "$TYPE" Upload-Offset:0 @length:10)" = 408 ]
	has hello
}

@test "16 uploads at once; another one is told to wait, and a HEAD is answered" {
	local i
	for i in {1..16}; do
		new 10
		hold hello
	done
	new 10
	[ "$(patch 0 hello)" = 503 ]
	[ "$(header retry-after)" -gt 0 ]
	has ''
	kill "$HELD"
	wait_until 20 eval '[ "$(patch 0 hello)" = 204 ]'
	cleanup
}

@test "without vm-door 503; vm-upload ends when told" {
	start_other
	kill "${STARTED[-2]}"
	wait "${STARTED[-2]}"
	[ "$(up GET /images </dev/null)" = 503 ]
	[ "$(header retry-after)" -gt 0 ]
	kill "${STARTED[-1]}"
	wait "${STARTED[-1]}"
}

# --- the disk -------------------------------------------------------------

@test "ten creations that together exceed the store: those that fit succeed" {
	local i pids=()
	for i in {0..9}; do
		"$TOP/t/upload/scgi" "$UPLOAD" POST /images "$AUTH" "$TUS" \
			Upload-Length:20000000 \
			"Upload-Metadata:filename $(encode "$i.iso")" \
			>"answer$i" 3>&- </dev/null &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(grep -l '^201' answer? | wc -l)" = 3 ]
	[ "$(grep -l '^413' answer? | wc -l)" = 7 ]
	[ "$(ls "$STORE/incoming" | wc -l)" = 3 ]
	grep -h '^{' answer? | jq -r .error | grep -q "asked 19.1 MiB"
}

@test "the disk is full during an upload: 500 with the reason; it goes on later" {
	new 3000000
	head -c 3000000 /dev/urandom >image
	# Another program has filled the disk.
	fallocate -l 60m "$STORE/other"
	mount -o remount,size=61m "$STORE"
	[ "$(up PATCH "$AT" "$TYPE" Upload-Offset:0 <image)" = 500 ]
	[[ $(error) = *"No space left on device"* ]]
	grep -q 'unable to write the upload.*No space left' "$UP/upload.log"
	at=$(stat -c %s "$RECORD/data")
	[ "$(header upload-offset)" = "$at" ]
	rm "$STORE/other"
	[ "$(tail -c +$((at + 1)) image |
		up PATCH "$AT" "$TYPE" "Upload-Offset:$at")" = 204 ]
	wait_until 20 cmp image "$STORE/images/${AT##*/}/data"
}

@test "the store turns read-only: 500 with the kernel's reason; it goes on later" {
	new 10
	[ "$(patch 0 hello)" = 204 ]
	wait_until 20 mount -o remount,ro "$STORE"
	[ "$(patch 5 world)" = 500 ]
	[[ $(error) = *"Read-only file system"* ]]
	mount -o remount,rw "$STORE"
	has hello
	[ "$(patch 5 world)" = 204 ]
}

# --- what others send -----------------------------------------------------

@test "Upload-Metadata with everything: names" {
	local name
	for name in '' ../x /etc/passwd a/b . .. .x -x 'x ' ' x' $'a\nb' $'a\tb' \
		$'\e[31m' $'\xf0\x9f\x92\xbf' $'\xff\xfe' "$(printf %0101d 0)" \
		"$(printf %0300d 0)" 'x;y' 'x|y' "x'y" 'x"y' 'x$y' 'x*y'; do
		[ "$(up POST /images Upload-Length:5 \
			"Upload-Metadata:filename $(encode "$name")" </dev/null)" = 400 ]
		[ -n "$(error)" ]
	done
	# A name with a NUL.
	[ "$(up POST /images Upload-Length:5 "Upload-Metadata:filename eABp" \
		</dev/null)" = 400 ]
	[ -z "$(ls "$STORE/incoming")" ]
	for name in 'x (1).iso' 0123456789abcdef a+b_c.iso; do
		[ "$(up POST /images Upload-Length:5 \
			"Upload-Metadata:filename $(encode "$name")" </dev/null)" = 201 ]
		[ "$(cat "$STORE/incoming/$(header location | sed 's,.*/,,')/name")" = \
			"$name" ]
	done
}

@test "Upload-Metadata with everything: 64 KiB, owners, checksums" {
	local large
	large=$(printf %065536d 0)
	[ "$(up POST /images Upload-Length:5 "Upload-Metadata:filename eA==,a $large" \
		</dev/null)" = 400 ]
	[ "$(up POST /images Upload-Length:5 \
		"Upload-Metadata:filename eA==,a ${large:0:4084}" </dev/null)" = 400 ]
	for owner in ../root Root 'a b' nobody ''; do
		[ "$(up POST /images Upload-Length:5 \
			"Upload-Metadata:filename eA==,owner $(encode "$owner")" \
			</dev/null)" = 400 ] || [ -z "$owner" ]
	done
	for sha256 in x "$(printf %063d 0)" "$(printf %064d 0)0"; do
		[ "$(up POST /images Upload-Length:5 \
			"Upload-Metadata:filename eA==,sha256 $(encode "$sha256")" \
			</dev/null)" = 400 ]
	done
	mkdir "$STORE/owners/alice"
	[ "$(up POST /images Upload-Length:5 \
		"Upload-Metadata:filename eA==,owner $(encode alice)" </dev/null)" = 201 ]
	[ "$(cat "$STORE/incoming/$(header location | sed 's,.*/,,')/owner")" = alice ]
	rmdir "$STORE/owners/alice"
}

@test "sha256 of the whole image: one that is wrong makes no image" {
	printf world >other
	[ "$(printf hello | up POST /images Upload-Length:5 "$TYPE" \
		"Upload-Metadata:filename eA==,sha256 $(encode "$(sha256sum other |
			cut -d' ' -f1)")")" = 201 ]
	AT=$(header location)
	wait_until 20 grep -q "upload ${AT##*/}: " "$UP/door.log"
	[ ! -e "$STORE/images/${AT##*/}" ]
	[ "$(printf world | up POST /images Upload-Length:5 "$TYPE" \
		"Upload-Metadata:filename eA==,sha256 $(encode "$(sha256sum other |
			cut -d' ' -f1)")")" = 201 ]
	AT=$(header location)
	wait_until 20 test -e "$STORE/images/${AT##*/}"
	[ "$(cat "$STORE/images/${AT##*/}/verified")" = given ]
}

@test "a record that is a link, or whose files are none, is not opened" {
	new 10
	mv "$RECORD" "$STORE/elsewhere"
	ln -s "$STORE/elsewhere" "$RECORD"
	[ "$(patch 0 hello)" = 404 ]
	rm "$RECORD"
	mv "$STORE/elsewhere" "$RECORD"
	echo secret >secret
	rm "$RECORD/data"
	ln -s "$PWD/secret" "$RECORD/data"
	[ "$(patch 0 hello)" != 204 ]
	rm "$RECORD/data"
	echo secret >"$STORE/secret"
	ln "$STORE/secret" "$RECORD/data"
	[ "$(patch 0 hello)" != 204 ]
	[ "$(cat "$STORE/secret")" = secret ]
	rm "$STORE/secret" "$RECORD/data"
	mkfifo "$RECORD/data"
	[ "$(patch 0 hello)" != 204 ]
	[ "$(cat secret)" = secret ]
}

@test "a put that was killed is no upload by HTTP: nobody makes an image of its bytes" {
	new 5
	printf hello >"$RECORD/data"
	rm "$RECORD/offset"
	echo put >"$RECORD/origin"
	printf world | sha256sum | cut -d' ' -f1 >"$RECORD/expect"
	log_in root 0penBmc
	[ "$(up HEAD "$AT" </dev/null)" = 404 ]
	[ "$(patch 5 '')" = 404 ]
	asks not-found verb=image-open id="${AT##*/}" mode=read token="$TOKEN"
	asks not-found verb=image-open id="${AT##*/}" mode=write token="$TOKEN"
	asks not-found verb=image-finish id="${AT##*/}" token="$TOKEN"
	[ "$(field message)" = "it is no upload by HTTP" ]
	# Nor while vm-image works on it.
	background sh -c 'exec 9<"$0" && vm-lock 9 && touch holding && exec sleep 1000' "$RECORD"
	wait_until 20 test -e holding
	[ "$(up HEAD "$AT" </dev/null)" = 404 ]
	asks not-found verb=image-finish id="${AT##*/}" token="$TOKEN"
	# While vm-image works on a real upload, HEAD answers, and nothing goes.
	echo upload >"$RECORD/origin"
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ -d "$RECORD" ]
}

@test "no SCGI, and a head that is too long, are refused; the next is answered" {
	local head
	for head in nonsense 3:abc, 70000:; do
		timeout 5 vm-connect "$UPLOAD" sh -c 'printf %s "$1"; cat >&2' - $head \
			2>answer || :
		grep -q '^Status: 400' answer
	done
	[ "$(ask GET "/images?$(printf %040000d 0)" </dev/null)" = 400 ]
	[ "$(ask OPTIONS /images </dev/null)" = 204 ]
}

# hold_heads METHOD: opens 128 connections that send a header with a length, and
# no body.
hold_heads() {
	background python3 -c 'import os, socket, sys, time
head = b"CONTENT_LENGTH\0" b"1000000\0SCGI\0" b"1\0REQUEST_METHOD\0%s\0" \
    b"REQUEST_URI\0/images/x.iso\0" % sys.argv[2].encode()
held = [socket.socket(socket.AF_UNIX) for i in range(128)]
for s in held:
    s.connect(sys.argv[1])
    s.sendall(b"%d:%s," % (len(head), head))
os.write(1, b"holding\n")
time.sleep(1000)' "$UPLOAD" "$1"
}

@test "heads without credentials and bodies do not keep others waiting" {
	local method
	# PUT gets 401; PATCH gets 412, without a check of its credentials.
	for method in PUT PATCH; do
		hold_heads $method >holding
		wait_until 20 test -s holding
		sleep 2
		[ "$(timeout 2 "$TOP/t/upload/scgi" "$UPLOAD" GET /images "$AUTH" \
			</dev/null | head -n 1)" = "200 OK" ]
	done
}

@test "as a CGI program: the same, and the body from standard input" {
	new 5
	cgi() {
		env -i GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD="$1" REQUEST_URI="$AT" \
			HTTP_TUS_RESUMABLE=1.0.0 VM_DOOR_SOCKET="$VM_DOOR_SOCKET" \
			HTTP_AUTHORIZATION="${AUTH#*:}" "${@:2}" \
			"$BUILD/bin/vm-upload" -u nobody
	}
	printf hello | cgi PATCH CONTENT_LENGTH=5 HTTP_UPLOAD_OFFSET=0 \
		CONTENT_TYPE=application/offset+octet-stream >answer
	grep -q '^Status: 204 No Content' answer
	wait_until 20 test -e "$STORE/images/${AT##*/}"
	cgi HEAD >answer
	grep -q '^Upload-Offset: 5' answer
}
