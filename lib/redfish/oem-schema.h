/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The schemas of what our resources have under Oem (CSDL 4.01): one for
 * OpenBMC's web page, and our own.
 */
#ifndef VM_REDFISH_OEM_SCHEMA_H
#define VM_REDFISH_OEM_SCHEMA_H

struct oem_schema {
	const char *name; /* "VmediaVirtualMedia" */
	const char *file; /* of /redfish/v1/schema; NULL ends the list */
	const char *text;
};

extern const struct oem_schema oem_schemas[];

#endif
