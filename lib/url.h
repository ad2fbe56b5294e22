/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What may be shown of a URL. Users and passwords are secrets, and so is a
 * query string: that of a presigned link is the permission itself.
 */
#ifndef VM_URL_H
#define VM_URL_H

/*
 * A copy of url without user, password, query and fragment (RFC 3986
 * section 3), its control characters and spaces shown as '?'. It works on
 * anything: what is no URL comes back without its '?' and '#' tails.
 *
 * Returns a string for free(3), or NULL with errno ENOMEM.
 */
char *url_for_show(const char *url);

#endif
