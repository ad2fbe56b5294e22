# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A machine in which a test may make users and run sshd: namespaces with their
# own /etc, /run, /srv and processes. All of it disappears with the test, even
# if the test is killed.

# start_machine: the store is ./srv/store, which is /srv/store in the machine.
# Its sshd is configured as in vmedia-sftp.service, and listens at $PORT.
start_machine() {
	local file
	STORE=$PWD/srv/store
	export VM_CONF=$PWD/srv/vmedia.conf VM_RUN_DIR=$PWD/slots
	mkdir -p srv/prefix/bin srv/prefix/share/vmedia/sshd etc slots
	cp -a /etc/. etc/
	rm -f etc/ssh/sshd_config.d/*
	rm -f etc/ssh/ssh_host_*
	ssh-keygen -q -t ed25519 -N '' -f etc/ssh/ssh_host_ed25519_key
	echo "store = /srv/store" >"$VM_CONF"
	# sshd does not run a program that users other than root can write.
	install -m 755 "$TOP/scripts/vm-image-keys" srv/prefix/bin/
	for file in sshd_config vmedia.conf; do
		sed 's,@PREFIX@,/srv/prefix,g' "$TOP/scripts/sshd/$file" \
			>"srv/prefix/share/vmedia/sshd/$file"
	done
	PORT=$(free_port)
	# shellcheck disable=SC2016 # the inner shell expands them
	background setpriv --pdeathsig KILL unshare -m -p -f --kill-child \
		--mount-proc sh -c 'mount --bind etc /etc && mount --bind srv /srv &&
			mount -t tmpfs none /run && mkdir -m 755 /run/sshd &&
			mount -t tmpfs none /var/log && exec /usr/sbin/sshd -D -e \
			-f /srv/prefix/share/vmedia/sshd/sshd_config -p "$1"' \
		sh "$PORT" >sshd.log 2>&1
	MACHINE=${STARTED[-1]}
	wait_until 20 grep -q "Server listening on 0.0.0.0" sshd.log
}

# stop_machine: SIGKILL, because unshare ignores SIGTERM.
stop_machine() {
	[ -z "${MACHINE:-}" ] || kill -KILL "$MACHINE"
}

# inside COMMAND...: runs it in the machine.
inside() {
	# shellcheck disable=SC2016 # the inner shell expands them
	nsenter --mount="/proc/$MACHINE/ns/mnt" \
		--pid="/proc/$MACHINE/ns/pid_for_children" \
		sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
}
image() {
	inside vm-image "$@"
}

# make_owner NAME [OPTION...]: makes an owner with a new key, ./NAME.
make_owner() {
	ssh-keygen -q -t ed25519 -N '' -f "$1"
	image owner add "$1" --key "$1.pub" "${@:2}"
}

# ssh_as COMMAND NAME [WORD...]: runs ssh, sftp or scp with the key of NAME, or
# ./$KEY.
ssh_as() {
	ssh_options "$2"
	"$1" "${SSH[@]}" "${@:3}"
}
ssh_options() {
	SSH=(-q -F none -i "${KEY:-$1}" -o IdentitiesOnly=yes -o BatchMode=yes
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=known
		-o ControlPath=none -o "Port=$PORT")
}

# sftp_as NAME [OPTION...]: runs the sftp commands from standard input as a
# script.
sftp_as() {
	ssh_as sftp "$1" "${@:2}" -b - "$1@127.0.0.1"
}

# put NAME FILE [AS]
put() {
	printf 'put "%s" "%s"\n' "$2" "${3:-${2##*/}}" | sftp_as "$1" >/dev/null
}

# put_slowly NAME FILE: starts an upload that takes minutes, and waits until a
# part of it has arrived. $UPLOAD is the client.
put_slowly() {
	printf 'put %s\n' "$2" >upload.sftp
	ssh_options "$1"
	background sftp "${SSH[@]}" -l 4096 -b upload.sftp "$1@127.0.0.1" >/dev/null 2>&1
	UPLOAD=${STARTED[-1]}
	wait_until 60 arrived "$1" "${2##*/}" 300000
}

# arrived NAME FILE BYTES: has the drop box at least BYTES of the file?
arrived() {
	[ "$(stat -c %s "$STORE/boxes/$1/images/$2" 2>/dev/null || echo 0)" -ge "$3" ]
}
