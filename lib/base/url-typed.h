/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The location of an image, as people type or paste it.
 */
#ifndef VM_BASE_URL_TYPED_H
#define VM_BASE_URL_TYPED_H

enum url_kind {
	URL_UNKNOWN,
	URL_FILE,
	URL_HTTP,
	URL_NFS,
	URL_SMB
};

/*
 * What kind of location is this? The known ones are URLs, in capitals, too;
 * cifs:// for smb://; \\HOST\SHARE\FILE and, if there is no such file here,
 * //HOST/SHARE/FILE for SMB; HOST:/PATH for NFS; and absolute paths and file:
 * URLs of this machine.
 */
enum url_kind url_kind(const char *typed);

/* Returns the name of the kind: unknown, file, http, nfs or smb. */
const char *url_kind_name(enum url_kind);

/*
 * Make the URL for the location (RFC 3986). The scheme is in lower case. Except
 * in the host, spaces, non-ASCII letters, characters that are not allowed in a
 * URL and each % that does not begin a %XX are percent-encoded. Blanks around a
 * URL are dropped. A file or an unknown location is returned unchanged. Returns
 * a string for secret_free(), or NULL with errno ENOMEM.
 */
char *url_from_typed(const char *typed);

#endif
