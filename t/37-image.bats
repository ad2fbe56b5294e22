#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-image: the image store, without a slot and without sshd.
# 37-image-busybox.bats is this same file, with busybox's shell and tools.

load helper

setup() {
	own_directory
	requires_root
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf
	VM_SHELL=dash
	case $BATS_TEST_FILENAME in *busybox*) under_busybox ;; esac
	STORE=$PWD/store
	conf
}
teardown() {
	cleanup
	! mountpoint -q "$STORE" || umount "$STORE"
	[ -z "${BUSYBOX:-}" ] || rm -rf "$BUSYBOX"
}

# under_busybox: from now on, only busybox's shell and tools and our own
# programs can be found.
under_busybox() {
	BUSYBOX=$(mktemp -d -p /tmp)
	busybox --install -s "$BUSYBOX"
	export VM_PATH=$BUSYBOX
	VM_SHELL=$BUSYBOX/sh
}

image() {
	"$VM_SHELL" "$BUILD/bin/vm-image" "$@"
}
# conf LINE...: writes the configuration, with a store.
conf() {
	printf '%s\n' "store = $STORE" "$@" >conf
}
# shows FILTER VALUE: does ls -j have that value there?
shows() {
	[ "$(image ls -j | jq -cr "$1")" = "$2" ] || {
		image ls -j | jq . >&2
		return 1
	}
}
# in_slot N ID: makes a request of the slot that names the image.
in_slot() {
	mkdir -p "run/$1/request"
	echo "$2" >"run/$1/request/image"
}
# record PLACE ID OWNER NAME SIZE: makes a record, as vm-image would make it.
record() {
	local dir=$STORE/$1/$2
	[ -f "$STORE/ledger" ] || image ls
	mkdir "$dir"
	truncate -s "$5" "$dir/data"
	echo "$3" >"$dir/owner"
	echo "$4" >"$dir/name"
	echo "$5" >"$dir/size"
	echo $((($5 + 4095) / 4096 * 4096)) >"$dir/taken"
	echo put >"$dir/origin"
	echo 2026-11-29T20:00:00Z >"$dir/created"
	[ "$1" = incoming ] || sha256sum "$dir/data" | cut -c 1-64 >"$dir/sha256"
}
A=00000000000000aa B=00000000000000bb

# --- words ----------------------------------------------------------------

@test "without a store: one line that says what to write" {
	: >conf
	fails 78 image ls
	grep "store = /var/lib/vmedia" stderr
	echo "store = relative" >conf
	fails 78 image ls
	grep "store = relative (line 1)" stderr
}

@test "a wrong setting: what is there can be seen, read and removed" {
	local words
	record images $A root x.iso 3
	echo nonsense >>conf
	for words in ls 'ls -j' doctor quota 'path x.iso' 'get x.iso copy' 'verify x.iso' \
		'owner ls' 'rm x.iso'; do
		# shellcheck disable=SC2086 # words
		image $words >out 2>stderr || [ "$words-$?" = doctor-1 ]
		grep "^vm-image: warning: .*nonsense" stderr
	done
	[ -s copy ] && [ ! -e "$STORE/images/$A" ]
	for words in 'put copy' 'create -s 1M y' gc 'quota root 1G'; do
		# shellcheck disable=SC2086 # words
		fails 78 image $words
	done
}

@test "help, wrong words, and the same by vmctl image" {
	image help | grep -q "^usage: vmctl image VERB"
	image help rm | grep -q -- "--id ID"
	[ "$("$BUILD/bin/vmctl" help image)" = "$(image help)" ]
	[ "$("$BUILD/bin/vmctl" image ls -h)" = "$(image help ls)" ]
	[ "$("$BUILD/bin/vmctl" help image put)" = "$(image help put)" ]
	[ "$(image -V)" = "vm-image $(vm-import -V | cut -d ' ' -f 2)" ]
	image help finish | grep -qx 'usage: .* finish .* NAME | --id ID'
	image help put | not grep '^FILE'
	image help fetch | grep -A 1 -- '--sha256 HEX' | grep -q -- '--sha256-file FILE  *read the SHA-256'
	not grep '.\{81\}' <(image help; image help begin; image help fetch)
	fails 64 image list
	grep "did you mean vmctl image ls?" stderr
	fails 64 image rm
	fails 64 image ls --replace
	grep -- "--replace does not apply to ls (see vmctl image help ls)" stderr
	fails 64 image begin -s 1x a
	fails 64 image begin -s 1 -c abc a
	fails 64 image begin -s 9999999999999999999 a
	run -64 --separate-stderr image ls -j --frob
	jq -e '.error.status == 64' <<<"$output"
}

@test "the directory is missing on a new device: the first use makes it" {
	fails 66 image rm x
	[ "$(stat -c %a "$STORE" "$STORE/images" "$STORE/incoming" | paste -sd,)" = \
		711,700,700 ]
	[ -z "$(image ls)" ]
	shows .images '[]'
}

@test "names: what browsers make is taken, what could mislead is not" {
	local name
	for name in x "x (1).iso" a+b_c-1.2 1 "$(printf '%0100d' 1)"; do
		image begin -s 1 "$name"
	done
	[ "$(image ls | wc -l)" = 5 ]
	for name in .x -x " x" "x " a/b "$(printf '%0101d' 1)" 'a\b' 'ä' $'a\nb' 'a*' ..; do
		fails 64 image begin -s 1 -- "$name"
	done
	fails 64 image rm ../x
	fails 64 image rm Root/x
	fails 64 image rm a/b/c
	[ "$(image ls | wc -l)" = 5 ]
}

# --- records --------------------------------------------------------------

