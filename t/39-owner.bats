#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-image owner, and uploads by sftp: a real sshd with the configuration that
# vmedia installs, in a separate machine (t/owner.bash).

load helper
load owner

setup() {
	requires_root
	own_directory
	start_machine
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 30 sshd.log
	stop_machine
	cleanup
}

# --- owners ---------------------------------------------------------------

@test "owner add makes a user, a drop box and its key, and tells what to type" {
	run -0 make_owner alice --quota 2M
	[[ $output == *"to upload: sftp alice@"*"put x.iso"* ]]
	[[ $output == *"finish alice/x.iso"* ]]
	[ "$(stat -c '%U %a' "$STORE/boxes/alice")" = "root 755" ]
	[ "$(inside stat -c '%U %G %a' /srv/store/boxes/alice/images)" = \
		"alice vmedia-owners 700" ]
	inside grep -q '^alice:x:.*:vmedia image owner:/srv/store/boxes/alice:.*nologin$' \
		/etc/passwd
	[ "$(stat -c %a etc/passwd etc/shadow | tr '\n' ' ')" = "644 640 " ]
	# With `!`, sshd would consider the account locked.
	inside grep -q '^alice:\*:' /etc/shadow
	[ "$(cat "$STORE/owners/alice/quota")" = 2097152 ]
	cmp alice.pub "$STORE/owners/alice/keys"
	image owner ls | grep -q '^alice .*limit 2 MiB, 1 key(s)$'
	[ "$(image owner ls -j | jq -c '.owners[] | [.name, .limit, .keys, .missing]')" = \
		'["alice",2097152,1,null]' ]
	image ls alice
	mkdir "$STORE/owners/bob"
	[ "$(image owner ls alice -j | jq -c '[.owners[].name]')" = '["alice"]' ]
	[ "$(image owner ls alice | wc -l)" = 1 ]
	fails 66 image owner ls carol
	rmdir "$STORE/owners/bob"
	# The user is only in the separate machine, not in this one.
	not grep -q '^alice:' /etc/passwd
}

@test "owner add again changes nothing, or the keys" {
	make_owner alice
	[ "$(image owner add alice -k alice.pub -j | jq .changed)" = false ]
	ssh-keygen -q -t ed25519 -N '' -f other
	image owner add alice -j -k - <other.pub >out
	[ "$(jq .changed out)" = true ]
	KEY=other sftp_as alice <<<ls
	not sftp_as alice <<<ls
	[ "$(inside grep -c alice /etc/passwd)" = 1 ]
}

@test "owner add goes on where a killed one stopped" {
	inside groupadd -r vmedia-owners
	inside useradd -r -M -N -g vmedia-owners -d /srv/store/boxes/alice -c 'vmedia image owner' \
		-p '*' alice
	make_owner alice
	inside touch x
	put alice alice.pub x.iso
}

@test "a user of the machine is not made an owner, and not removed" {
	inside useradd -m -d /srv/bob bob
	fails 73 image owner add bob
	grep -q "bob is a user of this machine" stderr
	fails 73 image owner add daemon
	fails 64 image owner add root
	fails 64 image owner add Bob
	fails 64 image owner add ../alice
	fails 66 image owner rm bob
	# The owner's user was replaced by another user of that name.
	make_owner carol
	inside usermod -d /srv/carol -c Carol carol
	image owner rm carol
	inside id carol bob
	[ ! -e "$STORE/boxes/carol" ]
}

@test "owner rm refuses while there is an image, an upload or a file" {
	make_owner alice
	put alice alice.pub x.iso
	fails 75 image owner rm alice
	grep -q "0 image(s), and 1 file(s) in the drop box: .*--force" stderr
	image begin -o alice -s 4096 y.iso
	fails 75 image owner rm alice
	image owner rm alice --force
	not inside id alice
	[ -z "$(ls "$STORE/boxes" "$STORE/incoming" "$STORE/trash" | grep -v :)" ]
	fails 66 image owner rm alice
	# The name can be used again, and the old files do not come back.
	image owner add alice -k alice.pub
	[ -z "$(ls -A "$STORE/boxes/alice/images")" ]
}

@test "owner rm ends the session of one who is uploading" {
	make_owner alice
	truncate -s 64M x.iso
	put_slowly alice x.iso
	image owner rm alice --force
	not wait "$UPLOAD"
	not inside id alice
	[ ! -e "$STORE/boxes/alice" ]
}

