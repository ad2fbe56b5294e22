#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-image fetch: it gets an image from a server, however long that takes and
# whatever is killed; and no byte of another image gets into it.
# 34-fetch-busybox.bats is this same file, with busybox's shell and tools.
# run: aside

load helper
load servers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make_cert server
}
setup() {
	requires_root
	own_directory
	take_certs
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf
	VM_SHELL=dash
	case $BATS_TEST_FILENAME in *busybox*) under_busybox ;; esac
	STORE=$PWD/store
	conf
	mkdir root
	{
		head -c 512 /dev/zero
		head -c $((16 * MIB)) /dev/urandom
	} >root/x.iso
}
teardown() {
	end_fetches
	cleanup
	[ -z "${BUSYBOX:-}" ] || rm -rf "$BUSYBOX"
}

# under_busybox: from now on, only busybox's shell and tools, our own programs,
# and programs that decompress images can be found.
under_busybox() {
	BUSYBOX=$(mktemp -d -p /tmp)
	chmod 755 "$BUSYBOX" # nbdkit runs as another user
	busybox --install -s "$BUSYBOX"
	ln -sf "$(command -v nbdkit)" "$(command -v xz)" "$BUSYBOX"
	export VM_PATH=$BUSYBOX
	VM_SHELL=$BUSYBOX/sh
}

image() {
	"$VM_SHELL" "$BUILD/bin/vm-image" "$@"
}
# conf LINE...: writes the configuration, with a store.
conf() {
	printf '%s\n' "store = $STORE" "cacert = $PWD/ca.pem" "$@" >conf
}
# shows FILTER VALUE: does ls -j have that value there?
shows() {
	[ "$(image ls -j | jq -cr "$1")" = "$2" ] || {
		image ls -j | jq . >&2
		return 1
	}
}
# matches FILTER PATTERN: the same with a pattern of grep -E.
matches() {
	image ls -j | jq -cr "$1" | grep -qE "$2"
}
# work: prints the pids of this test's fetch processes.
work() {
	local pid
	for pid in $(pgrep -f "$VM_RUN_DIR/fetch|fetch --id" || :); do
		[ "$pid" != "$BASHPID" ] && [ -d "/proc/$pid" ] &&
			grep -qsF "$VM_RUN_DIR" "/proc/$pid/environ" &&
			echo "$pid"
	done
	nbdkits
}
end_fetches() {
	local pid
	for pid in $(work); do
		kill -KILL "$pid" 2>/dev/null || :
	done
	wait_until 20 nobody_works
}
nobody_works() {
	[ -z "$(work)" ]
}
# is_idle: is nothing left of a fetch that has ended?
is_idle() {
	wait_until 20 nobody_works
	[ -z "$(ls -A run/fetch 2>/dev/null)" ]
	[ -z "$(find run -name 'tmp.*')" ]
	[ -z "$(ls -A "$STORE"/trash)" ]
}
# data: prints the path of the only image's data.
data() {
	echo "$STORE"/images/*/data
}
# has_image FILE: it is the only image, complete, and nothing else is there.
has_image() {
	wait_until 60 shows '.images | map(.state) | join(" ")' ready
	cmp "$1" "$(data)"
	shows '.images[0].sha256' "$(sha256sum <"$1" | cut -d ' ' -f 1)"
	shows '.images[0].size' "$(stat -c %s "$1")"
	[ ! -e "$(dirname "$(data)")/request" ]
	is_idle
}
# has_some [BYTES]: have at least that many bytes come?
has_some() {
	[ "$(stat -c %s "$STORE"/incoming/*/data 2>/dev/null || echo 0)" -gt "${1:-$MIB}" ]
}
# slow_server: starts an nginx that needs about eight seconds for the image.
slow_server() {
	start_nginx "limit_rate 320k;"
	NGINX=${STARTED[-1]}
}
stop_server() {
	kill -KILL "$NGINX"
	wait "$NGINX" || :
	rm -f nginx/pid
}
start_again() {
	background nginx -p "$PWD/nginx" -e "$PWD/nginx/error" \
		-c "$PWD/nginx/conf" 2>nginx/stderr
	NGINX=${STARTED[-1]}
	wait_until 10 test -s nginx/pid
}
# begin [ARGUMENT...]: begins to fetch the image, and waits for its first bytes.
begin() {
	image fetch "$HTTPS/x.iso" "$@"
	wait_until 30 has_some
}
# pid_of TEXT: prints the pid of the fetch process that has TEXT in its command
# line.
pid_of() {
	local pid
	for pid in $(work); do
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q -- "$1" && echo "$pid"
	done | head -n 1
}

