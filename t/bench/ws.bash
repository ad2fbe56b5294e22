# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The rows of vm-ws-proxy, for t/bench/run.

# ws_address FILE: waits for the server that writes its address to FILE; prints
# it.
ws_address() {
	wait_until 5 test -s "$1"
	cat "$1"
}

# ws_mbs BYTES URL [OPTION...]: prints the MB/s at which our client sends BYTES
# to a sink.
ws_mbs() {
	local bytes=$1 url=$2 from
	shift 2
	from=$(date +%s%N)
	head -c "$bytes" /dev/zero | vm-ws-proxy "$@" -C "$url" || return
	calc "$bytes / ($(date +%s%N) - $from) * 1000"
}

# start_websockify PATH: starts websockify at $WEBSOCKIFY, in front of the
# server at PATH.
start_websockify() {
	local port
	port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	background websockify --unix-target="$1" "127.0.0.1:$port" \
		>websockify.log 2>&1
	wait_until 10 grep -q proxying websockify.log
	WEBSOCKIFY=127.0.0.1:$port
}

# start_sink PATH: starts a server that reads and drops all data sent to that
# socket.
start_sink() {
	background python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()
buffer = bytearray(1 << 18)
while True:
    c = s.accept()[0]
    while c.recv_into(buffer):
        pass' "$1"
	wait_until 5 test -S "$1"
}

# peak_kib PID: prints the peak memory of that vm-ws-proxy and of its workers.
peak_kib() {
	local pid worst=0 now
	for pid in $(pgrep -P "$1") $(pgrep -P "$(pgrep -d, -P "$1")"); do
		now=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null)
		[ "${now:-0}" -le "$worst" ] || worst=$now
	done
	echo "$worst"
}

row_ws() {
	local plain=() secure=() other=() times=() i wss ws server peak
	make_cert ws
	background vm-ws-proxy -l 127.0.0.1:0 -c ws.pem -k ws.key \
		sh -c 'exec cat >/dev/null' >wss.at
	server=${STARTED[-1]}
	background vm-ws-proxy -l 127.0.0.1:0 sh -c 'exec cat >/dev/null' >ws.at
	wss=$(ws_address wss.at) ws=$(ws_address ws.at)
	start_sink "$DIR/sink"
	start_websockify "$DIR/sink"
	for i in 0 1 2 3 4; do
		secure[i]=$(ws_mbs "$SIZE" "wss://localhost:${wss##*:}/" -a ca.pem)
		plain[i]=$(ws_mbs "$SIZE" "ws://$ws/")
		other[i]=$(ws_mbs $((SIZE / 4)) "ws://$WEBSOCKIFY/" -s binary)
		times[i]=$(calc "${secure[i]} / ${other[i]}")
	done
	row ws "wss: $(median "${secure[@]}") MB/s" \
		"ws $(median "${plain[@]}")" "400 MB/s" \
		"$(median "${secure[@]}") >= 400"
	row ws "" "websockify, ws: $(median "${other[@]}"): $(median "${times[@]}") times" \
		"1.5 times" "$(median "${times[@]}") >= 1.5"
	(sleep 1; head -c "$SIZE" /dev/zero; sleep 2) |
		vm-ws-proxy -a ca.pem -C "wss://localhost:${wss##*:}/" &
	sleep 2.5
	peak=$(calc "$(peak_kib "$server") / 1024")
	wait $!
	row ws "a connection: $peak MiB at most" "" "4 MiB" "$peak <= 4"
}
