#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The pure parts, each by its unit-test program.

load helper

# One bats test for each program found: bats_test_function is bats's own way.
unit() {
	"$BUILD/t/unit/$1"
}
