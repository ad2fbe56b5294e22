/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The functions of the verbs, by file. The table in answer.c says who may use
 * them.
 */
#ifndef VM_DOOR_VERBS_H
#define VM_DOOR_VERBS_H

struct door_call;

void door_whoami(struct door_call *); /* verbs-session.c */
void door_login(struct door_call *);
void door_logout(struct door_call *);
void door_sessions(struct door_call *);
void door_service(struct door_call *); /* verbs-account.c */
void door_accounts(struct door_call *);
void door_account_add(struct door_call *);
void door_account_set(struct door_call *);
void door_account_remove(struct door_call *);
void door_media(struct door_call *); /* verbs-media.c */
void door_media_set(struct door_call *);
void door_mount(struct door_call *);
void door_eject(struct door_call *);
void door_renew(struct door_call *);
void door_certificate_add(struct door_call *); /* verbs-certificate.c */
void door_certificate_remove(struct door_call *);
void door_host(struct door_call *); /* verbs-host.c */
void door_power(struct door_call *);
void door_boot(struct door_call *);
void door_check(struct door_call *);
void door_image_list(struct door_call *); /* verbs-image.c */
void door_image_begin(struct door_call *);
void door_image_open(struct door_call *);
void door_image_room(struct door_call *);
void door_image_finish(struct door_call *);
void door_image_remove(struct door_call *);
void door_image_fetch(struct door_call *); /* verbs-fetch.c */

#endif
