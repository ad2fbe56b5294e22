# SPDX-License-Identifier: BSD-2-Clause
# `make dist` makes the archive: put it into a folder `files` beside this recipe.
SUMMARY = "Virtual media from the shell"
DESCRIPTION = "Shows a disk image, which can be on another machine, to the host as a USB drive."
LICENSE = "BSD-2-Clause"
LIC_FILES_CHKSUM = "file://COPYING;md5=83a507724cd17bdd0f51af2ca1c9fa3c"

SRC_URI = "file://vmedia-${PV}.tar.gz"

DEPENDS = "bearssl curl libmnl libnbd libseccomp nbdkit"

inherit pkgconfig systemd useradd

# Each is a variable of make: `make help` lists them.
PACKAGECONFIG ??= "web websocket"
PACKAGECONFIG[images] = "IMAGES=1,IMAGES=0,jansson virtual/crypt"
PACKAGECONFIG[netboot] = "NETBOOT=1,NETBOOT=0"
PACKAGECONFIG[pam] = "PAM=1,PAM=0,libpam"
PACKAGECONFIG[redfish] = "REDFISH=1,REDFISH=0,jansson virtual/crypt"
PACKAGECONFIG[web] = "WEB=1,WEB=0"
PACKAGECONFIG[websocket] = "WS=1,WS=0"
# These two are words of SOURCES. (samba's libsmbclient is GPLv3.)
PACKAGECONFIG[nfs] = ",,libnfs"
PACKAGECONFIG[smb] = ",,samba"

EXTRA_OEMAKE = "PREFIX=${prefix} SYSCONFDIR=${sysconfdir} UNITDIR=${systemd_system_unitdir} \
    SMALL=1 SOURCES='${@bb.utils.filter('PACKAGECONFIG', 'nfs smb', d)}' ${PACKAGECONFIG_CONFARGS}"

do_compile() {
	oe_runmake
}

do_install() {
	oe_runmake install DESTDIR=${D}
}

PACKAGES =+ "${PN}-nfs ${PN}-smb ${PN}-web ${PN}-redfish ${PN}-images ${PN}-netboot \
    ${PN}-bash-completion"

FILES:${PN} = " \
    ${bindir}/vm-connect \
    ${bindir}/vm-drive \
    ${bindir}/vm-fetchd \
    ${bindir}/vm-gadget \
    ${bindir}/vm-host \
    ${bindir}/vm-lock \
    ${bindir}/vm-nbd-attach \
    ${bindir}/vm-probe \
    ${bindir}/vm-slot \
    ${bindir}/vm-small \
    ${bindir}/vm-ws-proxy \
    ${bindir}/vmctl \
    ${nonarch_libdir}/vmedia/[!in]*.sh \
    ${nonarch_libdir}/vmedia/image-store.sh \
    ${nonarch_libdir}/vmedia/nbdkit-vm-fetchd-plugin.so \
    ${nonarch_libdir}/vmedia/vm-source-file.so \
    ${sysconfdir}/vmedia \
    ${systemd_system_unitdir}/vm-fetchd@.service \
    ${systemd_system_unitdir}/vm-nbd-attach@.service \
    ${systemd_system_unitdir}/vm-ws-proxy.* \
    ${systemd_system_unitdir}/vmedia-drive@.service \
    ${systemd_system_unitdir}/vmedia-gadget.service \
    ${systemd_system_unitdir}/vmedia-slot@.service \
    "
FILES:${PN}-nfs = "${nonarch_libdir}/vmedia/vm-source-nfs.so"
FILES:${PN}-smb = "${nonarch_libdir}/vmedia/vm-source-smb.so"
FILES:${PN}-web = " \
    ${datadir}/vmedia/lighttpd* \
    ${datadir}/vmedia/nginx \
    ${datadir}/vmedia/web \
    ${systemd_system_unitdir}/vmedia-certificate.service \
    "
FILES:${PN}-redfish = " \
    ${bindir}/vm-door \
    ${bindir}/vm-redfish \
    ${bindir}/vm-user \
    ${sysconfdir}/pam.d \
    ${systemd_system_unitdir}/vm-door.* \
    ${systemd_system_unitdir}/vm-redfish.* \
    "
