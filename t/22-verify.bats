#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd compares the image's SHA-256 before it serves the image.

load helper
load servers

setup() {
	own_directory
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf
	# The size is not a multiple of 512, because padding must not count.
	head -c $((5 * MIB + 77)) /dev/urandom >"a b.iso"
	start_hostile "a b.iso"
	SUM=$(sha256sum "a b.iso" | cut -d ' ' -f 1)
	WRONG=${SUM%?}$([[ $SUM == *0 ]] && echo 1 || echo 0)
	IMAGE="$HOSTILE/ok/a b.iso"
}

# serves [ARGUMENT...]: vm-fetchd serves the image.
serves() {
	serves_file "a b.iso" "$IMAGE" "$@"
}
# unserved STATUS TEXT [ARGUMENT...]: as `refused`, with that image.
unserved() {
	refused "$1" "$IMAGE" "$2" "${@:3}"
}

@test "sha256=: the right one is served, each byte fetched once; a wrong one is not: 65" {
	serves "sha256=$SUM"
	serves "sha256=${SUM^^}"
	unserved 65 "its SHA-256 is $SUM, and should be $WRONG" "sha256=$WRONG"
	unserved 64 "not 64 hexadecimal digits" "sha256=${SUM%?}"
	: >log
	start_fetchd "$IMAGE" "sha256=$SUM"
	[ "$(sed -n 's/^done .* bytes=//p' log | paste -sd+ | bc)" = $((5 * MIB + 77)) ]
}

@test "sums=: GNU's and BSD's lines, with other lines among them" {
	printf '%s  other\n%s *./a b.iso\n' "$WRONG" "$SUM" >sums
	serves sums=sums
	printf '# x\nSHA256 (a b.iso) = %s\r\n' "$SUM" >sums
	serves sums=sums
	sha256sum "a b.iso" >sums
	serves sums=sums
	echo "$SUM" >sums
	serves sums=sums
	printf '%s  a b.iso\n' "$WRONG" >sums
	unserved 65 "its SHA-256 is $SUM" sums=sums
	printf '%s  other\n' "$SUM" >sums
	unserved 65 "has no SHA-256 for a b.iso" sums=sums
	printf '%s  a b.iso\n%s  a b.iso\n' "$SUM" "$WRONG" >sums
	unserved 65 "has more than one SHA-256 for a b.iso" sums=sums
	: >sums
	unserved 65 "empty" sums=sums
	unserved 66 "unable to open sums file none" sums=none
}

@test "sums-url=: from a server, which gets the credentials only if it is the image's" {
	local sums other
	sha256sum "a b.iso" >SHA256SUMS
	background hostile -L sums.log SHA256SUMS >port
	wait_until 5 test -s port
	sums=http://localhost:$(cat port)
	echo hush >password
	echo "X-Token: hush" >header
	IMAGE="$HOSTILE/auth/joe/hush/a b.iso"
	serves "sums-url=$sums/ok/SHA256SUMS" user=joe password=+password \
		header=+header
	grep -q 'auth=- token=- status=206' sums.log
	unserved 66 "unable to read the checksums at $sums/none: no such image" \
		"sums-url=$sums/none?sig=hush" user=joe password=+password
	not grep -q sig stderr
	# The image and the list are on the same server, which wants a login for
	# both.
	mkdir root
	cp "a b.iso" SHA256SUMS root
	make_cert server
	printf 'joe:%s\n' "$(openssl passwd -apr1 hush)" >htpasswd
	start_nginx 'auth_basic vm;' "auth_basic_user_file $PWD/htpasswd;"
	IMAGE="$HTTPS/a b.iso"
	serves "sums-url=$HTTPS/SHA256SUMS" cacert=ca.pem user=joe password=+password
	# A list that is too long is refused, because the cut part may have
	# another sum of the image.
	(cat SHA256SUMS && head -c 1M /dev/zero | tr '\0' '\n') >root/long
	unserved 65 "the checksums at $HTTPS/long: it has more than 1048576 bytes" \
		"sums-url=$HTTPS/long" cacert=ca.pem user=joe password=+password
}

