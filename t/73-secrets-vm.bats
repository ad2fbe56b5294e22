#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Searches for secrets everywhere except in the places where they may be stored.

load helper
load column

setup_file() {
	column_start
	make_iso "$WWW/one.iso" 4 ONE
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
setup() {
	SECRET=hunter2secret
}
teardown() {
	cleanup
	vmctl eject -f -s 0 || :
}

# leaks: prints where $SECRET is found, in everything that other users can read.
# The user typed vmctl's own arguments; that process has ended by now.
leaks() {
	printf '%s\n' "$SECRET" >"$BATS_TEST_TMPDIR/pattern"
	grep -laFf "$BATS_TEST_TMPDIR/pattern" /proc/[0-9]*/cmdline \
		/proc/[0-9]*/environ 2>/dev/null | grep -v "^/proc/$$/"
	grep -rlaF "$SECRET" /sys/block/nbd*/backend /sys/kernel/config \
		"$VM_RUN_DIR" 2>/dev/null | grep -v "^$VM_RUN_DIR/[0-9]/request/"
	dmesg | grep -F "$SECRET"
	grep -F "$SECRET" "$BATS_TEST_TMPDIR"/out* 2>/dev/null
	vmctl status -j | grep -F "$SECRET"
	vmctl status | grep -F "$SECRET"
	return 0
}

# no_leaks: there is no leak while the medium is inserted, and none after the
# eject.
no_leaks() {
	[ "$(vmctl status -j | jq -r '.slots[0].state')" = active ]
	[ "$(leaks)" = "" ]
	stat -c '%a %U' "$VM_RUN_DIR/0/request" | grep -qx '700 root'
	[ "$(find "$VM_RUN_DIR/0/request" -type f ! -perm 600)" = "" ]
	vmctl eject -s 0
	[ "$(leaks)" = "" ]
	! grep -rlaF "$SECRET" "$VM_RUN_DIR" /tmp/tmp.* 2>/dev/null
}

# htpasswd_server: starts nginx on port 8443 with the login bob and $SECRET.
htpasswd_server() {
	printf 'bob:%s\n' "$(openssl passwd -apr1 "$SECRET")" \
		>"$BATS_FILE_TMPDIR/htpasswd"
	chmod 644 "$BATS_FILE_TMPDIR/htpasswd"
	sed "s/443 ssl/8443 ssl; auth_basic x; auth_basic_user_file htpasswd/
		s/nginx.pid/nginx2.pid/" "$BATS_FILE_TMPDIR/nginx.conf" \
		>"$BATS_FILE_TMPDIR/nginx2.conf"
	background nginx -c "$BATS_FILE_TMPDIR/nginx2.conf" 2>/dev/null
	wait_until 10 curl -sk -o /dev/null https://localhost:8443/
}

@test "a password on standard input" {
	htpasswd_server
	echo $SECRET | vmctl mount -v -u bob -P - --cacert "$CA" \
		https://localhost:8443/one.iso >"$BATS_TEST_TMPDIR/out" 2>&1
	no_leaks
}

@test "a password in a file" {
	htpasswd_server
	echo $SECRET >"$BATS_TEST_TMPDIR/password"
	vmctl mount -v -u bob -P "$BATS_TEST_TMPDIR/password" --cacert "$CA" \
		https://localhost:8443/one.iso >"$BATS_TEST_TMPDIR/out" 2>&1
	no_leaks
}

@test "a token in a file" {
	sed "s/443 ssl;/8443 ssl; if (\$http_x_token != $SECRET) { return 403; }/
		s/nginx.pid/nginx2.pid/" "$BATS_FILE_TMPDIR/nginx.conf" \
		>"$BATS_FILE_TMPDIR/nginx2.conf"
	background nginx -c "$BATS_FILE_TMPDIR/nginx2.conf" 2>/dev/null
	wait_until 10 curl -sk -o /dev/null https://localhost:8443/
	echo "X-Token: $SECRET" >"$BATS_TEST_TMPDIR/token"
	fails 77 vmctl mount --cacert "$CA" https://localhost:8443/one.iso
	vmctl mount -v --header "$BATS_TEST_TMPDIR/token" --cacert "$CA" \
		https://localhost:8443/one.iso >"$BATS_TEST_TMPDIR/out" 2>&1
	no_leaks
}

@test "user and password in the URL" {
	htpasswd_server
	vmctl mount -v --cacert "$CA" \
		"https://bob:$SECRET@localhost:8443/one.iso" \
		>"$BATS_TEST_TMPDIR/out" 2>&1
	no_leaks
}

@test "users and passwords for each host" {
	htpasswd_server
	echo "machine localhost login bob password $SECRET" \
		>"$BATS_TEST_TMPDIR/netrc"
	vmctl mount -v --netrc "$BATS_TEST_TMPDIR/netrc" --cacert "$CA" \
		https://localhost:8443/one.iso >"$BATS_TEST_TMPDIR/out" 2>&1
	no_leaks
}

@test "a query string" {
	vmctl mount -v --cacert "$CA" "$URL/one.iso?X-Signature=$SECRET" \
		>"$BATS_TEST_TMPDIR/out" 2>&1
	no_leaks
}

@test "a wrong password is refused without being shown" {
	htpasswd_server
	fails 77 vmctl mount --cacert "$CA" -s 0 \
		"https://bob:wrong$SECRET@localhost:8443/one.iso?k=$SECRET"
	not grep -F "$SECRET" "$BATS_TEST_TMPDIR/stderr"
	[ "$(leaks)" = "" ]
}
