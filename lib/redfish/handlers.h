/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The functions that answer a method of a resource, by file. The table in
 * resources.c says which method each answers, and what privilege a client
 * needs.
 */
#ifndef VM_REDFISH_HANDLERS_H
#define VM_REDFISH_HANDLERS_H

struct redfish;

void get_versions(struct redfish *); /* service.c */
void get_root(struct redfish *);
void get_odata(struct redfish *);
void get_metadata(struct redfish *); /* metadata.c */
void get_schema(struct redfish *);
void get_registries(struct redfish *); /* registries.c */
void get_registry(struct redfish *);
void get_registry_file(struct redfish *);
void get_session_service(struct redfish *); /* sessions.c */
void patch_session_service(struct redfish *);
void get_sessions(struct redfish *);
void post_sessions(struct redfish *);
void get_session(struct redfish *);
void delete_session(struct redfish *);
void get_account_service(struct redfish *); /* account-service.c */
void patch_account_service(struct redfish *);
void get_roles(struct redfish *); /* roles.c */
void get_role(struct redfish *);
void get_accounts(struct redfish *); /* accounts.c */
void post_accounts(struct redfish *);
void get_account(struct redfish *);
void patch_account(struct redfish *);
void delete_account(struct redfish *);

void get_systems(struct redfish *); /* machine.c */
void get_system(struct redfish *);
void get_managers(struct redfish *);
void get_manager(struct redfish *);
void patch_system(struct redfish *); /* host.c */
void post_reset(struct redfish *);
void get_media_collection(struct redfish *); /* media-get.c */
void get_media(struct redfish *);
void patch_media(struct redfish *); /* media-change.c */
void post_insert(struct redfish *);
void post_eject(struct redfish *);
void get_certificates(struct redfish *); /* certificates.c */
void get_certificate(struct redfish *);
void post_certificates(struct redfish *);
void delete_certificate(struct redfish *);
void get_event_service(struct redfish *); /* events.c */
void get_event_stream(struct redfish *);

#endif
