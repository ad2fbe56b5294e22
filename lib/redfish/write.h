/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * An answer in the form that a web server takes from CGI or SCGI (RFC 3875
 * section 6).
 */
#ifndef VM_REDFISH_WRITE_H
#define VM_REDFISH_WRITE_H

#include "redfish/redfish.h"

/*
 * Write the answer's status, headers and body to *text, which the caller frees.
 * Returns its length; 0 if there is no memory. Of a stream, only the head is
 * written.
 */
size_t redfish_write(struct redfish *, char **text);

#endif
