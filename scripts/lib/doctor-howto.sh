# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# How to get what vmctl doctor does not find, on each kind of system. Sourced by
# vmctl, before doctor.sh.

# WHAT|SYSTEM|what to do there. WHAT is the first argument of lacking().
MISSING="
nbd|Debian|install a whole kernel: apt-get install linux-image-amd64 (or -arm64, -armmp), and reboot
nbd|Yocto|set CONFIG_BLK_DEV_NBD=m in the kernel's configuration, and add kernel-module-nbd to IMAGE_INSTALL
nbd|Raspberry Pi OS|apt-get install --reinstall linux-image-rpi-v8 (or -v7, -v6), and reboot
libcomposite|Debian|install a whole kernel: apt-get install linux-image-amd64 (or -arm64, -armmp), and reboot
libcomposite|Yocto|set CONFIG_CONFIGFS_FS, CONFIG_USB_GADGET and CONFIG_USB_CONFIGFS=m in the kernel's configuration, and add kernel-module-libcomposite to IMAGE_INSTALL
libcomposite|Raspberry Pi OS|apt-get install --reinstall linux-image-rpi-v8 (or -v7, -v6), and reboot
usb_f_mass_storage|Debian|install a whole kernel: apt-get install linux-image-amd64 (or -arm64, -armmp), and reboot
usb_f_mass_storage|Yocto|set CONFIG_USB_CONFIGFS_MASS_STORAGE=y in the kernel's configuration, and add kernel-module-usb-f-mass-storage to IMAGE_INSTALL
usb_f_mass_storage|Raspberry Pi OS|apt-get install --reinstall linux-image-rpi-v8 (or -v7, -v6), and reboot
udc|Debian|a PC has none; to try vmedia, modprobe dummy_hcd; on a board, switch the controller on in the device tree: see vmedia-hardware(7)
udc|Yocto|set the controller's option, such as CONFIG_USB_ASPEED_VHUB or CONFIG_USB_DWC2, and in the device tree status = \"okay\" and dr_mode = \"peripheral\": see vmedia-hardware(7)
udc|Raspberry Pi OS|add dtoverlay=dwc2,dr_mode=peripheral below [all] in /boot/firmware/config.txt (older: /boot/config.txt), write dwc2 into /etc/modules-load.d/vmedia.conf, and reboot
nbdkit|Debian|apt-get install nbdkit
nbdkit|Yocto|add nbdkit (layer meta-networking) to IMAGE_INSTALL
nbdkit|Raspberry Pi OS|apt-get install nbdkit
setsid|Debian|apt-get install util-linux
setsid|Yocto|set CONFIG_SETSID=y in busybox, or add util-linux-setsid to IMAGE_INSTALL
setsid|Raspberry Pi OS|apt-get install util-linux
diff|Debian|apt-get install diffutils
diff|Yocto|set CONFIG_DIFF=y in busybox, or add diffutils to IMAGE_INSTALL
diff|Raspberry Pi OS|apt-get install diffutils
modprobe|Debian|apt-get install kmod
modprobe|Yocto|set CONFIG_MODPROBE=y in busybox, or add kmod to IMAGE_INSTALL
modprobe|Raspberry Pi OS|apt-get install kmod
"

# each_howto WHAT COMMAND...: run COMMAND with the system and what to do there.
each_howto() {
	local want what system text
	want=$1
	shift
	while IFS='|' read -r what system text; do
		[ "$what" != "$want" ] || "$@" "$system" "$text"
	done <<-END
		$MISSING
	END
}

say_howto() {
	out '        %s: %s\n' "$1" "$2"
}

# howto WHAT: print how to get it, a line for each system.
howto() {
	each_howto "$1" say_howto
}

say_howto_json() {
	out ', %s: %s' "$(json_string "$1")" "$(json_string "$2")"
}

# howto_json WHAT: the same as a member of an object.
howto_json() {
	local members
	members=$(each_howto "$1" say_howto_json)
	out ', "howto": {%s}' "${members#, }"
}
