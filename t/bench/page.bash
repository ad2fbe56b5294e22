# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The rows of the page, for t/bench/run: Chromium serves the image, and an NBD
# client reads it through vm-ws-proxy.

# tell WORDS...: sends a command to t/page/outside.mjs.
tell() {
	local answer
	echo "$*" >&"${BROWSER[1]}"
	read -r -t 120 -u "${BROWSER[0]}" answer
	[[ $answer == ok* ]] || echo "browser: $answer" >&2
}

# start_page: starts the page at http://127.0.0.1:$PAGE, and a browser.
start_page() {
	"$TOP/t/page/ready" "$VM_BUILD/page" || return
	PAGE=$(free_port)
	cat >page.conf <<-END
		server.document-root = "$TOP/scripts/web"
		server.bind = "127.0.0.1"
		server.port = $PAGE
		mimetype.assign = (".html" => "text/html", ".css" => "text/css",
			".js" => "text/javascript", ".svg" => "image/svg+xml")
		index-file.names = ("index.html")
	END
	background lighttpd -D -f page.conf 2>lighttpd.log
	mkdir -p build
	coproc BROWSER {
		PAGE_DIR=$VM_BUILD/page PROFILE=$DIR/profile exec node \
			"$TOP/t/page/outside.mjs" 2>browser.log
	}
	STARTED+=("$BROWSER_PID")
}

# connect SCHEME: opens a fresh page and connects it to the server in page.at.
# $FROM is the time of the last click, which confirms another host's address.
connect() {
	local at
	at=$(ws_address page.at) &&
		tell open "http://127.0.0.1:$PAGE/?$RANDOM#url=$1://localhost:${at##*:}/vm/0"
	tell choose root/image
	tell title '^Ready'
	tell click connect
	FROM=$(date +%s%N)
	tell click sure
}

# nbdcopy starts its server and connects to the socket whose name it passes:
# this script passes that connection to a command as descriptors 0 and 1.
ACCEPT='import os, socket, sys
connection = socket.socket(fileno=3).accept()[0]
for descriptor in 0, 1:
    os.dup2(connection.fileno(), descriptor)
del os.environ["LISTEN_FDS"], os.environ["LISTEN_PID"]
os.execvp(sys.argv[1], sys.argv[1:])'

# page_copies SCHEME: prints the MB/s of nbdcopy from the page through
# vm-ws-proxy. The time counts from the click, so it includes the handshakes.
page_copies() {
	local copier secure=()
	[ "$1" = ws ] || secure=(-c ws.pem -k ws.key)
	rm -f page.at
	nbdcopy --connections=1 --requests=16 --request-size=131072 -- \
		[ python3 -c "$ACCEPT" vm-ws-proxy -l 127.0.0.1:0 -o '*' \
		"${secure[@]}" ] null: 2>page.at &
	copier=$!
	connect "$1"
	wait "$copier" || { cat page.at >&2; echo n/a; return; }
	calc "$SIZE / ($(date +%s%N) - $FROM) * 1000"
}

# page_reads SCHEME ARGUMENT...: prints the output of t/nbdread -t with these
# arguments, which reads from the page.
page_reads() {
	local scheme=$1 secure=()
	shift
	[ "$scheme" = ws ] || secure=(-c ws.pem -k ws.key)
	rm -f reads page.at
	background vm-ws-proxy -l 127.0.0.1:0 -o '*' "${secure[@]}" \
		sh -c 'nbdread -t "$@" >reads.new && mv reads.new reads' sh "$@" >page.at 2>proxy.log
	connect "$scheme"
	wait_until 60 test -s reads
	cat reads
	stop_last
}

row_page() {
	local ws=() wss=() small i words
	make_cert ws
	start_page || return
	for i in 0 1 2; do
		ws[i]=$(page_copies ws)
		wss[i]=$(page_copies wss)
	done
	read -ra words < <(page_reads wss -S 4K - 0 "$SLOW")
	small=${words[2]}
	row page "browser, ws: $(median "${ws[@]}") MB/s" "${ws[*]}" "60 MB/s" \
		"$(median "${ws[@]}") >= 60"
	row page "browser, wss: $(median "${wss[@]}") MB/s" "${wss[*]}" "50 MB/s" \
		"$(median "${wss[@]}") >= 50"
	row page "4 KiB, one at a time: $small ms" "" "0.6 ms" "$small < 0.6"
}
