#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmctl -j tells in one word why it failed: each cause that needs no kernel,
# from a real server. 83-causes-vm.bats has the others.

load helper
load servers

setup() {
	export VM_RUN_DIR=$BATS_TEST_TMPDIR/run VM_CONF=$BATS_TEST_TMPDIR/conf
	own_directory
	mkdir root
	head -c 5000 /dev/urandom >root/image
}

# tells STATUS CAUSE COMMAND...: vmctl COMMAND -j fails like this, and standard
# error has its message, without the word for programs.
tells() {
	local status=$1 cause=$2 rc=0
	shift 2
	vmctl "$@" -j >json 2>err </dev/null || rc=$?
	cat json err >&2
	[ "$rc" = "$status" ]
	[ "$(jq -c '[.schema, .error.status, .error.cause]' json)" = \
		"[1,$status,\"$cause\"]" ]
	grep -qF "$(jq -r .error.message json)" err
	not grep -q cause: err
}

@test "the words are the same in C, in the shell and in the manual" {
	sed -n 's/^ *\[CAUSE_[A-Z_]*\] = "\(..*\)".*/\1/p' \
		"$TOP/lib/base/cause.c" | sort >c
	sh -c '. "$1/common.sh"; . "$1/cause.sh"; printf "%s\n" $CAUSES' sh \
		"$TOP/scripts/lib" | sort >sh
	sed -n '/^\.Ss Causes/,/^\.El/s/^\.It Li //p' "$TOP/man/vmctl.8" | sort >man
	[ "$(wc -l <c)" = 17 ]
	diff c sh
	diff c man
}

@test "the usual cause of a status is the same in C and in the shell" {
	local status
	for status in 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 1; do
		# shellcheck disable=SC2016 # for the inner shell to expand
		sh -c '. "$1/common.sh"; . "$1/cause.sh"; usual_cause $2' sh \
			"$TOP/scripts/lib" $status
	done >sh
	"$BUILD/t/unit/cause" >c
	diff c sh
}

@test "causes: what a web server answers" {
	make_cert server
	printf 'u:%s\n' "$(openssl passwd -apr1 secret)" >users
	mkdir root/closed
	printf '<!DOCTYPE html><html><body>Log in</body></html>' >root/page
	start_nginx "location /none { return 403; }" \
		"location /down { return 503; }" \
		"location /odd { return 418; }" \
		"location /closed { auth_basic x; auth_basic_user_file $PWD/users; }"
	cp root/image root/closed/image
	tells 66 missing probe --cacert ca.pem "$HTTPS/nothing"
	tells 77 forbidden probe --cacert ca.pem "$HTTPS/none/image"
	tells 77 credentials probe --cacert ca.pem "$HTTPS/closed/image"
	echo wrong >wrong
	tells 77 credentials probe --cacert ca.pem -u u -P wrong "$HTTPS/closed/image"
	echo secret >right
	vmctl probe --cacert ca.pem -u u -P right "$HTTPS/closed/image"
	# vm-fetchd and vmctl both count, and either may give up first.
	vmctl probe -j --timeout 2 --cacert ca.pem "$HTTPS/down/image" >json || :
	jq -e '.error.cause == "server"' json
	tells 76 server probe --cacert ca.pem "$HTTPS/odd"
	tells 65 not-image probe --cacert ca.pem "$HTTPS/page"
}

@test "causes: names, ports and certificates" {
	make_cert server
	start_nginx
	tells 68 name probe http://no-such-host.invalid/x
	tells 69 unreachable probe http://127.0.0.1:1/x
	tells 77 tls probe "$HTTPS/image"
	tells 77 tls probe --cacert ca.pem --cert server.pem --key ca.key \
		"$HTTPS/image"
	make_cert server DNS:elsewhere.example
	start_nginx
	tells 77 tls probe --cacert ca.pem "$HTTPS/image"
	start_hostile root/image
	tells 77 tls probe "${HOSTILE/http/https}/ok/x"
}

@test "causes: a server that says nothing" {
	background python3 -c 'import signal, socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
signal.pause()' >port
	wait_until 10 test -s port
	tells 75 timeout probe --timeout 1 "http://127.0.0.1:$(cat port)/x"
}

@test "causes: a server without ranges, and no room for the image" {
	requires_root
	head -c 100000 /dev/urandom >root/image
	start_hostile root/image
	mkdir small
	mount -t tmpfs -o size=64K,mode=1777 none small
	TMPDIR=$PWD/small tells 73 ranges probe "$HOSTILE/ignore-range/x" ||
		{ umount small && false; }
	umount small
}

@test "causes: what the image is" {
	mkdir tree
	echo >tree/file
	xorriso -as mkisofs -quiet -V BIG -o big.iso tree 2>/dev/null
	truncate -s 3G big.iso
	echo "allow_file = $PWD" >"$VM_CONF"
	tells 65 too-large probe "$PWD/big.iso"
	tells 65 too-large probe -t cd "$PWD/big.iso"
	seq 100000 >text
	tells 65 not-image probe "$PWD/text"
	: >empty
	tells 65 not-image probe "$PWD/empty"
	tells 65 not-image probe "$PWD/tree"
	tells 66 missing probe "$PWD/nothing"
	tells 77 forbidden probe /etc/passwd
	tells 65 changed export --sha256 "$(printf '%064d' 0)" "$PWD/root/image"
}

@test "causes: wrong usage, and files that options name" {
	tells 64 usage probe
	tells 64 usage probe ftp://host/x
	tells 64 usage mount --frob
	tells 66 usage probe --cacert nothing http://127.0.0.1:1/x
	: >empty
	tells 65 usage probe --cacert empty http://127.0.0.1:1/x
	echo not a header >headers
	tells 65 usage probe --header headers http://127.0.0.1:1/x
}

@test "causes: NFS" {
	requires_root
	start_nfs
	head -c 5000 /dev/urandom >"$NFS_DIR/image"
	chmod 600 "$NFS_DIR/image"
	tells 77 forbidden probe "$NFS/image$NFS_ARGS"
	tells 66 missing probe "$NFS/nothing$NFS_ARGS"
	kill -KILL "$NFSD"
	rm -rf "${NFS_DIR:?}"
	tells 69 unreachable probe "$NFS/image$NFS_ARGS"
	tells 68 name probe nfs://no-such-host.invalid/x/y
}

@test "causes: SMB" {
	requires_root
	chmod 755 . .. ../..
	start_smb
	cp root/image share/image
	echo wrong >wrong
	tells 77 credentials probe -u root -P wrong "$SMB/closed/image"
	tells 66 missing probe "$SMB/nothing/image"
	kill -KILL -- "-$SMBD"
}
