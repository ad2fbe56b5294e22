#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-image: the image store, without a slot and without sshd.
# 37-image-busybox.bats is this same file, with the shell and tools of busybox.

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
	[ -z "${BUSYBOX:-}" ] || rm -rf "$BUSYBOX"
}

# under_busybox: from now on, only the shell and tools of busybox and our own
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
# conf LINE...: the configuration, with a store.
conf() {
	printf '%s\n' "store = $STORE" "$@" >conf
}
# shows FILTER VALUE: what ls -j says there.
shows() {
	[ "$(image ls -j | jq -cr "$1")" = "$2" ] || {
		image ls -j | jq . >&2
		return 1
	}
}
# in_slot N ID: the slot has the image, as far as its request tells.
in_slot() {
	mkdir -p "run/$1/request"
	echo "$2" >"run/$1/request/image"
}
# record PLACE ID OWNER NAME SIZE: a record, as vm-image would make it.
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

@test "help, wrong words, and the same by vmctl image" {
	image help | grep -q "^usage: vmctl image VERB"
	image help rm | grep -q -- "--id ID"
	[ "$("$BUILD/bin/vmctl" help image)" = "$(image help)" ]
	[ "$("$BUILD/bin/vmctl" image ls -h)" = "$(image help ls)" ]
	not grep '.\{81\}' <(image help; image help begin)
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
	# Somebody mounted the bytes by their path.
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
