/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "redfish/duration.h"
#include "redfish/media-failure.h"
#include "redfish/media-judge.h"

static struct redfish r;
static struct media_now now;
static struct media_request out;

static const struct media_now cd = {.drive = IMAGE_CD, .disk_slot = 1};
static const struct media_now disk = {.drive = IMAGE_DISK, .disk_slot = 1};
static const struct media_now full = {.drive = IMAGE_CD,
    .disk_slot = 1,
    .is_in = true,
    .image = "https://host/a.iso?sig=1"};

static void
clear(void)
{
	media_request_free(&out);
	json_decref(r.input);
	json_text_free(&r.messages);
	json_text_free(&r.body);
	r = (struct redfish){.status = 0};
}

/* Was this text a part of a message? */
static bool
says(const char *text)
{
	return r.messages.data != NULL && strstr(r.messages.data, text) != NULL;
}

static int
insert(const struct media_now *slot, const char *json)
{
	clear();
	now = *slot;
	r.input = json_loads(json, 0, NULL);
	CHECK(r.input != NULL);
	return media_judge_insert(&r, &now, &out);
}

static int
patch(const struct media_now *slot, const char *json)
{
	clear();
	now = *slot;
	r.input = json_loads(json, 0, NULL);
	CHECK(r.input != NULL);
	return media_judge_patch(&r, &now, &out);
}

static void
test_insert(void)
{
	CHECK(insert(&cd, "{\"Image\": \"http://h/a.iso\"}") == 0);
	CHECK(out.intent == MEDIA_MOUNT && !out.replaces);
	CHECK(out.is_inserted && !out.is_writable);
	CHECK(out.user == NULL && out.password == NULL && out.protocol == NULL);
	CHECK(strcmp(out.image.image, "http://h/a.iso") == 0);
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", \"Inserted\": false}") ==
	      0);
	CHECK(out.intent == MEDIA_MOUNT && !out.is_inserted);
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", \"UserName\": \"\", "
			  "\"Password\": \"\", \"@odata.x\": 1}") == 0);
	CHECK(*out.user == '\0' && *out.password == '\0');
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", \"UserName\": null, "
			  "\"TransferProtocolType\": null, "
			  "\"TransferMethod\": \"Stream\"}") == 0);
}

static void
test_insert_refused(void)
{
	CHECK(insert(&cd, "{}") == -1 && r.status == 400);
	CHECK(says("ActionParameterMissing") && says("\"Image\""));
	CHECK(insert(&cd, "{\"Image\": \"\"}") == -1);
	CHECK(insert(&cd, "{\"Image\": 7}") == -1);
	CHECK(says("ActionParameterValueTypeError") && says("\"7\""));
	CHECK(insert(&cd, "{\"Image\": \"ftp://h/a\"}") == -1);
	CHECK(says("ActionParameterValueFormatError"));
	CHECK(insert(&cd, "{\"Image\": \"/etc/shadow\"}") == -1);
	CHECK(insert(&cd, "{\"Image\": \"file:///etc/shadow\"}") == -1);
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", \"Speed\": 1}") == -1);
	CHECK(says("ActionParameterUnknown") && says("Speed"));
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", "
			  "\"EjectPolicy\": \"Timed\"}") == -1);
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", "
			  "\"TransferMethod\": \"Upload\"}") == -1);
	CHECK(says("ActionParameterValueNotInList"));
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", "
			  "\"Password\": 12345}") == -1);
	CHECK(!says("12345"));
}

static void
test_protocol(void)
{
	CHECK(insert(&cd, "{\"Image\": \"https://h/a\", "
			  "\"TransferProtocolType\": \"HTTPS\"}") == 0);
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", "
			  "\"TransferProtocolType\": \"HTTPS\"}") == -1);
	CHECK(r.status == 400 && says("SourceDoesNotSupportProtocol"));
	CHECK(insert(&cd, "{\"Image\": \"cifs://h/s/a\", "
			  "\"TransferProtocolType\": \"CIFS\"}") == 0);
	CHECK(strcmp(out.image.url, "smb://h/s/a") == 0);
	CHECK(strcmp(out.image.image, "cifs://h/s/a") == 0);
	CHECK(insert(&cd, "{\"Image\": \"host:/e/a b.iso\", "
			  "\"TransferProtocolType\": \"NFS\"}") == 0);
	CHECK(strcmp(out.image.url, "nfs://host/e/a%20b.iso") == 0);
	CHECK(insert(&cd, "{\"Image\": \"//h/s/a\", "
			  "\"TransferProtocolType\": \"CIFS\"}") == 0);
	CHECK(strcmp(out.image.url, "smb://h/s/a") == 0);
	CHECK(insert(&cd, "{\"Image\": \"\\\\\\\\h\\\\s\\\\a\"}") == 0);
	CHECK(strcmp(out.image.url, "smb://h/s/a") == 0);
	CHECK(insert(&cd, "{\"Image\": \"//h/s/a\", "
			  "\"TransferProtocolType\": \"NFS\"}") == -1);
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", "
			  "\"TransferProtocolType\": \"TFTP\"}") == -1);
	CHECK(says("ActionParameterValueNotInList"));
}

