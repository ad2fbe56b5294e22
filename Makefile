# SPDX-License-Identifier: BSD-2-Clause
# vmedia. `make help` lists the targets.
#
# To add a program, add its file: bin/NAME.c is a program, lib/*/*.c go into
# libvm.a, plugins/ into the nbdkit plugin or its modules, scripts/vm* are
# installed as they are, t/*.c, t/hostile and t/wan are tools of the tests,
# t/unit/*.c are unit tests, and bin/small is several programs in one (SMALL=1).
# The build tree mirrors the installed one ($(O)/bin, $(O)/lib/vmedia), so every
# program runs in place.

VERSION = 0.1.0
# When this version was made (date -u +%s): a clock that is earlier is wrong.
RELEASE_TIME = 1795132800
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SAN ?=
# The parts: the page, WebSockets, Redfish, the image store, network boot. 0
# leaves a part out. SOURCES names the modules of vm-fetchd besides `file`;
# if it is unset, they are those whose libraries are installed.
WEB ?= 1
WS ?= 1
REDFISH ?= 1
IMAGES ?= 1
NETBOOT ?= 1
# 1: vm-door also takes accounts whose passwords PAM checks (libpam0g-dev).
PAM ?= 0
# 1: for a firmware: several programs are links to one, vm-small; make install
# leaves comments out of scripts, and compresses the page.
SMALL ?= 0
O ?= build$(SAN:1=/san)$(patsubst %,/pam,$(filter 1,$(PAM)))

CC ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
# CPPFLAGS, CFLAGS and LDFLAGS are the user's; ALL_* add what the build needs.
# In an optimised build without sanitizers, the C library checks known lengths.
ifeq ($(SAN)$(findstring sanitize,$(CFLAGS))$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) \
    $(CFLAGS)),)