@test "fetch: an image is fetched, and is there already the next time" {
	start_nginx
	image fetch -w "$HTTPS/x.iso" >out
	grep -qx "image:x.iso: 16 MiB, SHA-256 $(sha256sum <root/x.iso | cut -d ' ' -f 1)" out
	has_image root/x.iso
	shows '.images[0] | [.name, .owner, .origin, .uri, .verified] | @csv' \
		'"x.iso","root","fetch","image:x.iso",'
	local asked
	asked=$(wc -l <nginx/access)
	image fetch "$HTTPS/x.iso" >out
	grep -qx "x.iso is there already" out
	[ "$(wc -l <nginx/access)" = $((asked + 1)) ] # only for a look
	# The same image can get another name; another image cannot get a used
	# name.
	image fetch -w "$HTTPS/x.iso" "other (1).iso" -j | jq -e '.changed'
	echo x >>root/x.iso
	fails 73 image fetch "$HTTPS/x.iso"
	grep -q "there is an image x.iso already" stderr
	image fetch -w --replace "$HTTPS/x.iso"
	shows '.images | map(.name) | @csv' '"other (1).iso","x.iso"'
	is_idle
}

@test "fetch --wait: on a terminal, how much has come, and the rate" {
	start_nginx
	TERM=xterm script -qec "stty rows 24 cols 80; $VM_SHELL $BUILD/bin/vm-image fetch -w \
		--limit-rate 4M '$HTTPS/x.iso'" /dev/null >shown </dev/null
	grep -qE 'x.iso: [0-9.]+ of 16 MiB, [0-9.]+ MiB/s [.]' shown
}

@test "fetch: what the server does not have leaves nothing, and says why" {
	start_nginx
	fails 66 image fetch "$HTTPS/no.iso"
	grep -q "no such image on the server" stderr
	fails 64 image fetch "$PWD/root/x.iso"
	grep -q "type vmctl image put" stderr
	fails 64 image fetch "$HTTPS/x.iso" ../x
	fails 64 image fetch ftp://x/x.iso
	grep -q "not an http, https, nfs or smb URL (see" stderr
	echo "<html>" >root/page.html
	fails 65 image fetch "$HTTPS/page.html"
	stop_server_of_start
	fails 69 image fetch "$HTTPS/x.iso"
	shows '.images | length' 0
	is_idle
}
stop_server_of_start() {
	NGINX=${STARTED[-1]}
	stop_server
}

@test "fetch: the name comes from the URL, in letters that a name may have" {
	start_nginx
	local file=root/'d (1)+é!.iso'
	head -c 4096 root/x.iso >"$file"
	image fetch -w "$HTTPS/d%20(1)+%C3%A9!.iso?x=y"
	shows '.images[0].name' 'd (1)+_C3_A9_.iso'
}

@test "fetch: it goes on when the session ends" {
	slow_server
	# shellcheck disable=SC2016 # for the inner shell to expand
	setsid -w "$VM_SHELL" -c '"$0" "$@" && kill -HUP -$$' "$BUILD/bin/vm-image" \
		fetch "$HTTPS/x.iso" || :
	wait_until 30 has_some
	shows '.images[0].state' incoming
	has_image root/x.iso
}