@test "a private key, and what is no key, is refused" {
	ssh-keygen -q -t ed25519 -N '' -f alice
	fails 65 image owner add alice -k alice
	grep -q "private key: .*\.pub" stderr
	cp alice.pub two
	echo "ssh-ed25519 AAAAgarbage me" >>two
	fails 65 image owner add alice -k two
	echo 'hello' >none
	fails 65 image owner add alice -k none
	: >empty
	fails 65 image owner add alice -k empty
	fails 66 image owner add alice -k missing
	not inside id alice
	# A key may have conditions.
	printf '# mine\nfrom="127.0.0.1" %s\n' "$(cat alice.pub)" >good
	image owner add alice -k good
	put alice good x.iso
	# A key's options cannot allow more than sftp.
	printf 'restrict,pty,command="/bin/sh" %s\n' "$(cat alice.pub)" >good
	image owner add alice -k good
	not ssh_as ssh alice alice@127.0.0.1 id
	put alice good x.iso
}

@test "a store that sshd would refuse: owner add says which directory" {
	chmod 775 "$PWD/srv"
	fails 78 image owner add alice
	grep -q "below /srv: type chown root /srv and chmod go-w /srv" stderr
	not inside id alice
	chmod 755 "$PWD/srv"
	image owner add alice
}

@test "with busybox only: its adduser makes the user, who uploads" {
	mkdir tools
	busybox --install -s "$PWD/tools"
	# Debian's busybox does not have these applets.
	cat >tools/addgroup <<-'SH'
		#!/bin/sh
		[ "$*" = "-S vmedia-owners" ] && echo vmedia-owners:x:990: >>/etc/group
	SH
	cat >tools/adduser <<-'SH'
		#!/bin/sh
		[ "$1 $2 $3 $4 $5 $6 $8 ${10}" = "-S -D -H -G vmedia-owners -h -s -g" ] &&
			echo "${12}:x:990:990:${11}:$7:$9" >>/etc/passwd &&
			echo "${12}:!:20000::::::" >>/etc/shadow
	SH
	cat >tools/chpasswd <<-'SH'
		#!/bin/sh
		[ "$*" = -e ] && read -r line && sed -i "s/^${line%%:*}:[^:]*/$line/" /etc/shadow
	SH
	printf '%s\n' '#!/bin/sh' "sed -i \"/^\$1:/d\" /etc/passwd /etc/shadow" \
		>tools/deluser
	chmod +x tools/addgroup tools/adduser tools/chpasswd tools/deluser
	export VM_PATH=$PWD/tools
	busy_image() {
		inside "$PWD/tools/sh" "$BUILD/bin/vm-image" "$@"
	}
	ssh-keygen -q -t ed25519 -N '' -f alice
	fails 65 busy_image owner add alice -k alice
	busy_image owner add alice -k alice.pub
	put alice alice.pub x.iso
	busy_image owner ls | grep -q '^alice .*1 key(s)'
	fails 75 busy_image owner rm alice
	truncate -s 64M y.iso
	put_slowly alice y.iso
	busy_image owner rm alice --force
	not inside id alice
	[ -z "$(ls -A "$STORE/boxes" "$STORE/owners" | grep -v :)" ]
}

@test "doctor says what an owner lacks, and what sshd would refuse" {
	image owner add alice
	image doctor >out || :
	grep -q "^lack  owner alice: no key: type vmctl image owner add alice --key FILE" out
	grep -q "^lack  sftp: no sshd lets owners in: type systemctl enable" out
	make_owner bob
	inside userdel alice
	rm -r "$STORE/boxes/bob"
	echo "Include /srv/prefix/share/vmedia/sshd/vmedia.conf" >etc/ssh/sshd_config
	not image doctor >out
	grep -q "^FAIL  owner alice: no user: type vmctl image owner add alice$" out
	grep -q "^FAIL  owner bob: no drop box: type vmctl image owner add bob$" out
	image owner add alice -k bob.pub
	image owner add bob
	image doctor >out
	grep -q "^ok    owner alice: 1 key(s)$" out
	grep -q "^ok    sftp: sftp bob@" out
	chmod 775 srv
	not image doctor >out
	grep -q "^FAIL  sftp: sshd refuses a drop box below /srv: type" out
}

# --- who comes in ---------------------------------------------------------

@test "owner add says that no sshd lets owners in, and how one does" {
	run -0 make_owner alice
	[[ $output == *"no sshd lets owners in yet: type systemctl enable --now vmedia-sftp"* ]]
	[ "$(image owner add alice -j | jq .sshd)" = false ]
	echo "Include /etc/ssh/sshd_config.d/*.conf" >etc/ssh/sshd_config
	cp srv/prefix/share/vmedia/sshd/vmedia.conf etc/ssh/sshd_config.d/
	[ "$(image owner add alice -j | jq .sshd)" = true ]
	[ "$(image owner add alice | head -n 1 | cut -d : -f 1)" = "alice has no key yet" ] ||
		image owner add alice | not grep "no sshd"
}

