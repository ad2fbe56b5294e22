#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-image finish makes images of what owners upload by sftp: end to end, and
# with attacks by the user of a drop box.

load helper
load owner

setup() {
	requires_root
	own_directory
	start_machine
	make_owner alice
	BOX=$STORE/boxes/alice/images INBOX=/srv/store/boxes/alice/images
	head -c 300001 /dev/urandom >x.iso
	SUM=$(sha256sum <x.iso)
	SUM=${SUM%% *}
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || {
		tail -n 10 sshd.log
		image ls
	}
	stop_machine
	cleanup
}

# as_alice COMMAND...: runs it as alice, as if sftp were not her only way to the
# drop box.
as_alice() {
	inside setpriv --reuid alice --regid vmedia-owners --clear-groups -- "$@"
}
# shows FILTER VALUE: does ls -j have that value there?
shows() {
	[ "$(image ls -j | jq -cr "$1")" = "$2" ] || {
		image ls -j | jq . >&2
		return 1
	}
}
# nothing_begun: was no copy begun, or was it removed?
nothing_begun() {
	[ -z "$(ls -A "$STORE/incoming")" ]
}
# in_slot N OWNER/NAME: makes a request of the slot that names the image.
in_slot() {
	mkdir -p "slots/$1/request"
	image path "$2" | cut -d ' ' -f 1 >"slots/$1/request/image"
}

@test "put by sftp, finish with the checksum, get: the same bytes, and no upload is left" {
	put alice x.iso
	shows '.images[] | [.id, .owner, .name, .state, .received]' \
		'[null,"alice","x.iso","incoming",300001]'
	image finish alice/x.iso -c "$SUM"
	shows '.images[] | [.owner, .name, .state, .size, .sha256, .verified, .uri, .origin]' \
		"[\"alice\",\"x.iso\",\"ready\",300001,\"$SUM\",\"given\",\"image:alice/x.iso\",\"box\"]"
	image get alice/x.iso - | cmp - x.iso
	[ -z "$(ls -A "$BOX")" ]
	nothing_begun
	# The user of the drop box cannot read the image.
	not as_alice cat "$(image path alice/x.iso | cut -d ' ' -f 2)"
	# A second finish succeeds, and changes nothing.
	image finish alice/x.iso
	image rm alice/x.iso
	fails 66 image finish alice/x.iso
}

@test "a SHA256SUMS beside the uploads: lines of GNU and of BSD" {
	local name
	sha256sum x.iso | sed p >SHA256SUMS
	cp x.iso 'y z.iso'
	cp x.iso w.iso
	sha256sum --tag 'y z.iso' >>SHA256SUMS
	sed 's/ .*/ *w.iso\r/' SHA256SUMS | head -n 1 | tr a-f A-F >>SHA256SUMS
	for name in x.iso 'y z.iso' w.iso SHA256SUMS; do
		put alice "$name"
	done
	for name in x.iso 'y z.iso' w.iso; do
		image finish "alice/$name"
	done
	shows '[.images[].verified] | unique' '["SHA256SUMS"]'
	# The list stays for later uploads; a list for another upload does not
	# fit.
	[ "$(ls -A "$BOX")" = SHA256SUMS ]
	image rm alice/x.iso
	put alice w.iso x.iso
	printf '%064d  x.iso\n' 7 >SHA256SUMS
	put alice SHA256SUMS
	fails 65 image finish alice/x.iso
	nothing_begun
	[ -f "$BOX/x.iso" ]
}

@test "a SHA256SUMS with a path, with two answers, or one that is a link" {
	put alice x.iso
	printf '%064d  ../x.iso\n%064d  /images/x.iso\n' 1 2 >SHA256SUMS
	put alice SHA256SUMS
	image finish alice/x.iso
	shows '.images[0].verified' null
	put alice x.iso y.iso
	printf '%064d  y.iso\n%s  ./y.iso\n' 1 "$SUM" >SHA256SUMS
	put alice SHA256SUMS
	fails 65 image finish alice/y.iso
	rm "$BOX/SHA256SUMS"
	as_alice ln -s /etc/shadow "$INBOX/SHA256SUMS"
	fails 77 image finish alice/y.iso
	nothing_begun
}

@test "an uploaded image is corrupt: with a checksum it is refused, else ls says unverified" {
	printf X | dd of=x.iso bs=1 seek=200000 conv=notrunc status=none
	put alice x.iso
	fails 65 image finish alice/x.iso -c "$SUM"
	[ -f "$BOX/x.iso" ]
	nothing_begun
	shows '[.images[] | select(.state == "ready")] | length' 0
	image finish alice/x.iso
	image ls alice | grep -q '^alice/x.iso .*ready .*unverified'
}

@test "a name with a space and parentheses is finished, listed, renamed and removed" {
	put alice x.iso 'x (1).iso'
	image ls | grep -q '^alice/x (1)\.iso .*incoming'
	image finish 'alice/x (1).iso' -c "$SUM"
	[ "$(image path 'alice/x (1).iso' | cut -d ' ' -f 3)" = 300001 ]
	image mv 'alice/x (1).iso' 'alice/x (2).iso'
	image rm 'alice/x (2).iso'
	shows '.images | length' 0
}

