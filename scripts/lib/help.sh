# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What vmctl help prints. Sourced by vmctl.

usage() {
	cat <<'USAGE'
usage: vmctl mount [options] URL|-     the image becomes a drive of the host
       vmctl eject [-f] [-s SLOT]      and is one no more
       vmctl renew [-s SLOT] URL|-     a new link to what is mounted
       vmctl attach [options] -        an NBD server on standard input and output
                                       becomes a drive of the host
       vmctl attach --web              ... what vm-ws-proxy says of it
       vmctl ticket [-s] SLOT          prints what lets one in to do that
       vmctl status [-j] [-s SLOT]     what is inserted, read from the kernel
                    [--watch]          again each second
       vmctl list                      the slots, a line each
       vmctl log [-f] [-s SLOT]        what has happened to a slot
       vmctl start                     mount what the configuration declares
       vmctl probe [options] URL|-     what the image is, without a mount
       vmctl export [options] URL|-    the image as NBD on a Unix socket
       vmctl serve [options] FILE|DEVICE|URL ws[s]://HOST/vm/SLOT|ssh:HOST
                                       the image is a drive of a host there
       vmctl doctor [options] [URL|-]  what is missing here, or wrong there
       vmctl doctor --repair           and have what is left of a crash go on
       vmctl help | version

  -s, --slot N         the slot; else an empty one of the type that fits
  -t, --type TYPE      auto, cd or disk
  -u, --user USER      who asks, and -P, --password FILE: with what password
                       (- asks for it or reads standard input)
  --domain NAME        of the user, for smb://
  --netrc FILE         users and passwords by host
  --cacert FILE        trust these certificates and no others
  --cert, --key FILE   our own certificate, and its key
  --insecure           do not verify the server
  --proxy URL          instead of the usual environment variables
  -w, --writable       the host may write (nfs, smb, a path): to the image
  --overlay FILE       ... to FILE, which keeps it (any URL); not more of it
                       than --overlay-size SIZE (1G)
  --limit-rate SIZE    bytes a second to take of the line (500K, 2M)
  --replace            eject what the slot holds
  --retype             make the slot's drive one of that type
  --wait-host          until the host has read from the medium
  --boot-once          ejected when the host that has read it is off
  --expires TIME       ejected then (90s, 30m, 2h, 1d)
  --idle TIME          ejected when the host has not used it for so long
  --outage SECONDS     how long a silent source is hidden from the host (25)
  --timeout SECONDS    give up then (60)
  --client ID          by which who attaches is known when it comes again,
                       and --who TEXT, --name NAME: of it and of the image
  --take               eject what another has there
  --again              it was in: if it was ejected meanwhile, so be it
  --eject              have what this client brought ejected
  -U, --socket PATH    of an export
  --ticket FILE        that lets us in where we serve to (-: standard input)
  --pin SHA256         of its certificate; --headers FILE: for its HTTP
  -f, --force          eject under a host that has locked its drive
  -j, --json           one JSON object
  -v, --verbose        each step
USAGE
}