/* An SMB name without its scheme looks like a local file; it must not open
 * one. */
static void
test_local_file(void)
{
	CHECK(insert(&cd, "{\"Image\": \"//proc/self/status\"}") == 0);
	CHECK(strcmp(out.image.url, "smb://proc/self/status") == 0);
}

/* Images of the store have names that the store accepts, never paths. */
static void
test_stored(void)
{
	static const char *const bad[] = {"image:", "image:../a", "image:.a",
	    "image:-a", "image: a", "image:a ", "image:A/a.iso",
	    "image:_a/a.iso", "image:a/b/c", "image:a/", "image:a?b", "IMAGE:a",
	    "image://a/b", "image:a%20b", "image:\\u00e4"};
	char json[256];
	size_t i;

	CHECK(insert(&cd, "{\"Image\": \"image:x (1).iso\"}") == 0);
	CHECK(strcmp(out.image.url, "image:x (1).iso") == 0);
	CHECK(strcmp(out.image.protocol, "OEM") == 0);
	CHECK(insert(&cd, "{\"Image\": \"image:bob-1/x.iso\", "
			  "\"TransferProtocolType\": \"OEM\"}") == 0);
	CHECK(insert(&cd, "{\"Image\": \"image:x.iso\", "
			  "\"TransferProtocolType\": \"HTTPS\"}") == -1);
	CHECK(says("SourceDoesNotSupportProtocol"));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(json, sizeof(json), "{\"Image\": \"%s\"}", bad[i]);
		CHECK(insert(&cd, json) == -1);
	}
	snprintf(json, sizeof(json), "{\"Image\": \"image:%0101d\"}", 0);
	CHECK(insert(&cd, json) == -1);
}

static void
test_credentials(void)
{
	CHECK(insert(&cd, "{\"Image\": \"https://u:p%40@h/a?q=1\"}") == 0);
	CHECK(strcmp(out.image.image, "https://h/a?q=1") == 0);
	CHECK(strcmp(out.image.url, "https://h/a?q=1") == 0);
	CHECK(strcmp(out.user, "u") == 0 && strcmp(out.password, "p@") == 0);
	CHECK(insert(&cd, "{\"Image\": \"smb://u:secret@h/s/a\", "
			  "\"UserName\": \"other\"}") == 0);
	CHECK(strcmp(out.user, "other") == 0 && out.password == NULL);
	CHECK(insert(&cd, "{\"Image\": \"https://u:secret@h/a\", "
			  "\"TransferProtocolType\": \"NFS\"}") == -1);
	CHECK(!says("secret"));
	CHECK(insert(&cd, "{\"Image\": \"https://u:sec/ret@h/a\"}") == -1);
	CHECK(!says("sec/ret"));
}

static void
test_protected(void)
{
	CHECK(insert(&cd, "{\"Image\": \"http://h/a\", "
			  "\"WriteProtected\": false}") == -1);
	CHECK(r.status == 400 && says("Slot_1"));
	CHECK(says("ActionParameterNotSupported"));
	CHECK(insert(&disk, "{\"Image\": \"nfs://h/a\", "
			    "\"WriteProtected\": false}") == 0);
	CHECK(out.is_writable);
	CHECK(patch(&cd, "{\"Image\": \"http://h/a\", "
			 "\"WriteProtected\": false}") == -1);
	CHECK(says("Slot_1"));
	/* gofish ejects in this way. */
	CHECK(patch(&full, "{\"Inserted\": false, "
			   "\"WriteProtected\": false}") == 0);
	CHECK(out.intent == MEDIA_EJECT);
}

