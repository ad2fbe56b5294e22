#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-host: power and boot override, with each of its backends. Three of them
# have a real peer here: ipmitool (ipmi_sim), busctl (a private bus), and a
# command of the site. 29-host-busybox.bats is this same file, with busybox's
# shell.

load helper
load servers
load redfish
load door

setup() {
	own_directory
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf VM_CONFIGFS=$PWD/configfs
	export VM_SYS=$PWD/sys VM_PATH=$PWD/bin:/usr/sbin:/usr/bin:/sbin:/bin
	mkdir -p run bin "$VM_SYS/class/udc"
	VM_SHELL="dash"
	case $BATS_TEST_FILENAME in *busybox*) VM_SHELL="busybox sh" ;; esac
	requires_root
}
teardown() {
	rm -f run-host/booting # ends processes that wait for the boot
	cleanup
}

host() {
	$VM_SHELL "$BUILD/bin/vm-host" "$@"
}
# conf LINE...: writes the configuration.
conf() {
	printf '%s\n' "$@" >conf
}
# shows FILTER VALUE: does status -j have that value there?
shows() {
	[ "$(host -j | jq -cr "$1")" = "$2" ]
}
# program NAME LINE...: makes a program that vm-host finds first.
program() {
	printf '%s\n' '#!/bin/sh' "${@:2}" >"bin/$1"
	chmod 755 "bin/$1"
}

# site: makes a command of the site, which keeps its state in files.
site() {
	mkdir site
	echo off >site/power
	echo "power $(printf '\a')" >site/noise
	# shellcheck disable=SC2016 # for the program
	program site-host 'cd "${0%/*}/../site" || exit' 'echo "$*" >>log' \
		'case $1 in' \
		'status) cat noise; echo "power $(cat power)"' \
		'echo "actions on off reset cycle frob"' \
		'echo "targets cd usb pxe *"; echo "modes uefi legacy"' \
		'[ ! -f boot ] || echo "boot $(cat boot)" ;;' \
		'on | off) echo "$1" >power ;;' \
		'reset) [ ! -f broken ] || { echo first; echo "no relay" >&2; exit 3; } ;;' \
		'boot) shift; [ ! -f boot ] || echo "$*" >boot ;;' \
		'esac'
	conf "host = command $PWD/bin/site-host" "host_boot_time = 600"
	echo none disabled >site/boot
}
# drive TYPE: slot 0 gets a drive of this type.
drive() {
	local lun=$VM_CONFIGFS/usb_gadget/vmedia/functions/mass_storage.0/lun.0
	mkdir -p "$lun" "$VM_CONFIGFS/usb_gadget/vmedia/configs/c.1"
	ln -sfn "${lun%/*}" "$VM_CONFIGFS/usb_gadget/vmedia/configs/c.1/mass_storage.0"
	[ "$1" = cd ] && echo 1 >"$lun/cdrom" || echo 0 >"$lun/cdrom"
	echo 1 >"$lun/ro"
	echo >"$lun/file"
	echo port >"$VM_CONFIGFS/usb_gadget/vmedia/UDC"
	mkdir -p "$VM_SYS/class/udc/port"
	echo "${2:-configured}" >"$VM_SYS/class/udc/port/state"
}
# inserted N: slot 0 gets a medium, from which the host has read N times.
inserted() {
	mkdir -p run/0 "$VM_SYS/block/nbd0"
	echo /dev/nbd0 >run/0/device
	echo "$1 0 0" >"$VM_SYS/block/nbd0/stat"
}

# --- without a backend, and usage -----------------------------------------

@test "without a backend: the power by the USB port, and nothing to do" {
	shows . '{"schema":1,"power":null,"actions":[],"boot":{"target":"none","enabled":"disabled","mode":null},"targets":[],"modes":[]}'
	drive cd
	shows .power on
	drive cd "not attached"
	shows .power off
	fails 69 host on
	grep "see host in vmedia.conf(5)" stderr
	fails 69 host boot cd
	[ "$(host power)" = off ]
}