FORTIFY = $(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif
ALL_CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -DVERSION='"$(VERSION)"' \
	-DRELEASE_TIME=$(RELEASE_TIME)L -Ilib -Iplugins $(FORTIFY) $(CPPFLAGS)
ALL_CFLAGS = -std=c11 -fPIC -pthread -Wall -Wextra -Wformat=2 -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla \
	-fstack-protector-strong $(SECTIONS) $(CFLAGS) $(SANFLAGS)
ifeq ($(SAN),1)
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=all
endif
# The linker drops the functions and data that a program does not use.
SECTIONS = -ffunction-sections -fdata-sections
ALL_LDFLAGS = -Wl,-z,relro -Wl,-z,now -Wl,--gc-sections $(LDFLAGS)

# What each program needs beyond libvm.a: pkg-config names, then plain flags.
PKGS_vm-drive = libseccomp
PKGS_vm-nbd-attach = libnbd libmnl libseccomp
LIBS_vm-nbd-attach = -lbearssl
PKGS_vm-door = jansson
LIBS_vm-door = -lbearssl -lcrypt $(patsubst 1,-lpam,$(filter 1,$(PAM)))
LIBS_vm-import = -lbearssl
LIBS_vm-user = -lcrypt $(patsubst 1,-lpam,$(filter 1,$(PAM)))
PKGS_vm-redfish = jansson libseccomp
PKGS_vm-upload = jansson libseccomp
LIBS_vm-upload = -lbearssl
PKGS_vm-ws-proxy = libseccomp
LIBS_vm-ws-proxy = -lbearssl
PKGS_vm-dhcp-probe = libseccomp
PKGS_vm-netboot-http = libseccomp
PKGS_vm-netboot-log = libseccomp
PKGS_vm-probe = libnbd
PKGS_plugin = libcurl libseccomp
PKGS_nfs = libnfs
PKGS_smb = smbclient
PKGS_t = libnbd

# The files of each part: programs, shell parts, pages, units.
of_WEB = vmedia-certificate.service
of_WS = vm-ws-proxy vm-ws-proxy.service vm-ws-proxy.socket
of_REDFISH = vm-redfish vm-redfish.service vm-redfish.socket
of_IMAGES = vm-image vm-image-keys vm-import vm-upload vm-upload.service vm-upload.socket \
	vmedia-export@.service vmedia-fetch@.service vmedia-image-gc.service \
	vmedia-image-gc.timer vmedia-sftp.service \
	$(filter-out image-store.sh,$(notdir $(wildcard scripts/lib/image-*.sh)))
of_NETBOOT = vm-dhcp-probe vm-netboot vm-netboot-conf vm-netboot-http vm-netboot-log \
	vm-netboot-script vmedia-netboot@.service $(notdir $(wildcard scripts/lib/netboot-*.sh))
of_door = vm-door vm-door.service vm-door.socket vm-user
parts = WEB WS REDFISH IMAGES NETBOOT
$(foreach p,$(parts) PAM SMALL,$(if $(filter-out 0 1,$($(p)))$(if $($(p)),,x),$(error \
    $(p)=$($(p)): it is 0 or 1)))
has_door := $(if $(filter 1,$(REDFISH) $(IMAGES)),1,0)
left_out := $(foreach p,$(parts),$(if $(filter 0,$($(p))),$(of_$(p)))) \
	$(if $(filter 0,$(has_door)),$(of_door))
kept = $(filter-out $(left_out),$(1))

progs := $(call kept,$(notdir $(basename $(wildcard bin/*.c))))
linked := $(if $(filter 1,$(SMALL)),$(filter vm-connect vm-fetchd vm-gadget vm-lock \
	vm-probe vm-slot,$(progs)))
scripts := $(call kept,$(filter-out %.conf,$(notdir $(wildcard scripts/vm*))))
# Without vm-door, leave out the objects that need jansson and libcrypt.
libobjs := $(patsubst %.c,$(O)/obj/%.o,$(filter-out $(if $(filter 0,$(has_door)), \
	lib/door/% lib/redfish/% lib/upload/%),$(wildcard lib/*/*.c)))
ifeq ($(origin SOURCES),undefined)
SOURCES := $(foreach m,nfs smb,$(shell $(PKG_CONFIG) --exists $(PKGS_$(m)) 2>/dev/null && \
	echo $(m)))
endif
ifneq ($(filter-out nfs smb,$(SOURCES)),)
$(error SOURCES=$(SOURCES): there is no $(filter-out nfs smb,$(SOURCES)), use nfs and smb)
endif
modsrcs := file $(SOURCES)
threaded := $(patsubst %.c,$(O)/obj/%.o,$(wildcard plugins/sources/threaded*.c))
plugobjs := $(patsubst %.c,$(O)/obj/%.o,$(wildcard plugins/*.c \
	plugins/engine/*.c plugins/sources/http*.c))
tools := $(patsubst %.c,$(O)/%,$(wildcard t/*.c)) $(addprefix $(O)/t/,hostile wan)
units := $(patsubst %.c,$(O)/%,$(wildcard t/unit/*.c))
plugin := $(O)/lib/vmedia/nbdkit-vm-fetchd-plugin.so
modules := $(patsubst %,$(O)/lib/vmedia/vm-source-%.so,$(modsrcs))
files := $(filter-out $(linked),$(progs)) $(if $(linked),vm-small)
bins := $(addprefix $(O)/bin/,$(files) $(scripts))
shlibs := $(addprefix $(O)/lib/vmedia/,$(call kept,$(notdir $(wildcard scripts/lib/*.sh))))
mans := $(filter-out $(foreach p,$(left_out),man/$(p).1 man/$(p).8),$(wildcard man/*.[0-9]))
installed_units := $(call kept,$(notdir $(wildcard scripts/systemd/*)))

# The libraries for all that: package:library (pkg-config) or package:header.
needs := $(sort libcurl4-openssl-dev:libcurl libseccomp-dev:libseccomp \
	libbearssl-dev:bearssl.h libnbd-dev:libnbd libmnl-dev:libmnl \
	nbdkit-plugin-dev:nbdkit-plugin.h \
	$(if $(filter nfs,$(SOURCES)),libnfs-dev:libnfs) \
	$(if $(filter smb,$(SOURCES)),libsmbclient-dev:smbclient) \
	$(if $(filter 1,$(has_door)),libcrypt-dev:crypt.h libjansson-dev:jansson \
	$(if $(filter 1,$(PAM)),libpam0g-dev:security/pam_appl.h)))
libraries := $(O)/obj/has-$(subst $(eval) ,+,$(foreach n,$(needs),$(firstword $(subst :, ,$(n)))))

pkg = $(if $(1),$(shell $(PKG_CONFIG) $(2) $(1)))
Q = $(if $(V),,@echo '  $(1)	$@';)

# Files of an older source, which nothing makes any more; only in our own trees.
stale = $(if $(filter build%,$(O)),$(filter-out $(bins) $(shlibs) $(plugin) $(modules) $(units) \
	$(O)/bin/nbdkit,$(wildcard $(O)/bin/* $(O)/lib/vmedia/* $(O)/t/unit/*)))

all: $(bins) $(shlibs) $(plugin) $(modules) $(if $(SAN),$(O)/bin/nbdkit)
	$(if $(stale),@rm -f $(stale))
tests: all $(tools) $(units)
$(if $(filter tests check,$(MAKECMDGOALS)),$(if $(strip $(left_out)),$(error \
    make $(MAKECMDGOALS): the tests need all parts: leave $(parts) as they are)))
# All that is compiled, without linking it.
objects: $(patsubst %.c,$(O)/obj/%.o,$(wildcard bin/*.c bin/*/*.c t/*.c t/hostile/*.c t/wan/*.c t/unit/*.c)) $(libobjs) \
    $(plugobjs) $(threaded) $(addprefix $(O)/obj/plugins/sources/,$(addsuffix .o,module $(modsrcs)))

$(O)/obj/lib/door/pam.o: ALL_CPPFLAGS += $(patsubst 1,-DWITH_PAM,$(filter 1,$(PAM)))
# Report missing libraries before anything is compiled.
$(libraries):
	@mkdir -p $(@D)
	@for need in $(needs); do \
	    case $$need in \
	    *.h) echo "#include <$${need#*:}>" | \
		$(CC) $(ALL_CPPFLAGS) $(CFLAGS) -x c -fsyntax-only - 2>/dev/null ;; \
	    *) $(PKG_CONFIG) --exists $${need#*:} ;; \
	    esac || { \
		echo "make: unable to find $${need#*:}: install $${need%:*} (Debian), or" \
		    "leave out what needs it: see make help" >&2; \
		exit 1; \
	    }; \
	done
	@touch $@

$(O)/obj/%.o: %.c | $(libraries)
	@mkdir -p $(@D)
	$(call Q,CC)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/libvm.a: $(libobjs)
	$(call Q,AR)rm -f $@ && $(AR) rcs $@ $^

$(addprefix $(O)/bin/,$(progs)): $(O)/bin/%: $(O)/obj/bin/%.o $(O)/libvm.a
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ \
	    $(call pkg,$(PKGS_$*),--libs) $(LIBS_$*)

$(O)/obj/bin/small/%.o: ALL_CFLAGS += -Wno-missing-prototypes
$(O)/obj/bin/small/%.o: bin/%.c | $(libraries)
	@mkdir -p $(@D)
	$(call Q,CC)$(CC) $(ALL_CPPFLAGS) -Dmain=$(subst -,_,$*)_main $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(O)/bin/vm-small: $(patsubst %,$(O)/obj/bin/small/%.o,vm-small $(linked)) $(O)/libvm.a
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(call pkg,libnbd,--libs)

$(addprefix $(O)/bin/,$(scripts)): $(O)/bin/%: scripts/%
$(shlibs): $(O)/lib/vmedia/%: scripts/lib/%
$(addprefix $(O)/bin/,$(scripts)) $(shlibs):
	@mkdir -p $(@D)
	$(call Q,LN)ln -sf $(abspath $<) $@

$(plugin): $(plugobjs) $(O)/libvm.a plugins/nbdkit.syms
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -shared -o $@ \
	    -Wl,--version-script=plugins/nbdkit.syms \
	    $(plugobjs) $(O)/libvm.a $(call pkg,$(PKGS_plugin),--libs) -lbearssl

$(modules): $(O)/lib/vmedia/vm-source-%.so: $(O)/obj/plugins/sources/%.o \
    $(O)/obj/plugins/sources/module.o $(threaded) $(O)/libvm.a \
    plugins/sources/source.syms
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -shared -o $@ \
	    -Wl,--version-script=plugins/sources/source.syms \
	    $(filter %.o %.a,$^) $(call pkg,$(PKGS_$*),--libs)

$(foreach m,$(modsrcs),$(eval $(O)/obj/plugins/sources/$(m).o: ALL_CPPFLAGS += \
    $(call pkg,$(PKGS_$(m)),--cflags)))

# nbdkit itself is not sanitized, so a sanitized plugin needs the run-time
# loaded first. Leaks at exit would be nbdkit's own (of a connection that is
# open when nbdkit is told to end): valgrind looks for leaks of the plugin.
$(O)/bin/nbdkit: Makefile
	@mkdir -p $(@D)
	printf '#!/bin/sh\n%s LD_PRELOAD=%s exec %s "$$@"\n' \
	    'ASAN_OPTIONS=$$ASAN_OPTIONS:detect_leaks=0' "$$($(CC) -print-file-name=libasan.so)" "$$(command -v nbdkit)" >$@
	chmod +x $@

# A tool is t/NAME.c or, in parts, t/NAME/*.c.
.SECONDEXPANSION:
$(tools): $(O)/t/%: $$(addprefix $(O)/obj/,$$(addsuffix .o,$$(basename $$(wildcard t/$$*.c t/$$*/*.c)))) $(O)/libvm.a
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ \
	    $(call pkg,$(PKGS_t),--libs)

