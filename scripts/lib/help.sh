# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vmctl help prints. Sourced by vmctl.

usage() {
	help_verbs
	help_options
}

help_verbs() {
	cat <<'USAGE'
usage: vmctl mount [OPTION]... URL      insert an image into a drive of the host
       vmctl eject [-f] [-s SLOT]       take the image out of its drive
       vmctl renew [OPTION]... URL      replace the expired link of an image
       vmctl status [-j] [-s SLOT]      show what the slots hold
       vmctl list                       show each slot on one line
       vmctl log [-f] [-s SLOT]         show what happened in a slot
       vmctl start                      mount the images of the configuration
       vmctl probe [OPTION]... URL      show what an image is
       vmctl export [OPTION]... URL     serve an image as NBD on a Unix socket
       vmctl serve [OPTION]... IMAGE WHERE
                                        insert an image on another machine
       vmctl attach [OPTION]... -       insert an image served on standard input
       vmctl ticket SLOT                print a ticket for one attach
       vmctl doctor [OPTION]... [URL]   check this machine and the server
       vmctl doctor --repair            repair the slots after a crash
       vmctl help | version

URL    http://, https://, nfs:// or smb://, or a path, or - to read the URL
       from standard input
IMAGE  a file, a block device or a URL
WHERE  ws[s]://HOST/vm/SLOT or ssh:[USER@]HOST
SIZE   bytes, such as 500K, 2M or 1G
TIME   such as 90s, 30m, 2h or 1d
USAGE
}

help_options() {
	cat <<'USAGE'

every verb that takes a URL:
  -u, --user USER       log in to the server as USER
  -P, --password FILE   read the password from FILE (-: ask for it)
  --header FILE         send the HTTP headers in FILE, such as a token
  --domain NAME         log in as a user of this domain (smb)
  --netrc FILE          read users and passwords from a netrc file
  --cacert FILE         trust only the certificates in FILE
  --cert FILE           use this client certificate
  --key FILE            use this key for the client certificate
  --insecure            do not check the server's certificate
  --proxy URL           use this proxy instead of that of the environment
  --sha256 HEX          verify that this is the image's SHA-256 first
  --sha256-file FILE    the same with a file of checksums, or the URL of one
  --limit-rate SIZE     download at most SIZE bytes per second
  --timeout SECONDS     give up after SECONDS (60)
  --outage SECONDS      fail reads if the server is silent for SECONDS (25)
  -j, --json            print one JSON object

mount, attach and serve:
  -s, --slot SLOT       use this slot (default: the first empty one that fits)
  -t, --type TYPE       cd, disk or auto (chosen by the image)
  -w, --writable        let the host write to the image (nfs, smb or a path)
  --retype              change the drive's type if the image needs another
  --boot-once           eject when the host has read the image and is then off
  --expires TIME        eject after TIME
  --idle TIME           eject when the host has not used the drive for TIME
  -v, --verbose         log each step

mount, serve and export:
  --overlay FILE        let the host write, and keep the data in FILE
  --overlay-size SIZE   let FILE grow to at most SIZE (1G)

mount:
  --replace             if the slot holds another image, eject that
  --wait-host           wait until the host has read from the drive

attach and serve:
  --take                if the slot holds another image, eject that, even
                        if another client has inserted it

serve:
  --ticket FILE         log in with the ticket in FILE (-: standard input)
  --headers FILE        send the HTTP headers in FILE
  --pin SHA256          trust only the certificate with this SHA-256

attach:
  --client ID           recognize the client by ID when it connects again
  --who TEXT            show TEXT as the name of the client
  --name NAME           show NAME as the name of the image
  --again               attach only if the image was not ejected meanwhile
  --eject               eject the image that this client has attached
  --web                 read client, slot and options from vm-ws-proxy

other verbs:
  eject -f, --force     eject even if the host has locked the drive
  status --watch        show the status again each second
  log -f, --follow      continue to show new lines
  export -U, --socket PATH
                        make the Unix socket at PATH
USAGE
}