@test "fetch: a checksum is compared, and a wrong one leaves no image" {
	local sum
	start_nginx
	sum=$(sha256sum <root/x.iso | cut -d ' ' -f 1)
	image fetch -w -c "${sum^^}" "$HTTPS/x.iso"
	shows '.images[0].verified' given
	fails 65 image fetch -w -c "${sum%?????}12345" "$HTTPS/x.iso" y.iso
	grep -qx "vm-image: unable to fetch y.iso: its SHA-256 is $sum, not ${sum%?????}12345" \
		stderr
	matches '.images[] | select(.name == "y.iso").error' "$sum"
	shows '.images | map(.state) | join(" ")' "ready incoming"
	[ ! -s "$STORE"/incoming/*/data ]
	image rm y.iso
	(cd root && sha256sum x.iso >SHA256SUMS)
	image fetch -w --sha256-file "$HTTPS/SHA256SUMS" "$HTTPS/x.iso" z.iso
	shows '.images[] | select(.name == "z.iso").verified' SHA256SUMS
	sed -i 's/^..../0000/' root/SHA256SUMS
	fails 65 image fetch -w --sha256-file "$HTTPS/SHA256SUMS" "$HTTPS/x.iso" w.iso
	is_idle
}

@test "fetch: without a validator, another image of the same size is not there already" {
	start_hostile root/x.iso
	image fetch -w "$HOSTILE/no-validator/x.iso"
	fails 73 image fetch "$HOSTILE/no-validator/x.iso"
	grep -q "there is an image x.iso already" stderr
	image fetch -c "$(sha256sum <root/x.iso | cut -d ' ' -f 1)" \
		"$HOSTILE/no-validator/x.iso" | grep -qx "x.iso is there already"
}

@test "fetch: a checksum is compared with an image that is there already" {
	local sum wrong
	start_nginx
	sum=$(sha256sum <root/x.iso | cut -d ' ' -f 1)
	wrong=${sum%?????}12345
	image fetch -w "$HTTPS/x.iso"
	fails 65 image fetch -c "$wrong" "$HTTPS/x.iso"
	grep -qF "image:x.iso is in the store, but its SHA-256 is $sum, not $wrong: use --replace" \
		stderr
	shows '.images[0].verified' null
	image fetch -c "${sum^^}" "$HTTPS/x.iso" | grep -qx "x.iso is there already"
	shows '.images[0].verified' given
	echo stale >"$(dirname "$(data)")/sha256"
	fails 65 image fetch -c "$sum" "$HTTPS/x.iso"
	grep -qF "is not known: type vmctl image verify -c $sum 'x.iso'" stderr
	image fetch -w --replace -c "$sum" "$HTTPS/x.iso" | grep -q "as it should be"
	has_image root/x.iso
}

@test "fetch: the server goes away and comes back" {
	slow_server
	begin
	stop_server
	wait_until 8 matches '.images[0].error' '^waiting: Failed to connect'
	shows '.images[0].state' incoming
	wait_until 60 has_error
	start_again
	wait_until 60 shows '.images[0].error' null
	shows '.images[0].state' incoming
	has_image root/x.iso
}

# has_error: was the fetch tried again at least once?
has_error() {
	grep -qs "^waiting: " "$STORE"/incoming/*/error
}

@test "fetch: killed processes: vm-fetchd, nbdkit and vm-import" {
	local name
	slow_server
	begin
	for name in "vm-fetchd" "report-fd=" "vm-import"; do
		wait_until 30 has_process "$name"
		kill -KILL "$(pid_of "$name")" || :
	done
	has_image root/x.iso
}
has_process() {
	[ -n "$(pid_of "$1")" ]
}

@test "fetch: the whole of it is killed, and gc goes on where it was" {
	local had
	head -c $((28 * MIB)) /dev/urandom >>root/x.iso
	start_hostile root/x.iso
	image fetch --limit-rate 4M "$HOSTILE/ok/x.iso"
	wait_until 60 has_some $((24 * MIB))
	end_fetches
	had=$(stat -c %s "$STORE"/incoming/*/data)
	: >log
	image gc
	has_image root/x.iso
	# The image's first MiB is requested to recognize it; vm-import fetches
	# the last 16 MiB again.
	ranges | awk -F - -v from=$((had - 17 * MIB)) '
		$1 >= from { some = 1 }
		$1 >= 1048576 && $1 < from { print; bad = 1 }
		END { exit bad || !some }'
}

@test "fetch: kill -9 at 50 random moments: the upload or the image, and it goes on" {
	local i kills=50 images=0
	[ -z "${BUSYBOX:-}" ] || kills=10
	RANDOM=${SEED:-$$}
	echo "SEED=${SEED:-$$}"
	start_nginx "limit_rate 2m;"
	head -c $((2 * MIB)) root/x.iso >root/y.iso
	for ((i = 0; i < kills; i++)); do
		image fetch "$HTTPS/y.iso" >/dev/null
		sleep "$((RANDOM % 2)).$(printf %03d $((RANDOM % 1000)))"
		end_fetches
		image gc >/dev/null
		[ ! -e "$(data)" ] || {
			has_image root/y.iso
			image rm y.iso
			images=$((images + 1))
		}
	done
	echo "$images images, of $kills kills"
	image fetch "$HTTPS/y.iso" >/dev/null
	has_image root/y.iso
}

@test "fetch: a file that changes on the server is fetched from the beginning" {
	slow_server
	begin
	end_fetches
	{
		head -c 512 /dev/zero
		head -c $((16 * MIB)) /dev/urandom
	} >root/new
	touch -d 2020-01-01 root/new
	mv root/new root/x.iso
	image gc
	has_image root/x.iso
}

@test "fetch: it changes while it is copied" {
	slow_server
	begin
	{
		head -c 512 /dev/zero
		head -c $((21 * MIB)) /dev/urandom
	} >root/new
	touch -d 2020-01-01 root/new
	mv root/new root/x.iso
	has_image root/x.iso
}

@test "fetch: a link is kept only in memory, and is asked for after a restart" {
	local id
	echo s3cr3tsig >secrets
	slow_server
	image fetch "$HTTPS/x.iso?sig=s3cr3tsig"
	wait_until 30 has_some
	image ls -j >listed
	find "$STORE" -type f ! -name data -exec cat {} + >stored
	for pid in $(work); do
		cat "/proc/$pid/cmdline" "/proc/$pid/environ"
	done >seen
	cat run/fetch/*/log >logged
	no_secret_in listed stored seen logged
	[ -z "$(find run ! -type l -perm /077 ! -type d ! -path run)" ]
	end_fetches
	rm -rf run # as after a reboot
	image gc
	matches '.images[0].error' 'type vmctl image fetch URL x.iso again'
	id=$(image ls -j | jq -r '.images[0].id')
	image fetch "$HTTPS/x.iso?sig=s3cr3tsig"
	shows '.images[0].id' "$id"
	has_image root/x.iso
}

@test "fetch: with a password, too" {
	start_nginx 'location / { auth_basic x; auth_basic_user_file ../passwd; }'
	echo "joe:$(openssl passwd -1 secret)" >passwd
	echo secret >word
	fails 77 image fetch "$HTTPS/x.iso"
	grep -q ": use -u USER -P -$" stderr
	image fetch -w -u joe -P word "$HTTPS/x.iso"
	has_image root/x.iso
}

@test "fetch: what is gone from the server meanwhile is said, and kept" {
	slow_server
	begin
	end_fetches
	mv root/x.iso root/kept
	image gc
	wait_until 30 matches '.images[0].error' 'no such image on the server'
	wait_until 20 nobody_works
	image gc
	nobody_works
	mv root/kept root/x.iso
	image fetch -w "$HTTPS/x.iso"
	has_image root/x.iso
}

@test "fetch: the quota is asked before a byte comes" {
	start_nginx
	conf "store_size = 10M"
	fails 73 image fetch "$HTTPS/x.iso"
	grep -q "the store is full: used 0 KiB, asked 16 MiB, limit 10 MiB" stderr
	shows '.images | length' 0
	is_idle
}

@test "fetch: rm ends it at once" {
	slow_server
	begin
	image rm x.iso
	shows '.images | length' 0
	is_idle
}

@test "fetch: two at once have one name each, and a second one waits for the first" {
	slow_server
	begin
	fails 73 image fetch "$HTTPS/y.iso" x.iso || fails 66 image fetch "$HTTPS/y.iso" x.iso
	cp root/x.iso root/y.iso
	fails 73 image fetch "$HTTPS/y.iso" x.iso
	grep -q "x.iso is being fetched from" stderr
	image fetch -w "$HTTPS/x.iso"
	has_image root/x.iso
}

@test "fetch: one that waits for a server that is down is joined" {
	slow_server
	begin
	stop_server
	image fetch "$HTTPS/x.iso" | grep -q "^fetching x.iso"
	image fetch -w "$HTTPS/x.iso" >out &
	STARTED+=($!)
	sleep 1
	kill -0 $! # the fetch waits
	start_again
	wait_until 60 grep -q "^image:x.iso: 16 MiB" out
	has_image root/x.iso
}

@test "fetch: for others, this machine is no server unless it is named" {
	slow_server
	fails 77 image fetch --for-others "$HTTPS/x.iso"
	grep -q "store_hosts in .* names the hosts that clients may use" stderr
	fails 77 image fetch --for-others "http://localhost:1/x.iso"
	fails 64 image fetch --for-others --insecure "$HTTPS/x.iso"
	fails 64 image fetch --for-others --proxy http://127.0.0.1:1 "$HTTPS/x.iso"
	conf "store_hosts = 127.0.0.1"
	image fetch --for-others "$HTTPS/x.iso"
	wait_until 30 has_some
	end_fetches
	image gc # the limits still apply
	has_image root/x.iso
	shows '.images | length' 1
}

@test "fetch: a server without ranges works, too" {
	start_hostile root/x.iso
	image fetch --limit-rate 4M "$HOSTILE/ignore-range/x.iso"
	wait_until 30 matches '.images[0] | select(.state == "incoming").received' '[1-9]'
	[ ! -s "$STORE"/incoming/*/data ]
	has_image root/x.iso
}

@test "fetch: what is compressed may have no more than the room that is left" {
	start_nginx
	head -c $((48 * MIB)) /dev/zero | gzip -1 >root/z.img.gz
	head -c $((48 * MIB)) /dev/zero | xz -0 >root/z.img.xz
	image quota root 1M
	fails 73 image fetch -w "$HTTPS/z.img.gz"
	grep -q "unable to fetch z.img: decompressed it has more than 1 MiB" stderr
	image rm z.img
	fails 73 image fetch -w "$HTTPS/z.img.xz"
	grep -q "decompressed it has more than 1 MiB" stderr
	image rm z.img
	image quota root 50M
	image fetch -w "$HTTPS/z.img.gz"
	shows '.images[0].size' $((48 * MIB))
	shows '.images[0].taken' $((48 * MIB))
}

@test "fetch: what is compressed is kept decompressed" {
	start_nginx
	gzip -1 -c root/x.iso >root/x.img.gz
	image fetch -w "$HTTPS/x.img.gz"
	shows '.images[0].name' x.img
	has_image root/x.iso
	image rm x.img
	xz -0 --block-size=1MiB -c root/x.iso >root/x.img.xz
	image fetch -w "$HTTPS/x.img.xz" named
	shows '.images[0].name' named
	has_image root/x.iso
}
