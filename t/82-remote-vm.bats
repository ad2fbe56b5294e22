#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmctl serve, to a slot of this machine as if that were on a remote machine:
# through a WebSocket and through ssh, which are cut repeatedly while the host
# reads.

load helper
load column

setup_file() {
	column_start
	make_iso "$BATS_FILE_TMPDIR/far.iso" 24 FAR
	mkdir -p "$VM_RUN_DIR" /run/sshd
	start_sshd
	start_proxy
}
teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/sshd.pid")"
	kill "$(cat "$BATS_FILE_TMPDIR/proxy.pid")"
	column_stop
	vm-gadget teardown
}

setup() {
	# On a busy machine, a client needs longer to reconnect. (Other tests
	# show what happens after the outage limit.)
	echo "outage = 120" >"$VM_CONF"
	IMAGE=$BATS_FILE_TMPDIR/far.iso
	export VM_SSH="ssh -F /dev/null -p 2222 -i $BATS_FILE_TMPDIR/id -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o KexAlgorithms=curve25519-sha256"
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] ||
		cat "$BATS_TEST_TMPDIR/err" "$VM_RUN_DIR/0/log"
	cleanup
	vmctl eject -f -s 0
	rm -f "$VM_CONF"
}

start_sshd() {
	local dir=$BATS_FILE_TMPDIR
	ssh-keygen -q -t ed25519 -N '' -f "$dir/host"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/id"
	cp "$dir/id.pub" "$dir/authorized"
	chmod 600 "$dir/authorized"
	cat >"$dir/sshd_config" <<-END
		Port 2222
		ListenAddress 127.0.0.1
		HostKey $dir/host
		AuthorizedKeysFile $dir/authorized
		StrictModes no
		UsePAM no
		PermitRootLogin yes
		PidFile $dir/sshd.pid
		SetEnv PATH=$PATH VM_RUN_DIR=$VM_RUN_DIR VM_CONF=$VM_CONF
	END
	"$(command -v sshd)" -f "$dir/sshd_config" 3>&-
	wait_until 10 test -s "$dir/sshd.pid"
}

# start_proxy: starts the proxy of the slots' machine, at port 9443.
start_proxy() {
	local dir=$BATS_FILE_TMPDIR
	rm -f "$dir/proxy.at"
	vm-ws-proxy -e -l 127.0.0.1:9443 -c "$CA" -k "$dir/key.pem" \
		-t "$VM_RUN_DIR/tickets" vmctl attach --web \
		>"$dir/proxy.at" 2>>"$dir/proxy.err" 3>&- &
	echo $! >"$dir/proxy.pid"
	wait_until 10 test -s "$dir/proxy.at"
}

