#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The examples of the pages that need the kernel, where all of them must work.

load helper
load servers
load pages

setup_file() {
	make_examples
}

@test "examples of vm-nbd-attach(8), with a kernel" {
	run_examples vm-nbd-attach.8
}

@test "examples of vm-drive(8), with a kernel" {
	run_examples vm-drive.8
}

@test "examples of vm-gadget(8), with a kernel" {
	run_examples vm-gadget.8
}

@test "examples of vm-slot(8), with a kernel" {
	run_examples vm-slot.8
}

@test "examples of vmedia-hardware(7), with a kernel" {
	run_examples vmedia-hardware.7
}

@test "examples of vmctl(8), with a kernel" {
	run_examples vmctl.8
}
