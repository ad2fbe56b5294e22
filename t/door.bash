# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# vm-door in the directory of the test, with simulated vmctl and vm-host.

# make_accounts: makes the file accounts. Its passwords were hashed with
# crypt(3), as vm-door does it.
make_accounts() {
	cat >accounts <<-'E'
		root:Administrator:enabled:$y$j9T$2lwO7nHu8sTcnUgq6bmB3.$/miP9/5P/DudlrGj0fMdfGMMjIMFcd3nNQEafOTUCe1
		E
	local line
	while read -r line; do
		printf '%s:%s\n' "${line% *}" \
			"$(perl -e 'print crypt($ARGV[0], "\$y\$j9T\$F5Jx5fExrKuPp53xLKQ..1")' "${line#* }")"
	done >>accounts <<-'E'
		op:Operator:enabled operator1
		reader:ReadOnly:enabled readonly1
		new:Operator:enabled,must-change changeme1
		off:Administrator: disabled1
		E
	chmod 600 accounts
}

# pretend_programs: makes a vmctl that writes its arguments and input to the
# files args, stdin and secretN, and its verbs to the file all. Files control
# it: it prints the file `says` and exits with the status in the file `status`,
# once; with the file `locked`, an eject without --force fails with the status
# in it; its probe prints the file `probe-says`. With the file `holds`, a
# command for slot 0 makes the file `waits`, and waits.
pretend_programs() {
	mkdir -p programs run
	cat >programs/vmctl <<-E
		#!/bin/sh
		cd "$PWD" || exit
		echo "\$*" >args.new
		echo "\$1" >>all
		cat >stdin
		for fd in 3 4; do
			if [ -e /dev/fd/\$fd ]; then cat /dev/fd/\$fd >secret\$fd; fi
		done
		mv args.new args
		case "\$*" in
		*"--slot 0"*) [ ! -e holds ] || { touch waits && cat hold >/dev/null; } ;;
		esac
		case "\$*" in
		*--force*) ;;
		eject*) [ ! -e locked ] || { echo "vmctl: data is lost" >&2; exit "\$(cat locked)"; } ;;
		esac
		slot=\$4
		if [ -e status ] && [ "\$1" = mount ]; then
			cat says
			status=\$(cat status)
			rm says status
			exit "\$status"
		fi
		case \$1 in
		mount)
			mkdir -p run/\$slot/request && cp stdin run/\$slot/request/url
			sed 's/?.*//' stdin >run/\$slot/url
			ln -f held run/\$slot/pid
			echo active >run/\$slot/state
			;;
		eject) rm -rf run/\$slot ;;
		probe) exec cat probe-says ;;
		esac
		echo '{"schema": 1, "changed": true}'
		E
	cat >programs/vm-host <<-E
		#!/bin/sh
		cd "$PWD" || exit
		if [ "\$1" = status ]; then
			if [ -e host-says ]; then cat host-says; else printf '{"power": "on"}'; fi
			exit 0
		fi
		echo "\$*" >host-args
		E
	chmod +x programs/*
}

# hold_slots: locks the file held, as vm-slot locks its slot's pid file. So the
# slots that vmctl makes count as held.
hold_slots() {
	background sh -c 'exec 9>held && vm-lock 9 && touch holding && exec sleep 1000'
	wait_until 20 test -e holding
}
# start_door [OPTION...]: starts vm-door at door.sock; its log is the file log.
start_door() {
	pretend_programs
	export VM_DOOR_SOCKET=$PWD/door.sock VM_RUN_DIR=$PWD/run
	PATH=$PWD/programs:$PATH background \
		vm-door -a "$PWD/accounts" -u root "$@" >ready 2>>log
	DOOR=${STARTED[-1]}
	wait_until 20 test -s ready
}
# stop_door: ends vm-door, which must exit with 0.
stop_door() {
	kill "$DOOR"
	wait "$DOOR"
	rm ready
}

# asks RESULT FIELD...: asks vm-door; the answer goes to the file answer, and
# must have that result.
asks() {
	local want=$1
	shift
	doorask "$@" >answer || :
	grep -qx "result=$want" answer || {
		cat answer >&2
		return 1
	}
}
# field NAME: prints that field of the last answer.
field() {
	sed -n "s/^$1=//p" answer
}
# log_in USER PASSWORD: sets TOKEN and ID.
log_in() {
	asks ok verb=login user="$1" password="$2" peer=192.0.2.9
	TOKEN=$(field token) ID=$(field session)
}
