# SPDX-License-Identifier: BSD-2-Clause
# sushy, used as a program would use it; client.py says how to control it.
# usage: drive-sushy.py ADDRESS CERTIFICATE USER PASSWORD
import sys

import sushy

from client import serve

address, certificate, user, password = sys.argv[1:]
TYPES = {'cd': sushy.VIRTUAL_MEDIA_CD, 'usb': sushy.VIRTUAL_MEDIA_USBSTICK}
RESETS = {'on': sushy.RESET_ON, 'off': sushy.RESET_FORCE_OFF,
          'restart': sushy.RESET_FORCE_RESTART}
root = sushy.Sushy(address + '/redfish/v1', username=user, password=password,
                   verify=certificate)


def system():
    return root.get_system(root.get_system_collection().members_identities[0])


def slots(kind=None):
    return [slot for manager in system().managers
            for slot in manager.virtual_media.get_members()
            if kind is None or TYPES[kind] in slot.media_types]


def eject_all():
    for slot in slots():
        slot.eject_media()


def insert(kind, url):
    slot, = slots(kind)
    slot.insert_media(url)


def eject(kind):
    slot, = slots(kind)
    slot.eject_media()


def state(kind):
    slot, = slots(kind)
    return '%s %s %s' % (slot.inserted, slot.image, slot.image_name)


def boot_once():
    system().set_system_boot_options(sushy.BOOT_SOURCE_TARGET_CD,
                                     enabled=sushy.BOOT_SOURCE_ENABLED_ONCE)


def boot():
    boot = system().boot
    return '%s %s' % (boot.target.value, boot.enabled.value)


serve({'eject-all': eject_all, 'insert': insert, 'eject': eject, 'state': state,
       'boot-once': boot_once, 'boot': boot,
       'reset': lambda how: system().reset_system(RESETS[how]),
       'power': lambda: system().power_state.value})