@test "without a backend: the power by the command of the site" {
	program ask 'echo "Chassis Power is On"'
	conf "power = $PWD/bin/ask now"
	shows .power on
	program ask 'echo "Chassis Power is off"'
	[ "$(host power)" = off ]
	program ask 'echo "what?"'
	[ "$(host power)" = unknown ]
	program ask 'exit 1'
	fails 69 host power
}

@test "wrong words are usage errors, also of vmctl host" {
	site
	fails 64 host frobnicate
	fails 64 host on cd
	fails 64 host boot floppy
	fails 64 host reset --once
	fails 64 host boot cd -m bios
	fails 64 host boot --once
	fails 64 "$BUILD/bin/vmctl" host frobnicate
	[ "$("$BUILD/bin/vmctl" host power)" = off ]
	[[ $(host -h) == "usage: vmctl host"*"--always"* ]]
	[ ! -f site/log ] || not grep -v '^status$' site/log
	run -64 --separate-stderr host -j on cd
	jq -e '.schema == 1' <<<"$output"
}

@test "a wrong setting: nothing is done, and status still answers" {
	site
	echo "nonsense = 1" >>conf
	fails 78 host on
	host status 2>stderr | grep "^host: off"
	grep "warning: .*nonsense" stderr
	host boot 2>stderr | grep -x none
	grep "warning: .*nonsense" stderr
	[ "$(cat site/power)" = off ]
}

@test "settings: a password in the value, and forms that are no backend" {
	local value
	for value in "ipmitool -H bmc -Psecret" "ipmitool -I lan -P secret" \
		"ipmitools" "gpio 7" "redfish http://bmc" "redfish https://u:p@bmc" \
		"command" "busctl org.example"; do
		conf "host = $value"
		echo "$value"
		fails 78 host on
	done
	for value in "host_gpio_power = a b" "host_gpio_power = -x" \
		"host_gpio_power = chip 1 high" "host_pin = sha256//x" \
		"host_password_file = pw" "host_mode = bios" "host_timeout = 0"; do
		conf "$value"
		echo "$value"
		fails 78 host on
	done
}

# --- a command of the site ------------------------------------------------

@test "command: status, and only what is offered and known" {
	site
	shows . '{"schema":1,"power":"off","actions":["on","off","reset","cycle"],"boot":{"target":"none","enabled":"disabled","mode":null},"targets":["none","cd","usb","pxe"],"modes":["uefi","legacy"]}'
	fails 69 host nmi
	grep "this host offers on off reset cycle" stderr
	fails 69 host boot http
	not grep -v status site/log
}

@test "command: what is already so changes nothing; a reset of a host that is off" {
	site
	[ "$(host -j off | jq .changed)" = false ]
	[ "$(host -j on | jq .changed)" = true ]
	[ "$(host -j on | jq .changed)" = false ]
	[ "$(grep -cx on site/log)" = 1 ]
	host off
	host reset
	[ "$(tail -n 1 site/log)" = on ]
	host cycle
	[ "$(tail -n 1 site/log)" = cycle ]
}

@test "command: its words are arguments, and no shell reads them" {
	# shellcheck disable=SC2016 # no shell expands it
	site
	# shellcheck disable=SC2016
	conf 'host = command '"$PWD"'/bin/site-host --x $(touch bad) ; touch bad *'
	host boot cd || :
	[ ! -e bad ] && [ ! -e site/bad ]
	# shellcheck disable=SC2016
	grep -F -e '--x $(touch bad) ; touch bad * ' site/log
}

@test "command: a failure is one line with its last words" {
	site
	: >site/broken
	echo on >site/power
	fails 69 host reset
	grep "unable to reset the host: no relay" stderr
	run -69 --separate-stderr host -j reset
	jq -e '.error | test("no relay")' <<<"$output" ||
		jq -e '.error.message | test("no relay")' <<<"$output"
	program rude 'printf "no\033[2J relay\n" >&2; exit 3'
	conf "host = command $PWD/bin/rude"
	fails 69 host
	grep -q 'no\[2J relay' stderr
	conf "host = command $PWD/bin/none"
	fails 69 host
}

@test "command: a call ends after host_timeout" {
	program slow 'exec sleep 1000'
	conf "host = command $PWD/bin/slow" "host_timeout = 1"
	fails 75 host
	grep "did not answer within 1 seconds" stderr
}

