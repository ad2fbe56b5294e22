/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What may be shown of a URL. Users and passwords are secrets, and so is a
 * query string: that of a presigned link is the permission itself.
 */
#ifndef VM_BASE_URL_H
#define VM_BASE_URL_H

/*
 * A copy of url without user, password, query and fragment (RFC 3986
 * section 3), its control characters and spaces shown as '?'. Any text will do:
 * one that is not a URL comes back without what follows a '?' or '#'.
 *
 * Returns a string for free(3), or NULL with errno ENOMEM.
 */
char *url_for_show(const char *url);

/*
 * The user and the password that url holds, decoded (RFC 3986 section 2.1);
 * each NULL where there is none. Returns 0, or -1 with errno ENOMEM. Both are
 * for secret_free().
 */
int url_get_user(const char *url, char **user, char **password);

/*
 * The path that a file: URL names on this machine (RFC 8089), decoded, for
 * free(3). NULL with errno: EINVAL where it is not such a URL, ENOMEM.
 */
char *url_file_path(const char *url);

#endif
