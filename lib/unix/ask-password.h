/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A password that a person types (termios(3)).
 */
#ifndef VM_UNIX_ASK_PASSWORD_H
#define VM_UNIX_ASK_PASSWORD_H

/*
 * Print the prompt to the terminal of this process, and read a line without
 * showing it. Afterwards the terminal is as it was before; a signal that comes
 * meanwhile and should end the process takes effect after that. Returns the
 * line, for secret_free(); or NULL with errno: ENXIO (there is no terminal),
 * ENODATA (end of the input), or that of read(2).
 */
char *ask_password(const char *prompt);

#endif
