#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-door, built with PAM=1: the system has the passwords of some accounts. The
# system's rules are a directory of the test, in a mount namespace.

load helper
load door

setup_file() {
	local build=$BATS_FILE_TMPDIR/build
	requires_root
	# Most objects are the same as in any build.
	mkdir "$build"
	cp -a "$VM_BUILD/obj" "$build/obj"
	rm "$build/obj/lib/door/pam.o"
	make -s -C "$TOP" PAM=1 O="$build" "$build/bin/vm-door" \
		"$build/bin/vm-user" 3>&-
}
setup() {
	requires_root
	own_directory
	make_accounts
	PATH=$BATS_FILE_TMPDIR/build/bin:$PATH
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || cat log
	cleanup
}

# start_door_with_pam: the system knows the user alice with the password sesame77,
# unless the file `expired` is there.
start_door_with_pam() {
	mkdir -p pam.d
	printf '%s\n' "auth required pam_exec.so expose_authtok quiet $PWD/check" \
		"account required pam_exec.so quiet $PWD/may" >pam.d/vmedia
	cat >check <<-E
		#!/bin/sh
		echo asked >>$PWD/asked
		[ "\$PAM_USER:\$(tr -d '\\0')" = alice:sesame77 ]
	E
	printf '%s\n' '#!/bin/sh' "[ ! -e $PWD/expired ]" >may
	chmod +x check may
	pretend_programs
	export VM_DOOR_SOCKET=$PWD/door.sock VM_RUN_DIR=$PWD/run
	PATH=$PWD/programs:$PATH background unshare -m sh -c \
		'mount --bind pam.d /etc/pam.d && exec vm-door -a "$1" -u root' sh \
		"$PWD/accounts" >ready 2>>log
	DOOR=${STARTED[-1]}
	wait_until 20 test -s ready
}

@test "the system's password opens a session, with the role of our file" {
	vm-user -a accounts -P -r Operator add alice
	grep -qx "alice:Operator:enabled:pam" accounts
	vm-user -a accounts ls | grep -q "^alice .*Operator, password by PAM"
	start_door_with_pam
	log_in alice sesame77
	asks ok verb=whoami token="$TOKEN"
	[ "$(field role)" = Operator ]
	asks forbidden verb=mount slot=0 image=https://h.example/x.iso token="$TOKEN"
	# The system is not asked about other accounts.
	rm asked
	log_in root 0penBmc
	[ ! -e asked ]
	not grep -q sesame77 log
}

@test "a wrong password, and a user whom only the system has, are refused" {
	vm-user -a accounts -P add alice
	start_door_with_pam
	asks unauthenticated verb=login user=alice password=sesame78 peer=192.0.2.9
	asks unauthenticated verb=login user=alice password=pam peer=192.0.2.10
	vm-user -a accounts rm alice
	asks unauthenticated verb=login user=alice password=sesame77 peer=192.0.2.11
}

@test "an account that has expired is refused, with the right password, too" {
	vm-user -a accounts -P add alice
	start_door_with_pam
	: >expired
	asks unauthenticated verb=login user=alice password=sesame77 peer=192.0.2.9
}

@test "the system keeps the password: no client changes it; passwd takes it back" {
	vm-user -a accounts -P add alice
	start_door_with_pam
	asks invalid verb=account-set name=alice new-password=another77 \
		user=root password=0penBmc
	[ "$(field field)" = new-password ]
	echo mine8888 | vm-user -a accounts passwd alice
	log_in alice mine8888
	asks unauthenticated verb=login user=alice password=sesame77 peer=192.0.2.9
	vm-user -a accounts -P passwd alice
	asks unauthenticated verb=whoami token="$TOKEN"
	log_in alice sesame77
}

@test "without PAM, vm-user says so; -P with -p or -c is no use" {
	fails 69 "$VM_BUILD/bin/vm-user" -a accounts -P add alice
	fails 64 vm-user -a accounts -P -c add alice
	not grep -q alice accounts
}
