# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The verbs and options of vm-image, in tables of the form that option-table.sh
# explains. This file is the only place that lists them. Sourced by vm-image.

# VERB|ARGUMENTS|what it does
VERBS="
ls|[OWNER]|list the images, and uploads that are not finished
put|FILE [NAME]|keep a file, or standard input (-), as an image
get|NAME [FILE]|copy an image into a file, or to standard output (-)
finish|NAME|make an image of an upload
verify|NAME|read all of an image, and compare its checksum
fetch|URL [NAME]|fetch an image from a server, in the background
rm|NAME|remove an image, or an upload that is not finished
mv|NAME NEW|rename an image
owner|ACTION [OWNER]|add, remove or list those who upload by sftp
gc||remove what nobody continues, repair after a crash
quota|[OWNER] [SIZE]|show what each owner has, or set a limit (or none)
create|NAME|make a blank disk
pack|NAME FILE...|make a CD or disk of files
export|NAME|show an image as a file to its owner's sftp
doctor||tell what the store needs, and what is missing
path|NAME|print ID, path and size of an image, for programs
begin|NAME|announce an upload and print its ID, for programs
room||print how much an upload may have now, for programs
help|[VERB]|list the verbs, or the options of a verb
complete|WORD...|print the words that may follow, for the shell
"

# What people type for a verb: WORD|VERB
MISTAKES="
wget|fetch
curl|fetch
list|ls
blank|create
new|create
mkisofs|pack
upload|put
add|put
import|put
download|get
check|doctor
remove|rm
delete|rm
del|rm
move|mv
rename|mv
"

# A verb for a message that shows where it stands.
USUAL=ls

# OPTION|LETTER|VALUE|VERBS|what it does. An option without VALUE is a flag.
OPTIONS="
id||ID|finish rm export|the upload or image that has this ID
id||ID|fetch|go on with this fetch, for its unit
owner|o|OWNER|begin room fetch|the owner of the upload (default: root)
size|s|SIZE|put begin|its size (put: of standard input)
size|s|SIZE|create pack|the size of the disk (pack: the default fits)
format|f|FORMAT|create|make a file system on it: vfat or exfat
format|f|FORMAT|pack|iso (the default) or vfat
label|l|LABEL|create pack|the label, such as OEMDRV, cidata or config-2
sha256|c|HEX|put finish verify begin fetch|the SHA-256 that it must have
sha256-file||FILE|fetch|the same with a file of checksums, or its URL
key|k|FILE|owner|the public keys of the owner; - is standard input
quota|q|SIZE|owner|how much the owner may have
force|f||owner|rm removes the images of the owner, too
replace|||put finish mv begin fetch create pack|take the place of another image that has the name
json|j||ls owner quota doctor fetch|print one JSON object
user|u|USER|fetch|log in to the server as USER
password|P|FILE|fetch|read the password from FILE (-: ask for it)
header||FILE|fetch|send the HTTP headers in FILE, such as a token
domain||DOMAIN|fetch|log in as a user of this domain (smb)
netrc||FILE|fetch|read users and passwords from a netrc file
cacert||FILE|fetch|trust only the certificates in FILE
cert||FILE|fetch|use this client certificate
key||FILE|fetch|use this key for the client certificate
insecure|||fetch|do not check the server's certificate
proxy||URL|fetch|use this proxy, not that of the environment
limit-rate||SIZE|fetch|download at most SIZE bytes per second
wait|w||fetch|wait until the image is there
for-others|||fetch|only from the hosts that store_hosts allows
help|h||all|print this help
"

# What the words in capitals stand for: WORD|meaning
MEANINGS="
URL|http://, https://, nfs:// or smb://, or - for standard input
ACTION|add, rm or ls
NAME|an image of root, or OWNER/NAME
NEW|another name
OWNER|root, or a name of vmctl image owner ls
ID|16 hexadecimal digits
FILE...|a file, a directory, or DIR/ for the files in it
SIZE|bytes, such as 500K, 2M or 1G
"
