# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the soaks share: the tests' helpers outside of bats, a reader that reads
# the host's drive and compares every byte, and t/wan in front of the server.
# Sourced.
# shellcheck disable=SC2317 # called by name

HERE=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
# The helpers need a directory for each test: bats makes one, and so does this
# file.
BATS_FILE_TMPDIR=$(mktemp -d) BATS_RUN_TMPDIR=$BATS_FILE_TMPDIR
BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
bats_require_minimum_version() { :; }
# shellcheck source=t/helper.bash
. "$HERE/helper.bash"
# shellcheck source=t/column.bash
. "$HERE/column.bash"

SOAK=${0##*/}
SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}

die() {
	echo "soak: $SOAK: seed $SEED: $*" >&2
	exit 1
}

# --- random choices -------------------------------------------------------

# between FROM TO: prints a random number in that range.
between() {
	echo $(($1 + RANDOM % ($2 - $1 + 1)))
}
# seconds FROM TO: waits for a random time in that range.
seconds() {
	sleep "$(between "$1" "$2").$(between 0 9)"
}

# --- the column -----------------------------------------------------------

start_nginx_again() {
	nginx -c "$BATS_FILE_TMPDIR/nginx.conf" 2>/dev/null &
	NGINX=$!
	wait_until 30 curl -sk -o /dev/null https://localhost/ || die "no nginx"
}
kill_nginx() {
	pkill -KILL nginx
	wait "$NGINX" 2>/dev/null
	wait_until 10 not_running nginx
	rm -f "$BATS_FILE_TMPDIR/nginx.pid"
}
not_running() {
	! pgrep -x "$1" >/dev/null
}

# line COMMAND: sends a command to t/wan, which is between the server and us.
line() {
	local answer
	echo "$1" 1>&"$LINE_IN"
	read -r -t 20 answer <&"$LINE_OUT" || die "the line does not answer"
}

# talk_to NAME COMMAND...: starts it in the background, with its standard input
# and output at $NAME_IN and $NAME_OUT, and its process in $NAME_PID. (bash
# allows only one coproc.)
talk_to() {
	local name=$1 pipe=$BATS_FILE_TMPDIR/$1
	shift
	mkfifo "$pipe.in" "$pipe.out"
	"$@" <"$pipe.in" >"$pipe.out" &
	printf -v "${name}_PID" %s $!
	exec {FD_IN}>"$pipe.in"
	exec {FD_OUT}<"$pipe.out"
	printf -v "${name}_IN" %s "$FD_IN"
	printf -v "${name}_OUT" %s "$FD_OUT"
}

# start_column MIB [MOUNT-OPTION...]: mounts an image of random bytes on slot 1,
# through t/wan with a round trip of 20 ms, and starts the host's reader.
start_column() {
	column_start
	NGINX=$!
	head -c "${1}M" /dev/urandom >"$WWW/image"
	talk_to LINE wan -d 20 127.0.0.1 443
	read -r -u "$LINE_OUT" PORT
	vmctl mount --cacert "$CA" -t disk "${@:2}" \
		"https://localhost:$PORT/image" || die "no mount"
	wait_until 30 host_has 1 || die "the host has no drive"
	# vm-drive has no block device behind it, and so no cache of its own.
	DEVICE=$(cat "$VM_RUN_DIR/1/device")
	[ -b "$DEVICE" ] || DEVICE=$(host_drive 1)
	talk_to READER soakread "$SEED" "$(host_drive 1)" "$DEVICE" "$WWW/image"
	echo quiet 1>&"$READER_IN"
}

# end_reader: the host stops reading; the status is the reader's result.
end_reader() {
	echo end 1>&"$READER_IN"
	wait "$READER_PID"
}

# end_column: ends everything; the status is the soak's result.
end_column() {
	local result=0
	end_reader || result=1
	vmctl eject -f || result=1
	wait_until 10 nothing_left 1 || {
		echo "something is left"
		result=1
	}
	vm-gadget teardown
	column_stop 2>/dev/null
	kill "$LINE_PID" 2>/dev/null
	return $result
}

# --- phases ---------------------------------------------------------------

# is_back: do reads succeed again?
is_back() {
	[ "$(jq -r .source "$VM_RUN_DIR/1/stats" 2>/dev/null)" = ok ] &&
		[ "$(cat "$VM_RUN_DIR/1/state")" = active ]
}

# reads_done: prints how many reads of the medium are done.
reads_done() {
	local device reads
	device=$(cat "$VM_RUN_DIR/1/device")
	if [ -b "$device" ]; then
		read -r reads _ <"/sys/block/${device##*/}/stat"
		echo "$reads"
	else
		vm-gadget status -f reads 1
	fi
}
has_read_on() {
	[ "$(reads_done)" -gt "$1" ]
}

# phase KIND: runs do_KIND, then records the reader's report.
phase() {
	local kind=$1
	echo "$kind" 1>&"$READER_IN" 2>/dev/null || die "the reader has ended"
	told
	"do_$kind"
	# Errors before it is back count for this phase.
	wait_until 60 is_back || die "the source does not come back"
	# ... and so does the pause of the reads.
	wait_until 60 has_read_on $(($(reads_done) + 16)) ||
		die "nothing is read any more"
	[ "$kind" != outage ] || sleep 1
	echo quiet 1>&"$READER_IN" 2>/dev/null || die "the reader has ended"
	told
}
told() {
	local answer
	read -r -t 60 answer <&"$READER_OUT" || reader_ended
	echo "$answer" >>"$BATS_FILE_TMPDIR/phases"
	[ -z "${VERBOSE:-}" ] || echo "$answer"
}
reader_ended() {
	wait "$READER_PID"
	die "the reader has ended ($?)"
}

# report KIND...: prints a line for each kind, and the sum. Fails if a kind did
# not occur, had an error not caused by an outage, or took longer than a host
# waits.
report() {
	printf '%-8s %6s %6s %10s %10s %7s %10s\n' \
		what times s 'seq MiB' 'rnd MiB' errors 'slowest ms'
	awk -v kinds="$*" '
	{
		n[$1]++; s[$1] += $2; seq[$1] += $3; rnd[$1] += $4
		errors[$1] += $5
		if ($6 > slow[$1]) slow[$1] = $6
	}
	END {
		count = split(kinds, kind, " ")
		for (i = 1; i <= count; i++) {
			k = kind[i]
			printf "%-8s %6d %6d %10.1f %10.1f %7d %10d\n", k, n[k],
				s[k], seq[k] / 1048576, rnd[k] / 1048576,
				errors[k], slow[k]
			if (!n[k] || seq[k] + rnd[k] == 0 ||
			    (k != "outage" && errors[k]) || slow[k] > 30000)
				bad = 1
			if (k == "outage" && !errors[k])
				bad = 1
		}
		exit bad
	}' "$BATS_FILE_TMPDIR/phases"
}