@test "begin reserves; ls shows it; rm removes it" {
	id=$(image begin -s 5000 -c "$(printf '%064d' 1)" --replace x.iso)
	[ "$(cd "$STORE/incoming/$id" && ls | paste -sd,)" = \
		created,data,expect,name,offset,origin,owner,replace,size,taken ]
	shows '.images[0] | [.id, .name, .state, .size, .taken, .received] | join(" ")' \
		"$id x.iso incoming 5000 8192 0"
	image rm --id "$id"
	shows .images '[]'
	[ -z "$(ls -A "$STORE/incoming" "$STORE/trash" | grep -v :)" ]
	fails 66 image rm --id "$id"
}

@test "ls: owners, checksums and slots" {
	mkdir -p "$STORE"
	record images $A root b.iso 4096
	mkdir "$STORE/owners/alice"
	record images $B alice "a (1).iso" 5000
	echo given >"$STORE/images/$A/verified"
	in_slot 1 $A
	in_slot 4 $A
	image ls >out
	sed -n 1p out | grep "^alice/a (1).iso  *4.9 KiB  ready  *unverified$"
	sed -n 2p out | grep "^b.iso  *4 KiB  ready  *verified (given), in slot 1 4$"
	shows '[.images[] | .uri]' '["image:alice/a (1).iso","image:b.iso"]'
	shows '.images[1].slots' '[1,4]'
	shows '.images[0].slots' '[]'
	[ "$(image ls -j root | jq -c '[.images[].name]')" = '["b.iso"]' ]
	fails 66 image ls bob
	echo stale >"$STORE/images/$A/sha256"
	image ls root | grep "was written to: no checksum"
}

@test "path: where a program finds the bytes" {
	record images $A root b.iso 4097
	[ "$(image path b.iso)" = "$A $STORE/images/$A/data 4097" ]
	fails 66 image path c.iso
	fails 66 image path alice/b.iso
}

@test "an image that can't be deleted though nothing uses it: rm says which slot" {
	record images $A root b.iso 4096
	in_slot 2 $A
	fails 75 image rm b.iso
	grep "b.iso is in slot 2: type vmctl eject -s 2 first" stderr
	# A mount by the path of the image's data counts, too.
	rm run/2/request/image
	echo "$STORE/images/$A/data" >run/2/request/url
	fails 75 image rm --id $A
	echo "/elsewhere/images/$A/data" >run/2/request/url
	image rm b.iso
	[ ! -e "$STORE/images/$A" ] && [ ! -e "$STORE/trash/$A" ]
}

@test "mv renames, and takes a place only if it may" {
	record images $A root a.iso 4096
	record images $B root b.iso 5000
	image mv a.iso c.iso
	fails 73 image mv c.iso b.iso
	grep "there is an image b.iso already" stderr
	in_slot 0 $B
	fails 75 image mv --replace c.iso b.iso
	rm -r run/0
	image mv --replace c.iso b.iso
	shows '[.images[] | .name + " " + .id]' "[\"b.iso $A\"]"
	image mv b.iso b.iso
	mkdir "$STORE/owners/alice"
	fails 64 image mv b.iso alice/b.iso
	fails 66 image mv x y
}

# --- quota ----------------------------------------------------------------

@test "quota: the message says used, asked and limit" {
	conf "store_quota = 4G"
	image begin -s 3328M a
	fails 73 image begin -s 2G b
	grep "used 3.3 GiB, asked 2 GiB, limit 4 GiB" stderr
	image quota root 6G
	image begin -s 2G b
	image quota | grep "^root: used 5.3 GiB, limit 6 GiB"
	[ "$(image quota -j | jq -c .owners)" = \
		'[{"owner":"root","used":5637144576,"limit":6442450944}]' ]
	fails 66 image quota alice
	fails 64 image quota root much
}

@test "quota: the store as a whole, and each owner by itself" {
	conf "store_size = 10M" "store_quota = 8M"
	record images $A root a 6000000
	mkdir "$STORE/owners/alice"
	fails 73 image begin -o alice -s 5M x
	grep "the store is full: used 5.7 MiB, asked 5 MiB, limit 10 MiB" stderr
	image begin -o alice -s 1M x
	fails 73 image begin -s 3M y
	grep "the quota of root: used 5.7 MiB, asked 3 MiB, limit 8 MiB" stderr
}

@test "what lies in a drop box counts" {
	conf "store_quota = 8M"
	image ls
	mkdir -p "$STORE/owners/alice" "$STORE/boxes/alice/images"
	head -c 5M /dev/urandom >"$STORE/boxes/alice/images/x.iso"
	fails 73 image begin -o alice -s 4M y
	shows '.images[0] | [.owner, .name, .state, .received, .id] | map(tostring) | join(" ")' \
		"alice x.iso incoming 5242880 null"
}

@test "sparse giants: 8 EiB announced, and what arithmetic would turn round" {
	fails 64 image begin -s 8589934592G x
	fails 64 image begin -s 9223372036854775807 x
	fails 73 image begin -s 999999999999999999 x
	grep "the disk has room for" stderr
	fails 73 image begin -s 0999999999G x
	[ -z "$(image ls)" ]
}

@test "ten announcements that together exceed the quota: those that fit succeed" {
	local n pids=()
	conf "store_quota = 5M"
	image ls
	for n in 0 1 2 3 4 5 6 7 8 9; do
		"$VM_SHELL" "$BUILD/bin/vm-image" begin -s 1M "x$n" >"out$n" 2>"err$n" 3>&- &
		pids+=($!)
	done
	for n in "${pids[@]}"; do wait "$n" || :; done
	[ "$(cat out? | wc -l)" = 5 ]
	[ "$(cat err? | grep -c "asked 1 MiB, limit 5 MiB")" = 5 ]
	[ "$(image ls | wc -l)" = 5 ]
}