# Unit tests are also linked to the plugin's parts, except its nbdkit callbacks.
$(units): $(O)/t/unit/%: $(O)/obj/t/unit/%.o \
    $(filter-out $(addprefix %/,plugin.o config.o control.o download.o expected-sum.o \
	image-source.o open-image.o verify.o), \
    $(plugobjs)) $(threaded) $(O)/libvm.a
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ \
	    $(call pkg,$(PKGS_plugin) jansson libmnl libnbd,--libs) -lbearssl -lcrypt

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)

# Each fuzzer (libFuzzer) is a program of its own, with sources and a corpus.
fuzzed_accounts = lib/door/accounts.c lib/base/number.c
fuzzed_bot = lib/bot/bot.c
fuzzed_cgi = lib/http/cgi.c $(addprefix lib/base/,clock.c netstring.c number.c)
fuzzed_http-response = plugins/sources/http-response.c plugins/sources/http-error.c
fuzzed_dhcp = $(addprefix lib/netboot/,datagram.c dhcp.c event.c) \
	$(addprefix lib/base/,shown.c utf8.c)
fuzzed_netboot-http = $(addprefix lib/netboot/,neighbours.c path.c range.c) lib/base/hex.c
fuzzed_netboot-log = $(wildcard lib/netboot/event*.c) lib/netboot/neighbours.c \
	$(addprefix lib/base/,hex.c number.c shown.c utf8.c)
