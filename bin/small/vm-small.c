/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Several programs of bin/ in one executable, which has their common code only
 * once. Each program has a link with its name. Only for a firmware: make
 * SMALL=1.
 */
#include <err.h>
#include <string.h>
#include <sysexits.h>

/* The Makefile gives their main() these names. */
int vm_connect_main(int, char **);
int vm_fetchd_main(int, char **);
int vm_gadget_main(int, char **);
int vm_lock_main(int, char **);
int vm_probe_main(int, char **);
int vm_slot_main(int, char **);

static const struct {
	const char *name;
	int (*run)(int, char **);
} programs[] = {
    {"vm-connect", vm_connect_main},
    {"vm-fetchd", vm_fetchd_main},
    {"vm-gadget", vm_gadget_main},
    {"vm-lock", vm_lock_main},
    {"vm-probe", vm_probe_main},
    {"vm-slot", vm_slot_main},
};

int
main(int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : "", *slash = strrchr(name, '/');
	size_t i;

	if (slash != NULL)
		name = slash + 1;
	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(name, programs[i].name) == 0)
			return programs[i].run(argc, argv);
	errx(EX_USAGE, "use the links to it: vm-fetchd, vm-slot and others");
}