# start_serve [OPTION...] DESTINATION: serves, and waits until the host has the
# image.
start_serve() {
	background env --default-signal=INT vmctl serve "$@" \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	SERVE=${STARTED[-1]}
	wait_until 60 host_has 0
	host_patience
}
serve_ws() {
	vmctl ticket 0 >"$BATS_TEST_TMPDIR/ticket"
	# A busy machine may need longer than the half minute for which it is
	# valid.
	sed -i 's/^expires .*/expires 99999999/' "$VM_RUN_DIR"/tickets/*
	start_serve --ticket "$BATS_TEST_TMPDIR/ticket" --cacert "$CA" "$IMAGE" \
		wss://localhost:9443/vm/0
}
serve_ssh() {
	start_serve "$IMAGE" ssh:root@127.0.0.1
}
# inserted: prints how often a medium was inserted into the slot so far.
inserted() {
	grep -c "vm-slot: slot 0: inserted" "$VM_RUN_DIR/0/log"
}
is_active() {
	[ "$(cat "$VM_RUN_DIR/0/state")" = active ]
}

host_reads_all() {
	drop_caches
	cmp -n "$(stat -c %s "$IMAGE")" "$IMAGE" "$(host_drive 0)"
}

# ends_well: an eject on this machine ends serve on the other with status 0.
ends_well() {
	vmctl eject -f -s 0
	wait "$SERVE"
	grep -q "far.iso was ejected" "$BATS_TEST_TMPDIR/out"
	nothing_left 0
}

# cut_times COUNT COMMAND...: cuts the connection with COMMAND, COUNT times,
# while the host reads; after each cut, waits until the connection has worked
# for a while.
cut_times() {
	local i links
	start_reading 0 "$IMAGE"
	for i in $(seq "$1"); do
		links=$(links)
		"${@:2}"
		wait_until 90 is_whole "$links"
		sleep 1 # of reading
	done
	is_clean
	[ "$(cat "$VM_RUN_DIR/0/state")" = active ]
}
# links: prints how many connections the slot has had so far.
links() {
	grep -c "served: " "$VM_RUN_DIR/0/log"
}
is_whole() {
	[ "$(links)" -gt "$1" ]
}
cut_worker() {
	pkill -KILL -u nobody vm-ws-proxy
}
cut_proxy() {
	pkill -KILL -f vm-ws-proxy
	sleep 3 # without a connection
	start_proxy
}
cut_ssh() {
	pkill -KILL -f 'ssh -F /dev/null'
}

@test "by wss the host reads the whole image, and its eject ends it" {
	serve_ws
	host_reads_all
	vmctl status -s 0 | grep "served:far.iso"
	ends_well
}

@test "by ssh the host reads the whole image, and its eject ends it" {
	serve_ssh
	host_reads_all
	ends_well
}

@test "^C and TERM eject, by wss and by ssh" {
	local end
	for end in ws-INT ssh-TERM ws-TERM; do
		serve_${end%-*}
		kill -"${end#*-}" "$SERVE"
		wait "$SERVE" || :
		nothing_left 0
		grep -x "vmctl: far.iso was ejected" "$BATS_TEST_TMPDIR/err"
		vmctl status -s 0 | grep "the client stopped serving the image"
	done
}

@test "ejected here while the connection is lost: the client learns of it" {
	serve_ws
	pkill -KILL -f vm-ws-proxy
	vmctl eject -f -s 0
	start_proxy
	wait "$SERVE"
	grep -qx "far.iso was ejected: the client was not connected at that time" \
		"$BATS_TEST_TMPDIR/out"
	nothing_left 0
}

@test "by wss, cut four times while the host reads: no error" {
	serve_ws
	cut_times 4 cut_worker
	ends_well
}

# (On this machine, ssh takes longer to connect than the host waits for a read.
# Therefore the host reads between the cuts; the drive stayed the same.)
@test "by ssh, cut twice: it reconnects to the same drive" {
	serve_ssh
	wait_until 30 is_active
	local i links before
	before=$(inserted)
	for i in 1 2; do
		links=$(links)
		cut_ssh
		wait_until 90 is_whole "$links"
		host_reads_all
	done
	is_active
	[ "$(inserted)" = "$before" ]
	ends_well
}

@test "the whole proxy is killed and restarted" {
	serve_ws
	cut_times 1 cut_proxy
	ends_well
}

@test "a client with another image learns who has the slot, and may take it over" {
	serve_ws
	make_iso "$BATS_TEST_TMPDIR/other.iso" 4 OTHER
	fails 75 vmctl serve -s 0 "$BATS_TEST_TMPDIR/other.iso" ssh:root@127.0.0.1
	grep "slot 0 is taken by 127.0.0.1" "$BATS_TEST_TMPDIR/stderr"
	local first=$SERVE
	background vmctl serve -s 0 --take "$BATS_TEST_TMPDIR/other.iso" \
		ssh:root@127.0.0.1 2>"$BATS_TEST_TMPDIR/err2"
	wait "$first"
	grep "far.iso was ejected" "$BATS_TEST_TMPDIR/out"
	has_other() { [ "$(vmctl status -s 0 | grep -c served:other.iso)" = 1 ] && host_has 0; }
	wait_until 60 has_other
	cmp "$BATS_TEST_TMPDIR/other.iso" "$(host_drive 0)"
}
