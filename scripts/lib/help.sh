# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vmctl help prints. Sourced by vmctl.

usage() {
	help_verbs
	help_options
}

help_verbs() {
	cat <<'USAGE'
usage: vmctl mount [OPTION]... URL      insert an image into the host's drive
       vmctl eject [-f] [-s SLOT]       take the image out of the drive
       vmctl renew [-s SLOT] URL        replace the expired link of an image
       vmctl status [-j] [-s SLOT]      show what the slots hold
       vmctl list                       show one line per slot
       vmctl log [-f] [-s SLOT]         show what happened in a slot
       vmctl start                      mount what the configuration names
       vmctl probe [OPTION]... URL      show what an image is, without mounting
       vmctl export [OPTION]... URL     serve an image as NBD on a Unix socket
       vmctl serve [OPTION]... IMAGE WHERE
                                        make an image a drive of a remote host
       vmctl attach [OPTION]... -       mount from an NBD server on stdin
       vmctl ticket SLOT                print a ticket, good for one attach
       vmctl doctor [OPTION]... [URL]   check this machine and the server
       vmctl doctor --repair            resume or clean up slots after a crash
       vmctl help | version

URL    http://, https://, nfs:// or smb://, or a path; - reads it from standard
       input
IMAGE  a file, a block device or a URL
WHERE  ws[s]://HOST/vm/SLOT or ssh:[USER@]HOST
SIZE   bytes, such as 500K, 2M or 1G
TIME   such as 90s, 30m, 2h or 1d
USAGE
}

help_options() {
	cat <<'USAGE'

any verb with a URL:
  -u, --user USER       log in to the server as USER
  -P, --password FILE   read the password from FILE (-: ask for it)
  --domain NAME         domain of the user (smb)
  --netrc FILE          read users and passwords from a netrc file
  --cacert FILE         trust only the certificates in FILE
  --cert FILE           client certificate
  --key FILE            key of the client certificate
  --insecure            do not check the server's certificate
  --proxy URL           use this proxy, not that of the environment
  --limit-rate SIZE     download at most SIZE bytes per second
  --timeout SECONDS     give up after SECONDS (60)
  --outage SECONDS      hide a silent server from the host for SECONDS (25)
  -j, --json            print one JSON object

mount, attach and serve:
  -s, --slot SLOT       use this slot, not an empty one of the right type
  -t, --type TYPE       cd, disk or auto (look at the image)
  -w, --writable        let the host write to the image (nfs, smb or a path)
  --retype              change the drive's type to that of the image
  --boot-once           eject when the host has read the image and is off
  --expires TIME        eject after TIME
  --idle TIME           eject when the host has not used the drive for TIME
  -v, --verbose         log each step

mount, serve and export:
  --overlay FILE        let the host write, but to FILE, not to the image
  --overlay-size SIZE   let FILE grow to SIZE (1G)

mount:
  --replace             eject what the slot holds
  --wait-host           wait until the host has read from the drive

attach and serve:
  --take                eject what the slot holds, even from another client

serve:
  --ticket FILE         log in with the ticket in FILE (-: standard input)
  --headers FILE        send the HTTP headers in FILE
  --pin SHA256          trust the certificate with this fingerprint

attach:
  --client ID           name of the client, to recognize it when it comes back
  --who TEXT            name of the client, for people
  --name NAME           name of the image, for people
  --again               do not mount if the image was ejected meanwhile
  --eject               eject what this client has attached
  --web                 read the request from vm-ws-proxy

other verbs:
  eject -f, --force     eject even if the host has locked the drive
  status --watch        show the status again each second
  log -f, --follow      keep showing what happens
  export -U, --socket PATH
                        make the socket at PATH
USAGE
}
