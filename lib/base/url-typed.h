/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Where an image lies, as people type or paste it.
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
 * What is this? Understood are URLs, in capitals, too; cifs:// for smb://;
 * \\HOST\SHARE\FILE and, where there is no such file here, //HOST/SHARE/FILE for
 * SMB; HOST:/PATH for NFS; and whole paths and file: URLs of this machine.
 */
enum url_kind url_kind(const char *typed);

/* Its name: unknown, file, http, nfs or smb. */
const char *url_kind_name(enum url_kind);

/*
 * The URL for it (RFC 3986): its scheme is in lower case, and spaces, other
 * letters than ASCII, signs that no URL has and each % that begins no %XX are
 * percent-encoded in all but the host; blanks around it are dropped. What is a file
 * or unknown comes back as it is. Returns a string for secret_free(), or NULL with
 * errno ENOMEM.
 */
char *url_from_typed(const char *typed);

#endif
