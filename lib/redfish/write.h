/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * An answer as a web server takes it from CGI or SCGI (RFC 3875 section 6).
 */
#ifndef VM_REDFISH_WRITE_H
#define VM_REDFISH_WRITE_H

#include "redfish/redfish.h"

/*
 * Write the answer's status, headers and body to *text, for free(3). Returns its
 * length; 0 where there is no memory. Of a stream it is only the head.
 */
size_t redfish_write(struct redfish *, char **text);

#endif
