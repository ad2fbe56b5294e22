# SPDX-License-Identifier: BSD-2-Clause
# The redfish driver of Ironic, without a conductor; client.py says how to
# control it.
# usage: drive-ironic.py ADDRESS CERTIFICATE USER PASSWORD
import sys
from types import SimpleNamespace

from ironic.common import boot_devices, states
from ironic.conductor import task_manager
from ironic.conf import CONF
from ironic.drivers.modules.redfish import boot, management, power, utils
import sushy

from client import serve

address, certificate, user, password = sys.argv[1:]
CONF([], project='ironic', default_config_files=[])
CONF.set_override('use_swift', False, group='redfish')
TYPES = {'cd': sushy.VIRTUAL_MEDIA_CD, 'usb': sushy.VIRTUAL_MEDIA_USBSTICK}
POWER = {'on': states.POWER_ON, 'off': states.POWER_OFF,
         'reboot': states.REBOOT}
node = SimpleNamespace(
    uuid='4f1a6e1c-0000-4000-8000-000000000001', name='host',
    driver_info={'redfish_address': address, 'redfish_username': user,
                 'redfish_password': password,
                 'redfish_verify_ca': certificate},
    driver_internal_info={}, instance_info={}, properties={},
    power_state=None, target_power_state=None, save=lambda: None)


class Task(task_manager.TaskManager):
    """A task that holds the lock of its node, and asks no database."""
    node = node
    driver = SimpleNamespace(power=power.RedfishPower(),
                             management=management.RedfishManagement())
    context = SimpleNamespace(ensure_thread_contain_context=lambda: None)
    shared = False

    def __init__(self):
        pass


task = Task()


def managers():
    return utils.get_system(node).managers


def insert(kind, url):
    # As prepare_ramdisk() does it.
    boot._eject_vmedia(task, managers(), TYPES[kind])
    boot._insert_vmedia(task, managers(), url, TYPES[kind])


serve({
    'check': lambda: (task.driver.power.validate(task),
                      task.driver.management.validate(task)),
    'vendor': lambda: task.driver.management.detect_vendor(task),
    'has': lambda kind: bool(boot._has_vmedia_device(managers(), TYPES[kind])),
    'insert': insert,
    'eject': lambda kind: boot._eject_vmedia(task, managers(), TYPES[kind]),
    'eject-all': lambda: boot._eject_vmedia(task, managers()),
    'boot-cd': lambda: task.driver.management.set_boot_device(
        task, boot_devices.CDROM, persistent=False),
    'boot-disk': lambda: task.driver.management.set_boot_device(
        task, boot_devices.DISK, persistent=True),
    'boot': lambda: task.driver.management.get_boot_device(task)['boot_device'],
    'mode': lambda: task.driver.management.get_boot_mode(task),
    'power': lambda: task.driver.power.get_power_state(task),
    'set-power': lambda how: task.driver.power.set_power_state(
        task, POWER[how], timeout=30),
    'reboot': lambda: task.driver.power.reboot(task, timeout=30),
})