@test "the snippet in sshd_config.d changes nothing for other users" {
	make_owner alice
	printf '%s\n' "Include /etc/ssh/sshd_config.d/*.conf" "X11Forwarding yes" \
		>etc/ssh/sshd_config
	inside sshd -T -C user=daemon,host=x,addr=127.0.0.1 >before
	cp srv/prefix/share/vmedia/sshd/vmedia.conf etc/ssh/sshd_config.d/
	inside sshd -T -C user=daemon,host=x,addr=127.0.0.1 >after
	cmp before after
	inside sshd -T -C user=alice,host=x,addr=127.0.0.1 >owner
	grep -qx "chrootdirectory %h" owner
	grep -qx "x11forwarding no" owner
	grep -qx "authenticationmethods publickey" owner
}

@test "the system's sshd, with PAM and the snippet, lets owners in" {
	make_owner alice
	cp srv/prefix/share/vmedia/sshd/vmedia.conf etc/ssh/sshd_config.d/
	printf '%s\n' "Include /etc/ssh/sshd_config.d/*.conf" "UsePAM yes" \
		"HostKey /etc/ssh/ssh_host_ed25519_key" \
		"Subsystem sftp /usr/lib/openssh/sftp-server" >etc/ssh/sshd_config
	PORT=$(free_port)
	background nsenter --mount="/proc/$MACHINE/ns/mnt" \
		setpriv --pdeathsig KILL /usr/sbin/sshd -D -e -p "$PORT" >system.log 2>&1
	wait_until 20 grep -q "Server listening" system.log
	put alice alice.pub x.iso
	cmp alice.pub "$STORE/boxes/alice/images/x.iso"
	not ssh_as ssh alice alice@127.0.0.1 id
}

@test "another key, no shell, no command, no forwarding; another user not at all" {
	make_owner alice
	make_owner bob
	KEY=bob not sftp_as alice <<<ls
	inside useradd -m -d /srv/carol carol
	mkdir srv/carol/.ssh
	cp alice.pub srv/carol/.ssh/authorized_keys
	inside chown -R carol /srv/carol
	KEY=alice not sftp_as carol <<<ls
	run ssh_as ssh alice alice@127.0.0.1
	[[ $output == *"sftp connections only"* ]]
	run ssh_as ssh alice alice@127.0.0.1 cat /etc/passwd
	[[ $output != *root:* ]]
	background ssh_as ssh alice -N -o ExitOnForwardFailure=yes \
		-R 127.0.0.1:0:127.0.0.1:1 alice@127.0.0.1
	# With a forwarded port, ssh would go on running.
	wait_until 60 eval 'not kill -0 "${STARTED[-1]}" 2>/dev/null'
	run ssh_as ssh alice -W "127.0.0.1:$PORT" alice@127.0.0.1
	[[ $output != *SSH-2.0* ]]
	# After a key is removed, it is refused at once.
	rm "$STORE/owners/alice/keys"
	not sftp_as alice <<<ls
}

@test "vm-image-keys prints the keys of an owner only, as nobody" {
	make_owner alice
	cd srv
	KEYS() {
		inside setpriv --reuid nobody --clear-groups -- /srv/prefix/bin/vm-image-keys "$@"
	}
	KEYS alice /srv/store/boxes/alice | cmp - ../alice.pub
	not KEYS alice /home/alice
	not KEYS ../alice /srv/store/boxes/../alice
	not KEYS root /root
	not KEYS bob /srv/store/boxes/bob
	not KEYS ''  /srv/store/boxes/
	run -64 KEYS
	[ "$output" = "usage: vm-image-keys USER HOME" ]
	# Other users cannot see anything else of the store.
	not inside setpriv --reuid nobody --clear-groups -- ls /srv/store/owners
	not inside setpriv --reuid nobody --clear-groups -- ls /srv/store/boxes/alice/images
}

# --- uploads --------------------------------------------------------------

@test "put, ls, rename, rm and scp work; put -p keeps the time" {
	make_owner alice
	head -c 300000 /dev/urandom >x.iso
	touch -d '2020-01-02 03:04:05 UTC' x.iso
	printf '%s\n' 'put x.iso' 'put -p x.iso kept.iso' 'rename x.iso y.iso' \
		'get y.iso back' 'df' pwd 'ls -l' | sftp_as alice >out
	cmp x.iso back
	grep -q "Remote working directory: /images" out
	cmp x.iso "$STORE/boxes/alice/images/y.iso"
	[ "$(stat -c %Y "$STORE/boxes/alice/images/kept.iso")" = 1577934245 ]
	# Whatever mode put -p sets, other users have no access.
	[ "$(stat -c %a "$STORE/boxes/alice/images/y.iso")" = 600 ]
	ssh_as scp alice x.iso alice@127.0.0.1:z.iso
	ssh_as scp alice -p x.iso alice@127.0.0.1:/images/z.iso
	cmp x.iso "$STORE/boxes/alice/images/z.iso"
	printf '%s\n' 'rm *' | sftp_as alice >/dev/null
	[ -z "$(ls -A "$STORE/boxes/alice/images")" ]
}

