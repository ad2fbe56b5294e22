# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The verbs and options of vm-image, in tables of the form that option-table.sh
# explains. This file is the only place that lists them. Sourced by vm-image.

# VERB|ARGUMENTS|what it does
VERBS="
ls|[OWNER]|list the images and the unfinished uploads
put|FILE [NAME]|store a file, or standard input (-), as an image
get|NAME [FILE]|copy an image into a file, or to standard output (-)
finish|NAME|turn an upload into an image
verify|NAME|read all of an image, and compare its checksum
fetch|URL [NAME]|fetch an image from a server, in the background
rm|NAME|remove an image or an unfinished upload
mv|NAME NEW|rename an image
owner|ACTION [OWNER]|add, remove or list owners, who upload by sftp
gc||remove abandoned uploads, and repair after a crash
quota|[OWNER] [SIZE]|show how much each owner has, or set its limit
create|NAME|make a blank disk
pack|NAME FILE...|make a CD or disk from files
export|NAME|let the owner read and write an image by sftp
doctor||check the store, and tell what is missing
path|NAME|print ID, path and size of an image, for programs
begin|NAME|announce an upload and print its ID, for programs
room||print how large an upload can be now, for programs
help|[VERB]|list the verbs, or the options of a verb
complete|WORD...|print the words that may follow, for the shell
"

# Wrong words that people type for a verb: WORD|VERB
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

# A verb for a message that shows the place of the verb.
USUAL=ls

# OPTION|LETTER|VALUE|VERBS|what it does. An option without VALUE is a flag.
OPTIONS="
id||ID|finish rm export|use the upload or image with this ID
id||ID|fetch|continue this fetch, for its unit
owner|o|OWNER|begin room fetch|the owner of the upload (default: root)
size|s|SIZE|put begin|the size of the upload (put: of standard input)
size|s|SIZE|create pack|the size of the disk (pack: by default, as needed)
format|f|FORMAT|create|make a file system on it: vfat or exfat
format|f|FORMAT|pack|iso (the default) or vfat
label|l|LABEL|create pack|the label, such as OEMDRV, cidata or config-2
sha256|c|HEX|put finish verify begin fetch|refuse the image if this is not its SHA-256
sha256-file||FILE|fetch|read the SHA-256 from a file or URL of checksums
key|k|FILE|owner|the public keys of the owner; - is standard input
quota|q|SIZE|owner|let the owner store at most SIZE
force|f||owner|with rm: remove the images of the owner, too
replace|||put finish mv begin fetch create pack|replace another image that has this name
json|j||ls owner quota doctor fetch|print one JSON object
json|j||put finish verify create pack|print one JSON object
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
wait|w||fetch|wait until the image is in the store
for-others|||fetch|fetch only from hosts that store_hosts allows
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
