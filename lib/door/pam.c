/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "door/pam.h"

bool
account_uses_pam(const struct account *account)
{
	return strcmp(account->hash, PAM_HASH) == 0;
}

#ifdef WITH_PAM

#include <security/pam_appl.h>

#include <stdint.h>
#include <stdlib.h>

bool
pam_is_built(void)
{
	return true;
}

/* Answer each prompt without echo by the password (pam_conv(3)). */
static int
answer(int count, const struct pam_message **messages,
    struct pam_response **answers, void *password)
{
	struct pam_response *all = calloc((size_t)count, sizeof(*all));
	int i;

	if (all == NULL)
		return PAM_BUF_ERR;
	for (i = 0; i < count; i++) {
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF)
			continue;
		all[i].resp = strdup(password);
		if (all[i].resp == NULL)
			break;
	}
	if (i == count) {
		*answers = all;
		return PAM_SUCCESS;
	}
	while (i-- > 0)
		free(all[i].resp);
	free(all);
	return PAM_BUF_ERR;
}

bool
pam_password_is_right(const char *user, const char *password)
{
	/* PAM's interface has no const here; answer() only reads the text. */
	const struct pam_conv talk = {answer, (void *)(uintptr_t)password};
	pam_handle_t *pam;
	int result = pam_start(PAM_NAME, user, &talk, &pam);

	if (result != PAM_SUCCESS)
		return false;
	result = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (result == PAM_SUCCESS)
		result =
		    pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	pam_end(pam, result);
	return result == PAM_SUCCESS;
}

#else

bool
pam_is_built(void)
{
	return false;
}

bool
pam_password_is_right(const char *user, const char *password)
{
	(void)user;
	(void)password;
	return false;
}

#endif
