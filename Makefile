# SPDX-License-Identifier: BSD-2-Clause
# vmedia. `make help` lists the targets.
#
# Adding a program is adding a file: bin/NAME.c is a program, lib/*.c go into
# libvm.a, plugins/*.c into the nbdkit plugin, scripts/vm* are installed as
# they are, t/*.c are tools of the tests and t/unit/*.c their unit tests. The
# build tree mirrors the installed one ($(O)/bin, $(O)/lib/vmedia), so every
# program runs in place.

VERSION = 0.1.0
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SAN ?=
O ?= build$(SAN:1=/san)

CC ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DVERSION='"$(VERSION)"' \
	-Ilib -Iplugins
ALL_CFLAGS = -std=c11 -fPIC -pthread -Wall -Wextra -Wformat=2 -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla \
	-fstack-protector-strong $(CFLAGS) $(SANFLAGS)
ifeq ($(SAN),1)
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=all
endif

# What each program needs beyond libvm.a: pkg-config names, then plain flags.
PKGS_vm-nbd-attach = libnbd libmnl
LIBS_vm-nbd-attach = -lbearssl
PKGS_vm-probe = libnbd
PKGS_plugin = libcurl
PKGS_t = libnbd

progs := $(notdir $(basename $(wildcard bin/*.c)))
scripts := $(notdir $(wildcard scripts/vm*))
libobjs := $(patsubst %.c,$(O)/%.o,$(wildcard lib/*.c))
plugobjs := $(patsubst %.c,$(O)/%.o,$(wildcard plugins/*.c))
tools := $(patsubst %.c,$(O)/%,$(wildcard t/*.c))
units := $(patsubst %.c,$(O)/%,$(wildcard t/unit/*.c))
plugin := $(O)/lib/vmedia/nbdkit-vm-fetchd-plugin.so
bins := $(addprefix $(O)/bin/,$(progs) $(scripts))
mans := $(wildcard man/*.[0-9])

pkg = $(if $(1),$(shell $(PKG_CONFIG) $(2) $(1)))
Q = $(if $(V),,@echo '  $(1)	$@';)

all: $(bins) $(plugin) $(if $(SAN),$(O)/bin/nbdkit)
tests: all $(tools) $(units)

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(call Q,CC)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/libvm.a: $(libobjs)
	$(call Q,AR)rm -f $@ && $(AR) rcs $@ $^

$(addprefix $(O)/bin/,$(progs)): $(O)/bin/%: $(O)/bin/%.o $(O)/libvm.a
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ \
	    $(call pkg,$(PKGS_$*),--libs) $(LIBS_$*)

$(addprefix $(O)/bin/,$(scripts)): $(O)/bin/%: scripts/%
	@mkdir -p $(@D)
	$(call Q,LN)ln -sf $(abspath $<) $@

$(plugin): $(plugobjs) $(O)/libvm.a plugins/nbdkit.syms
	@mkdir -p $(@D)
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -o $@ \
	    -Wl,--version-script=plugins/nbdkit.syms \
	    $(plugobjs) $(O)/libvm.a $(call pkg,$(PKGS_plugin),--libs)

# nbdkit itself is not sanitized, so a sanitized plugin needs the run-time first.
$(O)/bin/nbdkit: Makefile
	@mkdir -p $(@D)
	printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$$@"\n' \
	    "$$($(CC) -print-file-name=libasan.so)" "$$(command -v nbdkit)" >$@
	chmod +x $@

$(tools): $(O)/t/%: $(O)/t/%.o $(O)/libvm.a
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ \
	    $(call pkg,$(PKGS_t),--libs)

# Unit tests see the plugin's parts too, all but its nbdkit callbacks.
$(units): $(O)/t/unit/%: $(O)/t/unit/%.o $(filter-out %/plugin.o,$(plugobjs)) \
    $(O)/libvm.a
	$(call Q,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ \
	    $(call pkg,$(PKGS_plugin),--libs)

-include $(shell find $(O) -name '*.d' 2>/dev/null)

.PHONY: all tests
