# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What every test file loads: where the build is, a directory for each test,
# checks of what a test needs, and the end of all that it started.

bats_require_minimum_version 1.5.0
HERE=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
TOP=${HERE%/t}
BUILD=${VM_BUILD:-$TOP/build}
PATH=$BUILD/bin:$BUILD/t:/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C.UTF-8
# How waiting tests wait. An emulated machine is slower, and each check slows it
# down further, so they check less often there. (There, a program that reads a
# locale takes twice as long to start.)
PAUSE=0.1 PATIENCE=1
[ -z "${VM_RUN:-}" ] || LC_ALL=C PAUSE=0.3 PATIENCE=3
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY

# Skip, with the reason, a test that cannot run here.
requires_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}
requires_vm() {
	[ -n "${VM_RUN:-}" ] || skip "needs a kernel with nbd and a USB gadget"
}

# wait_until SECONDS COMMAND...: waits until COMMAND succeeds; fails after
# SECONDS of a real machine.
wait_until() {
	local end=$((SECONDS + $1 * PATIENCE))
	shift
	until "$@"; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "gave up waiting for: $*" >&2
			return 1
		fi
		sleep "$PAUSE"
	done
}

# own_directory: for setup. Goes to the test's directory; programs make their
# temporary files there, too.
own_directory() {
	export TMPDIR=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR" || return
}

# make_tree: for setup. The same, and makes a directory `tree` with the content
# of an image.
make_tree() {
	own_directory
	mkdir tree
	head -c 700000 /dev/urandom >tree/data
}

# After each test. A file that must undo more defines its own teardown.
teardown() {
	cleanup
}

# Processes started with `background` are killed, and waited for, when the test
# ends.
STARTED=()
background() {
	"$@" 3>&- &
	STARTED+=("$!")
}
cleanup() {
	local pid
	for pid in "${STARTED[@]}"; do
		kill "$pid" 2>/dev/null || :
	done
	for pid in "${STARTED[@]}"; do
		wait "$pid" 2>/dev/null || :
	done
	STARTED=()
}

# not COMMAND...: succeeds if COMMAND fails. With "!" alone, bats would not
# notice that COMMAND succeeds.
not() {
	! "$@"
}

# fails STATUS COMMAND...: COMMAND must exit with STATUS and print one line on
# stderr.
fails() {
	local want=$1 err=$BATS_TEST_TMPDIR/stderr rc=0
	shift
	"$@" >"$BATS_TEST_TMPDIR/stdout" 2>"$err" || rc=$?
	cat "$err" >&2
	if [ "$rc" != "$want" ] || [ "$(wc -l <"$err")" != 1 ]; then
		echo "exit status $rc, want $want and one line: $*" >&2
		return 1
	fi
}

# free_port: prints a TCP port of this machine that nobody uses. It is below
# 32768, so no outgoing connection takes it by chance.
free_port() {
	python3 -c 'import random, socket
while True:
    s = socket.socket()
    port = random.randrange(10000, 32000)
    try:
        s.bind(("127.0.0.1", port))
    except OSError:
        continue
    print(port)
    break'
}

# listen_silently PATH: starts a program that listens on this Unix socket and
# never sends anything.
listen_silently() {
	background python3 -c 'import signal, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
signal.pause()' "$1"
	wait_until 10 test -S "$1"
}
