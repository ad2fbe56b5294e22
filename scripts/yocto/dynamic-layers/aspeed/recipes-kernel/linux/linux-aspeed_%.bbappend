FILESEXTRAPATHS:prepend := "${THISDIR}/${PN}:"
SRC_URI += "file://vmedia.cfg"
