#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmctl user and vm-user: the accounts of Redfish clients.

load helper
load door

setup() {
	own_directory
	export VM_RUN_DIR=$PWD/run
	export VM_CONF=$PWD/vmedia.conf
	: >vmedia.conf
}

user() {
	vm-user -a "$PWD/accounts" "$@"
}

@test "an account is made, listed, changed and removed" {
	user add alice <<<secret77
	user -r Operator -c add bob <<<secret77
	[ "$(stat -c %a accounts)" = 600 ]
	user ls >list
	grep -qE '^alice +Administrator$' list
	grep -qE '^bob +Operator, must change its password$' list
	user -r ReadOnly role bob
	user lock alice
	user -j ls | jq -ce .accounts >json
	grep -qxF '[{"name":"alice","role":"Administrator","enabled":false,"must_change":false,"pam":false},{"name":"bob","role":"ReadOnly","enabled":true,"must_change":true,"pam":false}]' json
	user unlock alice
	user rm bob
	user ls >list
	[ "$(cat list)" = "$(printf '%-32s  Administrator' alice)" ]
}

@test "the hash is yescrypt with a salt of its own, and the password is nowhere" {
	user add alice <<<secret77
	user add bob <<<secret77
	[ "$(cut -d : -f 4 accounts | grep -c '^\$y\$')" = 2 ]
	[ "$(cut -d : -f 4 accounts | sort -u | grep -c '^\$y\$')" = 2 ]
	not grep -r secret77 .
}

@test "a password is read from a descriptor" {
	user -p 7 add alice 7<<<secret77 </dev/null
	user -p 7 passwd alice 7<<<secret88 </dev/null
	fails 66 user -p 7 passwd alice </dev/null
}

@test "a terminal is asked twice, and does not show the password" {
	ask() {
		python3 - "$@" <<-'E' 3>&-
			import os, pty, sys
			pid, fd = pty.fork()
			if pid == 0:
			    os.execvp("vm-user", ["vm-user", "-a", "accounts", "add", "alice"])
			shown = b""
			def wait_for(word):
			    global shown
			    while word not in shown:
			        shown += os.read(fd, 1024)
			wait_for(b"Password: ")
			os.write(fd, sys.argv[1].encode() + b"\n")
			wait_for(b"Again: ")
			os.write(fd, sys.argv[2].encode() + b"\n")
			try:
			    while True:
			        more = os.read(fd, 1024)
			        if not more:
			            break
			        shown += more
			except OSError:
			    pass
			sys.stdout.write(shown.decode())
			sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
			E
	}
	run -65 ask secret77 secret78
	[[ $output = *"the two passwords differ"* ]]
	[ ! -e accounts ]
	run -0 ask secret77 secret77
	[[ $output != *secret77* ]]
	user ls | grep -q '^alice '
}

@test "wrong names, roles, passwords and files are refused, and nothing changes" {
	user add alice <<<secret77
	cp accounts before
	fails 64 user add ../alice <<<secret77
	fails 64 user add 'a:b' <<<secret77
	fails 64 user add "$(printf %33s | tr ' ' a)" <<<secret77
	fails 64 user -r Root add bob <<<secret77
	fails 64 user role alice
	fails 65 user add bob <<<secret
	grep -q "at least 7 characters" stderr
	fails 65 user add bob <<<"$(printf %257s | tr ' ' a)"
	fails 73 user add alice <<<secret77
	grep -q "vmctl user passwd alice" stderr
	fails 66 user rm bob
	grep -q "vmctl user ls" stderr
	cmp accounts before
	echo alice >accounts
	fails 78 user ls
	fails 78 user rm alice
	[ "$(cat accounts)" = alice ]
}

@test "two that add accounts at once lose none" {
	local i
	for i in 1 2 3 4 5 6; do
		background user -p 7 add "user$i" 7<<<secret77
	done
	wait "${STARTED[@]}"
	[ "$(user ls | wc -l)" = 6 ]
}

@test "vmctl user finds the file beside the configuration, and fails with JSON" {
	requires_root
	vmctl user add alice -r Operator <<<secret77
	grep -q ^alice: accounts
	[ "$(vmctl user ls -j | jq -r '.accounts[0].role')" = Operator ]
	vmctl user passwd alice -j <<<secret88 | jq -e .changed
	run -66 --separate-stderr vmctl user rm -j bob
	[ "$(jq -r .error.status <<<"$output")" = 66 ]
	[[ $(jq -r .error.message <<<"$output") = "there is no account bob"* ]]
	# Output to a full disk gives one line.
	run -74 sh -c 'vmctl user ls -j 2>&1 >/dev/full'
	[[ $output == "vm-user: unable to write standard output"* ]] && [ ${#lines[@]} = 1 ]
	run -64 vmctl user frob alice
	run -64 vmctl user add
	run -64 vmctl user
}

@test "a vm-door that runs knows a new account, and ends the sessions of a locked one" {
	start_door
	user add alice <<<secret77
	log_in alice secret77
	asks ok verb=whoami token="$TOKEN"
	user -r ReadOnly role alice
	asks ok verb=whoami token="$TOKEN"
	[ "$(field role)" = ReadOnly ]
	user lock alice
	asks unauthenticated verb=whoami token="$TOKEN"
	asks unauthenticated verb=whoami user=alice password=secret77
	user unlock alice
	log_in alice secret77
	user passwd alice <<<secret88
	asks unauthenticated verb=whoami token="$TOKEN"
	asks unauthenticated verb=whoami user=alice password=secret77
	asks ok verb=whoami user=alice password=secret88
	user rm alice
	asks unauthenticated verb=whoami user=alice password=secret88
}
