# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The verbs and options of vmctl. This file is the only place that lists them:
# parsing (parse.sh), help (help.sh), completion (complete.sh) and the test
# that compares vmctl(8) read these tables. vm-image has tables of the same form in
# image-table.sh. Sourced by vmctl and vm-host.
#
# The tables are variables, because sh starts a process for a long here-document.
# A name may stand in several rows, for different verbs.

# VERB|ARGUMENTS|what it does
VERBS="
mount|URL|insert an image into a drive of the host
eject|[SLOT]|take the image out of its drive
renew|URL|replace the expired link of an image
status|[SLOT]|show what the slots hold
list|[SLOT]|show each slot on one line
log|[SLOT]|show what happened in a slot
start||make the drives, and mount the images of vmedia.conf
probe|URL|show what an image is
export|URL|serve an image as NBD on a Unix socket
serve|IMAGE WHERE|insert an image on another machine
attach|-|insert an image from an NBD server on stdin
ticket|SLOT|print a ticket that lets one client in
host|[ACTION] [TARGET]|switch the host, or choose what it boots
image|VERB|keep images on this machine: see vmctl image help
netboot|IMAGE...|let machines boot over the network
web|[WHAT]|let browsers and Redfish clients in
door||run vm-door, for its unit
redfish||run vm-redfish, for its unit
user|CHANGE [NAME]|list or change the accounts of Redfish clients
doctor|[URL]|check this machine and the server
help|[VERB]|list the verbs, or the options of a verb
version||print the version
complete|WORD...|print the words that can follow, for the shell
"

# A verb for a message that shows the place of the verb.
USUAL=status

# Wrong words that people type for a verb: WORD|VERB
MISTAKES="
umount|eject
unmount|eject
detach|eject
remove|eject
insert|mount
load|mount
ls|list
show|status
logs|log
check|doctor
power|host
upload|image put
store|image
boot|host boot
pxe|netboot
tftp|netboot
dhcp|netboot
"

# Verbs that read the image at a URL.
GET='mount probe export serve doctor'

# OPTION|LETTER|VALUE|VERBS|what it does. An option without VALUE is a flag.
OPTIONS="
slot|s|SLOT|mount attach serve|use this slot (default: the first that fits)
slot|s|SLOT|eject renew|use this slot (default: the only one in use)
slot|s|SLOT|status list log ticket|choose this slot
type|t|TYPE|mount probe attach serve|show the image as this type of drive
user|u|USER|$GET renew|log in to the server as USER
password|P|FILE|$GET renew|read the password from FILE (-: ask for it)
header||FILE|$GET renew|send the HTTP headers in FILE, such as a token
sha256||HEX|$GET|refuse the image if this is not its SHA-256
sha256-file||FILE|$GET|read the SHA-256 from a file or URL of checksums
domain||NAME|$GET|log in as a user of this domain (smb)
netrc||FILE|$GET|read users and passwords from a netrc file
cacert||FILE|$GET|trust only the certificates in FILE
cert||FILE|$GET renew|use this client certificate
key||FILE|$GET renew|use this key for the client certificate
insecure|||$GET|do not check the server's certificate
proxy||URL|$GET|use this proxy, not that of the environment
limit-rate||SIZE|$GET|download at most SIZE bytes per second
timeout||SECONDS|$GET renew attach|give up after SECONDS (60)
outage||SECONDS|$GET attach|fail reads if the source is silent for SECONDS (25)
writable|w||mount export serve attach|let the host write (to nfs://, smb:// or a path)
overlay||FILE|mount export serve|let the host write, and keep the data in FILE
overlay-size||SIZE|mount export serve|let the overlay grow to at most SIZE (1G)
raw|||export|serve any file, and do not decompress it
drive||DRIVE|mount|show the image with this kind of drive (auto)
retype|||mount attach serve|change the drive's type if the image needs another
boot-once|||mount attach serve|eject after the host has read it and is off again
expires||TIME|mount attach serve|eject after TIME
idle||TIME|mount attach serve|eject when the host does not use the drive for TIME
degraded||TIME|mount attach serve|eject when the source does not answer for TIME
replace|||mount|if the slot holds another image, eject it first
wait-host|||mount|wait until the host has read from the drive
take|||attach serve|eject the slot's image first, even another client's
ticket||FILE|serve|log in with the ticket in FILE (-: standard input)
headers||FILE|serve|send the HTTP headers in FILE to the WebSocket
pin||SHA256|serve|trust only the certificate with this SHA-256
client||ID|attach|recognize the client by ID when it comes back
who||TEXT|attach|show TEXT as the name of the client
name||NAME|attach|show NAME as the name of the image
again|||attach|attach only if the image is still in the drive
eject|||attach|eject the image that this client has attached
web|||attach|read client, slot and options from vm-ws-proxy
force|f||eject|eject even if the host has locked the drive
list|||ticket|list the tickets that are valid
revoke||ID|ticket|make the ticket with this ID invalid
discard|||eject|eject at once; the host's last writes may be lost
follow|f||log|continue to show new lines
watch|||status|show the status again each second
once|||host|boot from TARGET once (this is the default)
always|||host|boot from TARGET each time
mode|m|MODE|host|boot in this mode
uri||URL|host|with target http: boot this URL (empty: ask DHCP)
socket|U|PATH|export|make the Unix socket at PATH
repair|||doctor|repair the slots after a crash
verbose|v||mount attach|log each step
quiet|q||status|print nothing; the exit status tells the state
json|j||mount eject renew status list start probe|print one JSON object
json|j||export serve ticket doctor version log host web user|print one JSON object
role|r|ROLE|user|give the account this role (default: Administrator)
password-fd|p|FD|user|read the password from this descriptor
pam|P||user|let the system check the password (PAM)
must-change|c||user|make the user change the password at the first login
help|h||all|print this help
"

# What the words in capitals stand for: WORD|meaning
MEANINGS="
URL|http://, https://, nfs://, smb://, path, image:NAME or - (standard input)
IMAGE|a file, a block device or a URL
WHERE|ws[s]://HOST/vm/SLOT or ssh:[USER@]HOST
SLOT|a number from 0 to 7
TYPE|cd, disk or auto (the image decides)
DRIVE|kernel, own (vm-drive: any size) or auto (the image decides)
SIZE|bytes, such as 500K, 2M or 1G
WHAT|certificate (only make one), off, or proxy (for its unit)
CHANGE|add, passwd, role, lock, unlock, rm or ls
ROLE|Administrator, Operator or ReadOnly
TIME|such as 90s, 30m, 2h or 1d
ACTION|status, power, on, off, shutdown, restart, reset, cycle, nmi or boot
TARGET|none, cd, usb, pxe, http, hdd or bios
MODE|uefi or legacy
"