@test "links, mkdir, chmod and .. are refused" {
	local line
	make_owner alice
	put alice alice.pub x.iso
	for line in 'symlink /etc/passwd l' 'ln x.iso h' 'ln -s / l' 'mkdir d' \
		'chmod 777 x.iso' 'chown 0 x.iso' 'rmdir /images' 'put x /evil' \
		'put x ../evil' 'put x ../../../srv/evil' 'get /etc/passwd p' \
		'get ../../../../etc/passwd p' 'cd ../../owners' 'cp x.iso y' \
		'rename x.iso /y.iso' 'rm /images'; do
		echo "$line"
		echo x >x
		not sftp_as alice <<<"$line"
	done
	[ "$(ls "$STORE/boxes/alice/images")" = x.iso ]
	[ "$(ls "$STORE/boxes/alice")" = images ]
	[ ! -e p ] && [ ! -e "$PWD/srv/evil" ]
}

@test "one owner sees nothing of the other" {
	make_owner alice
	make_owner bob
	put alice alice.pub secret.iso
	printf '%s\n' 'ls -la /' 'ls -la /images' 'ls -la ..' | sftp_as bob >out
	not grep -q 'secret\|alice' out
	not sftp_as bob <<<'get /images/secret.iso'
	not sftp_as bob <<<'get ../../alice/images/secret.iso'
	put bob bob.pub secret.iso
	cmp alice.pub "$STORE/boxes/alice/images/secret.iso"
	not inside setpriv --reuid bob --regid vmedia-owners --clear-groups -- \
		cat /srv/store/boxes/alice/images/secret.iso
}

@test "an upload that was killed goes on with reput, and is the same" {
	make_owner alice
	head -c 16000000 /dev/urandom >x.iso
	put_slowly alice x.iso
	kill -KILL "$UPLOAD"
	wait "$UPLOAD" || :
	wait_until 60 not inside pgrep -u alice >/dev/null
	not cmp -s x.iso "$STORE/boxes/alice/images/x.iso"
	sftp_as alice <<<'reput x.iso' >/dev/null
	cmp x.iso "$STORE/boxes/alice/images/x.iso"
}

@test "the directory is missing on a new device: owner add makes it again" {
	make_owner alice
	rm -rf "$STORE"
	image owner ls
	not sftp_as alice <<<ls
	image owner add alice -k alice.pub
	put alice alice.pub x.iso
	# Only the directory for uploads was removed.
	rm -rf "$STORE/boxes/alice"
	image owner ls | grep -q '^alice .*no drop box: type vmctl image owner add alice'
	image owner add alice
	put alice alice.pub x.iso
}

# --- files ----------------------------------------------------------------

@test "the private sshd works with the capabilities of its unit" {
	local caps
	caps=$(sed -n 's/^CapabilityBoundingSet=//p' \
		"$TOP/scripts/systemd/vmedia-sftp.service" | tr ' ' '\n' |
		sed 's/^CAP_/+/' | tr 'A-Z\n' 'a-z,')
	[[ $caps == *+sys_chroot* ]]
	make_owner alice
	PORT=$(free_port)
	background nsenter --mount="/proc/$MACHINE/ns/mnt" \
		setpriv --pdeathsig KILL --no-new-privs --bounding-set "-all,${caps%,}" \
		/usr/sbin/sshd -D -e -f /srv/prefix/share/vmedia/sshd/sshd_config \
		-p "$PORT" >confined.log 2>&1
	wait_until 20 grep -q "Server listening" confined.log
	put alice alice.pub x.iso
	cmp alice.pub "$STORE/boxes/alice/images/x.iso"
	cat confined.log
}

@test "the unit is one that systemd reads" {
	sed 's,@BINDIR@,/usr/bin,' "$TOP/scripts/systemd/vmedia-sftp.service" \
		>vmedia-sftp.service
	systemd-analyze verify --man=no "$PWD/vmedia-sftp.service" 2>&1 |
		not grep -i "unknown\|invalid\|failed to parse"
}

@test "completion offers the actions and the owners" {
	make_owner alice
	image complete owner '' | cut -f 1 | head -n 3 | tr '\n' ' ' | grep -qx 'add rm ls '
	image complete owner rm a | grep -q '^alice'
	image complete owner add x --qu | grep -q '^--quota'
}