static void
test_patch_ejects(void)
{
	CHECK(patch(&full, "{\"Image\": null}") == 0);
	CHECK(out.intent == MEDIA_EJECT);
	CHECK(patch(&full, "{\"Image\": \"\", \"Inserted\": false}") == 0);
	CHECK(out.intent == MEDIA_EJECT);
	CHECK(patch(&cd, "{\"Inserted\": false}") == 0);
	CHECK(out.intent == MEDIA_EJECT);
}

static void
test_patch_mounts(void)
{
	CHECK(patch(&cd, "{\"Image\": \"http://h/b\"}") == 0);
	CHECK(out.intent == MEDIA_MOUNT && out.replaces && !out.is_writable);
	CHECK(patch(&full, "{\"Image\": \"http://h/b\"}") == 0);
	CHECK(out.intent == MEDIA_MOUNT && out.replaces);
	CHECK(patch(&full, "{\"Image\": \"https://host/a.iso?sig=1\"}") == 0);
	CHECK(out.intent == MEDIA_NOTHING);
	CHECK(patch(&full, "{\"Image\": \"https://host/a.iso?sig=2\"}") == 0);
	CHECK(out.intent == MEDIA_RENEW);
	CHECK(strcmp(out.image.url, "https://host/a.iso?sig=2") == 0);
	CHECK(patch(&full, "{\"Inserted\": true}") == 0);
	CHECK(out.intent == MEDIA_NOTHING);
	CHECK(patch(&full, "{\"WriteProtected\": true}") == 0);
	CHECK(out.intent == MEDIA_NOTHING);
	CHECK(patch(&cd, "{\"Inserted\": true}") == -1);
	CHECK(r.status == 400 && says("PropertyMissing"));
}

/* An image that `Inserted: false` kept is inserted later. */
static void
test_patch_inserts_kept(void)
{
	struct media_now kept = full;

	kept.is_in = false;
	CHECK(patch(&kept, "{\"Inserted\": true}") == 0);
	CHECK(out.intent == MEDIA_MOUNT);
	CHECK(strcmp(out.image.image, kept.image) == 0);
}

static void
test_patch_refused(void)
{
	CHECK(patch(&cd, "{}") == -1 && says("NoOperation"));
	CHECK(patch(&cd, "{\"@odata.id\": \"/x\"}") == -1);
	CHECK(r.status == 400 && says("NoOperation"));
	CHECK(patch(&cd, "{\"Image\": \"http://h/b\", \"Colour\": 1}") == -1);
	CHECK(r.status == 400 && says("PropertyUnknown") && says("/Colour"));
	CHECK(patch(&cd, "{\"ImageName\": \"x\", \"Id\": \"y\"}") == -1);
	CHECK(says("PropertyNotWritable") && r.message_count == 2);
	CHECK(patch(&cd, "{\"Inserted\": \"yes\"}") == -1);
	CHECK(says("PropertyValueTypeError"));
}

static void
test_settings(void)
{
	CHECK(patch(&cd, "{\"VerifyCertificate\": false}") == 0);
	CHECK(out.intent == MEDIA_NOTHING && out.verify == 0);
	CHECK(patch(&cd, "{\"EjectPolicy\": \"OnPowerOff\"}") == 0);
	CHECK(strcmp(out.eject_policy, "OnPowerOff") == 0);
	CHECK(patch(&cd, "{\"EjectPolicy\": \"AfterUse\"}") == -1);
	CHECK(says("PropertyValueNotInList"));
	CHECK(patch(&cd, "{\"EjectPolicy\": \"Timed\"}") == -1);
	CHECK(says("PropertyMissing") && says("EjectTimeout"));
	CHECK(patch(&cd, "{\"EjectPolicy\": \"Timed\", "
			 "\"EjectTimeout\": \"PT1H\", "
			 "\"Image\": \"http://h/a\"}") == 0);
	CHECK(out.expires == 3600 && out.intent == MEDIA_MOUNT);
	CHECK(patch(&cd, "{\"EjectTimeout\": \"1 hour\"}") == -1);
	CHECK(says("PropertyValueFormatError"));
	CHECK(duration_parse("P365D") == 365 * 86400);
	CHECK(duration_parse("P365DT1S") == -1);
}

/* The settings of an inserted image cannot change; another image may have
 * others. */