# --- put, get, verify -----------------------------------------------------

# blank SIZE FILE: makes a file, and sets SUM to its checksum.
blank() {
	head -c "$1" /dev/urandom >"$2"
	SUM=$(sha256sum "$2" | cut -c 1-64)
}
# with_drop_box: makes an owner alice, whose uploads go to BOX.
with_drop_box() {
	image ls
	BOX=$STORE/boxes/alice/images
	mkdir -p "$STORE/owners/alice" "$BOX"
}
# gone: is no upload and no trash left?
gone() {
	[ -z "$(ls -A "$STORE/incoming" "$STORE/trash" | grep -v :)" ]
}

@test "put, get and verify: a file, with what browsers make of its name" {
	blank 300001 "x (1).iso"
	[[ $(image put "x (1).iso") == "image:x (1).iso: 293 KiB, SHA-256 $SUM" ]]
	shows '.images[0] | [.name, .size, .taken, .sha256, .verified, .origin] | map(tostring) | join(",")' \
		"x (1).iso,300001,303104,$SUM,null,put"
	[ "$(stat -c %a "$STORE"/images/*/data "$STORE"/images/*)" = "600
700" ]
	image get "x (1).iso" out
	cmp out "x (1).iso"
	image get "x (1).iso" - | cmp - out
	fails 73 image get "x (1).iso" out
	image verify "x (1).iso" | grep "$SUM, as it should be"
	image verify -j "x (1).iso" >json
	[ "$(jq -c 'del(.id)' json)" = \
		'{"schema":1,"uri":"image:x (1).iso","size":300001,"sha256":"'"$SUM"'"}' ]
	shows '.images[0].id' "$(jq -r .id json)"
	run -73 --separate-stderr image put -j "x (1).iso"
	jq -e '.error.status == 73' <<<"$output"
	fails 73 image put "x (1).iso"
	grep "there is an image x (1).iso already: remove it, or use --replace" stderr
	image put "x (1).iso" other.iso -j | jq -e '.uri == "image:other.iso"'
	image ls | grep -c unverified | grep -qx 2
	gone
}

@test "put: standard input, with and without its size" {
	blank 300001 x
	fails 64 image put - <x
	image put - a <x
	image put -s 300001 - b <x
	fails 65 image put -s 300000 - c <x
	fails 65 image put -s 300002 - c <x
	shows '[.images[] | .sha256] | unique' "[\"$SUM\"]"
	fails 66 image put none
	fails 64 image put -s 5 x
	gone
}

@test "put: what has no size may take all that is left, and not more" {
	conf "store_quota = 2M"
	blank 3M x
	fails 73 image put - a <x
	fails 73 image put x
	grep "used 0 KiB, asked 3 MiB, limit 2 MiB" stderr
	head -c 1M x | image put - a
	shows '.images[0].taken' 1048576
	gone
}

@test "an uploaded image is corrupt and boots half: a flipped bit is refused" {
	blank 300001 x
	image put -c "$SUM" x
	image ls | grep "verified (given)"
	printf y | dd of=x conv=notrunc status=none
	fails 65 image put --replace -c "$SUM" x
	grep "$SUM" stderr
	shows '.images[0].sha256' "$SUM"
	image verify x
	printf y | dd of="$(image path x | cut -d ' ' -f 2)" conv=notrunc status=none
	fails 65 image verify x
	grep "x is damaged: its SHA-256 is " stderr
	fails 65 image get x y
	[ ! -e y ]
	gone
}

@test "verify: an image that was written to gets a checksum again" {
	blank 300001 x
	image put -c "$SUM" x
	id=$(image path x | cut -c 1-16)
	echo stale >"$STORE/images/$id/sha256"
	rm "$STORE/images/$id/verified"
	image ls | grep "no checksum"
	in_slot 0 "$id"
	: >run/0/request/writable
	fails 75 image verify x
	grep "slot 0 can write to x: type vmctl eject -s 0 first" stderr
	rm -r run/0
	fails 65 image verify -c "$(printf '%064d' 1)" x
	image verify x
	shows '.images[0] | [.sha256, .verified] | map(tostring) | join(" ")' "$SUM null"
	image verify -c "$SUM" x
	shows '.images[0].verified' given
}

@test "put --replace: the old image stays until the new one is whole" {
	blank 300001 x
	image put x
	id=$(image path x | cut -c 1-16)
	fails 65 image put --replace -c "$(printf '%064d' 1)" x
	[ "$(image path x | cut -c 1-16)" = "$id" ]
	in_slot 1 "$id"
	fails 75 image put --replace x
	grep "x is in slot 1: type vmctl eject -s 1 first" stderr
	# Other names can be uploaded meanwhile.
	image put x y
	rm -r run/1
	image put --replace x
	[ "$(image path x | cut -c 1-16)" != "$id" ]
	[ "$(image ls | wc -l)" = 2 ]
	gone
}

@test "an upload that broke leaves the store busy for nobody: the next begins at once" {
	local pid
	mkfifo fifo
	exec 4<>fifo
	conf "store_quota = 4M"
	"$VM_SHELL" "$BUILD/bin/vm-image" put -s 3M - x <fifo 3>&- 4>&- &
	pid=$!
	wait_until 20 has_upload
	kill -KILL "$pid"
	wait "$pid" || :
	# Its vm-import still reads; after it ends, no process uses the record.
	exec 4>&-
	wait_until 20 eval 'not pgrep -f "vm-import.*$STORE"'
	blank 3M y
	image put y x
	shows '[.images[] | .state]' '["ready"]'
	gone
}
has_upload() {
	[ -n "$(echo "$STORE"/incoming/*/data)" ] && [ -e "$(echo "$STORE"/incoming/*/data)" ]
}

@test "a signal ends put, and what it has copied is gone" {
	local signal pid rc
	mkfifo fifo
	exec 4<>fifo
	image ls
	for signal in TERM:143 HUP:129; do
		"$VM_SHELL" "$BUILD/bin/vm-image" put - x <fifo 3>&- 4>&- &
		pid=$!
		wait_until 20 has_upload
		kill -"${signal%:*}" "$pid"
		rc=0
		wait "$pid" || rc=$?
		[ $rc = "${signal#*:}" ]
		gone
		not pgrep -f "vm-import.*$STORE"
	done
	exec 4>&-
}

# --- finish: uploads that were announced ----------------------------------

@test "finish --id: the bytes become an image where they are" {
	blank 300001 x
	id=$(image begin -s 300001 -c "$SUM" x)
	head -c 200000 x >"$STORE/incoming/$id/data"
	fails 75 image finish --id "$id"
	grep "x is not complete: 200000 of 300001 bytes have arrived" stderr
	inode=$(stat -c %i "$STORE/incoming/$id/data")
	cat x >"$STORE/incoming/$id/data"
	image finish --id "$id" | grep "$SUM, as it should be"
	[ "$(stat -c %i "$STORE/images/$id/data")" = "$inode" ]
	[ "$(cd "$STORE/images/$id" && ls | paste -sd,)" = \
		created,data,name,origin,owner,sha256,size,taken,verified ]
	# A second finish succeeds.
	image finish --id "$id"
	image finish x
	fails 66 image finish --id 0123456789abcdef
	fails 66 image finish y
	gone
}

@test "finish --id: wrong bytes are kept as an upload, and ls says why" {
	blank 300001 x
	id=$(image begin -s 300001 -c "$(printf '%064d' 1)" x)
	cat x >"$STORE/incoming/$id/data"
	fails 65 image finish --id "$id"
	shows '.images[0] | [.state, .error] | join(": ")' \
		"incoming: it has another checksum or size: remove it"
	image rm x
	gone
}

@test "finish --id: not while somebody has the bytes open for writing" {
	id=$(image begin -s 4 x)
	exec 4>>"$STORE/incoming/$id/data"
	printf abcd >&4
	fails 75 image finish --id "$id"
	exec 4>&-
	image finish --id "$id"
}

@test "finish over a mounted image is refused, and another name is not" {
	blank 4096 x
	image put x
	in_slot 0 "$(image path x | cut -c 1-16)"
	id=$(image begin -s 4096 --replace x)
	cat x >"$STORE/incoming/$id/data"
	fails 75 image finish --id "$id"
	grep "x is in slot 0" stderr
	rm -r run/0
	image finish --id "$id"
	[ "$(image ls | wc -l)" = 1 ]
}

# --- finish: a drop box ---------------------------------------------------

@test "finish: an upload in a drop box becomes an image of its owner" {
	with_drop_box
	blank 300001 "$BOX/x (1).iso"
	image ls | grep "^alice/x (1).iso  *293 KiB  incoming  removed in 7 days"
	cp "$BOX/x (1).iso" copy
	image finish "alice/x (1).iso"
	[ -z "$(ls -A "$BOX")" ]
	shows '.images[0] | [.owner, .name, .sha256, .origin, .uri] | join(",")' \
		"alice,x (1).iso,$SUM,box,image:alice/x (1).iso"
	image get "alice/x (1).iso" - | cmp - copy
	gone
}

@test "finish: the checksum from a SHA256SUMS, in GNU's and BSD's form" {
	local line
	with_drop_box
	blank 5000 x.iso
	for line in "$SUM  x.iso" "$SUM *x.iso" "SHA256 (x.iso) = $SUM" "$SUM  ./x.iso" \
		"${SUM^^}  x.iso" "$SUM  x.iso"$'\r'; do
		cp x.iso "$BOX/x.iso"
		printf '%s\n' "# comment" "$(printf '%064d' 1)  y.iso" "$line" >"$BOX/SHA256SUMS"
		image finish --replace alice/x.iso
		image ls | grep "verified (SHA256SUMS)"
		rm "$BOX/SHA256SUMS"
	done
	cp x.iso "$BOX/x.iso"
	for line in "$(printf '%064d' 1)  x.iso" "SHA256 (x.iso) = $(printf '%064d' 1)" \
		"$SUM  x.iso"$'\n'"$(printf '%064d' 1)  x.iso"; do
		printf '%s\n' "$line" >"$BOX/SHA256SUMS"
		fails 65 image finish --replace alice/x.iso
		[ -e "$BOX/x.iso" ]
	done
	# --sha256 takes precedence over SHA256SUMS.
	image finish --replace -c "$SUM" alice/x.iso
	image ls | grep "verified (given)"
}

@test "finish: a SHA256SUMS with a path says nothing of the file beside it" {
	local line
	with_drop_box
	for line in "../x.iso" "/etc/x.iso" "other/x.iso" "x.iso/.."; do
		blank 5000 "$BOX/x.iso"
		echo "$(printf '%064d' 1)  $line" >"$BOX/SHA256SUMS"
		image finish --replace alice/x.iso 2>said
		grep "SHA256SUMS has no line for x.iso" said
		image ls | grep unverified
	done
	blank 5000 "$BOX/x.iso"
	rm "$BOX/SHA256SUMS"
	ln -s /etc/passwd "$BOX/SHA256SUMS"
	fails 77 image finish --replace alice/x.iso
	rm "$BOX/SHA256SUMS"
	mkfifo "$BOX/SHA256SUMS"
	fails 77 image finish --replace alice/x.iso
	gone
}

@test "finish: links, FIFOs, devices and odd names in a drop box" {
	with_drop_box
	ln -s /etc/passwd "$BOX/link"
	mkfifo "$BOX/fifo"
	mknod "$BOX/device" c 1 3
	blank 5000 "$BOX/one"
	ln "$BOX/one" "$BOX/two"
	mkdir "$BOX/dir"
	for name in link fifo device dir two; do
		fails 77 image finish "alice/$name"
	done
	for name in .. ../../../etc/passwd .x $'a\nb'; do
		fails 64 image finish "alice/$name"
	done
	: >"$BOX/"$'a\nb\033[2Jc'
	image ls | grep "^alice/a?b?\[2Jc "
	shows '[.images[] | select(.name | test("2J"))] | length' 1
	truncate -s 8191P "$BOX/giant" || truncate -s 15T "$BOX/giant"
	fails 73 image finish alice/giant
	gone
}

@test "finish: not while somebody writes" {
	with_drop_box
	exec 4>>"$BOX/x"
	head -c 5000 /dev/urandom >&4
	fails 75 image finish alice/x
	exec 4>&-
	image finish alice/x
	gone
}

@test "finish: an upload whose end may not be on the disk, and what put has left" {
	with_drop_box
	id=$(image begin -s 5 x)
	printf hello >"$STORE/incoming/$id/data"
	printf '%020d 00000000-0000-0000-0000-000000000000\n' 2 >"$STORE/incoming/$id/offset"
	fails 75 image finish x
	grep "x is not complete: send the bytes at its end again" stderr
	printf '%020d\n' 2 >"$STORE/incoming/$id/offset"
	fails 75 image finish --id "$id"
	# A process that has the file open can make it arbitrarily long.
	truncate -s 1T "$STORE/incoming/$id/offset"
	image gc
	fails 75 image finish --id "$id"
	printf '%020d %s\n' 2 "$(cat /proc/sys/kernel/random/boot_id)" \
		>"$STORE/incoming/$id/offset"
	image finish --id "$id"
	[ "$(cat "$STORE/images/$id/data")" = hello ]
	# A killed put has no file `offset`, and its checksum was not compared
	# yet.
	id=$(image begin -s 5 y)
	printf wrong >"$STORE/incoming/$id/data"
	rm "$STORE/incoming/$id/offset"
	fails 75 image finish --id "$id"
	grep "y is not complete: type vmctl image ls" stderr
}

@test "finish: a name that is taken: ls says so, and what to type" {
	blank 5000 x
	image put x
	id=$(image begin -s 5000 y)
	cat x >"$STORE/incoming/$id/data"
	image mv x y
	fails 73 image finish --id "$id"
	image ls | grep "^y .*incoming  its name is taken: type vmctl image rm --id $id, or vmctl image finish --replace --id $id"
	image gc
	[ -d "$STORE/incoming/$id" ]
	image finish --replace --id "$id"
	[ "$(cat "$STORE/images/"*/name)" = y ]
	gone
	echo 'store_keep = 1' >>conf
	id=$(image begin -s 5000 z)
	cat x >"$STORE/incoming/$id/data"
	image mv y z
	fails 73 image finish --id "$id"
	touch -d '1 hour ago' "$STORE/incoming/$id"/*
	wait_until 20 gone_by_gc
}
gone_by_gc() {
	image gc && gone
}

@test "finish: a checksum file whose lines are endless takes no time" {
	with_drop_box
	blank 5000 "$BOX/x"
	{
		printf 'SHA256 () = '
		head -c 900000 /dev/zero | tr '\0' x
		printf '\n%s  x\n' "$SUM"
	} >"$BOX/SHA256SUMS"
	image finish alice/x
	shows '.images[0].verified' SHA256SUMS
}

@test "empty files and input are no images" {
	with_drop_box
	: >x
	fails 65 image put x
	grep "unable to store x: it is empty" stderr
	fails 65 image put - y </dev/null
	grep "unable to store y: it is empty" stderr
	: >"$BOX/z"
	fails 65 image finish alice/z
	gone
}

@test "a drop box with 500 files, and hidden ones, makes no endless list" {
	local n
	with_drop_box
	for n in $(seq 500); do : >"$BOX/$n"; done
	: >"$BOX/.part"
	image ls >out 2>stderr
	[ "$(wc -l <out)" = 100 ]
	grep "not listed: up to 401 more files in the drop box of alice" stderr
	rm "$BOX"/[0-9]*
	image ls | grep "^alice/.part "
	echo 'store_keep = 1' >>conf
	wait_until 20 gone_by_gc
	wait_until 20 eval 'image gc; [ -z "$(ls -A "$BOX")" ]'
}

@test "rm takes a name or an ID; a limit can be taken away" {
	blank 5000 x
	image put x
	image put x y
	id=$(image path y | cut -c 1-16)
	fails 64 image rm x --id "$id"
	grep "rm takes a name or --id, not both" stderr
	image path y
	[[ $(image quota root 1M) == "root: used 16 KiB, limit 1 MiB" ]]
	fails 73 image put - z --size 2M <x
	grep "the quota of root: used 16 KiB, asked 2 MiB, limit 1 MiB" stderr
	[[ $(image quota root none) == "root: used 16 KiB, no limit" ]]
}

@test "verify with another checksum leaves the record as it is" {
	blank 5000 x
	image put x
	fails 65 image verify -c "$(printf %064d 0)" x
	grep "x was stored with the SHA-256 $SUM, not 0000" stderr
	shows '.images[0] | [.sha256, .verified | tostring] | join(" ")' "$SUM null"
	image verify -c "$SUM" x
	shows '.images[0].verified' given
}

@test "two finishes that together exceed the quota: one fails before a byte is copied" {
	local rc1=0 rc2=0 first second
	conf "store_quota = 5M"
	with_drop_box
	blank 3M "$BOX/x"
	blank 3M "$BOX/y"
	"$VM_SHELL" "$BUILD/bin/vm-image" finish alice/x 3>&- 2>err1 &
	first=$!
	"$VM_SHELL" "$BUILD/bin/vm-image" finish alice/y 3>&- 2>err2 &
	second=$!
	wait $first || rc1=$?
	wait $second || rc2=$?
	[ "$rc1-$rc2" = 0-73 ] || [ "$rc1-$rc2" = 73-0 ]
	cat err1 err2 | grep "used 3 MiB, asked 3 MiB, limit 5 MiB"
	shows '[.images[] | .state] | sort' '["incoming","ready"]'
	gone
}

# --- clean-up -------------------------------------------------------------

# in_days N: makes the clock of vm-image N days fast. (A shell function takes
# precedence over an applet of busybox.)
in_days() {
	DAYS=$1
	image() {
		"$VM_SHELL" -c "date() {
			[ \"\$*\" = +%s ] || { command date \"\$@\"; return; }
			echo \$((\$(command date +%s) + $DAYS * 86400))
		}
		. \"\$0\"" "$BUILD/bin/vm-image" "$@"
	}
}

@test "gc: unfinished uploads go after a week, which ls tells two days before" {
	with_drop_box
	id=$(image begin -s 5M x)
	blank 5000 "$BOX/y"
	blank 5000 z
	image put z
	in_days '100 + 4' # and 100 seconds
	[ "$(image ls | grep -c "incoming  removed in 3 days")" = 2 ]
	[ -z "$(image gc)" ]
	in_days 5
	[ "$(image ls | grep -cE "expiring  removed in (4[78] hours|2 days)")" = 2 ]
	shows '[.images[] | .state]' '["expiring","expiring","ready"]'
	[ -z "$(image gc)" ]
	# The ctime decides: an upload that was resumed is not old, whatever its
	# mtime is.
	in_days 5
	touch -d 2001-01-01 "$STORE/incoming/$id/data" "$BOX/y"
	[ -z "$(image gc)" ]
	in_days 8
	image gc >said
	grep "removed the upload x (root): nobody has continued it" said
	grep "removed the upload y (alice): nobody has continued it" said
	shows '[.images[] | .name]' '["z"]'
	gone
}

@test "gc: after store_keep, but never what is being written" {
	conf "store_keep = 1s"
	id=$(image begin -s 5M x)
	# A process has locked the record.
	exec 4<"$STORE/incoming/$id"
	vm-lock 4
	wait_until 20 eval '[ "$(image ls -j | jq .images[0].expires)" = 0 ]'
	[ -z "$(image gc)" ]
	exec 4<&-
	image gc | grep "removed the upload x"
	gone
}

@test "cleaning removes no file of the site: what lies beside the store stays, and is shown" {
	image ls
	mkdir "$STORE/images/debian" "$STORE/pxe"
	echo boot >"$STORE/pxe/vmlinuz"
	echo x >"$STORE/images/x.iso"
	echo x >"$STORE/incoming/"$'a\nb'
	image gc >said
	[ "$(grep -c "does not belong to the store: not removed" said)" = 4 ]
	grep "^$STORE/incoming/a?b does not" said
	[ "$(cat "$STORE/pxe/vmlinuz")" = boot ] && [ -e "$STORE/images/x.iso" ]
	[ -d "$STORE/images/debian" ] && [ -e "$STORE/incoming/"$'a\nb' ]
}

@test "gc: what was left in the trash, and records that were never announced" {
	blank 5000 x
	image put x
	mkdir "$STORE/trash/$A" "$STORE/incoming/.new-$B"
	: >"$STORE/trash/$A/data"
	: >"$STORE/incoming/.new-$B/owner"
	image gc
	gone
	[ "$(image ls | wc -l)" = 1 ]
}

@test "gc: an upload that is complete becomes an image, unless its name is taken" {
	blank 5000 x
	id=$(image begin -s 5000 -c "$SUM" x)
	cat x >"$STORE/incoming/$id/data"
	# While a part is being written that may have to be removed, the upload
	# is not complete.
	echo 4000 >"$STORE/incoming/$id/offset"
	[ -z "$(image gc)" ]
	: >"$STORE/incoming/$id/offset"
	image gc | grep "image:x: 4.9 KiB, SHA-256 $SUM, as it should be"
	other=$(image begin -s 5000 x)
	cat x >"$STORE/incoming/$other/data"
	image gc 2>said
	grep "there is an image x already" said
	shows '[.images[] | .state] | sort' '["incoming","ready"]'
	[ "$(image path x | cut -c 1-16)" = "$id" ]
	# As if killed between the checksum and the name.
	record incoming $A root y 5000
	sha256sum "$STORE/incoming/$A/data" | cut -c 1-64 >"$STORE/incoming/$A/sha256"
	image gc | grep "image:y"
	# As after a power cut that left the checksum's file empty.
	record incoming $B root z 5000
	: >"$STORE/incoming/$B/sha256"
	image gc
	[ ! -e "$STORE/incoming/$B" ]
}

@test "gc: the record is made from the disk where a power cut has lost values" {
	record images $A root a.iso 5000
	record images $B root b.iso 5000
	: >"$STORE/images/$A/name"
	rm "$STORE/images/$A/owner" "$STORE/images/$A/taken"
	echo 7 >"$STORE/images/$A/size"
	rm "$STORE/images/$B/data"
	record incoming cccccccccccccccc root c 5000
	: >"$STORE/incoming/cccccccccccccccc/owner"
	echo upload >"$STORE/incoming/cccccccccccccccc/origin"
	image gc
	shows '[.images[] | [.id, .owner, .name, .size, .taken, .sha256] | map(tostring) | join(" ")]' \
		"[\"$A root $A.img 5000 8192 null\"]"
	[ "$(image quota -j | jq .used)" = 8192 ]
	[ -z "$(image gc)" ]
}

@test "kill -9 at any moment: no stale lock, and the upload or the image, never half" {
	local n pid verb
	with_drop_box
	blank 3M x
	for n in $(seq 50); do
		cp x "$BOX/x"
		verb="finish alice/x"
		[ $((n % 2)) = 0 ] || verb="put x alice/x"
		# shellcheck disable=SC2086 # words
		setsid "$VM_SHELL" "$BUILD/bin/vm-image" $verb >/dev/null 2>&1 3>&- &
		pid=$!
		sleep "0.$(printf %03d $((n * 10)))"
		kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
		wait_until 20 not pgrep -g "$pid"
		# There are no stale locks: the next command works at once.
		image gc >/dev/null
		gone
		if image path alice/x >path 2>/dev/null; then
			cmp x "$(cut -d ' ' -f 2 path)"
			image verify alice/x >/dev/null
			image rm alice/x
		else
			cmp x "$BOX/x"
		fi
		rm -f "$BOX/x"
		# An empty drop box takes a block of the disk.
		[ "$(image quota -j alice | jq .owners[0].used)" -le 4096 ]
	done
}

# --- what vmctl does with it ----------------------------------------------

@test "probe and export of image:NAME, and a disk of a virtual machine is none" {
	[ -z "${BUSYBOX:-}" ] ||
		ln -s "$(PATH=/usr/sbin:/usr/bin command -v nbdkit)" "$BUSYBOX/nbdkit"
	chmod 755 "${BUSYBOX:-.}"
	mkdir tree
	echo hello >tree/HELLO.TXT
	xorriso -as mkisofs -quiet -V TEST -o x.iso tree
	vmctl() { "$VM_SHELL" "$BUILD/bin/vmctl" "$@"; }
	image put x.iso "x (1).iso"
	vmctl probe "image:x (1).iso" | grep "label: TEST"
	fails 66 vmctl probe image:y
	background "$VM_SHELL" "$BUILD/bin/vmctl" export -U "$PWD/nbd" "image:x (1).iso" >out
	wait_until 20 test -s out
	# A process that reads the image can go on after rm.
	image rm "x (1).iso"
	vm-probe nbd | grep "label: TEST"
	# A qcow2 image could name a file of this machine as its backing file.
	{ printf 'QFI\373\0\0\0\3'; head -c 65536 /dev/zero; } >q.img
	image put q.img
	fails 65 vmctl probe image:q.img
	grep "image:q.img: " stderr
}

# --- a full disk, a read-only disk, doctor --------------------------------

# own_disk SIZE: puts the store on its own file system.
own_disk() {
	mkdir -p "$STORE"
	mount -t tmpfs -o "size=$1,mode=711" none "$STORE"
	image ls
}

@test "unfinished uploads fill the disk: rm works, and nothing is copied that does not fit" {
	own_disk 8M
	blank 2M x
	image put x
	id=$(image begin -s 3M y)
	head -c 1M x >"$STORE/incoming/$id/data"
	# The disk has 8 MiB: 2 are used, 3 are reserved, and 5 % must stay
	# free.
	fails 73 image begin -s 3M z
	grep -E "z: the disk has room for .*, asked 3 MiB \(store_reserve keeps 5 % free\)" stderr
	cat /dev/zero >"$STORE/foreign" 2>/dev/null || :
	fails 73 image put x z
	fails 73 image begin -s 1 z
	image ls | grep "^y  *1 MiB of 3 MiB"
	image rm --id "$id"
	image rm x
	rm "$STORE/foreign"
	image put x
}

@test "the store turns read-only during an upload: the kernel's reason, 74, and it goes on" {
	own_disk 8M
	blank 5000 x
	id=$(image begin -s 5000 x)
	cat x >"$STORE/incoming/$id/data"
	mount -o remount,ro "$STORE"
	fails 74 image put x y
	grep "unable to store y: Read-only file system" stderr
	fails 74 image rm x
	grep "unable to remove x: Read-only file system" stderr
	run image finish --id "$id"
	[ "$status" = 74 ]
	[[ ${lines[-1]} == *"Read-only file system"* ]]
	image ls | grep "^x  *4.9 KiB of 4.9 KiB  incoming"
	run -1 image doctor
	grep "^FAIL  file system: .* is read-only: .* mount -o remount,rw $STORE" <<<"$output"
	mount -o remount,rw "$STORE"
	image finish --id "$id"
	image rm x
}

@test "doctor: what is missing is said, and what is well" {
	own_disk 8M
	run image doctor
	grep "^ok    file system: tmpfs, can be written to" <<<"$output"
	grep "^ok    leases: finish knows" <<<"$output"
	grep "^lack  reflinks: tmpfs has none" <<<"$output"
	grep "^lack  project quotas: $STORE has none" <<<"$output"
	grep "^ok    room: for 7[.0-9]* MiB" <<<"$output"
	chmod 777 "$STORE"
	run -1 image doctor
	grep "^FAIL  directory: not only root can change $STORE: type chown root $STORE; chmod go-w" <<<"$output"
	chmod 711 "$STORE"
	mkdir "$STORE/trash/$A"
	image doctor -j >json
	jq -e '.checks[] | select(.check | test("left of a crash")) | .ok and .lack' json
	jq -e '[.checks[] | select(.check | test("file system")) | has("lack")] == [false]' json
	conf "store_volumes = none-such"
	run -1 image doctor
	grep "^FAIL  volume group none-such" <<<"$output"
	: >conf
	run -1 image doctor
	grep "^FAIL  store: there is none: write into" <<<"$output"
}

@test "doctor: where systemd runs, it tells whether anything cleans the store" {
	mkdir bin
	printf '%s\n' '#!/bin/sh' "echo \"\$*\" >>$PWD/asked; [ -e $PWD/enabled ]" >bin/systemctl
	chmod 755 bin/systemctl
	export VM_PATH=$PWD/bin:${VM_PATH:-$PATH}
	doctor_under_systemd() {
		unshare -m sh -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/system &&
			exec "$@"' sh "$VM_SHELL" "$BUILD/bin/vm-image" doctor || [ $? = 1 ]
	}
	doctor_under_systemd >out
	grep -qx "lack  clean-up: .*: type systemctl enable --now vmedia-image-gc.timer" out
	grep -qx -- "-q is-enabled vmedia-image-gc.timer" asked
	touch enabled
	doctor_under_systemd >out
	grep -q "^ok    clean-up:" out
}

@test "200 images: a list needs few processes" {
	local n
	image ls
	for n in $(seq 200); do
		record images "$(printf '%016x' "$n")" root "image-$n.iso" 4096
	done
	strace -f -qq -e trace=execve,clone,fork,vfork,clone3 -o trace \
		"$VM_SHELL" "$BUILD/bin/vm-image" ls -j >list
	[ "$(jq '.images | length' list)" = 200 ]
	[ "$(grep -c 'clone\|fork' trace)" -lt 60 ]
	[ "$(image path image-200.iso)" = "00000000000000c8 $STORE/images/00000000000000c8/data 4096" ]
}

@test "bash completes image names, with what the shell would read quoted" {
	record images $A root "x (1).iso" 4096
	record images $B root "y.iso" 4096
	offered() {
		bash -c '. "$1/scripts/completion/vmctl"; shift
			COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _vmctl; printf "%s\n" "${COMPREPLY[@]}"' \
			bash "$TOP" "$BUILD/bin/vmctl" "$@" 2>/dev/null
	}
	[ "$(offered mount image : y)" = y.iso ]
	[ "$(offered mount image :)" = 'x\ \(1\).iso
y.iso' ]
	[ "$(offered image rm x)" = 'x\ \(1\).iso' ]
	[ "$(offered mount im)" = image: ]
	offered mount --type = d | grep -qx disk
	# What was typed before is quoted, too.
	[ "$(offered image rm 'x\ ')" = 'x\ \(1\).iso' ]
	[ "$(offered mount image : 'x\ \(')" = 'x\ \(1\).iso' ]
	[ "$(offered image rm '"x ')" = 'x (1).iso' ]
}

# offers WORD... : prints the words that could complete the last one, on one
# line.
offers() {
	image complete "$@" | cut -f 1 | paste -sd ' '
}

@test "completion: images, uploads, formats and owners, where each belongs" {
	record images $A root y.iso 4096
	record incoming $B root failed.iso 4096
	echo "no such file" >"$STORE/incoming/$B/error"
	mkdir -p "$STORE/boxes/alice/images" "$STORE/owners/alice"
	touch "$STORE/boxes/alice/images/"{up.iso,SHA256SUMS,$'evil\nname'}
	[ "$(offers rm '')" = "y.iso failed.iso $(offers rm -)" ]
	[ "$(offers finish '')" = "alice/up.iso failed.iso $(offers finish -)" ]
	[ "$(offers verify '')" = "y.iso $(offers verify -)" ]
	[ "$(offers create -f '')" = "vfat exfat" ]
	[ "$(offers pack --format '')" = "iso vfat" ]
	[ "$(offers owner rm '')" = "alice $(offers owner rm -)" ]
	[ "$(offers begin -o '')" = "root alice" ]
	[[ "$(offers pack x.iso a '')" = ":files "* ]]
	[ "$(offers fetch im)" = "" ]
	[ "$("$BUILD/bin/vmctl" complete help image fin | cut -f 1)" = finish ]
}

# image_globals: prints the names of vm-image's variables.
image_globals() {
	grep -ohE '\$\{?[A-Z][A-Z_0-9]*' "$TOP"/scripts/vm-image "$TOP"/scripts/lib/{image-*,common,config,parse,help,json,cause,complete,doctor-report}.sh |
		tr -d '${' | sort -u |
		grep -vE '^(VM_.*|TERM|PATH|HTTPS_PROXY|ALL_PROXY|NO_PROXY|SSH_CONNECTION|SUDO_USER|PWD|PPID|IFS)$'
}

@test "the environment changes nothing of vm-image" {
	local words
	record images $A root a.iso 4096
	with_drop_box
	[ "$(image_globals | wc -l)" -gt 60 ]
	for words in help "help put" ls "ls -j" quota "quota -j" "path a.iso" gc \
		"verify a.iso" "get a.iso -" "rm none" "finish none" "begin -s 1 ../x" \
		"complete rm a" doctor; do
		# shellcheck disable=SC2086 # words
		image $words >plain 2>&1 || echo $? >>plain
		# shellcheck disable=SC2046,SC2086 # words
		env $(image_globals | sed 's/$/=evil/') IFS=lsx PATH=/nowhere CDPATH=/ \
			"$(command -v "$VM_SHELL")" "$BUILD/bin/vm-image" $words >evil 2>&1 ||
			echo $? >>evil
		# Other programs use the disk meanwhile: ignore its free space.
		sed -i 's/"room": [0-9]*//; s/[0-9.]* GiB//' plain evil
		cmp plain evil || { diff plain evil; false; }
	done
}
