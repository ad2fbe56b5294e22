# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The rows of Redfish, for t/bench/run.
# shellcheck source=t/door.bash
. t/door.bash
# shellcheck source=t/web.bash
. t/web.bash

# each_ms COUNT COMMAND...: runs the command COUNT times; prints the
# milliseconds that one run takes.
each_ms() {
	local count=$1 from
	shift
	from=$(date +%s%N)
	for ((i = 0; i < count; i++)); do
		"$@" >/dev/null
	done
	calc "($(date +%s%N) - $from) / 1e6 / $count"
}

# get_by_cgi PATH: vm-redfish answers root, started as by a web server.
get_by_cgi() {
	GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET REQUEST_URI=$1 \
		HTTP_AUTHORIZATION="Basic cm9vdDowcGVuQm1j" \
		vm-redfish -u root
}

# get_by_nginx COUNT PATH: prints the milliseconds of one GET, the mean of COUNT
# over one TLS connection.
get_by_nginx() {
	local from i
	for ((i = 0; i < $1; i++)); do
		printf '%s\n' "url = $AT$2" "output = /dev/null"
	done >urls
	from=$(date +%s%N)
	"${CURL[@]}" -f -u root:0penBmc -K urls || return
	calc "($(date +%s%N) - $from) / 1e6 / $1"
}

# row_redfish: a GET of a live slot, compared with a CGI program that does
# nothing; and an insertion, compared with the same insertion by vmctl in the
# virtual machine.
row_redfish() {
	local slot=/redfish/v1/Systems/system/VirtualMedia/Slot_0 empty get nginx
	local count=$((SIZE >> 20)) mounts inserts HTTP='' HTTPS=''
	mkdir redfish && cd redfish || return
	start_service
	asks ok verb=mount user=root password=0penBmc peer=127.0.0.1 slot=0 \
		image=https://example.org/one.iso || return
	empty=$(each_ms "$count" cgi)
	get_by_cgi "$slot" | grep -q '"Inserted":true' || return
	get=$(each_ms "$count" get_by_cgi "$slot")
	nginx=$(get_by_nginx "$count" "$slot")
	row redfish "GET of a live slot by CGI: $get ms" "an empty CGI $empty ms" \
		"3 times" "$get <= 3 * $empty"
	row redfish "the same by nginx and SCGI: $nginx ms" "" "" ""
	cd "$TOP" || return
	read -r mounts inserts < <(t/vm/vm-run -c 1 -m 1536 -t 600 \
		env VM_BUILD="$VM_BUILD" t/bench/insert 5 2>"$DIR/vm.log")
	cd "$DIR" || return
	row redfish "InsertMedia: ${inserts:=n/a} s" "vmctl mount ${mounts:=n/a} s" \
		"1 s more" "$inserts <= $mounts + 1"
}