@test "names that no image may have: shown as one line, refused, removed by sftp" {
	local name
	for name in .hidden -r $'a\nb' $'a\tb' $'\xf0\x9f\x92\xbf.iso' 'x '; do
		as_alice touch -- "$INBOX/$name"
		fails 64 image finish "alice/$name"
	done
	image ls >out
	[ "$(wc -l <out)" -le 6 ]
	not grep -q '[^ -~]' out
	image ls -j | jq -e '.images | length > 0' >/dev/null
	printf 'rm /images/*\nrm .hidden\n' | sftp_as alice >/dev/null
	[ -z "$(ls -A "$BOX")" ]
}

@test "an upload that is not complete cannot be finished, and can be continued" {
	head -c 16000000 /dev/urandom >big.iso
	put_slowly alice big.iso
	fails 75 image finish alice/big.iso
	nothing_begun
	kill -KILL "$UPLOAD"
	wait "$UPLOAD" || :
	wait_until 60 not inside pgrep -u alice >/dev/null
	# Only the checksum can tell that bytes are missing.
	fails 65 image finish alice/big.iso -c "$(sha256sum <big.iso | cut -c 1-64)"
	sftp_as alice <<<'reput big.iso' >/dev/null
	image finish alice/big.iso -c "$(sha256sum <big.iso | cut -c 1-64)"
	shows '.images[].state' ready
}

@test "an upload that broke: the next one begins at once" {
	head -c 16000000 /dev/urandom >big.iso
	put_slowly alice big.iso
	# The client disappears without closing the connection.
	kill -STOP "$UPLOAD"
	put alice x.iso
	image finish alice/x.iso -c "$SUM"
	put alice x.iso big.iso
	kill -KILL "$UPLOAD"
}

@test "links, devices, FIFOs and directories in a drop box are refused" {
	local name
	put alice x.iso
	as_alice ln -s /etc/shadow "$INBOX/link"
	as_alice ln -s x.iso "$INBOX/own"
	as_alice ln -s /srv/store/boxes "$INBOX/dir"
	as_alice mkfifo "$INBOX/fifo"
	as_alice mkdir "$INBOX/d"
	mknod "$BOX/dev" c 1 5
	for name in link own dir fifo d dev; do
		echo "$name"
		fails 77 image finish "alice/$name"
	done
	for name in link/shadow d/x ../../../../etc/shadow /etc/shadow .. .; do
		fails 64 image finish "alice/$name"
	done
	as_alice ln "$INBOX/x.iso" "$INBOX/twice"
	fails 77 image finish alice/twice
	fails 77 image finish alice/x.iso
	as_alice rm "$INBOX/twice"
	image finish alice/x.iso -c "$SUM"
	nothing_begun
	shows '[.images[] | select(.state == "ready")] | length' 1
}

@test "quota: what does not fit is refused before a byte is copied" {
	image quota alice 1M
	put alice x.iso
	image finish alice/x.iso
	head -c 800000 /dev/zero >big.iso
	put alice big.iso
	fails 73 image finish alice/big.iso
	grep -q "the quota of alice: used .*, asked .*, limit 1 MiB" stderr
	nothing_begun
	# A sparse file of 2 TiB.
	as_alice truncate -s 2T "$INBOX/huge.iso"
	fails 73 image finish alice/huge.iso
	nothing_begun
	image rm alice/x.iso
	image finish alice/big.iso
}

@test "another owner's image by every verb" {
	local verb
	make_owner bob
	put alice x.iso
	image finish alice/x.iso
	head -c 5000 /dev/urandom >y.iso
	put bob y.iso
	for verb in finish verify rm path get; do
		fails 66 image "$verb" bob/x.iso
	done
	fails 66 image mv bob/x.iso bob/z.iso
	fails 64 image mv alice/x.iso bob/x.iso
	for verb in finish verify rm path get; do
		fails 64 image "$verb" bob/../alice/x.iso
		fails 64 image "$verb" bob//x.iso
	done
	image finish bob/y.iso
	put bob y.iso x.iso
	image finish bob/x.iso
	image mv bob/y.iso bob/z.iso
	image rm bob/x.iso
	image owner rm bob --force
	image get alice/x.iso - | cmp - x.iso
	shows '[.images[].owner]' '["alice"]'
}

@test "no upload while something is mounted? any but the mounted one" {
	put alice x.iso
	image finish alice/x.iso
	in_slot 0 alice/x.iso
	put alice x.iso y.iso
	image finish alice/y.iso
	put alice x.iso
	fails 73 image finish alice/x.iso
	fails 75 image finish alice/x.iso --replace
	grep -q "slot 0: type vmctl eject -s 0" stderr
	fails 75 image owner rm alice --force
	grep -q "alice/x.iso is in slot 0" stderr
	# Nothing was removed, because one image is in a slot.
	shows '[.images[] | select(.state == "ready").name]' '["x.iso","y.iso"]'
	sftp_as alice <<<ls >/dev/null
	rm -r slots/0
	image finish alice/x.iso --replace
	image owner rm alice --force
	shows '.images | length' 0
}
