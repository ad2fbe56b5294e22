#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmedia installed, with systemd as process 1: each fetch is a unit.
# vm-run: -S

load helper
load servers

setup_file() {
	requires_vm
	(cd "$TOP" && make -s install O="$BUILD" PREFIX=/usr/local) 3>&-
	systemctl daemon-reload
	echo "store = /var/lib/vmedia" >/etc/vmedia/vmedia.conf
}
setup() {
	own_directory
	PATH=/usr/local/bin:$PATH
	{
		head -c 512 /dev/zero
		head -c $((8 * MIB)) /dev/urandom
	} >x.img
	start_hostile x.img
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || journalctl -q --no-pager -n 40 || :
	cleanup
}

# begin: begins to fetch the image; its unit is $UNIT.
begin() {
	vmctl image fetch --limit-rate 1M "$HOSTILE/ok/x.img"
	UNIT=vmedia-fetch@$(vmctl image ls -j | jq -r '.images[0].id')
	wait_until 60 systemctl -q is-active "$UNIT"
	wait_until 60 has_some
}
has_some() {
	[ "$(vmctl image ls -j | jq '.images[0].received')" -gt $MIB ]
}
has_image() {
	[ "$(vmctl image ls -j | jq -r '.images[0].state')" = ready ]
}

@test "fetch: its unit is started again when it is killed, and ends by itself" {
	begin
	systemctl kill -s KILL "$UNIT"
	wait_until 120 has_image
	wait_until 30 not systemctl -q is-active "$UNIT"
	not systemctl -q is-failed "$UNIT"
	cmp x.img /var/lib/vmedia/images/*/data
	[ -z "$(ls -A /run/vmedia/fetch)" ]
	vmctl image rm x.img
}

@test "fetch: rm stops its unit" {
	begin
	vmctl image rm x.img
	not systemctl -q is-active "$UNIT"
	[ "$(vmctl image ls -j | jq '.images | length')" = 0 ]
	[ -z "$(ls -A /run/vmedia/fetch)" ]
}

@test "fetch: what has stopped with the machine is begun again by the timer's unit" {
	begin
	systemctl stop "$UNIT"
	rm -rf /run/vmedia/fetch # as a reboot does
	systemctl start vmedia-image-gc.service
	wait_until 120 has_image
	cmp x.img /var/lib/vmedia/images/*/data
}