fuzzed_image = $(wildcard lib/image/*.c) lib/base/utf8.c
fuzzed_pem = lib/tls/pem.c
fuzzed_redfish = $(wildcard lib/redfish/*.c lib/base/*.c lib/gadget/*.c lib/http/*.c \
	lib/image/*.c lib/unix/*.c) $(addprefix lib/door/,request.c wire.c) \
	$(addprefix lib/drive/,ask.c place.c) \
	$(addprefix lib/slot/,event-log.c progress.c state.c)
fuzzed_scsi = $(wildcard lib/scsi/*.c)
fuzzed_tus = $(wildcard lib/tus/*.c) $(addprefix lib/base/,base64.c control.c number.c)
fuzzed_url = $(addprefix lib/base/,hex.c number.c secret.c url.c url-typed.c utf8.c)
fuzzed_ws-frame = lib/ws/frame.c
fuzzed_ws-handshake = lib/http/headers.c $(addprefix lib/ws/,accept-key.c \
	handshake.c upgrade.c)
fuzzers := $(patsubst t/fuzz/%.c,$(O)/fuzz/%,$(wildcard t/fuzz/*.c))
$(fuzzers): $(O)/fuzz/%: t/fuzz/%.c $$(fuzzed_$$*) $(wildcard lib/*/*.h plugins/*/*.h)
	@mkdir -p $(@D)
	$(call Q,FUZZ)clang -g -O1 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all $(filter-out $(FORTIFY),$(ALL_CPPFLAGS)) -o $@ $(filter %.c,$^) \
	    $(call pkg,jansson libcurl libseccomp,--libs) -lbearssl

# --- what people type ---------------------------------------------------

help:
	@echo 'make [all]     build into $(O)/; programs run from $(O)/bin'
	@echo 'make check     build and test all (SAN=1: with sanitizers)'
	@echo 'make lint      warnings, shellcheck, mandoc, clang-format, cppcheck'
	@echo 'make bench     measure beside the peers (ROWS=...: only those)'
	@echo 'make soak      hours, most in the virtual machine (SOAKS=$(SOAKS), SEED=)'
	@echo 'make size      each file and library, and sums (TARGET=armhf: for 32-bit ARM)'
	@echo 'make fuzz      the parsers, FUZZ_SECONDS=600 each'
	@echo 'make demo      the main job, on this machine alone'
	@echo 'make demo-bmc  the same, on an emulated BMC with a 32-bit ARM'
	@echo 'make demo-web  the page and Redfish, to try them (PORT=8443)'
	@echo 'make build-deps  install what is missing to build and run (Debian; be root)'
	@echo 'make deps      the same, and what the tests need'
	@echo 'make install   into DESTDIR, PREFIX ($(PREFIX)), SYSCONFDIR'
	@echo 'make uninstall remove that again, but not the configuration'
	@echo 'make deb       Debian packages of what is committed, into build/deb'
	@echo '               (DEB_ARCH=armhf: for another architecture;'
	@echo '               DEB_ROOT=/DIR: with the libraries of the machine in DIR)'
	@echo 'make dist      vmedia-$(VERSION).tar.gz; make clean'
	@echo
	@echo 'What is built and installed. A library that is asked for must be there:'
	@echo '  SOURCES="nfs smb"  modules of vm-fetchd, beside the local file;'
	@echo '                     "" is none, and unset those whose libraries are here'
	@echo '  WEB=0      not the web page'
	@echo '  WS=0       not vm-ws-proxy: no image from a browser or vmctl serve wss://'
	@echo '  REDFISH=0  not vm-redfish'
	@echo '  IMAGES=0   not the image store: vm-image, vm-upload'
	@echo '  NETBOOT=0  not vm-netboot'
	@echo '             (vm-door and vm-user come with REDFISH or IMAGES)'
	@echo '  PAM=1      accounts may have their passwords by PAM'
	@echo '  SMALL=1    for a firmware: less in /usr/bin, no comments, the page by gzip'
	@echo 'CC, CPPFLAGS, CFLAGS, LDFLAGS and PKG_CONFIG are yours. V=1 prints commands.'

deps:
	@t/deps

build-deps:
	@t/deps t/build-packages

check: deps
	@$(MAKE) --no-print-directory tests
	@VM_BUILD=$(abspath $(O)) t/run $(TESTS)

bench: deps
	@t/deps t/bench/packages
	@$(MAKE) --no-print-directory tests
	@VM_BUILD=$(abspath $(O)) t/bench/run $(ROWS)

SOAKS = autopkgtest bmc closure disks drive faults kills piuparts random small upload
soak: deps
	@$(MAKE) --no-print-directory tests
	@for soak in $(SOAKS); do \
	    vm="t/vm/vm-run -t 10800 $$(sed -n 's/^# vm-run: //p' t/soak/$$soak)"; \
	    case $$soak in autopkgtest | bmc | closure | piuparts | upload) vm= ;; esac; \
	    $$vm env VM_BUILD=$(abspath $(O)) VM_RUN=1 SEED=$(SEED) \
	        PHASES=$(PHASES) KILLS=$(KILLS) DRIVE=$(DRIVE) STEPS=$(STEPS) \
	        VERBOSE=$(VERBOSE) t/soak/$$soak || exit; \
	done

# The sizes of what is installed and its libraries: here, or for TARGET=armhf.
STRIP ?= strip
READELF ?= readelf
NBDKIT ?= $(shell PATH=$$PATH:/usr/sbin command -v nbdkit)
ifeq ($(TARGET),armhf)
size: deps
	@MAKEFLAGS= BUILD=$(abspath $(O)) TOP=$(CURDIR) bash -c '. t/armhf.bash && target_root && target_make SMALL=$(SMALL) size'
else ifneq ($(TARGET),)
size:
	$(error TARGET=$(TARGET): use armhf, or none for this machine)
else
size: all
	@rm -rf $(O)/size
	@$(MAKE) --no-print-directory install DESTDIR=$(abspath $(O))/size PREFIX=/usr >/dev/null
	@OF_REDFISH='$(of_REDFISH)' OF_DOOR='$(of_door)' OF_IMAGES='$(of_IMAGES)' \
	    OF_NETBOOT='$(of_NETBOOT)' CC='$(CC)' CFLAGS='$(CFLAGS)' STRIP='$(STRIP)' \
	    READELF='$(READELF)' NBDKIT='$(NBDKIT)' t/size $(O)/size
endif

FUZZ_SECONDS = 600
fuzz: deps
	@$(MAKE) --no-print-directory fuzzers
	@for name in $(notdir $(fuzzers)); do \
	    mkdir -p $(O)/fuzz/found-$$name && \
	    $(O)/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) \
	        -print_final_stats=1 -verbosity=0 -max_len=65536 \
	        -artifact_prefix=$(O)/fuzz/ $(O)/fuzz/found-$$name \
	        t/fuzz/corpus/$$name || exit; \
	done
fuzzers: $(fuzzers)

demo: deps
	@$(MAKE) --no-print-directory all
	@VM_BUILD=$(abspath $(O)) t/demo
demo-bmc: deps
	@VM_BUILD=$(abspath $(O)) t/demo-bmc
demo-web: deps
	@$(MAKE) --no-print-directory all
	@VM_BUILD=$(abspath $(O)) t/demo-web $(PORT)

shfiles := $(addprefix scripts/,$(scripts)) t/run t/size t/small-libraries t/deps t/demo t/demo-iso t/demo-web t/page/ready t/redfish/host t/redfish/shell t/vm/vm-run t/vm/pc t/vm/client t/soak/disks t/soak/small t/soak/upload \
	.ci/run t/deb/build t/deb/installed scripts/debian/check $(wildcard scripts/debian/*.p[or]*) \
	$(addprefix scripts/debian/tests/,column serve)
shfiles += t/vm/bmc-run t/soak/bmc $(wildcard t/bmc/*)
page := $(wildcard $(addprefix scripts/web/,*.* */*.* */*/*.*))
jsfiles := $(filter %.js,$(page)) $(wildcard t/page/*.mjs t/page/*/*.mjs)
cfiles := $(wildcard bin/*.[ch] bin/*/*.[ch] lib/*/*.[ch] plugins/*.[ch] plugins/*/*.[ch] t/*.[ch] t/hostile/*.[ch] t/wan/*.[ch] t/unit/*.[ch] t/fuzz/*.c)

lint: deps
	@$(MAKE) --no-print-directory O=$(O)/lint-gcc CC=gcc \
	    CFLAGS='-O2 -Werror' objects
	@$(MAKE) --no-print-directory O=$(O)/lint-clang CC=clang \
	    CFLAGS='-O2 -Werror' objects
	shellcheck -x -s sh $(shfiles)
	shellcheck -x -s bash -e SC2034,SC2119,SC2154 t/*.bash t/bench/run t/bench/insert t/bench/drive t/demo-bmc t/soak/[!bpsu]* t/soak/piuparts \
	    scripts/completion/vmctl
	shellcheck -s bats -i SC2314,SC2315 $(shell find t -name '*.bats' -type f)
	! mandoc -T lint $(mans) 2>/dev/null | grep -v 'manual not found'
	for file in $(jsfiles); do \
	    node --check --input-type=module - <$$file || exit; \
	done
	clang-format --dry-run -Werror $(cfiles)
	cppcheck -q --enable=warning,performance,portability --inline-suppr \
	    --error-exitcode=1 --suppress=missingIncludeSystem \
	    -Ilib -Iplugins -D_GNU_SOURCE -DVERSION='""' \
	    '-DTAILQ_FOREACH(v,h,e)=for((v)=(h)->tqh_first;v;(v)=(v)->e.tqe_next)' \
	    -DRELEASE_TIME=$(RELEASE_TIME)L $(filter %.c,$(cfiles))

BINDIR = $(DESTDIR)$(PREFIX)/bin
LIBDIR = $(DESTDIR)$(PREFIX)/lib/vmedia
MANDIR = $(DESTDIR)$(PREFIX)/share/man

# Files for the web server and for sshd, as FILE:WHERE, below share/vmedia.
served = $(if $(filter 1,$(WEB) $(WS) $(REDFISH)),lighttpd/vmedia.conf:lighttpd.conf \
	nginx/server.conf:nginx/server.conf nginx/vmedia.conf:nginx/vmedia.conf)
shared = $(served) $(if $(filter 1,$(IMAGES)),sshd/sshd_config:sshd/sshd_config \
	sshd/vmedia.conf:sshd/vmedia.conf)

ifeq ($(V),)
.SILENT: install uninstall
endif
install: all
	install -d $(BINDIR) $(LIBDIR) $(DESTDIR)$(UNITDIR) \
	    $(DESTDIR)$(SYSCONFDIR)/vmedia \
	    $(DESTDIR)$(PREFIX)/share/vmedia
	install $(addprefix $(O)/bin/,$(files)) \
	    $(addprefix scripts/,$(scripts)) $(BINDIR)
	for name in $(linked); do ln -sf vm-small $(BINDIR)/$$name || exit; done
	for part in $(notdir $(shlibs)); do \
	    sed 's,/etc/vmedia,$(SYSCONFDIR)/vmedia,' scripts/lib/$$part \
		>$(LIBDIR)/$$part && chmod 644 $(LIBDIR)/$$part || exit; \
	done
	for file in $(if $(filter 1,$(SMALL)),$(addprefix $(BINDIR)/,$(scripts)) \
	    $(addprefix $(LIBDIR)/,$(notdir $(shlibs)))); do \
	    awk -f scripts/small.awk $$file >$$file.small && \
	    cat $$file.small >$$file && rm $$file.small || exit; \
	done
	install -m 644 $(plugin) $(modules) $(LIBDIR)
	for page in $(mans); do \
	    install -D -m 644 $$page $(MANDIR)/man$${page##*.}/$${page##*/}; \
	done
	for unit in $(installed_units); do \
	    sed 's,@BINDIR@,$(PREFIX)/bin,g;s,@SYSCONFDIR@,$(SYSCONFDIR),g' \
		scripts/systemd/$$unit >$(DESTDIR)$(UNITDIR)/$$unit || exit; \
	done
	for file in $(if $(filter 1,$(WEB)),$(page:scripts/%=%)); do \
	    install -D -m 644 scripts/$$file \
		$(DESTDIR)$(PREFIX)/share/vmedia/$$file || exit; \
	    [ $(SMALL) = 0 ] || gzip -9nf $(DESTDIR)$(PREFIX)/share/vmedia/$$file || exit; \
	done
	for file in $(shared); do \
	    install -d $(DESTDIR)$(PREFIX)/share/vmedia/$$(dirname $${file#*:}) && \
	    sed '$(if $(filter 1,$(SMALL)),s/#SMALL //,/#SMALL /d);s,@PREFIX@,$(PREFIX),g;s,/etc/vmedia,$(SYSCONFDIR)/vmedia,g' \
		scripts/$${file%:*} \
		>$(DESTDIR)$(PREFIX)/share/vmedia/$${file#*:} || exit; \
	done
	rm -rf $(DESTDIR)$(PREFIX)/share/vmedia/lighttpd-errors
	[ -z '$(served)' ] || \
	    cp -RP scripts/lighttpd/errors $(DESTDIR)$(PREFIX)/share/vmedia/lighttpd-errors
	install -d $(DESTDIR)$(SYSCONFDIR)/vmedia/hooks.d
	install -D -m 644 scripts/completion/vmctl \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vmctl
	install -D -m 644 scripts/completion/_vmctl \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_vmctl
	install -D -m 644 scripts/completion/vmctl.fish \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/vmctl.fish
	[ '$(PAM)-$(has_door)' != 1-1 ] || [ -e $(DESTDIR)$(SYSCONFDIR)/pam.d/vmedia ] || \
	    install -D -m 644 scripts/pam.d/vmedia $(DESTDIR)$(SYSCONFDIR)/pam.d/vmedia
	[ -e $(DESTDIR)$(SYSCONFDIR)/vmedia/vmedia.conf ] || \
	    install -m 644 scripts/vmedia.conf $(DESTDIR)$(SYSCONFDIR)/vmedia

# The files in SYSCONFDIR stay, because they are the user's by now.
uninstall:
	rm -f $(addprefix $(BINDIR)/,$(progs) $(scripts) vm-small)
	rm -rf $(LIBDIR) $(DESTDIR)$(PREFIX)/share/vmedia
	for page in $(mans); do \
	    rm -f $(MANDIR)/man$${page##*.}/$${page##*/}; \
	done
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(wildcard scripts/systemd/*)))
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vmctl \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_vmctl \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/vmctl.fish

# The committed tree, with the packaging where dpkg-buildpackage wants it.
deb:
	rm -rf build/deb
	mkdir -p build/deb
	git archive --prefix=vmedia-$(VERSION)/ HEAD | tar -x -C build/deb
	mv build/deb/vmedia-$(VERSION)/scripts/debian build/deb/vmedia-$(VERSION)/debian
	cd build/deb/vmedia-$(VERSION) && \
	    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u O -u SAN -u PAM \
	        dpkg-buildpackage -b -us -uc $(if $(DEB_ARCH),-a$(DEB_ARCH)) \
	            $(if $(DEB_ROOT),-d)

dist:
	git archive --prefix=vmedia-$(VERSION)/ -o vmedia-$(VERSION).tar.gz HEAD

clean:
	rm -rf build vmedia-*.tar.gz

.PHONY: all tests size objects help deps build-deps check bench soak fuzz fuzzers demo \
	demo-bmc demo-web lint install uninstall deb dist clean