FILES:${PN}-images = " \
    ${bindir}/vm-image* \
    ${bindir}/vm-import \
    ${bindir}/vm-upload \
    ${datadir}/vmedia/sshd \
    ${nonarch_libdir}/vmedia/image-[!s]*.sh \
    ${systemd_system_unitdir}/vm-upload.* \
    ${systemd_system_unitdir}/vmedia-export@.service \
    ${systemd_system_unitdir}/vmedia-fetch@.service \
    ${systemd_system_unitdir}/vmedia-image-gc.* \
    ${systemd_system_unitdir}/vmedia-sftp.service \
    "
FILES:${PN}-netboot = " \
    ${bindir}/vm-dhcp-probe \
    ${bindir}/vm-netboot* \
    ${nonarch_libdir}/vmedia/netboot-*.sh \
    ${systemd_system_unitdir}/vmedia-netboot@.service \
    "
FILES:${PN}-bash-completion = "${datadir}/bash-completion ${datadir}/fish ${datadir}/zsh"
FILES:${PN}-doc = "${mandir}"
CONFFILES:${PN} = "${sysconfdir}/vmedia/vmedia.conf"

RDEPENDS:${PN} = "nbdkit"
RDEPENDS:${PN}-nfs = "${PN}"
RDEPENDS:${PN}-smb = "${PN}"
RDEPENDS:${PN}-web = "${PN}"
RDEPENDS:${PN}-redfish = "${PN}"
RDEPENDS:${PN}-images = "${PN} ${PN}-redfish"
RDEPENDS:${PN}-netboot = "${PN} dnsmasq lighttpd"
RRECOMMENDS:${PN} = "ca-certificates kernel-module-nbd kernel-module-usb-f-fs \
    kernel-module-usb-f-mass-storage"

# A package enables nothing that the host could notice: vmctl web, vmctl netboot and
# `systemctl enable vmedia-gadget` do.
SYSTEMD_AUTO_ENABLE = "disable"
SYSTEMD_PACKAGES = "${PN} ${PN}-web ${PN}-redfish ${PN}-images ${PN}-netboot"
SYSTEMD_SERVICE:${PN} = "vmedia-gadget.service vmedia-slot@.service vmedia-drive@.service \
    vm-fetchd@.service vm-nbd-attach@.service \
    ${@bb.utils.contains('PACKAGECONFIG', 'websocket', 'vm-ws-proxy.socket', '', d)}"
SYSTEMD_SERVICE:${PN}-web = "${@bb.utils.contains('PACKAGECONFIG', 'web', 'vmedia-certificate.service', '', d)}"
SYSTEMD_SERVICE:${PN}-redfish = "${@bb.utils.contains('PACKAGECONFIG', 'redfish', 'vm-door.socket vm-redfish.socket', '', d)}"
SYSTEMD_SERVICE:${PN}-images = "${@bb.utils.contains('PACKAGECONFIG', 'images', 'vm-upload.socket vmedia-image-gc.timer vmedia-export@.service vmedia-fetch@.service vmedia-sftp.service', '', d)}"
SYSTEMD_SERVICE:${PN}-netboot = "${@bb.utils.contains('PACKAGECONFIG', 'netboot', 'vmedia-netboot@.service', '', d)}"

USERADD_PACKAGES = "${PN} ${PN}-redfish ${PN}-images ${PN}-netboot"
SYSTEM_USER = "--system --no-create-home --home-dir / --shell /sbin/nologin --user-group"
USERADD_PARAM:${PN} = "${SYSTEM_USER} vmedia"
USERADD_PARAM:${PN}-redfish = "${SYSTEM_USER} vmedia-redfish"
USERADD_PARAM:${PN}-images = "${SYSTEM_USER} vmedia-upload"
USERADD_PARAM:${PN}-netboot = "${SYSTEM_USER} vmedia-dhcp; ${SYSTEM_USER} vmedia-http"
# The group of the web server, to which the sockets belong.
GROUPADD_PARAM:${PN} = "--system www-data"
