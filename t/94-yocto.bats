#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The Yocto layer, without bitbake, which Debian does not have: t/recipe.py
# reads the recipe, and a shell runs its tasks, with a cross compiler.

load helper
load armhf

setup() {
	own_directory
}

setup_file() {
	export LAYER=$TOP/scripts/yocto DIR=$BATS_FILE_TMPDIR
	export RECIPE=$LAYER/recipes-vmedia/vmedia/vmedia_$(sed -n 's/^VERSION = //p' "$TOP/Makefile").bb
	target_root
	# The layer's source is an archive: use the same files, without build
	# results.
	mkdir "$DIR/src"
	ln -s "$TOP"/[A-Z]* "$TOP"/{bin,lib,man,plugins,scripts,t} "$DIR/src"
	compile >&2
}
teardown_file() {
	cleanup
}

# recipe WHAT [WORD...]: prints what t/recipe.py tells about the recipe.
recipe() {
	python3 "$TOP/t/recipe.py" "$RECIPE" "$@"
}

# task NAME: runs it as bitbake would, with all of PACKAGECONFIG, in an
# environment that has only what bitbake exports.
task() {
	recipe task "$1" "$DIR/image" "nfs smb web websocket redfish images netboot" >"$DIR/$1"
	(cd "$DIR/src" && env -i PATH="$PATH" PKG_CONFIG_SYSROOT_DIR="$TARGET_ROOT" \
		PKG_CONFIG_LIBDIR="$TARGET_ROOT/usr/lib/$TARGET/pkgconfig" \
		CC="$TARGET-gcc --sysroot=$TARGET_ROOT" AR=$TARGET-ar \
		CFLAGS="-O2 -pipe -g -Werror -ffile-prefix-map=$DIR/src=/usr/src/vmedia \
			-ffile-prefix-map=$TARGET_ROOT=" \
		LDFLAGS="-Wl,-O1 -Wl,-rpath-link,$TARGET_ROOT/usr/lib/$TARGET:$TARGET_ROOT/lib/$TARGET" \
		sh -e "$DIR/$1")
}
compile() {
	task do_compile && task do_install
}

@test "PACKAGECONFIG: each is a variable that make help lists" {
	local word
	make -s -C "$TOP" help >help
	recipe config >config
	[ "$(wc -l <config)" -ge 6 ]
	while read -r word; do
		grep -q "^  $word=\|^  .*\"[a-z ]*\<$word\>[a-z ]*\"" help ||
			{ echo "$word"; false; }
	done <config
	# And the recipe knows each variable of a part.
	for word in $(sed -n 's/^parts = //p' "$TOP/Makefile") PAM; do
		grep -qx "$word" config
	done
}

@test "each file that is installed is in exactly one FILES, and each FILES has one" {
	recipe files "$DIR/image" >files
	[ "$(grep -c ' vmedia$' files)" -gt 40 ]
	(cd "$DIR/image" && find . ! -type d | sed 's/^\.//' | sort) >all
	cut -d ' ' -f 1 files | sort | diff all -
	for package in nfs smb web redfish images netboot bash-completion doc; do
		grep -q " vmedia-$package$" files
	done
}

@test "the licence's checksum, and the version, are ours" {
	[ "$(recipe value LIC_FILES_CHKSUM)" = \
		"file://COPYING;md5=$(md5sum <"$TOP/COPYING" | cut -d ' ' -f 1)" ]
	[ "$(basename "$LAYER"/recipes-vmedia/vmedia/*.bb)" = "${RECIPE##*/}" ]
}

@test "SYSTEMD_SERVICE names units of the same package, all but those that others start" {
	recipe files "$DIR/image" >files
	recipe units >units
	[ "$(wc -l <units)" -ge 10 ]
	while read -r package unit; do
		grep -qx "/.*/systemd/system/$unit $package" files || { echo "$package $unit"; false; }
	done <units
	for unit in "$DIR"/image/usr/lib/systemd/system/*; do
		! grep -q '^\[Install\]' "$unit" || grep -q " ${unit##*/}$" units ||
			{ echo "$unit"; false; }
	done
}

@test "what is built is for the target, and has no path of this machine" {
	file -L "$DIR"/image/usr/bin/vm-* | grep ELF >elf
	[ "$(wc -l <elf)" -ge 17 ]
	not grep -v 'ELF 32-bit LSB.*ARM' elf
	not grep -rlF -e "$DIR" -e "$TOP" -e "$TARGET_ROOT" "$DIR/image"
}

@test "the kernel's fragment has what vmedia-hardware(7) says" {
	local cfg
	cfg=$(echo "$LAYER"/dynamic-layers/aspeed/recipes-kernel/linux/linux-aspeed/vmedia.cfg)
	sed -n 's/^CONFIG_[A-Z_]*$/&=y/p' "$TOP/man/vmedia-hardware.7" >wanted
	[ "$(wc -l <wanted)" -ge 6 ]
	not grep -vxF -f "$cfg" wanted
	[ "$(grep -vxF -f wanted "$cfg" | tr '\n' ' ')" = "CONFIG_INET=y CONFIG_SECCOMP=y \
CONFIG_UNIX=y CONFIG_USB_ASPEED_VHUB=y " ]
}
