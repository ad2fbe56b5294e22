#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Owners on a machine with vmedia installed and systemd as process 1: from the
# first upload by sftp to the host that boots from it, after the network is
# gone.
# vm-run: -S

load helper
load column
load bmc
load owner

setup_file() {
	(cd "$TOP" && make -s install O="$BUILD" PREFIX=/usr/local) 3>&-
	systemctl daemon-reload
	modprobe -a usb-storage sr_mod sd_mod
	modprobe dummy_hcd
	export VM_RUN_DIR=/run/vmedia PORT=2022
	mkdir -p /etc/vmedia
	echo "store = /var/lib/vmedia" >>/etc/vmedia/vmedia.conf
	[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -A
	cd "$BATS_FILE_TMPDIR"
	make_iso x.iso 8 UPLOADED
	ssh-keygen -q -t ed25519 -N '' -f alice
	ssh-keygen -q -t ed25519 -N '' -f bob
}
teardown_file() {
	vm-gadget teardown
}
setup() {
	PATH=/usr/local/bin:$PATH
	STORE=/var/lib/vmedia
	cd "$BATS_FILE_TMPDIR"
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || journalctl -q --no-pager -n 40 || :
	cleanup
}

@test "vmedia-sftp is switched on, and owner add tells its port" {
	vmctl image owner add alice --key alice.pub >said
	grep -q "systemctl enable --now vmedia-sftp" said
	systemctl enable --now vmedia-sftp
	wait_until 30 sh -c 'journalctl -q -u vmedia-sftp | grep -q "Server listening"'
	vmctl image owner add bob --key bob.pub >said
	grep -q "to upload: sftp -P 2022 bob@" said
	not grep -q "no sshd" said
	systemd-analyze security --no-pager --threshold=55 vmedia-sftp.service
}

@test "two owners upload, one is killed and goes on; the images are mounted without a network" {
	put_slowly alice x.iso
	kill -KILL "$UPLOAD"
	wait "$UPLOAD" || :
	put bob alice.pub b.iso
	# An upload survives a restart of the service; the dead connection is
	# gone.
	systemctl restart vmedia-sftp
	wait_until 60 not pgrep -u alice >/dev/null
	wait_until 30 eval 'put bob bob.pub c.iso 2>/dev/null'
	sftp_as alice <<<'reput x.iso' >/dev/null
	vmctl image finish alice/x.iso --sha256 "$(sha256sum <x.iso | cut -c 1-64)"
	ip link set lo down
	vmctl mount image:alice/x.iso
	host_reads 0 x.iso
	fails 75 vmctl image rm alice/x.iso
	fails 75 vmctl image owner rm alice --force
	vmctl eject -f
	ip link set lo up
	nothing_left
	vmctl image rm alice/x.iso
}

@test "the system's sshd lets owners in by the snippet, and root as before" {
	ln -s /usr/local/share/vmedia/sshd/vmedia.conf /etc/ssh/sshd_config.d/
	# Until a boot is complete, PAM lets only root in.
	systemctl start systemd-user-sessions
	systemctl restart ssh
	systemctl disable --now vmedia-sftp
	vmctl image owner add alice | grep -q "to upload: sftp alice@"
	wait_until 30 eval 'PORT=22 put alice bob.pub y.iso'
	PORT=22 not ssh_as ssh alice alice@127.0.0.1 id
	[ "$(ls $STORE/boxes/alice/images)" = y.iso ]
}

@test "owner rm leaves no user, box or session" {
	vmctl image owner rm alice --force
	vmctl image owner rm bob --force
	not id alice
	not id bob
	[ -z "$(ls -A $STORE/boxes $STORE/owners | grep -v :)" ]
}