@test "of a compressed image it is the checksum of the file on the server" {
	truncate -s $MIB raw.img
	printf '\125\252' | dd of=raw.img bs=1 seek=510 conv=notrunc status=none
	xz -k raw.img
	gzip -k raw.img
	local kind rc
	# nbdkit's user decompresses gzip there.
	export TMPDIR=$BATS_FILE_TMPDIR/spool
	mkdir -m 1777 "$TMPDIR"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*
	for kind in xz gz; do
		start_hostile raw.img.$kind
		IMAGE=$HOSTILE/ok/raw.img.$kind
		start_fetchd "$IMAGE" \
			"sha256=$(sha256sum raw.img.$kind | cut -d ' ' -f 1)"
		nbdread -f raw.img "$SOCK" 0 $MIB
		stop_fetchd
		rc=0
		vm-fetchd -U nbd "$IMAGE" "sha256=$WRONG" 2>err || rc=$?
		[ $rc = 65 ]
		grep -q "and should be $WRONG" err
	done
}

@test "an nbdkit that is started again does not read all of it again" {
	start_fetchd "$IMAGE" "sha256=$SUM" cache=4M
	: >log
	kill -9 "$(nbdkits)"
	timeout 20 nbdread -f "a b.iso" "$SOCK" 0 1000
	[ "$(grep -c GET log)" -le 2 ]
}

@test "vmctl: --sha256 and --sha256-file with a file or a URL" {
	mkdir root && echo hello >root/HELLO.TXT
	xorriso -as mkisofs -quiet -V TEST -o x.iso root
	start_hostile x.iso
	sha256sum x.iso >sums
	background hostile sums >port
	wait_until 5 test -s port
	[[ $(vmctl probe --sha256-file sums "$HOSTILE/ok/x.iso") == *"label: TEST"* ]]
	[[ $(vmctl probe --sha256-file "http://127.0.0.1:$(cat port)/ok/sums" \
		"$HOSTILE/ok/x.iso") == *"label: TEST"* ]]
	fails 65 vmctl probe --sha256 "$WRONG" "$HOSTILE/ok/x.iso"
	grep -q "and should be $WRONG" stderr
	fails 64 vmctl probe --sha256 "${SUM}0" "$HOSTILE/ok/x.iso"
	fails 64 vmctl probe --sha256-file "ftp://joe:hush@a/b" "$HOSTILE/ok/x.iso"
	not grep -q hush stderr
	fails 66 vmctl probe --sha256-file none "$HOSTILE/ok/x.iso"
}

@test "about=: what the image is, and who copies it verifies it" {
	start_fetchd "$IMAGE" about=about "sha256=$WRONG"
	grep -q "^url: $HOSTILE/ok/a" about
	grep -qx "size: $((5 * MIB + 77))" about
	grep -q "^validator: ." about
	grep -qx "sha256: $WRONG" about
	[ "$(wc -l <about)" = 4 ]
	stop_fetchd
	# Only vm-fetchd itself has the decompressed bytes.
	{
		head -c 2048 /dev/zero
		cat "a b.iso"
	} | gzip -1 >packed.gz
	SUM=$(sha256sum packed.gz | cut -d ' ' -f 1)
	cleanup
	start_hostile packed.gz
	start_fetchd "$HOSTILE/ok/x.gz" about=about "sha256=$SUM"
	grep -qx "compressed: gz" about
	not grep -q "^sha256: " about
	stop_fetchd
	local rc=0
	vm-fetchd -U "$PWD/nbd" "$HOSTILE/ok/x.gz" about=about "sha256=$WRONG" \
		2>stderr || rc=$?
	[ $rc = 65 ]
	# With -c, it does not fetch the whole file from a server without
	# ranges.
	vm-fetchd -c "$HOSTILE/ignore-range/x" about=about 2>/dev/null
	grep -qx "ranges: no" about
	grep -qx "size: $(stat -c %s packed.gz)" about
}
