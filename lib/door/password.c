/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Passwords and their hashes (crypt(3) of libxcrypt).
 */
#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/control.h"
#include "door/accounts.h"
#include "door/pam.h"

#define YESCRYPT "$y$"

/* The hash of a password that nobody has. It is checked if
 * there is no account. */
#define NOBODY                                       \
	"$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o." \
	"9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"

const char *
account_password_fault(
    const struct accounts *a, const char *name, const char *password)
{
	size_t len = strlen(password);

	if (len < a->rules[RULE_PASSWORD_LENGTH])
		return "the password is too short";
	if (len > PASSWORD_MAX)
		return "the password is too long";
	if (has_control(password))
		return "the password has a control character";
	if (strcmp(name, password) == 0)
		return "the password is the name";
	return NULL;
}

int
account_set_password(struct account *account, const char *password)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;

	if (data != NULL &&
	    crypt_gensalt_rn(YESCRYPT, 0, NULL, 0, salt, sizeof(salt)) != NULL)
		hash = crypt_rn(password, salt, data, sizeof(*data));
	if (hash != NULL && hash[0] != '*' &&
	    strlen(hash) < sizeof(account->hash))
		memcpy(account->hash, hash, strlen(hash) + 1);
	else
		hash = NULL;
	if (data != NULL)
		explicit_bzero(data, sizeof(*data));
	free(data);
	return hash != NULL ? 0 : -1;
}

/* Compare in a time that does not tell how many characters are the same. */
static bool
is_same(const char *a, const char *b)
{
	size_t len = strlen(a), i;
	unsigned char differ = 0;

	if (strlen(b) != len)
		return false;
	for (i = 0; i < len; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return differ == 0;
}

bool
account_check_password(const struct account *account, const char *password)
{
	const char *known = account != NULL ? account->hash : NOBODY, *hash;
	struct crypt_data *data;
	bool is_right;

	if (account != NULL && account_uses_pam(account))
		return pam_password_is_right(account->name, password);
	data = calloc(1, sizeof(*data));
	if (data == NULL)
		return false;
	hash = crypt_rn(password, known, data, sizeof(*data));
	is_right = hash != NULL && account != NULL && is_same(hash, known);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return is_right;
}