# --- the boot override ----------------------------------------------------

@test "cd is the medium of slot 0, however the host sees it" {
	site
	drive cd
	host boot cd -m uefi
	[ "$(tail -n 1 site/log)" = "boot cd once uefi" ]
	shows '.boot | [.target, .enabled, .mode] | join(" ")' "cd once uefi"
	drive disk
	host boot cd --always
	[ "$(tail -n 1 site/log)" = "boot usb continuous" ]
	[ "$(cat site/boot)" = "usb continuous" ]
	shows '.boot | [.target, .enabled] | join(" ")' "cd continuous"
	[ "$(host boot)" = "cd, continuous" ]
	host boot usb
	shows .boot.target usb
	host boot none --once
	[ "$(cat site/boot)" = "none disabled" ]
	shows .boot.enabled disabled
}

@test "cd: another kind of medium before the host is switched on" {
	site
	drive cd
	host boot cd
	drive disk
	host on
	[ "$(tail -n 2 site/log)" = "boot usb once
on" ]
}

@test "once: it lasts while the host is off and until its boot, then it is removed" {
	site
	drive cd
	inserted 5
	host boot cd
	host on
	host off
	[ "$(cat site/boot)" = "none disabled" ]
	host boot cd
	host off
	host on
	[ -f run-host/booting ]
	[ "$(cat site/boot)" = "cd once" ]
	# The host reads, so the firmware has found the medium.
	sleep 6
	shows .boot.enabled once
	inserted 9
	wait_until 30 grep -qx "none disabled" site/boot
	shows .boot.enabled disabled
	[ ! -e run-host/booting ]
}

@test "once: without a medium a time limit decides, and status sees it, too" {
	site
	host boot pxe
	host reset
	# The process that waited was killed.
	echo "0 0" >run-host/booting
	shows .boot.enabled disabled
	[ "$(cat site/boot)" = "none disabled" ]
	conf "host = command $PWD/bin/site-host" "host_boot_time = 1"
	host boot pxe
	host reset
	wait_until 30 grep -qx "none disabled" site/boot
}

@test "once: a second reset uses the first one up, and somebody else's power-on counts" {
	site
	echo on >site/power
	host boot pxe
	host reset
	host reset
	[ "$(grep -v status site/log | tr '\n' ,)" = \
		"boot pxe once,reset,boot none disabled,reset," ]
	host off
	host boot pxe
	host
	echo on >site/power
	host
	[ -f run-host/booting ]
}

@test "once: what somebody else has set meanwhile stays" {
	site
	host boot pxe
	host on
	echo "usb continuous" >site/boot
	echo "0 0" >run-host/booting
	shows .boot.target usb
	[ "$(cat site/boot)" = "usb continuous" ]
}

@test "once: a command that does not tell what the host boots" {
	site
	rm site/boot
	shows '.boot | [.target, .enabled] | join(" ")' "none disabled"
	drive disk
	host boot cd
	shows '.boot | [.target, .enabled] | join(" ")' "cd once"
	host on
	echo "0 0" >run-host/booting
	shows '.boot | [.target, .enabled] | join(" ")' "none disabled"
	[ "$(tail -n 1 site/log)" = "boot none disabled" ]
	shows '.boot | [.target, .enabled] | join(" ")' "none disabled"
}

# --- ipmitool -------------------------------------------------------------

# start_sim: starts ipmi_sim, with a simulated host.
start_sim() {
	local port
	port=$(python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	mkdir sim
	echo 0 >sim/power
	# shellcheck disable=SC2016 # for the program
	program chassis 'cd "${0%/*}/../sim" || exit' 'echo "$*" >>log; shift' \
		'for word; do case $word in power) echo "power:$(cat power)" ;;' \
		'boot) echo "boot:default" ;; esac; done' \
		'case $1 in power) [ -z "$2" ] || echo "$2" >power ;; esac'
	cat >sim/lan.conf <<-END
		name "host"
		set_working_mc 0x20
		startlan 1
		 addr 127.0.0.1 $port
		 priv_limit admin
		 allowed_auths_admin none md2 md5 straight
		 guid a123456789abcdefa123456789abcdef
		endlan
		chassis_control "$PWD/bin/chassis"
		user 2 true "root" "hidden" admin 10 none md2 md5 straight
	END
	cat >sim/commands <<-'END'
		mc_setbmc 0x20
		mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
		mc_enable 0x20
	END
	background ipmi_sim -n -c sim/lan.conf -f sim/commands -s "$PWD/sim"
	(umask 077 && echo hidden >pw)
	conf "host = ipmitool -I lanplus -C 3 -H 127.0.0.1 -p $port" \
		"host_user = root" "host_password_file = $PWD/pw"
	wait_until 20 host power
}

@test "ipmitool: a real BMC's power and boot device, by the password in a file" {
	start_sim
	shows .power off
	shows .actions '["on","off","shutdown","reset","cycle","nmi"]'
	host on
	[ "$(cat sim/power)" = 1 ]
	[ "$(host power)" = on ]
	host reset
	grep "set reset" sim/log
	host boot cd
	grep "set boot cdrom" sim/log
	host boot bios --always
	grep "set boot bios" sim/log
	host boot pxe -m legacy
	grep "set boot pxe" sim/log
	host off
	[ "$(cat sim/power)" = 0 ]
	echo wrong >pw
	fails 69 host
	grep "Unable to establish" stderr
	rm pw
	fails 69 host
}

# start_flags: makes an ipmitool that keeps the boot flags as a BMC should;
# ipmi_sim does not keep them.
start_flags() {
	mkdir flags
	echo 01 00 00 00 >flags/power
	echo 00 00 00 00 00 >flags/5
	# shellcheck disable=SC2016 # for the program
	program ipmitool 'cd "${0%/*}/../flags" || exit' 'echo "$*" >>log' \
		'one() { shift; case "$1 $2" in' \
		'"0x00 0x01") echo " $(cat power)"; echo noise >&2 ;;' \
		'"0x00 0x09") [ ! -f old ] || { echo refused >&2; return 1; }' \
		'echo " 01 05 $(cat 5)" ;;' \
		'"0x00 0x08") shift 2; number=${1#0x0}; shift' \
		'printf "%02x %02x %02x %02x %02x\n" "$@" >$number ;; esac; }' \
		'case $* in *"-I open exec /dev/stdin")' \
		'while read -r words; do one $words || status=1; done; exit ${status:-0} ;;' \
		'"-I open raw "*) shift 2; one "$@" ;; esac'
	conf "host = ipmitool -I open"
}

@test "ipmitool: the bits of the boot flags, which outlive 60 seconds" {
	start_flags
	shows '.boot | [.target, .enabled, .mode] | map(tostring) | join(" ")' \
		"none disabled null"
	host boot cd
	[ "$(cat flags/5)" = "a0 14 00 00 00" ]
	[ "$(cut -c 1-2 flags/3)" = 08 ]
	[ "$(cut -c 1-5 flags/4)" = "01 01" ]
	shows '.boot | [.target, .enabled, .mode] | join(" ")' "cd once uefi"
	host boot usb --always -m legacy
	[ "$(cat flags/5)" = "c0 3c 00 00 00" ]
	[ "$(cut -c 1-2 flags/3)" = 1f ]
	shows '.boot | [.target, .enabled, .mode] | join(" ")' "usb continuous legacy"
	echo "host_mode = legacy" >>conf
	host boot pxe
	[ "$(cat flags/5)" = "80 04 00 00 00" ]
	host boot none
	[ "$(cat flags/5)" = "00 00 00 00 00" ]
	echo "80 20 00 00 00" >flags/5
	shows .boot.target cd
	echo "80 1c 00 00 00" >flags/5
	shows .boot.target usb
}

@test "ipmitool: a BMC without boot flags, and one that answers nonsense" {
	start_flags
	: >flags/old
	shows '[.power, .targets[]] | join(" ")' on
	rm flags/old
	echo 'x $(touch bad)' >flags/5
	shows .power on
	echo nonsense >flags/power
	fails 69 host
	fails 69 host power
	[ ! -e bad ] && [ ! -e flags/bad ]
}

# --- busctl ---------------------------------------------------------------

# start_bus [OPTION]: starts a bus with OpenBMC's objects.
start_bus() {
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$PWD/bus
	background dbus-daemon --session --nofork --nopidfile \
		--address="$DBUS_SYSTEM_BUS_ADDRESS"
	wait_until 20 test -S bus
	background "$TOP/t/host/openbmc" "$DBUS_SYSTEM_BUS_ADDRESS" "$@" >set
	wait_until 20 grep -q ready set
	conf "host = busctl"
}

@test "busctl: OpenBMC's power and boot override" {
	start_bus
	shows . '{"schema":1,"power":"off","actions":["on","off","shutdown","restart","reset","cycle","nmi"],"boot":{"target":"none","enabled":"disabled","mode":"uefi"},"targets":["none","cd","usb","pxe","hdd","bios"],"modes":["uefi","legacy"]}'
	host boot cd -m legacy
	shows '.boot | [.target, .enabled, .mode] | join(" ")' "cd once legacy"
	host boot bios --always
	shows '.boot | [.target, .enabled] | join(" ")' "bios continuous"
	host on
	[ "$(tail -n 1 set)" = "RequestedHostTransition On" ]
	[ "$(host power)" = on ]
	host nmi
	[ "$(tail -n 1 set)" = NMI ]
	host reset
	[ "$(tail -n 1 set)" = "RequestedHostTransition ForceWarmReboot" ]
	host off
	[ "$(tail -n 1 set)" = "RequestedPowerTransition Off" ]
	host boot none
	shows .boot.enabled disabled
	[ "$(tail -n 1 set)" = "Enabled 0" ]
}

@test "busctl: nothing on the bus clears once, thus vm-host does" {
	start_bus
	echo "host_boot_time = 1" >>conf
	host boot pxe
	host on
	wait_until 30 grep -q "Enabled 0" set
	shows .boot.enabled disabled
}

@test "busctl: an older OpenBMC, one that hangs, and none at all" {
	start_bus --old
	shows .actions '["on","off","shutdown","restart","reset","cycle"]'
	fails 69 host nmi
	cleanup
	fails 69 host
	rm -f bus
	start_bus --still
	echo "host_timeout = 1" >>conf
	fails 75 host
}

# --- Redfish --------------------------------------------------------------

# start_bmc [FAULT]: starts t/host/bmc, and configures it as the backend.
start_bmc() {
	[ -f cert ] || openssl req -x509 -newkey ec -pkeyopt \
		ec_paramgen_curve:P-256 -nodes -keyout cert -out cert.pem -days 2 \
		-subj /CN=bmc -addext subjectAltName=DNS:localhost 2>/dev/null
	cat cert.pem >>cert
	rm -f port
	background "$TOP/t/host/bmc" cert changes "$@" >port
	wait_until 20 test -s port
	# shellcheck disable=SC1003 # a backslash
	(umask 077 && echo 'pass"w\ord' >pw)
	conf "host = redfish https://localhost:$(cat port)" "host_user = admin" \
		"host_password_file = $PWD/pw" "host_cacert = $PWD/cert.pem"
}

@test "redfish: another BMC's power and boot override" {
	start_bmc
	shows . '{"schema":1,"power":"off","actions":["on","off","shutdown","reset","cycle"],"boot":{"target":"none","enabled":"disabled","mode":"uefi"},"targets":["none","cd","usb","pxe","http","hdd","bios"],"modes":["uefi","legacy"]}'
	host boot cd -m legacy
	grep -F 'PATCH 1 {"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Cd", "BootSourceOverrideMode": "Legacy"}}' changes
	shows '.boot | [.target, .enabled, .mode] | join(" ")' "cd once legacy"
	host boot http --always
	shows '.boot | [.target, .enabled] | join(" ")' "http continuous"
	host on
	[ "$(host power)" = on ]
	host cycle
	[ "$(tail -n 1 changes)" = 'POST ComputerSystem.Reset {"ResetType": "PowerCycle"}' ]
	fails 69 host shutdown
	grep "HTTP status 400: The operating system does not listen" stderr
	host boot none
	shows .boot.enabled disabled
	fails 69 host restart
}

@test "redfish: what UefiHttp boots, where the other BMC takes it" {
	local url='https://h.example/a.efi?x=[1]&y=%20~'
	start_bmc uri
	shows '.boot | has("uri"), .uri' "$(printf 'true\nnull')"
	host boot http --uri "$url"
	[ "$(tail -n 1 changes)" = 'PATCH 1 {"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "UefiHttp", "HttpBootUri": "'"$url"'"}}' ]
	shows '.boot | [.target, .enabled, .uri] | join(" ")' "http once $url"
	[ "$(host boot)" = "http, once, uefi, $url" ]
	# Without --uri the URI stays; an empty one removes it.
	host boot http --always
	shows .boot.uri "$url"
	host boot http --uri ''
	[[ $(tail -n 1 changes) == *'"HttpBootUri": null}}' ]]
	shows .boot.uri null
	wc -l <changes >count
	fails 64 host boot cd --uri "$url"
	fails 64 host on --uri "$url"
	fails 64 host boot http --uri ftp://h.example/x
	fails 64 host boot http --uri 'http://h.example/"x'
	fails 64 host boot http --uri 'http://h.example/\x'
	fails 64 host boot http --uri $'http://h.example/\nx'
	fails 64 host boot http --uri 'http://h.example/a b'
	wc -l <changes | cmp - count
	cleanup
	start_bmc
	fails 69 host boot http --uri "$url"
	grep "this host takes no --uri" stderr
	shows '.boot | has("uri")' false
}

@test "redfish: the certificate by CA or by pin, the password, and the path" {
	local pin
	start_bmc
	echo wrong >pw
	fails 77 host
	grep "HTTP status 401: Log in first.: see host_user" stderr
	# shellcheck disable=SC1003 # a backslash
	echo 'pass"w\ord' >pw
	sed -i '/host_cacert/d' conf
	fails 77 host
	grep "set host_cacert or host_pin" stderr
	pin=$(openssl x509 -in cert.pem -pubkey -noout | openssl pkey -pubin \
		-outform der | openssl dgst -sha256 -binary | base64)
	echo "host_pin = sha256//$pin" >>conf
	shows .power off
	sed -i '/host_pin/d' conf
	echo "host_pin = sha256//$(head -c 32 /dev/zero | base64)" >>conf
	fails 77 host
	sed -i "s,^host = .*,&/redfish/v1/Systems/7,; /host_pin/d" conf
	echo "host_cacert = $PWD/cert.pem" >>conf
	fails 69 host
	grep "404" stderr
	conf "host = redfish https://localhost:1"
	fails 69 host
	conf "host = redfish https://nowhere.invalid"
	fails 68 host
}

@test "redfish: the password is in no argument list" {
	local real
	real=$(command -v curl)
	# shellcheck disable=SC2016 # for the program
	program curl 'tr "\0" "\n" </proc/$$/cmdline >>args' 'env >>args' \
		"exec $real \"\$@\""
	start_bmc
	host boot cd
	grep -q curl args
	not grep -F 'pass"w' args
}

@test "redfish: ETags that are stale, and resets in an ActionInfo" {
	start_bmc stale
	host boot cd
	[ "$(grep -c PATCH changes)" = 2 ]
	start_bmc always-stale
	host boot usb
	shows .boot.target usb
	start_bmc info
	shows .actions '["on","off","shutdown","reset","cycle"]'
}

@test "redfish: answers that are no help" {
	start_bmc none
	shows '[.power, .actions[], .targets[]] | join(" ")' off
	start_bmc two
	fails 78 host
	grep "such as https://localhost:[0-9]*/redfish/v1/Systems/1b" stderr
	start_bmc html
	fails 76 host
	start_bmc deep
	fails 76 host
	start_bmc huge
	fails 69 host
	grep "too large" stderr
	start_bmc busy
	fails 75 host
	start_bmc silent
	echo "host_timeout = 1" >>conf
	fails 75 host
}

@test "redfish: our own service, whose vm-door asks a command of the site" {
	site
	mv conf site.conf
	make_accounts
	start_door
	mkdir inner
	printf '%s\n' '#!/bin/sh' "export VM_CONF=$PWD/site.conf VM_RUN_DIR=$PWD/inner/run" \
		"exec $BUILD/bin/vm-host \"\$@\"" >programs/vm-host
	# The user nobody cannot reach vm-door's socket in a test's directory.
	start_redfish -u root
	(umask 077 && echo 0penBmc >pw)
	conf "host = redfish $BMC" "host_user = root" "host_password_file = $PWD/pw" \
		"host_cacert = $PWD/server.pem"
	shows . '{"schema":1,"power":"off","actions":["on","off","reset","cycle"],"boot":{"target":"none","enabled":"disabled","mode":null},"targets":["none","cd","usb","pxe"],"modes":[]}'
	host on
	[ "$(cat site/power)" = on ]
	[ "$(host power)" = on ]
	host boot cd
	[ "$(cat site/boot)" = "cd once" ]
	shows '.boot | [.target, .enabled] | join(" ")' "cd once"
	host boot usb --always
	[ "$(cat site/boot)" = "usb continuous" ]
	host reset
	[ "$(tail -n 1 site/log)" = reset ]
	host boot none
	[ "$(cat site/boot)" = "none disabled" ]
	fails 69 host nmi
}

# --- gpio -----------------------------------------------------------------
# Debian's kernel cannot simulate lines (it has no gpio-sim).

# start_gpio 1|2: makes tools of that version of libgpiod, which note how they
# are called. A long press of the power button switches off, a short press
# toggles the power.
start_gpio() {
	mkdir -p lines
	echo 0 >lines/good
	# shellcheck disable=SC2016 # for the program
	program gpioset 'cd "${0%/*}/../lines" || exit' 'case $1 in --version)' \
		"echo 'gpioset (libgpiod) v$1.6.3'; exit ;; esac" \
		'echo "set $*" >>log' \
		'case $* in *"-s 6"*"7=1" | *"6000ms"*"7=1") echo 0 >good ;;' \
		'*7=1) echo $((1 - $(cat good))) >good ;; esac'
	# shellcheck disable=SC2016
	program gpioget 'cd "${0%/*}/../lines" || exit' 'echo "get $*" >>log' \
		'cat good'
	program gpiofind "[ \$1 = GOOD ] && echo gpiochip2 9"
	conf "host = gpio" "host_gpio_power = gpiochip0 7 active-low" \
		"host_gpio_reset = gpiochip0 8" "host_gpio_good = GOOD"
}

@test "gpio: the buttons by the tools of libgpiod 1" {
	start_gpio 1
	shows '[.power, .actions[], .targets[]] | join(" ")' \
		"off on off shutdown cycle reset"
	host on
	[ "$(grep set lines/log)" = "set -l -m time -s 0 -u 500000 gpiochip0 7=1
set -l gpiochip0 7=0" ]
	grep -x "get gpiochip2 9" lines/log
	host reset
	[ "$(tail -n 2 lines/log)" = "set -m time -s 0 -u 500000 gpiochip0 8=1
set gpiochip0 8=0" ]
	host off
	[ "$(host power)" = off ]
	fails 69 host boot cd
}

@test "gpio: the buttons by the tools of libgpiod 2" {
	start_gpio 2
	host on
	grep -x "get --numeric GOOD" lines/log
	grep -x "set -l -t 500ms,0 -c gpiochip0 7=1" lines/log
	host cycle
	grep -x "set -l -t 6000ms,0 -c gpiochip0 7=1" lines/log
	[ "$(host power)" = on ]
	# Without the line that reports the power, the effect of a press is
	# unknown.
	sed -i '/good/d' conf
	shows '[.power, .actions[]] | map(tostring) | join(" ")' "null reset"
}

# --- doctor, --boot-once --------------------------------------------------

@test "doctor: what the backend needs" {
	local vmctl="$BUILD/bin/vmctl"
	conf "host = command $PWD/bin/none"
	run "$vmctl" doctor
	grep "host (line 1): there is no program $PWD/bin/none" <<<"$output"
	echo secret >pw
	conf "host = ipmitool -H 127.0.0.1" "host_password_file = $PWD/pw"
	chmod 644 pw
	run "$vmctl" doctor
	grep "other users can read it: type chmod 600 $PWD/pw" <<<"$output"
	site
	run "$vmctl" doctor
	grep "^ok    host: off, by command" <<<"$output"
	conf "slots = cd"
	run "$vmctl" doctor
	not grep "host:" <<<"$output"
}
