# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The options of vm-netboot, in tables of the form that option-table.sh explains. It
# has one verb. Sourced by vm-netboot.

# VERB|ARGUMENTS|what it does
VERBS="
netboot|IMAGE...|let machines boot KERNEL INITRD [CMDLINE], or an image
"
MISTAKES="
"

# OPTION|LETTER|VALUE|VERBS|what it does
OPTIONS="
adapter|i|ADAPTER|netboot|serve the network of this adapter
mac|m|MAC|netboot|answer this machine; may be repeated
any|a||netboot|answer every machine that asks
profile|p|FILE|netboot|let the machines in FILE boot what FILE says
initrd||FILE|netboot|load one more initrd after the first
range|r|RANGE|netboot|be the DHCP server, and give these addresses
gateway||ADDRESS|netboot|with --range: the gateway of the machines
dns||ADDRESS|netboot|with --range: their DNS server
ra|||netboot|send IPv6 router advertisements, in test networks
dhcp||ADDRESS|netboot|our address for DHCP, or off
tftp||ADDRESS|netboot|the address of the TFTP server, or off
http||ADDRESS|netboot|our address for HTTP, with :PORT if not 80, or off
http-url||URL|netboot|with --http off: the URL of another server's files
loader|l|LOADER|netboot|use another boot loader: ARCH=FILE
secure|||netboot|boot with Secure Boot: signed shim and GRUB by TFTP
sanboot|||netboot|boot the image by iPXE; its system finds no disk
boot-once|||netboot|after one boot, let a machine boot its own disk
hook||COMMAND|netboot|run COMMAND MAC EVENT for each event of a machine
count|c|N|netboot|end when N machines have booted
timeout|t|SECONDS|netboot|give up after SECONDS
force|f||netboot|start even if a safety check fails, and say which
dry-run|n||netboot|print every file and command, and start nothing
user|u|USER|netboot|log in to the server of a URL as USER
password|P|FILE|netboot|read the password from FILE
header||FILE|netboot|send the HTTP headers in FILE to that server
netrc||FILE|netboot|read users and passwords from a netrc file
cacert||FILE|netboot|trust only the certificates in FILE
insecure|||netboot|do not check the server's certificate
proxy||URL|netboot|use this proxy to reach the server
sha256||HEX|netboot|refuse the image if this is not its SHA-256
sha256-file||FILE|netboot|read the SHA-256 from a file or URL of checksums
words||FILE|netboot|read options and arguments from FILE, one per line
json|j||netboot|print each event as one JSON object
help|h||all|print this help
"

# WORD|meaning
MEANINGS="
IMAGE|a URL of an ISO or disk image, a path, or image:NAME of the store
MAC|such as 52:54:00:12:34:56
RANGE|FIRST-LAST or FIRST,COUNT, such as 192.0.2.50-192.0.2.99
LOADER|ARCH=FILE; ARCH is bios, efi32, efi64 or efi-arm64
"