static void
test_settings_of_an_image(void)
{
	struct media_now timed = full;

	timed.eject_policy = "Timed";
	timed.expires = 3600;
	timed.verifies = true;
	CHECK(patch(&timed, "{\"EjectTimeout\": \"PT1H\", "
			    "\"VerifyCertificate\": true}") == 0);
	CHECK(patch(&timed, "{\"EjectTimeout\": \"PT2H\"}") == -1);
	CHECK(says("PropertyValueError") && says("/EjectTimeout"));
	CHECK(patch(&timed, "{\"EjectTimeout\": null}") == -1);
	CHECK(patch(&timed, "{\"EjectPolicy\": \"Persistent\"}") == -1);
	CHECK(patch(&timed, "{\"VerifyCertificate\": false, "
			    "\"Image\": \"https://host/a.iso?sig=2\"}") == -1);
	CHECK(patch(&timed, "{\"VerifyCertificate\": false, "
			    "\"Image\": \"https://host/b.iso\"}") == 0);
	CHECK(patch(&timed, "{\"EjectTimeout\": null, \"Image\": null}") == 0);
	timed.is_in = false;
	CHECK(patch(&timed, "{\"EjectTimeout\": null}") == -1);
	CHECK(says("PropertyMissing"));
	CHECK(patch(&timed, "{\"EjectTimeout\": \"PT2H\"}") == 0);
}

static void
test_durations(void)
{
	char buf[DURATION_SIZE];

	CHECK(duration_parse("PT1H30M") == 5400);
	CHECK(duration_parse("P1DT0.5S") == 86400);
	CHECK(duration_parse("PT90M") == 5400);
	CHECK(duration_parse("P1M") == -1 && duration_parse("P1H") == -1);
	CHECK(duration_parse("P") == -1 && duration_parse("PT") == -1);
	CHECK(duration_parse("PT1M1H") == -1 && duration_parse("P1DT") == -1);
	CHECK(duration_parse("PT99999999999999999999S") == -1);
	CHECK(duration_parse("") == -1 && duration_parse("PT1") == -1);
	CHECK(strcmp(duration_format(5400, buf), "PT1H30M") == 0);
	CHECK(strcmp(duration_format(86401, buf), "P1DT1S") == 0);
	CHECK(strcmp(duration_format(0, buf), "PT0S") == 0);
	CHECK(strcmp(duration_format(86400, buf), "P1D") == 0);
}

static void
fail(const char *cause, const char *action)
{
	struct media_failure why = {
	    cause, "words of vmctl", "https://h/a", action, 1};

	clear();
	media_failure_say(&r, &why);
}

static void
test_failures(void)
{
	fail("missing", "InsertMedia");
	CHECK(r.status == 400 && says("ResourceMissingAtURI"));
	CHECK(says("https://h/a") && says("words of vmctl"));
	fail("credentials", NULL);
	CHECK(r.status == 400 && says("ResourceAtUriUnauthorized"));
	fail("type", "InsertMedia");
	CHECK(r.status == 400 && says("Slot_1"));
	CHECK(says("ActionParameterValueFormatError"));
	fail("type", NULL);
	CHECK(says("PropertyValueFormatError"));
	fail("busy", "InsertMedia");
	CHECK(r.status == 409 && says("ResourceInUse"));
	fail("timeout", "InsertMedia");
	CHECK(r.status == 503 && r.retry_after == MEDIA_RETRY_AFTER);
	fail("internal", "EjectMedia");
	CHECK(r.status == 500 && says("words of vmctl"));
	fail(NULL, NULL);
	CHECK(r.status == 500);
	fail("a new one", NULL);
	CHECK(r.status == 500);
}

static void
test_names(void)
{
	char *name = media_image_name("https://h/p/a%20b.iso?x=/y");

	CHECK(name != NULL && strcmp(name, "a%20b.iso") == 0);
	free(name);
	name = media_image_name("\\\\h\\s\\d\\a.img");
	CHECK(name != NULL && strcmp(name, "a.img") == 0);
	free(name);
	name = media_image_name("image:x (1).iso");
	CHECK(name != NULL && strcmp(name, "x (1).iso") == 0);
	free(name);
	name = media_image_name("image:bob/x.iso");
	CHECK(name != NULL && strcmp(name, "x.iso") == 0);
	free(name);
}

int
main(void)
{
	test_insert();
	test_insert_refused();
	test_protocol();
	test_local_file();
	test_stored();
	test_credentials();
	test_protected();
	test_patch_ejects();
	test_patch_mounts();
	test_patch_inserts_kept();
	test_patch_refused();
	test_settings();
	test_settings_of_an_image();
	test_durations();
	test_failures();
	test_names();
	clear();
	return check_status();
}
